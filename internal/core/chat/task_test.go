package chat_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

// task does one thing with the room's tasks.
func (w *world) task(token string, action chat.TaskAction, id string) chat.Tasks {
	w.t.Helper()
	return w.does(chat.TaskRequest{Token: token, Action: action, ID: id})
}

func (w *world) does(req chat.TaskRequest) chat.Tasks {
	w.t.Helper()
	got, err := w.Task(w.t.Context(), req)
	if err != nil {
		w.t.Fatalf("%s %s: %v", req.Action, req.ID, err)
	}
	return got
}

func (w *world) lists(req chat.TaskListRequest) chat.Tasks {
	w.t.Helper()
	got, err := w.ListTasks(w.t.Context(), req)
	if err != nil {
		w.t.Fatalf("the list %s: %v", req.ID, err)
	}
	return got
}

// adds adds tasks, each given as "title", "title > Ann" (offered) or "title < 1 t2" (after).
func (w *world) adds(token string, tasks ...string) chat.Tasks {
	w.t.Helper()
	return w.does(chat.TaskRequest{Token: token, Action: chat.TaskAdd, Tasks: newTasks(tasks...)})
}

func newTasks(tasks ...string) (list []chat.NewTask) {
	for _, s := range tasks {
		s, after, _ := strings.Cut(s, " < ")
		title, to, _ := strings.Cut(s, " > ")
		list = append(list, chat.NewTask{Title: title, For: strings.Fields(to), After: strings.Fields(after)})
	}
	return list
}

// board renders tasks as "t1 sand open", "t2 paint taken Bob" and "t3 hang blocked after t1".
func board(list []chat.Task) (out []string) {
	for _, t := range list {
		s := fmt.Sprintf("%s %s %s", t.ID, t.Title, t.State)
		if t.By != "" {
			s += " " + t.By
		}
		if len(t.For) > 0 {
			s += " for " + strings.Join(t.For, " ")
		}
		if t.State == chat.TaskBlocked {
			s += " after " + strings.Join(t.After, " ")
		}
		out = append(out, s)
	}
	return out
}

// tasks returns the list as the owner of a token sees it.
func (w *world) tasks(token string) []string {
	w.t.Helper()
	return board(w.lists(chat.TaskListRequest{Token: token}).Tasks)
}

// The words of a task are in the events about it, in its part of the snapshot, and once it is closed in an item of
// its own. A report that ends a task is in there, too.
func TestRedact_task_isGoneEverywhere(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	other := w.another()
	other.look(p.bob.Token, p.bob.Cursor) // its tail has the words
	w.does(chat.TaskRequest{Token: p.cid.Token, Action: chat.TaskAdd, Tasks: []chat.NewTask{{Title: "sand"},
		{Title: "the key is " + spilled, Text: "really, " + spilled}, {Title: "paint"}, {Title: spilled}}})
	w.does(chat.TaskRequest{Token: p.cid.Token, Action: chat.TaskEdit, ID: "t2", Text: "now it is " + spilled})
	w.task(p.bob.Token, chat.TaskTake, "t2")
	w.does(chat.TaskRequest{Token: p.bob.Token, Action: chat.TaskRelease, ID: "t2", Text: "mine is " + spilled})
	w.task(p.bob.Token, chat.TaskTake, "t4")
	w.does(chat.TaskRequest{Token: p.bob.Token, Action: chat.TaskFinish, ID: "t4", Text: "it was " + spilled})
	report := w.sends(chat.SendRequest{Token: p.bob.Token, Text: "sanded, for " + spilled, Finishes: []string{"t1"}}).ID
	other.look(p.bob.Token, p.bob.Cursor)
	if n := w.inTable(p.ann.Token); n != 10 {
		t.Fatalf("%d items hold the secret before", n)
	}
	_, err := w.UpdateRoom(t.Context(), chat.UpdateRequest{Token: p.bob.Token, Redact: "t2"}) // he gave it back
	wants(t, err, fault.NotAllowed)
	w.redact(p.cid.Token, "t2")
	w.redact(p.bob.Token, "t4") // which he has ended
	if n := w.inTable(p.ann.Token); n != 2 {
		t.Errorf("%d items hold the secret of the report", n)
	}
	w.redact(p.bob.Token, report)
	if n := w.inTable(p.ann.Token); n != 0 {
		t.Errorf("%d items hold the secret", n)
	}
	if got := w.update(chat.UpdateRequest{Token: p.ann.Token, Redact: "t2"}); got.Status != chat.StatusUnchanged {
		t.Errorf("once more: %+v", got)
	}
	w.task(p.bob.Token, chat.TaskTake, "t2")
	w.does(chat.TaskRequest{Token: p.bob.Token, Action: chat.TaskRelease, ID: "t2", Text: "again: " + spilled})
	w.redact(p.cid.Token, "t2") // what was said of it since
	if n := w.inTable(p.ann.Token); n != 0 {
		t.Errorf("%d items hold the secret of the second reason", n)
	}
	if got := w.update(chat.UpdateRequest{Token: p.ann.Token, Redact: "t2"}); got.Status != chat.StatusUnchanged {
		t.Errorf("a third time: %+v", got)
	}
	_, err = w.UpdateRoom(t.Context(), chat.UpdateRequest{Token: p.ann.Token, Redact: "t9"})
	wants(t, err, fault.InvalidArgument)
	same(t, "the list", other.tasks(p.ann.Token), []string{"t2 removed open", "t3 paint open"})
	for where, x := range map[string]*world{"here": w, "there": other, "elsewhere": w.elsewhere()} {
		shown := fmt.Sprint(x.reads(p.bob), x.lists(chat.TaskListRequest{Token: p.bob.Token}),
			x.lists(chat.TaskListRequest{Token: p.bob.Token, Closed: true}))
		if strings.Contains(shown, spilled) {
			t.Errorf("%s the secret is shown: %s", where, shown)
		}
	}
	w.verify(p.ann.Token)
}

