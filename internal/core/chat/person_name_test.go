package chat_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// names has a person say what it is called.
func (w *world) names(person, name string) error {
	_, err := w.Supervise(w.t.Context(), chat.SuperviseRequest{Token: person, PersonName: name, NoName: name == ""})
	return err
}

// What a person did has the name that the person had then, whatever it is called since and whoever comes later. What
// the agent did never has it.
func TestPersonName_isInAllThatThePersonDid(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	ann := w.person(p.ann)
	var said []string
	named := func(name string) {
		if err := w.names(ann, name); err != nil {
			t.Fatal(err)
		}
		w.say(ann, "as "+name)
		w.say(p.ann.Token, "by the agent")
		said = append(said, "as "+name, name, "by the agent", "")
	}
	named("")
	named("Ann Lee")
	w.adds(ann, "sand", "sweep")
	w.task(ann, chat.TaskTake, "t1")
	w.finish(ann, "t1", "smooth")
	id := w.propose(ann, "at noon", "Bob")
	bob := w.person(p.bob)
	if err := w.names(bob, "Bob Ross"); err != nil {
		t.Fatal(err)
	}
	w.agree(bob, id)
	w.ask(ann, "And tea?", "Cid")
	named("Ann Moss")
	if got := w.supervise(ann, chat.SuperviseRequest{}); got.Name != "Ann Moss" {
		t.Errorf("the page is told %q", got.Name)
	}
	if got := w.info(p.cid.Token); got.Room.Agents[0].PersonName != "Ann Moss" ||
		got.Requests[0].PersonName != "Ann Lee" || !got.Requests[0].Person {
		t.Errorf("the room shows %+v and asks %+v", got.Room.Agents[0], got.Requests)
	}
	named("")
	w.leave(p.ann.Token)
	w.verify(p.cid.Token)
	for _, there := range []*world{w, w.elsewhere()} { // and from the table
		var got []string
		for _, m := range there.all(p.cid.Token) {
			if strings.HasPrefix(m.Text, "as ") || m.Text == "by the agent" {
				got = append(got, m.Text, m.PersonName)
			}
			if m.Type == chat.EventTask && (m.PersonName != "Ann Lee" || m.Actor() != "Ann Lee, for Ann") {
				t.Errorf("the task: %+v", m)
			}
		}
		same(t, "what was said", got, said)
		closed := there.lists(chat.TaskListRequest{Token: p.cid.Token, Closed: true}).Tasks[0]
		open := there.lists(chat.TaskListRequest{Token: p.cid.Token}).Tasks[0]
		if closed.AdderName != "Ann Lee" || closed.ByName != "Ann Lee" || open.AdderName != "Ann Lee" {
			t.Errorf("the tasks: %+v, %+v", closed, open)
		}
		agreed := there.info(p.cid.Token).Agreements[0]
		if agreed.By != "Ann Lee, for Ann" || !slices.Equal(agreed.AgreedBy, []string{agreed.By, "Bob Ross, for Bob"}) {
			t.Errorf("agreed: %+v", agreed)
		}
	}
}

// A person and a newcomer cannot be taken for each other: of two that want one name at once, one gets it.
func TestPersonName_andANewcomerOfTheName_oneGetsIt(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		host := w.create(chat.CreateRequest{Room: "plans", AgentName: "Host", Capacity: 20})
		person := w.person(host)
		for _, name := range []string{"Ann", "Cid", "Dan", "Eve"} {
			got := atOnce(2, func(i int) (chat.Seated, error) {
				if i == 0 {
					return chat.Seated{}, there.names(person, name)
				}
				return w.tryJoin("plans", name)
			})
			expect(t, got, map[fault.Code]int{"": 1, fault.NameTaken: 1})
			if err := w.names(person, ""); err != nil {
				t.Fatal(err)
			}
			w.tryJoin("plans", name) // what nobody is called any more is free
			wants(t, there.names(person, name), fault.NameTaken)
		}
	})
}

// Who has no agent has its name already, and an agent names nobody.
func TestPersonName_withoutAnAgentBehindWhich_isRefused(t *testing.T) {
	w := newWorld(t)
	p, pam := w.withPam()
	wants(t, w.names(pam.Token, "Pamela"), fault.NotAllowed)
	wants(t, w.names(p.ann.Token, "Lee"), fault.NotAllowed)
	person := w.person(p.ann)
	for _, name := range []string{"your user", "Bob's owner", "a:b"} {
		wants(t, w.names(person, name), fault.InvalidArgument)
	}
	w.say(pam.Token, "hello")
	for _, m := range w.all(p.bob.Token) {
		if m.Text == "hello" && (m.Actor() != "Pam" || !m.Person) {
			t.Errorf("Pam says %+v", m)
		}
	}
	w.manage(p.ann.Token, room.BanName, "Eve", chat.StatusBanned)
	wants(t, w.names(person, "EVE"), fault.NameTaken)
}

// A person without an agent has its own name also in what an older program has stored, which noted none.
func TestPersonName_ofAPersonAloneInAnOldLog_isThatOfTheSeat(t *testing.T) {
	w := newWorld(t)
	p, pam := w.withPam()
	w.ask(pam.Token, "tea?", "Bob")
	w.adds(pam.Token, "brew", "for all")
	of := table.Range{Partition: "ROOM#" + p.ann.Token[:7], Prefix: "LOG#", Consistency: table.Strong}
	for item, err := range table.All(t.Context(), w.table, of) {
		if err != nil {
			t.Fatal(err)
		}
		item.Data = bytes.Replace(item.Data, []byte(`"men":"Pam",`), nil, 1)
		if err := w.table.Write(t.Context(), table.Put(item, table.Always)); err != nil {
			t.Fatal(err)
		}
	}
	there, did := w.elsewhere(), 0
	for _, m := range there.all(p.bob.Token) {
		if m.Person {
			did++
			if m.Actor() != "Pam" {
				t.Errorf("%s did %+v", m.Actor(), m)
			}
		}
	}
	if asks := there.info(p.bob.Token).Requests; did != 2 || len(asks) != 1 || asks[0].PersonName != "Pam" {
		t.Errorf("Pam did %d things, and asks %+v", did, asks)
	}
}
