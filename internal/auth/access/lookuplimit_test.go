package access_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/auth/access"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// network returns the address of a caller in a network of its own.
func network(n int) string { return fmt.Sprintf("2001:db8:%x::/64", n) }

// one is the network of one caller.
func one(int) string { return "192.0.2.1" }

// madeUp returns a token that nobody has.
func madeUp() string {
	return ident.Token{Room: ident.NewRoomID(), Seat: 1, Secret: ident.NewSecret()}.String()
}

// tokenOf returns the token of an agent.
func (p *process) tokenOf(a room.Agent) string {
	token := madeUp()
	p.set(func() { p.seats[token] = a })
	return token
}

// takes fails the test unless a token is admitted at once. No time passes on the clock of the process meanwhile.
func (p *process) takes(token string) {
	p.t.Helper()
	soon, cancel := context.WithTimeout(p.t.Context(), 10*time.Second)
	defer cancel()
	if _, err := p.Token(soon, token, one(0)); err != nil {
		p.t.Errorf("a token that is right: %v", err)
	}
}

// guess looks up so many made-up tokens, each from the address that of gives, without a wait.
func (p *process) guess(tokens int, of func(n int) string) {
	p.t.Helper()
	for n := range tokens {
		if _, err := p.Token(p.t.Context(), madeUp(), of(n)); fault.CodeOf(err) != fault.KeyInvalid {
			p.t.Errorf("a token that nobody has: %v", err)
		}
	}
}

// crowd calls with so many made-up tokens, each from the address that of gives. It returns how the calls end, once so
// many calls wait for their turn.
func (p *process) crowd(w *world, callers, wait int, of func(n int) string) (ended <-chan error) {
	p.t.Helper()
	ends := make(chan error, callers)
	for n := range callers {
		go func() {
			_, err := p.Token(p.t.Context(), madeUp(), of(n))
			ends <- err
		}()
	}
	p.await(w, wait)
	return ends
}

// await returns when so many calls wait for their turn.
func (p *process) await(w *world, calls int) {
	p.t.Helper()
	soon, cancel := context.WithTimeout(p.t.Context(), 10*time.Second)
	defer cancel()
	if err := w.clock.BlockUntilContext(soon, calls+1); err != nil { // the patience of the calls, and the next turn
		p.t.Fatal("they do not wait: ", err)
	}
}

// wantLooks fails the test unless f has so many secrets looked up.
func (p *process) wantLooks(what string, looks int, f func()) {
	p.t.Helper()
	before := p.looks()
	f()
	if n := p.looks() - before; n != looks {
		p.t.Errorf("%s: %d looks, want %d", what, n, looks)
	}
}

func (p *process) looks() (n int) {
	p.set(func() { n = p.asked })
	return n
}

// The calls come at the same moment, and no call has an answer when the next call comes.
func TestToken_wrongOneAtOnce_countsOnce(t *testing.T) {
	p, old := newWorld(t).process(), madeUp()
	p.wantLooks("200 times the same wrong token at once", 1, func() {
		var calls sync.WaitGroup
		for range 200 {
			calls.Go(func() {
				if _, err := p.Token(t.Context(), old, one(0)); fault.CodeOf(err) != fault.KeyInvalid {
					t.Errorf("%v", err)
				}
			})
		}
		calls.Wait()
	})
	p.wantLooks("19 others", 19, func() { p.guess(19, one) })
}

func TestToken_wrongOneWhileItIsLookedUp_isNotLookedUpAgain(t *testing.T) {
	w := newWorld(t)
	looking, goOn := make(chan bool, 6), make(chan bool)
	gate := access.New(access.Options{Table: w.table, Clock: w.clock, Logger: slog.New(slog.DiscardHandler),
		Seat: func(context.Context, ident.Token) (room.Agent, bool, error) {
			looking <- true
			<-goOn
			return room.Agent{}, false, nil
		}})
	token, calls := madeUp(), sync.WaitGroup{}
	for range cap(looking) {
		calls.Go(func() {
			if _, err := gate.Token(t.Context(), token, one(0)); fault.CodeOf(err) != fault.KeyInvalid {
				t.Error(err)
			}
		})
	}
	<-looking
	if err := w.clock.BlockUntilContext(t.Context(), cap(looking)-1); err != nil {
		t.Fatal(err)
	}
	close(goOn)
	calls.Wait()
	if n := len(looking); n > 0 {
		t.Errorf("the token was looked up %d times more", n)
	}
}

