package chat_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// tally counts outcomes by code; "" is success.
func tally(out []outcome) map[fault.Code]int {
	n := map[fault.Code]int{}
	for _, o := range out {
		n[fault.CodeOf(o.err)]++
	}
	return n
}

// winners returns the joins that got a seat.
func winners(out []outcome) []chat.Seated {
	var in []chat.Seated
	for _, o := range out {
		if o.err == nil {
			in = append(in, o.Seated)
		}
	}
	return in
}

// checkRoom fails unless every service shows exactly the winners in the room, one of
// them an admin, and the log obeys the rules for this capacity.
func checkRoom(t *testing.T, services []*world, in []chat.Seated, capacity int) {
	t.Helper()
	want := []string{}
	for _, s := range in {
		want = append(want, s.Name)
	}
	slices.Sort(want)
	for _, w := range services {
		for _, s := range in {
			admins, names := 0, []string{}
			for _, a := range w.info(s.Token).Room.Agents {
				names = append(names, a.Name)
				if a.Role == room.Admin {
					admins++
				}
			}
			slices.Sort(names)
			same(t, "seated", names, want)
			if admins != 1 {
				t.Errorf("%d admins", admins)
			}
		}
	}
	log, err := readLog(t.Context(), services[0].table, in[0].Token[:7])
	if err == nil {
		err = log.check(capacity)
	}
	if err != nil {
		t.Error(err)
	}
}

func TestRace_fiftyJoinARoomOfTwo_twoGetIn(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		out := atOnce(50, func(i int) (chat.Seated, error) {
			return services[i%len(services)].tryJoin("plans", fmt.Sprintf("Agent %d", i))
		})
		expect(t, out, map[fault.Code]int{"": 2, fault.RoomFull: 48})
		in := winners(out)
		if in[0].Status == in[1].Status {
			t.Errorf("both are %s", in[0].Status)
		}
		checkRoom(t, services, in, 2)
	})
}

func TestRace_fiftyTakeOneName_oneGetsIt(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		services[0].enter(chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: 100})
		out := atOnce(50, func(i int) (chat.Seated, error) {
			return services[i%len(services)].tryJoin("plans", []string{"Bob", "bob", "BOB"}[i%3])
		})
		expect(t, out, map[fault.Code]int{"": 1, fault.NameTaken: 49})
		if got := len(services[0].info(winners(out)[0].Token).Room.Agents); got != 2 {
			t.Errorf("%d agents", got)
		}
	})
}

func TestRace_manyCreateOneName_oneDoes(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		out := atOnce(10, func(i int) (chat.Seated, error) {
			return services[i%len(services)].CreateRoom(t.Context(),
				chat.CreateRequest{Room: "plans", AgentName: fmt.Sprintf("Agent %d", i), Public: i%2 == 0})
		})
		expect(t, out, map[fault.Code]int{"": 1, fault.RoomExists: 9})
		checkRoom(t, services, winners(out), 1)
	})
}

func TestRace_manyJoinADesertedRoom_oneNewRoomIsCreated(t *testing.T) {
	raceToStartOver(t, func(services []*world, p pair) {
		services[0].leave(p.bob.Token)
		services[len(services)-1].leave(p.ann.Token)
	})
}

func TestRace_manyJoinAnAbandonedRoom_oneNewRoomIsCreated(t *testing.T) {
	raceToStartOver(t, func(services []*world, _ pair) { services[0].clock.Advance(room.Lease) })
}

// raceToStartOver has ten agents join a room of two at once, once its agents are gone.
func raceToStartOver(t *testing.T, leave func(services []*world, p pair)) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		p := services[0].pair()
		old := p.ann
		leave(services, p)
		out := atOnce(10, func(i int) (chat.Seated, error) {
			return services[i%len(services)].tryJoin("plans", fmt.Sprintf("Agent %d", i))
		})
		expect(t, out, map[fault.Code]int{"": 2, fault.RoomFull: 8})
		in := winners(out)
		if in[0].Token[:7] != in[1].Token[:7] || in[0].Token[:7] == old.Token[:7] {
			t.Errorf("old room %s, new rooms %s and %s", old.Token[:7], in[0].Token[:7], in[1].Token[:7])
		}
		checkRoom(t, services, in, 2)
	})
}

