package room_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/core/room"
)

// asked is how often a seat asks for something of one sort.
type asked struct {
	seat, n  int
	proposes bool
	private  bool
}

// asks has a seat ask Zoe once, and returns the event, or why it was refused.
func (l *timeline) asks(a asked, replyTo int64) (room.Event, error) {
	l.Helper()
	e := room.Event{Text: "well?", Kind: room.Request, Ask: []int{1}, ReplyTo: replyTo}
	if a.proposes {
		e.Kind = room.Proposal
	}
	if a.private {
		e.To = []int{1}
	}
	e, err := l.head.ProposeMessage(l.agent(a.seat), e, l.now)
	if err == nil {
		e = l.apply(e)
	}
	return e, err
}

// Seats 2 to 4 are guests of one invite, 5 and 6 are of one key, and all others are strangers.
//
// talk: requests.
func TestQuota_oneMore_isRefusedAndEndsNothing(t *testing.T) {
	const guest, other, third, key, same, bob = 2, 3, 4, 5, 6, 7
	const late = bob + 8 // has nothing open
	public := func(seat, n int) asked { return asked{seat, n, false, false} }
	private := func(seat, n int) asked { return asked{seat, n, false, true} }
	proposal := func(seat, n int) asked { return asked{seat, n, true, false} }
	var full, fullPrivate []asked
	for seat := bob; seat < late; seat++ {
		full, fullPrivate = append(full, public(seat, 4)), append(fullPrivate, private(seat, 4))
	}
	for what, c := range map[string]struct {
		open []asked
		more asked
		says string // "": it is sent
	}{
		"a twelfth": {[]asked{public(bob, 8), private(bob, 3)}, public(bob, 1), ""},
		"a thirteenth": {[]asked{public(bob, 8), private(bob, 4)}, public(bob, 1),
			"You have 12 requests"},
		"a fifth proposal": {[]asked{proposal(bob, 2), {bob, 2, true, true}}, proposal(bob, 1),
			"You have 4 proposals"},
		"a question beside four proposals": {[]asked{proposal(bob, 4)}, public(bob, 1), ""},
		"a fifth private one":              {[]asked{private(bob, 4)}, private(bob, 1), "You have 4 private"},
		"one to all beside four":           {[]asked{private(bob, 4)}, public(bob, 1), ""},
		"guests": {[]asked{public(guest, 11), public(other, 1)}, public(other, 1),
			"invite or key have 12 requests"},
		"a guest's first": {[]asked{public(guest, 12)}, public(other, 1), ""},
		"guests' proposals": {[]asked{proposal(guest, 4), public(other, 1)}, proposal(other, 1),
			"invite or key have 4 proposals"},
		"guests' private proposals": {[]asked{{guest, 4, true, true}, public(other, 1)}, proposal(other, 1), ""},
		"guests, in private":        {[]asked{private(guest, 4), private(other, 3)}, private(other, 1), ""},
		"guests, a ninth in private": {[]asked{private(guest, 4), private(other, 3), private(third, 1)},
			private(third, 1), "invite or key have 8 private requests"},
		"a key": {[]asked{public(key, 11), public(same, 1)}, public(same, 1),
			"invite or key have 12 requests"},
		"a full room":    {full, public(bob, 1), "32 requests are open"},
		"the private":    {full, private(bob, 1), ""},
		"its first one":  {full, proposal(late, 1), ""},
		"a full private": {fullPrivate, private(late, 1), ""},
		"a second private one, which tells no count beyond": {append(fullPrivate, private(late, 1)), private(late, 1),
			"32 private requests are open"},
	} {
		t.Run(what, func(t *testing.T) {
			l := newTimeline(t)
			for n := range late {
				l.join(fmt.Sprintf("Agent %c", 'A'+n))
			}
			for seat := guest; seat <= same; seat++ {
				agent := l.agent(seat)
				agent.Principal = "key:c"
				if seat <= third {
					agent.Invite = 7
				}
				l.apply(agent.Regain())
			}
			var last room.Event
			for _, a := range c.open {
				for range a.n {
					e, err := l.asks(a, 0)
					if err != nil {
						t.Fatalf("%+v: %v", a, err)
					}
					last = e
				}
			}
			before := l.head.Talk
			_, err := l.asks(c.more, 0)
			if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
				t.Fatalf("got %v, want %q", err, c.says)
			}
			if c.says == "" {
				return
			}
			if len(l.head.Talk.Open) != len(before.Open) {
				t.Error("the refusal changes the room")
			}
			if last.Kind == room.Proposal && c.more.proposes {
				if e, err := l.asks(c.more, last.N); err != nil || e.Replaces != last.N {
					t.Errorf("one in place of the last: %v", err)
				}
			}
			l.now = l.now.Add(room.DebtLife)
			if _, err := l.asks(c.more, 0); err != nil {
				t.Errorf("a day later: %v", err)
			}
		})
	}
}
