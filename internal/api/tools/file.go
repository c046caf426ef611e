package tools

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/api/tools/spec"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/base/sanitize"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/ratelimit"
	"github.com/parley-chat/parley/internal/core/room"
)

// gotFile is the result of get_file with the blocks of the answer beside the JSON.
type gotFile struct {
	results.GotFile
	blocks []mcp.Block
}

// Blocks implements mcp.Illustrated.
func (v gotFile) Blocks() []mcp.Block { return v.blocks }

// shareCall is a call of share_file.
type shareCall struct {
	chat.ShareRequest
	path     string      // of the file on disk, if not name
	attached *attachment // nil: none
}

func (s *Set) shareFile() tool {
	return definition[shareCall, results.Shared]{
		name:   "share_file",
		title:  "Share a file",
		search: "upload attach send file image screenshot document",
		about: "Share a file with the agents in your Parley chat room. For a file on disk give size, then run the " +
			"command upload.line, which shares it.",
		hints: hints{openWorld: true},
		shown: []string{"sent", "status", "id", "upload", "next"},
		args: func(in *shareCall) []spec.Arg {
			return []spec.Arg{
				tokenArg(&in.Token).Require(),
				spec.Text("name", &in.Name, "Path on your disk. Others see its last part.").RequireOr().
					Also("file"),
				spec.Integer("size", &in.Size, 1, spec.NoLimit, "Bytes of the file on disk."),
				spec.List("to", &in.To, "As in send_message."),
				spec.List("ask", &in.Ask, "Names: each owes you an answer."),
				spec.Choice("kind", &in.Kind, "request or proposal, as in send_message.", room.Request, room.Proposal),
				spec.Text("reply_to", &in.ReplyTo, "id of what you answer."),
				spec.List("finishes", &in.Finishes, "As in send_message."),
				spec.Text("note", &in.Note, "Your words about the file.").Also("message"),
				spec.Text("text", &in.Text, "1-32768 bytes. The file itself, in place of size.").Whole(),
				spec.Text("path", &in.path, "").Hide(),
				attachmentArg(&in.attached),
				spec.Bytes("base64", &in.Data, "").Hide(),
				spec.Code("cursor", &in.Cursor, "As in send_message."),
				spec.Text("idempotency_key", &in.Key, "").Hide(),
			}
		},
		needs: func(_ context.Context, in *shareCall) string { return shareNeeds(in) },
		token: func(in shareCall) string { return in.Token },
		again: func(in shareCall) string {
			switch {
			case in.attached != nil:
				return "The file may have been shared: look with message_history whether it is there before you " +
					"repeat the call."
			case in.Text == "" && in.Data == nil:
				return repeatSafely
			}
			return repeatOnce
		},
		run: func(ctx context.Context, in shareCall) (results.Shared, error) {
			if in.attached != nil {
				return s.shareAttached(ctx, in)
			}
			got, err := s.rooms.ShareFile(ctx, in.ShareRequest)
			return s.viewShared(ctx, got, in), err
		},
	}.tool()
}

// shareNeeds returns what is wrong with the arguments together, or with a path: the command of an upload must have no
// invisible characters. A path without a name gives the name.
func shareNeeds(in *shareCall) string {
	in.path = cmp.Or(in.path, in.Name)
	in.Name = cmp.Or(in.Name, in.path)
	given := 0
	for _, is := range []bool{in.Text != "", in.Data != nil, in.Size > 0, in.attached != nil} {
		if is {
			given++
		}
	}
	switch {
	case in.Name == "":
		return "name is missing"
	case sanitize.Escape(in.Name+in.path, "") != in.Name+in.path:
		return "name has invisible characters"
	case given == 0:
		return "text is missing (or, for a file on disk, size)"
	case given > 1:
		return "text and size do not go together: give text for what the file holds, or size for a file on disk"
	}
	return ""
}

// getCall is a call of get_file.
type getCall struct {
	chat.FileRequest
	ids []string
}

