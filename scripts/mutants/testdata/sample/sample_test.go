package sample

import (
	"testing"
	"time"
)

func TestPut_isThere(t *testing.T) {
	var b Box
	b.Put(1)
	if len(b.items) != 1 {
		t.Error(b.items)
	}
}

func TestBetween_bounds(t *testing.T) {
	for n, want := range map[int]bool{1: false, 2: true, 3: false} {
		if got := Between(n, 2, 3); got != want {
			t.Error(n, got)
		}
	}
}

func TestSum_odd_isRefused(t *testing.T) {
	if n, err := Sum([]int{2, 4}); n != 3 || err != nil {
		t.Error(n, err)
	}
	if _, err := Sum([]int{2, 3}); err == nil {
		t.Error("no error")
	}
}

func TestWait_isLongerLater(t *testing.T) {
	if Wait(1) != time.Second || Wait(9) != 10*time.Second {
		t.Error(Wait(1), Wait(9))
	}
}

func TestUntested_isCalled(t *testing.T) { Untested() }

func TestLast_ends(t *testing.T) {
	if n := Last(3); n != 1 {
		t.Error(n)
	}
}

func TestCheap_one_isCheap(t *testing.T) {
	if !Cheap(1) {
		t.Error("dear")
	}
}

func TestDear_one_isNot(t *testing.T) {
	if Dear(1) {
		t.Error("dear")
	}
}
