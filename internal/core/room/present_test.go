package room_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
)

// The cases are those at the top of present.go.
//
// talk: states
func TestPresent_eachEndAndSign_isAsTheTableSays(t *testing.T) {
	const seat = 3 // Bob's: Cid joined before him, and is silent
	noon := start().Add(3 * time.Hour)
	at := func(d time.Duration) int64 { return noon.Add(d).UnixMilli() }
	called := func(ago time.Duration) room.Presence {
		return room.Presence{AtMs: at(-ago), OwnMs: at(-ago), Used: true}
	}
	waits := func(until time.Duration) room.Presence {
		p := called(10 * time.Minute)
		p.UntilMs, p.WaitFrom = at(until), 4
		return p
	}
	program, away, hooked := called(time.Hour), called(time.Minute), called(time.Hour)
	program.AtMs, program.UntilMs, program.Standby = at(-time.Minute), at(4*time.Minute), true
	away.BackMs = at(30 * time.Minute)
	hooked.HookedMs = at(-time.Minute)
	for _, c := range []struct {
		row      string
		presence room.Presence
		woken    bool // a message came 20 s ago
	}{
		{"1. Bob waits since 11:50                             waiting  yes   yes   yes",
			waits(4 * time.Minute), false},
		{"2. Bob waited from 11:50 until 10 s ago              waiting  yes   yes   yes",
			waits(-10 * time.Second), false},
		{"3. Bob waits since 11:50, and was woken 20 s ago     silent   yes   yes   yes",
			waits(4 * time.Minute), true},
		{"4. Bob called at 11:00, and a program waits for him  standby  yes   yes   yes",
			program, false},
		{"5. Bob called at 11:00, and has a hook               standby  yes   no    yes",
			hooked, false},
		{"6. Bob called at 11:59, and will be back at 12:30    away     no    yes   yes",
			away, false},
		{"7. Bob called at 11:59                               busy     yes   yes   yes",
			called(time.Minute), false},
		{"8. Bob called at 11:57                               silent   no    no    yes",
			called(3 * time.Minute), false},
		{"9. Bob called at 11:54                               silent   no    no    no",
			called(6 * time.Minute), false},
	} {
		l := newRoom(t, "Ann", "Cid", "Bob")
		l.apply(l.agent(seat).BeginHook("a hook", false))
		if c.woken {
			l.now = noon.Add(-21 * time.Second)
			l.say(ann, "Milk?")
		}
		p, agent := c.presence, l.agent(seat).Agent
		heirs := room.Liveness{Presence: map[int]room.Presence{seat: p}}
		yes := map[bool]string{true: "yes", false: "no"}
		got := []string{string(p.State(l.head, agent, noon)),
			yes[p.Attendance(l.head, agent, noon, 0).IsPresent(noon)],
			yes[heirs.Heir(l.head, ann, noon) == seat],
			yes[!p.IsGone(agent, noon, 5*time.Minute)]}
		if words := strings.Fields(c.row); !slices.Equal(got, words[len(words)-len(got):]) {
			t.Errorf("%s: got %s", c.row, got)
		}
	}
}
