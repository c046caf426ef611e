package access_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
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

func TestKey_thatIsWrong_costsNoWriteAndFewReads(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		key := w.add("Ann", 0)
		p := w.process()
		mistyped := []byte(key.String())
		mistyped[20] ^= 1
		p.wantCost("a mistyped key, or none", 0, 0, func() {
			for _, text := range []string{string(mistyped), "", "pk_", "Bearer " + key.String()} {
				p.refuses(text, "192.0.2.1", fault.KeyInvalid)
			}
		})
		p.admits(key, "Ann")
		p.wantCost("other secrets of a known key", 0, 0, func() {
			for range 100 {
				p.refuses(altered(key), "192.0.2.1", fault.KeyInvalid)
			}
		})
		var never []string
		for range 20 {
			never = append(never, wrong())
		}
		p.wantCost("keys that never were", 0, 0, func() {
			for _, text := range never {
				p.refuses(text, "192.0.2.1", fault.KeyInvalid)
			}
		})
		p.wantCost("the same within a minute, from anywhere", 0, 0, func() {
			for _, text := range never {
				p.refuses(text, "192.0.2.1", fault.KeyInvalid)
				p.refuses(text, "192.0.2.3", fault.KeyInvalid)
			}
		})
		w.pass(time.Minute)
		p.wantCost("one of them a minute later, which reads the secrets", 1, 0, func() {
			p.refuses(never[0], "192.0.2.1", fault.KeyInvalid)
		})
		p.wantCost("one from another address, or from none", 0, 0, func() {
			p.refuses(wrong(), "192.0.2.2", fault.KeyInvalid)
			p.refuses(wrong(), "", fault.KeyInvalid)
		})
	})
}

// A key that worked needs no turn, also when it is read once more.
func TestKey_thatWasRight_isNotRefusedForWrongOnesOfOthers(t *testing.T) {
	w := newWorld(t)
	key := w.add("Ann", 0)
	w.unmark()
	p := w.process()
	p.admits(key, "Ann")
	w.pass(30 * time.Second)
	for range 20 {
		p.refuses(wrong(), "192.0.2.1", fault.KeyInvalid)
	}
	p.wantCost("the key", 1, 0, func() { p.admits(key, "Ann") })
}

// Guests of a server may have any number of tokens and addresses of files, all of them right.
func TestKey_thatWasRight_isRememberedBesideAnyNumberOfTokens(t *testing.T) {
	w := newWorld(t)
	key := w.add("Ann", 0)
	w.unmark()
	p := w.process()
	p.admits(key, "Ann")
	for range 60_000 {
		token := ident.Token{Room: ident.NewRoomID(), Seat: 1, Secret: ident.NewSecret()}.String()
		p.set(func() { p.seats = map[string]room.Agent{token: {Invite: 1}} })
		if _, err := p.Token(t.Context(), token, "192.0.2.2"); err != nil {
			t.Fatal(err)
		}
	}
	w.pass(23 * time.Hour)
	for range 20 {
		p.refuses(wrong(), "192.0.2.1", fault.KeyInvalid)
	}
	soon, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, err := p.Key(soon, key.String(), "192.0.2.1"); err != nil {
		t.Errorf("it waits for those of others: %v", err)
	}
}

// A client that has an old key in its configuration repeats it for ever.
func TestKey_wrongOneRepeated_leavesARightOneOfItsAddressAtOnce(t *testing.T) {
	w := newWorld(t)
	key := w.add("Ann", 0)
	w.unmark()
	p := w.process()
	old := wrong()
	p.wantCost("100 times the same wrong key, and the secrets", 2, 0, func() {
		for range 100 {
			p.refuses(old, "192.0.2.1", fault.KeyInvalid)
		}
	})
	p.admits(key, "Ann")
}

// The calls come at the same moment, and no answer is there when the next one comes.
func TestKey_wrongOneAtOnce_countsOnce(t *testing.T) {
	w := newWorld(t)
	p := w.process()
	old := wrong()
	p.wantCost("200 times the same wrong key at once, and the secrets", 2, 0, func() {
		var calls sync.WaitGroup
		for range 200 {
			calls.Go(func() { p.refuses(old, "192.0.2.1", fault.KeyInvalid) })
		}
		calls.Wait()
	})
	p.wantCost("19 others", 19, 0, func() {
		for range 19 {
			p.refuses(wrong(), "192.0.2.1", fault.KeyInvalid)
		}
	})
}

