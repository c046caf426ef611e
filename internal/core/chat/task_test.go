package chat_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// task does one thing with the room's tasks.
func (w *world) task(token string, action chat.TaskCommand, id string) chat.Tasks {
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
	return w.does(chat.TaskRequest{Token: token, Action: chat.CommandAdd, Tasks: newTasks(tasks...)})
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
func board(list []chat.TaskView) (out []string) {
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

func TestTask_offeredToNobodyHere_isRefused(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	add := chat.TaskRequest{Token: p.ann.Token, Action: chat.CommandAdd, Tasks: newTasks("sand > Bob", "paint > Cid")}
	got := w.does(add)
	w.leave(p.cid.Token)
	again := w.does(add)
	same(t, "the same call again", board(again.Tasks), board(got.Tasks))
	_, err := w.Task(t.Context(), chat.TaskRequest{Token: p.ann.Token, Action: chat.CommandAdd,
		Tasks: newTasks("wax > Cid")})
	wants(t, err, fault.InvalidArgument)
	w.verify(p.ann.Token)
}

// verify fails unless the log of the token's room is sound.
func (w *world) verify(token string) {
	w.t.Helper()
	if _, err := roomlog.Verify(w.t.Context(), w.table, token[:7]); err != nil {
		w.t.Error(err)
	}
}

// A report finishes tasks when it is said, and never before.
func TestSend_thatFinishesTasks_endsThemOnlyOnceItIsSaid(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	person := w.person(p.bob)
	w.adds(p.ann.Token, "sand", "paint", "mop", "sweep")
	w.task(p.bob.Token, chat.CommandTake, "t1")
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
	for name, req := range map[string]chat.SendRequest{
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
		left(name, "t1", "t2", "t3", "t4")
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
	_, err := w.Task(t.Context(), chat.TaskRequest{Token: p.bob.Token, Action: chat.CommandFinish, ID: "t1"})
	var paused *fault.Error
	if !errors.As(err, &paused) || strings.Contains(paused.Next, "finishes") {
		t.Errorf("paused: %v", err) // a report would not be kept
	}
	w.pauses(person, false)
	w.approves(person, true)
	draft := w.drafts(report("sanded", "t1", "t3"))
	left("a draft", "t1", "t2", "t3", "t4")
	for _, action := range []chat.TaskCommand{chat.CommandTake, chat.CommandFinish, chat.CommandRelease,
		chat.CommandDrop} {
		_, err := w.Task(t.Context(), chat.TaskRequest{Token: p.bob.Token, Action: action, ID: "t1"})
		var refused *fault.Error
		wants(t, err, fault.Paused)
		if !errors.As(err, &refused) || !strings.Contains(refused.Next, "finishes") {
			t.Errorf("%s: next is %q", action, refused.Next)
		}
	}
	w.task(p.cid.Token, chat.CommandTake, "t3") // meanwhile
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
	w.task(person, chat.CommandFinish, "t4")
	w.adds(person, "rest")
	w.task(person, chat.CommandDrop, "t5")
	left("the person", "t3")
	w.verify(p.ann.Token)
}

// What an agent has done once is not done again with other words: that would lose them, or what was said before.
func TestTask_againWithOtherWords_isRefused(t *testing.T) {
	const other = "No: it is rough."
	does := func(action chat.TaskCommand) func(w *world, p company, text string) error {
		return func(w *world, p company, text string) error { return w.ends(p.ann.Token, action, text) }
	}
	for _, c := range []struct {
		what string
		do   func(w *world, p company, text string) error
	}{
		{"finish", does(chat.CommandFinish)},
		{"drop", does(chat.CommandDrop)},
		{"next", does(chat.CommandNext)},
		{"release", does(chat.CommandRelease)},
		{"finish after a report", func(w *world, p company, text string) error {
			if text == other {
				return does(chat.CommandFinish)(w, p, text)
			}
			w.sends(chat.SendRequest{Token: p.ann.Token, Text: text, Finishes: []string{"t1"}})
			return nil
		}},
		{"finish after a removal", func(w *world, p company, text string) error {
			err := does(chat.CommandFinish)(w, p, text)
			if text != other {
				w.redact(p.ann.Token, "t1")
			}
			return err
		}},
	} {
		t.Run(c.what, func(t *testing.T) {
			w := newWorld(t)
			p := w.company()
			w.adds(p.ann.Token, "sand", "mop")
			w.task(p.ann.Token, chat.CommandTake, "t1")
			if err := c.do(w, p, "It is smooth."); err != nil {
				t.Fatal(err)
			}
			if c.what == "release" {
				if err := c.do(w, p, "It is smooth."); err != nil {
					t.Errorf("the same again: %v", err)
				}
			}
			err := w.changesNothing(p.ann.Token, func() error { return c.do(w, p, other) })
			if fault.CodeOf(err) != fault.InvalidArgument || !strings.Contains(err.Error(), "send_message") {
				t.Errorf("with other words: %v", err)
			}
		})
	}
}

// ends does something with t1, with words.
func (w *world) ends(token string, action chat.TaskCommand, text string) error {
	_, err := w.Task(w.t.Context(), chat.TaskRequest{Token: token, Action: action, ID: "t1", Text: text})
	return err
}

// What waited only for a dropped task is free, and names it to who takes it.
func TestTask_dropped_freesWhatWaitsForIt(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.adds(p.ann.Token, "saw", "copy > Cid < 1", "tell all < 1 4", "later")
	w.does(chat.TaskRequest{Token: p.ann.Token, Action: chat.CommandDrop, ID: "t1", Text: "no wood"})
	same(t, "afterwards", w.elsewhere().tasks(p.ann.Token), []string{"t2 copy open for Cid",
		"t3 tell all blocked after t1 t4", "t4 later open"})
	got := w.task(p.cid.Token, chat.CommandTake, "t2")
	same(t, "what Cid learns", results(got), []string{"t1 Ann: no wood"})
	if got.Results[0].State != chat.TaskDropped {
		t.Errorf("it is shown as %s", got.Results[0].State)
	}

	// What is named only after it was dropped is named, too, and blocks nothing.
	w.does(chat.TaskRequest{Token: p.ann.Token, Action: chat.CommandEdit, ID: "t4", After: []string{"t1"}})
	same(t, "what Bob learns", results(w.task(p.bob.Token, chat.CommandTake, "t4")), []string{"t1 Ann: no wood"})
	w.verify(p.ann.Token)
}

// A guest's tasks, added first, hide in a part of the list nothing that is the caller's, or is offered to it.
func TestTask_listThatIsCut_beginsWithWhatIsTheCallers(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.adds(p.ann.Token, slices.Repeat([]string{"paint"}, 30)...)
	w.does(chat.TaskRequest{Token: p.cid.Token, Action: chat.CommandAdd,
		Tasks: []chat.NewTask{{Title: "sweep"}, {Title: "mop", For: []string{"Bob"}}}})
	w.does(chat.TaskRequest{Token: p.bob.Token, Action: chat.CommandTake, ID: "t31"})
	got := w.lists(chat.TaskListRequest{Token: p.bob.Token}).Tasks
	seen := w.viewed(w.view(p.bob.Token), "").Open.First
	for what, ids := range map[string][]string{"the list": {got[0].ID, got[1].ID, got[2].ID},
		"a view": {seen[0].ID, seen[1].ID, seen[2].ID}} {
		same(t, what+" begins with", ids, []string{"t31", "t32", "t1"})
	}
}

// The page of a person shows the whole list, also of what is done.
func TestTask_listOfAPerson_hasAllOfThem(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	var titles []string
	for range 30 {
		titles = append(titles, "paint")
	}
	w.adds(p.ann.Token, titles...)
	w.adds(p.bob.Token, "sweep", "sweep again")
	person := w.person(p.ann)
	if got := w.lists(chat.TaskListRequest{Token: p.ann.Token}); len(got.Tasks) != 30 || !got.HasMore {
		t.Errorf("an agent gets %d tasks, %v", len(got.Tasks), got.HasMore)
	}
	if got := w.lists(chat.TaskListRequest{Token: person}); len(got.Tasks) != 32 || got.HasMore {
		t.Errorf("a person gets %d tasks, %v", len(got.Tasks), got.HasMore)
	}
	for _, id := range []string{"t1", "t30", "t31"} {
		w.does(chat.TaskRequest{Token: p.bob.Token, Action: chat.CommandFinish, ID: id})
	}
	closed := func(before string) []string {
		return board(w.lists(chat.TaskListRequest{Token: person, Closed: true, ID: before}).Tasks)
	}
	same(t, "closed", closed(""), []string{"t31 sweep done Bob", "t30 paint done Bob", "t1 paint done Bob"})
	same(t, "closed before t30", closed("t30"), []string{"t1 paint done Bob"})
	_, err := w.ListTasks(t.Context(), chat.TaskListRequest{Token: person, Closed: true, ID: "m1"})
	if err == nil {
		t.Error("the closed tasks before no task are listed")
	}
}

// Who joined after a seat was freed does not see the earlier tasks: so nobody can offer it one, which others could
// not take then, and an answer to an event about one is no answer.
func TestTask_whoDoesNotSeeIt_isNotOfferedIt(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.adds(p.ann.Token, "sand")
	w.leave(p.bob.Token)
	w.task(p.cid.Token, chat.CommandTake, "t1")
	events := w.all(p.cid.Token)
	dan := w.join("plans", "Dan")
	w.sends(chat.SendRequest{Token: p.cid.Token, Text: "with a mask", ReplyTo: events[len(events)-1].ID})
	for who, c := range map[string]struct {
		token   string
		answers bool
	}{"Ann": {p.ann.Token, true}, "Dan": {dan.Token, false}} {
		seen := w.all(c.token)
		if m := seen[len(seen)-1]; m.Text != "with a mask" || (m.ReplyTo != "") != c.answers {
			t.Errorf("%s sees %+v", who, m)
		}
	}
	offer := chat.TaskRequest{Token: p.cid.Token, Action: chat.CommandRelease, ID: "t1", For: []string{"Dan"}}
	wants(t, w.changesNothing(p.ann.Token, func() error { _, err := w.Task(t.Context(), offer); return err }),
		fault.InvalidArgument)
	w.task(p.cid.Token, chat.CommandRelease, "t1")
	offer.Token, offer.Action = p.ann.Token, chat.CommandEdit
	_, err := w.Task(t.Context(), offer)
	wants(t, err, fault.InvalidArgument)
	same(t, "the list", w.tasks(p.ann.Token), []string{"t1 sand open"})
}

// A task tells who added and who ended it: a person, or its agent. One that an older program has stored does not, and
// is whole all the same.
func TestTask_ofAPerson_isShownAsThePersons(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	person := w.person(p.ann)
	w.adds(p.ann.Token, "sand", "sweep")
	w.adds(person, "paint", "hang it")
	w.task(person, chat.CommandFinish, "t1")
	w.task(p.ann.Token, chat.CommandFinish, "t3")
	shown := func(w *world, closed bool) (list []string) {
		for _, x := range w.lists(chat.TaskListRequest{Token: p.bob.Token, Closed: closed}).Tasks {
			list = append(list, fmt.Sprintf("%s added by a person: %t, ended: %t", x.ID, x.AddedByPerson,
				x.EndedByPerson))
		}
		return list
	}
	same(t, "open", shown(w, false),
		[]string{"t2 added by a person: false, ended: false", "t4 added by a person: true, ended: false"})
	same(t, "closed", shown(w, true),
		[]string{"t3 added by a person: true, ended: false", "t1 added by a person: false, ended: true"})
	w.verify(p.ann.Token)

	of := table.Range{Partition: "ROOM#" + p.ann.Token[:7], Prefix: "META#TASK#", Consistency: table.Strong}
	for item, err := range table.All(t.Context(), w.table, of) {
		if err != nil {
			t.Fatal(err)
		}
		item.Data = bytes.Replace(item.Data, []byte(`"me":true,`), nil, 1)
		if err := w.table.Write(t.Context(), table.Put(item, table.Always)); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "open, of an older program", shown(w.elsewhere(), false),
		[]string{"t2 added by a person: false, ended: false", "t4 added by a person: false, ended: false"})
	w.verify(p.ann.Token)
}

// Of edits that together would make a circle one is refused, though each alone makes none, and says which tasks wait
// for each other. The order of adding does not matter.
func TestTask_editedAtOnce_makesNoCircle(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		const agents = 3
		var all []chat.Seated
		for _, name := range []string{"Ann", "Bob", "Cid"} {
			all = append(all, services[0].enter(chat.JoinRequest{Room: "plans", AgentName: name, Capacity: agents}))
		}
		for round := range 20 {
			ids := make([]string, agents)
			for i := range ids { // each agent may edit the task that it added
				got := services[0].adds(all[i].Token, fmt.Sprintf("part %d of round %d", i, round))
				ids[i] = got.Tasks[0].ID
			}
			errs := make([]error, agents)
			var done sync.WaitGroup
			for i := range agents {
				done.Go(func() {
					_, errs[i] = services[i%len(services)].Task(t.Context(), chat.TaskRequest{Token: all[i].Token,
						Action: chat.CommandEdit, ID: ids[i], After: []string{ids[(i+1)%agents]}})
				})
			}
			done.Wait()
			refused := slices.IndexFunc(errs, func(err error) bool { return err != nil })
			if refused < 0 {
				t.Fatalf("round %d: they wait for each other", round)
			}
			at := func(i int) string { return ids[(refused+i)%agents] }
			want := fmt.Sprintf("%s after %s, %s after %s, %s after %s.", at(0), at(1), at(1), at(2), at(2), at(0))
			err := errs[refused]
			wants(t, err, fault.InvalidArgument)
			if !strings.Contains(err.Error(), want) || errors.Join(errs...).Error() != err.Error() {
				t.Fatalf("round %d: %v, want one refusal with %s", round, errs, want)
			}

			// They end one after the other, the last added or not.
			for i := range agents {
				got := services[0].task(all[0].Token, chat.CommandTake, at(agents-i))
				if len(got.Results) != min(i, 1) {
					t.Fatalf("round %d: %s brings %q", round, got.Task.ID, results(got))
				}
				services[0].finish(all[0].Token, got.Task.ID, "done")
			}
		}
	})
}

// Four agents take the same task at once, and then four others the next free one: one wins the first, and each
// of the others gets one of its own. Its holder finishes it once, by whichever of two calls is first.
//
// talk: tasks
func TestTask_takenAtOnce_hasOneWinner(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		const rounds, agents = 26, 4 // whose tasks are more than a list shows of those that are closed
		w := services[0]
		at := func(i int) *world { return services[i%len(services)] }
		names := []string{"Ann", "Bob", "Cid", "Dan"}
		var all []chat.Seated
		for _, name := range names {
			all = append(all, w.enter(chat.JoinRequest{Room: "plans", AgentName: name, Capacity: agents}))
		}
		task := func(i int, action chat.TaskCommand, id string) (chat.Tasks, error) {
			return at(i).Task(t.Context(), chat.TaskRequest{Token: all[i].Token, Action: action, ID: id})
		}
		together := func(call func(i int)) {
			var done sync.WaitGroup
			for i := range agents {
				done.Go(func() { call(i) })
			}
			done.Wait()
		}
		for round := range rounds {
			var list []string
			for i := range agents {
				list = append(list, fmt.Sprintf("task %d of round %d", i, round))
			}
			added := at(round).adds(all[round%agents].Token, list...)
			ids := make([]string, agents)
			for i := range ids {
				ids[i] = added.Tasks[i].ID
			}
			errs := make([]error, agents)
			together(func(i int) { _, errs[i] = task(i, chat.CommandTake, ids[0]) })
			winner := -1
			for i, err := range errs {
				switch {
				case err == nil && winner >= 0:
					t.Fatalf("round %d: %s and %s have it", round, names[winner], names[i])
				case err == nil:
					winner = i
				default:
					wants(t, err, fault.InvalidArgument)
				}
			}
			if winner < 0 {
				t.Fatalf("round %d: nobody has it: %v", round, errs)
			}
			got := make([]string, agents)
			together(func(i int) { // who has one takes that again
				x, err := task(i, chat.CommandTake, "")
				if err != nil {
					t.Error(err)
				} else {
					got[i] = x.Task.ID
				}
			})
			has := map[string]string{}
			for i, id := range got {
				if other := has[id]; other != "" || (id == ids[0]) != (i == winner) {
					t.Fatalf("round %d: %s got %s, and %s has it: %v", round, names[i], id, other, got)
				}
				has[id] = names[i]
			}
			done := make([]bool, agents)
			together(func(i int) { // the winner by a report, the others by turns by a call and by a report
				if i == winner || i%2 == 0 {
					sent, err := at(i).Send(t.Context(), chat.SendRequest{Token: all[i].Token,
						Text: fmt.Sprintf("%s of %s is done", got[i], names[i]), Finishes: ids})
					done[i] = err == nil && sent.Sent && len(sent.Unfinished) == agents-1
				} else {
					x, err := task(i, chat.CommandFinish, got[i])
					done[i] = err == nil && x.Task.State == chat.TaskDone
				}
			})
			for i := range done {
				if !done[i] {
					t.Fatalf("round %d: %s has not finished %s", round, names[i], got[i])
				}
			}
		}
		same(t, "the list", w.tasks(all[0].Token), nil)
		closed := w.lists(chat.TaskListRequest{Token: all[0].Token, Closed: true})
		if len(closed.Tasks) != 100 || !closed.HasMore {
			t.Errorf("%d closed tasks are shown", len(closed.Tasks))
		}
		w.verify(all[0].Token)
	})
}

