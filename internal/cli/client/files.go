package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"regexp"
	"strings"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/cli"
)

// The paths of files; the code of an upload or the ticket of a download follows.
const (
	uploadPath   = "/v1/upload/"
	downloadPath = "/v1/file/"
)

// secretPart matches what may stand behind uploadPath and downloadPath.
var secretPart = regexp.MustCompile(`^[A-Za-z0-9._~-]+$`)

// Door is the secret part of the address where one file is uploaded or downloaded. The rest of the address is always
// the server's that the person named, whatever an answer says: no file goes to another server.
type Door struct{ path string }

// UploadDoor returns the door in an address from share_file. ok is false if there is none.
func UploadDoor(address string) (d Door, ok bool) { return doorAt(uploadPath, address) }

// DownloadDoor returns the door in the command from get_file. The address is the command's last word.
func DownloadDoor(command string) (d Door, ok bool) {
	return doorAt(downloadPath, strings.TrimSuffix(command, "'"))
}

func doorAt(path, address string) (d Door, ok bool) {
	at := strings.LastIndex(address, path)
	if at < 0 || !secretPart.MatchString(address[at+len(path):]) {
		return Door{}, false
	}
	return Door{path + address[at+len(path):]}, true
}

// Put uploads a file of size bytes, and stores the answer in result, which may be a *json.RawMessage. After a failure
// Put may be called again: the server takes the same bytes once. The error of a refusal is a *fault.Error; the error
// without an answer is an *Unreachable.
func (c *Client) Put(ctx context.Context, d Door, body io.Reader, size int64, result any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, c.base+d.path, io.NopCloser(body))
	if err != nil {
		return err
	}
	r.ContentLength = size
	resp, err := c.transfer(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, cli.MaxAnswer))
	switch {
	case err != nil:
		return c.broken(ctx, err)
	case resp.StatusCode != http.StatusOK:
		return c.refusedFile(resp, answer)
	}
	if err := json.Unmarshal(answer, result); err != nil {
		return c.broken(ctx, notParley("another result of "+uploadPath))
	}
	return nil
}

// Get downloads a file of size bytes to w. Get returns the errors of Put, and errors of w.
func (c *Client) Get(ctx context.Context, d Door, size int64, w io.Writer) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+d.path, nil)
	if err != nil {
		return err
	}
	resp, err := c.transfer(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		answer, _ := io.ReadAll(io.LimitReader(resp.Body, cli.MaxAnswer)) // as far as the answer came
		return c.refusedFile(resp, answer)
	}
	sink := &sink{w: w}
	n, err := io.Copy(sink, io.LimitReader(resp.Body, size+1))
	switch {
	case sink.err != nil:
		return sink.err
	case err != nil:
		return c.broken(ctx, err)
	case n != size:
		return c.broken(ctx, errors.New("it did not send as many bytes as the file has"))
	}
	return nil
}

// sink keeps the error of a writer apart from the errors of the reader.
type sink struct {
	w   io.Writer
	err error
}

func (s *sink) Write(p []byte) (n int, err error) {
	n, s.err = s.w.Write(p)
	return n, s.err
}

// transfer sends a request for a file. The address alone admits the request, so the request has no bearer. Only the
// file's size bounds the answer.
func (c *Client) transfer(r *http.Request) (*http.Response, error) {
	r.Header.Set("User-Agent", c.userAgent())
	resp, err := c.files.Do(r)
	if err != nil {
		return nil, c.broken(r.Context(), plainly(err))
	}
	return resp, nil
}

// broken returns the error of a transfer that ended early.
func (c *Client) broken(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return &Unreachable{c.base, err}
}

// refusedFile returns the error of an answer without a file or a result. Such an answer is about a file, and never says
// that a seat is gone: a call of a tool says so.
func (c *Client) refusedFile(resp *http.Response, answer []byte) error {
	refused := &fault.Error{Code: fault.NotAllowed}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	text, _, _ := strings.Cut(string(answer), "\n")
	switch known := new(fault.Error); {
	case kind == "application/json" && errors.As(refusal(answer), &known):
		refused.Message = known.Message
		if known.Code == fault.RateLimited {
			refused.Code = known.Code
		}
	case kind == "text/plain" && len(text) < 500:
		refused.Message = text
	}
	switch {
	case refused.Message == "":
		return &Unreachable{c.base, notParley(fmt.Sprintf("%d to a file", resp.StatusCode))}
	case resp.StatusCode >= http.StatusInternalServerError:
		refused.Code = fault.Unavailable
	}
	return refused
}