// waiting starts so many calls with new wrong keys, each from the address that of gives, and
// returns their errors when all wait for their turn.
func (p *process) waiting(w *world, calls int, of func(n int) string) <-chan error {
	p.t.Helper()
	ended := make(chan error, calls)
	for n := range calls {
		go func() {
			_, err := p.Key(p.t.Context(), wrong(), of(n))
			ended <- err
		}()
	}
	ctx, cancel := context.WithTimeout(p.t.Context(), 10*time.Second)
	defer cancel()
	if err := w.clock.BlockUntilContext(ctx, calls+1); err != nil { // their patience, and the next turn
		p.t.Fatal("they do not wait: ", err)
	}
	return ended
}

func TestKey_newOnes_haveTheirTurnEachSecond_andGiveUpAfterFive(t *testing.T) {
	w := newWorld(t)
	p := w.process()
	for range 20 {
		p.refuses(wrong(), "192.0.2.1", fault.KeyInvalid)
	}
	w.pass(time.Second / 2)
	ended := p.waiting(w, 30, func(int) string { return "192.0.2.1" })
	p.wantCost("five seconds of waiting", 5, 0, func() {
		w.pass(time.Second / 2)
		for n := range 5 {
			if err := <-ended; fault.CodeOf(err) != fault.KeyInvalid {
				t.Errorf("%v", err)
			}
			if n < 4 {
				w.pass(time.Second)
			}
		}
		w.pass(time.Second / 2)
		for range 25 {
			var refused *fault.Error
			if err := <-ended; !errors.As(err, &refused) || refused.Code != fault.RateLimited ||
				refused.RetryAfter != time.Second {
				t.Errorf("%v; want rate_limited for a second", err)
			}
		}
	})
}

// A crowd of addresses gets no more out of a process than its rate.
func TestKey_newOnesOfManyAddresses_haveTwentyTurnsASecond(t *testing.T) {
	w := newWorld(t)
	key := w.add("Ann", 0)
	w.unmark()
	p := w.process()
	p.admits(key, "Ann")
	of := func(n int) string { return fmt.Sprint("192.0.2.", 100+n) }
	for n := range 20 {
		p.refuses(wrong(), of(n), fault.KeyInvalid)
	}
	ended := p.waiting(w, 40, of)
	p.wantCost("a second", 20, 0, func() {
		for range 20 {
			w.pass(time.Second / 20)
			if err := <-ended; fault.CodeOf(err) != fault.KeyInvalid {
				t.Errorf("%v", err)
			}
		}
	})
	p.admits(key, "Ann")
	for range 20 {
		w.pass(time.Second / 20)
		<-ended
	}
}

// The networks of a household, or of a host, are no crowd.
func TestKey_newOnesOfTheNetworksOfOne_haveFewTurns(t *testing.T) {
	for name, c := range map[string]struct {
		address string
		step    time.Duration // between two turns
	}{
		"a /56": {"2001:db8:1:1%02x::/64", time.Second / 2},
		"a /48": {"2001:db8:1:%02x00::/64", time.Second / 4},
	} {
		t.Run(name, func(t *testing.T) {
			w, of := newWorld(t), func(n int) string { return fmt.Sprintf(c.address, n) }
			p := w.process()
			for n := range 20 {
				p.refuses(wrong(), of(n), fault.KeyInvalid)
			}
			ended := p.waiting(w, 40, func(n int) string { return of(100 + n) })
			p.wantCost("four steps", 4, 0, func() {
				for range 4 {
					w.pass(c.step)
					if err := <-ended; fault.CodeOf(err) != fault.KeyInvalid {
						t.Errorf("%v", err)
					}
				}
			})
		})
	}
}

