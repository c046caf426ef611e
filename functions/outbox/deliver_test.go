package main

import (
	"testing"
	"time"
)

// Each delivery that finds no place leaves a schedule. Many deliveries to a hook must share a few schedules.
func TestSoon_deliveriesOfTenSeconds_shareATime(t *testing.T) {
	start := time.Date(2100, 3, 1, 12, 0, 0, 0, time.UTC)
	times, others := map[time.Time]int{}, map[time.Time]int{}
	for passed := time.Duration(0); passed < time.Minute; passed += 100 * time.Millisecond {
		now := start.Add(passed)
		at := hook{ID: "0a"}.soon(now)
		if wait := at.Sub(now); wait < minDelay || wait > 2*minDelay {
			t.Fatalf("%v after it began it waits for %v", passed, wait)
		}
		times[at]++
		others[hook{ID: "0b"}.soon(now)]++
	}
	if len(times) > 7 {
		t.Errorf("in a minute there are %d times", len(times))
	}
	for at := range others {
		if times[at] > 0 {
			t.Errorf("%v is a time of two hooks", at)
		}
	}
}
