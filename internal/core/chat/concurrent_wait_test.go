package chat_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/chat"
)

// An agent begins wait after wait, each while the one before is being answered.
func TestWait_manyForOneSeat_deliverEachMessageOnce(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	const words = 100
	var mu sync.Mutex
	received := map[string]int{}
	all := make(chan struct{})
	hear := func(messages []chat.Message) {
		mu.Lock()
		defer mu.Unlock()
		for _, m := range messages {
			if m.Repeated {
				continue
			}
			received[m.Text]++
			if len(received) == words {
				select {
				case <-all:
				default:
					close(all)
				}
			}
		}
	}
	var waiters sync.WaitGroup
	for range 4 {
		waiters.Go(func() {
			for {
				got, err := w.Wait(t.Context(), chat.WaitRequest{Token: p.bob.Token, Wait: 10 * time.Second})
				if err != nil {
					t.Error(err)
					return
				}
				hear(got.Messages)
				select {
				case <-all:
					return
				default:
				}
			}
		})
	}
	for i := range words {
		w.say(p.ann.Token, fmt.Sprintf("word %d", i))
	}
	select {
	case <-all:
	case <-time.After(chat.Patience): // only lost messages get here
		t.Error("messages were lost")
	}
	w.Stop() // ends the last waits
	waiters.Wait()
	for text, n := range received {
		if n != 1 {
			t.Errorf("%q was handed out %d times", text, n)
		}
	}
}

func TestWait_newerWaitOfTheSeat_endsTheOlderOne(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	older := w.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Wait: time.Minute})
	newer := w.waiting(t.Context(), chat.WaitRequest{Token: p.bob.Token, Wait: time.Minute})
	if got := take(t, older); got.Status != chat.StatusSuperseded || len(got.Messages) != 0 {
		t.Fatalf("the older got %+v", got)
	}
	w.say(p.ann.Token, "for the newer")
	if got := take(t, newer); !slices.Equal(texts(got.Messages), []string{"for the newer"}) {
		t.Fatalf("the newer got %+v", got)
	}
}

// A program on standby must not end the wait of the agent that it stands in for.
func TestWait_programOfTheSeat_givesWayToTheAgent(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	shell := w.shell(p.bob)
	agent := w.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: time.Minute})
	wantStatus(t, "the program", take(t, shell), chat.StatusSuperseded)
	wantStatus(t, "a later one", take(t, w.shell(p.bob)), chat.StatusSuperseded)
	w.say(p.ann.Token, "for the agent")
	same(t, "the agent receives", texts(take(t, agent).Messages), []string{"for the agent"})
}

// A Lambda function does not learn that a client has left, and neither does it see the
// waits of other processes. So whoever holds a token holds only the youngest wait of it
// for longer than a minute.
func TestWait_youngerWaitInAnotherProcess_endsTheOlderOneWithinAMinute(t *testing.T) {
	for _, c := range []struct{ older, younger, ends bool }{ // whether a program on standby waits
		{false, false, true}, {true, false, true}, {true, true, true}, {false, true, false},
	} {
		t.Run(fmt.Sprintf("%t %t", c.older, c.younger), func(t *testing.T) {
			w := newWorld(t)
			one, two := w.another(), w.another()
			p := one.pair()
			wait := func(w *world, standby bool) <-chan answer {
				return w.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Standby: standby,
					Wait: 10 * time.Minute})
			}
			older := wait(one, c.older)
			w.clock.Advance(time.Second)
			younger := wait(two, c.younger)
			w.pass(65 * time.Second)
			if c.ends {
				wantStatus(t, "the older", take(t, older), chat.StatusSuperseded)
			} else {
				one.stillWaits("the older", older)
			}
			w.pass(90 * time.Second)
			two.stillWaits("the younger", younger)
		})
	}
}
