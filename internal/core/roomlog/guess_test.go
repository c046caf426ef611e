package roomlog

import (
	"slices"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
)

// guessed returns a guess of so many seconds ago.
func guessed(who string, ago int, now time.Time) SlotUse {
	return SlotUse{Who: who, AtMs: now.Add(-time.Duration(ago) * time.Second).UnixMilli()}
}

func TestGuesses_slot_isOneOfTheCallersTenUnlessItIsKnown(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	mine := slotsOf("0abc")
	if len(mine) != 10 || len(slices.Compact(slices.Sorted(slices.Values(mine)))) != 10 ||
		slices.Equal(mine, slotsOf("0abd")) {
		t.Fatalf("the slots of a caller: %v", mine)
	}
	// fill returns the caller's slots from first on, taken by who one second after another.
	fill := func(who string, first int) Guesses {
		g := Guesses{}
		for i, slot := range mine[first:] {
			g[slot] = guessed(who, 50-i, now)
		}
		return g
	}
	with := func(g Guesses, slot string, x SlotUse) Guesses { g[slot] = x; return g }
	for what, c := range map[string]struct {
		taken Guesses
		known bool
		slot  string
		wait  time.Duration
	}{
		"nobody has failed":     {nil, false, mine[0], 0},
		"others have failed":    {fill("zzzz", 3), false, mine[0], 0},
		"nine of its own":       {fill("0abc", 1), false, mine[0], 0},
		"ten of its own":        {fill("0abc", 0), false, "", 10 * time.Second},
		"ten of its own, known": {fill("0abc", 0), true, "", 10 * time.Second},
		"nine and the first of the watch": {with(fill("0abc", 1), FirstGuess, guessed("0abc", 55, now)),
			false, "", 5 * time.Second},
		"nine and the first of a watch a minute ago": {with(fill("0abc", 1), FirstGuess, guessed("0abc", 60, now)),
			false, mine[0], 0},
		"all taken by strangers":        {fill("zzzz", 0), false, "", 10 * time.Second},
		"all taken by strangers, known": {fill("zzzz", 0), true, "KNOWN#0abc", 0},
		"all taken by strangers, known, has failed": {with(fill("zzzz", 0), "KNOWN#0abc",
			guessed("0abc", 58, now)), true, "", 2 * time.Second},
		"all taken by strangers, known, has failed late": {with(fill("zzzz", 0), "KNOWN#0abc", guessed("0abc", 3, now)),
			true, "", 10 * time.Second},
		"all taken by strangers, known, one is checked": {with(fill("zzzz", 0), "KNOWN#0abc", guessed("0abc", 1, now)),
			true, "", 2 * time.Second},
		"all taken by strangers, known, began a watch": {with(fill("zzzz", 0), FirstGuess, guessed("0abc", 60, now)),
			true, "KNOWN#0abc", 0},
		"all taken by strangers who know, itself not": {with(fill("zzzz", 0), "KNOWN#zzzz", guessed("zzzz", 1, now)),
			false, "", 10 * time.Second},
		"all taken by strangers, the first a half away": {with(fill("zzzz", 0), mine[4],
			SlotUse{Who: "zzzz", AtMs: now.Add(-59500 * time.Millisecond).UnixMilli()}), false, "", time.Second},
	} {
		slot, wait := c.taken.Slot([]ident.Group{{Key: "0abc", Times: 1}}, c.known, now)
		if slot != c.slot || wait != c.wait {
			t.Errorf("%s: slot %q after %s; want %q after %s", what, slot, wait, c.slot, c.wait)
		}
	}
}
