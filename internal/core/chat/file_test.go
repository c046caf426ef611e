package chat_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/sanitize"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/ratelimit"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/files"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/sqlite"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

var long = strings.Repeat("0123456789abcde\n", 40_000) // 640,000 bytes

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
	})
}

// One id that the caller may not see refuses them all.
func TestGetFiles_areThoseThatTheCallerSees(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *shelf) {
		p := s.company()
		one := s.share(chat.ShareRequest{Token: p.ann.Token, Name: "one.txt", Text: "one"})
		two := s.share(chat.ShareRequest{Token: p.ann.Token, Name: "two.txt", Text: "two"})
		private := s.share(chat.ShareRequest{Token: p.ann.Token, Name: "p.txt", Text: "p", To: []string{"Cid"}})
		got, err := s.GetFiles(t.Context(), p.bob.Token, []string{two, one, two})
		if err != nil || len(got.Files) != 2 {
			t.Fatalf("%+v, %v", got, err)
		}
		for i, want := range []string{"two", "one"} {
			if text, err := s.download(got.Files[i].Ticket); err != nil || text != want {
				t.Errorf("number %d is %q, %v", i+1, text, err)
			}
		}
		_, err = s.GetFiles(t.Context(), p.bob.Token, []string{one, private})
		wants(t, err, fault.InvalidArgument)
		s.redact(p.ann.Token, two)
		_, err = s.GetFiles(t.Context(), p.bob.Token, []string{one, two})
		wants(t, err, fault.InvalidArgument)
		got, err = s.GetFiles(t.Context(), p.cid.Token, []string{one, private})
		if err != nil || len(got.Files) != 2 {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

// What keeps an agent from speaking keeps it from sharing: when it asks, and when the bytes are there.
func TestShare_whoMayNotSpeak_sharesNothing(t *testing.T) {
	for what, c := range map[string]struct {
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
		t.Run(what, func(t *testing.T) {
			onEachStore(t, func(t *testing.T, base *shelf) {
				s, store := base.watching()
				p := s.company()
				person := s.person(p.bob)
				req := chat.ShareRequest{Token: p.bob.Token, Name: "a.txt", Size: 100, To: []string{"Cid"}}
				code := s.offer(req)
				c.happens(s, p, person)
				ends := func(when string, got chat.Sent, err error, want fault.Code) {
					t.Helper()
					if fault.CodeOf(err) != want || got.Sent || got.Status != c.status {
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

// happening is a file during whose upload something happens.
type happening struct {
	io.Reader
	once func()
}

func (h *happening) Read(p []byte) (int, error) {
	if h.once != nil {
		h.once()
		h.once = nil
	}
	return h.Reader.Read(p)
}

func TestUpload_rightsEndWhileItArrives_isNotShared(t *testing.T) {
	for what, happens := range map[string]func(s *shelf, p company, person string){
		"paused": func(s *shelf, _ company, person string) { s.pauses(person, true) },
		"muted": func(s *shelf, p company, _ string) {
			s.manage(p.ann.Token, room.Mute, "Bob", chat.StatusMuted)
		},
		"kicked": func(s *shelf, p company, _ string) {
			s.manage(p.ann.Token, room.Kick, "Bob", chat.StatusKicked)
		},
		"addressee left": func(s *shelf, p company, _ string) { s.leave(p.cid.Token) },
		"room closed": func(s *shelf, p company, _ string) {
			s.update(chat.UpdateRequest{Token: p.ann.Token, Close: true})
		},
	} {
		t.Run(what, func(t *testing.T) {
			onEachStore(t, func(t *testing.T, base *shelf) {
				s, store := base.watching()
				p := s.company()
				person := s.person(p.bob)
				code := s.offer(chat.ShareRequest{Token: p.bob.Token, Name: "a.bin", Size: 1 << 20,
					To: []string{"Cid"}})
				got, err := s.Upload(t.Context(), code,
					&happening{strings.NewReader(long), func() { happens(s, p, person) }})
				if got.Sent || err == nil && got.Status != chat.StatusPaused {
					t.Errorf("%+v, %v", got, err)
				}
				if len(store.all) > 0 || len(s.names(p.ann.Token)) > 0 {
					t.Errorf("%d files are kept, %q are shown", len(store.all), s.names(p.ann.Token))
				}
			})
		})
	}
}

// Who loses its seat, and what is removed, is out at once, also with an address from before.
func TestDownload_asksTheHeadEachTime(t *testing.T) {
	for what, happens := range map[string]func(s *shelf, p company, id string){
		"kicked": func(s *shelf, p company, _ string) {
			s.manage(p.ann.Token, room.Kick, "Bob", chat.StatusKicked)
		},
		"banned": func(s *shelf, p company, _ string) {
			s.manage(p.ann.Token, room.BanName, "Bob", chat.StatusBanned)
		},
		"left":    func(s *shelf, p company, _ string) { s.leave(p.bob.Token) },
		"removed": func(s *shelf, p company, id string) { s.redact(p.ann.Token, id) },
		"its name is another's": func(s *shelf, p company, _ string) {
			s.leave(p.bob.Token)
			s.join("plans", "Bob")
		},
		"too late":     func(s *shelf, _ company, _ string) { s.clock.Advance(15 * time.Minute) },
		"room expired": func(s *shelf, _ company, _ string) { s.clock.Advance(room.Life + time.Hour) },
	} {
		t.Run(what, func(t *testing.T) {
			onEachStore(t, func(t *testing.T, s *shelf) {
				p := s.company()
				id := s.share(chat.ShareRequest{Token: p.ann.Token, Name: "a.txt", Text: "text"})
				got, err := s.file(p.bob.Token, id)
				if err != nil {
					t.Fatal(err)
				}
				services := []*shelf{s}
				if !s.single {
					services = append(services, s.with(chat.Options{}))
				}
				for _, other := range services {
					if text, err := other.download(got.Ticket); err != nil || text != "text" {
						t.Fatalf("%q, %v", text, err)
					}
				}
				happens(s, p, id)
				for _, other := range services {
					if text, err := other.download(got.Ticket); err == nil {
						t.Errorf("it is downloaded: %q", text)
					}
				}
			})
		})
	}
}

// A guest shares and gets the files of its room as others do. The gate admits the address of a file for its seat
// alone.
func TestGuest_sharesAndGetsTheFilesOfItsRoom(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *shelf) {
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

func TestTicket_changed_leadsNowhere(t *testing.T) {
	s := inFile(t)
	p := s.company()
	id := s.share(chat.ShareRequest{Token: p.ann.Token, Name: "a.txt", Text: "text", To: []string{"Bob"}})
	other := s.share(chat.ShareRequest{Token: p.ann.Token, Name: "b.txt", Text: "other", To: []string{"Cid"}})
	got, err := s.file(p.bob.Token, id)
	if err != nil {
		t.Fatal(err)
	}
	head := s.head(p.ann.Token)
	mine, _ := ident.ParseTicket(got.Ticket)
	forged := ident.NewTicket(strings.Repeat("0", 32), head.ID, mine.Seat, 0, other, mine.Until)
	moved := strings.Replace(got.Ticket, id[1:], other[1:], 1)
	moved = moved[:len(moved)-2] + ident.Check(moved[:len(moved)-2])
	for what, ticket := range map[string]string{"forged": forged.String(), "of another message": moved,
		"mistyped": got.Ticket[:len(got.Ticket)-1] + "!", "empty": "", "a token": p.bob.Token} {
		if text, err := s.download(ticket); fault.CodeOf(err) != fault.TokenInvalid {
			t.Errorf("%s: %q, %v", what, text, err)
		}
	}
}

// A file behind a draft is there for the agent and its person alone, until it is decided.
func TestDraft_withFile_isSeenByItsSeatAlone(t *testing.T) {
	for decision, text := range map[room.Decision]string{room.SendDraft: "", room.EditDraft: "mine",
		room.RefuseDraft: "",
		"":               ""} {
		t.Run("decision "+string(decision), func(t *testing.T) {
			onEachStore(t, func(t *testing.T, base *shelf) {
				s, store := base.watching()
				p := s.company()
				person := s.person(p.bob)
				s.approves(person, true)
				code := s.offer(chat.ShareRequest{Token: p.bob.Token, Name: "a.txt", Size: 99, Note: "look"})
				got, err := s.upload(code, "drafted")
				if err != nil || got.Sent || got.Status != chat.StatusPending {
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
	onEachStore(t, func(t *testing.T, base *shelf) {
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
			if got.Sent || len(store.all) != 3 {
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
	for what, secret := range map[string]string{"upload": "/v1/upload/" + code, "download": "/v1/file/" + got.Ticket} {
		_, err := s.send(chat.SendRequest{Token: p.ann.Token, Text: "take https://parley.example" + secret + " and go"})
		if fault.CodeOf(err) != fault.InvalidArgument || !strings.Contains(err.Error(), "address of a") {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err = s.send(chat.SendRequest{Token: p.ann.Token, Text: strings.Repeat("x", room.MaxText+1)})
	if fault.CodeOf(err) != fault.MessageTooLong || !strings.Contains(err.Error(), "share_file") {
		t.Errorf("a text that is too long: %v", err)
	}
}

func TestRedact_file_isGoneEverywhere(t *testing.T) {
	onEachStore(t, func(t *testing.T, base *shelf) {
		s, store := base.watching()
		p := s.company()
		code := s.offer(chat.ShareRequest{Token: p.bob.Token, Name: spilled + ".txt", Size: 99, Note: spilled})
		ids := []string{s.uploads(code, "sp"+spilled),
			s.share(chat.ShareRequest{Token: p.bob.Token, Name: "x" + spilled, Text: "y" + spilled,
				To: []string{"Ann"}})}
		keys := s.kept(p.ann.Token)
		_, err := s.UpdateRoom(t.Context(), chat.UpdateRequest{Token: p.cid.Token, Redact: ids[0]})
		wants(t, err, fault.NotAllowed)
		s.redact(p.ann.Token, ids[0])
		s.redact(p.bob.Token, ids[1])
		for _, k := range keys {
			s.erased(k)
		}
		if n := s.inTable(p.ann.Token); n > 0 || len(store.all) > 0 || len(s.kept(p.ann.Token)) > 0 {
			t.Errorf("%d items have it, %d files", n, len(store.all))
		}
		for _, m := range s.all(p.ann.Token) {
			if m.File != nil {
				t.Errorf("%+v", m.File)
			}
		}
		_, err = s.file(p.ann.Token, ids[0])
		wants(t, err, fault.InvalidArgument)
		_, err = s.upload(code, "sp"+spilled)
		wants(t, err, fault.NotAllowed)
	})
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
		if err != nil || got.Status != chat.StatusPending {
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

func TestUpload_takesOneFile(t *testing.T) {
	onEachStore(t, func(t *testing.T, base *shelf) {
		s, store := base.watching()
		p := s.company()
		there := s
		if !s.single {
			there = s.with(chat.Options{})
		}
		code := s.offer(chat.ShareRequest{Token: p.ann.Token, Name: "a.bin", Size: int64(len(long)),
			To: []string{"Bob"}})
		view, err := s.LookAtUpload(t.Context(), code)
		if err != nil || view.Name != "a.bin" || view.Most != int64(len(long)) || view.Shared {
			t.Errorf("%+v, %v", view, err)
		}
		for what, r := range map[string]io.Reader{
			"that breaks off": io.MultiReader(strings.NewReader(long[:9000]),
				iotest.ErrReader(errors.New("gone"))),
			"that is too long":        struct{ io.Reader }{strings.NewReader(long + "x")},
			"that says so":            &unread{t: t, n: len(long) + 1},
			"of nothing":              strings.NewReader(""),
			"of nothing, of a sudden": struct{ io.Reader }{strings.NewReader("")},
		} {
			if got, err := there.Upload(t.Context(), code, r); err == nil || len(store.all) > 0 {
				t.Errorf("an upload %s: %+v; %d files", what, got, len(store.all))
			}
		}
		id := there.uploads(code, long)
		if got, err := s.upload(code, long); err != nil || !got.Sent || !got.Duplicate || got.ID != id ||
			!slices.Equal(got.To, []string{"Bob"}) {
			t.Errorf("the same file again: %+v, %v", got, err)
		}
		for what, other := range map[string]string{"another": "x" + long[1:], "a longer": long + "x",
			"a shorter": "x"} {
			_, err := s.upload(code, other)
			if fault.CodeOf(err) != fault.AlreadyShared {
				t.Errorf("%s file: %v", what, err)
			}
		}
		if view, err := s.LookAtUpload(t.Context(), code); err != nil || !view.Shared {
			t.Errorf("%+v, %v", view, err)
		}
		late := s.offer(chat.ShareRequest{Token: p.ann.Token, Name: "b", Size: 9})
		s.clock.Advance(15*time.Minute + time.Second)
		for what, code := range map[string]string{"late": late, "of nobody": ident.NewUploadCode(p.ann.Token[:7],
			1).String(),
			"of no seat": ident.NewUploadCode(p.ann.Token[:7], 9).String(), "mistyped": late[1:],
			"of no room": ident.NewUploadCode("0000000", 1).String()} {
			_, err := s.upload(code, "b")
			if fault.CodeOf(err) != fault.TokenInvalid {
				t.Errorf("an address %s: %v", what, err)
			}
		}
		if n := len(s.kept(p.ann.Token)); n != 1 || len(s.names(p.ann.Token)) != 1 {
			t.Errorf("%d files", n)
		}
	})
}

// unread is a file that must not be read.
type unread struct {
	t *testing.T
	n int
}

func (u *unread) Len() int { return u.n }

func (u *unread) Read([]byte) (int, error) {
	u.t.Error("a byte is read")
	return 0, io.EOF
}

func TestShare_repeatedCalls_shareOnce(t *testing.T) {
	onEachStore(t, func(t *testing.T, base *shelf) {
		s, store := base.watching()
		p := s.company()
		text := chat.ShareRequest{Token: p.ann.Token, Name: "a.txt", Text: "yes"}
		first := s.share(text)
		s.say(p.bob.Token, "thanks") // by which a short text could be meant again, but no file
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
	onEachStore(t, refusesWhatIsTooMuch)
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

// The bytes of an upload that has arrived are not counted twice.
func TestUpload_moreThanHalfOfWhatIsLeft_isShared(t *testing.T) {
	s := inFile(t)
	s.store.(*sqlite.Files).Total = 100
	p := s.company()
	s.uploads(s.offer(chat.ShareRequest{Token: p.ann.Token, Name: "a", Size: 100}), strings.Repeat("x", 100))
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

func TestGetFile_text_comesInParts(t *testing.T) {
	s := inFile(t)
	p := s.company()
	short := func(text string) bool { return len(text) <= 5000 }
	for size, fits := range map[int]func(string) bool{1: nil, 16 << 10: nil, 16<<10 + 8: nil, 50_000: nil, 5001: short,
		20_000: short} {
		text := strings.Repeat("aé€😀", size/10+1)[:size]
		text = strings.ToValidUTF8(text, "")
		id := s.uploads(s.offer(chat.ShareRequest{Token: p.ann.Token, Name: "t", Size: 60_000}), text)
		var all strings.Builder
		calls := 0
		for offset := int64(0); ; calls++ {
			got, err := s.GetFile(t.Context(), chat.FileRequest{Token: p.bob.Token, ID: id, Offset: offset,
				Fits: fits})
			if err != nil || got.More != 0 && got.More <= offset || len(got.Text) > 16<<10 ||
				fits != nil && !fits(got.Text) {
				t.Fatalf("%d bytes, from %d: %+v, %v", size, offset, got.More, err)
			}
			all.WriteString(got.Text)
			offset = got.More
			if offset == 0 {
				break
			}
		}
		if all.String() != text || (calls > 0) != (fits != nil || size > 16<<10) {
			t.Errorf("%d bytes: %d in %d further calls", size, all.Len(), calls)
		}
		if got, err := s.GetFile(t.Context(), chat.FileRequest{Token: p.bob.Token, ID: id, Offset: 2}); err == nil &&
			strings.Contains(got.Text, "\ufffd") {
			t.Errorf("within a character: %q", got.Text[:9])
		}
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

// Of uploads at the same moment, as many as a seat may have are opened, in however many processes.
func TestOffer_atOnce_opensAsManyAsMayBe(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *shelf) {
		p := s.company()
		services := []*shelf{s, s}
		if !s.single {
			services = []*shelf{s.with(chat.Options{}), s.with(chat.Options{})}
		}
		for round := range 5 {
			opened := make(chan string, 16)
			var all sync.WaitGroup
			for i := range 16 {
				all.Go(func() {
					got, err := services[i%2].ShareFile(t.Context(), chat.ShareRequest{Token: p.ann.Token, Name: "a",
						Size: 9})
					switch {
					case err == nil && got.Upload != nil:
						opened <- got.Upload.Code
					case fault.CodeOf(err) != fault.RateLimited && fault.CodeOf(err) != fault.Unavailable:
						t.Errorf("%+v, %v", got, err)
					}
				})
			}
			all.Wait()
			close(opened)
			n := 0
			for code := range opened {
				s.uploads(code, fmt.Sprintf("%d %d", round, n)) // which frees its place
				n++
			}
			if n != roomlog.MaxUploads {
				t.Fatalf("round %d: %d uploads are open", round, n)
			}
		}
	})
}

// Two uploads of different files to one address at the same moment: one is shared.
func TestUpload_twoAtOnceToOneAddress_shareOneFile(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *shelf) {
		p := s.company()
		services := []*shelf{s, s}
		if !s.single {
			services = []*shelf{s.with(chat.Options{}), s.with(chat.Options{})}
		}
		for round := range 10 {
			code := s.offer(chat.ShareRequest{Token: p.ann.Token, Name: "a", Size: 1 << 20})
			same := round%2 == 0
			var all sync.WaitGroup
			var sent [2]chat.Sent
			var errs [2]error
			for i := range 2 {
				all.Go(func() {
					content := fmt.Sprint(round, long)
					if !same {
						content = fmt.Sprint(round, i, long)
					}
					sent[i], errs[i] = services[i].upload(code, content)
				})
			}
			all.Wait()
			ok, other := 0, 0
			for i := range 2 {
				switch {
				case errs[i] == nil && sent[i].Sent:
					ok++
				case fault.CodeOf(errs[i]) == fault.AlreadyShared:
					other++
				default:
					t.Errorf("%+v, %v", sent[i], errs[i])
				}
			}
			if same && (ok != 2 || sent[0].ID != sent[1].ID) || !same && (ok != 1 || other != 1) {
				t.Errorf("round %d: %d shared, %d refused: %v", round, ok, other, errs)
			}
			if n := len(s.kept(p.ann.Token)); n != round+1 || len(s.names(p.bob.Token)) != n {
				t.Fatalf("round %d: %d claims, %q", round, n, s.names(p.bob.Token))
			}
		}
	})
}

// An upload races a kick, a pause or the removal of an earlier file: there is a message with its bytes, or
// neither.
func TestUpload_againstWhatForbidsIt_isSharedOrLeavesNothing(t *testing.T) {
	for what, forbids := range map[string]func(s *shelf, p company, person, earlier string) error{
		"kick": func(s *shelf, p company, _, _ string) error {
			_, err := s.ManageAgent(s.t.Context(), chat.ManageRequest{Token: p.ann.Token, AgentName: "Bob",
				Action: room.Kick})
			return err
		},
		"pause": func(s *shelf, _ company, person, _ string) error {
			paused := true
			_, err := s.Supervise(s.t.Context(), chat.SuperviseRequest{Token: person, Paused: &paused})
			return err
		},
		"redact": func(s *shelf, p company, _, earlier string) error {
			_, err := s.UpdateRoom(s.t.Context(), chat.UpdateRequest{Token: p.ann.Token, Redact: earlier})
			return err
		},
	} {
		t.Run(what, func(t *testing.T) {
			onEachStore(t, func(t *testing.T, base *shelf) {
				for range 5 {
					s, store := base.watching()
					w := *s
					p := w.races()
					person := s.person(p.bob)
					earlier := s.share(chat.ShareRequest{Token: p.ann.Token, Name: "earlier", Text: "earlier"})
					code := s.offer(chat.ShareRequest{Token: p.bob.Token, Name: "a", Size: 99})
					there := s
					if !s.single {
						there = s.with(chat.Options{})
					}
					var got chat.Sent
					var failed, forbidden error
					var all sync.WaitGroup
					all.Go(func() { got, failed = s.upload(code, "content") })
					all.Go(func() { forbidden = forbids(there, p, person, earlier) })
					all.Wait()
					names := s.names(p.ann.Token)
					shared := slices.Contains(names, "a")
					if forbidden != nil || shared != (failed == nil && got.Sent) || what == "redact" && !shared {
						t.Errorf("%q are there; the upload: %+v, %v; the other: %v", names, got.Sent, failed, forbidden)
					}
					if n := len(s.kept(p.ann.Token)); n != len(names) {
						t.Errorf("%d claims of %q", n, names)
					}
					// The service that did not redact still has the bytes in its books.
					if what != "redact" && len(store.all) != len(names) {
						t.Errorf("%d files are kept of %q", len(store.all), names)
					}
				}
			})
		})
	}
}

// races returns a company in a room of its own.
func (s *shelf) races() company {
	s.t.Helper()
	name := "race " + ident.NewSecret()
	p := company{ann: s.enter(chat.JoinRequest{Room: name, AgentName: "Ann", Capacity: 3})}
	p.bob, p.cid = s.join(name, "Bob"), s.join(name, "Cid")
	return p
}

// The message is written, and its reply is lost: it is found again, with its bytes. If nobody can tell
// whether it was written, the bytes stay.
func TestUpload_lostReplies_shareOnce(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *shelf) {
		for what, lost := range map[string]string{"of the message": "FILE#", "of the place": "UPLOAD#"} {
			p := s.races()
			o := chat.Options{Clock: hurriedClock{s.clock}, SingleProcess: s.single, Files: s.store}
			bad := *s
			bad.world = s.losingReplies(lost, o)
			ask := chat.ShareRequest{Token: p.bob.Token, Name: "a", Size: 99, Key: "k"}
			offered, err := bad.ShareFile(t.Context(), ask)
			if err != nil {
				wants(t, err, fault.Unavailable)
				offered, err = bad.ShareFile(t.Context(), ask)
				if err != nil {
					t.Fatal(err)
				}
			}
			got, err := bad.upload(offered.Upload.Code, "content")
			if err != nil {
				wants(t, err, fault.Unavailable)
				got, err = bad.upload(offered.Upload.Code, "content")
				if err != nil || !got.Sent {
					t.Fatalf("%s: %+v, %v", what, got, err)
				}
			}
			after := s.with(chat.Options{})
			if names := after.names(p.ann.Token); len(names) != 1 || len(after.kept(p.ann.Token)) != 1 {
				t.Errorf("the reply %s is lost: %q", what, names)
			}
			after.has(p.ann.Token, got.ID, "content")
		}
	})
}

// A part begins with the rest of no character, and leaves out no byte that is none.
func TestGetFile_textOfAnyBytes_isReadInParts(t *testing.T) {
	s := inFile(t)
	p := s.company()
	data := []byte(strings.Repeat("0123456789abcdef", 2048))
	for len(data) < 120_000 {
		data = append(data, "\u0645\u06cc\u200c\u062e \x80\x80\x80 \xe2\x80 \U0001f469\u200d\xf0\x9f \xff\u0301"...)
	}
	id := s.share(chat.ShareRequest{Token: p.ann.Token, Name: "a.txt", Data: data})
	for small := range 12 {
		shown := ""
		for offset, more := int64(0), true; more; {
			got, err := s.GetFile(t.Context(), chat.FileRequest{Token: p.ann.Token, ID: id, Offset: offset,
				Fits: func(text string) bool { return len(text) < 9000+small }})
			if err != nil {
				t.Fatal(err)
			}
			shown += sanitize.EscapeAfter(got.Before, got.Text, "\n")
			offset, more = got.More, got.More > 0
		}
		if want := sanitize.Escape(string(data), "\n"); shown != want {
			t.Errorf("%d: %d bytes are shown, want %d", small, len(shown), len(want))
		}
	}
	got, err := s.GetFile(t.Context(), chat.FileRequest{Token: p.ann.Token, ID: id, Offset: 32768 + 1})
	if err != nil || !strings.HasPrefix(got.Text, "\u06cc\u200c") {
		t.Errorf("in the midst of a character: %+q, %v", got.Text[:20], err)
	}
}

func TestDownload_callerWithoutBudget_isRefused(t *testing.T) {
	s := inFile(t).with(chat.Options{Limits: ratelimit.Limits{Units: 240}})
	p := s.company()
	got, err := s.file(p.bob.Token, s.share(chat.ShareRequest{Token: p.ann.Token, Name: "a.txt", Text: "text"}))
	if err != nil {
		t.Fatal(err)
	}
	for s.paid("192.0.2.1").Err() == nil {
	}
	_, err = s.downloadBy(ident.WithAddress(t.Context(), "192.0.2.1"), got.Ticket)
	retryAfter(t, err)
}

func TestDownload_roomThatIsNoLongerStored_isOver(t *testing.T) {
	s := inFile(t)
	p := s.company()
	got, err := s.file(p.bob.Token, s.share(chat.ShareRequest{Token: p.ann.Token, Name: "a.txt", Text: "text"}))
	if err != nil {
		t.Fatal(err)
	}
	s.write(table.Delete(table.Key{Partition: "ROOM#" + p.ann.Token[:7], Sort: "META"}, table.Always))
	_, err = s.with(chat.Options{}).download(got.Ticket)
	wants(t, err, fault.TokenInvalid)
}

// A server that was restarted without its store of files still removes what a message says.
func TestRedact_fileOnAServerWithoutFiles_isRemoved(t *testing.T) {
	s := inFile(t)
	p := s.company()
	id := s.share(chat.ShareRequest{Token: p.ann.Token, Name: "a.txt", Text: "text"})
	without := chat.New(s.table, chat.Options{Clock: hurriedClock{s.clock}, SingleProcess: true})
	got, err := without.UpdateRoom(t.Context(), chat.UpdateRequest{Token: p.ann.Token, Redact: id})
	if err != nil || got.Redacted != id {
		t.Errorf("%+v, %v", got, err)
	}
}

// Nobody may take a table that does not answer for an address that has had no file, or for a file that was removed.
func TestUpload_againWhileTheTableDoesNotAnswer_isUnavailable(t *testing.T) {
	for name, fails := range map[string]string{"what was shared": "SENT#", "its message": "LOG#"} {
		s := inFile(t)
		p := s.company()
		code := s.offer(chat.ShareRequest{Token: p.ann.Token, Name: "a", Size: 99})
		s.uploads(code, "content")
		if err := s.sayN(p.ann.Token, 150); err != nil { // so that no process has the message at hand
			t.Fatal(err)
		}
		arrived := false // the bytes have
		h := &tabletest.Hooks{Table: s.table, Before: func(_ context.Context, c tabletest.Call) error {
			if strings.HasPrefix(c.Key.Sort, fails) && (arrived || fails == "SENT#") {
				return fmt.Errorf("%w: no answer", table.ErrUnavailable)
			}
			return nil
		}}
		there := chat.New(h, chat.Options{Clock: hurriedClock{s.clock}, Files: s.store})
		_, err := there.Upload(t.Context(), code, io.MultiReader(strings.NewReader("content"),
			&happening{strings.NewReader(""), func() { arrived = true }}))
		if fault.CodeOf(err) != fault.Unavailable {
			t.Errorf("%s cannot be read: %v", name, err)
		}
	}
}
