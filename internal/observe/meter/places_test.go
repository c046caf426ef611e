package meter

import (
	"fmt"
	"testing"
)

func TestBeginWait_atTheLimit_isRefusedUntilAWaitEnds(t *testing.T) {
	m := New(Options{MaxWaits: 2})
	one, two, three := m.of("a"), m.of("a"), m.of("a")
	end, err := one.BeginWait()
	if err != nil || begin(two) != nil || begin(three) != ErrFull {
		t.Error("two of three waits should be accepted")
	}
	end()
	if err := begin(three); err != nil {
		t.Errorf("a wait has ended, but the next is refused: %v", err)
	}
	if got := m.Totals(); got.OpenWaits != 2 || got.RefusedWaits != 1 {
		t.Errorf("%+v", got)
	}
}

// fill begins waits of a caller until one is refused, and returns the ends of those that were not.
func fill(m *Meter, caller string) (ends []func(), err error) {
	for {
		end, err := m.of(caller).BeginWait()
		if err != nil {
			return ends, err
		}
		ends = append(ends, end)
	}
}

func TestBeginWait_ofCrowds_leavesATenthForCallersWithFew(t *testing.T) {
	m, open := New(Options{MaxWaits: 100, MaxWaitsPerAddress: 60}), map[string][]func(){}
	for _, c := range []struct {
		caller string
		waits  int
		err    error
	}{
		{"a", 60, ErrShare}, // its own bound
		{"b", 30, ErrShare}, // the rest, but for the last tenth
		{"c", 3, ErrShare},  // the last tenth
		{"a", 0, ErrShare},  // a crowd gets none of it
		{"d", 3, ErrShare},
		{"e", 3, ErrShare},
		{"f", 1, ErrFull}, // the last place
	} {
		ends, err := fill(m, c.caller)
		if len(ends) != c.waits || err != c.err {
			t.Errorf("%s: %d waits and then %v; want %d and %v", c.caller, len(ends), err, c.waits, c.err)
		}
		if len(ends) > 0 {
			open[c.caller] = ends
		}
	}
	for _, caller := range []string{"c", "a"} {
		open[caller][0]()
	}
	if begin(m.of("g")) != nil || begin(m.of("a")) != ErrShare || begin(m.of("c")) != nil {
		t.Error("what has ended is not free for those who have few")
	}
	if got := m.Totals().OpenWaits; got != 100 {
		t.Errorf("%d waits are open", got)
	}
}

// A household of IPv6 has 256 networks of a caller, and a host 65,536.
func TestBeginWait_ofManyNetworksOfOneHost_isBoundedAndLeavesATenth(t *testing.T) {
	m := New(Options{MaxWaits: 1000, MaxWaitsPerAddress: 100})
	of := func(n int) string { return fmt.Sprintf("address 2001:db8:1:%x::/64", n) }
	total := func(from, to, step int) (sum int) {
		for n := from; n < to; n += step {
			ends, _ := fill(m, of(n))
			sum += len(ends)
		}
		return sum
	}
	if one, rest := total(0, 1, 1), total(1, 256, 1); one != 100 || rest != 100 {
		t.Errorf("a /64 has %d waits, and the others of its /56 %d", one, rest)
	}
	if got := total(256, 65536, 128); got != 200 {
		t.Errorf("the others of its /48 have %d", got)
	}
	for other := range 5 {
		_, _ = fill(m, fmt.Sprint("address 192.0.2.", other))
	}
	if got := m.Totals().OpenWaits; got != 900 {
		t.Fatalf("%d waits are open", got)
	}
	other := func(n int) string { return fmt.Sprintf("address 2001:db8:2:%x::/64", n) }
	sum := 0
	for n := range 256 {
		ends, _ := fill(m, other(n<<8))
		sum += len(ends)
	}
	if sum != 20 {
		t.Errorf("a /48 has %d of the last places, want a twentieth of its 400", sum)
	}
}
