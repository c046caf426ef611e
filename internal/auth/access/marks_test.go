package access_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/auth/access"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/store/table"
)

// network returns the address of a caller in a network of its own.
func network(n int) string { return fmt.Sprintf("2001:db8:%x::/64", n) }

// madeUp returns a token that nobody has.
func madeUp() string {
	return ident.Token{Room: ident.NewRoomID(), Seat: 1, Secret: ident.NewSecret()}.String()
}

// crowd has so many callers wait with tokens that they made up, each from a network of its own. It returns how the
// calls end, and what ends all.
func (p *process) crowd(w *world, callers int) (ended <-chan error, gone func()) {
	p.t.Helper()
	ctx, leave := context.WithCancel(p.t.Context())
	ends := make(chan error, callers)
	for n := range callers {
		go func() {
			_, err := p.Token(ctx, madeUp(), network(n))
			ends <- err
		}()
	}
	soon, cancel := context.WithTimeout(p.t.Context(), 10*time.Second)
	defer cancel()
	if err := w.clock.BlockUntilContext(soon, callers-20+1); err != nil { // their patience, and the next turn
		p.t.Fatal("they do not wait: ", err)
	}
	return ends, leave
}

// No time passes on the clock of the process, so nobody who waits has a turn.
func TestKey_markedOne_passesACrowdThatGuesses(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ann, bob := w.add("Ann", 0), w.add("Bob", 0)
		p := w.process()
		p.admits(ann, "Ann")
		_, gone := p.crowd(w, 500)
		defer gone()
		p.wantCost("500 keys from ever new networks", 0, 0, func() {
			for n := range 500 {
				p.refuses(wrong(), network(500+n), fault.KeyInvalid)
			}
		})
		p.admits(bob, "Bob")
	})
}

// A revoked key keeps its mark. Its client may repeat it for ever.
func TestKey_markedOneThatWasRevoked_isReadOnceAMinute(t *testing.T) {
	w := newWorld(t)
	key := w.add("Ann", 0)
	p := w.process()
	p.admits(w.add("Bob", 0), "Bob")
	w.revoke("Ann")
	for range 2 {
		p.wantCost("100 times a key that was revoked", 1, 0, func() {
			for range 100 {
				p.refuses(key.String(), "192.0.2.1", fault.KeyInvalid)
			}
		})
		w.pass(time.Minute)
	}
}

// Secrets come with a first key, or by a copy, while servers run.
func TestKey_markedByASecretThatIsNew_isAdmittedWithinHalfAMinute(t *testing.T) {
	w, other := newWorld(t), newWorld(t)
	p := w.process()
	p.refuses(wrong(), "192.0.2.1", fault.KeyInvalid)
	p.admits(w.add("Ann", 0), "Ann") // although the process knows of no secret

	w.pass(30 * time.Second)
	p.refuses(wrong(), "192.0.2.1", fault.KeyInvalid)
	key := other.add("Bob", 0)
	for _, partition := range []string{access.SecretsPartition, access.Partition} {
		for it, err := range table.All(t.Context(), other.table, table.Range{Partition: partition}) {
			if err == nil {
				err = w.table.Write(t.Context(), table.Put(it, table.IfAbsent))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	w.pass(30 * time.Second)
	p.admits(key, "Bob")
}

// The keys of a table that has none of these secrets go on, until it gets its first.
func TestKey_olderThanMarks_endsWithTheFirstMarkedOne(t *testing.T) {
	w, old := newWorld(t), ident.NewKey()
	w.add("Ann", 0)
	w.unmark()
	if err := w.table.Write(t.Context(), table.Put(table.Item{Key: table.Key{Partition: access.Partition, Sort: old.ID},
		Data: fmt.Appendf(nil, `{"v":1,"hash":%q,"label":"Old"}`, ident.HashSecret(old.Secret))}, table.IfAbsent)); err != nil {
		t.Fatal(err)
	}
	w.process().admits(old, "Old")
	w.add("Bob", 0)
	w.process().refuses(old.String(), "192.0.2.1", fault.KeyInvalid)
	renewed, err := w.keys.Renew(t.Context(), "Old")
	if err != nil {
		t.Fatal(err)
	}
	w.process().admits(renewed, "Old")
}

// A file looks up as many as the disk bears: those who wait have their turn in a moment.
func TestToken_ofACrowdWhereLookingUpIsCheap_hasItsTurnAtOnce(t *testing.T) {
	w := newWorld(t)
	p := w.processThatLooksUp(10_000)
	ended, gone := p.crowd(w, 500)
	defer gone()
	began := w.clock.Now()
	for n := range 500 {
		if n >= 20 { // who came first did not wait
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
