package access_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/auth/access"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// No time passes on the clock of the process, so no waiting call has a turn.
func TestKey_markedOne_passesACrowdThatGuesses(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ann, bob := w.add("Ann", 0), w.add("Bob", 0)
		p := w.process()
		p.admits(ann, "Ann")
		p.crowd(w, 500, 480, network)
		p.wantCost("500 keys that were made up", 0, 0, func() {
			for range 500 {
				p.refuses(wrong(), fault.KeyInvalid)
			}
		})
		p.admits(bob, "Bob")
	})
}

// A revoked key keeps its mark. Its client may repeat the key for ever.
func TestKey_markedOneThatWasRevoked_isReadOnceAMinute(t *testing.T) {
	w := newWorld(t)
	key := w.add("Ann", 0)
	p := w.process()
	p.admits(w.add("Bob", 0), "Bob")
	w.revoke("Ann")
	for range 2 {
		p.wantCost("100 times a key that was revoked", 1, 0, func() {
			for range 100 {
				p.refuses(key.String(), fault.KeyInvalid)
			}
		})
		w.pass(time.Minute)
	}
}

// Secrets come with a first key, or by a copy, while servers run.
func TestKey_markedByASecretThatIsNew_isAdmittedWithinHalfAMinute(t *testing.T) {
	w, other := newWorld(t), newWorld(t)
	p := w.process()
	p.refuses(wrong(), fault.KeyInvalid)
	p.admits(w.add("Ann", 0), "Ann") // at once, although the process knows of no secret

	w.pass(30 * time.Second)
	p.refuses(wrong(), fault.KeyInvalid)
	key := other.add("Bob", 0)
	if err := access.CopySecrets(t.Context(), other.table, w.table); err != nil {
		t.Fatal(err)
	}
	for it, err := range table.All(t.Context(), other.table, table.Range{Partition: access.Partition}) {
		if err == nil {
			err = w.table.Write(t.Context(), table.Put(it, table.IfAbsent))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	w.pass(30 * time.Second)
	p.admits(key, "Bob")
}

// The server believes the secret of the faster program when the slower one comes to store its own.
func TestKey_firstOneOfTwoProgramsAtOnce_isAdmittedAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		p := w.process()
		late := &tabletest.Hooks{Table: w.table, Before: func(_ context.Context, c tabletest.Call) error {
			if len(c.Ops) > 0 && c.Ops[0].Item.Key.Partition == access.SecretsPartition {
				p.admits(w.add("Ann", 0), "Ann")
			}
			return nil
		}}
		bob, err := access.NewKeys(late, w.clock, slog.New(slog.DiscardHandler)).Add(t.Context(), "Bob", 0)
		if err != nil {
			t.Fatal(err)
		}
		p.admits(bob, "Bob")
	})
}
