package lambdatest_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/parley-chat/parley/internal/testkit/lambdatest"
)

const chaosWait = 5 // seconds; six instances serve more agents than that

// talker is an agent that obeys next: it answers some of what it reads, speaks when it
// has the turn, and repeats calls whose answers were lost.
type talker struct {
	*chaos
	room string
	name string
	loud bool // it speaks all the time, and soon leaves a call that hangs
	rng  *rand.Rand
	seat result

	said  []string // texts that were confirmed
	seen  []message
	known map[string]bool // ids in seen
	last  string          // the id of the last message that it knows, its own included
	times []time.Duration // from the call that sends to the arrival, of messages in seen

	turns []turn

	lost, vanished, refused int
}

// turn is a your_turn that arrived.
type turn struct {
	who  string
	word string // the id of the last message that the agent knew
	at   time.Time
}

// patience is how long a loud talker stays at a call: less than the table may be held up.
const patience = 600 * time.Millisecond

// talk talks until the time is over, and then until its last text is confirmed. After a
// repetition it says something else at once: the call that it repeated may yet get through.
func (a *talker) talk(until time.Time) {
	text, speaks, repeats := "", a.loud, false
	for n := 0; !a.t.Failed() && (time.Now().Before(until) || text != ""); {
		if text == "" && (speaks || a.chance(0.03)) && time.Now().Before(until) {
			n++
			text = fmt.Sprintf("%s says in the room %s, for the %dth time: something of some length", a.name, a.room, n)
			a.spoken.Store(text, time.Now())
		}
		var got result
		var ok bool
		if text == "" {
			got, ok = a.call("wait_for_message", args{"wait_seconds": chaosWait}, a.leaves(0.15))
		} else {
			got, ok = a.call("send_message", args{"text": text}, a.leaves(0.1))
		}
		if !ok {
			a.spoken.Delete(text) // when it was said is unclear
			repeats = true
			continue // it repeats the call
		}
		if got.Sent {
			a.said = append(a.said, text)
			a.last, text = got.ID, ""
		}
		speaks, repeats = a.heed(got) || repeats || a.loud, text != "" && repeats
	}
}

// heed notes a turn, and says whether the agent speaks next.
func (a *talker) heed(got result) bool {
	switch {
	case got.Status == "your_turn":
		a.turns = append(a.turns, turn{a.name, a.last, time.Now()})
		return true
	case got.Status == "superseded" || got.Status == "removed":
		a.t.Errorf("%s in %s: its only wait ends with %s", a.name, a.room, got.Status)
	}
	return len(got.Messages) > 0 && a.chance(0.4)
}

func (a *talker) chance(p float64) bool { return a.rng.Float64() < p }

// leaves returns after how long the client leaves a call; 0: it stays.
func (a *talker) leaves(p float64) time.Duration {
	if a.loud && !a.over.Load() {
		return patience
	}
	if a.over.Load() || !a.chance(p) {
		return 0
	}
	return 300*time.Millisecond + rand.N(2*time.Second) // the invocation has begun by then
}

// call calls a tool and takes in what it brings. ok is false if the answer was lost.
func (a *talker) call(tool string, arguments args, leaves time.Duration) (got result, ok bool) {
	arguments["agent_token"], arguments["cursor"] = a.seat.AgentToken, a.seat.Cursor
	for {
		got, err := a.attempt(tool, arguments, leaves)
		switch {
		case errors.Is(err, lambdatest.ErrBusy), got.Code == "rate_limited":
			a.refused++
			a.pause()
			continue
		case err != nil, got.Code == "unavailable":
			a.lose(leaves > 0)
			a.pause()
			return result{}, false
		case got.Code != "":
			a.t.Errorf("%s in %s: %s: %+v", a.name, a.room, tool, got)
			return result{}, false
		}
		a.take(got)
		return got, true
	}
}

func (a *talker) attempt(tool string, arguments args, leaves time.Duration) (result, error) {
	ctx := a.t.Context()
	if leaves > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, leaves)
		defer cancel()
	}
	return tryWithin(ctx, a.t, a.client, tool, arguments)
}

// pause waits a little, as a client does that tries again.
func (a *talker) pause() { <-time.After(200*time.Millisecond + rand.N(400*time.Millisecond)) }

// lose notes that the answer of a call was lost.
func (a *talker) lose(left bool) {
	if left {
		a.vanished++
	} else {
		a.lost++
	}
}

// take takes in the messages of an answer.
func (a *talker) take(got result) {
	if got.Cursor != "" {
		a.seat.Cursor = got.Cursor
	}
	for _, m := range got.Messages {
		switch {
		case m.Type != "message":
		case a.known[m.ID]:
			a.t.Errorf("%s in %s: %q came twice", a.name, a.room, m.Text)
		default:
			a.known[m.ID] = true
			a.seen, a.last = append(a.seen, m), m.ID
			if at, ok := a.spoken.Load(m.Text); ok {
				a.times = append(a.times, time.Since(at.(time.Time)))
			}
		}
	}
}
