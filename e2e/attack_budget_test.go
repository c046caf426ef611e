package e2e

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/ident"
)

// usualUnits is what one address may spend a minute on a public server.
const usualUnits = 3000

// must is call, whose answer must be no refusal.
func (s stranger) must(t *testing.T, tool string, arguments args) answer {
	t.Helper()
	got, err := s.call(t.Context(), tool, arguments)
	if err != nil || got.Code != "" {
		t.Fatalf("%s: %+v, %v", tool, got, err)
	}
	return got
}

// flood makes n calls, eight at once, and returns how many were admitted and how long all
// of them took. do is given the number of the call.
func flood(t *testing.T, n int, do func(i int) (answer, error)) (admitted int, took time.Duration) {
	t.Helper()
	var calls sync.WaitGroup
	var next, in atomic.Int64
	began := time.Now()
	for range 8 {
		calls.Go(func() {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				switch got, err := do(int(i)); {
				case err != nil:
					t.Error(err)
					return
				case got.Code == "":
					in.Add(1)
				case got.Code == "rate_limited" && got.Retry < 1:
					t.Errorf("it is not said when to call again: %+v", got)
				}
			}
		})
	}
	calls.Wait()
	return int(in.Load()), time.Since(began)
}

// within fails if more was done than a limit a minute allows: so much at once, and what
// came back meanwhile.
func within(t *testing.T, done, limit int, took time.Duration) {
	t.Helper()
	if most := float64(limit) * (1 + took.Minutes()); float64(done) > most {
		t.Errorf("%d in %v, at most %.0f may be", done, took, most)
	}
}

func TestAttack_leaveAndJoin_toSayMore(t *testing.T) {
	p := exposed(t, "--messages-per-minute", "5")
	stranger{p, "203.0.113.1"}.must(t, "create_room", args{"room": "attack", "agent_name": "Ann"})
	mallory, said, n := stranger{p, "203.0.113.66"}, 0, scaled(800)
	began := time.Now()
	for i := range n {
		joined, err := mallory.call(t.Context(), "join_room", args{"room": "attack", "agent_name": "Mallory"})
		if err != nil {
			t.Fatal(err)
		}
		if joined.Code != "" {
			break // it has spent its budget
		}
		sent, err := mallory.call(t.Context(), "send_message",
			args{"agent_token": joined.AgentToken, "text": fmt.Sprintf("more %d", i)})
		if err != nil {
			t.Fatal(err)
		}
		if sent.Sent {
			said++
		}
		mallory.must(t, "leave_room", args{"agent_token": joined.AgentToken})
	}
	took := time.Since(began)
	within(t, said, 5, took)
	attacks(t, "leave and join again: %d messages in %v, under a limit of 5 a minute", said,
		took.Round(time.Millisecond))
}

func TestAttack_updates_inARow(t *testing.T) {
	units := scaled(usualUnits)
	p := exposed(t, "--units-per-minute", strconv.Itoa(units))
	mallory := stranger{p, "203.0.113.66"}
	room := mallory.must(t, "create_room", args{"room": "attack", "agent_name": "Mallory"})
	n, long := scaled(1000), strings.Repeat("x", 4900)
	admitted, took := flood(t, n, func(i int) (answer, error) {
		return mallory.call(t.Context(), "update_room",
			args{"agent_token": room.AgentToken, "description": fmt.Sprintf("%d %s", i, long)})
	})
	within(t, admitted*5, units, took) // each writes 5 KB at least
	attacks(t, "%d update_room in a row: %d admitted in %v", n, admitted, took.Round(time.Millisecond))
}

func TestAttack_bursts_ofText(t *testing.T) {
	p := exposed(t, "--bytes-per-minute", "1000")
	mallory := stranger{p, "203.0.113.66"}
	room := mallory.must(t, "create_room", args{"room": "attack", "agent_name": "Mallory"})
	n, bytes := scaled(400), 0
	began := time.Now()
	for i := range n {
		size := 32_000 >> (i % 8)
		got, err := mallory.call(t.Context(), "send_message",
			args{"agent_token": room.AgentToken, "text": fmt.Sprintf("%d %s", i, strings.Repeat("x", size))})
		if err != nil {
			t.Fatal(err)
		}
		if got.Sent {
			bytes += size
		}
	}
	took := time.Since(began)
	within(t, bytes, 1000, took)
	attacks(t, "bursts: %d bytes in %v, under a limit of 1000 a minute", bytes, took.Round(time.Millisecond))
}

// Whatever strangers do who know a room's name and id, its members go on talking, those
// behind a busy address too.
func TestAttack_strangers_spendARoomsBudget(t *testing.T) {
	units := scaled(usualUnits)
	p := exposed(t, "--units-per-minute", strconv.Itoa(units), "--rooms-per-hour", "0")
	ann := stranger{p, "203.0.113.1"}
	room := ann.must(t, "create_room", args{"room": "attack", "agent_name": "Ann", "password": "of the members"})
	for range units / 3 {
		ann.must(t, "wait_for_message", args{"agent_token": room.AgentToken, "wait_seconds": 0})
	}
	forged, err := ident.ParseToken(room.AgentToken)
	if err != nil {
		t.Fatal(err)
	}
	forged.Secret = ident.NewSecret()
	tries := []func(stranger) (answer, error){
		func(s stranger) (answer, error) {
			return s.call(t.Context(), "wait_for_message", args{"agent_token": forged.String(), "wait_seconds": 0})
		},
		func(s stranger) (answer, error) { return s.call(t.Context(), "room_info", args{"room": "attack"}) },
		func(s stranger) (answer, error) {
			return s.call(t.Context(), "join_room", args{"room": "attack", "agent_name": "Mallory"})
		},
	}
	n := scaled(24_000)
	_, took := flood(t, n, func(i int) (answer, error) {
		return tries[i/12%3](stranger{p, fmt.Sprintf("203.0.113.%d", 66+i%12)})
	})
	refused := 0
	for i := range 10 {
		got, err := ann.call(t.Context(), "send_message",
			args{"agent_token": room.AgentToken, "text": fmt.Sprint("said ", i)})
		if err != nil {
			t.Fatal(err)
		}
		if got.Code != "" {
			refused++
		}
	}
	if refused > 0 {
		t.Errorf("%d of 10 messages of a member were refused", refused)
	}
	attacks(t, "%d calls of strangers for one room in %v: %d of 10 messages of a member were refused", n,
		took.Round(time.Millisecond), refused)
}

// A room has 32,767 numbers for seats.
func TestAttack_joins_useUpASeatsNumbers(t *testing.T) {
	units := scaled(usualUnits)
	p := exposed(t, "--units-per-minute", strconv.Itoa(units))
	stranger{p, "203.0.113.1"}.must(t, "create_room", args{"room": "attack", "agent_name": "Ann", "capacity": 100})
	mallory, n := stranger{p, "203.0.113.66"}, scaled(32_766)
	joins, took := flood(t, n, func(i int) (answer, error) {
		got, err := mallory.call(t.Context(), "join_room",
			args{"room": "attack", "agent_name": fmt.Sprintf("Mallory %d", i)})
		if err == nil && got.Code == "" {
			_, err = mallory.call(t.Context(), "leave_room", args{"agent_token": got.AgentToken})
		}
		return got, err
	})
	within(t, joins*30, units, took) // the price of a seat
	stranger{p, "203.0.113.2"}.must(t, "join_room", args{"room": "attack", "agent_name": "Bob"})
	attacks(t, "%d joins by one address: %d seats in %v", n, joins, took.Round(time.Millisecond))
}
