package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

const (
	callCrashes     = 5
	soakCallCrashes = 200
)

// calledWithin is how soon after its start the program has called every agent that has unread news.
const calledWithin = 5 * time.Second

func TestCrash_whileAgentsAreCalled_eachWithNewsIsCalledAfterwards(t *testing.T) {
	if longest := crashWhileCalling(t, callCrashes); longest > patience {
		t.Errorf("an agent was called %v after the program was there again", longest)
	}
}

func TestSoak_crashesWhileAgentsAreCalled_eachWithNewsIsCalledAfterwards(t *testing.T) {
	soak(t)
	if longest := crashWhileCalling(t, soakCallCrashes); longest > calledWithin {
		t.Errorf("an agent was called %v after the program was there again", longest)
	}
}

// crashWhileCalling kills the program again and again while agents are called and read. It returns the longest time
// after which an agent with unread news was called once the program was there again.
func crashWhileCalling(t *testing.T, times int) (longest time.Duration) {
	p := start(t)
	var pairs []*calledPair
	c := talk{t, openGo(t, p.url, modernProtocol)}
	for n := range 6 {
		pairs = append(pairs, newCalledPair(t, c, p.url, fmt.Sprint("booth ", n)))
	}
	waited := 0
	for range times {
		c := openGo(t, p.url, modernProtocol)
		live(t, 80*time.Millisecond, p.kill, func(l *life) {
			for _, x := range pairs {
				l.parts.Go(func() { x.speakUntilLost(l, c) })
				l.parts.Go(func() { x.readUntilLost(l, c) })
			}
		})
		p.again()
		began := time.Now()
		c = openGo(t, p.url, modernProtocol)
		for _, calls := range []bool{false, true} { // first those of whom nobody says anything new
			for _, x := range pairs {
				if calls == (x.unsaid || x.unread) {
					x.repeat(t, c)
					if x.hasNews() {
						waited++
					}
					await(t, "the agent in "+x.room+" is called for what is unread",
						func() bool { return !x.hasNews() || x.isCalled() })
				}
			}
		}
		longest = max(longest, time.Since(began))
	}
	said, calls := 0, 0
	for _, x := range pairs {
		said, calls = said+x.said, calls+len(x.ids)
	}
	t.Logf("killed %d times: %d messages, %d wakes; %d times news were unread, and called within %v of the start",
		times, said, calls, waited, longest.Round(time.Millisecond))
	if calls < times || waited < times/2 {
		t.Errorf("%d wakes and %d times unread news: the kills met a program that had nothing to do", calls, waited)
	}
	return longest
}

// calledPair is two agents in a room: one speaks in numbered words, the other is called and reads.
type calledPair struct {
	room            string
	speaker, reader seat
	g               *chatGPT
	said            int  // words that were acknowledged
	unsaid, unread  bool // a word or a read has had no answer

	mu    sync.Mutex
	heard int             // words that the reader was handed
	ids   map[string]bool // of the calls
	fresh bool            // since the reader last began to read there was a call with a new id
	wake  chan struct{}
}

func newCalledPair(t *testing.T, c talk, url, room string) *calledPair {
	x := &calledPair{room: room, g: newChatGPT(t), ids: map[string]bool{}, wake: make(chan struct{}, 1)}
	x.reader, x.speaker = c.join(room, "Bob"), c.join(room, "Ann")
	c.listen(&x.reader)
	x.g.subscribe(url, x.reader.token)
	go x.hear(t.Context())
	return x
}

// hear takes the calls until the test ends.
func (x *calledPair) hear(ctx context.Context) {
	for {
		select {
		case c := <-x.g.calls:
			x.mu.Lock()
			x.fresh = x.fresh || !x.ids[c.EventID]
			x.ids[c.EventID] = true
			x.mu.Unlock()
			select {
			case x.wake <- struct{}{}:
			default:
			}
		case <-ctx.Done():
			return
		}
	}
}

func (x *calledPair) hasNews() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.heard < x.said
}

func (x *calledPair) isCalled() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.fresh
}

// speak says the next word; without an error it was acknowledged.
func (x *calledPair) speak(ctx context.Context, c client) error {
	a, err := c.call(ctx, "send_message", args{"agent_token": x.speaker.token, "cursor": x.speaker.cursor,
		"wait_seconds": 0, "text": fmt.Sprintf("Word %d.", x.said+1), "idempotency_key": fmt.Sprint("word ", x.said+1)})
	x.unsaid = err != nil
	if x.unsaid {
		return err
	}
	if !a.Sent {
		return fmt.Errorf("word %d was answered %+v", x.said+1, a)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.said++
	x.speaker.cursor = a.Cursor
	return nil
}

// speakUntilLost says some words, or fewer if the program is gone.
func (x *calledPair) speakUntilLost(l *life, c client) {
	for left := rand.IntN(20); left > 0 && x.speak(l.ctx, c) == nil; left-- {
		l.begun()
	}
}

// read is what the agent does that was called.
func (x *calledPair) read(ctx context.Context, c client) error {
	x.mu.Lock()
	x.fresh = false
	x.mu.Unlock()
	for {
		a, err := c.call(ctx, "wait_for_message", args{"agent_token": x.reader.token, "cursor": x.reader.cursor,
			"wait_seconds": 0})
		x.unread = err != nil
		if x.unread {
			return err
		}
		if a.Code != "" {
			return fmt.Errorf("a read was answered %+v", a)
		}
		x.mu.Lock()
		x.reader.cursor = a.Cursor
		for _, m := range a.Messages {
			n := 0
			if _, err := fmt.Sscanf(m.Text, "Word %d.", &n); err == nil {
				x.heard = max(x.heard, n)
			}
		}
		x.mu.Unlock()
		if !a.HasMore {
			return nil
		}
	}
}

// readUntilLost reads when it is called, until the program is gone. Now and then it does not; then it reads in the next
// life of the program, or in a later one.
func (x *calledPair) readUntilLost(l *life, c client) {
	if x.hasNews() && rand.IntN(4) > 0 && x.read(l.ctx, c) != nil {
		return
	}
	for {
		select {
		case <-x.wake:
			if rand.IntN(8) > 0 && x.read(l.ctx, c) != nil {
				return
			}
		case <-l.lost:
			return
		}
	}
}

// repeat does again what had no answer.
func (x *calledPair) repeat(t *testing.T, c client) {
	t.Helper()
	if x.unread {
		if err := x.read(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	if x.unsaid {
		if err := x.speak(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
}