// results renders what came of tasks as "t1 Bob: smooth", or as "t1 (removed)".
func results(got chat.Tasks) (out []string) {
	for _, t := range got.Results {
		s := t.ID
		if t.By != "" {
			s += " " + t.By + ": " + t.Result
		}
		if t.Missing != "" {
			s += " (" + t.Missing + ")"
		}
		out = append(out, s)
	}
	return out
}

// finish ends a task with what was done.
func (w *world) finish(token, id, text string) chat.Tasks {
	w.t.Helper()
	return w.does(chat.TaskRequest{Token: token, Action: chat.CommandFinish, ID: id, Text: text})
}

// Who takes a task has what it needs, also of those that were done before it was added. Each call that gives the task
// again brings that again.
func TestTask_taken_bringsWhatCameOfThoseBefore(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.adds(p.ann.Token, "sand", "paint < 1", "hang < 1 2", "sweep")
	w.finish(p.bob.Token, "t1", "smooth")
	w.task(p.bob.Token, chat.CommandTake, "t2")
	next := chat.TaskRequest{Token: p.bob.Token, Action: chat.CommandNext, ID: "t2", Text: "white"}
	want := []string{"t1 Bob: smooth", "t2 Bob: white"}
	for range 2 { // the second time as if the answer had been lost
		same(t, "with next", results(w.does(next)), want)
	}
	same(t, "taken again", results(w.elsewhere().task(p.bob.Token, chat.CommandTake, "t3")), want)
	got := w.lists(chat.TaskListRequest{Token: p.cid.Token, ID: "t3"})
	same(t, "looked at", results(got), want)
	if got.Task.ID != "t3" || len(got.Tasks) != 0 {
		t.Errorf("looked at %+v", got)
	}
	if got := w.finish(p.bob.Token, "t3", "it hangs"); len(got.Results) > 0 {
		t.Errorf("finished with %q", results(got))
	}

	w.adds(p.ann.Token, "mop < t4 t1", "wax < t1 1")
	if got := w.lists(chat.TaskListRequest{Token: p.ann.Token, ID: "t5"}); fmt.Sprint(got.Task.After) != "[t4 t1]" ||
		got.Task.State != chat.TaskBlocked {
		t.Errorf("after one that is done and one that is not: %+v", got.Task)
	}
	w.does(chat.TaskRequest{Token: p.ann.Token, Action: chat.CommandEdit, ID: "t5", After: []string{"t1", "t2"}})
	same(t, "after an edit", results(w.task(p.cid.Token, chat.CommandTake, "t5")), want)

	w.redact(p.ann.Token, "t1")
	w.update(chat.UpdateRequest{Token: p.ann.Token, Capacity: 5})
	dan := w.join("plans", "Dan")
	w.adds(p.ann.Token, "polish < t1 t2")
	same(t, "one was removed", results(w.task(p.cid.Token, chat.CommandTake, "t7")), []string{"t1 Bob:  (removed)",
		"t2 Bob: white"})
	w.task(p.cid.Token, chat.CommandRelease, "t7")
	same(t, "from before its time", results(w.task(dan.Token, chat.CommandTake, "t7")),
		[]string{"t1 (from before you joined)", "t2 (from before you joined)"})
	for _, id := range []string{"t2", "t99"} {
		_, err := w.ListTasks(t.Context(), chat.TaskListRequest{Token: dan.Token, ID: id})
		wants(t, err, fault.InvalidArgument)
	}
	w.verify(p.ann.Token)
}

