package chat_test

import (
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
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/sqlite"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

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
	for name, happens := range map[string]func(s *shelf, p company, person string){
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
		t.Run(name, func(t *testing.T) {
			onEachStore(t, func(t *testing.T, base *shelf) {
				s, store := base.watching()
				p := s.company()
				person := s.person(p.bob)
				code := s.offer(chat.ShareRequest{Token: p.bob.Token, Name: "a.bin", Size: 1 << 20,
					To: []string{"Cid"}})
				got, err := s.Upload(t.Context(), code,
					&happening{strings.NewReader(long), func() { happens(s, p, person) }})
				if got.Sent || err == nil && got.Waited.Status != chat.StatusPaused {
					t.Errorf("%+v, %v", got, err)
				}
				if len(store.all) > 0 || len(s.names(p.ann.Token)) > 0 {
					t.Errorf("%d files are kept, %q are shown", len(store.all), s.names(p.ann.Token))
				}
			})
		})
	}
}

// An upload hands nothing out, so the cursor of the call that opened it is still the right one, whatever becomes of the
// file. A call without one is given none.
func TestUpload_answer_hasTheCursorOfTheCallThatOpenedIt(t *testing.T) {
	for want, happens := range map[chat.WaitStatus]func(s *shelf, person string){
		"":                 func(*shelf, string) {},
		chat.StatusPending: func(s *shelf, person string) { s.approves(person, true) },
		chat.StatusPaused:  func(s *shelf, person string) { s.pauses(person, true) },
	} {
		t.Run("status "+string(want), func(t *testing.T) {
			onFileStore(t, func(t *testing.T, s *shelf) {
				p := s.company()
				person := s.person(p.bob)
				cursor := s.look(p.bob.Token, p.bob.Cursor).Cursor
				code := s.offer(chat.ShareRequest{Token: p.bob.Token, Cursor: cursor, Name: "a.txt", Size: 99})
				plain, err := s.ShareFile(t.Context(), chat.ShareRequest{Token: p.cid.Token, Name: "b.txt", Size: 99})
				if given, failed := s.upload(plain.Upload.Code, "non"); err != nil || failed != nil ||
					plain.Waited.Cursor+given.Waited.Cursor != "" {
					t.Errorf("without a cursor: %q and %q, %v, %v", plain.Waited.Cursor, given.Waited.Cursor, err,
						failed)
				}
				happens(s, person)
				got, err := s.upload(code, "oui")
				if err != nil || got.Waited.Status != want || got.Waited.Cursor != cursor {
					t.Errorf("%+v, %v; want the cursor %s", got, err, cursor)
				}
			})
		})
	}
}

// talk: files
func TestUpload_secondFileToOneAddress_isRefused(t *testing.T) {
	onFileStore(t, func(t *testing.T, base *shelf) {
		s, store := base.watching()
		p := s.company()
		there := s
		if !s.single {
			there = s.with(chat.Options{})
		}
		code := s.offer(chat.ShareRequest{Token: p.ann.Token, Name: "a.bin", Size: int64(len(long)),
			To: []string{"Bob"}})
		view, err := s.DescribeUpload(t.Context(), code)
		if err != nil || view.Name != "a.bin" || view.Most != int64(len(long)) || view.Shared {
			t.Errorf("%+v, %v", view, err)
		}
		for name, r := range map[string]io.Reader{
			"breaks off": io.MultiReader(strings.NewReader(long[:9000]),
				iotest.ErrReader(errors.New("gone"))),
			"too long":                   struct{ io.Reader }{strings.NewReader(long + "x")},
			"too long, and says so":      &unread{t: t, n: len(long) + 1},
			"empty":                      strings.NewReader(""),
			"empty, and does not say so": struct{ io.Reader }{strings.NewReader("")},
		} {
			if got, err := there.Upload(t.Context(), code, r); err == nil || len(store.all) > 0 {
				t.Errorf("%s: %+v; %d files", name, got, len(store.all))
			}
		}
		id := there.uploads(code, long)
		if got, err := s.upload(code, long); err != nil || !got.Sent || !got.Duplicate || got.ID != id ||
			!slices.Equal(got.To, []string{"Bob"}) {
			t.Errorf("the same file again: %+v, %v", got, err)
		}
		for name, other := range map[string]string{"another file": "x" + long[1:], "longer file": long + "x",
			"shorter file": "x"} {
			_, err := s.upload(code, other)
			if fault.CodeOf(err) != fault.AlreadyShared {
				t.Errorf("%s: %v", name, err)
			}
		}
		if view, err := s.DescribeUpload(t.Context(), code); err != nil || !view.Shared {
			t.Errorf("%+v, %v", view, err)
		}
		late := s.offer(chat.ShareRequest{Token: p.ann.Token, Name: "b", Size: 9})
		s.clock.Advance(15*time.Minute + time.Second)
		for name, code := range map[string]string{"too late": late, "mistyped": late[1:],
			"never given": ident.NewUploadCode(p.ann.Token[:7], s.seatOf(p.ann)).String(),
			"no seat":     ident.NewUploadCode(p.ann.Token[:7], s.seatOf(p.cid)+1).String(),
			"no room":     ident.NewUploadCode("0000000", s.seatOf(p.ann)).String()} {
			_, err := s.upload(code, "b")
			if fault.CodeOf(err) != fault.TokenInvalid {
				t.Errorf("%s: %v", name, err)
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

// The bytes of an upload that has arrived are not counted twice.
func TestUpload_moreThanHalfOfWhatIsLeft_isShared(t *testing.T) {
	s := inFile(t)
	s.store.(*sqlite.Files).Total = 100
	p := s.company()
	s.uploads(s.offer(chat.ShareRequest{Token: p.ann.Token, Name: "a", Size: 100}), strings.Repeat("x", 100))
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
			if n != core.MaxUploads {
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
	for name, forbids := range map[string]func(s *shelf, p company, person, earlier string) error{
		"kick": func(s *shelf, p company, _, _ string) error {
			_, err := s.ManageAgent(s.t.Context(), chat.ManageRequest{Token: p.ann.Token, Agents: []string{"Bob"},
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
		t.Run(name, func(t *testing.T) {
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
					if forbidden != nil || shared != (failed == nil && got.Sent) || name == "redact" && !shared {
						t.Errorf("%q are there; the upload: %+v, %v; the other: %v", names, got.Sent, failed, forbidden)
					}
					if n := len(s.kept(p.ann.Token)); n != len(names) {
						t.Errorf("%d claims of %q", n, names)
					}
					// The service that did not redact still has the bytes in its books.
					if name != "redact" && len(store.all) != len(names) {
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
		for name, lost := range map[string]string{"message": "FILE#", "place of the upload": "UPLOAD#"} {
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
					t.Fatalf("%s: %+v, %v", name, got, err)
				}
			}
			after := s.with(chat.Options{})
			if names := after.names(p.ann.Token); len(names) != 1 || len(after.kept(p.ann.Token)) != 1 {
				t.Errorf("%s: the reply is lost, and there are %q", name, names)
			}
			after.has(p.ann.Token, got.ID, "content")
		}
	})
}

// Nobody may take a table that does not answer for an address that has had no file, or for a file that was removed.
func TestUpload_againWhileTheTableDoesNotAnswer_isUnavailable(t *testing.T) {
	for name, fails := range map[string]string{"what was shared": "SENT#", "message": "LOG#"} {
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
