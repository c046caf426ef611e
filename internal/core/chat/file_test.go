package chat_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/ratelimit"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/files"
	"github.com/parley-chat/parley/internal/store/table"
)

var long = strings.Repeat("0123456789abcde\n", 40_000) // 640,000 bytes

// talk: files
func TestFile_isSeenByThoseWhoSeeItsMessage(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *shelf) {
		p := s.company()
		public := s.share(chat.ShareRequest{Token: p.ann.Token, Name: `C:\work\plan.txt`, Text: "the plan",
			Note: "read"})
		private := s.uploads(s.offer(chat.ShareRequest{Token: p.ann.Token, Name: "/tmp/rows.csv",
			Size: int64(len(long)),
			To:   []string{"Bob"}, ReplyTo: public}), long)
		for _, who := range []chat.Seated{p.ann, p.bob} {
			same(t, who.Name, s.names(who.Token), []string{"plan.txt", "rows.csv"})
			s.has(who.Token, public, "the plan")
			s.has(who.Token, private, long)
		}
		same(t, "Cid", s.names(p.cid.Token), []string{"plan.txt"})
		if _, err := s.file(p.cid.Token, private); fault.CodeOf(err) != fault.InvalidArgument {
			t.Errorf("Cid gets it: %v", err)
		}
		for _, m := range s.look(p.bob.Token, p.bob.Cursor).Messages {
			if m.ID == public && (m.Text != "read" || *m.File != chat.File{Name: "plan.txt", Size: 8,
				Type: "text/plain"}) ||
				m.ID == private && (m.ReplyTo != public || m.File.Size != int64(len(long))) {
				t.Errorf("Bob sees %+v %+v", m, m.File)
			}
		}
		if got := s.history(p.bob.Token, chat.HistoryRequest{Files: true, Limit: 1}); !got.HasMore ||
			got.Messages[0].ID != private {
			t.Errorf("the newest: %+v", got)
		} else if got := s.history(p.bob.Token, chat.HistoryRequest{Files: true, Before: private}); got.HasMore ||
			len(got.Messages) != 1 || got.Messages[0].ID != public {
			t.Errorf("those before: %+v", got)
		}
		s.uploads(s.offer(chat.ShareRequest{Token: p.bob.Token, Name: "sum.txt", Size: 2, ReplyTo: private}), "40")
		same(t, "Ann, of an answer", s.names(p.ann.Token), []string{"plan.txt", "rows.csv", "sum.txt"})
		same(t, "Cid, of an answer", s.names(p.cid.Token), []string{"plan.txt"})
	})
}

// A page leaves room for a picture before the picture is there. A text has no size, and neither has what claims none.
func TestFile_picture_isSharedWithItsSize(t *testing.T) {
	s := inFile(t)
	p := s.company()
	square := blank(t, 30)
	for name, c := range map[string]struct {
		content       string
		width, height int
	}{
		"square.png": {square, 30, 30}, "plan.txt": {"the plan", 0, 0}, "broken.png": {square[:20], 0, 0},
	} {
		direct := s.share(chat.ShareRequest{Token: p.ann.Token, Name: name, Data: []byte(c.content)})
		uploaded := s.uploads(s.offer(chat.ShareRequest{Token: p.ann.Token, Name: name, Size: 1 << 20}), c.content)
		for _, m := range s.history(p.bob.Token, chat.HistoryRequest{Files: true}).Messages {
			if f := m.File; (m.ID == direct || m.ID == uploaded) && (f.Width != c.width || f.Height != c.height) {
				t.Errorf("%s: %+v, want %d by %d", name, f, c.width, c.height)
			}
		}
	}
}

