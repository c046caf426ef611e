package presence

import (
	"testing"

	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
)

func TestBeginWait_secondOneOfASeat_endsTheOneThatMustMakeWay(t *testing.T) {
	type begin func(*world, *room.Caller) *Wait
	agent, program := begin((*world).waits), begin((*world).standsBy)
	for name, c := range map[string]struct {
		first, second begin
		ended         int // of the two
		yields        bool
	}{
		"an agent waits twice":                      {agent, agent, 0, false},
		"a program waits twice":                     {program, program, 0, false},
		"a program waits, and then its agent":       {program, agent, 0, true},
		"an agent waits, and then a program for it": {agent, program, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, func(t *testing.T, w *world) {
				bob := w.agent(seatOfBob)
				two := []*Wait{c.first(w, bob), c.second(w, bob)}
				for i, wait := range two {
					if ended := i == c.ended; wait.isSuperseded() != ended || wait.Yields != (ended && c.yields) {
						t.Errorf("wait %d: superseded %v, yields %v", i+1, wait.isSuperseded(), wait.Yields)
					}
				}
				w.EndWait(two[c.ended])
				if !w.Waits(seatOfBob) {
					t.Error("the end of the superseded wait has ended the other one")
				}
			})
		})
	}
}

func TestBeginWait_personWaitsOnTooManyDevices_endsTheOldestAndNoWaitOfTheAgent(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		agent := w.waits(w.agent(seatOfBob))
		var all []*Wait
		for range core.MaxWatches + 1 {
			all = append(all, w.waits(w.person(seatOfBob, "phone")))
		}
		for i, wait := range all {
			if wait.isSuperseded() != (i == 0) {
				t.Errorf("wait %d of the person: superseded %v", i+1, wait.isSuperseded())
			}
		}
		if agent.isSuperseded() {
			t.Error("the agent's wait has ended")
		}
	})
}

// Bob's client has given up its wait, and Bob looks in.
func TestBeginWait_lookAfterAWait_isNoWaitToOthersEyes(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		bob := w.agent(seatOfBob)
		w.begins(bob, Call{ForMe: true, Lag: CallLag})
		w.pass(CallLag)
		if p := w.presence(seatOfBob); !p.WaitsUntil().After(w.now()) || !p.ForMe {
			t.Fatalf("while Bob waits, others see %+v", p)
		}
		look, _ := w.Attendees.Recorder(w.log.Peek(), bob).BeginWait(t.Context(), w.now(), Call{Lag: CallLag})
		w.EndWait(look)
		if p := w.presence(seatOfBob); p.AtMs != w.now().UnixMilli() || p.WaitsUntil().After(w.now()) || p.ForMe {
			t.Errorf("after the look, others see %+v", p)
		}
	})
}

// The program calls again every second, and must not hide the wait, nor make the agent look silent.
func TestBeginWait_programOfAnAgentThatWaits_leavesTheWaitToOthersEyes(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		bob := w.agent(seatOfBob)
		w.waits(bob)
		before := w.presence(seatOfBob)
		w.pass(2 * CallLag)
		w.begins(bob, Call{Standby: true, Wakes: true, ForMe: true, Lag: CallLag})
		after := w.presence(seatOfBob)
		if after.Standby || after.ForMe || after.UntilMs != before.UntilMs || after.OwnUntil() != before.OwnUntil() ||
			after.WakesMs != w.now().UnixMilli() {
			t.Errorf("the presence of Bob was %+v and is %+v", before, after)
		}
	})
}
