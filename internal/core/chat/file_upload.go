package chat

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/ratelimit"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

// beginUpload opens an upload for a file of at most so many bytes, if the message could be sent now.
func (op *sendOp) beginUpload(ctx context.Context, name string, most int64) (Shared, error) {
	c := op.caller
	s := c.room.svc
	if err := c.checkFits(ctx, most); err != nil {
		return Shared{}, err
	}
	back, err := s.limits.Upload(c.payer(ctx), most)
	if err != nil {
		return Shared{}, err
	}
	back(most) // the upload counts
	code := ident.NewUploadCode(c.token.Room, c.me.Seat)
	if key := op.req.Key; key != "" {
		code = ident.KeyedUploadCode(c.head.LogKey, c.token.Room, c.me.Seat, c.me.Joined, c.me.IsPerson(), key)
	}
	op.req.Key = uploadKey(code)
	if err := op.address(ctx); err != nil {
		return Shared{}, err
	}
	if _, err := op.lookUpKey(ctx); err != nil {
		return Shared{}, err
	}
	got, ok, err := op.maySay(ctx)
	if err != nil || !ok {
		return Shared{Sent: got}, err
	}
	wait, err := c.room.log.Seats().OpenUpload(ctx, c.me.Agent, roomlog.Upload{Hash: ident.HashSecret(code.Secret),
		Holder: c.holder.Hash, Person: c.holder.Person, Stay: c.holder.Joined, Name: name, Most: most,
		Message: op.event})
	switch {
	case err != nil:
		return Shared{}, err
	case wait > 0:
		return Shared{}, fault.RetryLater(fault.RateLimited, wait, "You have %d open uploads, the most allowed. "+
			"Nothing was shared: run the commands that you got, or try again in %d seconds.", roomlog.MaxUploads,
			fault.Seconds(wait))
	}
	return Shared{
		Sent:   Sent{Waited: op.unspoken(ctx, "")},
		Upload: &Upload{Code: code.String(), Expires: roomlog.UploadLife},
	}, nil
}

// uploadKey is the idempotency key of the message whose file is uploaded with a code.
func uploadKey(code ident.UploadCode) string { return "upload-" + ident.HashSecret(code.Secret)[:32] }

// Upload takes the bytes of an upload, and sends the message that carries them. It takes one
// complete upload: for the same bytes again it returns what it returned before, and it refuses
// others. If r knows its length (Len() int, as a bytes.Reader does), what is too long is refused
// before a byte is read.
//
// An upload that ends before it is complete leaves nothing. Whatever may have changed since the
// call of ShareFile is checked before a byte is read, and again once all are there.
func (s *Service) Upload(ctx context.Context, code string, r io.Reader) (Sent, error) {
	got, err := s.upload(ctx, code, r)
	return got, s.Outward(err)
}

func (s *Service) upload(ctx context.Context, text string, r io.Reader) (Sent, error) {
	if s.opts.Files == nil {
		return Sent{}, errNoFiles()
	}
	code, ok := ident.ParseUploadCode(text)
	if !ok {
		return Sent{}, errUploadMistyped()
	}
	c, u, err := s.enterUpload(ctx, code)
	if err != nil {
		return Sent{}, err
	}
	defer c.room.release()
	if u == nil {
		return c.uploadAgain(ctx, code, r)
	}
	op := c.newSend(SendRequest{Text: u.Message.Text, Key: uploadKey(code)})
	op.event, op.upload, op.ownKey = u.Message, u, true
	op.credential = "" // of the text its agent was warned
	if got, ok, err := op.maySay(ctx); err != nil || !ok {
		return got, err
	}
	most := u.Most
	if n, known := lengthOf(r); known {
		if n > most {
			return Sent{}, fault.Refuse(fault.MessageTooLong, "The file has %d bytes, and share_file was told at most "+
				"%d. Nothing was shared: call share_file again with its size.", n, most)
		}
		most = n
	}
	back, err := s.limits.Upload(c.payer(ctx), most)
	if err != nil {
		return Sent{}, err
	}
	x := &arrival{from: r, sum: sha256.New()}
	got, err := op.receiveUpload(ctx, u, x, most)
	back(most - x.size)
	return got, err
}

// receiveUpload stores what arrives, and sends the message that carries it.
func (op *sendOp) receiveUpload(ctx context.Context, u *roomlog.Upload, x *arrival, most int64) (Sent, error) {
	c := op.caller
	if err := c.checkFits(ctx, max(1, most)); err != nil {
		return Sent{}, err
	}
	k := c.newFileKey()
	if _, err := c.room.svc.opts.Files.Put(ctx, k, x, u.Most); err != nil {
		if x.failed != nil && ctx.Err() == nil {
			err = brokenOff(x.failed)
		}
		return Sent{}, storeFault(err)
	}
	if err := op.attachFile(u.Name, k, x); err != nil {
		c.deleteFile(ctx, &room.File{Key: k.ID})
		return Sent{}, err
	}
	got, err := op.sendFile(ctx, nil)
	if err != nil {
		return Sent{}, err
	}
	if op.earlier.N > 0 { // another upload to this address was first
		return c.sharedBefore(ctx, op.earlier, x)
	}
	if got.Sent {
		got.Waited = op.unspoken(ctx, "")
	}
	return got, nil
}