// What keeps an agent from speaking keeps it from sharing: when it asks, and when the bytes are there.
func TestShare_whoMayNotSpeak_sharesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		happens func(s *shelf, p company, person string)
		code    fault.Code
		status  chat.WaitStatus
		late    fault.Code // of the upload, if another
	}{
		"paused": {happens: func(s *shelf, _ company, person string) { s.pauses(person, true) },
			status: chat.StatusPaused},
		"muted": {happens: func(s *shelf, p company, _ string) {
			s.manage(p.ann.Token, room.Mute, "Bob", chat.StatusMuted)
		}, code: fault.NotAllowed},
		"in a channel": {happens: func(s *shelf, p company, _ string) {
			s.update(chat.UpdateRequest{Token: p.ann.Token, Type: room.Channel})
		}, code: fault.NotAllowed},
		"room closed": {happens: func(s *shelf, p company, _ string) {
			s.update(chat.UpdateRequest{Token: p.ann.Token, Close: true})
		}, code: fault.RoomClosed},
		"agents have said enough": {happens: func(s *shelf, p company, _ string) {
			one := 1
			s.update(chat.UpdateRequest{Token: p.ann.Token, AgentMessages: &one})
			s.say(p.ann.Token, "the one")
		}, code: fault.Paused},
		"addressee left": {happens: func(s *shelf, p company, _ string) { s.leave(p.cid.Token) },
			code: fault.InvalidArgument},
		"kicked": {happens: func(s *shelf, p company, _ string) {
			s.manage(p.ann.Token, room.Kick, "Bob", chat.StatusKicked)
		}, code: fault.Removed, late: fault.TokenInvalid},
		"banned": {happens: func(s *shelf, p company, _ string) {
			s.manage(p.ann.Token, room.BanName, "Bob", chat.StatusBanned)
		}, code: fault.Removed, late: fault.TokenInvalid},
		"left": {happens: func(s *shelf, p company, _ string) {
			s.leave(p.bob.Token)
		}, code: fault.Removed, late: fault.TokenInvalid},
		"room expired": {happens: func(s *shelf, _ company, _ string) { s.clock.Advance(room.Life + time.Hour) },
			code: fault.RoomNotFound, late: fault.TokenInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			onFileStore(t, func(t *testing.T, base *shelf) {
				s, store := base.watching()
				p := s.company()
				person := s.person(p.bob)
				req := chat.ShareRequest{Token: p.bob.Token, Name: "a.txt", Size: 100, To: []string{"Cid"}}
				code := s.offer(req)
				c.happens(s, p, person)
				ends := func(when string, got chat.Sent, err error, want fault.Code) {
					t.Helper()
					if fault.CodeOf(err) != want || got.Sent || got.Waited.Status != c.status {
						t.Errorf("%s: %+v, %v", when, got, err)
					}
				}
				late := c.code
				if c.late != "" {
					late = c.late
				}
				got, err := s.upload(code, "late")
				ends("an upload", got, err, late)
				// A look ahead of the bytes is not enough: it happens while they come.
				asked, err := s.ShareFile(t.Context(), req)
				ends("a file on disk", asked.Sent, err, c.code)
				req.Size, req.Text = 0, "text"
				asked, err = s.ShareFile(t.Context(), req)
				ends("a text", asked.Sent, err, c.code)
				if len(store.all) > 0 {
					t.Errorf("%d files are kept", len(store.all))
				}
			})
		})
	}
}

// A guest shares and gets the files of its room as others do. The gate admits the address of a file for its seat
// alone.
func TestGuest_sharesAndGetsTheFilesOfItsRoom(t *testing.T) {
	onFileStore(t, func(t *testing.T, s *shelf) {
		ann := s.create(chat.CreateRequest{Room: "plans", AgentName: "Ann", Capacity: 5})
		bob, dan := s.join("plans", "Bob"), s.join("plots", "Dan")
		invited := guest(t, ann.Invite)
		eve, err := s.arrives(invited, "Eve")
		if err != nil {
			t.Fatal(err)
		}
		offer := func(ctx context.Context, to ...string) (string, error) {
			got, err := s.ShareFile(ctx, chat.ShareRequest{Token: eve.Token, Name: "a.txt", Size: 99, To: to})
			if err != nil {
				return "", err
			}
			return got.Upload.Code, nil
		}
		get := func(ctx context.Context, token, id string) (string, error) {
			got, err := s.GetFile(ctx, chat.FileRequest{Token: token, ID: id})
			return got.Ticket, err
		}
		code, err := offer(invited, "Ann")
		if err != nil {
			t.Fatal(err)
		}
		sent, err := s.Upload(s.bearer(eve), code, strings.NewReader("from Eve"))
		if err != nil {
			t.Fatal(err)
		}
		s.has(ann.Token, sent.ID, "from Eve")
		public := s.share(chat.ShareRequest{Token: ann.Token, Name: "b.txt", Text: "to all"})
		ticket, err := get(invited, eve.Token, public)
		if text, failed := s.downloadBy(s.bearer(eve), ticket); err != nil || failed != nil || text != "to all" {
			t.Errorf("Eve gets %q, %v, %v", text, err, failed)
		}

		private := s.share(chat.ShareRequest{Token: ann.Token, Name: "c.txt", Text: "to Bob", To: []string{"Bob"}})
		elsewhere := s.share(chat.ShareRequest{Token: dan.Token, Name: "d.txt", Text: "elsewhere"})
		anns := s.offer(chat.ShareRequest{Token: ann.Token, Name: "e.txt", Size: 99})
		bobs, err := get(t.Context(), bob.Token, private)
		if err != nil {
			t.Fatal(err)
		}
		refused := func(what string, code fault.Code, call func() error) {
			t.Helper()
			if err := s.changesNothing(ann.Token, call); fault.CodeOf(err) != code {
				t.Errorf("%s: %v", what, err)
			}
		}
		gets := func(token, id string) func() error {
			return func() error { _, err := get(invited, token, id); return err }
		}
		uploads := func(code string) func() error {
			return func() error { _, err := s.Upload(s.bearer(eve), code, strings.NewReader("x")); return err }
		}
		refused("a file to Bob", fault.InvalidArgument, gets(eve.Token, private))
		refused("a file of another room", fault.InvalidArgument, gets(eve.Token, elsewhere))
		refused("by a token of another room", fault.NotAllowed, gets(dan.Token, elsewhere))
		refused("by a token that no invite gave", fault.NotAllowed, gets(ann.Token, public))
		refused("a download of Bob's", fault.NotAllowed, func() error {
			_, err := s.downloadBy(s.bearer(eve), bobs)
			return err
		})
		refused("an upload of Ann's", fault.NotAllowed, uploads(anns))

		fresh := guest(t, s.renew(ann.Token))
		gil, err := s.arrives(fresh, "Gil")
		if err != nil {
			t.Fatal(err)
		}
		refused("a seat of the new invite by the old", fault.NotAllowed, gets(gil.Token, public))
		code, err = offer(invited) // which still admits to its own seat
		if err != nil {
			t.Fatal(err)
		}
		s.manage(ann.Token, room.BanName, "Eve", chat.StatusBanned)
		refused("an upload of a guest that was banned", fault.TokenInvalid, uploads(code))
		refused("a download of it", fault.TokenInvalid, func() error { _, err := s.download(ticket); return err })
		refused("get_file by it", fault.Removed, gets(eve.Token, public))
	})
}