func TestToken_newOnes_haveTheirTurnEachSecond_andGiveUpAfterFive(t *testing.T) {
	w := newWorld(t)
	p := w.process()
	p.guess(20, one)
	w.pass(time.Second / 2)
	ended := p.crowd(w, 30, 30, one)
	p.wantLooks("five seconds of waiting", 5, func() {
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

// An invite in the arguments of a call is a guess like one in the address.
func TestMade_wrongOnes_countWithThoseOfAddresses(t *testing.T) {
	w := newWorld(t)
	p := w.process()
	looks, gone := 0, canceled(t)
	made := func(ctx context.Context, v ident.Invite, is bool) (bool, error) {
		return p.Made(ctx, v, one(0), func() (bool, error) {
			looks++
			return is, nil
		})
	}
	invite := func(n int) ident.Invite { return ident.NewInvite("key", "tea2345", n) }
	for range 2 {
		if is, err := made(t.Context(), invite(1), true); !is || err != nil {
			t.Errorf("a right invite: %v, %v", is, err)
		}
	}
	p.guess(10, one)
	for n := range 10 {
		if is, err := made(t.Context(), invite(n+2), false); is || err != nil {
			t.Errorf("a wrong invite: %v, %v", is, err)
		}
	}
	looks = 0
	if _, err := made(gone, invite(20), false); !errors.Is(err, context.Canceled) || looks > 0 {
		t.Errorf("one more: %v after %d looks", err, looks)
	}
	if _, err := p.Invite(gone, invite(21).String(), one(0)); !errors.Is(err, context.Canceled) {
		t.Errorf("one more in an address: %v", err)
	}
	if is, err := made(gone, invite(2), false); is || err != nil || looks > 0 {
		t.Errorf("a wrong one again: %v, %v after %d looks", is, err, looks)
	}
	if is, err := made(gone, invite(1), true); !is || err != nil {
		t.Errorf("the right one: %v, %v", is, err)
	}
}

// canceled returns a context whose caller has gone.
func canceled(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

// Many addresses together get no more out of a process than its rate.
func TestToken_newOnesOfManyAddresses_haveTwentyTurnsASecond(t *testing.T) {
	w := newWorld(t)
	p := w.process()
	right := p.tokenOf(room.Agent{Invite: 1})
	p.takes(right)
	p.guess(20, network)
	ended := p.crowd(w, 40, 40, network)
	p.wantLooks("a second", 20, func() {
		for range 20 {
			w.pass(time.Second / 20)
			if err := <-ended; fault.CodeOf(err) != fault.KeyInvalid {
				t.Errorf("%v", err)
			}
		}
	})
	p.takes(right)
}

// The networks of a household, or of a host, count as one.
func TestToken_newOnesOfTheNetworksOfOne_haveFewTurns(t *testing.T) {
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
			p.guess(20, of)
			ended := p.crowd(w, 40, 40, func(n int) string { return of(100 + n) })
			p.wantLooks("four steps", 4, func() {
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

// Forty addresses have more wrong tokens waiting than a process looks up while a call waits.
func TestToken_newOneOfAnotherAddress_isLookedUpBeforeThoseOfACrowd(t *testing.T) {
	w := newWorld(t)
	key := w.add("Ann", 0)
	p := w.process()
	of := func(n int) string { return network(n % 40) }
	p.guess(20, of)
	ended := p.crowd(w, 200, 200, of)
	token, turn := p.tokenOf(room.Agent{Principal: ident.KeyPrincipal(key.ID)}), 0
	p.set(func() {
		p.before = func(c tabletest.Call) { // the look of this token alone reads a key
			if turn == 0 {
				turn = p.asked
			}
		}
	})
	go func() { _, _ = p.Token(t.Context(), token, one(0)) }()
	p.await(w, 201)
	for range 40 {
		w.pass(time.Second / 20)
		<-ended
	}
	p.set(func() {
		if turn == 0 || turn > 41 { // behind one token of each address
			t.Errorf("it had turn %d of %d", turn, p.asked)
		}
	})
}

// A caller that leaves also leaves the queue.
func TestToken_callerThatLeavesWhileItWaits_delaysNobody(t *testing.T) {
	w := newWorld(t)
	p := w.process()
	p.guess(20, one)
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan error)
	go func() { _, err := p.Token(ctx, madeUp(), one(0)); left <- err }()
	p.await(w, 1)
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	w.pass(time.Second)
	p.takes(p.tokenOf(room.Agent{Invite: 1}))
}

// Many people may share an address, such as all whose client runs in a cloud.
func TestToken_manyRightOnesOfAnAddressAtOnce_areAllAdmitted(t *testing.T) {
	p := newWorld(t).process()
	var calls sync.WaitGroup
	for range 60 {
		token := p.tokenOf(room.Agent{Invite: 1})
		calls.Go(func() { p.takes(token) })
	}
	calls.Wait()
}

// A file bears as many look-ups as the disk: waiting calls have their turn in a moment.
func TestToken_ofACrowdWhereLookingUpIsCheap_hasItsTurnAtOnce(t *testing.T) {
	w := newWorld(t)
	p := w.processThatLooksUp(10_000)
	ended := p.crowd(w, 500, 480, network)
	began := w.clock.Now()
	for n := range 500 {
		if n >= 20 { // the first calls did not wait
			w.pass(time.Second / 10_000)
		}
		if err := <-ended; fault.CodeOf(err) != fault.KeyInvalid {
			t.Fatalf("after %d: %v", n, err)
		}
	}
	if took := w.clock.Since(began); took > 50*time.Millisecond {
		t.Errorf("500 tokens took %v", took)
	}
}
