package access

import (
	"crypto/sha256"
	"fmt"
	"log/slog"
	"testing"

	"github.com/jonboulle/clockwork"
)

func TestMemory_ofAddressesKeysAndCodes_isBounded(t *testing.T) {
	clock := clockwork.NewFakeClock()
	g := newGuesses(clock)
	busy, err := g.begin(t.Context(), "busy")
	if err != nil {
		t.Fatal(err)
	}
	r := &register{clock: clock, log: slog.New(slog.DiscardHandler), of: map[string]known{}}
	f := familiar{of: map[[sha256.Size]byte]struct{}{}}
	for i := range 2 * max(mostAddresses, mostKnown) {
		settle, err := g.begin(t.Context(), fmt.Sprint(i))
		if err != nil {
			t.Fatal(err)
		}
		settle(true)
		if settle, err = g.begin(t.Context(), "right"); err != nil {
			t.Fatal(err)
		}
		settle(false)
		r.remember(known{Entry: Entry{ID: fmt.Sprint(i)}})
		f.set(fmt.Sprint(i), true)
	}
	if g.of["right"] != nil {
		t.Error("an address is remembered that made no wrong guess")
	}
	busy(true)
	if len(g.of) > mostAddresses || len(g.of["busy"].wrong) != 1 {
		t.Errorf("%d addresses; of the one whose guess was being looked up %+v", len(g.of), g.of["busy"])
	}
	if len(r.of) > mostKnown || len(f.of) > mostKnown {
		t.Errorf("%d keys, %d codes; want %d at most", len(r.of), len(f.of), mostKnown)
	}
	last := fmt.Sprint(2*max(mostAddresses, mostKnown) - 1)
	if _, there := r.of[last]; !there || !f.has(last) {
		t.Error("the newest was forgotten")
	}
}