// A file behind a draft is there for the agent and its person alone, until it is decided.
func TestDraft_withFile_isSeenByItsSeatAlone(t *testing.T) {
	for decision, text := range map[room.Decision]string{room.SendDraft: "", room.EditDraft: "mine",
		room.RefuseDraft: "",
		"":               ""} {
		t.Run("decision "+string(decision), func(t *testing.T) {
			onFileStore(t, func(t *testing.T, base *shelf) {
				s, store := base.watching()
				p := s.company()
				person := s.person(p.bob)
				s.approves(person, true)
				code := s.offer(chat.ShareRequest{Token: p.bob.Token, Name: "a.txt", Size: 99, Note: "look"})
				got, err := s.upload(code, "drafted")
				if err != nil || got.Sent || got.Waited.Status != chat.StatusPending {
					t.Fatalf("%+v, %v", got, err)
				}
				draft := got.ID
				s.has(person, draft, "drafted")
				s.has(p.bob.Token, draft, "drafted")
				if list := s.supervise(person, chat.SuperviseRequest{}).Drafts; len(list) != 1 || list[0].File == nil {
					t.Errorf("the person sees %+v", list)
				}
				for _, other := range []string{p.ann.Token, p.cid.Token, s.person(p.ann)} { // Ann is the admin
					if _, err := s.file(other, draft); err == nil || len(s.names(other)) > 0 {
						t.Error("others see it")
					}
				}
				if again, err := s.upload(code, "drafted"); err != nil || again.Sent || again.ID != draft {
					t.Errorf("the same upload again: %+v, %v", again, err)
				}
				key := s.kept(p.ann.Token)[0]
				mine, err := s.file(person, draft)
				if err != nil {
					t.Fatal(err)
				}
				if decision == "" {
					s.clock.Advance(room.DraftLife + 2*time.Hour)
					if keys := s.kept(p.ann.Token); len(keys) > 0 {
						t.Error("after a day somebody claims it")
					}
				} else {
					s.decides(person, draft, decision, text)
				}
				if decision == room.SendDraft || decision == room.EditDraft {
					s.has(p.ann.Token, s.history(p.ann.Token, chat.HistoryRequest{Files: true}).Messages[0].ID,
						"drafted")
					if !store.all[key] || len(s.kept(p.ann.Token)) != 1 {
						t.Error("its bytes are gone")
					}
					s.clock.Advance(2 * room.DraftLife)
					if len(s.kept(p.ann.Token)) != 1 {
						t.Error("it is claimed no longer than a draft")
					}
					return
				}
				if decision == room.RefuseDraft {
					s.erased(key)
				}
				if _, err := s.download(mine.Ticket); err == nil || len(s.names(p.ann.Token)) > 0 {
					t.Error("it is there")
				}
				if got, err := s.upload(code, "drafted"); err == nil {
					t.Errorf("it is shared after all: %+v", got)
				}
			})
		})
	}
}

func TestShare_credential_isHeldBackOnce(t *testing.T) {
	onFileStore(t, func(t *testing.T, base *shelf) {
		s, store := base.watching()
		p := s.company()
		const long = 40_000 // of a text, the first 32,768 bytes are checked
		code := s.offer(chat.ShareRequest{Token: p.bob.Token, Name: "env", Size: 99_999})
		more := s.offer(chat.ShareRequest{Token: p.bob.Token, Name: "long", Size: 99_999})
		for _, share := range []func() (chat.Sent, error){
			func() (chat.Sent, error) { return s.upload(code, "KEY="+secret) },
			func() (chat.Sent, error) {
				return s.upload(more, strings.Repeat(" ", 32_000)+secret+strings.Repeat(" ", long))
			},
			func() (chat.Sent, error) {
				got, err := s.ShareFile(t.Context(), chat.ShareRequest{Token: p.ann.Token, Name: "env",
					Text: "K=" + secret})
				return got.Sent, err
			},
			func() (chat.Sent, error) {
				got, err := s.ShareFile(t.Context(), chat.ShareRequest{Token: p.ann.Token, Name: "plan", Text: leaked})
				return got.Sent, err
			},
		} {
			kept := len(store.all)
			if got, err := share(); err != nil || got.Sent || got.Credential == "" || len(store.all) != kept {
				t.Errorf("%+v, %v; %d files", got, err, len(store.all))
			}
			if got, err := share(); err != nil || !got.Sent || len(store.all) != kept+1 {
				t.Errorf("again: %+v, %v", got, err)
			}
		}
		code = s.offer(chat.ShareRequest{Token: p.bob.Token, Name: "notes", Size: 99_999})
		for _, text := range []string{"my token is " + p.bob.Token, p.bob.Token + strings.Repeat(" ", long)} {
			got, err := s.upload(code, text)
			wants(t, err, fault.InvalidArgument)
			if got.Sent || len(store.all) != 4 {
				t.Errorf("%+v, %d files", got, len(store.all))
			}
		}
		s.uploads(code, strings.Repeat(" ", long)+secret)
	})
}

