package access_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// A process reads the secrets of the table with its first key. Once a day it looks whether the use of the day is noted
// already.
func TestKey_thatIsRight_costsAReadIn30SecondsAndAWriteADay(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		key := w.add("Ann", 72*time.Hour)
		one, two := w.process(), w.process()
		one.wantCost("the first use", 3, 1, func() { one.admits(key, "Ann") })
		one.wantCost("uses soon after", 0, 0, func() {
			for range 100 {
				one.admits(key, "Ann")
			}
		})
		two.wantCost("the first use in another process", 3, 0, func() { two.admits(key, "Ann") })
		w.pass(30 * time.Second)
		one.wantCost("a use 30 s later", 1, 0, func() { one.admits(key, "Ann") })
		w.pass(24 * time.Hour)
		two.wantCost("the first use on the next day", 2, 1, func() { two.admits(key, "Ann") })
		one.wantCost("another use on that day", 2, 0, func() { one.admits(key, "Ann") })
		w.pass(30 * time.Second)
		one.wantCost("a use 30 s later on that day", 1, 0, func() { one.admits(key, "Ann") })
		list, err := w.keys.List(t.Context())
		if err != nil || len(list) != 1 || list[0].Used != "2030-05-07" ||
			!list[0].Expires.Equal(list[0].Created.Add(72*time.Hour)) {
			t.Errorf("%+v, %v", list, err)
		}
		if n := w.logged("action=key_used"); n != 2 {
			t.Errorf("%d lines of the log say that the key was used, want one a day", n)
		}
	})
}

func TestKey_usedByManyAtOnce_isReadAndNotedOnce(t *testing.T) {
	w := newWorld(t)
	key := w.add("Ann", 0)
	p := w.process()
	p.wantCost("200 calls at once", 3, 1, func() {
		var calls sync.WaitGroup
		for range 200 {
			calls.Go(func() { p.admits(key, "Ann") })
		}
		calls.Wait()
	})
}

func TestKey_callerThatLeavesWhileItIsLookedUp_delaysNobody(t *testing.T) {
	w := newWorld(t)
	key := w.add("Ann", 0)
	p := w.process()
	reading, goOn := make(chan bool), make(chan bool)
	p.set(func() {
		p.before = func(c tabletest.Call) {
			if c.Method == tabletest.Get {
				close(reading)
				<-goOn
			}
		}
	})
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan error)
	go func() { _, err := p.Key(ctx, key.String()); left <- err }()
	<-reading
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	close(goOn)
	p.set(func() { p.before = nil })
	p.admits(key, "Ann")
}

func TestKey_revoked_isBelievedFor30SecondsAtMost(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		key := w.add("Ann", 0)
		here, there := w.process(), w.process()
		here.admits(key, "Ann")
		w.revoke("Ann")
		there.refuses(key.String(), fault.KeyInvalid)
		w.pass(30*time.Second - time.Millisecond)
		here.admits(key, "Ann")
		w.pass(time.Millisecond)
		for range 2 {
			here.refuses(key.String(), fault.KeyInvalid)
		}
		if n := w.logged("action=key_ended", "principal=key:"+key.ID); n != 1 {
			t.Errorf("%d lines of the log say that the key has ended, want one of the process that knew it", n)
		}
	})
}

// The note that a key is used must not bring back one that is revoked meanwhile.
func TestKey_revokedWhileItsUseIsNoted_staysRevoked(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		key := w.add("Ann", 0)
		p := w.process()
		p.before = func(c tabletest.Call) {
			if c.Method == tabletest.Write {
				w.revoke("Ann")
			}
		}
		p.admits(key, "Ann") // it was read before
		if got := w.labels(); len(got) != 0 {
			t.Errorf("there are %q", got)
		}
		w.pass(30 * time.Second)
		p.refuses(key.String(), fault.KeyInvalid)
	})
}

func TestKey_expired_isRefusedAtOnce(t *testing.T) {
	w := newWorld(t)
	key := w.add("Ann", time.Minute)
	p := w.process()
	w.pass(50 * time.Second)
	p.admits(key, "Ann")
	w.pass(10 * time.Second)
	p.refuses(key.String(), fault.KeyInvalid)
}

func TestKey_tableThatDoesNotAnswer_isNeverTakenForAWrongKey(t *testing.T) {
	w := newWorld(t)
	key, other := w.add("Ann", 0), w.add("Bob", 0)
	p := w.process()
	p.admits(key, "Ann")
	p.set(func() { p.down = true })
	w.pass(29 * time.Second)
	p.admits(key, "Ann")
	p.refuses(other.String(), fault.Unavailable)
	w.pass(time.Second)
	p.refuses(key.String(), fault.Unavailable)
	p.set(func() { p.down = false })
	p.admits(key, "Ann")
	p.admits(other, "Bob")
}

// That a use cannot be noted ends no call, and it is noted later.
func TestKey_useThatCannotBeNoted_isNotedLater(t *testing.T) {
	w := newWorld(t)
	key := w.add("Ann", 0)
	p := w.process()
	p.before = func(c tabletest.Call) { p.down = c.Method == tabletest.Write }
	p.admits(key, "Ann")
	p.admits(key, "Ann")
	p.set(func() { p.before, p.down = nil, false })
	w.pass(30 * time.Second)
	p.wantCost("the next read", 2, 1, func() { p.admits(key, "Ann") })
}
