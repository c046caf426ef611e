package chat_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// asideOf returns the call that sets the checks of a task by an agent aside.
func asideOf(token, id, name string) chat.TaskRequest {
	return chat.TaskRequest{Token: token, Action: chat.CommandAside, ID: id, For: []string{name}}
}

// standing renders the checks of a task as "Cid differs", with "aside by Ann" or "gone".
func (w *world) standing(token, id string) (list []string) {
	w.t.Helper()
	for _, c := range w.lists(chat.TaskListRequest{Token: token, ID: id}).Task.Checks {
		s := fmt.Sprint(c.By, " ", c.Verdict)
		if c.AsideBy != "" {
			s += " aside by " + c.AsideBy
		}
		if c.Gone {
			s += " gone"
		}
		list = append(list, s)
	}
	return list
}

// disputed renders what needs a person as "check by Cid: t1 sand, t2 paint", as news and room_info tell it.
func (w *world) disputed(person string) (list []string) {
	w.t.Helper()
	render := func(disputes []chat.DisputeView) (list []string) {
		for _, d := range disputes {
			s := fmt.Sprint(d.Kind, " by ", d.Who, ":")
			for _, task := range d.Tasks {
				s += fmt.Sprint(" ", task.ID, " ", task.Title)
			}
			if d.Objection != nil {
				s += " " + d.Objection.Text
			}
			list = append(list, s)
		}
		return list
	}
	list = render(w.newsOf(person, chat.NewsFrom{}).State.Disputes)
	same(w.t, "room_info", render(w.info(person).Disputes), list)
	return list
}

// A check and its being set aside tell what they are of, however they are read, until the words are removed.
func TestCheck_event_tellsWhatWasChecked_asLongAsItHasWords(t *testing.T) {
	onBoth(t, func(t *testing.T, w, there *world) {
		p := w.company()
		person := w.person(p.bob)
		hook := w.webhook(person, "https://example.org/")
		w.clock.Advance(time.Minute)
		_, endpoint := w.addsAgent(person, "Remi")
		w.adds(p.ann.Token, "sand")
		w.proves(p.bob.Token, "t1", ranTest)
		w.does(checkOf(p.cid.Token, "t1", 2))
		w.does(asideOf(p.ann.Token, "t1", "Cid"))
		told := func(when string, want []string) {
			t.Helper()
			called, _ := there.delivered(hook, 0)
			w.ask(p.bob.Token, "well?", "Remi")
			heard, err := there.Heard(t.Context(), endpoint, 0, 0)
			if err != nil {
				t.Fatal(err)
			}
			for way, messages := range map[string][]chat.Message{
				"a wait":    there.look(p.bob.Token, p.bob.Cursor).Messages,
				"history":   there.all(p.bob.Token),
				"the page":  there.all(person),
				"news":      there.newsOf(person, chat.NewsFrom{}).Messages,
				"a view":    there.viewed(w.info(p.ann.Token).View, "").Messages,
				"a webhook": called,
				"an agent":  heard.Messages,
			} {
				var got []string
				for _, m := range messages {
					if m.TaskAction != room.CheckTask && m.TaskAction != room.AsideTask {
						continue
					}
					s := fmt.Sprintf("%s %s of %s by %s %v", m.TaskAction, m.Task.Title, m.Task.ID, m.Task.By,
						m.Task.For)
					if m.Task.Evidence != nil {
						s += fmt.Sprint(" ", m.Task.Evidence.Ran, " ", m.Task.Evidence.Exit)
					}
					got = append(got, s)
					one := there.history(p.bob.Token, chat.HistoryRequest{ID: m.ID, Limit: 1}).Messages[0]
					if one.Task.Title != m.Task.Title {
						t.Errorf("%s, alone: %+v", when, one.Task)
					}
				}
				same(t, when+", "+way, got, want)
			}
		}
		told("with words", []string{"check sand of t1 by Bob [] make test 0",
			"aside sand of t1 by Bob [Cid] make test 0"})
		w.redact(p.bob.Token, "t1")
		told("without", []string{"check removed of t1 by Bob []", "aside removed of t1 by Bob [Cid]"})
		w.verify(p.ann.Token)
	})
}

