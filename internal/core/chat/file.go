package chat

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/sanitize"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/picture"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/files"
)

// ShareRequest asks to share a file: a short file in Text or Data, or a file of Size bytes that is uploaded
// afterwards.
type ShareRequest struct {
	Token string
	Name  string // of the file; others see the last part of a path
	Text  string // the content of a short text
	Data  []byte // the content in bytes, for programs
	Size  int64  // the most bytes that a file to upload may have
	Note  string // the text of the message; "" for none
	To    []string
	Ask   []string
	Kind  room.Kind // "", room.Request or room.Proposal
	// Finishes has the ids of tasks that the message with the file reports as done.
	Finishes []string
	ReplyTo  string
	Cursor   string // the guard: see Send
	Key      string // calls of one seat with the same key are one message, for a day

	// As in SendRequest, for a file that comes with the call.

	Wait time.Duration
	Stay bool
	Said func()
}

// File is the file of a message as an agent sees the file.
type File struct {
	Name   string
	Size   int64
	Type   string // a media type of the server's own list
	Sum    string // SHA-256 of the bytes, in hex; not in a Message
	Width  int    // of a picture, in pixels; 0 if it is not known
	Height int
}

// Shared is the result of ShareFile.
type Shared struct {
	Sent           // of a file that came with the call
	File   *File   // set if Sent.Sent
	Upload *Upload // set if the caller must upload the bytes
}

// Upload is the permission to upload one file.
type Upload struct {
	Code    string        // secret; of the address
	Expires time.Duration // from now
}

// FileRequest asks for the file of message ID.
type FileRequest struct {
	Token  string
	ID     string
	Offset int64 // in bytes, of a text
	Unread bool  // reads nothing of the file: the caller passes the ticket on
	// Fits reports whether the caller's client shows its model all of a text. Nil means always.
	Fits func(text string) bool
}

// FileGot is the result of GetFile.
type FileGot struct {
	Message Message // the message of the file
	File    File
	Text    string // of a text: the part from Offset on
	Before  string // the last characters before Text
	More    int64  // where the next part begins; 0: no further part
	Image   []byte // a picture, decoded completely by the server; of type File.Type
	Ticket  string // secret; of the address of the download
	Ending  string // of the file name for saving: from a fixed list, such as "" or ".png"
	Person  bool   // the caller is a person, whose program needs no advice
}

// FilesGot is the result of GetFiles.
type FilesGot struct {
	Files  []FileGot // without contents
	Person bool      // see FileGot
}

// Download is a file under download.
type Download struct {
	File
	ID     string // of the message
	Ending string // see FileGot
	Open   func(ctx context.Context, offset, length int64) (io.ReadCloser, error)
}

// check refuses a request that no room would take, and returns the name of the file. The error is a *fault.Error.
func (req ShareRequest) check() (name string, err error) {
	name, err = room.FileName(req.Name)
	if err != nil {
		return "", err
	}
	given := 0
	for _, is := range []bool{req.Text != "", len(req.Data) > 0, req.Size != 0} {
		if is {
			given++
		}
	}
	switch {
	case given != 1, req.Size < 0:
		return "", fault.Refuse(fault.InvalidArgument, "Give either text, the content of a short file, or size, "+
			"for a file on disk. Nothing was shared.")
	case len(req.Text) > core.MaxText:
		return "", fault.Refuse(fault.MessageTooLong, "text has %d bytes, at most %d are allowed. Nothing was shared: "+
			"give size instead, which gives you a command that uploads the file.", len(req.Text), core.MaxText)
	}
	if req.Kind != "" && !req.Kind.Asks() {
		return "", fault.Refuse(fault.InvalidArgument, "kind of a file must be request (wants an answer) or proposal "+
			"(wants everyone to agree). Nothing was shared.")
	}
	note := SendRequest{Text: cmp.Or(req.Note, "-"), To: req.To, Ask: req.Ask, Kind: req.Kind, Finishes: req.Finishes,
		Key: req.Key}
	return name, note.check() // a file needs no note
}

// ShareFile shares a file, or returns where to upload the file. A file in the call is sent as Send sends a text, with
// the same guard. For an upload, ShareFile checks the rules now, so that nobody uploads in vain; Upload checks them
// again.
//
// talk: files
func (s *Service) ShareFile(ctx context.Context, req ShareRequest) (Shared, error) {
	got, err := s.shareFile(ctx, req)
	return got, s.Outward(err)
}