// Forty addresses have more wrong keys waiting than a process looks up in the time that a call waits.
func TestKey_newOneOfAnotherAddress_isLookedUpBeforeThoseOfACrowd(t *testing.T) {
	w := newWorld(t)
	key := w.add("Ann", 0)
	w.unmark()
	p := w.process()
	of := func(n int) string { return fmt.Sprint("198.51.100.", n%40) }
	for n := range 20 {
		p.refuses(wrong(), of(n), fault.KeyInvalid)
	}
	ended := p.waiting(w, 200, of)
	turn := 0
	p.set(func() {
		p.before = func(c tabletest.Call) {
			if c.Method == tabletest.Get && c.Key.Partition == "KEYS" && c.Key.Sort == key.ID {
				turn = p.reads
			}
		}
	})
	go func() { _, _ = p.Key(t.Context(), key.String(), "192.0.2.1") }()
	soon, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := w.clock.BlockUntilContext(soon, 202); err != nil {
		t.Fatal("it does not wait: ", err)
	}
	for range 40 {
		w.pass(time.Second / 20)
		<-ended
	}
	p.set(func() {
		if turn == 0 || turn > 42 { // behind the secrets, and one of each address
			t.Errorf("it had turn %d of %d", turn, p.reads)
		}
	})
}

// A caller that leaves takes its place in the queue along.
func TestKey_callerThatLeavesWhileItWaits_delaysNobody(t *testing.T) {
	w := newWorld(t)
	key := w.add("Ann", 0)
	w.unmark()
	p := w.process()
	for range 20 {
		p.refuses(wrong(), "192.0.2.1", fault.KeyInvalid)
	}
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan error)
	go func() { _, err := p.Key(ctx, wrong(), "192.0.2.1"); left <- err }()
	soon, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := w.clock.BlockUntilContext(soon, 2); err != nil {
		t.Fatal(err)
	}
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	w.pass(time.Second)
	p.admits(key, "Ann")
}

// Many people may share an address, as those do whose client runs in a cloud.
func TestKey_manyRightOnesOfAnAddressAtOnce_areAllAdmitted(t *testing.T) {
	w := newWorld(t)
	p := w.process()
	var keys []ident.Key
	for i := range 60 {
		keys = append(keys, w.add(fmt.Sprint("key ", i), 0))
	}
	var calls sync.WaitGroup
	for i, key := range keys {
		calls.Go(func() { p.admits(key, fmt.Sprint("key ", i)) })
	}
	calls.Wait()
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
	go func() { _, err := p.Key(ctx, key.String(), "192.0.2.1"); left <- err }()
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
		there.refuses(key.String(), "192.0.2.1", fault.KeyInvalid)
		w.pass(30*time.Second - time.Millisecond)
		here.admits(key, "Ann")
		w.pass(time.Millisecond)
		here.refuses(key.String(), "192.0.2.1", fault.KeyInvalid)
		if n := w.logged("action=key_ended", "principal=key:"+key.ID); n != 1 {
			t.Errorf("%d lines of the log say that the key has ended, want that of the process that knew it", n)
		}
	})
}

func TestKey_renewed_isTheSameCallerByItsNewSecretAlone(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		key := w.add("Ann", 30*24*time.Hour)
		pair, here := w.signIn(key, resource), w.process()
		here.admits(key, "Ann")
		renewed, err := w.keys.Renew(t.Context(), "ann")
		if err != nil || renewed.ID != key.ID {
			t.Fatal(renewed.ID, err)
		}
		w.process().admits(renewed, "Ann")
		w.pass(30 * time.Second)
		here.admits(renewed, "Ann")
		here.refuses(key.String(), "192.0.2.1", fault.KeyInvalid)
		here.bears(pair.Access, "Ann", "")
		w.pass(30 * 24 * time.Hour)
		here.refuses(renewed.String(), "192.0.2.1", fault.KeyInvalid)
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
		p.refuses(key.String(), "192.0.2.1", fault.KeyInvalid)
	})
}

func TestKey_expired_isRefusedAtOnce(t *testing.T) {
	w := newWorld(t)
	key := w.add("Ann", time.Minute)
	p := w.process()
	w.pass(50 * time.Second)
	p.admits(key, "Ann")
	w.pass(10 * time.Second)
	p.refuses(key.String(), "192.0.2.1", fault.KeyInvalid)
}

func TestKey_tableThatDoesNotAnswer_isNeverTakenForAWrongKey(t *testing.T) {
	w := newWorld(t)
	key, other := w.add("Ann", 0), w.add("Bob", 0)
	p := w.process()
	p.admits(key, "Ann")
	p.set(func() { p.down = true })
	w.pass(29 * time.Second)
	p.admits(key, "Ann")
	p.refuses(other.String(), "192.0.2.1", fault.Unavailable)
	w.pass(time.Second)
	p.refuses(key.String(), "192.0.2.1", fault.Unavailable)
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