func (s *Set) getFile() tool {
	return definition[getCall, gotFile]{
		name:   "get_file",
		title:  "Get a file",
		search: "download open view read attachment image picture",
		about: "Look at or download files that somebody shared in your Parley chat room (messages with file). " +
			"Returns a picture, or part of a text, and in download a command that saves the whole file.",
		hints: hints{readOnly: true, idempotent: true},
		args: func(in *getCall) []spec.Arg {
			return []spec.Arg{
				tokenArg(&in.Token).Require(),
				spec.List("id", &in.ids, "id of the message, or a list of 2-20.").Require(),
				spec.Integer("offset", &in.Offset, 0, spec.NoLimit, "For the next part: more of your last result."),
				spec.Boolean("download", func(yes bool) { in.Unread = yes }, "Only the command, no content."),
			}
		},
		needs: func(_ context.Context, in *getCall) string {
			if len(in.ids) > 1 && in.Offset > 0 {
				return "offset goes with one id, and you give several"
			}
			return ""
		},
		token: func(in getCall) string { return in.Token },
		run: func(ctx context.Context, in getCall) (gotFile, error) {
			if len(in.ids) > 1 {
				got, err := s.rooms.GetFiles(ctx, in.Token, in.ids)
				return s.viewFiles(ctx, got), err
			}
			in.ID, in.Fits = in.ids[0], s.clients.of(ctx).fits
			got, err := s.rooms.GetFile(ctx, in.FileRequest)
			return s.viewFile(ctx, got), err
		},
	}.tool()
}

// The paths at which bytes go in and out; a code or a ticket follows.
const (
	UploadPath   = "/v1/upload/"
	DownloadPath = "/v1/file/"
)

func (s *Set) viewShared(ctx context.Context, got chat.Shared, asked shareCall) results.Shared {
	a := s.clients.advisor(ctx)
	if got.Upload == nil {
		return a.viewShared(got, asked)
	}
	at := s.at(ctx, UploadPath+got.Upload.Code)
	return results.Shared{
		Status: "upload",
		Upload: &results.Upload{Line: uploadLine(asked.path, at), Page: at, Expires: fault.Seconds(got.Upload.Expires)},
		Cursor: got.Waited.Cursor,
		Next:   a.asksForUpload(got.Waited, asked.Finishes),
	}
}

// viewShared is the result of a share whose bytes came with the call.
func (a advisor) viewShared(got chat.Shared, asked shareCall) results.Shared {
	said := chat.SendRequest{To: asked.To, ReplyTo: asked.ReplyTo, Finishes: asked.Finishes}
	of := a.viewSent(got.Sent, said)
	return results.Shared{Done: &of.Sent, Status: of.Status, Sent: &of, File: viewFileIf(got.File), Cursor: of.Cursor,
		Next: a.shared(got.Sent, said)}
}

// viewUploaded is the answer to an upload, without the names of those who have the unfinished tasks.
func (a advisor) viewUploaded(got chat.Sent) results.Uploaded {
	v := results.Uploaded{Sent: got.Sent, ID: got.ID, To: got.To, Status: string(got.Waited.Status),
		Credential: got.Credential, Duplicate: got.Duplicate, Cursor: got.Waited.Cursor, Next: a.uploaded(got)}
	for _, t := range got.Unfinished {
		v.Unfinished = append(v.Unfinished, results.Unfinished{ID: t.ID, Why: t.Why})
	}
	if got.Sent {
		v.Status = "shared"
	}
	return v
}

// Uploaded is how an upload ended.
type Uploaded struct {
	// JSON is the answer, or the structured content of an error. It is empty if the caller has left.
	JSON json.RawMessage
	// Code of the error; "" for a result.
	Code fault.Code
	// RetryAfter says when an upload that was refused can succeed.
	RetryAfter time.Duration
}

// Upload takes the bytes of an upload for which share_file gave the code.
func (s *Set) Upload(ctx context.Context, code string, body io.Reader) Uploaded {
	o := mcp.Do(ctx, s.log, "upload", func(ctx context.Context, _ *mcp.Record) (any, error) {
		ctx, err := s.admit(ctx, ratelimit.Usual)
		if err != nil {
			return nil, err
		}
		got, err := s.rooms.Upload(ctx, code, body)
		if err != nil {
			return nil, refusal(err, "Run the same command again: the file is sent only once.")
		}
		return s.clients.advisor(ctx).viewUploaded(got), nil
	})
	ended := Uploaded{JSON: o.JSON()}
	if o.Failure != nil {
		ended.Code = fault.Code(o.Failure.Code)
		ended.RetryAfter = time.Duration(o.Failure.RetryAfterSeconds) * time.Second
	}
	return ended
}

