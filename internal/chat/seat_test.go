package chat_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
)

// TestLease_howLongASeatIsSafe fills a room, lets Bob do something, and finds
// out when a stranger may have his seat.
func TestLease_howLongASeatIsSafe(t *testing.T) {
	wait := func(w *world, bob chat.Seated, d time.Duration) {
		got := w.open(t.Context(), chat.WaitRequest{Token: bob.Token, Wait: d}, 1)
		w.clock.Advance(d)
		take(t, got)
	}
	for _, c := range []struct {
		what string
		does func(w *world, bob chat.Seated)
		safe time.Duration // from the end of does
	}{
		{"has never used its token", func(*world, chat.Seated) {}, 90 * time.Second},
		{"looked in", func(w *world, bob chat.Seated) { w.look(bob.Token, "") }, 15 * time.Minute},
		{"spoke", func(w *world, bob chat.Seated) { w.say(bob.Token, "hello") }, 15 * time.Minute},
		{"returned", func(w *world, bob chat.Seated) { w.enter(chat.JoinRequest{Token: bob.Token}) }, 15 * time.Minute},
		{"read history", func(w *world, bob chat.Seated) { w.history(bob.Token, chat.HistoryRequest{}) }, 15 * time.Minute},
		{"looked at the room", func(w *world, bob chat.Seated) { w.info(bob.Token) }, 15 * time.Minute},
		{"waited", func(w *world, bob chat.Seated) { wait(w, bob, chat.MaxWait) }, 15 * time.Minute},
		{"spoke, then waited", func(w *world, bob chat.Seated) {
			w.say(bob.Token, "hello")
			wait(w, bob, chat.MaxWait)
		}, 15 * time.Minute},
		{"spoke again, minutes later", func(w *world, bob chat.Seated) {
			w.say(bob.Token, "hello")
			w.clock.Advance(4 * time.Minute)
			w.say(bob.Token, "are you there?")
		}, 15 * time.Minute},
		{"said when it will be back", func(w *world, bob chat.Seated) {
			if _, err := w.Wait(t.Context(), chat.WaitRequest{Token: bob.Token, BackIn: 2 * time.Hour}); err != nil {
				t.Fatal(err)
			}
		}, 2*time.Hour + 15*time.Minute},
	} {
		t.Run(c.what, func(t *testing.T) {
			w := newWorld(t)
			w.join("plans", "Ann")
			c.does(w, w.join("plans", "Bob"))
			for _, w := range []*world{w, w.elsewhere()} {
				_, err := w.tryJoin("plans", "Cid")
				waitsFor(t, err, fault.RoomFull, c.safe)
			}
			w.clock.Advance(c.safe - time.Second)
			_, err := w.tryJoin("plans", "Cid")
			waitsFor(t, err, fault.RoomFull, time.Second)
			w.clock.Advance(time.Second)
			w.join("plans", "Cid")
		})
	}
}

func TestLease_ofAnAdmin_lastsADay(t *testing.T) {
	w := newWorld(t)
	p := w.pair() // Ann has used her token
	w.clock.Advance(24*time.Hour - time.Second)
	w.look(p.bob.Token, "")
	_, err := w.tryJoin("plans", "Cid")
	waitsFor(t, err, fault.RoomFull, time.Second)
	w.clock.Advance(time.Second)
	cid := w.join("plans", "Cid")
	same(t, "Bob hears", lines(w.look(p.bob.Token, p.bob.Cursor).Messages), []string{"knock Cid", "left Ann (timeout)", "joined Cid"})
	same(t, "seats", seats(cid.Room), []string{"Bob (admin)", "Cid (member)"})
}

func TestLease_endsWithinASecond_saysSo(t *testing.T) {
	w := newWorld(t)
	w.clock.Advance(500 * time.Millisecond)
	w.pair()
	w.clock.Advance(90*time.Second + 100*time.Millisecond) // items live until whole seconds
	_, err := w.tryJoin("plans", "Cid")
	waitsFor(t, err, fault.RoomFull, time.Second)
	w.clock.Advance(400 * time.Millisecond)
	w.join("plans", "Cid")
}

func TestTakeover_stalestOfTheSeatsWhoseLeaseIsOver_isTaken(t *testing.T) {
	w := newWorld(t)
	w.enter(chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: 4})
	tokens := map[string]string{}
	for _, name := range []string{"Bob", "Cid", "Dora"} {
		tokens[name] = w.join("plans", name).Token
	}
	for _, name := range []string{"Dora", "Bob", "Cid"} { // heard of in this order
		w.look(tokens[name], "")
		w.clock.Advance(time.Minute)
	}
	w.clock.Advance(15 * time.Minute)
	same(t, "Eve comes", seats(w.join("plans", "Eve").Room), []string{"Ann (admin)", "Bob (member)", "Cid (member)", "Eve (member)"})
	same(t, "Fay comes", seats(w.join("plans", "Fay").Room), []string{"Ann (admin)", "Cid (member)", "Eve (member)", "Fay (member)"})
}

