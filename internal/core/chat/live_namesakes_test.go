package chat_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
)

// Two agents of one name are alive. Each makes no call for three minutes at a time, as
// one does that waits for its user's consent, and joins under its name whenever it finds
// its seat gone, although it is told to choose another. The seat of one principal changes
// hands at most once in fifteen minutes, and that of none not at all.
func TestNamesakes_bothAlive_doNotEvictEachOther(t *testing.T) {
	none := func(w *world) context.Context { return w.t.Context() }
	for most, ctx := range map[int]func(w *world) context.Context{4: (*world).local, 0: none} {
		t.Run(fmt.Sprintf("at most %d times", most), func(t *testing.T) {
			w := newWorld(t)
			w.enter(chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: 4})
			tokens, evictions := [2]string{w.joinAs(ctx(w), "plans", "Claude").Token}, 0
			w.look(tokens[0], "")
			for round := range 20 { // an hour
				w.clock.Advance(3 * time.Minute)
				i := (round + 1) % 2
				_, err := w.Wait(t.Context(), chat.WaitRequest{Token: tokens[i]})
				if err == nil {
					continue
				}
				if tokens[i] != "" {
					tokens[i], evictions = "", evictions+1
					says(t, err, fault.TokenInvalid, "an agent of the same user")
				}
				if got, err := w.JoinRoom(ctx(w), chat.JoinRequest{Room: "plans", AgentName: "Claude"}); err == nil {
					tokens[i] = got.Token
					w.look(got.Token, "")
				} else if fault.CodeOf(err) != fault.NameTaken {
					t.Fatal(err)
				}
			}
			if evictions > most {
				t.Errorf("%d evictions in an hour", evictions)
			}
		})
	}
}

// As long as both make calls, neither gets the other's seat, however long.
func TestNamesakes_bothCall_keepWhatTheyHave(t *testing.T) {
	w := newWorld(t)
	w.enter(chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: 4})
	one, two := w.joinAs(w.local(), "plans", "Claude"), w.joinAs(w.local(), "plans", "Claude 2")
	for range 40 {
		w.clock.Advance(119 * time.Second)
		w.look(one.Token, "")
		w.look(two.Token, "")
		for _, name := range []string{"Claude", "Claude 2"} {
			w.refusal(w.local(), "plans", name, fault.NameTaken)
			w.refusal(t.Context(), "plans", name, fault.NameTaken)
		}
	}
}
