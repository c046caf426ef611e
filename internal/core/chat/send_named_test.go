package chat_test

import (
	"cmp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// Each line is a message: who says it, with a number for what others answer, and behind > what it answers. What is in
// brackets is private. Behind = stand those whom a wait for what is meant for them wakes, of those who read it.
//
// talk: meant for
func TestReply_inAChain_isMeantForAllAboveIt(t *testing.T) {
	onFiles(t, func(t *testing.T, services ...*world) {
		w, other := services[0], services[len(services)-1]
		people := w.trio()
		people.ann.Name, people.bob.Name, people.cid.Name = "Ann", "Bob", "Cid"
		seats := map[string]chat.Seated{"Ann": people.ann, "Bob": people.bob, "Cid": people.cid,
			"Dan": w.join("plans", "Dan")}
		for name, lines := range map[string]string{
			"she answers herself":           "Ann 1 =; Bob 2 > 1 = Ann; Cid 3 > 1 = Ann; Ann 4 > 1 =",
			"she answers herself by name":   "Ann 1 =; Bob 2 > 1 = Ann; Ann @Cid 4 > 1 = Cid",
			"she answers her answer":        "Ann 1 =; Bob 2 > 1 = Ann; Ann 3 > 2 = Bob; Ann 4 > 3 = Bob",
			"others join the chain":         "Ann 1 =; Bob 2 > 1 = Ann; Cid 3 > 2 = Ann Bob; Bob 4 > 3 = Ann Cid",
			"an answer beside the chain":    "Ann 1 =; Bob 2 > 1 = Ann; Cid 3 > 1 = Ann; Dan 4 > 2 = Ann Bob",
			"Dan cannot read what Bob says": "Dan [Bob] 1 = Bob; Bob [Ann] 2 > 1 = Ann; Ann [everyone] 3 > 2 = Bob",
		} {
			ids := map[string]string{}
			for line := range strings.SplitSeq(lines, "; ") {
				said, meant, _ := strings.Cut(line, "=")
				words := strings.Fields(said)
				req := chat.SendRequest{Token: seats[words[0]].Token, Text: name + line}
				if to, private := strings.CutPrefix(words[1], "["); private {
					req.To, words = []string{strings.Trim(to, "]")}, words[1:]
				}
				if strings.HasPrefix(words[1], "@") {
					words = slices.Delete(words, 1, 2)
				}
				if len(words) > 2 {
					req.ReplyTo = ids[words[3]]
				}
				before := w.head(req.Token).AsOf
				ids[words[1]] = w.sends(req).ID
				for who, seat := range seats {
					own, _ := ident.ParseToken(seat.Token)
					got, err := other.Wait(t.Context(), chat.WaitRequest{Token: seat.Token, Standby: true, Peek: true,
						ForMe: true, Cursor: ident.Cursor{N: before}.String(own)})
					if err != nil {
						t.Fatal(err)
					}
					if want := slices.Contains(strings.Fields(meant), who); got.Wakes != want {
						t.Errorf("%s: %q is meant for %s: %t", name, line, who, got.Wakes)
					}
				}
			}
		}
	})
}

// Ann hears at each message for Bob that he does not answer soon.
//
// talk: absent readers
func TestSend_forTheAbsent_saysSoEachTime(t *testing.T) {
	w := newWorld(t)
	p := w.trio()
	says := func(what string, req chat.SendRequest, want chat.Absent) {
		t.Helper()
		req.Token, req.Text = p.ann.Token, cmp.Or(req.Text, what)
		got := w.sends(req)
		if got := *cmp.Or(got.Absent, new(chat.Absent)); got != want {
			t.Errorf("%s: %+v, want %+v", what, got, want)
		}
	}
	w.say(p.bob.Token, "hello")
	w.clock.Advance(chat.PartnerSilent - time.Millisecond)
	says("he was heard five minutes ago", chat.SendRequest{To: []string{"Bob"}}, chat.Absent{})
	w.clock.Advance(time.Millisecond)
	one := chat.Absent{Silent: 1}
	says("nothing is for him", chat.SendRequest{}, chat.Absent{})
	for range 2 {
		says("asked", chat.SendRequest{Ask: []string{"Bob"}}, one)
		says("named, @Bob", chat.SendRequest{}, one)
		says("in private", chat.SendRequest{To: []string{"Bob"}}, one)
		says("@Bob and @Cid", chat.SendRequest{}, chat.Absent{Silent: 2})
	}
	says("a proposal asks both", chat.SendRequest{Kind: room.Proposal}, chat.Absent{Silent: 2})
	_, err := w.Wait(t.Context(), withCursor(chat.WaitRequest{Token: p.bob.Token, Absence: away(time.Hour)}))
	if err != nil {
		t.Fatal(err)
	}
	says("away, @Bob", chat.SendRequest{}, chat.Absent{Away: 1})
	w.manage(p.ann.Token, room.Mute, "Bob", chat.StatusMuted)
	says("muted, @Bob", chat.SendRequest{}, chat.Absent{Mute: 1})
}
