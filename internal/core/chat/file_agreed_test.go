package chat_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

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
	onEachStore(t, func(t *testing.T, s *shelf) {
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
		same(t, "on record is", s.record(p.cid.Token), want)
		if m := s.all(p.cid.Token); m[len(m)-2].File == nil || m[len(m)-2].File.Sum != "" {
			t.Errorf("the talk has %+v", m[len(m)-2].File)
		}
		s.has(p.bob.Token, id, `{"a":1}`)

		// Of one the bytes are removed, and of the other they expire.
		s.redact(p.ann.Token, id)
		want[1] = room.Removed
		same(t, "on record is", s.record(p.cid.Token), want)
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

func TestRedact_agreedFile_isInNoItem(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *shelf) {
		p := s.company()
		id := s.uploads(s.offer(chat.ShareRequest{Token: p.ann.Token, Name: spilled + ".json", Size: 9,
			Ask: []string{"Bob"}, Kind: room.Proposal}), "the key")
		s.agree(p.bob.Token, id)
		if n := s.inTable(p.ann.Token); n < 2 {
			t.Errorf("%d items have it before", n)
		}
		s.redact(p.ann.Token, id)
		read := s.reads(p.bob)
		if n := s.inTable(p.ann.Token); n > 0 || strings.Contains(read, spilled) || len(s.kept(p.ann.Token)) > 0 {
			t.Errorf("%d items have it, and Bob reads %s", n, read)
		}
	})
}

// A request is owed as that of a text is, also of a file that its agent uploads later.
func TestShare_ask_isOwed(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *shelf) {
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
	onEachStore(t, func(t *testing.T, s *shelf) {
		p := s.company()
		person := s.person(p.ann)
		s.approves(person, true)
		got, err := s.upload(s.offer(chat.ShareRequest{Token: p.ann.Token, Name: "a.txt", Size: 9, Ask: []string{"Bob"},
			Kind: room.Proposal}), "a")
		if err != nil || got.Status != chat.StatusPending {
			t.Fatalf("%+v, %v", got, err)
		}
		s.asked(nil, p.bob)
		s.decides(person, got.ID, room.SendDraft, "")
		s.agree(p.bob.Token, "")
		same(t, "on record is", s.record(p.cid.Token), []string{"[a.txt 1 " + digest("a") + "]"})
	})
}

// Who has shared a file proposes the same one by another message.
func TestShare_sameFileAsProposal_isNoRepetition(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *shelf) {
		p := s.company()
		req := chat.ShareRequest{Token: p.ann.Token, Name: "a.txt", Text: "a"}
		shared := s.share(req)
		req.Kind = room.Proposal
		proposed := s.share(req)
		if again := s.share(req); proposed == shared || again != proposed {
			t.Errorf("shared as %s, proposed as %s, and again as %s", shared, proposed, again)
		}
	})
}