// at returns the address of a path of this server, for a command of a shell.
func (s *Set) at(ctx context.Context, path string) string {
	return cmp.Or(s.reached(ctx, path), "https://ADDRESS-OF-THIS-SERVER"+path)
}

// reached returns the address of a path of this server; "" if the server's address is not known or not plain.
func (s *Set) reached(ctx context.Context, path string) string {
	address := s.address(ctx)
	if !plain(address) {
		return ""
	}
	return site(address) + path
}

// uploadLine returns a command for any POSIX shell with curl that uploads a file. path comes from the caller, and
// does nothing in the shell but name the file.
func uploadLine(path, to string) string {
	globs := ""
	if strings.ContainsAny(path, "[]{}") { // curl would read a pattern
		globs = "-g "
	}
	return "curl -sS " + globs + "-T " + shellPath(path) + " " + shellQuote(to)
}

// shellPath quotes a path. ~/ at the beginning stays the home directory, as its caller expects, and - at the
// beginning means neither an option nor standard input.
func shellPath(path string) string {
	switch {
	case strings.HasPrefix(path, "~/"):
		return "~/" + shellQuote(path[len("~/"):])
	case strings.HasPrefix(path, "-"):
		path = "./" + path
	}
	return shellQuote(path)
}

// shellQuote returns s as one word of a POSIX shell (XCU, 2.2.2: nothing is special between single
// quotes but their end).
func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// downloadLine returns a command that saves the files of messages under names of the server. Under a name that Bob
// chose, such as .mcp.json, Ann's own client would read Bob's file.
func (s *Set) downloadLine(ctx context.Context, files ...chat.FileGot) string {
	line := "curl -fsS"
	if len(files) > 1 {
		line += " --fail-early" // else curl would report success without the first file
	}
	for _, f := range files {
		line += " -o " + shellQuote(savedName(f.Message.ID, f.Ending)) + " " +
			shellQuote(s.at(ctx, DownloadPath+f.Ticket))
	}
	return line
}

// savedName returns the name for the saved file of a message.
func savedName(id, ending string) string { return "parley-" + id + ending }

func (s *Set) viewFile(ctx context.Context, got chat.FileGot) gotFile {
	v := gotFile{GotFile: results.GotFile{
		Untrusted: untrustedNotice, From: sender(got.Message), File: viewFile(got.File),
		Text: results.PartOf(got.Before, got.Text), More: got.More,
		Download: s.downloadLine(ctx, got),
		Next:     s.clients.advisor(ctx).gotFile(got),
	}}
	if got.Image != nil {
		v.blocks = append(v.blocks, mcp.Image(got.Image, got.File.Type))
	}
	if link, ok := linkTo(ctx, got); ok {
		v.blocks = append(v.blocks, link)
	}
	return v
}

func (s *Set) viewFiles(ctx context.Context, got chat.FilesGot) gotFile {
	v := gotFile{GotFile: results.GotFile{Untrusted: untrustedNotice, Download: s.downloadLine(ctx, got.Files...),
		Next: gotFiles(got)}}
	for _, f := range got.Files {
		v.Files = append(v.Files, results.Got{ID: f.Message.ID, File: viewFile(f.File)})
		if link, ok := linkTo(ctx, f); ok {
			v.blocks = append(v.blocks, link)
		}
	}
	return v
}

func viewFile(f chat.File) results.File {
	return results.File{Name: results.Text(f.Name), Size: f.Size, Type: f.Type, Sum: f.Sum, Width: f.Width,
		Height: f.Height}
}

func viewFileIf(f *chat.File) *results.File {
	if f == nil {
		return nil
	}
	v := viewFile(*f)
	return &v
}
