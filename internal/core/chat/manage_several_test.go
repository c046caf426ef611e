package chat_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// flood seats as many guests by the invite of a new room as one order may name, and opens the link of each.
func (w *world) flood(name string) (ann chat.Seated, guests []chat.Seated, names []string) {
	w.t.Helper()
	ann = w.create(chat.CreateRequest{Room: name, AgentName: "Ann", Capacity: core.MaxManaged + 5})
	for i := range core.MaxManaged {
		names = append(names, fmt.Sprintf("Guest %c", 'a'+i))
		got, err := w.JoinRoom(guest(w.t, ann.Invite), chat.JoinRequest{AgentName: names[i]})
		if err != nil {
			w.t.Fatal(err)
		}
		w.person(got)
		guests = append(guests, got)
	}
	return ann, guests, names
}

// One guest takes every seat of an invite, and its admin frees them by one call, in one Write. Each of the agents is
// told who did it, and those who stay see one event for each.
func TestManage_severalNames_areOneWrite(t *testing.T) {
	for action, want := range map[room.Action]struct {
		status chat.ManageStatus
		reason room.Reason
	}{room.Kick: {chat.StatusKicked, room.ReasonKicked}, room.BanName: {chat.StatusBanned, room.ReasonBanned}} {
		t.Run(string(action), func(t *testing.T) {
			onEachTable(t, func(t *testing.T, services ...*world) {
				w, there := services[0], of(services, 1)
				ann, guests, names := w.flood("plans")
				bob := w.join("plans", "Bob")
				order := chat.ManageRequest{Token: ann.Token, Agents: append(names, "guest A"), Action: action,
					Note: "too many"}
				order.Agents = order.Agents[1:] // the first one once more, in another spelling
				got, err := w.ManageAgent(t.Context(), order)
				if err != nil || got.Status != want.status || len(got.Names) != len(names) ||
					got.Renewed != (action == room.BanName) {
					t.Fatalf("%+v, %v", got, err)
				}
				if left := seats(there.info(ann.Token).Room); !slices.Equal(left, []string{"Ann (admin)",
					"Bob (member)"}) {
					t.Errorf("seated are %q", left)
				}
				for _, m := range there.history(bob.Token, chat.HistoryRequest{}).Messages {
					if m.Type == chat.EventLeft && (m.Reason != want.reason || m.By != "Ann" || m.Note != "too many") {
						t.Errorf("Bob reads %+v", m)
					}
				}
				for _, g := range guests {
					_, err := there.Wait(t.Context(), chat.WaitRequest{Token: g.Token})
					says(t, err, fault.Removed, "An admin has taken your seat")
				}
				before := len(w.events(ann.Token))
				for _, w := range []*world{w, there, w.elsewhere()} { // whose answer was lost
					got, err = w.ManageAgent(t.Context(), order)
					if err != nil || got.Status != chat.StatusNoChange || len(w.events(ann.Token)) != before {
						t.Errorf("the repetition: %+v, %v", got, err)
					}
				}
			})
		})
	}
}