func TestTask_planOfThreeAgents_isDoneOnce(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.adds(p.ann.Token, "sand", "paint < 1", "hang < 2 1", "sweep > Cid")
	same(t, "the list", w.tasks(p.ann.Token), []string{"t1 sand open", "t2 paint blocked after t1",
		"t3 hang blocked after t2 t1", "t4 sweep open for Cid"})
	if got := w.task(p.cid.Token, chat.TaskTake, ""); got.Task.ID != "t4" || !got.Task.Mine {
		t.Errorf("Cid took %+v; want what it was offered", got.Task)
	}
	if got := w.task(p.bob.Token, chat.TaskTake, ""); got.Task.ID != "t1" || got.FreeTasks != 0 || got.OpenTasks != 4 {
		t.Errorf("Bob took %+v; want the oldest free one", got.Task)
	}
	_, err := w.Task(t.Context(), chat.TaskRequest{Token: p.ann.Token, Action: chat.TaskAdd,
		Tasks: newTasks("mop", "wax > Cid Server")})
	wants(t, err, fault.InvalidArgument)
	if !strings.Contains(err.Error(), "for of number 2: name 2 in it does not name anyone") {
		t.Errorf("a name of nobody: %v", err)
	}
	_, err = w.Task(t.Context(), chat.TaskRequest{Token: p.ann.Token, Action: chat.TaskAdd,
		Tasks: newTasks("mop\u2028wax")})
	wants(t, err, fault.InvalidArgument)
	_, err = w.Task(t.Context(), chat.TaskRequest{Token: p.ann.Token, Action: chat.TaskTake, ID: "t1"})
	var e *fault.Error
	wants(t, err, fault.InvalidArgument)
	if !errors.As(err, &e) || e.By != "Bob" {
		t.Errorf("the refusal names %q", e.By)
	}
	_, err = w.Task(t.Context(), chat.TaskRequest{Token: p.ann.Token, Action: chat.TaskTake})
	wants(t, err, fault.InvalidArgument)
	got := w.does(chat.TaskRequest{Token: p.bob.Token, Action: chat.TaskFinish, ID: "t1", Text: "as smooth as glass"})
	if got.Task.State != chat.TaskDone || got.Task.Result != "as smooth as glass" || got.FreeTasks != 1 {
		t.Errorf("finished %+v, %d are free", got.Task, got.FreeTasks)
	}
	w.task(p.bob.Token, chat.TaskTake, "t2")
	sent := w.sends(chat.SendRequest{Token: p.bob.Token, Text: "painted, and the floor is swept",
		Finishes: []string{"t2", "t4", "t9"}})
	same(t, "unfinished", []string{fmt.Sprint(sent.Unfinished)},
		[]string{"[{t4 another agent has it Cid} {t9 there is no such task }]"})
	same(t, "the list", w.tasks(p.ann.Token), []string{"t3 hang open", "t4 sweep taken Cid"})
	w.task(p.cid.Token, chat.TaskRelease, "t4")
	w.does(chat.TaskRequest{Token: p.ann.Token, Action: chat.TaskEdit, ID: "t3", Title: "hang " +
		"it", For: []string{"Bob"}})
	w.task(p.ann.Token, chat.TaskDrop, "t4")
	same(t, "the list", w.tasks(p.cid.Token), []string{"t3 hang it open for Bob"})
	closed := w.lists(chat.TaskListRequest{Token: p.cid.Token, Closed: true}).Tasks
	same(t, "closed", board(closed), []string{"t4 sweep dropped Ann", "t2 paint done Bob", "t1 sand done Bob"})
	if closed[1].Result != "painted, and the floor is swept" {
		t.Errorf("the result of a report is %q", closed[1].Result)
	}
	other := w.elsewhere()
	same(t, "in another process", other.tasks(p.bob.Token), []string{"t3 hang it open for Bob"})
	w.clock.Advance(11 * time.Minute)
	if got := other.task(p.cid.Token, chat.TaskTake, ""); got.Task.ID != "t3" {
		t.Errorf("after the offer Cid took %+v", got.Task)
	}
}