// Who reads a check reads its task. A join, which shows messages alone, reads none, and a call of a webhook only one.
func TestCheck_event_costsTheTasksThatAreTold(t *testing.T) {
	const checks = 20
	w := newWorld(t)
	p := w.company()
	w.update(chat.UpdateRequest{Token: p.ann.Token, Password: "hunter2 hunter3"}) // a leave hides nothing
	hook := w.webhook(w.person(p.bob), "https://example.org/")
	w.say(p.ann.Token, "hi")
	for n := range checks {
		w.adds(p.ann.Token, fmt.Sprint("sand ", n))
		w.proves(p.bob.Token, fmt.Sprint("t", n+1), ranTest)
	}
	for n := range checks {
		w.does(checkOf(p.cid.Token, fmt.Sprint("t", n+1), 2))
	}
	reads := 0
	there := onTable(t, w.clock, &tabletest.Hooks{Table: w.table, After: func(_ context.Context, c *tabletest.Call) {
		if c.Method == tabletest.Get && strings.HasPrefix(c.Key.Sort, "DONE#") {
			reads++
		}
	}}, chat.Options{})
	costs := func(what string, want int, do func()) {
		t.Helper()
		reads = 0
		do()
		if reads != want {
			t.Errorf("%s reads %d tasks, want %d", what, reads, want)
		}
	}
	costs("history", checks, func() { there.history(p.bob.Token, chat.HistoryRequest{Limit: checks}) })
	costs("a webhook", checks, func() { there.delivered(hook, 0) })
	costs("a join", 0, func() {
		there.enter(chat.JoinRequest{Room: "plans", AgentName: "Dora", Password: "hunter2 hunter3"})
	})
}

// A wait that has collected the check before the words were removed does not bring them.
func TestCheck_event_losesItsWordsInAWait(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.adds(p.ann.Token, "sand")
	w.proves(p.bob.Token, "t1", ranTest)
	dora := w.enter(chat.JoinRequest{Room: "plans", AgentName: "Dora"})
	wait := w.open(t.Context(), chat.WaitRequest{Token: dora.Token, Cursor: dora.Cursor, Wait: longWait})
	w.does(checkOf(p.cid.Token, "t1", 2)) // wakes Ann and Bob alone
	w.redact(p.bob.Token, "t1")
	w.ask(p.ann.Token, "well?", "Dora")
	for _, m := range take(t, wait).Messages {
		if m.TaskAction == room.CheckTask && (m.Task.Title != room.Removed || m.Task.Evidence != nil) {
			t.Errorf("%+v", m.Task)
		}
	}
}

// The adder and admins set a check aside, by a name that may have left; it counts again when it says something else.
func TestAside_byAdderOrAdmin_isOnRecord(t *testing.T) {
	onBoth(t, func(t *testing.T, w, there *world) {
		p := w.company()
		dora := w.enter(chat.JoinRequest{Room: "plans", AgentName: "Dora"})
		bobs, cids := w.person(p.bob), w.person(p.cid)
		w.adds(p.cid.Token, "sand")
		w.proves(p.bob.Token, "t1", ranTest)
		w.does(checkOf(dora.Token, "t1", 2))
		w.does(checkOf(p.ann.Token, "t1", 0))
		for what, c := range map[string]struct {
			req  chat.TaskRequest
			code fault.Code
		}{
			"by who finished it":     {asideOf(p.bob.Token, "t1", "Dora"), fault.NotAllowed},
			"by the checker":         {asideOf(dora.Token, "t1", "Dora"), fault.NotAllowed},
			"of one without a check": {asideOf(p.cid.Token, "t1", "Bob"), fault.InvalidArgument},
			"of nobody": {chat.TaskRequest{Token: p.cid.Token, Action: chat.CommandAside, ID: "t1"},
				fault.InvalidArgument},
			"of no task": {asideOf(p.cid.Token, "t9", "Dora"), fault.InvalidArgument},
			"with words": {chat.TaskRequest{Token: p.cid.Token, Action: chat.CommandAside, ID: "t1",
				For: []string{"Dora"}, Text: "no"}, fault.InvalidArgument},
		} {
			err := w.changesNothing(p.ann.Token, func() error { _, err := there.Task(t.Context(), c.req); return err })
			if fault.CodeOf(err) != c.code {
				t.Errorf("%s: %v", what, err)
			}
		}
		w.pauses(cids, true)
		_, err := w.Task(t.Context(), asideOf(p.cid.Token, "t1", "Dora"))
		wants(t, err, fault.Paused)
		w.leave(dora.Token)

		got := w.does(asideOf(cids, "t1", "@dora"))
		m := there.look(p.bob.Token, p.bob.Cursor).Messages
		if last := m[len(m)-1]; last.TaskAction != room.AsideTask || last.Agent != "Cid" || !last.Person ||
			!slices.Equal(last.Task.For, []string{"Dora"}) {
			t.Errorf("Bob is told %+v of %+v", last, last.Task)
		}
		if got.Task.Checks[0].AsideBy == "" {
			t.Errorf("the answer: %+v", got.Task.Checks)
		}
		before := len(w.all(p.ann.Token))
		there.does(chat.TaskRequest{Token: p.ann.Token, Action: chat.CommandAside, ID: "t1",
			For: []string{"Dora", "@dora"}})
		if len(w.all(p.ann.Token)) != before {
			t.Error("again is an event")
		}
		aside := "Dora differs aside by Cid's owner"
		same(t, "aside", there.standing(p.bob.Token, "t1"), []string{aside, "Ann same"})
		there.does(asideOf(p.ann.Token, "t1", "Ann")) // an admin that is the checker
		same(t, "both", w.standing(p.bob.Token, "t1"), []string{aside, "Ann same aside by Ann"})
		w.clock.Advance(time.Second)
		w.does(checkOf(p.ann.Token, "t1", 2))
		same(t, "another result", there.standing(bobs, "t1"), []string{aside, "Ann differs"})
		w.verify(p.ann.Token)
	})
}

