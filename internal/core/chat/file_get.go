package chat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/sanitize"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/picture"
	"github.com/parley-chat/parley/internal/core/ratelimit"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/files"
)

// textPart is the most bytes of a text that GetFile returns.
const textPart = 16 << 10

// ticketLife is how long after GetFile a download can begin.
const ticketLife = 15 * time.Minute

// GetFile returns the file of a message: a ticket for the whole file and, for an agent, a part of a text, or a picture
// that models may see.
//
// talk: files
func (s *Service) GetFile(ctx context.Context, req FileRequest) (FileGot, error) {
	got, err := s.getFile(ctx, req)
	return got, s.Outward(err)
}

func (s *Service) getFile(ctx context.Context, req FileRequest) (FileGot, error) {
	if s.opts.Files == nil {
		return FileGot{}, refuseNoFiles()
	}
	c, err := s.enterFiling(ctx, req.Token)
	if err != nil {
		return FileGot{}, err
	}
	defer c.room.release()
	c.recorder().RecordCall(ctx)
	got, file, err := c.fileWithTicket(ctx, "id", req.ID)
	if err != nil {
		return FileGot{}, err
	}
	got.Person = c.me.IsPerson()
	switch {
	case !c.me.ReadsIntoContext(), req.Unread: // such callers read the download
	case picture.IsText(file.Type):
		err = c.readInto(ctx, file, req.Offset, req.Fits, &got)
	case req.Offset > 0:
		err = refuseOffsetOfNoText()
	case file.Size <= core.MaxPictureBytes && strings.HasPrefix(file.Type, "image/"):
		err = c.drawInto(ctx, file, &got)
	}
	if err != nil {
		return FileGot{}, err
	}
	return got, nil
}

// GetFiles returns tickets for the files of the messages ids, or refuses all. A repeated id counts once.
func (s *Service) GetFiles(ctx context.Context, token string, ids []string) (FilesGot, error) {
	got, err := s.getFiles(ctx, token, ids)
	return got, s.Outward(err)
}

func (s *Service) getFiles(ctx context.Context, token string, ids []string) (got FilesGot, err error) {
	switch {
	case s.opts.Files == nil:
		return FilesGot{}, refuseNoFiles()
	case len(ids) > core.MaxFilesRead:
		return FilesGot{}, refuseManyFiles()
	}
	c, err := s.enterFiling(ctx, token)
	if err != nil {
		return FilesGot{}, err
	}
	defer c.room.release()
	c.recorder().RecordCall(ctx)
	for i, id := range ids {
		if slices.Contains(ids[:i], id) {
			continue
		}
		one, _, err := c.fileWithTicket(ctx, fmt.Sprintf("id, number %d", i+1), id)
		if err != nil {
			return FilesGot{}, err
		}
		got.Files = append(got.Files, one)
	}
	got.Person = c.me.IsPerson()
	return got, nil
}

// fileWithTicket returns the file of the message with an id, and a ticket for the file. field is the argument with the
// id.
func (c filing) fileWithTicket(ctx context.Context, field, id string) (FileGot, *room.File, error) {
	event, err := reading(c).seenEvent(ctx, field, id)
	if err != nil {
		return FileGot{}, nil, err
	}
	file, err := c.carriedFile(field, event)
	if err != nil {
		return FileGot{}, nil, err
	}
	head := c.head
	got := FileGot{Message: messageOf(&head.State, c.me, event), File: *viewFileSum(file),
		Ending: picture.Ending(file.Name, file.Type)}
	got.Ticket = ident.NewTicket(head.LogKey, c.token.Room, c.me.Seat, c.me.Joined, head.MessageID(event.N),
		c.room.svc.now().Add(ticketLife)).String()
	return got, file, nil
}

// carriedFile returns the file of event, an event visible to the caller. A draft has a file as long as the draft waits.
// field is the argument that names event.
func (c filing) carriedFile(field string, event room.Event) (*room.File, error) {
	file := event.CarriedFile()
	switch {
	case event.Redacted:
		return nil, fault.Refuse(fault.InvalidArgument, "%s: what this message carried was removed.", field)
	case file == nil:
		return nil, fault.Refuse(fault.InvalidArgument, "%s: that message carries no file. Give the id of one that "+
			"has file.", field)
	case event.Type == room.Drafted && !c.me.HasDraft(event.N, c.room.svc.now()):
		return nil, fault.Refuse(fault.InvalidArgument, "%s: that draft was decided, or is more than a day old. If "+
			"it was sent, give the id of the message.", field)
	}
	return file, nil
}