func TestRace_newcomersForOneStaleSeat_oneGetsIt(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		ann := services[0].join("plans", "Ann")
		services[0].join("plans", "Bob")
		services[0].clock.Advance(room.UnusedLease) // Bob never used his token
		out := atOnce(10, func(i int) (chat.Seated, error) {
			return services[i%len(services)].tryJoin("plans", fmt.Sprintf("Agent %d", i))
		})
		expect(t, out, map[fault.Code]int{"": 1, fault.RoomFull: 9})
		checkRoom(t, services, append(winners(out), ann), 2)
	})
}

// A join that looked at the room before the winner took the seat must not take the
// winner for a silent agent of the same name.
func TestRace_oneNameForOneStaleSeat_oneGetsIt(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		ann := services[0].join("plans", "Ann")
		services[0].join("plans", "Bob")
		services[0].clock.Advance(room.UnusedLease)
		out := atOnce(10, func(i int) (chat.Seated, error) { return services[i%len(services)].tryJoin("plans", "Cid") })
		expect(t, out, map[fault.Code]int{"": 1, fault.NameTaken: 9})
		checkRoom(t, services, append(winners(out), ann), 2)
	})
}

// Whichever call is later learns that the other has the seat.
func TestRace_takeoverAgainstTheReturningOwner_oneHasTheSeat(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		for round := range 5 {
			name := fmt.Sprintf("plans %d", round)
			ann, bob := services[0].join(name, "Ann"), services[0].join(name, "Bob")
			services[0].clock.Advance(room.UnusedLease)
			out := atOnce(2, func(i int) (chat.Seated, error) {
				if i == 0 {
					return services[0].JoinRoom(t.Context(), chat.JoinRequest{Token: bob.Token})
				}
				return services[len(services)-1].tryJoin(name, "Cid")
			})
			if err := out[1].err; err == nil {
				checkRoom(t, services, []chat.Seated{ann, out[1].Seated}, 2)
				_, err := services[0].Wait(t.Context(), chat.WaitRequest{Token: bob.Token})
				wants(t, err, fault.Removed)
				continue
			}
			wants(t, out[1].err, fault.RoomFull)
			if out[0].err != nil {
				t.Errorf("neither has the seat: Bob got %v", out[0].err)
			}
			checkRoom(t, services, []chat.Seated{ann, bob}, 2)
		}
	})
}

// Whichever call is first, the agent that stays is the admin, of this room or of the
// next room of the name.
func TestRace_lastAdminLeavesWhileAnotherJoins_thereIsAnAdmin(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		for round := range 5 {
			room := fmt.Sprintf("plans %d", round)
			ann := services[0].join(room, "Ann")
			out := atOnce(2, func(i int) (chat.Seated, error) {
				if i == 0 {
					_, err := services[0].LeaveRoom(t.Context(), chat.LeaveRequest{Token: ann.Token})
					return chat.Seated{}, err
				}
				return services[len(services)-1].tryJoin(room, "Bob")
			})
			expect(t, out, map[fault.Code]int{"": 2})
			for _, w := range services {
				got := w.enter(chat.JoinRequest{Token: out[1].Token})
				same(t, "seated", seats(got.Room), []string{"Bob (admin)"})
			}
		}
	})
}

func TestRace_agentsJoinAndLeave_theLogObeysTheRules(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		ann := services[0].enter(chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: 4})
		var all sync.WaitGroup
		for i := range 8 {
			w := services[i%len(services)]
			all.Go(func() {
				for range 4 {
					got, err := w.tryJoin("plans", fmt.Sprintf("Agent %d", i%5))
					if err != nil {
						continue // full, or another agent has the name
					}
					if _, err := w.Send(t.Context(),
						chat.SendRequest{Token: got.Token, Text: "hello and goodbye"}); err != nil {
						t.Errorf("send: %v", err)
					}
					if _, err := w.LeaveRoom(t.Context(), chat.LeaveRequest{Token: got.Token}); err != nil {
						t.Errorf("leave: %v", err)
					}
				}
			})
		}
		all.Wait()
		checkRoom(t, services, []chat.Seated{ann}, 4)
	})
}

// hurriedClock is a fake clock on which a pause ends at once, and time has passed. The pause between two signs of life
// does not end: a caller that gives only those would let a day pass in milliseconds, and idempotency keys expire.
type hurriedClock struct{ *clockwork.FakeClock }

func (c hurriedClock) NewTimer(d time.Duration) clockwork.Timer {
	t := c.FakeClock.NewTimer(d)
	if d < room.Lease/3 {
		c.Advance(d)
	}
	return t
}
