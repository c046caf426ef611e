package chat_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/view"
)

// An agent begins wait after wait, each while the one before is being answered.
func TestWait_manyForOneSeat_deliverEachMessageOnce(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	const words = 100
	var mu sync.Mutex
	received := map[string]int{}
	all := make(chan struct{})
	hear := func(messages []view.Message) {
		mu.Lock()
		defer mu.Unlock()
		for _, text := range texts(messages) {
			if received[text]++; len(received) == words {
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
	case <-time.After(20 * time.Second): // only lost messages get here
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