// besidePart is how many bytes readInto reads before and after the part: the characters before it tell how to show
// its first character, the one after it where it can end.
const besidePart = 3 * utf8.UTFMax

// readInto adds to got a part of a text from offset on, within the bounds textPart and fits, and cuts no character in
// two.
func (c filing) readInto(ctx context.Context, file *room.File, offset int64, fits func(string) bool,
	got *FileGot) error {
	if offset < 0 || offset >= file.Size {
		return refuseOffsetBeyond(file.Size)
	}
	from := max(0, offset-besidePart)
	data, err := c.readFile(ctx, file, from, min(offset+textPart+besidePart, file.Size)-from)
	if err != nil {
		return err
	}
	start := int(offset - from)
	start += restOfCharacter(data, start)
	before, data := data[:start], data[start:]
	end := partLength(data, textPart)
	for fits != nil && end >= 2*utf8.UTFMax && !fits(readable(data[:end])) {
		end = partLength(data, end*3/4)
	}
	got.Text, got.Before = readable(data[:end]), readable(before)
	if end < len(data) {
		got.More = from + int64(start+end)
	}
	return nil
}

// restOfCharacter returns how many bytes of data[at:] belong to a character that begins before at.
func restOfCharacter(data []byte, at int) int {
	for i := max(0, at-utf8.UTFMax+1); i < at; i++ {
		if _, size := utf8.DecodeRune(data[i:]); i+size > at {
			return i + size - at
		}
	}
	return 0
}

// partLength returns how many bytes of data one part has: up to most, without cutting a character.
func partLength(data []byte, most int) int {
	if len(data) <= most {
		return len(data)
	}
	return sanitize.Seam(string(data), wholeCharacters(data[:most]))
}

// wholeCharacters returns the length of data without an incomplete last character.
func wholeCharacters(data []byte) int {
	for i := 1; i < utf8.UTFMax && i <= len(data); i++ {
		if b := data[len(data)-i:]; utf8.RuneStart(b[0]) {
			if !utf8.FullRune(b) {
				return len(data) - i
			}
			break
		}
	}
	return len(data)
}

// readable returns data as a text, with U+FFFD for each byte that is not UTF-8.
func readable(data []byte) string { return string([]rune(string(data))) }

func (c filing) readFile(ctx context.Context, file *room.File, offset, length int64) ([]byte, error) {
	r, err := c.openFile(ctx, file, offset, length)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data := make([]byte, length)
	_, err = io.ReadFull(r, data)
	return data, storeFault(err)
}

// openFault turns an error of opening a file into an error for the caller.
func openFault(err error) error {
	if errors.Is(err, files.ErrNotFound) {
		return refuseBytesGone()
	}
	return storeFault(err)
}

// drawInto adds the picture of file to got, if models may see the picture. A picture always counts as a download;
// drawing it also counts its pixels.
func (c filing) drawInto(ctx context.Context, file *room.File, got *FileGot) error {
	service, key := c.room.svc, c.pictureKey(file)
	p, ok := service.pictures.Kept(key)
	if ok {
		if _, err := service.limits.Download(c.payer(ctx), file.Size); err != nil {
			return err
		}
	} else {
		r, err := c.openFile(ctx, file, 0, file.Size)
		if err != nil {
			return err
		}
		defer r.Close()
		caller := ident.Network(ident.ClientKey(ctx))
		p, err = service.pictures.Decode(ctx, caller, picture.File{Key: key, From: r, Size: file.Size,
			Spend: func(pixels int) error { return service.limits.Picture(ctx, pixels) }})
		if err != nil {
			return err
		}
	}
	if p.Data != nil {
		got.Image, got.File.Type = p.Data, p.Media
	}
	return ctx.Err()
}

// pictureKey is the name of f for the decoder of pictures.
func (c filing) pictureKey(f *room.File) string { return c.token.Room + " " + f.Key }

// openFile opens a part of a file of the caller's room, and counts the part for the caller.
func (c filing) openFile(ctx context.Context, file *room.File, offset, length int64) (io.ReadCloser, error) {
	length = min(length, file.Size-offset)
	refund, err := c.room.svc.limits.Download(c.payer(ctx), length)
	if err != nil {
		return nil, err
	}
	part := length
	if offset == 0 && length == file.Size {
		part = -1 // a bucket compares the whole with its digest
	}
	r, err := c.room.svc.opts.Files.Open(ctx, c.fileKey(file), offset, part)
	if err != nil {
		refund(length)
		return nil, openFault(err)
	}
	return &countedDownload{ReadCloser: r, left: length, refund: refund}, nil
}

