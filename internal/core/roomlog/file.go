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

// DropClaim returns the op after which nobody claims the bytes at key.
func DropClaim(key files.Key) table.Op {
	op := table.Delete(ClaimKey(key), table.Always)
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
	Cursor  string     `json:"cur,omitempty"`  // of the call that opened it, for the answer if the message went through
	Unsent  string     `json:"kept,omitempty"` // the same if the message stays unsent; older programs do not say
	Read    int64      `json:"read,omitempty"` // the last event that its agent had read, by the cursor of that call
	Message room.Event `json:"e"`              // as it will be appended, without the file
	Key     table.Key  `json:"-"`
	UntilMs int64      `json:"until"`
}

// Until returns the time from which the upload takes nothing.
func (u Upload) Until() time.Time { return time.UnixMilli(u.UntilMs) }

// uploadPrefix begins the sort keys of the uploads of agent. Uploads are slots, items put if absent, so an agent has
// at most MaxUploads over all processes.
func uploadPrefix(agent room.Agent) string {
	return fmt.Sprintf("UPLOAD#%s#%016d#", seatDigits(agent.Seat), agent.Joined)
}

// Uploads returns the open uploads of agent.
func (i Items) Uploads(ctx context.Context, agent room.Agent) (list []Upload, err error) {
	r := table.Range{Partition: roomPrefix + i.log.id, Prefix: uploadPrefix(agent), Consistency: strongly}
	for item, err := range table.All(ctx, i.log.store.table, r) {
		if err != nil {
			return nil, err
		}
		upload := Upload{Key: item.Key}
		if err := Decode(item, &upload); err != nil {
			return nil, err
		}
		list = append(list, upload)
	}
	return list, nil
}

// Upload returns the open upload of agent with code; ok is false if there is none.
func (i Items) Upload(ctx context.Context, agent room.Agent, code ident.UploadCode) (upload Upload, ok bool,
	err error) {
	list, err := i.Uploads(ctx, agent)
	hash := ident.HashSecret(code.Secret)
	for _, open := range list {
		if subtle.ConstantTimeCompare([]byte(open.Hash), []byte(hash)) == 1 {
			upload, ok = open, true
		}
	}
	return upload, ok, err
}

// OpenUpload stores upload for agent. If no slot is free, OpenUpload returns how long to wait. upload replaces an
// open upload with the same code.
func (i Items) OpenUpload(ctx context.Context, agent room.Agent, upload Upload) (wait time.Duration, err error) {
	now := i.log.store.now()
	upload.V, upload.UntilMs = room.Version, now.Add(UploadLife).UnixMilli()
	for range maxSlotTries {
		open, err := i.Uploads(ctx, agent)
		if err != nil {
			return 0, err
		}
		key, how, wait := i.slotFor(agent, upload.Hash, open, now)
		if wait > 0 {
			return wait, nil
		}
		item := table.Item{Key: key, Expires: room.CeilSecond(upload.Until()), Data: Encode(upload)}
		err = i.log.store.table.Write(ctx, table.Put(item, how))
		if !errors.As(err, new(*table.ConflictError)) {
			return 0, err
		}
	}
	return 0, fmt.Errorf("%w: the slots of uploads change too often", table.ErrUnavailable)
}

// maxSlotTries is how often OpenUpload looks for a slot: each time another call was first.
const maxSlotTries = 2 * core.MaxUploads

// slotFor returns the key of a slot for an upload with a hash, and the condition of its put; or how long to wait for
// a slot.
func (i Items) slotFor(agent room.Agent, hash string, open []Upload, now time.Time) (key table.Key, how table.Condition,
	wait time.Duration) {
	taken := map[table.Key]bool{}
	wait = UploadLife
	for _, upload := range open {
		if upload.Hash == hash {
			return upload.Key, table.Always, 0
		}
		taken[upload.Key] = true
		wait = min(wait, max(time.Second, upload.Until().Sub(now)))
	}
	for n := range core.MaxUploads {
		if free := inRoom(i.log.id, uploadPrefix(agent)+fmt.Sprint(n)); !taken[free] {
			return free, table.IfAbsent, 0
		}
	}
	return table.Key{}, table.Always, wait
}
