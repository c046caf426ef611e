package chat_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// A result that reports Cid's join must list Cid. The service is new and has loaded the
// last 25 events.
func TestRoster_joinDuringTheWait_matchesTheMessages(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	ann := w.enter(chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: 5})
	bob := w.join("plans", "Bob")
	for i := range 30 {
		w.say(bob.Token, fmt.Sprintf("message %d", i))
	}
	reads := 0
	l := &tabletest.Hooks{Table: w.table, Before: func(_ context.Context, c tabletest.Call) error {
		if c.Range.Prefix == "LOG#" {
			reads++
			if reads == 2 { // after the load, before the wait reads new events
				w.join("plans", "Cid")
			}
		}
		return nil
	}}
	late := &world{t: t, clock: w.clock, table: l, Service: chat.New(l, chat.Options{Clock: hurriedClock{w.clock}})}
	got := late.look(ann.Token, ann.Cursor)
	received := lines(got.Messages)
	if received[len(received)-1] != "joined Cid" {
		t.Fatalf("Cid joined too late for this test: %q", received)
	}
	if names := seats(chat.Room{Agents: got.Agents}); got.Situation.Others != 2 || len(names) != 3 {
		t.Errorf("the messages have Cid's join, but the roster has %d others and %q", got.Situation.Others, names)
	}
}

func TestRoster_quietResult_hasItOnlyAfterAChange(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	quiet := func() []chat.AgentView {
		t.Helper()
		got := w.look(p.ann.Token, p.ann.Cursor)
		wantStatus(t, "Ann", got, chat.StatusQuiet)
		return got.Agents
	}
	if got := quiet(); got != nil {
		t.Errorf("unchanged, but listed again: %v", got)
	}
	w.look(p.bob.Token, p.bob.Cursor)
	w.clock.Advance(time.Minute)
	if got := quiet(); got != nil {
		t.Errorf("listed after a minute of silence: %v", got)
	}
	if _, err := w.Wait(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor,
		Absence: away(10 * time.Minute)}); err != nil {
		t.Fatal(err)
	}
	if got := quiet(); len(got) != 2 || got[1].State != room.AgentAway {
		t.Errorf("Bob is away, but the result lists %v", got)
	}
	if got := quiet(); got != nil {
		t.Errorf("listed twice: %v", got)
	}
	w.clock.Advance(11 * time.Minute)
	if got := quiet(); len(got) != 2 || got[1].State != room.AgentSilent {
		t.Errorf("Bob is not back in time, but the result lists %v", got)
	}
}

func TestRoster_moreThanTenAgents_isTheirNumberAndWhoWaits(t *testing.T) {
	w := newWorld(t)
	var names []string
	for i := range 15 {
		names = append(names, fmt.Sprintf("Agent %02d", i))
	}
	all := w.crowd("hall", names...)
	for i := 2; i < 15; i++ {
		w.open(t.Context(), chat.WaitRequest{Token: all[i].Token, Cursor: all[i].Cursor, Wait: time.Minute})
	}
	w.leave(all.of("Agent 01").Token)
	shown := func(seated, waiting int) {
		t.Helper()
		got := w.look(all.of("Agent 00").Token, all.of("Agent 00").Cursor)
		if got.Seated != seated || got.AllWaiting != waiting || len(got.Agents) != 10 {
			t.Fatalf("%d seated, %d waiting, %d listed", got.Seated, got.AllWaiting, len(got.Agents))
		}
		for _, a := range got.Agents {
			if a.State != room.AgentWaiting || waiting > 0 && a.You {
				t.Errorf("%s is %s", a.Name, a.State)
			}
		}
	}
	shown(14, 13)
	for _, a := range all[12:] {
		w.leave(a.Token)
	}
	shown(11, 10)
	w.leave(all[11].Token)
	shown(10, 0) // all of them are listed
	w.Stop()
}

