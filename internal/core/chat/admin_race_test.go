package chat_test

import (
	"fmt"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// of returns one of the services.
func of(services []*world, i int) *world { return services[i%len(services)] }

// does manages an agent, in the form of a call for atOnce.
func does(w *world, token string, action room.Action, name string) (chat.Seated, error) {
	_, err := w.ManageAgent(w.t.Context(), chat.ManageRequest{Token: token, Agents: []string{name}, Action: action})
	return chat.Seated{}, err
}

func renames(w *world, token, name string) (chat.Seated, error) {
	_, err := w.UpdateRoom(w.t.Context(), chat.UpdateRequest{Token: token, Room: name})
	return chat.Seated{}, err
}

func TestRace_twoAdminsDemoteEachOther_oneStaysAdmin(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		for round := range 5 {
			name := fmt.Sprintf("plans %d", round)
			ann, bob := services[0].join(name, "Ann"), services[0].join(name, "Bob")
			services[0].manage(ann.Token, room.Promote, "Bob", chat.StatusPromoted)
			out := atOnce(2, func(i int) (chat.Seated, error) {
				if i == 0 {
					return does(services[0], ann.Token, room.Demote, "Bob")
				}
				return does(of(services, 1), bob.Token, room.Demote, "Ann")
			})
			expect(t, out, map[fault.Code]int{"": 1, fault.NotAllowed: 1})
			for _, w := range services {
				if got := seats(w.info(ann.Token).Room); (got[0] == "Ann (admin)") == (got[1] == "Bob (admin)") {
					t.Errorf("seated are %q", got)
				}
			}
		}
	})
}

// Each of them relies on the other.
func TestRace_bothAdminsDemoteThemselvesOrLeave_oneStaysAdmin(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		for round := range 5 {
			name := fmt.Sprintf("plans %d", round)
			ann := services[0].enter(chat.JoinRequest{Room: name, AgentName: "Ann", Capacity: 3})
			bob, cid := services[0].join(name, "Bob"), services[0].join(name, "Cid")
			services[0].manage(ann.Token, room.Promote, "Bob", chat.StatusPromoted)
			atOnce(2, func(i int) (chat.Seated, error) {
				if i == 0 {
					return does(services[0], ann.Token, room.Demote, "Ann")
				}
				_, err := of(services, 1).LeaveRoom(t.Context(), chat.LeaveRequest{Token: bob.Token})
				return chat.Seated{}, err
			})
			admins := 0
			for _, a := range of(services, 1).info(cid.Token).Room.Agents {
				if a.Role == room.Admin {
					admins++
				}
			}
			if admins != 1 {
				t.Errorf("%d admins", admins)
			}
		}
	})
}

func TestRace_kickAndSend_nothingIsSaidAfterTheKick(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		for round := range 5 {
			name := fmt.Sprintf("plans %d", round)
			ann, bob := services[0].join(name, "Ann"), of(services, 1).join(name, "Bob")
			out := atOnce(8, func(i int) (chat.Seated, error) {
				if i == 4 {
					return does(services[0], ann.Token, room.Kick, "Bob")
				}
				_, err := of(services, i).Send(t.Context(),
					chat.SendRequest{Token: bob.Token, Text: fmt.Sprintf("word %d of what Bob has to say to all", i)})
				return chat.Seated{}, err
			})
			wants(t, out[4].err, "")
			said := 0
			for i, o := range out {
				switch code := fault.CodeOf(o.err); {
				case i == 4:
				case code == "":
					said++
				case code != fault.Removed:
					t.Errorf("Bob gets %v", o.err)
				}
			}
			log, err := readLog(t.Context(), services[0].table, ann.Token[:7])
			if err == nil {
				err = log.check(2) // it fails if an agent spoke without a seat
			}
			if err != nil || len(log.texts) != said {
				t.Errorf("%d were said, %d are in the log, %v", said, len(log.texts), err)
			}
		}
	})
}

// In the end the banned name has no seat, unless it was seated before the ban.
func TestRace_banAndJoin_noSeatIsTakenAfterTheBan(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		for round := range 5 {
			name := fmt.Sprintf("plans %d", round)
			ann := services[0].enter(chat.JoinRequest{Room: name, AgentName: "Ann", Capacity: 5})
			out := atOnce(4, func(i int) (chat.Seated, error) {
				if i == 0 {
					return does(services[0], ann.Token, room.BanName, "Bob")
				}
				return of(services, i).tryJoin(name, []string{"", "Bob", "B0b", "bob"}[i])
			})
			wants(t, out[0].err, "")
			banned := false
			for _, e := range services[0].events(ann.Token) {
				if banned && e.Type == "joined" {
					t.Errorf("event %d: %s has come", e.n, e.Name)
				}
				banned = banned || e.Type == "role" || e.Type == "left"
			}
			for _, o := range out[1:] {
				if code := fault.CodeOf(o.err); code != "" && code != fault.NotAllowed && code != fault.NameTaken {
					t.Errorf("a Bob gets %v", o.err)
				}
			}
		}
	})
}

// patiently repeats a call while the table does not answer in time, as it says: on a busy
// machine that happens.
func patiently(call func() (chat.Seated, error)) (got chat.Seated, err error) {
	for range 20 {
		got, err = call()
		if fault.CodeOf(err) != fault.Unavailable {
			break
		}
	}
	return got, err
}

