package chat

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/picture"
	"github.com/parley-chat/parley/internal/core/ratelimit"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

// beginUpload opens an upload for a file of up to most bytes, if the message may be sent now.
func (c filing) beginUpload(ctx context.Context, o outgoing, most int64) (Shared, error) {
	service := c.room.svc
	if err := c.checkFits(ctx, most); err != nil {
		return Shared{}, err
	}
	refund, err := service.limits.Upload(c.payer(ctx), most)
	if err != nil {
		return Shared{}, err
	}
	refund(most) // Upload counts the bytes
	code := ident.NewUploadCode(c.token.Room, c.me.Seat)
	o.keyFromServer = o.req.Key == ""
	if !o.keyFromServer {
		code = ident.KeyedUploadCode(c.head.LogKey, c.token.Room, c.me.Seat, c.me.Joined, c.me.IsPerson(), o.req.Key)
	}
	o.req.Key = uploadKey(code) // the same call gives another address
	o, k, got, err := sending(c).address(ctx, o)
	if err != nil {
		return Shared{}, err
	}
	if got != nil {
		return Shared{Sent: got.sent}, nil
	}
	k, _, err = sending(c).findSince(ctx, &o, k, false)
	if err != nil {
		return Shared{}, err
	}
	got, ok, err := sending(c).mayAppend(ctx, &o, k)
	if err != nil {
		return Shared{}, err
	}
	if !ok {
		return Shared{Sent: got.sent}, nil
	}
	unsent, _ := c.ownCursor(o.cursor)
	sent := c.cursorAfter(c.head.AsOf+1, false, unsent)
	wait, err := c.room.log.Items().OpenUpload(ctx, c.me.Agent, roomlog.Upload{Hash: ident.HashSecret(code.Secret),
		Holder: c.holder.Hash, Person: c.holder.Person, Stay: c.holder.Joined, Name: o.fileName, Most: most,
		Cursor: sent, Unsent: unsent, Read: k.guard.cursor.N, Message: o.event})
	switch {
	case err != nil:
		return Shared{}, err
	case wait > 0:
		return Shared{}, refuseManyUploads(wait)
	}
	answer := sending(c).answerUnsent(ctx, &o, "")
	answer.Cursor = unsent
	return Shared{Sent: Sent{Waited: answer}, Upload: &Upload{Code: code.String(), Expires: roomlog.UploadLife}}, nil
}

// uploadKey is the idempotency key of the message for the file of an upload.
func uploadKey(code ident.UploadCode) string { return "upload-" + ident.HashSecret(code.Secret)[:32] }

// Upload takes the bytes of an upload, and sends the message with the file. An address takes one complete file: the
// same bytes again get the same result, other bytes a refusal. If r has Len() int, as a bytes.Reader has, Upload
// refuses too long a file before it reads the first byte.
//
// An incomplete upload leaves nothing. Upload checks the rules before the first byte, and again after the last.
func (s *Service) Upload(ctx context.Context, code string, r io.Reader) (Sent, error) {
	got, err := s.upload(ctx, code, r)
	return got, s.Outward(err)
}

func (s *Service) upload(ctx context.Context, text string, r io.Reader) (Sent, error) {
	if s.opts.Files == nil {
		return Sent{}, refuseNoFiles()
	}
	code, ok := ident.ParseUploadCode(text)
	if !ok {
		return Sent{}, refuseUploadMistyped()
	}
	c, u, err := s.enterUpload(ctx, code)
	if err != nil {
		return Sent{}, err
	}
	defer c.room.release()
	if u == nil {
		return c.uploadAgain(ctx, code, r)
	}
	// ShareFile has warned the agent of a credential in the text.
	o := outgoing{req: SendRequest{Text: u.Message.Text, Key: uploadKey(code)}, event: u.Message, upload: u,
		fileName: u.Name, keyFromServer: true}
	k := known{began: c.began, guard: c.guardOfUpload(u)}
	if got, ok, err := sending(c).mayAppend(ctx, &o, k); err != nil {
		return Sent{}, err
	} else if !ok {
		return got.sent, nil
	}
	most := u.Most
	if n, known := lengthOf(r); known {
		if n > most {
			return Sent{}, refuseLargerFile(n, most)
		}
		most = n
	}
	refund, err := s.limits.Upload(c.payer(ctx), most)
	if err != nil {
		return Sent{}, err
	}
	x := &arrival{from: r, sum: sha256.New()}
	got, err := c.receiveUpload(ctx, o, k, x, most)
	refund(most - x.size)
	return got, err
}