// countedDownload refunds unread bytes.
type countedDownload struct {
	io.ReadCloser
	left   int64
	refund func(int64)
}

func (r *countedDownload) Read(p []byte) (n int, err error) {
	n, err = r.ReadCloser.Read(p)
	r.left -= int64(n)
	return n, err
}

func (r *countedDownload) Close() error {
	r.refund(max(0, r.left))
	r.left = 0
	return r.ReadCloser.Close()
}

// Download returns the file of a ticket, if the seat of the ticket still sees the message. Download reads the room's
// head each time, so the removal of a message or an agent takes effect at once.
func (s *Service) Download(ctx context.Context, ticket string) (Download, error) {
	got, err := s.download(ctx, ticket)
	return got, s.Outward(err)
}

func (s *Service) download(ctx context.Context, text string) (Download, error) {
	if s.opts.Files == nil {
		return Download{}, refuseNoFiles()
	}
	t, ok := ident.ParseTicket(text)
	if !ok {
		return Download{}, refuseTicketMistyped()
	}
	ctx, err := s.limits.Begin(ctx, ratelimit.Usual)
	if err != nil {
		return Download{}, err
	}
	c, err := s.enterDownload(ctx, t)
	if err != nil {
		return Download{}, err
	}
	defer c.room.release()
	event, err := reading(c).seenEvent(ctx, "id", t.Message)
	if err != nil {
		return Download{}, err
	}
	file, err := c.carriedFile("id", event)
	if err != nil {
		return Download{}, err
	}
	return Download{File: *viewFile(file), ID: t.Message, Ending: picture.Ending(file.Name, file.Type),
		Open: func(ctx context.Context, offset, length int64) (io.ReadCloser, error) {
			r, err := c.openFile(ctx, file, offset, length)
			return r, s.Outward(err)
		}}, nil
}

// enterDownload returns the agent for whom a ticket was made. The session's room must be released.
func (s *Service) enterDownload(ctx context.Context, t ident.Ticket) (filing, error) {
	if err := ident.PrincipalOf(ctx).CheckToken(ident.Token{Room: t.Room, Seat: t.Seat}); err != nil {
		return filing{}, err
	}
	live := s.acquire(t.Room)
	c, err := live.enterDownload(ctx, t)
	if err == nil {
		err = s.limits.Enter(ctx, t.Room, c.payer(ctx))
	}
	if err != nil {
		live.release()
		return filing{}, err
	}
	return c, nil
}

func (r *liveRoom) enterDownload(ctx context.Context, t ident.Ticket) (filing, error) {
	now := r.svc.now()
	head, err := r.log.Refresh(ctx, now)
	if errors.Is(err, roomlog.ErrNotFound) {
		return filing{}, refuseTicketOver()
	}
	if err != nil {
		return filing{}, err
	}
	agent, here := head.Seated(t.Seat)
	if !here || head.Expired(now) || !now.Before(t.Until) || !t.Of(head.LogKey, agent.Joined) {
		return filing{}, refuseTicketOver()
	}
	return filing{r.acceptViewer(head, room.Caller{Agent: agent})}, nil
}

// The refusals of getting a file, beside those of carriedFile.

func refuseOffsetOfNoText() error {
	return fault.Refuse(fault.InvalidArgument, "offset is only for a text, and this file is not one. Call again "+
		"without it.")
}

func refuseOffsetBeyond(size int64) error {
	return fault.Refuse(fault.InvalidArgument, "offset must be less than %d, the size of the file: take it "+
		"from more.", size)
}

func refuseManyFiles() error {
	return fault.Refuse(fault.InvalidArgument, "id: at most %d ids. Nothing was done: get the other "+
		"files by another call.", core.MaxFilesRead)
}

func refuseBytesGone() error {
	return fault.Refuse(fault.InvalidArgument, "The bytes of that file are gone: it was removed just now, or this "+
		"server was restored without its files. Ask for it again in the room.")
}

func refuseTicketMistyped() error {
	return fault.Refuse(fault.TokenInvalid, "This download address is mistyped: use it exactly as get_file gave it.")
}

// refuseTicketOver refuses the address of a download that leads to no file.
func refuseTicketOver() error {
	return fault.Refuse(fault.TokenInvalid, "This address does not lead to a file, or no longer does: a download must "+
		"begin within %d minutes of the call of get_file, and its agent must still be in the room. Call get_file "+
		"again.",
		int(ticketLife.Minutes()))
}
