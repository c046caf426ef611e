package chat_test

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/chat"
)

// Bob says that he will be back in an hour. A minute later he makes a call.
func TestAbsence_endsOnlyWithAWaitOfItsAgentOrByItsWord(t *testing.T) {
	for what, c := range map[string]struct {
		calls func(w *world, bob chat.Seated)
		ends  bool
		state chat.AgentState // "" if it does not matter
	}{
		"a message that waits": {func(w *world, bob chat.Seated) {
			go func() {
				_, _ = w.send(chat.SendRequest{Token: bob.Token, Text: "one thing more", Wait: 40 * time.Second})
			}()
			await(w.t, "the wait", func() bool { return w.watch.count(40*time.Second) > 0 })
		}, false, ""},
		"a shell line": {func(w *world, bob chat.Seated) { w.shell(bob) }, false, chat.AgentStandby},
		"a wait":       {func(w *world, bob chat.Seated) { w.hold(bob) }, true, chat.AgentWaiting},
		"a wait that announces another": {func(w *world, bob chat.Seated) {
			w.open(w.t.Context(), chat.WaitRequest{Token: bob.Token, Cursor: bob.Cursor, Wait: time.Minute,
				Absence: away(59 * time.Minute)})
		}, false, ""},
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t)
			p := w.pair()
			w.leaves(p.bob, time.Hour)
			w.clock.Advance(time.Minute)
			c.calls(w, p.bob)
			for _, w := range []*world{w, w.elsewhere()} {
				if got := agentIn(t, w.info(p.ann.Token).Room, "Bob"); (got.BackIn == 0) != c.ends ||
					c.state != "" && got.State != c.state {
					t.Errorf("Ann sees %+v", got)
				}
			}
		})
	}
}

func TestFirstWait_afterIt_theNextOneWaits(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.leaves(p.bob, 10*time.Minute)
	first, err := w.Wait(t.Context(), chat.WaitRequest{Token: p.ann.Token, Cursor: p.ann.Cursor, Wait: time.Minute})
	if err != nil || !first.AloneNow {
		t.Fatalf("got %+v, %v", first, err)
	}
	next := w.open(t.Context(), chat.WaitRequest{Token: p.ann.Token, Cursor: first.Cursor, Wait: time.Minute})
	w.pass(59 * time.Second)
	w.stillWaits("Ann", next) // nor is she given the turn, since nobody would hear her
	w.pass(time.Second)
	got := take(t, next)
	if got.AloneNow || !read(t, p.ann.Token, got.Cursor).ToldAlone {
		t.Errorf("the next wait gets %+v", got)
	}
	w.say(p.bob.Token, "I am here after all")
	got = w.look(p.ann.Token, got.Cursor)
	if read(t, p.ann.Token, got.Cursor).ToldAlone {
		t.Error("the cursor remembers it although Bob has spoken")
	}
}

func TestFirstWait_allOthersHaveLeft_returnsAtOnceAsAllDone(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.leave(p.bob.Token)
	cursor := w.look(p.ann.Token, p.ann.Cursor).Cursor
	first, err := w.Wait(t.Context(), chat.WaitRequest{Token: p.ann.Token, Cursor: cursor, Wait: time.Minute})
	if err != nil || first.Status != chat.StatusAllDone || !first.AloneNow {
		t.Fatalf("got %+v, %v", first, err)
	}
	next := w.open(t.Context(), chat.WaitRequest{Token: p.ann.Token, Cursor: first.Cursor, Wait: time.Minute})
	w.stillWaits("Ann", next)
	w.join("plans", "Cid")
	wantStatus(t, "Ann", take(t, next), chat.StatusMessages)
}

func TestFirstWait_unlessAllOthersAreAway_waits(t *testing.T) {
	for what, c := range map[string]struct {
		cid      func(w *world, p company) // Bob is away
		noCursor bool
	}{
		"one is busy": {cid: func(w *world, p company) { w.look(p.cid.Token, p.cid.Cursor) }},
		"one waits":   {cid: func(w *world, p company) { w.hold(p.cid) }},
		// it may answer
		"one is on standby": {cid: func(w *world, p company) { w.leaves(p.cid, time.Hour); w.shell(p.cid) }},
		"without a cursor":  {cid: func(w *world, p company) { w.leaves(p.cid, time.Hour) }, noCursor: true},
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t)
			p := w.company()
			w.leaves(p.bob, 10*time.Minute)
			c.cid(w, p)
			if c.noCursor {
				w.look(p.ann.Token, w.look(p.ann.Token, "").Cursor)
				p.ann.Cursor = ""
			}
			w.stillWaits("Ann", w.hold(p.ann)[0])
		})
	}
	w := newWorld(t)
	w.stillWaits("Ann, who was always alone", w.hold(w.join("plans", "Ann"))[0])
}