func TestTakeover_isToldAsALeavingAndAComing(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.clock.Advance(90 * time.Second)
	cid := w.join("plans", "Cid")
	same(t, "Ann hears", lines(w.look(p.ann.Token, p.ann.Cursor).Messages), []string{"left Bob (timeout)", "joined Cid"})
	if cid.Token[7:10] == p.bob.Token[7:10] {
		t.Error("the seat is the old one")
	}
	for _, w := range []*world{w, w.elsewhere()} {
		_, err := w.Wait(t.Context(), chat.WaitRequest{Token: p.bob.Token})
		wants(t, err, fault.Removed)
		if got := fmt.Sprint(err); got != "removed: Your seat was given to another agent, because you were silent for too long. Call join_room with room and agent_name to take a new one." {
			t.Errorf("Bob is told %q", got)
		}
		if got, err := w.LeaveRoom(t.Context(), p.bob.Token); got != chat.StatusAlreadyLeft || err != nil {
			t.Errorf("Bob leaves: %q, %v", got, err)
		}
	}
}

func TestTakeover_ofARoomThatIsNotFull_doesNotHappen(t *testing.T) {
	w := newWorld(t)
	w.enter(chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: 3})
	w.join("plans", "Bob")
	w.clock.Advance(48 * time.Hour)
	same(t, "seats", seats(w.join("plans", "Cid").Room), []string{"Ann (admin)", "Bob (member)", "Cid (member)"})
}

func TestAgents_stateAndSilence_areSeen(t *testing.T) {
	w := newWorld(t)
	w = onTable(t, w.clock, w.table, chat.Options{})
	there := onTable(t, w.clock, w.table, chat.Options{})
	p := w.pair()
	bob := func(w *world) chat.Agent { return w.info(p.ann.Token).Room.Agents[1] }
	for _, w := range []*world{w, there} {
		w.clock.Advance(30 * time.Second)
		if got := bob(w); got.State != chat.Silent || got.Idle == 0 {
			t.Errorf("after the join Bob is %+v", got)
		}
	}
	open := w.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: time.Minute}, 2)
	for _, w := range []*world{w, there} {
		if got := bob(w); got.State != chat.Waiting || got.Idle != 0 {
			t.Errorf("in a wait Bob is %+v", got)
		}
	}
	w.clock.Advance(time.Minute)
	take(t, open)
	if _, err := w.Wait(t.Context(), chat.WaitRequest{Token: p.bob.Token, BackIn: 10 * time.Minute}); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(4 * time.Minute)
	for _, w := range []*world{w, there} {
		if got := bob(w); got.State != chat.Away || got.BackIn != 6*time.Minute || got.Idle != 4*time.Minute {
			t.Errorf("while away Bob is %+v", got)
		}
	}
	there.look(p.bob.Token, "") // of another process, which has not heard of it
	for _, w := range []*world{w, there} {
		if got := bob(w); got.State != chat.Away || got.BackIn != 6*time.Minute || got.Idle != 0 {
			t.Errorf("having looked in Bob is %+v", got)
		}
	}
	w.say(p.bob.Token, "back again")
	for _, w := range []*world{w, there} {
		if got := bob(w); got.State != chat.Silent || got.Idle != 0 {
			t.Errorf("back again Bob is %+v", got)
		}
	}
}

// TestAgents_waiting_isOverWhenThereIsNews: who waits in another process is on
// its way back once something was said.
func TestAgents_waiting_isOverWhenThereIsNews(t *testing.T) {
	w := newWorld(t)
	w = onTable(t, w.clock, w.table, chat.Options{})
	there := onTable(t, w.clock, w.table, chat.Options{})
	p := w.pair()
	ctx, cancel := context.WithCancel(t.Context())
	open := w.open(ctx, chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: time.Minute}, 2)
	if got := there.info(p.ann.Token).Room.Agents[1].State; got != chat.Waiting {
		t.Errorf("in his wait Bob is %s", got)
	}
	there.say(p.ann.Token, "hello")
	if got := there.info(p.ann.Token).Room.Agents[1].State; got != chat.Silent {
		t.Errorf("spoken to, Bob is %s", got)
	}
	cancel()
	<-open
}

// TestAgents_waitGivenUp_isOver: whose client has gone is not waited for.
func TestAgents_waitGivenUp_isOver(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	ctx, cancel := context.WithCancel(t.Context())
	open := w.open(ctx, chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: time.Minute}, 1)
	if got := w.info(p.ann.Token).Room.Agents[1].State; got != chat.Waiting {
		t.Errorf("in his wait Bob is %s", got)
	}
	cancel()
	<-open
	if got := w.info(p.ann.Token).Room.Agents[1].State; got != chat.Silent {
		t.Errorf("having given it up Bob is %s", got)
	}
}