func TestRace_manyRoomsTakeOneName_oneGetsIt(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		var in []chat.Seated
		for i := range 6 {
			in = append(in, of(services, i).create(chat.CreateRequest{Room: fmt.Sprintf("plans %d", i),
				AgentName: "Ann", Public: i%2 == 0}))
		}
		out := atOnce(7, func(i int) (chat.Seated, error) {
			if i < 6 {
				return patiently(func() (chat.Seated, error) {
					return renames(of(services, i), in[i].Token, "the name")
				})
			}
			return patiently(func() (chat.Seated, error) {
				return of(services, i).CreateRoom(t.Context(), chat.CreateRequest{Room: "the name", AgentName: "Ann"})
			})
		})
		expect(t, out, map[fault.Code]int{"": 1, fault.RoomExists: 6})
		for i, s := range in {
			got, err := services[0].RoomInfo(t.Context(), chat.InfoRequest{Room: fmt.Sprintf("plans %d", i)})
			if renamed := out[i].err == nil; renamed != (fault.CodeOf(err) == fault.RoomNotFound) {
				t.Errorf("room %d: %+v, %v", i, got, err)
			}
			want := fmt.Sprintf("plans %d", i)
			if out[i].err == nil {
				want = "the name"
			}
			for _, w := range services {
				if got := w.info(s.Token).Room.Name; got != want {
					t.Errorf("room %d is called %q", i, got)
				}
			}
		}
	})
}

// The last name leads to the room, and all others are free.
func TestRace_oneRoomTakesManyNames_oneLeadsToIt(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		ann := services[0].create(chat.CreateRequest{Room: "plans", AgentName: "Ann", Public: true, Capacity: 20})
		out := atOnce(10, func(i int) (chat.Seated, error) {
			if i%2 == 0 {
				req := chat.JoinRequest{Room: "plans", AgentName: fmt.Sprintf("Agent %d", i), Capacity: 20}
				return of(services, i).JoinRoom(t.Context(), req)
			}
			return renames(of(services, i/2), ann.Token, fmt.Sprintf("plans %d", i))
		})
		expect(t, out, map[fault.Code]int{"": 10})
		name := services[0].info(ann.Token).Room.Name
		for i := range 10 {
			got, err := of(services, i).RoomInfo(t.Context(), chat.InfoRequest{Room: fmt.Sprintf("plans %d", i)})
			if here := name == fmt.Sprintf("plans %d", i); here && err != nil ||
				!here && fault.CodeOf(err) != fault.RoomNotFound {
				t.Errorf("plans %d: %+v, %v", i, got, err)
			}
		}
		names, _ := services[0].list(chat.ListRequest{})
		same(t, "listed", names, []string{name})
	})
}

// Nothing follows the close in the log, and every join gets a room.
func TestRace_closeJoinAndSend_nothingFollowsTheClose(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		for round := range 5 {
			name := fmt.Sprintf("plans %d", round)
			ann := services[0].enter(chat.JoinRequest{Room: name, AgentName: "Ann", Capacity: 5})
			bob := of(services, 1).join(name, "Bob")
			out := atOnce(6, func(i int) (chat.Seated, error) {
				w := of(services, i)
				switch i {
				case 0:
					_, err := w.UpdateRoom(t.Context(), chat.UpdateRequest{Token: ann.Token, Close: true})
					return chat.Seated{}, err
				case 1, 2:
					_, err := w.Send(t.Context(), chat.SendRequest{Token: bob.Token, Text: fmt.Sprintf("word %d", i)})
					return chat.Seated{}, err
				}
				return w.tryJoin(name, fmt.Sprintf("Agent %d", i))
			})
			// unless it was closed
			expected := []fault.Code{"", fault.RoomClosed, fault.RoomClosed, fault.RoomFull, fault.RoomFull,
				fault.RoomFull}
			for i, o := range out {
				if code := fault.CodeOf(o.err); code != "" && code != expected[i] {
					t.Errorf("call %d: %v", i, o.err)
				}
			}
			log := services[0].events(ann.Token)
			if last := log[len(log)-1]; last.Type != "room" {
				t.Errorf("the log ends with %+v", last)
			}
			if now, _, err := headOf(t.Context(), services[0].table, name); err != nil || now == ann.Token[:7] {
				t.Errorf("the name leads to room %s, %v", now, err)
			}
		}
	})
}

func TestRace_capacityLoweredDuringJoins_isNeverExceeded(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		for round := range 5 {
			name := fmt.Sprintf("plans %d", round)
			ann := services[0].enter(chat.JoinRequest{Room: name, AgentName: "Ann", Capacity: 10})
			out := atOnce(6, func(i int) (chat.Seated, error) {
				w := of(services, i)
				if i == 3 {
					_, err := w.UpdateRoom(t.Context(), chat.UpdateRequest{Token: ann.Token, Capacity: 3})
					return chat.Seated{}, err
				}
				return w.tryJoin(name, fmt.Sprintf("Agent %d", i))
			})
			got := services[0].info(ann.Token).Room
			if len(got.Agents) > got.Capacity {
				t.Errorf("%d agents in a room of %d", len(got.Agents), got.Capacity)
			}
			if lowered := out[3].err == nil; lowered != (got.Capacity == 3) ||
				!lowered && fault.CodeOf(out[3].err) != fault.InvalidArgument {
				t.Errorf("room of %d after %v", got.Capacity, out[3].err)
			}
		}
	})
}

func TestRace_manySeatsWantedAtOnce_sixAreReported(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		ann := services[0].join("plans", "Ann")
		of(services, 1).join("plans", "Bob")
		out := atOnce(50, func(i int) (chat.Seated, error) {
			return of(services, i).tryJoin("plans", fmt.Sprintf("Agent %d", i))
		})
		expect(t, out, map[fault.Code]int{fault.RoomFull: 50})
		knocks := 0
		for _, e := range services[0].events(ann.Token) {
			if e.Type == "knock" {
				knocks++
			}
		}
		if knocks != core.MaxKnocks {
			t.Errorf("%d events", knocks)
		}
	})
}
