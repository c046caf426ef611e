package roomlog

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/files"
	"github.com/parley-chat/parley/internal/store/table"
)

// Claim is the stored form of the fact that a message, or a draft, carries a file. It is put in the Write of that
// event, and lives as long as the bytes: see ClaimKey.
type Claim struct {
	V     int   `json:"v"`
	N     int64 `json:"n"` // the event
	Size  int64 `json:"size"`
	Seat  int   `json:"s"`            // the sender
	To    []int `json:"to,omitempty"` // the seats that see the file, beside Seat; empty: all
	Draft bool  `json:"draft,omitempty"`
	// Invite is the number of the invite that gave the sender its seat; 0: none, or an older program put the claim.
	Invite int    `json:"inv,omitempty"`
	ID     string `json:"-"` // files.Key.ID
}

// PutClaim returns the op that claims the file of event, which is to become the event after head. A draft claims the
// file for as long as its person may decide.
func PutClaim(head *room.Head, event room.Event, now time.Time) table.Op {
	file := event.CarriedFile()
	life := eventLife
	if event.Draft != nil {
		life = room.DraftLife + nameLife
	}
	at := room.Latest(now, time.UnixMilli(head.HeadMs))
	sender, _ := head.Seated(event.Seat)
	return table.Put(claimItem(head.ID, file, Claim{N: head.AsOf + 1, Seat: event.Seat, To: event.To,
		Draft:  event.Draft != nil,
		Invite: sender.Invite}, at.Add(life)), table.Always)
}

// claimItem returns the item by which c claims f in a room until a time.
func claimItem(id string, f *room.File, c Claim, until time.Time) table.Item {
	c.V, c.Size = room.Version, f.Size
	return table.Item{Key: ClaimKey(files.Key{Room: id, ID: f.Key}), Expires: until, Data: Encode(c)}
}

// DropClaim returns the op after which nobody claims the bytes at k.
func DropClaim(k files.Key) table.Op {
	op := table.Delete(ClaimKey(k), table.Always)
	op.Erase = true
	return op
}

// Claims returns the claims of a room's files, in any order.
func Claims(ctx context.Context, reader table.Reader, id string) (list []Claim, err error) {
	r := table.Range{Partition: roomPrefix + id, Prefix: claimPrefix, Consistency: strongly}
	for item, err := range table.All(ctx, reader, r) {
		if err != nil {
			return nil, err
		}
		claim := Claim{ID: item.Key.Sort[len(claimPrefix):]}
		if err := Decode(item, &claim); err != nil {
			return nil, err
		}
		list = append(list, claim)
	}
	return list, nil
}

// UploadLife is for how long the address of an upload takes a file.
const UploadLife = 15 * time.Minute

// Upload is the stored form of an open upload: the permission, and the message that is to carry the file. Its item
// is deleted in the Write of that message.
type Upload struct {
	V       int        `json:"v"`
	Hash    string     `json:"hash"`           // ident.HashSecret of the secret of its code
	Holder  string     `json:"by"`             // room.Holder.Hash of the holder who may share the file
	Person  bool       `json:"me,omitempty"`   // the holder is the person behind the seat
	Stay    int64      `json:"stay,omitempty"` // room.Holder.Joined of the holder
	Name    string     `json:"name"`           // of the file
	Most    int64      `json:"most"`           // bytes
	Message room.Event `json:"e"`              // as it will be appended, without the file
	Key     table.Key  `json:"-"`
	UntilMs int64      `json:"until"`
}

// Until returns the time from which the upload takes nothing.
func (u Upload) Until() time.Time { return time.UnixMilli(u.UntilMs) }

// uploadPrefix begins the sort keys of the uploads of a. The uploads are slots, items put if absent: so a
// has at most MaxUploads, in however many processes a calls.
func uploadPrefix(a room.Agent) string {
	return fmt.Sprintf("UPLOAD#%s#%016d#", seatDigits(a.Seat), a.Joined)
}

// Uploads returns the open uploads of agent.
func (s Seats) Uploads(ctx context.Context, agent room.Agent) (list []Upload, err error) {
	r := table.Range{Partition: roomPrefix + s.log.id, Prefix: uploadPrefix(agent), Consistency: strongly}
	for item, err := range table.All(ctx, s.log.store.table, r) {
		if err != nil {
			return nil, err
		}
		u := Upload{Key: item.Key}
		if err := Decode(item, &u); err != nil {
			return nil, err
		}
		list = append(list, u)
	}
	return list, nil
}

// Upload returns the open upload of agent with a code; ok is false if there is none.
func (s Seats) Upload(ctx context.Context, agent room.Agent, c ident.UploadCode) (u Upload, ok bool, err error) {
	list, err := s.Uploads(ctx, agent)
	hash := ident.HashSecret(c.Secret)
	for _, x := range list {
		if subtle.ConstantTimeCompare([]byte(x.Hash), []byte(hash)) == 1 {
			u, ok = x, true
		}
	}
	return u, ok, err
}

// OpenUpload stores u for agent. If no slot is free, OpenUpload returns how long to wait. u replaces an upload with the
// same code.
func (s Seats) OpenUpload(ctx context.Context, agent room.Agent, u Upload) (wait time.Duration, err error) {
	now := s.log.store.now()
	u.V, u.UntilMs = room.Version, now.Add(UploadLife).UnixMilli()
	for range maxSlotTries {
		open, err := s.Uploads(ctx, agent)
		if err != nil {
			return 0, err
		}
		key, how, wait := s.slotFor(agent, u.Hash, open, now)
		if wait > 0 {
			return wait, nil
		}
		item := table.Item{Key: key, Expires: room.CeilSecond(u.Until()), Data: Encode(u)}
		err = s.log.store.table.Write(ctx, table.Put(item, how))
		if !errors.As(err, new(*table.ConflictError)) {
			return 0, err
		}
	}
	return 0, fmt.Errorf("%w: the slots of uploads change too often", table.ErrUnavailable)
}

// maxSlotTries is how often OpenUpload looks for a slot: each time another call was first.
const maxSlotTries = 2 * core.MaxUploads

// slotFor returns the key of a slot for an upload with a hash, and the condition to put it on; or how long to wait
// for a slot.
func (s Seats) slotFor(agent room.Agent, hash string, open []Upload, now time.Time) (key table.Key, how table.Condition,
	wait time.Duration) {
	taken := map[table.Key]bool{}
	wait = UploadLife
	for _, u := range open {
		if u.Hash == hash {
			return u.Key, table.Always, 0
		}
		taken[u.Key] = true
		wait = min(wait, max(time.Second, u.Until().Sub(now)))
	}
	for i := range core.MaxUploads {
		if k := inRoom(s.log.id, uploadPrefix(agent)+fmt.Sprint(i)); !taken[k] {
			return k, table.IfAbsent, 0
		}
	}
	return table.Key{}, table.Always, wait
}
