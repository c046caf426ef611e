package chat_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/dynamolocal"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/table/dynamotable"
)

// onEachTable runs a test with one service alone on a file, with two services on
// a file, and with two on DynamoDB.
func onEachTable(t *testing.T, test func(t *testing.T, services ...*world)) {
	t.Run("one service", func(t *testing.T) {
		w := newWorld(t)
		w.Service = chat.New(w.table, chat.Options{Clock: hurriedClock{w.clock}, SingleProcess: true, MinBatch: 1})
		test(t, w)
	})
	t.Run("two services", func(t *testing.T) {
		w := newWorld(t)
		test(t, w.elsewhere(), w.elsewhere())
	})
	t.Run("two services on DynamoDB", func(t *testing.T) {
		// The engine sweeps by the system's time what has expired.
		clock := clockwork.NewFakeClockAt(time.Now().Truncate(time.Second))
		db, _ := dynamolocal.NewTable(t, dynamotable.Options{Clock: clock})
		w := &world{t: t, clock: clock, table: db}
		test(t, w.elsewhere(), w.elsewhere())
	})
}

// outcome is how one of many joins ended.
type outcome struct {
	chat.Seated
	err error
}

// atOnce makes n calls at the same moment, and returns how they ended.
func atOnce(n int, call func(i int) (chat.Seated, error)) []outcome {
	var ready, all sync.WaitGroup
	ready.Add(n)
	out := make([]outcome, n)
	for i := range n {
		all.Go(func() {
			ready.Done()
			ready.Wait()
			out[i].Seated, out[i].err = call(i)
		})
	}
	all.Wait()
	return out
}

// tally counts outcomes by code; "" stands for success.
func tally(out []outcome) map[fault.Code]int {
	n := map[fault.Code]int{}
	for _, o := range out {
		n[fault.CodeOf(o.err)]++
	}
	return n
}

// expect fails unless the outcomes are these, and no others.
func expect(t *testing.T, out []outcome, want map[fault.Code]int) {
	t.Helper()
	got := tally(out)
	for code, n := range want {
		if got[code] != n {
			t.Errorf("%d times %q, want %d", got[code], code, n)
		}
		delete(got, code)
	}
	for _, o := range out {
		if code := fault.CodeOf(o.err); got[code] > 0 {
			t.Errorf("%v", o.err)
		}
	}
}

// winners are those who got a seat.
func winners(out []outcome) []chat.Seated {
	var in []chat.Seated
	for _, o := range out {
		if o.err == nil {
			in = append(in, o.Seated)
		}
	}
	return in
}

// checkRoom fails unless every service shows exactly the winners in the room, one
// of them admin, and the log never held more than capacity.
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
			if same(t, "seated", names, want); admins != 1 {
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
			t.Errorf("both %s", in[0].Status)
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
			return services[i%len(services)].CreateRoom(t.Context(), chat.CreateRequest{Room: "plans", AgentName: fmt.Sprintf("Agent %d", i), Public: i%2 == 0})
		})
		expect(t, out, map[fault.Code]int{"": 1, fault.RoomExists: 9})
		checkRoom(t, services, winners(out), 1)
	})
}

func TestRace_manyJoinADesertedRoom_oneNewRoomBegins(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		old := services[0].join("plans", "Ann")
		services[len(services)-1].leave(old.Token)
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
		services[0].clock.Advance(2 * time.Minute) // Bob never used his token
		out := atOnce(10, func(i int) (chat.Seated, error) {
			return services[i%len(services)].tryJoin("plans", fmt.Sprintf("Agent %d", i))
		})
		expect(t, out, map[fault.Code]int{"": 1, fault.RoomFull: 9})
		checkRoom(t, services, append(winners(out), ann), 2)
	})
}

// TestRace_oneNameForOneStaleSeat: who looked before the winner came must not
// take the winner for a ghost.
func TestRace_oneNameForOneStaleSeat_oneGetsIt(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		ann := services[0].join("plans", "Ann")
		services[0].join("plans", "Bob")
		services[0].clock.Advance(2 * time.Minute)
		out := atOnce(10, func(i int) (chat.Seated, error) { return services[i%len(services)].tryJoin("plans", "Cid") })
		expect(t, out, map[fault.Code]int{"": 1, fault.NameTaken: 9})
		checkRoom(t, services, append(winners(out), ann), 2)
	})
}

// TestRace_takeoverAgainstTheReturningOwner_oneHasTheSeat: whoever is later is
// told that the other has it.
func TestRace_takeoverAgainstTheReturningOwner_oneHasTheSeat(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		for round := range 5 {
			room := fmt.Sprintf("plans %d", round)
			ann, bob := services[0].join(room, "Ann"), services[0].join(room, "Bob")
			services[0].clock.Advance(2 * time.Minute)
			out := atOnce(2, func(i int) (chat.Seated, error) {
				if i == 0 {
					return services[0].JoinRoom(t.Context(), chat.JoinRequest{Token: bob.Token})
				}
				return services[len(services)-1].tryJoin(room, "Cid")
			})
			seat, where := bob, chat.Seated{}
			if err := out[1].err; err == nil {
				seat, where = out[1].Seated, bob
			} else {
				wants(t, err, fault.RoomFull)
				if out[0].err != nil {
					t.Errorf("neither has it: Bob got %v", out[0].err)
				}
			}
			checkRoom(t, services, []chat.Seated{ann, seat}, 2)
			if where.Token != "" {
				_, err := services[0].Wait(t.Context(), chat.WaitRequest{Token: where.Token})
				wants(t, err, fault.Removed)
			}
		}
	})
}

// TestRace_lastAdminLeavesWhileAnotherJoins: whatever comes first, who stays is
// the admin, of this room or of the next of its name.
func TestRace_lastAdminLeavesWhileAnotherJoins_thereIsAnAdmin(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		for round := range 5 {
			room := fmt.Sprintf("plans %d", round)
			ann := services[0].join(room, "Ann")
			out := atOnce(2, func(i int) (chat.Seated, error) {
				if i == 0 {
					_, err := services[0].LeaveRoom(t.Context(), ann.Token)
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

func TestRace_everybodyComesAndGoes_theRoomStaysWhole(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		keeper := services[0].enter(chat.JoinRequest{Room: "plans", AgentName: "Keeper", Capacity: 4})
		var all sync.WaitGroup
		for i := range 8 {
			w := services[i%len(services)]
			all.Go(func() {
				for range 4 {
					got, err := w.tryJoin("plans", fmt.Sprintf("Agent %d", i%5))
					if err != nil {
						continue // full, or another has the name
					}
					if _, err := w.Send(t.Context(), chat.SendRequest{Token: got.Token, Text: "hello and goodbye"}); err != nil {
						t.Errorf("send: %v", err)
					}
					if _, err := w.LeaveRoom(t.Context(), got.Token); err != nil {
						t.Errorf("leave: %v", err)
					}
				}
			})
		}
		all.Wait()
		checkRoom(t, services, []chat.Seated{keeper}, 4)
	})
}