// guardOfUpload returns the guard of an upload. What others have said was checked as the upload was opened, and a
// refusal has no cursor that would let the next one pass. So only the agent's own person holds an upload back.
func (c filing) guardOfUpload(u *roomlog.Upload) guard {
	read := ident.Cursor{N: u.Read, HeldMessage: true}
	return guard{on: u.Read > 0 && c.me.IsHeldBack(), cursor: read, checked: u.Read}
}

// receiveUpload stores the arriving file, and sends the message with the file.
func (c filing) receiveUpload(ctx context.Context, o outgoing, k known, x *arrival, most int64) (Sent, error) {
	if err := c.checkFits(ctx, max(1, most)); err != nil {
		return Sent{}, err
	}
	key := c.newFileKey()
	if _, err := c.room.svc.opts.Files.Put(ctx, key, x, o.upload.Most); err != nil {
		if x.failed != nil && ctx.Err() == nil {
			err = refuseBrokenOff(x.failed)
		}
		return Sent{}, storeFault(err)
	}
	o, err := o.withFile(key, x)
	if err != nil {
		c.deleteFile(ctx, &room.File{Key: key.ID})
		return Sent{}, err
	}
	got, err := c.sendFile(ctx, &o, k, nil)
	if err != nil {
		return Sent{}, err
	}
	if got.ruling == repeated { // another upload to this address was first
		again, err := c.sharedBefore(ctx, got.earlier, x)
		again.Waited.Cursor = o.upload.Cursor
		return again, err
	}
	if got.sent.Sent {
		got.sent.Waited = sending(c).answerUnsent(ctx, &o, "")
	}
	return got.sent, nil
}

// enterUpload returns the caller of ShareFile for a code, and the upload; nil if the upload is not, or no longer, open.
// The caller's room must be released.
func (s *Service) enterUpload(ctx context.Context, code ident.UploadCode) (filing, *roomlog.Upload, error) {
	token := ident.Token{Room: code.Room, Seat: code.Seat}
	if err := ident.PrincipalOf(ctx).CheckToken(token); err != nil {
		return filing{}, nil, err
	}
	live := s.acquire(code.Room)
	c, u, err := live.enterUpload(ctx, code)
	if err == nil {
		err = s.limits.Enter(ctx, code.Room, c.payer(ctx))
	}
	if err != nil {
		live.release()
		return filing{}, nil, err
	}
	return c, u, nil
}

func (r *liveRoom) enterUpload(ctx context.Context, code ident.UploadCode) (filing, *roomlog.Upload, error) {
	now := r.svc.now()
	head, err := r.log.Refresh(ctx, now)
	if errors.Is(err, roomlog.ErrNotFound) {
		return filing{}, nil, refuseUploadOver()
	}
	if err != nil {
		return filing{}, nil, err
	}
	agent, here := head.Seated(code.Seat)
	if !here || head.Expired(now) {
		return filing{}, nil, refuseUploadOver()
	}
	u, open, err := r.log.Items().Upload(ctx, agent, code)
	if err != nil {
		return filing{}, nil, err
	}
	if !open {
		return filing{r.acceptViewer(head, room.Caller{Agent: agent})}, nil, nil
	}
	holder := room.HashedToken{Seat: code.Seat, Hash: u.Holder, Person: u.Person, Joined: u.Stay}
	caller, here := head.CallerByToken(holder)
	if !here {
		return filing{}, nil, refuseUploadOver()
	}
	return filing{&session{token: ident.Token{Room: code.Room, Seat: code.Seat, Person: u.Person}, holder: holder,
		room: r, began: now, moment: newMoment(head, caller), asker: ident.PrincipalOf(ctx)}}, &u, nil
}

