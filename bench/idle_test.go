package main

import (
	"bytes"
	"strings"
	"testing"
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