// brokenOff is the refusal of an upload whose bytes have not all come.
func brokenOff(cause error) error {
	return fault.Wrap(cause, fault.Unavailable, time.Second, "The upload broke off before all bytes were there. "+
		"Nothing was shared: run the command again.")
}

// enterUpload returns the caller for whom an upload was opened, and the upload; nil if it is not, or
// no longer, open. The caller's room must be released.
func (s *Service) enterUpload(ctx context.Context, code ident.UploadCode) (*session, *roomlog.Upload, error) {
	t := ident.Token{Room: code.Room, Seat: code.Seat}
	if err := ident.PrincipalOf(ctx).CheckToken(t); err != nil {
		return nil, nil, err
	}
	r := s.acquire(code.Room)
	c, u, err := r.enterUpload(ctx, code)
	if err == nil {
		err = s.limits.Enter(ctx, code.Room, c.payer(ctx))
	}
	if err != nil {
		r.release()
		return nil, nil, err
	}
	return c, u, nil
}

func (r *liveRoom) enterUpload(ctx context.Context, code ident.UploadCode) (*session, *roomlog.Upload, error) {
	now := r.svc.now()
	h, err := r.log.Refresh(ctx, now)
	if errors.Is(err, roomlog.ErrNotFound) {
		return nil, nil, errUploadOver()
	}
	if err != nil {
		return nil, nil, err
	}
	a, here := h.Seated(code.Seat)
	if !here || h.Expired(now) {
		return nil, nil, errUploadOver()
	}
	u, open, err := r.log.Seats().Upload(ctx, a, code)
	if err != nil {
		return nil, nil, err
	}
	c := &session{token: ident.Token{Room: code.Room, Seat: code.Seat, Person: u.Person}, room: r, head: h,
		me:     room.Caller{Agent: a},
		holder: room.Holder{Seat: code.Seat, Hash: u.Holder, Person: u.Person, Joined: u.Stay},
		start:  room.Start{At: now, Known: h.AsOf, Head: h.AsOf}}
	if !open {
		return c, nil, nil
	}
	c.me, here = h.Owner(c.holder)
	if !here {
		return nil, nil, errUploadOver()
	}
	return c, &u, nil
}

// errUploadOver refuses the address of an upload that takes nothing.
func errUploadOver() error {
	return fault.Refuse(fault.TokenInvalid, "This address does not take a file, or no longer does: an upload must "+
		"begin within %d minutes of the call of share_file, and its agent must still be in the room. Nothing was "+
		"shared: call share_file again.", int(roomlog.UploadLife.Minutes()))
}

// uploadAgain answers an upload to an address that has had one.
func (c *session) uploadAgain(ctx context.Context, code ident.UploadCode, r io.Reader) (Sent, error) {
	as, err := c.sentByUpload(ctx, code)
	if err != nil {
		return Sent{}, err
	}
	e, err := c.room.log.Event(ctx, as.N)
	if err != nil {
		return Sent{}, err
	}
	f := e.CarriedFile()
	if f == nil {
		return Sent{}, errFileRemoved()
	}
	back, err := c.room.svc.limits.Upload(c.payer(ctx), f.Size)
	if err != nil {
		return Sent{}, err
	}
	defer back(0)
	x := &arrival{from: io.LimitReader(r, f.Size+1), sum: sha256.New()}
	if n, known := lengthOf(r); known && n != f.Size {
		return Sent{}, errOtherBytes()
	}
	if _, err := io.Copy(io.Discard, x); err != nil {
		return Sent{}, brokenOff(err)
	}
	return c.sharedBefore(ctx, as, x)
}

// sentByUpload returns what the file of a code was shared as, by the agent or the person behind it. It refuses
// a code by which nothing was.
func (c *session) sentByUpload(ctx context.Context, code ident.UploadCode) (roomlog.SentAs, error) {
	person := room.Caller{Agent: c.me.Agent, Device: "-"} // whichever it was
	for _, by := range []room.Caller{c.me, person} {
		as, err := c.room.log.Seats().Sent(ctx, by, uploadKey(code))
		if err != nil || as.N > 0 {
			return as, err
		}
	}
	return roomlog.SentAs{}, errUploadOver()
}

