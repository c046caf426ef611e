package presence

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table/dynamotable"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
)

func TestRecord_callsOfAMinute_writeOnceAndAFailedWriteIsRepeated(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		record := func() { w.Recorder(w.log.Peek(), w.agent(seatOfBob)).RecordCall(t.Context()) }
		if n := w.counted("SEEN#", record); n != 1 {
			t.Errorf("the first call writes %d times, want once", n)
		}
		w.pass(CallLag - time.Second)
		if n := w.counted("SEEN#", record); n != 0 {
			t.Errorf("a call within a minute writes %d times", n)
		}
		w.pass(time.Second)
		w.broken = true
		record()
		w.broken = false
		if n := w.counted("SEEN#", record); n != 1 {
			t.Errorf("the call after a failed write writes %d times, want once", n)
		}
		if p := w.presence(seatOfBob); p.AtMs != w.now().UnixMilli() {
			t.Errorf("Bob is stored to have called at %d, want %d", p.AtMs, w.now().UnixMilli())
		}
	})
}

// Bob calls two processes at random. A write of one process replaces the whole item, with what the other has stored.
func TestRecord_callsInTwoProcesses_forgetNothingOfEachOther(t *testing.T) {
	for _, paired := range []bool{false, true} {
		w := newWorld(t)
		if paired {
			w.append(room.Event{Type: room.Paired})
		}
		recordInTwoProcesses(t, w, 4000)
	}
}

// What another process has stored may be an absence, or a younger wait.
func TestRecord_storedPresenceCannotBeRead_isNotReplaced(t *testing.T) {
	w := newWorld(t)
	here, there := w.process(), w.process()
	bob := w.agent(seatOfBob)
	there.Recorder(w.log.Peek(), bob).Record(t.Context(), Call{Absence: Absence{Given: true, BackIn: time.Hour}})
	was, records := w.presence(seatOfBob), func() {
		due, _, _ := here.Recorder(w.log.Peek(), bob).Record(t.Context(), Call{Lag: CallLag})
		w.clock.Advance(due.Sub(w.now()))
	}
	w.mute = true
	records()
	w.mute = false
	if is := w.presence(seatOfBob); is != was || !w.now().Equal(noon().Add(rewriteAfter)) {
		t.Errorf("%+v is stored in place of %+v, and the next write is due at %v", is, was, w.now())
	}
	records()
	if is := w.presence(seatOfBob); is.BackMs != was.BackMs || is.AtMs == was.AtMs {
		t.Errorf("later %+v is stored in place of %+v", is, was)
	}
}

// The write of the activity outlasts the minute for which the first write was enough.
func TestRecord_callBecomesDueMeanwhile_replacesNothingUnread(t *testing.T) {
	w := newWorld(t)
	here, there := w.process(), w.process()
	bob := w.agent(seatOfBob)
	here.Recorder(w.log.Peek(), bob).RecordCall(t.Context())
	w.clock.Advance(CallLag - time.Second)
	there.Recorder(w.log.Peek(), bob).Record(t.Context(), Call{Began: w.now(), Until: w.now().Add(time.Minute),
		Returns: true, Lag: CallLag})
	was := w.presence(seatOfBob)
	w.slow = time.Second
	here.Recorder(w.log.Peek(), bob).Record(t.Context(), Call{Activity: "reads", Lag: CallLag})
	if is := w.presence(seatOfBob); merge(is, was) != is || is.AtMs == was.AtMs {
		t.Errorf("%+v is stored in place of %+v", is, was)
	}
}

// While one process is about to write, another writes: whichever call is the last, Bob is seen to wait.
func TestUpdate_overtakenByAnotherProcess_decidesAgain(t *testing.T) {
	w := newWorld(t)
	bob, goes := w.agent(seatOfBob), Call{Absence: Absence{Given: true, BackIn: time.Hour}, Lag: CallLag}
	waits := func(at *Attendees) {
		if _, err := at.Recorder(w.log.Peek(), bob).BeginWait(t.Context(), w.now().Add(time.Minute),
			Call{Returns: true, Lag: CallLag}); err != nil {
			t.Fatal(err)
		}
	}
	leaves := func(at *Attendees) {
		if _, _, err := at.Recorder(w.log.Peek(), bob).Record(t.Context(), goes); err != nil {
			t.Fatal(err)
		}
	}
	for name, calls := range map[string]struct {
		first, last func(*Attendees)
		away        bool
	}{"he waits last": {leaves, waits, false}, "he goes last": {waits, leaves, true}} {
		w.clock.Advance(2 * time.Hour)
		here, there := w.process(), w.process()
		w.first = func() { calls.first(there) }
		calls.last(here)
		is := w.presence(seatOfBob)
		if state := is.State(w.log.Peek(), bob.Agent, w.now()); state != room.AgentWaiting {
			t.Errorf("%s: he is seen as %s", name, state)
		}
		away := here.KnownBackAt(seatOfBob).After(w.now())
		if away != calls.away || is.BackAt().After(w.now()) != away {
			t.Errorf("%s: away: %t, stored %+v", name, away, is)
		}
	}
}