func (s *Service) shareFile(ctx context.Context, req ShareRequest) (Shared, error) {
	name, err := req.check()
	switch {
	case err != nil:
		return Shared{}, err
	case s.opts.Files == nil:
		return Shared{}, refuseNoFiles()
	}
	c, err := s.enterSending(ctx, req.Token)
	if err != nil {
		return Shared{}, err
	}
	defer c.room.release()
	say := SendRequest{Token: req.Token, Text: req.Note, To: req.To, Ask: req.Ask, Kind: req.Kind,
		Finishes: req.Finishes, ReplyTo: req.ReplyTo, Cursor: req.Cursor, Key: req.Key, Wait: req.Wait, Stay: req.Stay,
		Said: req.Said}
	// A client may leave the end of the call in either text.
	o := outgoing{req: say, fileName: name, credential: cmp.Or(c.warningOf(say.Text), c.warningOf(req.Text))}
	if req.Size > 0 {
		return filing(c).beginUpload(ctx, o, req.Size)
	}
	content := req.Data
	if req.Text != "" {
		content = []byte(req.Text)
	}
	return filing(c).shareContent(ctx, o, content)
}

// shareContent sends the message with a file that came with the call.
func (c filing) shareContent(ctx context.Context, o outgoing, content []byte) (Shared, error) {
	x := arrival{head: content[:min(len(content), picture.HeadOfPicture)], size: int64(len(content)), sum: sha256.New()}
	x.sum.Write(content) // a hash never fails
	o, err := o.withFile(c.newFileKey(), &x)
	if err != nil {
		return Shared{}, err
	}
	o, k, got, err := sending(c).address(ctx, o)
	if err == nil && got == nil {
		got, err = c.sendContent(ctx, &o, k, content)
	}
	if err != nil {
		return Shared{}, err
	}
	shared := Shared{Sent: got.sent}
	if !got.sent.Sent {
		return shared, nil
	}
	file := got.event.File
	if got.ruling == repeated { // the file may have been removed since
		event, err := c.room.log.Event(ctx, got.event.N)
		if err != nil {
			return shared, err
		}
		file = event.File
	}
	shared.File = viewFileSum(file)
	shared.Sent, err = sending(c).answer(ctx, &o.req, got)
	return shared, err
}

// sendContent stores the content, and sends the message with it.
func (c filing) sendContent(ctx context.Context, o *outgoing, k known, content []byte) (*outcome, error) {
	size := int64(len(content))
	refund, err := c.room.svc.limits.Upload(c.payer(ctx), size)
	if err != nil {
		return nil, err
	}
	got, ok, err := sending(c).mayAppend(ctx, o, k) // so nothing is stored in vain
	if ok {
		got, err = c.sendFile(ctx, o, k, func(k files.Key) error {
			_, err := c.room.svc.opts.Files.Put(ctx, k, bytes.NewReader(content), size)
			return err
		})
	}
	if err != nil || !got.wrote() {
		refund(size)
	}
	return got, err
}

func (c filing) newFileKey() files.Key { return files.Key{Room: c.token.Room, ID: ident.NewFileID()} }

// fileKey returns the key of the bytes of f.
func (c filing) fileKey(f *room.File) files.Key { return files.Key{Room: c.token.Room, ID: f.Key} }

// withFile returns the message with an arrived file. As much of a text as a message may have is checked like the text
// of a message: a secret of Parley is refused, and a credential needs a second call.
func (o outgoing) withFile(k files.Key, x *arrival) (outgoing, error) {
	file := room.File{Name: o.fileName, Size: x.size, Type: picture.TypeOf(o.fileName, x.head), Key: k.ID,
		Sum: hex.EncodeToString(x.sum.Sum(nil))}
	file.Width, file.Height = picture.SizeOf(file.Type, x.head)
	if picture.IsText(file.Type) {
		text := string(x.head[:min(len(x.head), core.MaxText)])
		if err := room.CheckSecret("The file", text); err != nil {
			return o, err
		}
		o.credential = cmp.Or(sanitize.Credential(text), o.credential)
	}
	o.event.File = &file
	return o, nil
}

