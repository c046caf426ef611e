package chat_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// asks returns a context in which a principal asks.
func asks(w *world, principal string) context.Context {
	return ident.WithPrincipal(w.t.Context(), ident.Principal{ID: principal})
}

// joinsAs joins as an agent of a principal.
func (w *world) joinsAs(principal, name, agent string) chat.Seated {
	w.t.Helper()
	got, err := w.JoinRoom(asks(w, principal), chat.JoinRequest{Room: name, AgentName: agent})
	if err != nil {
		w.t.Fatalf("%s joins: %v", agent, err)
	}
	return got
}

// However an agent loses its seat: if it joins again under its name, it has no link to open,
// and its person has it as before, on every device. The person is told so meanwhile.
func TestKept_seatEndsAndTheAgentJoinsAgain_itsPersonHasIt(t *testing.T) {
	const key = "key:a1"
	ends := map[string]func(w *world, ann, bob chat.Seated, person string){
		"it leaves": func(w *world, _, bob chat.Seated, _ string) { w.leave(bob.Token) },
		"its person leaves": func(w *world, _, _ chat.Seated, person string) {
			w.pauses(person, true)
			w.leave(person)
		},
		"it is kicked": func(w *world, ann, _ chat.Seated, _ string) {
			w.manage(ann.Token, room.Kick, "Bob", chat.StatusKicked)
		},
		"it is kicked, held": func(w *world, ann, _ chat.Seated, person string) {
			w.approves(person, true)
			w.manage(ann.Token, room.Kick, "Bob", chat.StatusKicked)
		},
		"it is kicked, held in part": func(w *world, ann, _ chat.Seated, person string) {
			w.approvesSome(person, room.Selection{Private: true})
			w.manage(ann.Token, room.Kick, "Bob", chat.StatusKicked)
		},
		"its seat is taken": func(w *world, ann, _ chat.Seated, _ string) {
			w.clock.Advance(room.Lease)
			w.look(ann.Token, "")
			w.leave(w.join("plans", "Cid").Token)
		},
		"its name is taken": func(w *world, ann, _ chat.Seated, _ string) {
			w.clock.Advance(room.Lease)
			w.look(ann.Token, "")
			w.leave(w.join("plans", "Bob").Token)
		},
		"all leave, the last": func(w *world, ann, bob chat.Seated, _ string) {
			w.leave(ann.Token)
			w.leave(bob.Token)
		},
	}
	for what, end := range ends {
		onFiles(t, func(t *testing.T, services ...*world) {
			w, there := services[0], services[len(services)-1]
			ann := w.joinsAs("key:b1", "plans", "Ann")
			bob := w.joinsAs(key, "plans", "Bob")
			phone := w.person(bob)
			laptop, err := w.opens(w.newLink(phone), "laptop")
			wants(t, err, "")
			end(w, ann, bob, phone)
			_, err = there.Wait(t.Context(), chat.WaitRequest{Token: laptop})
			wants(t, err, fault.Removed)
			for i, agent := range []string{"Rob", "Bob"} { // another name first, which is another agent
				if what == "all leave, the last" && agent == "Rob" {
					continue // it begins another room
				}
				got := there.joinsAs(key, "plans", agent)
				if agent == "Rob" {
					if got.Watch == "" || got.Situation.Bound {
						t.Errorf("%s: under another name: %+v", what, got)
					}
					w.leave(got.Token)
					continue
				}
				if got.Watch != "" || got.Token == bob.Token {
					t.Fatalf("%s: the agent gets a link: %+v", what, got)
				}
				if _, err := w.opens(bob.Watch, "another"); err == nil {
					t.Errorf("%s: the first link opens", what)
				}
				for _, device := range []string{phone, laptop} {
					mine := w.enter(chat.JoinRequest{Token: device})
					if mine.Name != "Bob" || mine.Situation.Paused != (what == "its person leaves") ||
						mine.Situation.Bound != (mine.Situation.Paused || strings.HasPrefix(what,
							"it is kicked, held")) {
						t.Errorf("%s: the person has %+v", what, mine)
					}
					w.sends(chat.SendRequest{Token: device, Text: fmt.Sprintf("I speak, %d", i)})
				}
				stands := w.supervise(laptop, chat.SuperviseRequest{Paused: yes()})
				if stands.ApproveSome.Private != (what == "it is kicked, held in part") {
					t.Errorf("%s: it stands as %+v", what, stands)
				}
				if sent, err := there.send(chat.SendRequest{Token: got.Token, Text: "hello"}); err != nil || sent.Sent {
					t.Errorf("%s: paused, it says something: %+v, %v", what, sent, err)
				}
				w.supervise(laptop, chat.SuperviseRequest{Paused: no(), Approve: no()})
			}
		})
	}
}

