package e2e

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
)

// forgetful is an agent that calls either of two programs and loses half of the answers. It goes on with the cursor of
// the last answer that it has.
type forgetful struct {
	t    *testing.T
	name string
	rng  *rand.Rand
	on   []talk // one client of each program
	seat seat
	text string // being said, until an answer says that it was sent; "": none
	said []string
	has  map[string]string // the text of each message that its cursor covers, by id
	lost int
	back int // messages that came again with a return
}

// call makes a call of a program at random. ok is false if the answer is lost.
func (a *forgetful) call(tool string, more args) (got answer, ok bool) {
	arguments := args{"agent_token": a.seat.token}
	for key, value := range more {
		arguments[key] = value
	}
	got, err := a.on[a.rng.IntN(len(a.on))].c.call(a.t.Context(), tool, arguments)
	switch {
	case err != nil || got.Code != "" && got.Code != "rate_limited":
		a.t.Errorf("%s: %s: %s %s, %v", a.name, tool, got.Code, got.Message, err)
	case a.rng.IntN(2) == 0:
		a.lost++
		return got, false
	}
	return got, got.Code == ""
}

// step does one thing at random.
func (a *forgetful) step(i int) {
	switch n := a.rng.IntN(10); {
	case n < 5:
		if a.text == "" {
			a.text = fmt.Sprint("word ", i, " of ", a.name)
		}
		sent := args{"text": a.text, "idempotency_key": a.text}
		if n < 4 {
			sent["cursor"] = a.seat.cursor
		}
		if got, ok := a.call("send_message", sent); ok {
			a.takes("send_message", got)
			if got.Sent {
				a.said, a.text = append(a.said, a.text), ""
			}
		}
	case n < 8:
		a.waits()
	default:
		if got, ok := a.call("join_room", nil); ok {
			a.takes("join_room", got)
		}
	}
}

func (a *forgetful) waits() (heard bool) {
	got, ok := a.call("wait_for_message", args{"cursor": a.seat.cursor, "wait_seconds": 0})
	if ok {
		a.takes("wait_for_message", got)
	}
	return !ok || len(got.Messages) > 0
}

// takes takes an answer in. What the cursor covers comes again by join_room alone, and marked.
func (a *forgetful) takes(tool string, got answer) {
	for _, m := range got.Messages {
		if m.Type != "message" || m.From == a.name {
			continue
		}
		if _, covered := a.has[m.ID]; covered {
			a.back++
			if tool != "join_room" || !m.Repeated {
				a.t.Errorf("%s: %s brings %q again, marked %t", a.name, tool, m.Text, m.Repeated)
			}
		}
		a.has[m.ID] = m.Text
	}
	if got.Cursor != "" {
		a.seat.cursor = got.Cursor
	}
}

func TestDynamoDB_answersOfTwoProgramsAreLost_noWordIsLostOrComesAgain(t *testing.T) {
	const steps = 150
	one, other := startPair(t)
	var agents []*forgetful
	for i, name := range []string{"Ann", "Bob", "Cid"} {
		a := &forgetful{t: t, name: name, rng: rand.New(rand.NewPCG(3, uint64(i))), has: map[string]string{},
			on: []talk{{t, openGo(t, one.url, modernProtocol)}, {t, openGo(t, other.url, modernProtocol)}}}
		if i == 0 {
			made := a.on[0].ok("create_room", args{"room": "the bridge", "agent_name": name, "capacity": 3})
			a.seat = seat{made.AgentToken, made.Cursor}
		} else {
			a.seat = a.on[0].join("the bridge", name)
		}
		agents = append(agents, a)
	}
	var all sync.WaitGroup
	for _, a := range agents {
		all.Go(func() {
			for i := 0; i < steps || a.text != ""; i++ {
				a.step(i)
			}
		})
	}
	all.Wait()
	for _, a := range agents {
		for a.waits() {
		}
	}
	for _, a := range agents {
		var want []string
		for _, b := range agents {
			if b != a {
				want = append(want, b.said...)
			}
		}
		slices.Sort(want)
		got := slices.Sorted(maps.Values(a.has))
		if !slices.Equal(got, want) {
			t.Errorf("%s has %q, and %q was said", a.name, got, want)
		}
		t.Logf("%s: %d answers lost, %d messages heard, %d of them again", a.name, a.lost, len(a.has), a.back)
	}
}
