package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestIdleRows_goals_areForOneAndForBoth(t *testing.T) {
	for _, c := range []struct {
		one, both float64
		warnings  int64
		want      [3]string
	}{
		{32_000, 45_000, 0, [3]string{"at most 38.0 KB: met; aim 32.0 KB: met",
			"at most 55.0 KB: met; aim 45.0 KB: met", "none: met"}},
		{38_001, 55_001, 1, [3]string{"at most 38.0 KB: missed; aim 32.0 KB: missed",
			"at most 55.0 KB: missed; aim 45.0 KB: missed", "none: missed"}},
	} {
		one, both := load{collected: c.one}, load{resident: c.both, warnings: c.warnings}
		rows := idleRows(20, one, both, load{})
		if got := [3]string{rows[0].Goal, rows[7].Goal, rows[len(rows)-1].Goal}; got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestBeginning_ofParley_writesThatAllWait(t *testing.T) {
	b := small(t)
	p := startParley(t)
	_, idle, err := pairs(t.Context(), p, b.waiters)
	if err != nil {
		t.Fatal(err)
	}
	l, a, err := b.rest(t.Context(), p, idle, "")
	defer a.close()
	if err != nil {
		t.Fatal(err)
	}
	if l.commits < 1 || l.warnings != 0 || l.began <= 0 || l.beginning <= 0 || l.goroutines < 2 {
		t.Errorf("%+v", l)
	}
	if n := a.heard.Load(); n != 0 {
		t.Errorf("%d messages were heard, and nobody spoke", n)
	}
}

func TestAudience_failedCall_isTheErrorOfClose(t *testing.T) {
	p := startParley(t)
	a, err := connect(t.Context(), p, []seat{{Token: strings.Repeat("x", 28), Cursor: anyCursor}})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.begin(); err != nil {
		t.Fatal(err)
	}
	if err := a.reading.Wait(); err == nil { // the answer has come, and it is an error
		t.Error("a wait without a seat is no error")
	}
}

func TestCountedLog_manyLines_passesTheFirstOn(t *testing.T) {
	var text bytes.Buffer
	log := &countedLog{to: &text}
	for range 25 {
		warnings(log).Warn("the same")
	}
	if n := strings.Count(text.String(), "the same"); n != 10 || log.lines.Load() != 25 {
		t.Errorf("%d lines were passed on, %d counted", n, log.lines.Load())
	}
}

func TestTrafficRows_goals_areForTheSlowestOfAHundred(t *testing.T) {
	for slowest, want := range map[time.Duration]string{
		10 * time.Millisecond: "at most 30.00 ms: met; aim 10.00 ms: met",
		30 * time.Millisecond: "at most 30.00 ms: met; aim 10.00 ms: missed",
		31 * time.Millisecond: "at most 30.00 ms: missed; aim 10.00 ms: missed",
	} {
		times := make([]float64, 100) // 98 of them take no time
		times[0], times[1] = float64(slowest), float64(slowest)
		if got := (traffic{rooms: 1, times: times, pages: times}).rows()[1].Goal; got != want {
			t.Errorf("%v: %q, want %q", slowest, got, want)
		}
	}
}

func TestOnTime_slowCall_countsFromWhenTheNextWasDue(t *testing.T) {
	const gap = 5 * time.Millisecond
	var calls []int
	times, err := onTime(t.Context(), 4*gap, gap, 1, func(n int) error {
		if calls = append(calls, n); n == 0 {
			return pause(t.Context(), 3*gap)
		}
		return nil
	})
	if err != nil || len(calls) != 4 || len(times) != 4 {
		t.Fatalf("calls %v, times %v, error %v", calls, times, err)
	}
	if times[1] < float64(2*gap) {
		t.Errorf("a call that was due while another took %v took %v", 3*gap, time.Duration(times[1]))
	}
}
