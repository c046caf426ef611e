package meter

import (
	"fmt"
	"testing"
)

func TestBody_countsWhatHasArrivedThen16KiBUntilItsCallWaits(t *testing.T) {
	m := New(Options{MaxBodies: 4 << 14})
	a := m.Open()
	held := func(what string, err, wanted error, want int64) {
		t.Helper()
		if got := m.Totals().BodyBytes; err != wanted || got != want {
			t.Errorf("%s: %v, %d bytes are held, want %d", what, err, got, want)
		}
	}
	held("the first byte", a.Arrive(), nil, 0)
	held("a free part", a.Grow(FreeBody), nil, 0)
	held("more", a.Grow(3000), nil, 3000)
	held("the rest", a.Arrived(3001), nil, 1<<14)
	held("a wait", begin(a), nil, 0)
	a.Close(0)
	b, c := m.Open(), m.Open()
	held("a large one", b.Arrived(20_000), nil, 20_000)
	held("one that reaches into the reserve", c.Grow(30_000), ErrFull, 20_000)
	held("one that fits beside it", c.Grow(29_000), nil, 49_000)
	held("a small one that is complete", m.Open().Arrived(10), nil, 49_000+1<<14)
	held("one more", m.Open().Arrived(10), ErrFull, 49_000+1<<14)
	b.Close(0)
	b.Close(0)
	held("two ends", nil, nil, 29_000+1<<14)
	if got := m.Totals().RefusedBodies; got != 2 {
		t.Errorf("%d refusals", got)
	}
}

func TestBody_ofACallerBeyondItsShare_isRefusedWhileOthersGetIn(t *testing.T) {
	m := New(Options{MaxBodies: 64 << 20, MaxWaitsPerAddress: 1})
	for k := range arrivingMax + 1 {
		if err := m.of("slow").Arrive(); (err == nil) != (k < arrivingMax) {
			t.Fatalf("body %d: %v", k, err)
		}
	}
	for k := range 33 {
		if err := m.of("much").Arrived(256 << 10); (err == nil) != (k < 32) {
			t.Fatalf("body %d of 256 KiB: %v", k, err)
		}
	}
	arriving, complete := 0, 0
	for n := range 2000 {
		network := m.of(fmt.Sprintf("address 2001:db8:1:%x::/64", n))
		if network.Arrive() == nil {
			arriving++
		}
		if m.of(fmt.Sprintf("address 2001:db8:2:%x::/64", n%256)).Arrived(64<<10) == nil {
			complete++
		}
	}
	if arriving != 4*arrivingMax || complete != 2*8<<20>>16 {
		t.Errorf("the networks of a host have %d bodies that arrive, those of a household %d of 64 KiB", arriving,
			complete)
	}
	other := m.of("other")
	if other.Arrive() != nil || other.Grow(100_000) != nil || other.Arrived(100_000) != nil {
		t.Error("another caller is refused")
	}
}