// sharedBefore returns the result of the upload that was shared as the message as, if x are the same
// bytes.
func (c *session) sharedBefore(ctx context.Context, as roomlog.SentAs, x *arrival) (Sent, error) {
	e, err := c.room.log.Event(ctx, as.N)
	if err != nil {
		return Sent{}, err
	}
	h := c.room.log.Peek()
	a, _ := h.Seated(c.me.Seat)
	f := e.CarriedFile()
	switch {
	case f == nil:
		return Sent{}, errFileRemoved()
	case f.Sum != hex.EncodeToString(x.sum.Sum(nil)):
		return Sent{}, errOtherBytes()
	case as.Draft && !a.HasDraft(as.N, c.room.svc.now()):
		return Sent{}, fault.Refuse(fault.NotAllowed, "Your user has not let you share this file, or has not decided "+
			"within a day. Nothing was shared: call wait_for_message.")
	}
	got := Sent{Sent: !as.Draft, ID: h.MessageID(as.N), Duplicate: true, Waited: Waited{Situation: c.situation(h)}}
	if as.Draft {
		got.Status = StatusPending
	} else {
		got.To = readers(e)
	}
	return got, nil
}

func errOtherBytes() error {
	return fault.Refuse(fault.AlreadyShared, "Another file was shared through this address, which takes one. Nothing "+
		"was shared: call share_file again for this file.")
}

func errFileRemoved() error {
	return fault.Refuse(fault.NotAllowed, "The file was shared, and has been removed since. Nothing was done.")
}

// lengthOf returns how many bytes r has, if it knows.
func lengthOf(r io.Reader) (n int64, known bool) {
	x, known := r.(interface{ Len() int })
	if !known {
		return 0, false
	}
	return int64(x.Len()), true
}

// headBytes is how much of a file is looked at: as much as a text that may come with a call.
const headBytes = room.MaxText

// arrival is a file as it comes in: its beginning, and the hash and the number of its bytes.
type arrival struct {
	from   io.Reader
	head   []byte
	size   int64
	sum    hash.Hash // of SHA-256
	failed error     // of from
}

// Read reads from the file that comes in.
func (x *arrival) Read(p []byte) (n int, err error) {
	n, err = x.from.Read(p)
	if room := headBytes - len(x.head); room > 0 {
		x.head = append(x.head, p[:min(n, room)]...)
	}
	x.size += int64(n)
	x.sum.Write(p[:n]) // a hash takes all that it is given
	if err != nil && !errors.Is(err, io.EOF) {
		x.failed = err
	}
	return n, err
}

// UploadView is what a person sees of an upload before picking the file.
type UploadView struct {
	Name    string // of the file, as the call of ShareFile said
	Most    int64  // bytes
	Expires time.Duration
	Shared  bool // the upload has had its file
}

// DescribeUpload returns what an upload takes.
func (s *Service) DescribeUpload(ctx context.Context, text string) (UploadView, error) {
	got, err := s.describeUpload(ctx, text)
	return got, s.Outward(err)
}

func (s *Service) describeUpload(ctx context.Context, text string) (UploadView, error) {
	if s.opts.Files == nil {
		return UploadView{}, errNoFiles()
	}
	code, ok := ident.ParseUploadCode(text)
	if !ok {
		return UploadView{}, errUploadMistyped()
	}
	ctx, err := s.limits.Begin(ctx, ratelimit.Usual)
	if err != nil {
		return UploadView{}, err
	}
	c, u, err := s.enterUpload(ctx, code)
	if err != nil {
		return UploadView{}, err
	}
	defer c.room.release()
	if u != nil {
		return UploadView{Name: u.Name, Most: u.Most, Expires: u.Until().Sub(s.now())}, nil
	}
	_, err = c.sentByUpload(ctx, code)
	return UploadView{Shared: true}, err
}

// UploaderOf returns the agent in whose name a code uploads, and whether it still does.
func (s *Service) UploaderOf(ctx context.Context, code ident.UploadCode) (room.Agent, bool, error) {
	r := s.acquire(code.Room)
	defer r.release()
	c, u, err := r.enterUpload(ctx, code)
	if err == nil && u == nil {
		_, err = c.sentByUpload(ctx, code)
	}
	return c.agentOrNone(err, s)
}

// DownloaderOf returns the agent for whom a ticket was made, and whether it still is good.
func (s *Service) DownloaderOf(ctx context.Context, t ident.Ticket) (room.Agent, bool, error) {
	r := s.acquire(t.Room)
	defer r.release()
	c, err := r.enterDownload(ctx, t)
	return c.agentOrNone(err, s)
}

// agentOrNone returns the agent of c, or whether err says that there is none.
func (c *session) agentOrNone(err error, s *Service) (room.Agent, bool, error) {
	switch {
	case err == nil:
		return c.me.Agent, true, nil
	case fault.CodeOf(err) == fault.TokenInvalid:
		return room.Agent{}, false, nil
	}
	return room.Agent{}, false, s.Outward(err)
}

func errUploadMistyped() error {
	return fault.Refuse(fault.TokenInvalid, "This upload address is mistyped: use it exactly as share_file gave "+
		"it. Nothing was shared.")
}