func TestPresence_consecutiveWaits_writeOncePerMinuteAtMost(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	var writes atomic.Int64 // of presence
	counter := &tabletest.Hooks{Table: w.table, Before: func(_ context.Context, c tabletest.Call) error {
		for _, op := range c.Ops {
			if strings.HasPrefix(op.Item.Key.Sort, "SEEN#") {
				writes.Add(1)
			}
		}
		return nil
	}}
	w = onTable(t, w.clock, counter, chat.Options{SingleProcess: true, MinBatch: 1})
	began := w.clock.Now()
	for _, seconds := range []int{20, 50, 7, 50, 29, 50, 50, 50} {
		d := time.Duration(seconds) * time.Second
		wait := w.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: d})
		w.clock.Advance(d)
		take(t, wait)
	}
	minutes := int64(w.clock.Since(began) / time.Minute)
	if got := writes.Load(); got > minutes+1 || got < minutes/2 {
		t.Errorf("presence was written %d times in %d minutes", got, minutes)
	}
}

// bob returns Bob as Ann sees him through each of these processes.
func (w *world) bob(p pair, others ...*world) (out []chat.AgentView) {
	w.t.Helper()
	for _, w := range append(others, w) {
		out = append(out, agentIn(w.t, w.info(p.ann.Token).Room, "Bob"))
	}
	return out
}

// wantState fails unless every process shows Bob so.
func (w *world) wantState(when string, p pair, there *world, want room.AgentState) {
	w.t.Helper()
	for i, a := range w.bob(p, there) {
		if a.State != want {
			w.t.Errorf("%s: process %d shows %s, want %s", when, i, a.State, want)
		}
	}
}

func TestPresence_states_followWhatTheAgentDoes(t *testing.T) {
	w := newWorld(t)
	here, there := w.another(), w.another()
	p := here.pair()
	here.wantState("after its join", p, there, room.AgentBusy)
	wait := here.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: 50 * time.Second})
	here.wantState("in a wait", p, there, room.AgentWaiting)
	here.pass(50 * time.Second)
	take(t, wait)
	here.pass(10 * time.Second)
	here.wantState("between two waits", p, there, room.AgentWaiting)
	here.pass(10 * time.Second)
	here.wantState("20 s after its wait", p, there, room.AgentBusy)
	here.pass(2 * time.Minute)
	here.wantState("two minutes after its wait", p, there, room.AgentSilent)
	wait = here.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: 50 * time.Second})
	here.pass(50 * time.Second)
	take(t, wait)
	here.leaves(p.bob, 10*time.Minute)
	here.wantState("away just after a wait", p, there, room.AgentAway)
	here.pass(10 * time.Minute)
	here.wantState("after its time", p, there, room.AgentSilent)
	wait = here.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: time.Minute,
		Standby: true})
	here.wantState("with a program in its place", p, there, room.AgentStandby)
	here.pass(time.Minute)
	take(t, wait)
	here.pass(10 * time.Second)
	here.wantState("before the program waits again", p, there, room.AgentStandby)
	here.pass(3 * time.Minute)
	here.wantState("after the program ended", p, there, room.AgentSilent)
}

func TestPresence_messageThatWakesAnAgent_leavesItWaitingForAMoment(t *testing.T) {
	w := newWorld(t)
	here, there := w.another(), w.another()
	p := here.pair()
	wait := here.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: longWait})
	here.say(p.ann.Token, "Milk?")
	woken := take(t, wait)
	here.pass(10 * time.Second)
	here.wantState("10 s after it was woken", p, there, room.AgentWaiting)
	here.pass(10 * time.Second)
	here.wantState("20 s after it was woken", p, there, room.AgentBusy)
	here.pass(2 * time.Minute)
	here.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: woken.Cursor, Wait: longWait})
	here.wantState("in a wait since what woke it", p, there, room.AgentWaiting)
}

