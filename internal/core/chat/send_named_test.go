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
func TestReply_inAChain_isMeantForAllWhoSpokeInIt(t *testing.T) {
	onFiles(t, func(t *testing.T, services ...*world) {
		w, other := services[0], services[len(services)-1]
		people := w.trio()
		people.ann.Name, people.bob.Name, people.cid.Name = "Ann", "Bob", "Cid"
		seats := map[string]chat.Seated{"Ann": people.ann, "Bob": people.bob, "Cid": people.cid,
			"Dan": w.join("plans", "Dan")}
		for name, lines := range map[string]string{
			"she answers herself":           "Ann 1 =; Bob 2 > 1 = Ann; Cid 3 > 1 = Ann; Ann 4 > 1 = Bob Cid",
			"she answers her answer":        "Ann 1 =; Bob 2 > 1 = Ann; Ann 3 > 2 = Bob; Ann 4 > 3 = Bob",
			"others join the chain":         "Ann 1 =; Bob 2 > 1 = Ann; Cid 3 > 2 = Ann Bob; Bob 4 > 3 = Ann Cid",
			"an answer beside the chain":    "Ann 1 =; Bob 2 > 1 = Ann; Cid 3 > 1 = Ann; Dan 4 > 2 = Ann Bob",
			"an answer to an answer":        "Ann 1 =; Bob 2 > 1 = Ann; Cid 3 > 2 = Ann Bob; Ann 4 > 1 = Bob Cid",
			"Ann cannot read what Cid says": "Ann 1 =; Bob 2 > 1 = Ann; Cid [Bob] 3 > 2 = Bob; Ann 4 > 1 = Bob",
			"Dan cannot read what Bob says": "Dan [Bob] 1 = Bob; Bob [Ann] 2 > 1 = Ann; Ann [everyone] 3 > 2 = Bob",
			"nobody else speaks":            "Ann 1 =; Ann 2 > 1 =",
		} {
			ids := map[string]string{}
			for line := range strings.SplitSeq(lines, "; ") {
				said, meant, _ := strings.Cut(line, "=")
				words := strings.Fields(said)
				req := chat.SendRequest{Token: seats[words[0]].Token, Text: name + line}
				if to, private := strings.CutPrefix(words[1], "["); private {
					req.To, words = []string{strings.Trim(to, "]")}, words[1:]
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

// Ann hears once that Bob does not answer soon, until Bob has called again.
func TestSend_thatNamesTheAbsent_saysSoOnce(t *testing.T) {
	onFiles(t, func(t *testing.T, services ...*world) {
		w, other := services[0], services[len(services)-1]
		p := w.trio()
		says := func(what string, req chat.SendRequest, want chat.Absent) {
			t.Helper()
			w.clock.Advance(time.Minute)
			req.Token, req.Text = p.ann.Token, cmp.Or(req.Text, what)
			got := w.sends(req).Absent
			if got == nil {
				got = &chat.Absent{}
			}
			if *got != want {
				t.Errorf("%s: %+v, want %+v", what, *got, want)
			}
		}
		bob := chat.SendRequest{Ask: []string{"Bob"}}
		says("he has just joined", bob, chat.Absent{})
		w.clock.Advance(10 * time.Minute)
		says("he is silent for 12 minutes", bob, chat.Absent{Silent: 1})
		says("again", chat.SendRequest{To: []string{"Bob"}}, chat.Absent{})
		says("with Cid", chat.SendRequest{Text: "@Bob and @Cid?"}, chat.Absent{Silent: 1})
		says("nobody is named", chat.SendRequest{}, chat.Absent{})
		looksIn := func(absence chat.Absence) {
			t.Helper()
			if _, err := other.Wait(t.Context(),
				withCursor(chat.WaitRequest{Token: p.bob.Token, Absence: absence})); err != nil {
				t.Fatal(err)
			}
		}
		looksIn(away(time.Hour))
		says("he is away", bob, chat.Absent{Away: 1})
		says("and again", bob, chat.Absent{})
		says("a proposal asks all", chat.SendRequest{Kind: room.Proposal}, chat.Absent{})
		w.manage(p.ann.Token, room.Mute, "Bob", chat.StatusMuted)
		says("he is muted", chat.SendRequest{Text: "@Bob?"}, chat.Absent{Mute: 1})
		says("is he?", chat.SendRequest{Text: "@Bob!"}, chat.Absent{})
		w.manage(p.ann.Token, room.Unmute, "Bob", chat.StatusUnmuted)
		w.clock.Advance(time.Hour)
		says("he is silent again", bob, chat.Absent{Silent: 1})
		looksIn(chat.Absence{})
		w.clock.Advance(time.Hour)
		says("he has looked in, and is silent for an hour", bob, chat.Absent{Silent: 1})
		says("who votes for tea?", chat.SendRequest{Kind: room.Proposal}, chat.Absent{Silent: 1})
		says("or coffee?", chat.SendRequest{Kind: room.Proposal}, chat.Absent{})
	})
}