// All or none: a name that is wrong keeps the others.
func TestManage_severalNamesOneWrong_changesNothing(t *testing.T) {
	w := newWorld(t)
	p := w.trio()
	many := make([]string, core.MaxManaged+1)
	for i := range many {
		many[i] = "Bob"
	}
	for name, c := range map[string]struct {
		names  []string
		action room.Action
		code   fault.Code
		says   string
		next   string
	}{
		"unknown": {[]string{"Bob", "Cid", "Eve"}, room.Kick, fault.InvalidArgument, "No agent of this name",
			"name 3 of 3"},
		"yourself":     {[]string{"Bob", "ann"}, room.Kick, fault.NotAllowed, "your own name", "name 2 of 2"},
		"ban yourself": {[]string{"ann", "Bob"}, room.BanName, fault.NotAllowed, "your own name", "name 1 of 2"},
		"no name":      {[]string{"Bob", "", "Cid"}, room.Kick, fault.InvalidArgument, "agent_name", "name 2 of 3"},
		"none":         {nil, room.Kick, fault.InvalidArgument, "agent_name is missing", ""},
		"too many":     {many, room.Kick, fault.InvalidArgument, "One call takes 15 names", ""},
		"mute":         {[]string{"Bob", "Ann"}, room.Mute, fault.NotAllowed, "cannot be muted", "name 2 of 2"},
	} {
		t.Run(name, func(t *testing.T) {
			req := chat.ManageRequest{Token: p.ann.Token, Agents: c.names, Action: c.action}
			for _, w := range []*world{w, w.elsewhere()} {
				err := w.changesNothing(p.ann.Token,
					func() error { _, err := w.ManageAgent(t.Context(), req); return err })
				says(t, err, c.code, c.says)
				var refused *fault.Error
				if !errors.As(err, &refused) || !strings.Contains(refused.Next, c.next) {
					t.Errorf("what next: %+v", refused)
				}
			}
		})
	}
	_, err := w.ManageAgent(t.Context(), chat.ManageRequest{Token: p.bob.Token, Agents: []string{"Cid", "Ann"},
		Action: room.Kick})
	says(t, err, fault.NotAllowed, "Only admins")
}

// One of a flood leaves before the order comes. The others go, and the admin reads who had left. A ban holds for it,
// too.
func TestManage_severalNamesOneHasLeft_theOthersGo(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		for i, action := range []room.Action{room.Kick, room.BanName} {
			w := services[0]
			ann, guests, names := w.flood(fmt.Sprint("plans ", i))
			w.leave(guests[4].Token)
			for n := range 120 {
				w.say(guests[n%3].Token, fmt.Sprint("spam ", n))
			}
			w.clock.Advance(room.RepeatWindow - time.Minute)
			w = w.elsewhere() // which has not seen the agent leave
			req := chat.ManageRequest{Token: ann.Token, Agents: names, Action: action}
			got, err := w.ManageAgent(t.Context(), req)
			if err != nil || got.Status == chat.StatusNoChange {
				t.Fatalf("%s: %+v, %v", action, got, err)
			}
			same(t, "left are", seats(w.info(ann.Token).Room), []string{"Ann (admin)"})
			gone := map[room.Action][]string{room.Kick: {names[4]}}[action]
			same(t, "gone before", got.HadLeft, gone)
			_, err = w.tryJoin(fmt.Sprint("plans ", i), names[4])
			if refused := fault.CodeOf(err) == fault.NotAllowed; refused != (action == room.BanName) {
				t.Errorf("%s: it comes back: %v", action, err)
			}
			w.clock.Advance(time.Minute)
			req.Agents = names[5:]
			if got, err := w.ManageAgent(t.Context(), req); err != nil || got.Status != chat.StatusNoChange {
				t.Errorf("%s again: %+v, %v", action, got, err)
			}
		}
	})
}

// A join that comes between is no member of the order, and the order is carried out as a whole behind it.
func TestRace_severalKickedWhileOthersJoin_areAllGone(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		for round := range 3 {
			name := fmt.Sprintf("plans %d", round)
			ann, _, names := services[0].flood(name)
			out := atOnce(5, func(i int) (chat.Seated, error) {
				if i == 2 {
					_, err := services[0].ManageAgent(t.Context(), chat.ManageRequest{Token: ann.Token, Agents: names,
						Action: room.Kick})
					return chat.Seated{}, err
				}
				return of(services, i).tryJoin(name, fmt.Sprintf("Late %c", 'a'+i))
			})
			wants(t, out[2].err, "")
			left := seats(services[0].info(ann.Token).Room)
			joined := 0
			for i, o := range out {
				if i != 2 && o.err == nil {
					joined++
				}
			}
			guest := func(name string) bool { return strings.HasPrefix(name, "Guest") }
			if len(left) != 1+joined || slices.ContainsFunc(left, guest) {
				t.Errorf("seated are %q after %d joins", left, joined)
			}
		}
	})
}