func TestPresence_sends_showAtOnceInEveryProcess(t *testing.T) {
	for name, to := range map[string][]string{"message to all": nil, "private message": {"Ann"}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			here, there := w.another(), w.another()
			p := here.company()
			here.sends(chat.SendRequest{Token: p.bob.Token, Text: "I begin", Activity: "reading"})
			w.clock.Advance(3 * time.Minute) // too short for the send to write its presence
			here.sends(chat.SendRequest{Token: p.bob.Token, Text: "done with that", To: to})
			for _, w := range []*world{here, there} {
				got := agentIn(t, w.info(p.cid.Token).Room, "Bob")
				if got.State != room.AgentBusy || got.Idle != 0 || got.Activity != "" {
					t.Errorf("Cid sees %+v", got)
				}
			}
		})
	}
}

func TestActivity_isShownForAnHourOrUntilItsAgentSpeaks(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	doing := func(what string) {
		t.Helper()
		if _, err := w.Wait(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor,
			Activity: what}); err != nil {
			t.Fatal(err)
		}
	}
	shown := func(want string) {
		t.Helper()
		for _, other := range []*world{w, w.elsewhere()} {
			if got := agentIn(t, other.info(p.ann.Token).Room, "Bob").Activity; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
	}
	shown("")
	for _, text := range []string{"I begin", "again, from the top"} {
		w.sends(chat.SendRequest{Token: p.bob.Token, Text: text, Activity: "reading the tests"})
		shown("reading the tests")
		w.clock.Advance(time.Minute)
		w.say(p.bob.Token, "done with that, "+text)
		shown("")
	}
	doing("mending one")
	shown("mending one")
	w.look(p.bob.Token, p.bob.Cursor) // without an activity
	shown("mending one")
	for range 5 {
		w.clock.Advance(10 * time.Minute)
		w.look(p.bob.Token, p.bob.Cursor)
	}
	shown("mending one")
	w.clock.Advance(10 * time.Minute) // one hour since it was set
	w.look(p.bob.Token, p.bob.Cursor)
	shown("")
}

func TestWait_refused_showsNothing(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	for name, req := range map[string]chat.WaitRequest{
		"an activity, too long": {Activity: strings.Repeat("x", core.MaxActivity+1)},
		"with a token":          {Activity: "key " + p.ann.Token},
		"with controls":         {Activity: "a\x1b[2Jb"},
		"broken":                {Activity: "a\xff"},
		"away for too long":     {Absence: away(core.MaxBackIn + time.Minute)},
		"back before now":       {Absence: away(-time.Minute)},
	} {
		req.Token = p.bob.Token
		if _, err := w.Wait(t.Context(), req); fault.CodeOf(err) != fault.InvalidArgument {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := agentIn(t, w.info(p.ann.Token).Room, "Bob"); got.Activity != "" || got.BackIn != 0 {
		t.Errorf("shown: %+v", got)
	}
}

// A commit to a file takes up to two thousand notes, and each waits for its turn, however many
// agents begin to wait at once.
func TestPresence_ofAWaitOnAFile_isWrittenWithoutATimeOfItsOwn(t *testing.T) {
	notes := 0
	clock := clockwork.NewFakeClockAt(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	watched := &tabletest.Hooks{Table: sqlitetest.Open(t, clock),
		Before: func(ctx context.Context, c tabletest.Call) error {
			if len(c.Ops) == 1 && strings.HasPrefix(c.Ops[0].Item.Key.Sort, "SEEN#") {
				notes++
				if _, bounded := ctx.Deadline(); bounded {
					t.Error("a note has a time of its own, which a crowd may take")
				}
			}
			return nil
		}}
	w := onTable(t, clock, watched, chat.Options{SingleProcess: true, MinBatch: 1})
	ann := w.join("plans", "Ann")
	wait := w.waiting(t.Context(), chat.WaitRequest{Token: ann.Token, Cursor: ann.Cursor, Wait: time.Minute})
	await(t, "the wait", func() bool { return w.watch.count(time.Minute) == 1 })
	w.Stop()
	take(t, wait)
	if notes != 1 {
		t.Errorf("%d notes were written; want 1", notes)
	}
}