func TestSend_addressOfAFile_isRefusedAsATokenIs(t *testing.T) {
	s := inFile(t)
	p := s.company()
	code := s.offer(chat.ShareRequest{Token: p.ann.Token, Name: "a", Size: 9})
	got, err := s.file(p.ann.Token, s.share(chat.ShareRequest{Token: p.ann.Token, Name: "b", Text: "b"}))
	if err != nil {
		t.Fatal(err)
	}
	for name, secret := range map[string]string{"upload": "/v1/upload/" + code, "download": "/v1/file/" + got.Ticket} {
		_, err := s.send(chat.SendRequest{Token: p.ann.Token, Text: "take https://parley.example" + secret + " and go"})
		if fault.CodeOf(err) != fault.InvalidArgument || !strings.Contains(err.Error(), "address of a") {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err = s.send(chat.SendRequest{Token: p.ann.Token, Text: strings.Repeat("x", core.MaxText+1)})
	if fault.CodeOf(err) != fault.MessageTooLong || !strings.Contains(err.Error(), "share_file") {
		t.Errorf("a text that is too long: %v", err)
	}
}

// What was removed, was refused or never arrived is not in the file of SQLite, nor in its log, nor in the bucket.
func TestFile_removed_isOnNoDisk(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *shelf) {
		const marker = "the door opens with " + spilled
		p := s.company()
		person := s.person(p.bob)
		s.share(chat.ShareRequest{Token: p.ann.Token, Name: "kept", Text: "kept text"})
		shared := s.share(chat.ShareRequest{Token: p.ann.Token, Name: marker, Text: marker, Note: marker})
		private := s.uploads(s.offer(chat.ShareRequest{Token: p.bob.Token, Name: "a", Size: 1 << 20,
			To: []string{"Cid"}}),
			strings.Repeat(marker, 30_000))
		s.approves(person, true)
		got, err := s.upload(s.offer(chat.ShareRequest{Token: p.bob.Token, Name: "b", Size: 99}), marker)
		if err != nil || got.Waited.Status != chat.StatusPending {
			t.Fatalf("%+v, %v", got, err)
		}
		if _, err := s.Upload(t.Context(), s.offer(chat.ShareRequest{Token: p.ann.Token, Name: "c", Size: 2 << 20}),
			io.MultiReader(strings.NewReader(strings.Repeat(marker, 60_000)),
				iotest.ErrReader(errors.New("gone")))); err == nil {
			t.Error("an upload that broke off is shared")
		}
		if n := bytes.Count(s.disk(), []byte(marker)); n < 20_000 {
			t.Fatalf("it is there %d times: the test is void", n)
		}
		s.decides(person, got.ID, room.RefuseDraft, "")
		s.approves(person, false)
		s.redact(p.ann.Token, shared)
		s.redact(p.bob.Token, private)
		s.sweeps()
		disk := s.disk()
		if n := bytes.Count(disk, []byte(marker)); n > 0 || !bytes.Contains(disk, []byte("kept text")) {
			t.Errorf("it is there %d times", n)
		}
	})
}

// In a room that goes on, a file is claimed, listed and given out as long as its message lives, and no longer.
func TestFile_expiresWithItsMessage(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *shelf) {
		p := s.company()
		id := s.share(chat.ShareRequest{Token: p.ann.Token, Name: "a.txt", Text: "text"})
		s.clock.Advance(20 * day)
		s.say(p.ann.Token, "still here")
		s.clock.Advance(12*day - time.Minute)
		s.say(p.ann.Token, "and still")
		s.has(p.ann.Token, id, "text")
		s.clock.Advance(2 * time.Minute)
		s.Service = s.with(chat.Options{}).Service // which remembers no messages
		if _, err := s.file(p.ann.Token, id); fault.CodeOf(err) != fault.InvalidArgument {
			t.Errorf("%v", err)
		}
		if keys, names := s.kept(p.ann.Token), s.names(p.ann.Token); len(keys)+len(names) > 0 {
			t.Errorf("%v are claimed, %q are there", keys, names)
		}
	})
}