// sendFile sends the message with the file, if room and store have space. put stores the bytes; nil: the bytes are
// stored already. If the message ends up without the file, sendFile deletes the bytes. If the result is unclear,
// sendFile keeps the bytes: the store deletes them later unless a claim exists (see files.Store).
func (c filing) sendFile(ctx context.Context, o *outgoing, k known, put func(files.Key) error) (got *outcome,
	err error) {
	file, unclear := o.event.File, false
	defer func() {
		if !unclear && (err != nil || got.ruling != accepted) {
			c.deleteFile(ctx, file)
		}
	}()
	select {
	case c.room.sharing <- struct{}{}:
		defer func() { <-c.room.sharing }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err := c.checkRoomFits(ctx, file.Size); err != nil {
		return nil, err
	}
	if put != nil {
		if err := c.checkStoreFits(ctx, file.Size); err != nil {
			return nil, err
		}
		if err := put(c.fileKey(file)); err != nil {
			return nil, storeFault(err)
		}
	}
	got, err = sending(c).send(ctx, o, k)
	refused := errors.As(err, new(*fault.Error)) && fault.CodeOf(err) != fault.Unavailable
	unclear = err != nil && !refused
	return got, err
}

// checkFits refuses a file of size bytes, not stored yet, if the room or the store has no space.
func (c filing) checkFits(ctx context.Context, size int64) error {
	if err := c.checkRoomFits(ctx, size); err != nil {
		return err
	}
	return c.checkStoreFits(ctx, size)
}

// checkRoomFits refuses a file of size bytes if the room has no space.
func (c filing) checkRoomFits(ctx context.Context, size int64) error {
	service := c.room.svc
	claims, err := roomlog.Claims(ctx, service.store.Table(), c.token.Room)
	if err != nil {
		return err
	}
	var used, invited room.FileUsage
	for _, claim := range claims {
		used.Files, used.Bytes = used.Files+1, used.Bytes+claim.Size
		if claim.Invite == c.me.Invite {
			invited.Files, invited.Bytes = invited.Files+1, invited.Bytes+claim.Size
		}
	}
	err = room.CheckFileSize(size, service.opts.FileLimit, used)
	if err == nil && c.me.IsGuest() {
		err = room.CheckGuestFile(size, invited)
	}
	return err
}

// checkStoreFits refuses size bytes, not stored yet, if the store has no space.
func (c filing) checkStoreFits(ctx context.Context, size int64) error {
	free, err := c.room.svc.opts.Files.Free(ctx)
	if err == nil && free < size {
		return refuseStoreFull(fmt.Sprintf(": it takes %d bytes more", free))
	}
	return storeFault(err)
}

// storeFault turns an error of the store of files into an error for the caller.
func storeFault(err error) error {
	switch {
	case errors.Is(err, files.ErrFull):
		return refuseStoreFull("") // full since the check
	case errors.Is(err, files.ErrTooLarge):
		return refuseMoreBytes()
	case errors.Is(err, files.ErrUnavailable):
		return fault.Wrap(err, fault.Unavailable, 2*time.Second, "The store of files did not answer in time.")
	}
	return err
}

// deleteFile deletes the unclaimed bytes of file, and the pictures drawn of file; nil is no file. After a failure,
// the store deletes the bytes later.
func (c filing) deleteFile(ctx context.Context, file *room.File) {
	if file == nil || c.room.svc.opts.Files == nil {
		return
	}
	c.room.svc.pictures.Forget(c.pictureKey(file))
	ctx, cancel := roomlog.Detached(ctx)
	defer cancel()
	if err := c.room.svc.opts.Files.Delete(ctx, c.fileKey(file)); err != nil {
		c.room.svc.log.Warn("the bytes of a file could not be deleted", "error", err)
	}
}

// The refusals of sharing a file, beside those of check and room.CheckFileSize.

func refuseNoFiles() error {
	return fault.Refuse(fault.NotAllowed, "This server has no place for files. Nothing was done: send what matters "+
		"as text.")
}

// refuseStoreFull refuses a file because the store has no space. left says how much is left, if known.
func refuseStoreFull(left string) error {
	return fault.Refuse(fault.Unavailable, "This server has no space for the file%s. Nothing was shared: share a "+
		"smaller file, or tell your user, who can ask the person who runs the server for more.", left)
}

func refuseMoreBytes() error {
	return fault.Refuse(fault.MessageTooLong, "The file has more bytes than share_file was told. Nothing was shared: "+
		"call share_file again with its size.")
}
