package chat_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// checkID returns the id of the last check of a task.
func (w *world) checkID(token, id string) string {
	w.t.Helper()
	all := w.lists(chat.TaskListRequest{Token: token, ID: id}).Task.Checks
	return all[len(all)-1].ID
}

// differing renders what needs a person as "Cid: t1 sand of 2", as news and room_info tell it.
func (w *world) differing(person string) (list []string) {
	w.t.Helper()
	render := func(differing []chat.DifferingView) (list []string) {
		for _, d := range differing {
			list = append(list, fmt.Sprint(strings.Join(d.Who, " and "), ": ", d.Task.ID, " ", d.Task.Title, " of ",
				d.Tasks))
		}
		return list
	}
	list = render(w.newsOf(person, chat.NewsFrom{}).State.Differing)
	same(w.t, "room_info", render(w.info(person).Differing), list)
	return list
}

// A check and its removal tell what they are of, however they are read, until the words are removed.
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
		w.does(checkOf(p.ann.Token, "t1", 0))
		id := w.checkID(p.bob.Token, "t1")
		w.redact(p.ann.Token, id)
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
					if m.TaskAction != room.CheckTask && m.Type != chat.EventRoom || m.Task == nil {
						continue
					}
					s := fmt.Sprintf("%s %s %s %s %s of %s by %s %v", m.Type, m.Agent, m.By, m.Redacts, m.Task.Title,
						m.Task.ID, m.Task.By, len(m.Task.Checks))
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
		told("with words", []string{"task Cid   sand of t1 by Bob 1 make test 0",
			"task Ann   sand of t1 by Bob 0 make test 0", "room Ann Ann " + id + " sand of t1 by Bob 0 make test 0"})
		w.redact(p.bob.Token, "t1")
		told("without", []string{"task Cid   removed of t1 by Bob 1", "task Ann   removed of t1 by Bob 0",
			"room Ann Ann " + id + " removed of t1 by Bob 0"})
		w.verify(p.ann.Token)
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