func TestShare_repeatedCalls_shareOnce(t *testing.T) {
	onFileStore(t, func(t *testing.T, base *shelf) {
		s, store := base.watching()
		p := s.company()
		text := chat.ShareRequest{Token: p.ann.Token, Name: "a.txt", Text: "yes"}
		first := s.share(text)
		if got, err := s.ShareFile(t.Context(), text); err != nil || got.ID != first || !got.Duplicate {
			t.Errorf("a text again: %+v, %v", got, err)
		}
		text.Name = "b.txt"
		if s.share(text) == first {
			t.Error("another name is the same file")
		}
		text.Key = "text"
		s.share(text)
		if got, err := s.ShareFile(t.Context(), text); err != nil || !got.Duplicate || got.File == nil ||
			got.File.Name != "b.txt" || got.File.Size != 3 {
			t.Errorf("with a key again: %+v, %+v, %v", got.Sent, got.File, err)
		}
		keyed := chat.ShareRequest{Token: p.ann.Token, Name: "c", Size: 9, Key: "k"}
		code := s.offer(keyed)
		if s.offer(keyed) != code {
			t.Error("a repeated call has another address")
		}
		id := s.uploads(code, "c")
		if got, err := s.ShareFile(t.Context(), keyed); err != nil || got.ID != id || !got.Sent.Sent ||
			got.Upload != nil {
			t.Errorf("once it is shared: %+v, %v", got, err)
		}
		if len(store.all) != 4 || len(s.kept(p.ann.Token)) != 4 {
			t.Errorf("%d files, %d claims", len(store.all), len(s.kept(p.ann.Token)))
		}
	})
}

func TestShare_limits_areRefusedWithWhatIsLeft(t *testing.T) {
	onFileStore(t, refusesWhatIsTooMuch)
}

func refusesWhatIsTooMuch(t *testing.T, s *shelf) {
	p := s.company()
	fill := func(n int, size string) {
		var ops []table.Op
		for i := range n {
			ops = append(ops, table.Put(table.Item{Key: table.Key{Partition: "ROOM#" + p.ann.Token[:7],
				Sort: fmt.Sprint("FILE#x", i)}, Data: fmt.Appendf(nil, `{"v":%d,"n":1,"s":1,"size":%s}`, room.Version,
				size)}, table.Always))
		}
		for some := range slices.Chunk(ops, table.MaxOps) {
			s.write(some...)
		}
	}
	refused := func(what string, req chat.ShareRequest, want fault.Code, says string) {
		t.Helper()
		req.Token, req.Name = p.ann.Token, "a"
		_, err := s.ShareFile(t.Context(), req)
		if fault.CodeOf(err) != want || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", what, err)
		}
	}
	refused("a large file", chat.ShareRequest{Size: 25<<20 + 1}, fault.MessageTooLong, "26214400")
	fill(1, "262143000")
	refused("a full room", chat.ShareRequest{Size: 2000}, fault.MessageTooLong, "1000 bytes left")
	refused("a text in a full room", chat.ShareRequest{Text: strings.Repeat("x", 1001)}, fault.MessageTooLong,
		"1000 bytes left")
	s.share(chat.ShareRequest{Token: p.ann.Token, Name: "a", Text: strings.Repeat("x", 1000)})
	fill(999, "1")
	refused("many files", chat.ShareRequest{Size: 1}, fault.MessageTooLong, "1000 files")

	p = s.races()
	full := s.with(chat.Options{Files: fullStore{s.store}})
	_, err := full.ShareFile(t.Context(), chat.ShareRequest{Token: p.ann.Token, Name: "a", Size: 101})
	wants(t, err, fault.Unavailable)
	if !strings.Contains(err.Error(), "100 bytes") {
		t.Errorf("a full server: %v", err)
	}
	code := s.offer(chat.ShareRequest{Token: p.ann.Token, Name: "a", Size: 101})
	_, err = full.Upload(t.Context(), code, &unread{t: t, n: 101})
	wants(t, err, fault.Unavailable)
	none := s.with(chat.Options{})
	none.Service = chat.New(s.table, chat.Options{Clock: hurriedClock{s.clock}, SingleProcess: s.single})
	_, err = none.ShareFile(t.Context(), chat.ShareRequest{Token: p.ann.Token, Name: "a", Size: 1})
	wants(t, err, fault.NotAllowed)
	_, err = none.Upload(t.Context(), code, &unread{t: t, n: 1})
	wants(t, err, fault.NotAllowed)
}

// fullStore has 100 bytes left.
type fullStore struct{ files.Store }

func (fullStore) Free(context.Context) (int64, error) { return 100, nil }

func TestShare_limitsOfACaller_countWhatWasMoved(t *testing.T) {
	onEachStore(t, countsWhatWasMoved)
}