// uploadAgain answers an upload to an address that has had a file.
func (c filing) uploadAgain(ctx context.Context, code ident.UploadCode, r io.Reader) (Sent, error) {
	as, err := c.sentByUpload(ctx, code)
	if err != nil {
		return Sent{}, err
	}
	event, err := c.room.log.Event(ctx, as.N)
	if err != nil {
		return Sent{}, err
	}
	file := event.CarriedFile()
	if file == nil {
		return Sent{}, refuseFileRemoved()
	}
	refund, err := c.room.svc.limits.Upload(c.payer(ctx), file.Size)
	if err != nil {
		return Sent{}, err
	}
	defer refund(0)
	x := &arrival{from: io.LimitReader(r, file.Size+1), sum: sha256.New()}
	if n, known := lengthOf(r); known && n != file.Size {
		return Sent{}, refuseOtherBytes()
	}
	if _, err := io.Copy(io.Discard, x); err != nil {
		return Sent{}, refuseBrokenOff(err)
	}
	return c.sharedBefore(ctx, as, x)
}

// sentByUpload returns the message that shared the file of a code, from the agent or the agent's person. It refuses a
// code without a shared file.
func (c filing) sentByUpload(ctx context.Context, code ident.UploadCode) (roomlog.SentAs, error) {
	person := room.Caller{Agent: c.me.Agent, Device: "-"} // any device of the person
	for _, by := range []room.Caller{c.me, person} {
		as, err := c.room.log.Items().Sent(ctx, by, uploadKey(code))
		if err != nil || as.N > 0 {
			return as, err
		}
	}
	return roomlog.SentAs{}, refuseUploadOver()
}

// sharedBefore returns the result of the earlier upload, whose message as stands for, if x has the same bytes.
func (c filing) sharedBefore(ctx context.Context, as roomlog.SentAs, x *arrival) (Sent, error) {
	event, err := c.room.log.Event(ctx, as.N)
	if err != nil {
		return Sent{}, err
	}
	c.moveOn()
	file := event.CarriedFile()
	switch {
	case file == nil:
		return Sent{}, refuseFileRemoved()
	case file.Sum != hex.EncodeToString(x.sum.Sum(nil)):
		return Sent{}, refuseOtherBytes()
	case as.Draft && !c.me.HasDraft(as.N, c.room.svc.now()):
		return Sent{}, refuseFileDraft()
	}
	_, read := c.ownCursor("")
	got := Sent{Sent: !as.Draft, ID: c.head.MessageID(as.N), Duplicate: true, Waited: Waited{
		Situation: reading(c).situation(learned{read: read, unseen: as.Draft && reading(c).isUnseen(ctx)})}}
	if as.Draft {
		got.Waited.Status = StatusPending
	} else {
		got.To = readers(event)
	}
	return got, nil
}

// lengthOf returns how many bytes r has, if r can tell.
func lengthOf(r io.Reader) (n int64, known bool) {
	x, known := r.(interface{ Len() int })
	if !known {
		return 0, false
	}
	return int64(x.Len()), true
}

// arrival is an incoming file: the first bytes, and the hash and number of all bytes.
type arrival struct {
	from   io.Reader
	head   []byte
	size   int64
	sum    hash.Hash // of SHA-256
	failed error     // of from
}

// Read reads from the incoming file.
func (x *arrival) Read(p []byte) (n int, err error) {
	n, err = x.from.Read(p)
	most := core.MaxText // as a text in a call may have
	if bytes.HasPrefix(x.head, []byte("\xff\xd8")) {
		most = picture.HeadOfPicture // only a JPEG has its size so far behind
	}
	if space := most - len(x.head); space > 0 {
		x.head = append(x.head, p[:min(n, space)]...)
	}
	x.size += int64(n)
	x.sum.Write(p[:n]) // a hash never fails
	if err != nil && !errors.Is(err, io.EOF) {
		x.failed = err
	}
	return n, err
}

