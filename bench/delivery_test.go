package main

import (
	"testing"
	"time"
)

func TestDeliveryRows_longerThanTheGoals_missesThem(t *testing.T) {
	calls := []float64{float64(100 * time.Microsecond)}
	pages := []float64{float64(300 * time.Microsecond)}
	for arrival, want := range map[time.Duration][2]string{
		300 * time.Microsecond: {"at most 3.00: met", "at most 1.50: met; aim 1.35: met"},
		301 * time.Microsecond: {"at most 3.00: missed", "at most 1.50: met; aim 1.35: met"},
		450 * time.Microsecond: {"at most 3.00: missed", "at most 1.50: met; aim 1.35: missed"},
		451 * time.Microsecond: {"at most 3.00: missed", "at most 1.50: missed; aim 1.35: missed"},
	} {
		times := []float64{float64(arrival)}
		rows := deliveryRows(&courier{acks: times, arrivals: times}, calls, pages)
		if got := [2]string{rows[0].Goal, rows[1].Goal}; got != want {
			t.Errorf("%v: %q, want %q", arrival, got, want)
		}
	}
}

func TestDeliver_eachMessage_isTimedTwice(t *testing.T) {
	p := startParley(t)
	c, err := newCourier(t.Context(), p, p)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := c.deliver(t.Context(), time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
	if len(c.acks) != 3 || len(c.arrivals) != 3 || min(c.acks[0], c.arrivals[0]) <= 0 {
		t.Errorf("times %v and %v", c.acks, c.arrivals)
	}
}
