package chat_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
)

// TestWait_manyOfOneSeatAtOnce has an agent begin wait upon wait, each while the
// one before is being answered: every message is handed out, by one of them.
func TestWait_manyOfOneSeatAtOnce_handOutEachMessageOnce(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	const words = 100
	var mu sync.Mutex
	heard := map[string]int{}
	all := make(chan struct{})
	hear := func(messages []chat.Message) {
		mu.Lock()
		defer mu.Unlock()
		for _, text := range texts(messages) {
			if heard[text]++; len(heard) == words {
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
	case <-time.After(20 * time.Second): // only lost words get here
		t.Error("words were lost")
	}
	w.Stop() // the last wait need not run out
	waiters.Wait()
	for text, n := range heard {
		if n != 1 {
			t.Errorf("%q was handed out %d times", text, n)
		}
	}
}