// UploadView is an upload as a person sees it before picking the file.
type UploadView struct {
	Name    string // of the file, as the call of ShareFile said
	Most    int64  // bytes
	Expires time.Duration
	Shared  bool // the upload has had a file
}

// DescribeUpload describes the upload of a code.
func (s *Service) DescribeUpload(ctx context.Context, text string) (UploadView, error) {
	got, err := s.describeUpload(ctx, text)
	return got, s.Outward(err)
}

func (s *Service) describeUpload(ctx context.Context, text string) (UploadView, error) {
	if s.opts.Files == nil {
		return UploadView{}, refuseNoFiles()
	}
	code, ok := ident.ParseUploadCode(text)
	if !ok {
		return UploadView{}, refuseUploadMistyped()
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

// UploaderOf returns the agent of an upload code, and whether the code is still good.
func (s *Service) UploaderOf(ctx context.Context, code ident.UploadCode) (room.Agent, bool, error) {
	live := s.acquire(code.Room)
	defer live.release()
	c, u, err := live.enterUpload(ctx, code)
	if err == nil && u == nil {
		_, err = c.sentByUpload(ctx, code)
	}
	return c.agentOrNone(err, s)
}

// DownloaderOf returns the agent of a ticket, and whether the ticket is still good.
func (s *Service) DownloaderOf(ctx context.Context, t ident.Ticket) (room.Agent, bool, error) {
	r := s.acquire(t.Room)
	defer r.release()
	c, err := r.enterDownload(ctx, t)
	return c.agentOrNone(err, s)
}

// agentOrNone returns the agent of c; false if err says that the code or ticket is not good.
func (c filing) agentOrNone(err error, service *Service) (room.Agent, bool, error) {
	switch {
	case err == nil:
		return c.me.Agent, true, nil
	case fault.CodeOf(err) == fault.TokenInvalid:
		return room.Agent{}, false, nil
	}
	return room.Agent{}, false, service.Outward(err)
}

// The refusals of an upload.

func refuseManyUploads(wait time.Duration) error {
	return fault.RetryLater(fault.RateLimited, wait, "You have %d open uploads, the most allowed. Nothing was shared: "+
		"run the commands that you got, or try again in %d seconds.", core.MaxUploads, fault.Seconds(wait))
}

func refuseUploadMistyped() error {
	return fault.Refuse(fault.TokenInvalid, "This upload address is mistyped: use it exactly as share_file gave "+
		"it. Nothing was shared.")
}

// refuseUploadOver refuses the address of an upload that takes no file.
func refuseUploadOver() error {
	return fault.Refuse(fault.TokenInvalid, "This address does not take a file, or no longer does: an upload must "+
		"begin within %d minutes of the call of share_file, and its agent must still be in the room. Nothing was "+
		"shared: call share_file again.", int(roomlog.UploadLife.Minutes()))
}

func refuseLargerFile(size, most int64) error {
	return fault.Refuse(fault.MessageTooLong, "The file has %d bytes, and share_file was told at most %d. Nothing was "+
		"shared: call share_file again with its size.", size, most)
}

func refuseBrokenOff(cause error) error {
	return fault.Wrap(cause, fault.Unavailable, time.Second, "The upload broke off before all bytes were there. "+
		"Nothing was shared: run the command again.")
}

func refuseOtherBytes() error {
	return fault.Refuse(fault.AlreadyShared, "Another file was shared through this address, which takes one. Nothing "+
		"was shared: call share_file again for this file.")
}

func refuseFileRemoved() error {
	return fault.Refuse(fault.NotAllowed, "The file was shared, and has been removed since. Nothing was done.")
}

// refuseFileDraft refuses a file whose draft the agent's person has refused, or not decided in time.
func refuseFileDraft() error {
	return fault.Refuse(fault.NotAllowed, "Your user has not let you share this file, or has not decided within a "+
		"day. Nothing was shared: call wait_for_message.")
}
