package main

import "testing"

func TestRateRow_goals_dependOnTheClients(t *testing.T) {
	empty := &trial{rates: []float64{100}}
	for _, c := range []struct {
		sending
		share float64
		want  string
	}{
		{sending{clients: 1, rooms: 1}, 0.1, ""},
		{sending{clients: 16, rooms: 1, goal: sendGoal, aim: sendAim}, 0.54, "at least 0.55: missed; aim 0.65: missed"},
		{sending{clients: 16, rooms: 1, goal: sendGoal, aim: sendAim}, 0.60, "at least 0.55: met; aim 0.65: missed"},
		{sending{clients: 16, rooms: 16, goal: sendGoal, aim: sendAim}, 0.66, "at least 0.55: met; aim 0.65: met"},
		{sending{clients: 64, rooms: 64, goal: sendManyGoal}, 0.69, "at least 0.70: missed"},
		{sending{clients: 64, rooms: 64, goal: sendManyGoal}, 0.71, "at least 0.70: met"},
	} {
		c.empty, c.trial = empty, &trial{rates: []float64{100 * c.share}}
		if got := c.rateRow().Goal; got != c.want {
			t.Errorf("%v of the rate of %v: %q, want %q", c.share, &c.sending, got, c.want)
		}
	}
}

func TestDiskRow_halfOfTheDisk_meetsTheGoal(t *testing.T) {
	disk := &trial{rates: []float64{100}}
	for rate, want := range map[float64]string{50: "at least 0.50: met", 49: "at least 0.50: missed"} {
		one := &sending{clients: 1, rooms: 1, trial: &trial{rates: []float64{rate}}}
		if got := diskRow(one, disk).Goal; got != want {
			t.Errorf("%v/s beside 100/s: %q, want %q", rate, got, want)
		}
	}
}

func TestFsyncs_ofATransaction_isOne(t *testing.T) {
	s := &sending{trial: &trial{commits: 3, times: make([]float64, 12)}}
	if got := s.fsyncs(); got != 0.25 {
		t.Errorf("%v fsyncs of a message, want 0.25", got)
	}
}
