package roomlog

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
)

// Limits on wrong passwords.
const (
	GuessLife     = time.Minute // how long a wrong password counts
	callerGuesses = 10          // of one caller in one room; for a network around the caller see ident.Groups
	roomGuesses   = 200         // of all callers in one room
	// WatchLife is how long after the first wrong password every guess is counted before it is checked. Otherwise a
	// right guess would never cost a write, and any number of guesses at the same moment would all be checked.
	WatchLife = time.Hour
)

// beingChecked is how long a right guess counts at most.
const beingChecked = 2 * time.Second

// FirstGuess is the slot of the wrong password that begins the watch.
const FirstGuess = "FIRST"

// SlotUse is a wrong password, or a password being checked.
type SlotUse struct {
	Who  string // see Who
	AtMs int64
}

// Who returns what a guess stores of its caller: the digests of ident.GroupDigests under LogKey, separated by
// spaces.
func Who(groups []ident.Group) string {
	var digests []string
	for _, group := range groups {
		digests = append(digests, group.Key)
	}
	return strings.Join(digests, " ")
}

// Ends returns the time from which g no longer counts.
func (g SlotUse) Ends() time.Time { return room.CeilSecond(time.UnixMilli(g.AtMs).Add(GuessLife)) }

// Guesses are the guesses of a room's password, by slot. A guess that ends in the slot
// FirstGuess only says that the room is watched; the other slots are free then.
type Guesses map[string]SlotUse

// Slot returns the slot in which a guess of the caller counts, or how long the caller must wait for a slot. A hash
// chooses for each caller callerGuesses of the room's roomGuesses slots. Other callers share some of these slots, so
// a crowd of strangers can fill all. But strangers must not lock out agents in the room: a caller that shares its
// digest with such an agent, and has not failed itself, has a slot of its own.
func (g Guesses) Slot(groups []ident.Group, known bool, now time.Time) (slot string, wait time.Duration) {
	who, own := groups[0].Key, g.endsOf(groups, now)
	var taken []time.Time
	free := ""
	for _, slot := range slotsOf(who) {
		if guess, there := g[slot]; there && guess.Ends().After(now) {
			taken = append(taken, guess.Ends())
		} else if free == "" {
			free = slot
		}
	}
	for i, group := range groups {
		if len(own[i]) >= callerGuesses*int(group.Times) {
			wait = max(wait, room.Earliest(own[i]...).Sub(now))
		}
	}
	switch {
	case free != "" && wait == 0:
		return free, 0
	case known && len(own[0]) == 0:
		return "KNOWN#" + who, 0
	case free != "":
		return "", wait
	case known && now.Sub(time.UnixMilli(g["KNOWN#"+who].AtMs)) < beingChecked:
		return "", beingChecked // by another agent at the same address, which mostly gives the slot back
	case known:
		taken = append(taken, room.Latest(own[0]...)) // then the caller's own slot is free
	}
	return "", room.Earliest(taken...).Sub(now)
}

// endsOf returns, for each group, the ends of the guesses that still count.
func (g Guesses) endsOf(groups []ident.Group, now time.Time) [][]time.Time {
	ends := make([][]time.Time, len(groups))
	for _, guess := range g {
		digests := strings.Fields(guess.Who)
		for i, group := range groups {
			if i < len(digests) && digests[i] == group.Key && guess.Ends().After(now) {
				ends[i] = append(ends[i], guess.Ends())
			}
		}
	}
	return ends
}

// slotsOf returns the slots of a caller, some of which others share at random.
func slotsOf(who string) (slots []string) {
	for _, n := range rand.New(rand.NewPCG(ident.Number(who), 0)).Perm(roomGuesses)[:callerGuesses] {
		slots = append(slots, fmt.Sprintf("%03d", n))
	}
	return slots
}

// Knows reports whether one of agents took its seat from the caller's address.
func Knows(agents []room.Agent, who string) bool {
	return slices.ContainsFunc(agents, func(agent room.Agent) bool { return agent.TakenFrom == who })
}
