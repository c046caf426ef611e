package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// startLongRoom starts Parley with a room of some messages, and connects to it.
func startLongRoom(t *testing.T, b *bench) (c *client, tokens []string) {
	t.Helper()
	p, tokens, err := b.startLong(context.WithoutCancel(t.Context())) // which ends before the cleanup
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.stop(); err != nil {
			t.Error(err)
		}
	})
	if c, err = dial(t.Context(), p.Address, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.close)
	return c, tokens
}

// history returns the texts of some messages, the oldest first, and the id of the
// first one.
func history(t *testing.T, c *client, token string, which map[string]any) (texts []string, first string) {
	t.Helper()
	which["agent_token"] = token
	got, err := c.ask("message_history", which)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range got.Messages {
		texts = append(texts, m.Text)
	}
	if len(texts) > 0 {
		first = got.Messages[0].ID
	}
	return texts, first
}

func numbered(n int) string { return messageText(fmt.Sprintf("%010d", n)) }

// begun is how many events begin adds: each agent joins and says one thing.
const begun = 2 * sendClients

func TestFill_messages_followEachOtherWithoutAGap(t *testing.T) {
	b := small(t)
	c, tokens := startLongRoom(t, b)
	var texts []string
	before := ""
	for last := begun + b.history; last > begun; {
		texts, before = history(t, c, tokens[0], map[string]any{"before": before, "limit": 100})
		if len(texts) == 0 {
			t.Fatalf("no message %d", last)
		}
		for _, text := range slices.Backward(texts) {
			if last > begun && text != numbered(last) {
				t.Fatalf("message %d is %q", last, text)
			}
			last--
		}
	}
}

func TestFill_agents_goOnInTheRoom(t *testing.T) {
	b := small(t)
	b.history = 250 // not a whole number of Writes
	c, tokens := startLongRoom(t, b)
	const own = "the room goes on"
	if _, err := c.ask(sendTool, map[string]any{"agent_token": tokens[sendClients-1], "text": own}); err != nil {
		t.Fatal(err)
	}
	got, _ := history(t, c, tokens[0], map[string]any{"limit": 3})
	want := []string{numbered(begun + 249), numbered(begun + 250), own}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the last messages are %q, want %q", got, want)
	}
}

func TestMeasureHistory_smallRoom_returnsBothRows(t *testing.T) {
	b := small(t)
	rows, err := measureHistory(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) == 0 || !strings.Contains(rows[0].What, "a room of 2,000 messages") {
		t.Fatalf("rows %+v", rows)
	}
	for _, r := range rows {
		if !strings.HasPrefix(r.Goal, "0.90 to 1.10: ") {
			t.Errorf("goal %q of %s", r.Goal, r.What)
		}
	}
}

func TestHistoryRows_moreThanATenthApart_missTheGoal(t *testing.T) {
	b := small(t)
	fresh := &trial{rates: []float64{1000}, times: []float64{1}, busy: 100 * time.Microsecond}
	for _, c := range []struct {
		rate      float64
		busy      time.Duration
		send, cpu string
	}{
		{1000, 100 * time.Microsecond, ": met", ": met"},
		{910, 109 * time.Microsecond, ": met", ": met"},
		{890, 111 * time.Microsecond, ": missed", ": missed"},
		{1110, 89 * time.Microsecond, ": missed", ": missed"},
	} {
		rows := b.historyRows(&trial{rates: []float64{c.rate}, times: []float64{1}, busy: c.busy}, fresh)
		if !strings.HasSuffix(rows[0].Goal, c.send) || !strings.HasSuffix(rows[1].Goal, c.cpu) {
			t.Errorf("%v/s and %v: %s, %s", c.rate, c.busy, rows[0].Goal, rows[1].Goal)
		}
	}
	if rows := b.historyRows(&trial{rates: []float64{1000}}, fresh); len(rows) != 1 {
		t.Errorf("unknown CPU time gave %d rows", len(rows))
	}
}