// The table hangs: each call goes on without its presence after tableTimeout, and waits for no other call of the seat.
func TestUpdate_tableHangs_callsDoNotQueue(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.o.SingleProcess = false
		bob, began := w.agent(seatOfBob), time.Now()
		w.hangs = true
		ctx, end := context.WithCancel(t.Context())
		var calls sync.WaitGroup
		for range 30 {
			calls.Go(func() { w.Recorder(w.log.Peek(), bob).RecordCall(t.Context()) })
		}
		calls.Go(func() {
			w.Recorder(w.log.Peek(), bob).RecordCall(ctx)
			if took := time.Since(began); took > 0 {
				t.Errorf("a call that its caller has ended takes %v", took)
			}
		})
		synctest.Wait()
		end()
		calls.Wait()
		if took := time.Since(began); took > tableTimeout {
			t.Errorf("30 calls at once take %v", took)
		}
		w.hangs = false
	})
}

// A program that waited for Bob in another process has woken him, and he goes away: nobody waits for his messages.
func TestRecord_wakenElsewhere_thenAway(t *testing.T) {
	w := newWorld(t)
	bob, here, there := w.agent(seatOfBob), w.process(), w.process()
	for name, call := range map[string]Call{
		"his wait for what is meant for him": {Returns: true, ForMe: true, Lag: CallLag},
		"a program":                          {Standby: true, Lag: CallLag},
	} {
		here.Recorder(w.log.Peek(), bob).RecordCall(t.Context())
		w.clock.Advance(time.Minute)
		wait, err := there.Recorder(w.log.Peek(), bob).BeginWait(t.Context(), w.now().Add(time.Hour), call)
		if err != nil {
			t.Fatal(err)
		}
		w.says(seatOfAnn)
		there.EndWait(wait)
		w.clock.Advance(time.Minute)
		goes := Call{Absence: Absence{Given: true, BackIn: time.Hour}, Lag: SendLag}
		if _, _, err := here.Recorder(w.log.Peek(), bob).Record(t.Context(), goes); err != nil {
			t.Fatal(err)
		}
		is := w.presence(seatOfBob)
		if state := is.State(w.log.Peek(), bob.Agent, w.now()); state != room.AgentAway {
			t.Errorf("%s has ended, and he is seen as %s", name, state)
		}
		w.clock.Advance(2 * time.Hour)
	}
}

// Whom Bob has told nothing, he has promised nothing. His return is stored as soon as the table writes.
func TestRecord_absenceCannotBeStored_failsAndPromisesNothing(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		for _, single := range []bool{true, false} {
			w.o.SingleProcess = single
			bob := w.agent(seatOfBob)
			r := w.Recorder(w.log.Peek(), bob)
			goes := func(d time.Duration) error {
				_, _, err := r.Record(t.Context(), Call{Absence: Absence{Given: true, BackIn: d}, Lag: CallLag})
				return err
			}
			r.RecordCall(t.Context())
			for _, fails := range []*bool{&w.broken, &w.mute} {
				if fails == &w.mute && single {
					continue // nothing is read
				}
				*fails = true
				if err := goes(time.Hour); !errors.Is(err, ErrAbsenceUnstored) || !r.AwayUntil().IsZero() {
					t.Errorf("single %t: %v, and he is away until %v", single, err, r.AwayUntil())
				}
				*fails = false
			}
			if err := goes(time.Hour); err != nil {
				t.Fatal(err)
			}
			w.broken = true
			if err := goes(2 * time.Hour); err == nil || !r.AwayUntil().Equal(w.now().Add(time.Hour)) {
				t.Errorf("single %t: %v, and he is away until %v", single, err, r.AwayUntil())
			}
			if err := goes(0); err != nil || !r.AwayUntil().IsZero() {
				t.Errorf("single %t: he is back: %v, and he is away until %v", single, err, r.AwayUntil())
			}
			wait := w.waits(bob)
			if again := r.Renew(t.Context(), wait); again != rewriteAfter || !wait.Due.Equal(w.now().Add(again)) {
				t.Errorf("single %t: he waits, and that is written again after %v and at %v", single, again, wait.Due)
			}
			w.broken = false
			r.Renew(t.Context(), wait)
			if is := w.presence(seatOfBob); is.BackMs != 0 || !is.WaitsUntil().After(w.now()) {
				t.Errorf("single %t: he waits, and %+v is stored", single, is)
			}
			w.EndWait(wait)
			w.pass(time.Hour)
		}
	})
}

func TestRecord_callsInTwoProcessesOnDynamoDB_forgetNothingOfEachOther(t *testing.T) {
	clock := clockwork.NewFakeClockAt(time.Date(2100, 3, 1, 12, 0, 0, 0, time.UTC))
	db, _ := dynamolocal.NewTable(t, dynamotable.Options{Clock: clock})
	recordInTwoProcesses(t, newWorldOn(t, clock, db), 300)
}

