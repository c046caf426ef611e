package main

import (
	"testing"
	"time"
)

// figures of a trial with one slice
func once(rate float64, cost time.Duration) *trial {
	return &trial{rates: []float64{rate}, costs: []float64{float64(cost)}, times: []float64{1}}
}

func TestRateRows_goals_dependOnTheClientsAndTheFloor(t *testing.T) {
	for _, c := range []struct {
		clients     int
		rate        float64 // of Parley, beside 100 and 50
		empty, rows string
	}{
		{1, 10, "", ""},
		{16, 54, "at least 0.55: missed; aim 0.60: missed", "at least 0.85: met; aim 0.90: met"},
		{16, 42, "at least 0.55: missed; aim 0.60: missed", "at least 0.85: missed; aim 0.90: missed"},
		{16, 43, "at least 0.55: missed; aim 0.60: missed", "at least 0.85: met; aim 0.90: missed"},
		{16, 56, "at least 0.55: met; aim 0.60: missed", "at least 0.85: met; aim 0.90: met"},
		{16, 61, "at least 0.55: met; aim 0.60: met", "at least 0.85: met; aim 0.90: met"},
		{64, 61, "at least 0.62: missed; aim 0.70: missed", ""},
		{64, 71, "at least 0.62: met; aim 0.70: met", ""},
	} {
		for _, s := range sendings() {
			if s.clients != c.clients {
				continue
			}
			s.parley, s.empty, s.rows = once(c.rate, 1), once(100, 1), once(50, 1)
			rows := s.rateRows()
			if got := [2]string{rows[0].Goal, rows[1].Goal}; got != [2]string{c.empty, c.rows} {
				t.Errorf("%v of the rate of %v: %q", c.rate, s, got)
			}
		}
	}
}

func TestFsyncRow_ofATransaction_isOne(t *testing.T) {
	many := &sending{clients: manyClients, parley: &trial{commits: 3, times: make([]float64, 12)}}
	one := &sending{clients: 1, parley: &trial{commits: 2, times: make([]float64, 4)}}
	if got := many.fsyncRow(one); got.Parley != "0.25" || got.Beside != "0.50, 1 client" || got.Ratio != "0.50" {
		t.Errorf("%+v", got)
	}
}

func TestCosts_row_sharesTheCallAmongItsUnits(t *testing.T) {
	fifteen := once(1, 300*time.Microsecond).per(15)
	got := fifteen.row("a message", once(1, 50*time.Microsecond).per(1), "a call")
	if got.Parley != "20 µs" || got.Beside != "50 µs, a call" || got.Ratio != "0.40" {
		t.Errorf("%+v", got)
	}
	if got := fifteen.row("a message", once(1, 0).per(1), "a call"); got.Parley != notMeasured {
		t.Errorf("unknown CPU time gave %+v", got)
	}
}

func TestFloors_eachText_isStored(t *testing.T) {
	b := small(t)
	f, stop, err := b.startFloors(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	}()
	for name, p := range map[string]*process{"our table": f.rows, "Parley": f.parley} {
		s := &trial{process: p}
		if p == f.parley {
			s, err = sendTrial(t.Context(), p, 1)
		} else {
			s, err = libraryTrial(t.Context(), p, 1)
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := s.slice(t.Context(), 20*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		if n := int64(len(s.times)); n == 0 || s.commits < n {
			t.Errorf("%s: %d calls of one client in %d transactions", name, n, s.commits)
		}
	}
}
