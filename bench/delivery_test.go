package main

import (
	"strings"
	"testing"
	"time"
)

func TestDeliveryRows_moreThanTwiceACall_missesTheGoal(t *testing.T) {
	calls := []float64{float64(100 * time.Microsecond)}
	for arrival, want := range map[time.Duration]string{
		200 * time.Microsecond: ": met",
		201 * time.Microsecond: ": missed",
	} {
		times := []float64{float64(arrival)}
		rows := deliveryRows(&courier{acks: times, arrivals: times}, calls, calls)
		if got := rows[0].Goal; !strings.HasSuffix(got, want) {
			t.Errorf("%v is %s", arrival, got)
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
