package tools

import (
	"context"
	"encoding/json"
	"io"
	"strings"

	"github.com/parley-chat/parley/internal/api"
	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/api/tools/spec"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/core/chat"
)

// ChatGPT has no shell. It hands over a file as an argument with the address of the file, and reads a file as a
// resource, an attachment for its user.

// IsChatGPT reports whether a client is ChatGPT.
func IsChatGPT(c mcp.Client) bool {
	name, _, _ := strings.Cut(c.Agent, "/")
	return name == "openai-mcp"
}

// attachments is the domain from which ChatGPT hands files over.
const attachments = "oaiusercontent.com"

// attachment is a file that ChatGPT hands over. Everything but the url is the sender's claim.
type attachment struct{ url, id, media, name string }

// attachmentArg is an argument that ChatGPT fills with a file and shows to the model.
func attachmentArg(to **attachment) spec.Arg {
	return spec.Object("file", to, "Attached to your chat, in place of text and size.",
		func(one *attachment) []spec.Arg {
			return []spec.Arg{
				spec.Text("download_url", &one.url, "").Require(),
				spec.Text("file_id", &one.id, "").Require(),
				spec.Text("mime_type", &one.media, ""),
				spec.Text("file_name", &one.name, ""),
			}
		}).Hide()
}

// forChatGPT returns how ChatGPT sees a tool: without what is for other clients, and with such an argument, if the tool
// has one.
func forChatGPT(args []spec.Arg) *mcp.Variant {
	found := false
	shown := make([]spec.Arg, len(args))
	for i, a := range args {
		if a.Name == "file" && a.Hidden {
			a.Hidden, found = false, true
		}
		shown[i] = a
	}
	if !found {
		return &mcp.Variant{For: IsChatGPT}
	}
	return &mcp.Variant{For: IsChatGPT, Input: func() json.RawMessage { return spec.InputSchema(shown) },
		Meta: map[string]any{"openai/fileParams": []string{"file"}}}
}

// viewForChatGPT returns how ChatGPT sees the tool with the view at uri. The document of the view calls tools.
func viewForChatGPT(uri string) *mcp.Variant {
	return &mcp.Variant{For: IsChatGPT,
		Meta: map[string]any{"openai/outputTemplate": uri, "openai/widgetAccessible": true}}
}

// mostFetched is more than any room takes, in bytes. The room refuses a file that is too large before the file is
// fetched.
const mostFetched = 1 << 30

// shareAttached shares a file that ChatGPT hands over. The bytes pass through, as in an upload.
func (s *Set) shareAttached(ctx context.Context, in shareCall) (results.Shared, error) {
	file, err := s.fetcher.Open(ctx, "file", in.attached.url, mostFetched)
	if err != nil {
		return results.Shared{}, err
	}
	defer file.Close()
	in.Size = file.Size
	got, err := s.rooms.ShareFile(ctx, in.ShareRequest)
	a := s.clients.advisor(ctx)
	if err != nil || got.Upload == nil {
		return a.viewShared(got, in), err
	}
	sent, err := s.rooms.Upload(ctx, got.Upload.Code, file)
	v := a.viewShared(chat.Shared{Sent: sent}, in)
	v.Next = a.uploaded(sent)
	return v, err
}

// resourcePrefix begins the URI of a resource; a ticket follows.
const resourcePrefix = "parley://file/"

// linkTo returns a link to a file for ChatGPT; ok is false for other clients, which do nothing with a link. The name
// of the link is the server's.
func linkTo(ctx context.Context, got chat.FileGot) (link mcp.Block, ok bool) {
	if got.Ticket == "" || got.File.Size > api.MaxResourceBytes || !IsChatGPT(mcp.ClientFrom(ctx)) {
		return link, false
	}
	return mcp.Link(resourcePrefix+got.Ticket, savedName(got.Message.ID, got.Ending), got.File.Type,
		got.File.Size), true
}

// Resources returns the files that clients read without a shell.
func (s *Set) Resources() *mcp.Resources {
	return &mcp.Resources{Name: "A shared file", Template: resourcePrefix + "{ticket}", For: IsChatGPT,
		Read: s.readResource}
}

func (s *Set) readResource(ctx context.Context, uri string, _ *mcp.Record) (mcp.Resource, error) {
	f, err := s.rooms.Download(ctx, strings.TrimPrefix(uri, resourcePrefix))
	if err == nil && f.Size > api.MaxResourceBytes {
		err = fault.Refuse(fault.InvalidArgument, "The file has %d bytes: a resource has at most %d. Give your user "+
			"the address in download of get_file.", f.Size, api.MaxResourceBytes)
	}
	if err != nil {
		return mcp.Resource{}, refusal(err, repeatSafely)
	}
	from, err := f.Open(ctx, 0, f.Size)
	if err != nil {
		return mcp.Resource{}, refusal(err, repeatSafely)
	}
	defer from.Close()
	data, err := io.ReadAll(from)
	if err != nil {
		return mcp.Resource{}, refusal(err, repeatSafely)
	}
	return mcp.Resource{Data: data, Media: f.Type}, nil
}