func recordInTwoProcesses(t *testing.T, w *world, steps int) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 0))
	processes := []*Attendees{w.process(), w.process()}
	bob := w.agent(seatOfBob)
	var back time.Time // when Bob will be back
	for step := range steps {
		w.clock.Advance([]time.Duration{time.Second, 20 * time.Second, 40 * time.Second, time.Minute,
			6 * time.Minute}[random.IntN(5)])
		now, was := w.now(), w.presence(seatOfBob)
		call, wait := Call{Lag: CallLag}, Call{Lag: CallLag, Began: now, Until: now.Add(30 * time.Second)}
		what := random.IntN(7)
		switch what {
		case 0:
			w.says(seatOfBob)
			call.Lag = SendLag
		case 1: // a message that was held back, so the log does not show the call
			call.Lag = SendLag
		case 2:
			call = wait
			call.Returns = true
		case 3:
			call = wait
			call.Standby, call.Wakes = true, true
		case 4:
			call.Absence = Absence{Given: true, BackIn: time.Hour}
		case 5:
			call.Absence = Absence{Given: true}
		}
		switch {
		case call.Absence.BackIn > 0:
			back = now.Add(call.Absence.BackIn)
		case call.Absence.Given, call.Returns, !back.After(now):
			back = time.Time{}
		}
		process := random.IntN(2)
		processes[process].Reader(bob).AcknowledgeUnstored(int64(step))
		processes[process].Recorder(w.log.Peek(), bob).Record(t.Context(), call)
		is := w.presence(seatOfBob)
		if seen := is.BackAt(); !seen.Equal(back) && (seen.After(now) || back.After(now)) {
			t.Fatalf("step %d: after a call of kind %d in process %d, Bob is stored to be back at %v, want %v",
				step, what, process, seen, back)
		}
		if merge(is, was) != is {
			t.Fatalf("step %d: after a call of kind %d in process %d, %+v is stored in place of %+v", step, what,
				process, is, was)
		}
	}
}

// The client of the older wait may be gone without a word. A program whose agent waits calls again soon.
func TestRenew_youngerWaitInAnotherProcess_endsTheOlderWait(t *testing.T) {
	agents := func(p *room.Presence) *int64 { return &p.WaitMs }
	programs := func(p *room.Presence) *int64 { return &p.ShellMs }
	for name, c := range map[string]struct {
		older        func(*world, *room.Caller) *Wait
		younger      func(*room.Presence) *int64
		ends, yields bool
	}{
		"two of the agent":         {(*world).waits, agents, true, false},
		"two programs":             {(*world).standsBy, programs, true, false},
		"a program, and its agent": {(*world).standsBy, agents, true, true},
		"the agent, and a program": {(*world).waits, programs, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, func(t *testing.T, w *world) {
				w.o.SingleProcess = false
				bob := w.agent(seatOfBob)
				older, r := c.older(w, bob), w.Recorder(w.log.Peek(), bob)
				if again := r.Renew(t.Context(), older); again != w.renewEvery() || older.isSuperseded() {
					t.Fatalf("alone, the wait renews after %v, superseded %v", again, older.isSuperseded())
				}
				w.clock.Advance(time.Second)
				p := w.presence(seatOfBob)
				p.AtMs = w.now().UnixMilli()
				*c.younger(&p) = p.AtMs
				if err := w.o.Table.Write(t.Context(), roomlog.PutPresence(w.log.ID(), bob.Agent, p)); err != nil {
					t.Fatal(err)
				}
				again := r.Renew(t.Context(), older)
				if (again == 0) != c.ends || older.isSuperseded() != c.ends || older.Yields != c.yields {
					t.Errorf("it renews after %v, superseded %v, yields %v", again, older.isSuperseded(), older.Yields)
				}
			})
		})
	}
}

// An activity of a held agent would show words that its person has not seen.
func TestRecord_personHoldsTheAgent_storesNoActivity(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		says := func(seat int) int {
			s := w.Recorder(w.log.Peek(), w.agent(seat))
			return w.counted(fmt.Sprintf("SEEN#%08d#ACT", seat), func() {
				s.Record(t.Context(), Call{Activity: "reads", Lag: CallLag})
			})
		}
		w.append(room.Event{Type: room.SupervisionSet, Seat: seatOfBob, Person: true,
			Behind: &room.Person{Devices: []string{"phone"}, Paused: true}})
		if n := says(seatOfBob); n != 0 {
			t.Errorf("an activity of Bob, who is paused, is written %d times", n)
		}
		if n := says(seatOfCid); n != 1 {
			t.Errorf("an activity of Cid is written %d times, want once", n)
		}
		if n := says(seatOfCid); n != 0 {
			t.Errorf("the same activity is written %d times more", n)
		}
		w.pass(time.Second)
		w.says(seatOfCid)
		if n := says(seatOfCid); n != 1 {
			t.Errorf("after a message, which ends the activity, it is written %d times, want once", n)
		}
	})
}
