package transfer_test

import (
	"maps"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// The progress of a hook stays at the source, so the destination calls nobody. The agent has its subscription again
// once its client refreshes the subscription at the destination.
func TestCopy_hook_isSwitchedOff(t *testing.T) {
	for name, route := range routes() {
		t.Run(name, func(t *testing.T) {
			at := route[0](t)
			ann, bob := at.join("tea", "Ann"), at.join("tea", "Bob")
			for _, next := range route[1:] {
				at.subscribe(bob)
				at.sees(ann, room.AgentStandby)
				want := at.content()
				maps.DeleteFunc(want, func(k table.Key, _ string) bool { return roomlog.IsProgress(k) })
				if len(want) != len(at.content())-1 || len(at.partition(roomlog.HooksPartition)) != 1 {
					t.Fatal("the source has no hook")
				}
				to := next(t)
				to.copyFrom(at.table)
				to.sameAs(want)
				if hooks := to.partition(roomlog.HooksPartition); len(hooks) != 0 {
					t.Errorf("copied %v", hooks)
				}
				to.sees(ann, room.AgentBusy)
				at = to
			}
			seats := at.subscribe(bob)
			at.sees(ann, room.AgentStandby)
			if len(seats.Hooks) != 1 {
				t.Errorf("the seat has %+v, want the one that it had", seats.Hooks)
			}
		})
	}
}

// subscribe gives an agent a hook, or refreshes the hook, and returns the seat.
func (s site) subscribe(a *agent) chat.HookSeat {
	s.t.Helper()
	seat, err := s.HookSeat(s.t.Context(), a.token)
	if err != nil {
		s.t.Fatal(err)
	}
	const url = "https://example.com/"
	id := chat.HookID("key:b", url, "room.message", seat, false)
	x := roomlog.HookItem{ID: id, Room: seat.Room, Seat: seat.Seat, URL: url, Principal: "key:b",
		UntilMs: time.Now().Add(time.Hour).UnixMilli()}
	if _, err := s.BeginHook(s.t.Context(), a.token, x); err != nil {
		s.t.Fatal(err)
	}
	told := roomlog.Progress{AtMs: time.Now().UnixMilli()} // as the look stores that a refresh begins
	if err := s.table.Write(s.t.Context(), roomlog.PutProgress(x, told)); err != nil {
		s.t.Fatal(err)
	}
	seat, err = s.HookSeat(s.t.Context(), a.token)
	if err != nil {
		s.t.Fatal(err)
	}
	return seat
}

// sees fails unless an agent sees Bob in a state.
func (s site) sees(a *agent, want room.AgentState) {
	s.t.Helper()
	info, err := s.RoomInfo(s.t.Context(), chat.InfoRequest{Token: a.token})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, x := range info.Room.Agents {
		if x.Name == "Bob" && x.State != want {
			s.t.Errorf("Bob is %s, want %s", x.State, want)
		}
	}
}

// An endpoint has its seat by its address. The destination does not call the endpoint, and the endpoint leaves once
// the server looks for the address.
func TestCopy_endpoint_isCalledNoMore(t *testing.T) {
	at, to := inFile(t), inFile(t)
	ann, err := at.JoinRoom(t.Context(), chat.JoinRequest{Room: "tea", AgentName: "Ann"})
	if err != nil {
		t.Fatal(err)
	}
	added, err := at.AddAgent(t.Context(), at.approve(ann.Watch), "Bob", roomlog.HookItem{URL: "https://example.com/",
		UntilMs: time.Now().Add(time.Hour).UnixMilli()})
	if err != nil {
		t.Fatal(err)
	}
	x, err := at.Store().Hook(t.Context(), added.Hook)
	if err != nil {
		t.Fatal(err)
	}
	to.copyFrom(at.table)
	if hooks := to.partition(roomlog.HooksPartition); len(hooks) != 0 {
		t.Errorf("copied %v", hooks)
	}
	a := &agent{token: ann.Token}
	at.sees(a, room.AgentStandby)
	to.sees(a, room.AgentBusy)
	if err := to.EndGoneHook(t.Context(), roomlog.HookItem{ID: x.ID, Room: x.Room, Seat: x.Seat}); err != nil {
		t.Fatal(err)
	}
	info, err := to.RoomInfo(t.Context(), chat.InfoRequest{Token: ann.Token})
	if err != nil || len(info.Room.Agents) != 1 {
		t.Errorf("in the room are %+v, %v", info.Room.Agents, err)
	}
}
