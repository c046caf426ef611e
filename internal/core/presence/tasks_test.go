package presence

import (
	"testing"

	"github.com/parley-chat/parley/internal/core/room"
)

func TestTasks_severalBecomeFree_endTheWaitOfOneAgentEach(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		ann, bob, cid := w.waits(w.agent(seatOfAnn)), w.waits(w.agent(seatOfBob)), w.waits(w.agent(seatOfCid))
		if n := w.Idle(w.log.Peek()); n != 3 {
			t.Errorf("%d agents wait for a task, want 3", n)
		}
		w.adds("sand", "paint", "hang")
		w.pass(0)
		if got := [...]int64{received(ann.Task), received(bob.Task), received(cid.Task)}; got != [...]int64{0, 1, 2} {
			t.Errorf("the waits hear of tasks %d, want t1 for Bob, t2 for Cid, and none for Ann, who added them", got)
		}
		for _, told := range []*Wait{bob, cid} {
			told.ToldOfTask = true
			w.EndWait(told)
		}
		bob, cid = w.waits(w.agent(seatOfBob)), w.waits(w.agent(seatOfCid))
		w.adds("mop")
		w.pass(0)
		if got := received(bob.Task) + received(cid.Task); got != 4 {
			t.Errorf("one of Bob and Cid hears of task %d, want t4: t3 was free before each was told of another", got)
		}
	})
}

// A message ends the waits of Bob and Cid first, so their answers do not tell of the task.
func TestTasks_waitEndsUntold_leavesTheNewsToAnother(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		bob, cid := w.waits(w.agent(seatOfBob)), w.waits(w.agent(seatOfCid))
		claims := w.counted("FREE#", func() {
			w.adds("sand")
			w.pass(0)
			if b, c := len(bob.Task), len(cid.Task); b != 1 || c != 0 {
				t.Errorf("Bob is sent %d notices and Cid %d", b, c)
			}
			w.EndWait(bob)
			w.pass(0)
			if n := received(cid.Task); n != 1 {
				t.Errorf("once Bob's wait has ended, Cid hears of task %d, want t1", n)
			}
			w.EndWait(cid)
			bob = w.waits(w.agent(seatOfBob))
			if n := received(bob.Task); n != 1 {
				t.Errorf("once Cid's has, too, Bob's next wait hears of task %d, want t1", n)
			}
		})
		if claims != 1 {
			t.Errorf("the news was claimed %d times", claims)
		}
		bob.ToldOfTask = true
		w.EndWait(bob)
		for _, seat := range []int{seatOfBob, seatOfCid} {
			if n := received(w.waits(w.agent(seat)).Task); n != 0 {
				t.Errorf("after Bob was told, seat %d hears of task %d", seat, n)
			}
		}
	})
}

// Bob is being told of a task when the next becomes free.
func TestTasks_becomesFreeWhileAgentIsTold_isNewsForItsNextWait(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		bob := w.waits(w.agent(seatOfBob))
		w.adds("sand")
		w.pass(0)
		w.adds("paint")
		w.pass(0)
		bob.ToldOfTask = true
		w.EndWait(bob)
		if n := received(w.waits(w.agent(seatOfBob)).Task); n != 2 {
			t.Errorf("Bob's next wait hears of task %d, want t2", n)
		}
	})
}

func TestTasks_someAgentsTakeNone_endTheWaitOfAnother(t *testing.T) {
	for name, prepare := range map[string]func(*world, *room.Caller) *Wait{
		"Bob has a task": func(w *world, bob *room.Caller) *Wait {
			w.adds("mop")
			w.orders(seatOfBob, room.TaskOrder{Action: room.TakeTask, No: 1})
			return w.waits(bob)
		},
		"a program waits in Bob's place": (*world).standsBy,
	} {
		t.Run(name, func(t *testing.T) {
			play(t, func(t *testing.T, w *world) {
				bob := prepare(w, w.agent(seatOfBob))
				cid := w.waits(w.agent(seatOfCid))
				if n := w.Idle(w.log.Peek()); n != 1 {
					t.Errorf("%d agents wait for a task, want 1", n)
				}
				w.adds("sand")
				w.pass(0)
				if b, c := received(bob.Task), received(cid.Task); b != 0 || c == 0 {
					t.Errorf("Bob's wait hears of task %d and Cid's of task %d", b, c)
				}
			})
		})
	}
}

// Another process has claimed the notice first: an agent that waits there hears of the task.
func TestTasks_anotherProcessClaimsTheNotice_endNoWaitHere(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.adds("sand", "paint")
		open, _ := w.log.Peek().Openings(nil, w.now())
		if first, err := w.log.Items().ClaimTaskNotice(t.Context(), open[0].What); !first || err != nil {
			t.Fatalf("the claim of the other process: %v, %v", first, err)
		}
		if n := received(w.waits(w.agent(seatOfBob)).Task); n != 2 {
			t.Errorf("Bob's wait hears of task %d, want t2", n)
		}
		if n := received(w.waits(w.agent(seatOfCid)).Task); n != 0 {
			t.Errorf("Cid's wait hears of task %d", n)
		}
	})
}