// Who makes a room shares out its work before the others are there.
func TestTask_offeredToAnAgentToCome_waitsTenMinutesForThatName(t *testing.T) {
	w := newWorld(t)
	ann := w.enter(chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: 3})
	w.adds(ann.Token, "sand > bob Bob", "paint > Cid", "hang > Bob < 2")
	same(t, "the list", w.tasks(ann.Token), []string{"t1 sand open for bob", "t2 paint open for Cid",
		"t3 hang blocked for Bob after t2"})
	dora := w.join("plans", "Dora")
	if _, err := w.Task(t.Context(), chat.TaskRequest{Token: dora.Token, Action: chat.TaskTake}); err == nil {
		t.Error("Dora took what others are to do")
	}
	bob := w.join("plans", "Bob")
	if bob.Offered != "t1" || bob.FreeTasks != 1 {
		t.Errorf("the one that came is offered %q of %d", bob.Offered, bob.FreeTasks)
	}
	if got := w.task(bob.Token, chat.TaskRelease, "t1"); len(got.Task.For) > 0 {
		t.Errorf("after Bob declined it, %+v", got.Task)
	}
	if got := w.task(dora.Token, chat.TaskTake, ""); got.Task.ID != "t1" {
		t.Errorf("Dora took %+v; want what Bob declined", got.Task)
	}
	_, err := w.Task(t.Context(), chat.TaskRequest{Token: ann.Token, Action: chat.TaskAdd,
		Tasks: newTasks("wax > Zoe")})
	wants(t, err, fault.InvalidArgument) // no seat is free
	w.clock.Advance(room.OfferLife)
	if got := w.task(bob.Token, chat.TaskTake, ""); got.Task.ID != "t2" {
		t.Errorf("Bob took %+v; want what Cid did not come for", got.Task)
	}
	w.elsewhere().task(bob.Token, chat.TaskFinish, "t2")
	if got := w.elsewhere().task(bob.Token, chat.TaskTake, ""); got.Task.ID != "t3" || got.Task.By != "Bob" {
		t.Errorf("Bob took %+v", got.Task)
	}
	w.verify(ann.Token)
}

// verify fails unless the log of the token's room is sound.
func (w *world) verify(token string) {
	w.t.Helper()
	if _, err := roomlog.Verify(w.t.Context(), w.table, token[:7]); err != nil {
		w.t.Error(err)
	}
}

