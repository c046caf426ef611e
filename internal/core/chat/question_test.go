package chat_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

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

// Only those who see a proposal learn of its question, in each answer.
func TestQuestion_privatePlan_isNothingToOthers(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	plan := w.sends(chat.SendRequest{Token: p.ann.Token, Text: "us two", Kind: room.Proposal, To: []string{"Bob"}}).ID
	w.agree(p.bob.Token, plan)
	w.adds(p.ann.Token, "copy")
	stay := w.sends(chat.SendRequest{Token: p.bob.Token, Text: "not us", Kind: room.Proposal, ReplyTo: plan,
		To: []string{"Ann"}}).ID
	same(t, "to Ann", w.questioned(p.ann.Token), []string{"t1 by " + stay})
	same(t, "to Cid", w.questioned(p.cid.Token), nil)
	if is := w.look(p.cid.Token, w.look(p.cid.Token, "").Cursor).Situation; is.FreeTasks != 1 || is.Question != "" {
		t.Errorf("Cid is told %+v", is.Work)
	}
	for i, want := range []int{1, 1, 0} {
		who := []chat.Seated{p.ann, p.bob, p.cid}[i]
		if list, err := w.Questioned(t.Context(), who.Token); err != nil || len(list) != want {
			t.Errorf("%s: %v, %v", who.Name, list, err)
		}
		open := w.info(who.Token).Requests
		if len(open) != want || want > 0 && open[0].Replaces != plan {
			t.Errorf("%s sees open %+v", who.Name, open)
		}
	}
	got := w.does(chat.TaskRequest{Token: p.cid.Token, Action: chat.CommandTake,
		Cursor: w.look(p.cid.Token, "").Cursor})
	if got.Held != nil || got.Task.ID != "t1" {
		t.Errorf("Cid's take: %+v", got)
	}
}

// What is left after the words are gone, the agents have left and come back, and the process is a new one.
func TestQuestion_lasts(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	plan := w.allAgree(p, "move the shop")
	w.adds(p.ann.Token, "copy")
	stay := w.counter(p.bob, "stay", plan).ID
	want := []string{"t1 by " + stay}
	w.redact(p.ann.Token, stay)
	same(t, "after the words were removed", w.questioned(p.cid.Token), want)
	w.leave(p.bob.Token)
	back := w.join("plans", "Bob")
	same(t, "to Cid, once Bob has left and come back", w.questioned(p.cid.Token), want)
	w.clock.Advance(25 * time.Hour)
	w = w.elsewhere()
	same(t, "at a new process", w.questioned(p.cid.Token), want)
	same(t, "to a newcomer, who sees no such proposal", w.questioned(back.Token), nil)
	w.verify(p.cid.Token)
}