func countsWhatWasMoved(t *testing.T, base *shelf) {
	s := base.with(chat.Options{Limits: ratelimit.Limits{FilesIn: 1000, FilesOut: 1300}})
	p := s.company()
	codes := []string{}
	for range 3 {
		codes = append(codes, s.offer(chat.ShareRequest{Token: p.ann.Token, Name: "a", Size: 900}))
	}
	id := s.uploads(codes[0], strings.Repeat("x", 600))
	_, err := s.Upload(t.Context(), codes[1], &unread{t: t, n: 500})
	if fault.CodeOf(err) != fault.RateLimited || !strings.Contains(err.Error(), "400 are left") {
		t.Errorf("%v", err)
	}
	_, err = s.ShareFile(t.Context(), chat.ShareRequest{Token: p.ann.Token, Name: "a", Size: 500})
	wants(t, err, fault.RateLimited)
	if _, err := s.Upload(t.Context(), codes[2], io.MultiReader(strings.NewReader(strings.Repeat("y", 400)),
		iotest.ErrReader(errors.New("gone")))); err == nil {
		t.Error("an upload of unknown length passes")
	}
	s.clock.Advance(time.Hour)
	s.has(p.bob.Token, id, strings.Repeat("x", 600)) // once to look at, once to download
	got, err := s.file(p.bob.Token, id)
	wants(t, err, fault.RateLimited)
	if got.Ticket != "" {
		t.Errorf("%+v", got)
	}
}

func TestFileName_isTheLastPartOfAPath(t *testing.T) {
	s := inFile(t)
	p := s.company()
	for given, want := range map[string]string{"/home/ann/report.pdf": "report.pdf", `..\..\x.txt`: "x.txt",
		"a b/'; rm -rf ~; '.sh": "'; rm -rf ~; '.sh", "❤️.png": "❤️.png", "dir/": "dir", "CLAUDE.md": "CLAUDE.md"} {
		s.share(chat.ShareRequest{Token: p.ann.Token, Name: given, Text: given})
		if got := s.names(p.bob.Token); got[len(got)-1] != want {
			t.Errorf("%q is shown as %q", given, got[len(got)-1])
		}
	}
	for _, given := range []string{"", " ", "/", "..", "a\nb", "a\u202egpj.exe", "a\x00", "a\u200bb", "\xff",
		strings.Repeat("é", 121), p.bob.Token} {
		_, err := s.ShareFile(t.Context(), chat.ShareRequest{Token: p.ann.Token, Name: given, Text: "x"})
		if fault.CodeOf(err) != fault.InvalidArgument {
			t.Errorf("%q: %v", given, err)
		}
	}
	if !slices.Contains(s.names(p.bob.Token), "CLAUDE.md") {
		t.Error("the list is void")
	}
}

func TestVerify_findsFilesWithoutClaims_andClaimsOfWhatWasRemoved(t *testing.T) {
	s := inFile(t)
	p := s.company()
	verify := func(what string, damaged bool) {
		t.Helper()
		_, err := roomlog.Verify(t.Context(), s.table, p.ann.Token[:7])
		if errors.Is(err, roomlog.ErrDamaged) != damaged || err != nil && !damaged {
			t.Errorf("%s: %v", what, err)
		}
	}
	id := s.share(chat.ShareRequest{Token: p.ann.Token, Name: "a", Text: "a"})
	verify("as it is", false)
	key := roomlog.ClaimKey(s.kept(p.ann.Token)[0])
	claim := s.stored(key)
	s.write(table.Delete(key, table.Always))
	verify("without the claim", true)
	s.write(table.Put(claim, table.Always))
	s.redact(p.ann.Token, id)
	verify("removed", false)
	s.write(table.Put(claim, table.Always))
	verify("with a claim of what was removed", true)
}

// record lists the agreements as the owner of a token sees them: the text of each and its file.
func (s *shelf) record(token string) (out []string) {
	s.t.Helper()
	told := func(text string, f *chat.File) string {
		if f == nil {
			return text
		}
		return fmt.Sprint(text, "[", f.Name, " ", f.Size, " ", f.Sum, "]")
	}
	for _, a := range s.info(token).Agreements {
		out = append(out, told(a.Text, a.File))
	}
	page := s.history(token, chat.HistoryRequest{Agreed: true}).Messages
	for i, m := range page { // oldest first
		if want := out[len(page)-1-i]; told(m.Text, m.File) != want {
			s.t.Errorf("message_history has %s, and room_info %s", told(m.Text, m.File), want)
		}
	}
	return out
}

