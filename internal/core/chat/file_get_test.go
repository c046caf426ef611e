package chat_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/sanitize"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/ratelimit"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// blank is a picture of many pixels and few bytes.
func blank(t *testing.T, side int) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, side, side))); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// looks gets a file for a caller from an address.
func (s *shelf) looks(address, token, id string) (chat.FileGot, error) {
	ctx, err := s.Limits().Begin(ident.WithAddress(s.t.Context(), address), ratelimit.Usual)
	if err != nil {
		return chat.FileGot{}, err
	}
	return s.GetFile(ctx, chat.FileRequest{Token: token, ID: id})
}

// A request of 300 bytes makes the server draw four million pixels.
func TestGetFile_picture_countsByItsPixelsOnceItIsDrawn(t *testing.T) {
	file := blank(t, 2000)
	s := inFile(t).with(chat.Options{Limits: ratelimit.Limits{Units: 3000, FilesOut: int64(1000 * len(file))}})
	p := s.company()
	var ids []string
	for n := range 16 {
		ids = append(ids, s.uploads(s.offer(chat.ShareRequest{Token: p.ann.Token, Name: fmt.Sprint(n, ".png"),
			Size: int64(len(file))}), file))
	}
	const eve, other = "192.0.2.66", "192.0.2.1"
	drawn := 0
	var refused error
	for _, id := range ids {
		var got chat.FileGot
		got, refused = s.looks(eve, p.bob.Token, id)
		if refused != nil {
			break
		}
		if got.Image == nil {
			t.Fatalf("it is not shown: %+v", got)
		}
		drawn++
	}
	retryAfter(t, refused)
	if drawn < 10 || drawn > 13 { // of 200 units each, and an eighth is kept
		t.Errorf("%d were drawn in a minute", drawn)
	}
	for range 300 { // each of which is a call, and a download
		if got, err := s.looks(other, p.ann.Token, ids[0]); err != nil || got.Image == nil {
			t.Fatalf("one that was drawn: %+v, %v", got, err)
		}
	}
}

func TestGetFile_pictureThatIsKept_isADownloadAndGoesWithItsMessage(t *testing.T) {
	file := blank(t, 40)
	s := inFile(t).with(chat.Options{Limits: ratelimit.Limits{FilesOut: int64(5 * len(file))}})
	p := s.company()
	id := s.uploads(s.offer(chat.ShareRequest{Token: p.ann.Token, Name: "a.png", Size: int64(len(file))}), file)
	for range 5 {
		if got, err := s.looks("192.0.2.1", p.bob.Token, id); err != nil || got.Image == nil {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	_, err := s.looks("192.0.2.1", p.bob.Token, id)
	retryAfter(t, err)
	s.update(chat.UpdateRequest{Token: p.ann.Token, Redact: id})
	if got, err := s.looks("192.0.2.2", p.bob.Token, id); err == nil || got.Image != nil {
		t.Errorf("once it was removed: %+v", got)
	}
}

// One id that the caller may not see refuses them all.
func TestGetFiles_areThoseThatTheCallerSees(t *testing.T) {
	onFileStore(t, func(t *testing.T, s *shelf) {
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

// Who loses its seat, and what is removed, is out at once, also with an address from before.
func TestDownload_seatLostOrFileRemoved_isRefusedAtOnce(t *testing.T) {
	for name, happens := range map[string]func(s *shelf, p company, id string){
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
		t.Run(name, func(t *testing.T) {
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
	for name, ticket := range map[string]string{"forged": forged.String(), "of another message": moved,
		"mistyped": got.Ticket[:len(got.Ticket)-1] + "!", "empty": "", "a token": p.bob.Token} {
		if text, err := s.download(ticket); fault.CodeOf(err) != fault.TokenInvalid {
			t.Errorf("%s: %q, %v", name, text, err)
		}
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