// What is kept is of one principal under one name in one room, for a day.
func TestKept_othersAndLater_getALinkOfTheirOwn(t *testing.T) {
	w := newWorld(t)
	w.create(chat.CreateRequest{Room: "plans", AgentName: "Ann", Capacity: 5})
	for _, principal := range []string{ident.Local, "key:a1"} {
		bob := w.joinsAs(principal, "plans", "Bob")
		person := w.person(bob)
		w.pauses(person, true)
		w.leave(person)
		for _, other := range []string{"", "key:b1"} {
			got := w.joinsAs(other, "plans", "Bob")
			if got.Watch == "" || got.Situation.Paused {
				t.Errorf("%q after %q: %+v", other, principal, got)
			}
			w.leave(got.Token)
		}
		w.clock.Advance(room.KeepPerson - time.Second)
		got := w.joinsAs(principal, "plans", "bob")
		if got.Watch != "" || !got.Situation.Paused {
			t.Errorf("%q after almost a day: %+v", principal, got)
		}
		w.leave(person)
		w.clock.Advance(room.KeepPerson)
		got = w.joinsAs(principal, "plans", "Bob")
		if got.Watch == "" || got.Situation.Paused {
			t.Errorf("%q after a day: %+v", principal, got)
		}
		w.leave(got.Token)
	}
}

// The agent is alone: its room does not begin anew for it, in no way.
func TestKept_desertedRoom_isTheSameForItsAgent(t *testing.T) {
	w := newWorld(t)
	ann := w.joinsAs("key:a1", "plans", "Ann")
	person := w.person(ann)
	w.leave(ann.Token)
	_, err := w.CreateRoom(asks(w, "key:a1"), chat.CreateRequest{Room: "plans", AgentName: "Ann"})
	wants(t, err, fault.RoomExists)
	again := w.joinsAs("key:a1", "plans", "Ann")
	if again.Watch != "" || again.Token[:7] != ann.Token[:7] || again.Room.Agents[0].Role != room.Admin {
		t.Errorf("again: %+v", again)
	}
	w.leave(person)
	if other := w.join("plans", "Bob"); other.Status != chat.StatusCreated {
		t.Errorf("another begins it anew: %+v", other)
	}
}

// A read shows the event of a departure before the item that was written with it. The join
// must not give a link for that.
func TestKept_departureIsReadInPart_theJoinLooksAgain(t *testing.T) {
	w := newWorld(t)
	w.joinsAs("key:b1", "plans", "Ann")
	bob := w.joinsAs("key:a1", "plans", "Bob")
	w.leave(w.person(bob))
	late := &latestItem{Table: w.table}
	there := onTable(t, w.clock, late, chat.Options{})
	if got := there.joinsAs("key:a1", "plans", "Bob"); got.Watch != "" || late.missed != 1 {
		t.Errorf("after %d reads that missed: %+v", late.missed, got)
	}
}

// latestItem does not show who was behind an agent, the first time.
type latestItem struct {
	table.Table
	missed int
}

func (l *latestItem) Get(ctx context.Context, k table.Key, c table.Consistency) (table.Item, error) {
	if len(k.Sort) > 5 && k.Sort[:5] == "KEPT#" && l.missed == 0 {
		l.missed++
		return table.Item{}, table.ErrNotFound
	}
	return l.Table.Get(ctx, k, c)
}

// The agent leaves and joins again at once, from many processes. However the calls meet,
// it never has a link once its person has opened one.
func TestRace_leavingAndJoiningAgain_givesNoLink(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		w := services[0]
		for round := range 5 {
			name := fmt.Sprintf("plans %d", round)
			w.joinsAs("key:b1", name, "Ann")
			bob := w.joinsAs("key:a1", name, "Bob")
			w.person(bob)
			out := atOnce(6, func(i int) (got chat.Seated, err error) {
				if i == 3 {
					_, err = of(services, i).LeaveRoom(t.Context(), chat.LeaveRequest{Token: bob.Token})
					return got, err
				}
				return of(services, i).JoinRoom(asks(w, "key:a1"), chat.JoinRequest{Room: name, AgentName: "Bob"})
			})
			for _, o := range out {
				if o.err == nil && o.Watch != "" {
					t.Errorf("the agent gets a link: %+v", o.Seated)
				}
			}
		}
	})
}

// A room that all have left keeps a person for its agent alone. For anybody else its name is free, with any password.
func TestKept_deserted_othersBeginTheRoomWithTheirPassword(t *testing.T) {
	w := newWorld(t)
	bob := w.joinsAs("key:a1", "plans", "Bob")
	w.person(bob)
	w.leave(bob.Token)
	got, err := w.CreateRoom(asks(w, "key:a1"), chat.CreateRequest{Room: "plans:pw", AgentName: "Cid"})
	wants(t, err, "")
	if got.Status != chat.StatusCreated {
		t.Errorf("%+v", got)
	}
}