// Many check a task and set the checks aside at once. What the last event about a check says is how the check stands.
func TestAside_againstChecksAtOnce_standsAsTheLogSays(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		w := services[0]
		p := w.company()
		w.adds(p.ann.Token, "sand")
		w.proves(p.bob.Token, "t1", ranTest)
		w.does(checkOf(p.cid.Token, "t1", 2))
		for round := range 5 {
			var calls sync.WaitGroup
			aside, check := asideOf(p.ann.Token, "t1", "Cid"), checkOf(p.cid.Token, "t1", 3+round)
			for i, req := range []chat.TaskRequest{aside, check, aside, {Token: p.ann.Token,
				Action: chat.CommandAdd, Tasks: newTasks(fmt.Sprint("paint ", round))}} {
				calls.Go(func() {
					if _, err := services[i%len(services)].Task(t.Context(), req); err != nil {
						t.Error(err)
					}
				})
			}
			calls.Wait()
			want := "Cid differs"
			for _, m := range w.all(p.ann.Token) {
				switch m.TaskAction {
				case room.CheckTask:
					want = "Cid differs"
				case room.AsideTask:
					want = "Cid differs aside by Ann"
				}
			}
			for _, x := range services {
				same(t, fmt.Sprint("round ", round), x.standing(p.bob.Token, "t1"), []string{want})
			}
		}
		w.verify(p.ann.Token)
	})
}

// What is disputed of a seat needs its person, in each room and at each process, until it is over or put away.
func TestDispute_needsThePerson_untilItIsOverOrPutAway(t *testing.T) {
	onBoth(t, func(t *testing.T, w, there *world) {
		p := w.company()
		anns, bobs, cids := w.person(p.ann), w.person(p.bob), w.person(p.cid)
		w.adds(p.ann.Token, "sand", "paint")
		w.proves(p.bob.Token, "t1", ranTest)
		w.proves(p.bob.Token, "t2", ranTest)
		known := knownAfter(chat.NewsFrom{}, w.newsOf(bobs, chat.NewsFrom{}))
		w.does(checkOf(p.cid.Token, "t1", 2))
		if got := there.newsOf(bobs, known); got.State == nil || len(got.State.Disputes) != 1 {
			t.Fatalf("news: %+v", got.State)
		}
		w.does(checkOf(p.cid.Token, "t2", 2))
		for _, person := range []string{anns, bobs} {
			same(t, "both", there.disputed(person), []string{"check by Cid: t1 sand t2 paint"})
		}
		same(t, "who checks", there.disputed(cids), nil)
		if got := w.info(p.bob.Token).Disputes; got != nil {
			t.Errorf("an agent is told %+v", got)
		}

		w.redact(p.ann.Token, "t1")
		w.does(asideOf(p.ann.Token, "t2", "Cid"))
		same(t, "one", there.disputed(bobs), []string{"check by Cid: t1 removed"})
		id := there.info(bobs).Disputes[0].ID
		before := len(w.all(p.ann.Token))
		for range 2 {
			there.supervise(bobs, chat.SuperviseRequest{PutAway: id})
		}
		if len(w.all(p.ann.Token)) != before {
			t.Error("others see that Bob has put it away")
		}
		same(t, "put away", w.disputed(bobs), nil)
		same(t, "Ann's stays", w.disputed(anns), []string{"check by Cid: t1 removed"})
		same(t, "the check stands", there.standing(p.bob.Token, "t2"), []string{"Cid differs aside by Ann"})

		// An objection, also to what few see.
		plan := w.sends(chat.SendRequest{Token: p.bob.Token, Text: "tea", Kind: room.Proposal, To: []string{"Cid"}}).ID
		w.sends(chat.SendRequest{Token: p.cid.Token, Text: "no, coffee", Kind: room.Object, ReplyTo: plan})
		same(t, "an objection", there.disputed(bobs), []string{"object by Cid: no, coffee"})
		same(t, "to others", there.disputed(anns), []string{"check by Cid: t1 removed"})
		objection := there.info(bobs).Disputes[0].ID
		w.redact(p.cid.Token, objection)
		same(t, "without words", there.disputed(bobs), []string{"object by Cid: removed"})
		w.sends(chat.SendRequest{Token: bobs, Text: "as you like", ReplyTo: objection})
		same(t, "answered", there.disputed(bobs), nil)

		w.adds(p.ann.Token, "sweep")
		w.task(p.bob.Token, chat.CommandTake, "t3")
		w.task(p.ann.Token, chat.CommandRelease, "t3")
		same(t, "taken", there.disputed(bobs), []string{"taken by Ann: t3 sweep"})
		w.task(p.ann.Token, chat.CommandDrop, "t3")
		same(t, "dropped", there.disputed(bobs), nil)
		w.verify(p.ann.Token)
	})
}

