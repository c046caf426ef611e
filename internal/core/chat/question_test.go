package chat_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// questioned returns the open tasks that an agent sees in question, as "t1 by" and the proposal.
func (w *world) questioned(token string) (list []string) {
	w.t.Helper()
	for _, task := range w.lists(chat.TaskListRequest{Token: token}).Tasks {
		if task.Question != "" {
			list = append(list, task.ID+" by "+task.Question)
		}
	}
	slices.Sort(list)
	return list
}

// Ann, Bob and Cid agree to a plan, and Ann adds its tasks. Bob begins one, and takes the plan back by proposing
// another in reply: nobody begins what is left, also once the new plan is agreed on, and at each process of the server.
func TestQuestion_planIsTakenBack_nobodyIsOfferedWhatIsLeft(t *testing.T) {
	onFiles(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p := w.company()
		plan := w.allAgree(p, "move the shop")
		w.adds(p.ann.Token, "copy > Bob", "switch > Cid", "tell")
		w.task(p.bob.Token, chat.CommandTake, "t1")
		stay := w.counter(p.bob, "stay", plan).ID

		offersNothing := func(when string) {
			t.Helper()
			for _, who := range []chat.Seated{p.ann, p.cid} {
				is := there.look(who.Token, there.look(who.Token, "").Cursor).Situation
				if is.FreeTasks != 0 || is.Offered != "" || is.Free != "" {
					t.Errorf("%s, %s is offered %+v", when, who.Name, is.Work)
				}
				_, err := there.Task(t.Context(), chat.TaskRequest{Token: who.Token, Action: chat.CommandTake})
				wants(t, err, fault.InvalidArgument)
			}
			same(t, when, there.questioned(p.cid.Token), []string{"t1 by " + stay, "t2 by " + stay, "t3 by " + stay})
			for i, want := range []string{"[t1 t2 t3] true false", "[t1] false true", "[] false false"} {
				who := []chat.Seated{p.ann, p.bob, p.cid}[i]
				is := there.look(who.Token, there.look(who.Token, "").Cursor).Situation
				if got := fmt.Sprint(is.Questioned, is.Revises, is.InQuestion); got != want {
					t.Errorf("%s, %s is told of %s, not %s", when, who.Name, got, want)
				}
			}
		}
		offersNothing("while the new plan is open")
		w.agree(p.ann.Token, stay)
		w.agree(p.cid.Token, stay)
		offersNothing("once the new plan is agreed on")

		// Who has begun finishes, and goes on to nothing, also by a repeated call.
		next := chat.TaskRequest{Token: p.bob.Token, Action: chat.CommandNext, ID: "t1", Exited: true,
			Evidence: room.Evidence{Ran: "make copy"}, Cursor: w.look(p.bob.Token, "").Cursor}
		for range 2 {
			got, err := there.Task(t.Context(), next)
			if err != nil || got.Held != nil || got.Task.ID != "t1" || got.Task.State != chat.TaskDone {
				t.Fatalf("%v: %+v", err, got)
			}
		}
		if done := w.lists(chat.TaskListRequest{Token: p.cid.Token, ID: "t1"}).Task; done.DoneUnder != plan {
			t.Errorf("it was done under %q", done.DoneUnder)
		}

		// An edit ends the question, and so does a take, which is held back once.
		w.does(chat.TaskRequest{Token: p.ann.Token, Action: chat.CommandEdit, ID: "t3", Title: "tell all"})
		if got := there.task(p.ann.Token, chat.CommandTake, ""); got.Task.ID != "t3" {
			t.Errorf("Ann takes %+v", got.Task)
		}
		take := chat.TaskRequest{Token: p.cid.Token, Action: chat.CommandTake, ID: "t2",
			Cursor: there.look(p.cid.Token, "").Cursor}
		held := there.does(take)
		if held.Held == nil || len(held.Held.Messages) > 0 || held.Question != stay || held.Task != nil {
			t.Fatalf("the first take: %+v", held)
		}
		take.Cursor = held.Held.Cursor
		if got := there.does(take); got.Held != nil || !got.Task.Mine || got.Task.Question != "" {
			t.Errorf("the second take: %+v", got)
		}
		w.verify(p.ann.Token)
	})
}

// The first take counts as one of the two that may be held back: words to Cid hold back the second one, and no more do.
func TestQuestion_firstTake_isHeldOnceInTheCountOfActs(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	plan := w.allAgree(p, "move the shop")
	w.adds(p.ann.Token, "copy", "switch")
	w.counter(p.bob, "stay", plan)
	take := chat.TaskRequest{Token: p.cid.Token, Action: chat.CommandTake, ID: "t1",
		Cursor: w.look(p.cid.Token, "").Cursor}
	for n, held := range []bool{true, true, false} {
		if n > 0 {
			w.ask(p.ann.Token, fmt.Sprint("really, after ", n, "?"), "Cid")
		}
		got := w.does(take)
		if (got.Held != nil) != held {
			t.Fatalf("take %d: %+v", n+1, got)
		}
		if held {
			take.Cursor = got.Held.Cursor
		}
	}

	// It is held back no second time after a wait, and not at all without a cursor.
	w.task(p.cid.Token, chat.CommandRelease, "t1")
	again := chat.TaskRequest{Token: p.ann.Token, Action: chat.CommandTake, ID: "t2",
		Cursor: w.look(p.ann.Token, "").Cursor}
	got := w.does(again)
	if got.Held == nil {
		t.Fatalf("%+v", got)
	}
	again.Cursor = w.look(p.ann.Token, got.Held.Cursor).Cursor
	if got := w.does(again); got.Held != nil {
		t.Errorf("after a wait: %+v", got)
	}
	w.adds(p.ann.Token, "third")
	w.counter(p.bob, "stay away", plan)
	if got := w.task(p.bob.Token, chat.CommandTake, "t3"); got.Held != nil || !got.Task.Mine {
		t.Errorf("without a cursor: %+v", got)
	}
}