// digest is the SHA-256 of a content, in hex.
func digest(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

// A file is proposed by the call that shares it. What was agreed names it, longer than the server keeps its bytes,
// until somebody removes it.
func TestShare_proposal_isAgreedOnWithItsFile(t *testing.T) {
	onFileStore(t, func(t *testing.T, s *shelf) {
		p := s.company()
		code := s.offer(chat.ShareRequest{Token: p.ann.Token, Name: "/tmp/contract.json", Size: 99,
			Kind: room.Proposal})
		s.asked(nil, p.bob, p.cid) // until the bytes are there nobody is asked
		id := s.uploads(code, `{"a":1}`)
		if l := s.info(p.bob.Token).Requests; len(l) != 1 || !l[0].Proposal || l[0].Text != "contract.json" {
			t.Errorf("Bob is asked %+v", l)
		}
		s.agree(p.bob.Token, id)
		if list := s.record(p.ann.Token); list != nil {
			t.Errorf("agreed by one of two: %q", list)
		}
		s.agree(p.cid.Token, id)
		text := s.share(chat.ShareRequest{Token: p.bob.Token, Name: "b.txt", Text: "b", Note: "and this",
			Ask: []string{"Ann"}, Kind: room.Proposal})
		s.agree(p.ann.Token, text)
		want := []string{"and this[b.txt 1 " + digest("b") + "]", `[contract.json 7 ` + digest(`{"a":1}`) + "]"}
		same(t, "on record is", s.record(p.ann.Token), want)
		if m := s.all(p.cid.Token); m[len(m)-2].File == nil || m[len(m)-2].File.Sum != "" {
			t.Errorf("the talk has %+v", m[len(m)-2].File)
		}
		s.has(p.bob.Token, id, `{"a":1}`)

		// Of one the bytes are removed, and of the other they expire.
		s.redact(p.ann.Token, id)
		want[1] = room.Removed
		same(t, "on record is", s.record(p.ann.Token), want)
		s.clock.Advance(20 * day)
		s.say(p.ann.Token, "still here")
		s.clock.Advance(13 * day)
		s.Service = s.with(chat.Options{}).Service // which remembers no messages
		if _, err := s.file(p.ann.Token, text); fault.CodeOf(err) != fault.InvalidArgument {
			t.Errorf("the bytes are there: %v", err)
		}
		same(t, "on record is", s.record(p.ann.Token), want)
		s.redact(p.ann.Token, text)
		same(t, "on record is", s.record(p.ann.Token), []string{room.Removed, room.Removed})
	})
}

// A request is owed as that of a text is, also of a file that its agent uploads later.
func TestShare_ask_isOwed(t *testing.T) {
	onFileStore(t, func(t *testing.T, s *shelf) {
		p := s.company()
		req := chat.ShareRequest{Token: p.ann.Token, Name: "a.csv", Size: 9, Note: "fits?", Ask: []string{"Bob"}}
		s.uploads(s.offer(req), "1;2")
		s.share(chat.ShareRequest{Token: p.ann.Token, Name: "b.csv", Text: "3", To: []string{"Cid"},
			Kind: room.Request})
		s.asked([]string{"Ann asks [Bob]: fits?"}, p.bob)
		s.asked([]string{"Ann asks [Bob]: fits?", "Ann asks [Cid]: b.csv"}, p.cid)

		// Whom it asks is decided by the call, so nobody else is asked in the place of one that has left.
		code := s.offer(req)
		s.leave(p.bob.Token)
		s.join("plans", "Bob")
		_, err := s.upload(code, "1;2")
		wants(t, err, fault.InvalidArgument)
		if names := s.names(p.ann.Token); len(names) != 2 {
			t.Errorf("in the room are %q", names)
		}
		for _, kind := range []room.Kind{room.Status, room.Agree, room.Plain, room.Done, "?"} {
			_, err := s.ShareFile(t.Context(), chat.ShareRequest{Token: p.ann.Token, Name: "a", Text: "a", Kind: kind})
			wants(t, err, fault.InvalidArgument)
		}
	})
}

// The user of an agent lets the proposal through as it is.
func TestDraft_proposedFile_asksOnceItIsSent(t *testing.T) {
	onFileStore(t, func(t *testing.T, s *shelf) {
		p := s.company()
		person := s.person(p.ann)
		s.approves(person, true)
		got, err := s.upload(s.offer(chat.ShareRequest{Token: p.ann.Token, Name: "a.txt", Size: 9, Ask: []string{"Bob"},
			Kind: room.Proposal}), "a")
		if err != nil || got.Waited.Status != chat.StatusPending {
			t.Fatalf("%+v, %v", got, err)
		}
		s.asked(nil, p.bob)
		s.decides(person, got.ID, room.SendDraft, "")
		s.agree(p.bob.Token, "")
		same(t, "on record is", s.record(p.cid.Token), []string{"[a.txt 1 " + digest("a") + "]"})
	})
}

// One message shares a file and ends tasks, as a report does; the result of such a task leads to the file.
func TestShare_finishes_endsTheTasksWithTheFile(t *testing.T) {
	onFileStore(t, func(t *testing.T, s *shelf) {
		p := s.company()
		person := s.person(p.bob)
		s.adds(p.ann.Token, "sand", "paint", "hang", "sweep", "mop < 1")
		s.task(p.cid.Token, chat.CommandTake, "t4")
		now := chat.ShareRequest{Token: p.bob.Token, Name: "a.txt", Text: "a", Finishes: []string{"t1", "t4"}}
		got, err := s.ShareFile(t.Context(), now)
		same(t, "unfinished", []string{fmt.Sprint(got.Unfinished, err)},
			[]string{"[{t4 another agent has it Cid}] <nil>"})
		if again, err := s.ShareFile(t.Context(), now); err != nil || again.ID != got.ID || len(again.Unfinished) != 1 {
			t.Errorf("again: %+v, %v", again, err)
		}
		took := s.task(p.cid.Token, chat.CommandTake, "t5")
		if len(took.Results) != 1 || took.Results[0].Report != got.ID {
			t.Errorf("what came of t1: %+v, want the file of %s", took.Results, got.ID)
		}

		later := chat.ShareRequest{Token: p.bob.Token, Name: "b.txt", Size: 9, Finishes: []string{"t2", "t9"},
			Cursor: s.look(p.bob.Token, "").Cursor}
		code := s.offer(later)
		sent, err := s.upload(code, "b")
		same(t, "unfinished", []string{fmt.Sprint(sent.Unfinished, err)},
			[]string{"[{t9 there is no such task }] <nil>"})
		same(t, "open", s.tasks(p.ann.Token), []string{"t3 hang open", "t4 sweep taken Cid", "t5 mop taken Cid"})

		later.Cursor, later.Finishes = s.look(p.bob.Token, later.Cursor).Cursor, []string{"t3"}
		s.does(chat.TaskRequest{Token: p.ann.Token, Action: chat.CommandEdit, ID: "t3", Text: "higher"})
		held, err := s.ShareFile(t.Context(), later)
		if err != nil || held.Upload != nil || len(held.Waited.Messages) == 0 {
			t.Fatalf("over an edit of its task: %+v, %v", held, err)
		}
		later.Cursor = held.Waited.Cursor
		s.approves(person, true)
		draft, err := s.upload(s.offer(later), "c")
		if err != nil || draft.Waited.Status != chat.StatusPending {
			t.Fatalf("under approval: %+v, %v", draft, err)
		}
		same(t, "open", s.tasks(p.ann.Token), []string{"t3 hang open", "t4 sweep taken Cid", "t5 mop taken Cid"})
		s.decides(person, draft.ID, room.SendDraft, "")
		same(t, "open", s.tasks(p.ann.Token), []string{"t4 sweep taken Cid", "t5 mop taken Cid"})

		_, err = s.ShareFile(t.Context(), chat.ShareRequest{Token: p.cid.Token, Name: "a", Text: "a",
			To: []string{"Ann"}, Finishes: []string{"t4"}})
		wants(t, err, fault.InvalidArgument)
	})
}

// What others say was checked as the upload was opened. What the agent's own person says holds it back each time.
func TestUpload_isHeldBackByTheOwnPersonAlone(t *testing.T) {
	onFileStore(t, func(t *testing.T, s *shelf) {
		p := s.company()
		s.adds(p.ann.Token, "sand")
		s.task(p.cid.Token, chat.CommandTake, "t1")
		person := s.person(p.cid)
		offers := func(name, cursor string) string {
			return s.offer(chat.ShareRequest{Token: p.cid.Token, Name: name, Size: 9, Finishes: []string{"t1"},
				Cursor: cursor})
		}
		had := s.look(p.cid.Token, "").Cursor
		first, second, blind := offers("a", had), offers("b", had), offers("c", "")
		s.ask(p.bob.Token, "Please do not begin.", "Cid")
		if got, err := s.upload(first, "a"); err != nil || !slices.Equal(got.Finished, []string{"t1"}) {
			t.Errorf("another asks: %+v, %v", got, err)
		}
		s.say(person, "Stop!")
		for range 2 {
			_, err := s.upload(second, "b")
			wants(t, err, fault.NotAllowed)
		}
		if got, err := s.upload(blind, "c"); err != nil || !got.Sent {
			t.Errorf("no cursor: %+v, %v", got, err)
		}
		again := offers("b", s.look(p.cid.Token, had).Cursor)
		if got, err := s.upload(again, "b"); err != nil || !got.Sent {
			t.Errorf("once it is read: %+v, %v", got, err)
		}
	})
}

// A file is known by its name and its bytes; of one on disk that is yet to come, by its name.
func TestShare_keyOfAnotherFile_isRefused(t *testing.T) {
	onFileStore(t, func(t *testing.T, s *shelf) {
		p := s.company()
		first := chat.ShareRequest{Token: p.ann.Token, Name: "plan.txt", Text: "blue", Note: "read", Key: "1"}
		onDisk := chat.ShareRequest{Token: p.ann.Token, Name: "rows.csv", Size: 9, Key: "2"}
		ids := map[string]string{"1": s.share(first), "2": s.uploads(s.offer(onDisk), "1;2")}
		for _, req := range []chat.ShareRequest{first, onDisk} {
			if again, err := s.ShareFile(t.Context(), req); err != nil || !again.Duplicate || again.ID != ids[req.Key] {
				t.Errorf("%s again: %+v, %v", req.Name, again, err)
			}
			other := []chat.ShareRequest{req, req}
			other[0].Name, other[1].Note = "lines.csv", "look"
			if req.Text != "" {
				req.Text = "red"
				other = append(other, req)
			}
			for _, req := range other {
				_, err := s.ShareFile(t.Context(), req)
				wants(t, err, fault.InvalidArgument)
			}
		}
		_, err := s.send(chat.SendRequest{Token: p.ann.Token, Text: "read", Key: "1"})
		wants(t, err, fault.InvalidArgument)
		same(t, "in the room are", s.names(p.bob.Token), []string{"plan.txt", "rows.csv"})
	})
}
