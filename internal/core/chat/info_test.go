package chat_test

import (
	"context"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

func TestInfo_byName_needsThePassword(t *testing.T) {
	w := newWorld(t)
	w.join("plans:pw", "Ann")
	for name, c := range map[string]struct {
		req  chat.InfoRequest
		code fault.Code
	}{
		"right":          {chat.InfoRequest{Room: "Plans", Password: "pw"}, ""},
		"after the name": {chat.InfoRequest{Room: "Plans:pw"}, ""},
		"none":           {chat.InfoRequest{Room: "plans"}, fault.WrongPassword},
		"wrong":          {chat.InfoRequest{Room: "plans:px"}, fault.WrongPassword},
		"two":            {chat.InfoRequest{Room: "plans:pw", Password: "px"}, fault.InvalidArgument},
		"no such room":   {chat.InfoRequest{Room: "plots"}, fault.RoomNotFound},
		"no name at all": {chat.InfoRequest{}, fault.InvalidArgument},
	} {
		got, err := w.RoomInfo(t.Context(), c.req)
		if fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil {
			same(t, name, seats(got.Room), []string{"Ann (admin)"})
		}
	}
}

// A page asks for many rooms what waits in them, so room_info has the ids of drafts, as supervise has them. An agent is
// shown none: it was told when it sent them. Others do not know of them.
func TestInfo_ofAPerson_namesTheDraftsThatWaitForIt(t *testing.T) {
	onFiles(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p, person := w.approved()
		phone, err := w.opens(w.newLink(person), "phone")
		if err != nil {
			t.Fatal(err)
		}
		others := []string{p.bob.Token, p.ann.Token, w.person(p.ann), w.sits(t.Context(), "Pam").Token}
		waits := func(what string, want ...string) {
			t.Helper()
			var ids []string
			for _, d := range there.supervise(phone, chat.SuperviseRequest{}).Drafts {
				ids = append(ids, d.ID)
			}
			same(t, what+", by supervise", ids, want)
			for _, token := range []string{person, phone} {
				same(t, what, there.info(token).Drafts, want)
			}
			for _, token := range others {
				same(t, what+", for others", there.info(token).Drafts, nil)
			}
		}
		waits("before any")
		one := w.drafts(chat.SendRequest{Token: p.bob.Token, Text: "one"})
		two := w.drafts(chat.SendRequest{Token: p.bob.Token, Text: "two"})
		waits("two drafts", one, two)
		w.decides(person, one, room.SendDraft, "")
		waits("one is sent", two)
		w.decides(person, two, room.RefuseDraft, "")
		waits("both are decided")
		three := w.drafts(chat.SendRequest{Token: p.bob.Token, Text: "three"})
		w.clock.Advance(room.DraftLife - time.Minute)
		waits("for almost a day", three)
		w.clock.Advance(time.Minute)
		waits("it has expired")
	})
}

func TestInfo_ofAPerson_namesTheTasksThatHaveStalled(t *testing.T) {
	onFiles(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p, pam := w.withPam()
		person := w.person(p.ann)
		w.adds(p.ann.Token, "sand", "paint", "sweep")
		w.task(p.bob.Token, chat.CommandTake, "t1")
		w.task(pam.Token, chat.CommandTake, "t3")
		p.bob.Cursor = w.look(p.bob.Token, p.bob.Cursor).Cursor
		named := func(token string) (tasks []string) {
			for _, task := range there.info(token).Stalled {
				tasks = append(tasks, task.ID+" "+task.Title)
			}
			return tasks
		}
		stalled := func(what string, want ...string) {
			t.Helper()
			for _, token := range []string{pam.Token, person} { // whose own call counts
				same(t, what, named(token), want)
				var listed []string
				for _, task := range there.lists(chat.TaskListRequest{Token: token}).Tasks {
					if task.State == chat.TaskStalled {
						listed = append(listed, task.ID+" "+task.Title)
					}
				}
				same(t, what+", by list_tasks", listed, want)
			}
			same(t, what+", for an agent", named(p.ann.Token), nil)
		}
		w.clock.Advance(room.StallsAfter - time.Minute)
		stalled("Bob is silent for 14 minutes")
		w.clock.Advance(time.Minute)
		stalled("for 15", "t1 sand")
		w.look(p.bob.Token, p.bob.Cursor)
		stalled("Bob returns")
		w.clock.Advance(room.StallsAfter)
		stalled("Bob falls silent again", "t1 sand")
		w.task(p.ann.Token, chat.CommandTake, "t1")
		stalled("Ann has taken it")
		w.task(p.bob.Token, chat.CommandTake, "t2")
		w.leave(p.bob.Token)
		stalled("Bob leaves with another", "t2 paint")
		dan := w.sits(t.Context(), "Dan") // who joined after a seat was freed does not see the earlier tasks
		same(t, "a newcomer", named(dan.Token), nil)
	})
}

// Who holds an invite learns the name of a person who runs the room, and who is a person without an agent. Who has no
// invite learns of no person.
func TestInfo_withoutASeat_tellsOfPersonsToTheInvitedAlone(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	if err := w.capacity(p.ann.Token, 3); err != nil {
		t.Fatal(err)
	}
	w.sits(t.Context(), "Pam")
	for person, name := range map[string]string{w.person(p.ann): "Anna", w.person(p.bob): "Robert"} {
		if err := w.names(person, name); err != nil {
			t.Fatal(err)
		}
	}
	shown := func(ctx context.Context) (out []string) {
		got, err := w.RoomInfo(ctx, chat.InfoRequest{Room: "plans"})
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range got.Room.Agents {
			out = append(out, a.Name+"/"+string(a.Role)+"/"+a.PersonName)
		}
		return out
	}
	invited := guest(t, w.info(p.ann.Token).Invite)
	same(t, "an agent runs it", shown(invited), []string{"Ann/admin/Anna", "Bob//", "Pam//Pam"})
	same(t, "to a stranger", shown(t.Context()), []string{"Ann/admin/", "Bob//", "Pam//"})
	w.manage(p.ann.Token, room.Promote, "Pam", chat.StatusPromoted)
	same(t, "a person without an agent, too", shown(invited), []string{"Ann/admin/Anna", "Bob//", "Pam/admin/Pam"})
	same(t, "to a stranger, too", shown(t.Context()), []string{"Ann/admin/", "Bob//", "Pam/admin/"})
}

func TestInfo_roomStartedOverDuringIt_describesTheNewOne(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	ann := w.join("plans", "Ann")
	looker := w.onTop(&interrupted{afterName: func() {
		w.leave(ann.Token)
		w.join("plans", "Bob")
	}})
	got, err := looker.RoomInfo(t.Context(), chat.InfoRequest{Room: "plans"})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "seats", seats(got.Room), []string{"Bob (admin)"})
}