// A person without an agent has added the task, and a guest has checked it.
func TestDispute_ofAPersonAlone_isOfAGuest(t *testing.T) {
	w := newWorld(t)
	pam := w.create(chat.CreateRequest{Room: "plans", AgentName: "Pam", Capacity: 5, Person: true})
	bob := w.join("plans", "Bob")
	ctx := guest(t, w.info(pam.Token).Invite)
	enters := func(name string) chat.Seated {
		t.Helper()
		got, err := w.JoinRoom(ctx, chat.JoinRequest{AgentName: name})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	checks := func(by chat.Seated, id string) {
		t.Helper()
		if _, err := w.Task(ctx, checkOf(by.Token, id, 2)); err != nil {
			t.Fatal(err)
		}
	}
	w.adds(pam.Token, "sand", "paint")
	w.proves(bob.Token, "t1", ranTest)
	w.proves(bob.Token, "t2", ranTest)
	gus := enters("Gus")
	checks(gus, "t1")
	checks(gus, "t2")
	same(t, "two", w.disputed(pam.Token), []string{"check by Gus: t1 sand t2 paint"})
	w.does(asideOf(pam.Token, "t1", "Gus"))
	same(t, "one", w.disputed(pam.Token), []string{"check by Gus: t2 paint"})

	hook := w.browser(pam.Token)
	needs := func() chat.Needs {
		t.Helper()
		got, err := w.Needs(t.Context(), hook)
		if err == nil {
			err = w.DescribeNeeds(t.Context(), &got)
		}
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	first := needs().Open
	if len(first) != 1 || first[0].Kind != chat.NeedsLook || first[0].Who != "Gus" || first[0].Text != "paint" ||
		first[0].ID != w.info(pam.Token).Disputes[0].ID {
		t.Fatalf("%+v", first)
	}
	if _, err := w.LeaveRoom(ctx, chat.LeaveRequest{Token: gus.Token}); err != nil {
		t.Fatal(err)
	}
	gil := enters("Gil")
	w.adds(pam.Token, "hang")
	w.proves(bob.Token, "t3", ranTest)
	checks(gil, "t3")
	same(t, "under another name", w.disputed(pam.Token), []string{"check by Gus: t2 paint", "check by Gil: t3 hang"})
	if again := needs().Open; len(again) != 2 || again[0].N != first[0].N || again[1].N != first[0].N {
		t.Errorf("it rings again: %+v", again)
	}
	same(t, "Gus has left", w.standing(pam.Token, "t2"), []string{"Gus differs"})
	w.manage(pam.Token, room.Kick, "Gil", chat.StatusKicked)
	same(t, "Gil is kicked", w.disputed(pam.Token), []string{"check by Gus: t2 paint"})
	same(t, "what he checked", w.standing(pam.Token, "t3"), []string{"Gil differs gone"})
	w.clock.Advance(room.DebtLife)
	pam = w.enter(chat.JoinRequest{Token: pam.Token})
	same(t, "a day later", w.disputed(pam.Token), nil)
	same(t, "what Gus checked", w.standing(pam.Token, "t2"), []string{"Gus differs gone"})
}

// An objection outlives its words, and is told to the phone without them.
func TestDispute_ofAnObjectionThatHasExpired_isTold(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	anns := w.person(p.ann)
	hook := w.browser(anns)
	plan := w.sends(chat.SendRequest{Token: p.ann.Token, Text: "tea", Kind: room.Proposal}).ID
	w.sends(chat.SendRequest{Token: p.cid.Token, Text: "no, coffee", Kind: room.Object, ReplyTo: plan})
	for range 2 {
		w.clock.Advance(room.Life * 2 / 3)
		w.ask(w.enter(chat.JoinRequest{Token: p.bob.Token}).Token, "well?", "Cid")
	}
	w = w.elsewhere()
	needs, err := w.Needs(t.Context(), hook)
	if err == nil {
		err = w.DescribeNeeds(t.Context(), &needs)
	}
	if err != nil || len(needs.Open) != 1 || needs.Open[0].Who != "Cid" || needs.Open[0].Text != "" {
		t.Errorf("%+v, %v", needs.Open, err)
	}
	same(t, "needs", w.disputed(anns), []string{"object by Cid:"})
}

// A program of before drops the disputes with its next change of the Talk, and loses no check, set aside or not.
func TestDispute_ofAProgramOfBefore_isLostAndNoCheckIs(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	bobs := w.person(p.bob)
	w.adds(p.ann.Token, "sand", "paint")
	for _, id := range []string{"t1", "t2"} {
		w.proves(p.bob.Token, id, ranTest)
		w.does(checkOf(p.cid.Token, id, 2))
	}
	w.does(asideOf(p.ann.Token, "t1", "Cid"))
	w.ask(p.ann.Token, "well?", "Bob")
	last := eventKey(p.ann.Token, int64(len(w.events(p.ann.Token))))
	item, err := w.table.Get(t.Context(), last, table.Strong)
	if err != nil {
		t.Fatal(err)
	}
	var event room.Event
	if err := json.Unmarshal(item.Data, &event); err != nil || len(event.Talk.Disputes) == 0 {
		t.Fatalf("%v: %s", err, item.Data)
	}
	event.Talk.Disputes = nil
	item.Data = roomlog.Encode(event)
	w.store(item)
	w = w.elsewhere()
	same(t, "needs", w.disputed(bobs), nil)
	same(t, "t1", w.standing(bobs, "t1"), []string{"Cid differs aside by Ann"})
	same(t, "t2", w.standing(bobs, "t2"), []string{"Cid differs"})
	w.does(checkOf(p.cid.Token, "t2", 3))
	same(t, "needs again", w.disputed(bobs), []string{"check by Cid: t2 paint"})
	w.verify(p.ann.Token)
}

// A check that was lost with a part of a table comes back as it was set aside.
func TestAside_ofACheckThatIsLost_comesBackFromTheLog(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.adds(p.ann.Token, "sand")
	w.proves(p.bob.Token, "t1", ranTest)
	w.does(checkOf(p.cid.Token, "t1", 2))
	w.does(asideOf(p.ann.Token, "t1", "Cid"))
	w.write(table.Delete(w.item(p.ann.Token, "CHECK#0000000000000001#00000003").Key, table.Always))
	if _, _, err := roomlog.FillGaps(t.Context(), w.table, p.ann.Token[:7], nil); err != nil {
		t.Fatal(err)
	}
	same(t, "filled", w.standing(p.bob.Token, "t1"), []string{"Cid differs aside by Ann"})

	// A check that cannot be read, and that no event can bring back, keeps nothing else from coming back.
	key := w.item(p.ann.Token, "CHECK#0000000000000001#00000003").Key
	w.write(table.Delete(eventKey(p.ann.Token, int64(len(w.events(p.ann.Token))-1)), table.Always))
	w.write(table.Put(table.Item{Key: key, Data: []byte("{")}, table.Always))
	if filled, _, err := roomlog.FillGaps(t.Context(), w.table, p.ann.Token[:7], nil); filled != 1 || err != nil {
		t.Errorf("filled %d, %v", filled, err)
	}
}