// A result of many tasks, or of long words, says which of them it leaves out, and each is shown alone.
func TestTask_takenAfterMany_namesTheFirstThatIsLeftOut(t *testing.T) {
	for name, c := range map[string]struct {
		words string
		shown int
	}{"nine short ones": {"done", 8}, "nine long ones": {strings.Repeat("ä", 450), 6}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.company()
			w.adds(p.ann.Token, "1", "2", "3", "4", "5", "6", "7", "8", "9", "all < 1 2 3 4 5 6 7 8 9")
			for no := range 9 {
				w.finish(p.bob.Token, fmt.Sprintf("t%d", no+1), c.words)
			}
			got := w.task(p.bob.Token, chat.CommandTake, "")
			if rest := fmt.Sprintf("t%d", c.shown+1); len(got.Results) != c.shown || got.Rest != rest {
				t.Errorf("%d results, and the rest from %s", len(got.Results), got.Rest)
			}
			one := w.lists(chat.TaskListRequest{Token: p.bob.Token, ID: got.Rest})
			if one.Task.Result != c.words || one.Task.By != "Bob" {
				t.Errorf("alone: %+v", one.Task)
			}
		})
	}
}

// Of a report only the beginning is stored with the task.
func TestTask_resultOfALongReport_namesTheMessage(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.adds(p.ann.Token, "sand", "paint", "hang < 1 2")
	short := chat.SendRequest{Token: p.bob.Token, Text: "smooth", Finishes: []string{"t1"}}
	w.sends(short)
	long := w.sends(chat.SendRequest{Token: p.bob.Token, Text: strings.Repeat("white ", 200), Finishes: []string{"t2"}})
	got := w.task(p.cid.Token, chat.CommandTake, "t3").Results
	if got[0].Report != "" || got[1].Report != long.ID {
		t.Errorf("the reports are %q and %q, want only %q", got[0].Report, got[1].Report, long.ID)
	}
}