// A report finishes tasks when it is said, and never before.
func TestSend_finishes_onlyWithAReportThatIsSent(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	person := w.person(p.bob)
	w.adds(p.ann.Token, "sand", "paint", "mop", "sweep")
	w.task(p.bob.Token, chat.TaskTake, "t1")
	left := func(what string, want ...string) {
		t.Helper()
		var ids []string
		for _, x := range w.lists(chat.TaskListRequest{Token: p.ann.Token}).Tasks {
			ids = append(ids, x.ID)
		}
		same(t, "open after "+what, ids, want)
	}
	report := func(text string, ids ...string) chat.SendRequest {
		return chat.SendRequest{Token: p.bob.Token, Text: text, Finishes: ids}
	}
	for what, req := range map[string]chat.SendRequest{
		"one to Ann":   {To: []string{"Ann"}, Text: "done", Finishes: []string{"t1"}},
		"a vote":       {Kind: room.Agree, Finishes: []string{"t1"}},
		"no id":        {Text: "done", Finishes: []string{"the first"}},
		"eleven":       {Text: "done", Finishes: strings.Fields(strings.Repeat("t1 ", 11))},
		"a message":    {Text: "done", Finishes: []string{"m1a2b3"}},
		"a withdrawal": {Withdraw: "m1a2b3", Finishes: []string{"t1"}},
	} {
		req.Token = p.bob.Token
		_, err := w.send(req)
		wants(t, err, fault.InvalidArgument)
		left(what, "t1", "t2", "t3", "t4")
	}
	w.say(p.ann.Token, "wait, @Bob")
	held := report("sanded", "t1")
	held.Cursor = p.bob.Cursor
	if got, err := w.send(held); err != nil || got.Sent || len(got.Unfinished) > 0 {
		t.Fatalf("held back: %+v, %v", got, err)
	}
	left("a report that was held back", "t1", "t2", "t3", "t4")
	w.pauses(person, true)
	if got, err := w.send(report("sanded", "t1")); err != nil || got.Sent {
		t.Fatalf("paused: %+v, %v", got, err)
	}
	left("a report of a paused agent", "t1", "t2", "t3", "t4")
	_, err := w.Task(t.Context(), chat.TaskRequest{Token: p.bob.Token, Action: chat.TaskFinish, ID: "t1"})
	var paused *fault.Error
	if !errors.As(err, &paused) || strings.Contains(paused.Next, "finishes") {
		t.Errorf("paused: %v", err) // a report would not be kept
	}
	w.pauses(person, false)
	w.approves(person, true)
	draft := w.drafts(report("sanded", "t1", "t3"))
	left("a draft", "t1", "t2", "t3", "t4")
	for _, action := range []chat.TaskAction{chat.TaskTake, chat.TaskFinish, chat.TaskRelease, chat.TaskDrop} {
		_, err := w.Task(t.Context(), chat.TaskRequest{Token: p.bob.Token, Action: action, ID: "t1"})
		var refused *fault.Error
		wants(t, err, fault.Paused)
		if !errors.As(err, &refused) || !strings.Contains(refused.Next, "finishes") {
			t.Errorf("%s: next is %q", action, refused.Next)
		}
	}
	w.task(p.cid.Token, chat.TaskTake, "t3") // meanwhile
	w.decides(person, draft, room.SendDraft, "")
	left("the draft was sent", "t2", "t3", "t4")
	other := w.drafts(report("painted", "t2"))
	w.decides(person, other, room.RefuseDraft, "")
	left("a draft that is not sent", "t2", "t3", "t4")
	w.approves(person, false)
	first := w.sends(report("painted, not mopped", "t2", "t3"))
	again := w.sends(report("painted, not mopped", "t2", "t3"))
	if fmt.Sprint(first.Unfinished) != fmt.Sprint(again.Unfinished) || !again.Duplicate || len(again.Unfinished) != 1 {
		t.Errorf("first %+v, again %+v", first.Unfinished, again.Unfinished)
	}
	left("a report", "t3", "t4")
	// the person finishes, adds and drops in the place of the agent
	w.approves(person, true)
	w.task(person, chat.TaskFinish, "t4")
	w.adds(person, "rest")
	w.task(person, chat.TaskDrop, "t5")
	left("the person", "t3")
	w.verify(p.ann.Token)
}