// A check is removed by its agent and by admins, and not by whoever added or finished the task. All who see the task
// see who did it, and nothing of the check is left, neither in the table nor in a process. A later one counts.
func TestRedact_ofACheck_isByItsAgentOrAnAdmin(t *testing.T) {
	onBoth(t, func(t *testing.T, w, there *world) {
		p := w.company()
		dora := w.enter(chat.JoinRequest{Room: "plans", AgentName: "Dora"})
		cids := w.person(p.cid)
		w.adds(p.cid.Token, "sand")
		w.proves(p.bob.Token, "t1", ranTest)
		w.does(checkOf(dora.Token, "t1", 7))
		old := w.checkID(p.bob.Token, "t1")
		w.does(checkOf(dora.Token, "t1", 8))
		id := w.checkID(p.bob.Token, "t1")
		same(t, "before", there.differing(cids), []string{"Dora: t1 sand of 1"})
		for what, c := range map[string]struct {
			token, id string
			code      fault.Code
		}{
			"by who finished it":   {p.bob.Token, id, fault.NotAllowed},
			"by who added it":      {p.cid.Token, id, fault.NotAllowed},
			"of a check of before": {dora.Token, old, fault.InvalidArgument},
			"of no check":          {dora.Token, "m999999", fault.InvalidArgument},
		} {
			err := w.changesNothing(p.ann.Token, func() error {
				_, err := there.UpdateRoom(t.Context(), chat.UpdateRequest{Token: c.token, Redact: c.id})
				return err
			})
			if fault.CodeOf(err) != c.code {
				t.Errorf("%s: %v", what, err)
			}
		}
		if !slices.ContainsFunc(there.all(p.bob.Token), func(m chat.Message) bool { return m.ID == id }) {
			t.Fatal("nobody has read it") // so it is in the memory of both
		}
		w.redact(dora.Token, id)
		there.update(chat.UpdateRequest{Token: dora.Token, Redact: id}) // the answer may be lost
		for _, x := range []*world{w, there, w.elsewhere()} {
			same(t, "the task", checks(*x.lists(chat.TaskListRequest{Token: p.bob.Token, ID: "t1"}).Task), nil)
			same(t, "the person", x.differing(cids), nil)
			for _, m := range x.all(p.bob.Token) {
				if m.ID == id && (!m.Redacted || len(m.Task.Checks) > 0) {
					t.Errorf("its event: %+v", m)
				}
			}
		}
		for key, data := range w.roomItems(p.ann.Token) {
			if strings.Contains(data, `"exit":8`) {
				t.Errorf("%s still has it: %s", key, data)
			}
		}
		all := there.all(p.bob.Token)
		if last := all[len(all)-1]; last.By != "Dora" || last.Agent != "Dora" || last.Redacts != id ||
			last.Task.ID != "t1" {
			t.Errorf("Bob sees %+v", last)
		}
		w.verify(p.ann.Token)

		w.does(checkOf(dora.Token, "t1", 8)) // the same again counts
		same(t, "again", there.differing(cids), []string{"Dora: t1 sand of 1"})
		w.leave(dora.Token)
		w.redact(p.ann.Token, w.checkID(p.ann.Token, "t1"))
		same(t, "by an admin", there.differing(cids), nil)
		w.does(checkOf(cids, "t1", 3)) // a person has checked it
		_, err := w.UpdateRoom(t.Context(), chat.UpdateRequest{Token: p.cid.Token,
			Redact: w.checkID(p.cid.Token, "t1")})
		wants(t, err, fault.NotAllowed)
		w.verify(p.ann.Token)

		// What is lost with a part of a table comes back as the log says.
		w.does(checkOf(p.ann.Token, "t1", 0))
		for key := range w.roomItems(p.ann.Token) {
			if strings.HasPrefix(key, "CHECK#") {
				w.write(table.Delete(w.item(p.ann.Token, key).Key, table.Always))
			}
		}
		if _, _, err := roomlog.FillGaps(t.Context(), w.table, p.ann.Token[:7], nil); err != nil {
			t.Fatal(err)
		}
		same(t, "filled", checks(*there.lists(chat.TaskListRequest{Token: p.bob.Token, ID: "t1"}).Task),
			[]string{"Cid differs 3", "Ann same 0"})
	})
}

// Who does not see a task learns nothing of its checks by redact, also as an admin. An admin who sees it may remove a
// check, also one whose event has expired.
func TestRedact_ofACheckFromBefore_dependsOnTheTask(t *testing.T) {
	for public, want := range map[bool]fault.Code{false: fault.InvalidArgument, true: ""} {
		w := newWorld(t)
		ann := w.create(chat.CreateRequest{Room: "plans", AgentName: "Ann", Capacity: 4, Public: public})
		bob, gus := w.join("plans", "Bob"), w.join("plans", "Gus")
		w.adds(ann.Token, "sand")
		w.proves(bob.Token, "t1", ranTest)
		w.does(checkOf(gus.Token, "t1", 2))
		id := w.checkID(ann.Token, "t1")
		w.leave(gus.Token)
		late := w.join("plans", "Late")
		w.manage(ann.Token, room.Promote, "Late", chat.StatusPromoted)
		redact := func(id string) error {
			_, err := w.UpdateRoom(t.Context(), chat.UpdateRequest{Token: late.Token, Redact: id})
			return err
		}
		none := redact("m999999")
		if public {
			n, _ := strconv.Atoi(strings.TrimPrefix(id, "m"))
			w.write(table.Delete(eventKey(ann.Token, int64(n)), table.Always))
			w = w.elsewhere()
		}
		if err := redact(id); fault.CodeOf(err) != want || want != "" && err.Error() != none.Error() {
			t.Errorf("public %t: %v, and of none %v", public, err, none)
		}
		if left := w.lists(chat.TaskListRequest{Token: ann.Token, ID: "t1"}).Task.Checks; (len(left) == 0) != public {
			t.Errorf("public %t: %v", public, left)
		}
	}
}
