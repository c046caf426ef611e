package chat

import (
	"context"
	"errors"
	"io"
	"time"
)

// ShareRequest asks to share a file: a short one in Text or Data, or one of Size bytes that is
// uploaded afterwards.
type ShareRequest struct {
	Token   string
	Name    string // of the file; of a path, others see the last part
	Text    string // what the file holds, if that is a short text
	Data    []byte // the same for bytes, for programs
	Size    int64  // of a file that is uploaded: at most so many bytes
	Note    string // the text of the message; "" for none
	To      []string
	ReplyTo string
	Cursor  string // the guard: see Send
	Key     string // calls of one seat with the same key are one message, for a day
}

// File is what a message carries, as an agent sees it.
type File struct {
	Name string
	Size int64
	Type string // a media type of the server's own list
}

// Shared is the result of ShareFile.
type Shared struct {
	Sent           // of a file whose bytes came with the call
	File   *File   // set if Sent.Sent
	Upload *Upload // set if the bytes are to be uploaded
}

// Upload is the permission to upload one file.
type Upload struct {
	Code    string        // secret; of its address
	Expires time.Duration // from now
}

// FileRequest asks for the file that message ID carries.
type FileRequest struct {
	Token  string
	ID     string
	Offset int64 // in bytes, of a text
}

// FileGot is the result of GetFile.
type FileGot struct {
	Message Message // which carries the file
	File    File
	Text    string // of a text: all of it, or a part from Offset on
	More    int64  // where the next part begins; 0 if there is none
	Image   []byte // a picture that the server has decoded completely; File.Type is its type
	Ticket  string // secret; of the address of the download
	Ending  string // of the name under which to save it: from a fixed list, "" or ".png"
	Situation
}

// Download is a file that is being downloaded.
type Download struct {
	File
	ID     string // of the message
	Ending string // see FileGot
	Open   func(ctx context.Context, offset, length int64) (io.ReadCloser, error)
}

var errNotYet = errors.New("chat: not yet")

// ShareFile shares a file, or returns where to upload it.
func (s *Service) ShareFile(ctx context.Context, req ShareRequest) (Shared, error) {
	return Shared{}, errNotYet
}

// Upload takes the bytes of an upload, and sends the message that carries them.
func (s *Service) Upload(ctx context.Context, code string, r io.Reader) (Sent, error) {
	return Sent{}, errNotYet
}

// GetFile returns the file that a message carries.
func (s *Service) GetFile(ctx context.Context, req FileRequest) (FileGot, error) {
	return FileGot{}, errNotYet
}

// Download returns the file of a ticket.
func (s *Service) Download(ctx context.Context, ticket string) (Download, error) {
	return Download{}, errNotYet
}