// A task is no news: what came meanwhile is read with its cursor.
func TestTask_cursor_isThatOfTheLastResultThatArrived(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.say(p.ann.Token, "read before")
	p.bob.Cursor = w.look(p.bob.Token, p.bob.Cursor).Cursor
	w.adds(p.ann.Token, "sand")
	w.say(p.ann.Token, "unread")
	got := w.does(chat.TaskRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Action: chat.CommandAdd,
		Tasks: newTasks("oil")})
	if place(t, p.bob.Token, got.Cursor) != place(t, p.bob.Token, p.bob.Cursor) {
		t.Error("an add has another cursor")
	}
	same(t, "after it come", texts(w.look(p.bob.Token, got.Cursor).Messages), []string{"unread"})
	// A list is given no cursor, so it cannot carry the counts of one: see session.cursor.
	if got := w.lists(chat.TaskListRequest{Token: p.bob.Token}); got.Cursor != "" {
		t.Errorf("a list has %q", got.Cursor)
	}
	if got := w.adds(w.person(p.ann), "wax"); got.Cursor != "" {
		t.Errorf("a person got %q", got.Cursor)
	}
}

// An agent that leaves misses what is offered to it, also what cannot begin yet.
func TestTask_offerThatCannotBeginYet_isInTheSituation(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.adds(p.ann.Token, "sand", "paint > Bob < 1", "hang > Bob")
	for _, c := range []struct {
		action chat.TaskCommand
		id     string
		free   string
		later  bool
	}{{chat.CommandTake, "t1", "t3", true}, {chat.CommandFinish, "t1", "t2", false},
		{chat.CommandTake, "t2", "t3", false}} {
		w.task(p.bob.Token, c.action, c.id)
		got := w.lists(chat.TaskListRequest{Token: p.bob.Token})
		if got.Situation.Offered != c.free || got.Situation.OffersLater != c.later {
			t.Errorf("after %s %s: offered is %q, and later %t", c.action, c.id, got.Situation.Offered,
				got.Situation.OffersLater)
		}
		if got := w.lists(chat.TaskListRequest{Token: p.cid.Token}); got.Situation.OffersLater {
			t.Error("another is offered what is for Bob")
		}
	}
}

// Who has only a task that waits for another reports a third one, and waits.
func TestSend_ofWhoHasOnlyWhatWaits_waits(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.adds(p.ann.Token, "copy > Cid", "sweep > Cid", "agree anew > Bob")
	w.task(p.cid.Token, chat.CommandTake, "t1")
	w.task(p.cid.Token, chat.CommandTake, "t2")
	w.task(p.bob.Token, chat.CommandTake, "t3")
	w.does(chat.TaskRequest{Token: p.ann.Token, Action: chat.CommandEdit, ID: "t1", After: []string{"t3"}})
	wait := w.sending(chat.SendRequest{Token: p.cid.Token, Cursor: w.look(p.cid.Token, "").Cursor, Text: "swept",
		Finishes: []string{"t2"}, Wait: longWait})
	w.stillWaits("Cid", wait)
	w.finish(p.bob.Token, "t3", "at 22:45")
	wantStatus(t, "Cid, whose task waits no longer", take(t, wait), chat.StatusMessages)
}