// Whatever is asked for twice happens once, and is answered as before.
func TestTask_repeatedCall_changesNothing(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	for _, c := range []struct {
		token string
		req   chat.TaskRequest
	}{
		{p.ann.Token, chat.TaskRequest{Action: chat.TaskAdd, Tasks: newTasks("sand", "paint", "mop < 1")}},
		{p.bob.Token, chat.TaskRequest{Action: chat.TaskTake}},
		{p.bob.Token, chat.TaskRequest{Action: chat.TaskTake, ID: "t1"}},
		{p.ann.Token, chat.TaskRequest{Action: chat.TaskRelease, ID: "t1", Text: "too dusty"}},
		{p.ann.Token, chat.TaskRequest{Action: chat.TaskEdit, ID: "t1", Text: "with a mask"}},
		{p.cid.Token, chat.TaskRequest{Action: chat.TaskFinish, ID: "#1", Text: "smooth"}},
		{p.ann.Token, chat.TaskRequest{Action: chat.TaskDrop, ID: "T2"}},
	} {
		c.req.Token = c.token
		first := w.does(c.req)
		events := len(w.all(p.ann.Token))
		again, there := w.does(c.req), w.elsewhere().does(c.req)
		if place(t, c.token, again.Cursor) != place(t, c.token, first.Cursor) {
			t.Errorf("%s: the cursor moved", c.req.Action)
		}
		again.Cursor = first.Cursor // each has a nonce of its own
		if !reflect.DeepEqual(first, again) || !reflect.DeepEqual(first.Task, there.Task) ||
			!slices.Equal(board(first.Tasks), board(there.Tasks)) || len(w.all(p.ann.Token)) != events {
			t.Errorf("%s: first %+v\nagain %+v\nthere %+v", c.req.Action, first, again, there)
		}
	}
	_, err := w.Task(t.Context(), chat.TaskRequest{Token: p.bob.Token, Action: chat.TaskFinish, ID: "t1"})
	var refused *fault.Error
	wants(t, err, fault.InvalidArgument)
	if !errors.As(err, &refused) || refused.By != "Cid" {
		t.Errorf("what Cid has finished: %v", err)
	}
	again := chat.TaskRequest{Token: p.ann.Token, Action: chat.TaskAdd, Tasks: newTasks("sand", "paint", "mop < 1")}
	if got := w.does(again); len(got.Tasks) != 1 || got.Tasks[0].ID != "t3" {
		t.Errorf("added again while one is open: %+v", got.Tasks)
	}
	w.task(p.ann.Token, chat.TaskDrop, "t3")
	_, err = w.Task(t.Context(), again) // the list does not have them, so an answer would hide that none was added
	wants(t, err, fault.InvalidArgument)
	w.clock.Advance(room.RepeatWindow)
	if got := w.does(again); len(got.Tasks) != 3 || got.Tasks[0].ID != "t4" {
		t.Errorf("added again later: %+v", got.Tasks)
	}
}

// The same words that report a task are another message, also when an agent that they ask has left.
func TestSend_sameTextThatFinishes_isNoRepetition(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.adds(p.ann.Token, "sand")
	report := chat.SendRequest{Token: p.ann.Token, Text: "all is sanded, please look at it", Ask: []string{"Bob"}}
	w.sends(report)
	w.leave(p.bob.Token)
	report.Finishes = []string{"t1"}
	if got, err := w.Send(t.Context(), report); fault.CodeOf(err) != fault.InvalidArgument {
		t.Errorf("got %+v, %v; want a refusal: Bob has left", got, err)
	}
	same(t, "the list", w.tasks(p.ann.Token), []string{"t1 sand open"})
}

// What comes after a task that was dropped waits for ever, unless somebody does something.
func TestTask_afterADroppedOne_saysSo(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.adds(p.ann.Token, "sand", "paint < 1", "hang < 2", "sweep < 1 2")
	drop := chat.TaskRequest{Token: p.ann.Token, Action: chat.TaskDrop, ID: "t1"}
	for _, when := range []string{"at first", "again"} {
		got := w.does(drop)
		same(t, when+" wait for it", got.Stuck, []string{"t2", "t4"})
		for _, x := range got.Tasks {
			want := map[string][]string{"t2": {"t1"}, "t4": {"t1"}}[x.ID]
			same(t, when+" "+x.ID+" comes after the dropped", x.Dropped, want)
		}
	}
	same(t, "a list", w.lists(chat.TaskListRequest{Token: p.bob.Token}).Tasks[0].Dropped, []string{"t1"})
	same(t, "a look", w.lists(chat.TaskListRequest{Token: p.bob.Token, ID: "t4"}).Task.Dropped, []string{"t1"})
	_, err := w.Task(t.Context(), chat.TaskRequest{Token: p.bob.Token, Action: chat.TaskTake, ID: "t4"})
	wants(t, err, fault.InvalidArgument)
	if !strings.Contains(err.Error(), "t4 cannot be taken: it waits for what was dropped: t1. "+
		"Nothing was taken: drop it, and add it again without that") {
		t.Error(err)
	}
	if got := w.does(chat.TaskRequest{Token: p.ann.Token, Action: chat.TaskDrop, ID: "t3"}); got.Stuck != nil {
		t.Errorf("for t3 wait %q", got.Stuck)
	}
}
