package signin_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/auth/signin"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/testkit/secretscan"
)

func TestSignIn_livesAsLongAsItsTurnsAndItsKey(t *testing.T) {
	w := newWorld(t)
	p := w.process()
	pair := w.signIn(p)
	w.clock.Advance(7*24*time.Hour - time.Second)
	w.wants(true, pair.Access, "after nearly 7 days")
	w.clock.Advance(time.Second)
	w.wants(false, pair.Access, "after 7 days")
	for range 3 {
		w.clock.Advance(80 * 24 * time.Hour)
		pair = w.refresh(p, pair.Refresh)
	}
	w.clock.Advance(90 * 24 * time.Hour)
	if _, err := p.Refresh(t.Context(), refreshOf(pair.Refresh)); !errors.Is(err, signin.ErrGrant) {
		t.Errorf("90 days after its last turn: %v", err)
	}

	w.ends = w.clock.Now().Add(time.Hour)
	pair = w.signIn(p)
	w.clock.Advance(time.Hour)
	w.wants(false, pair.Access, "after its key has ended")

	w.ends = time.Time{}
	pair, late := w.signIn(p), w.code(p)
	w.gone = true
	if _, err := p.Refresh(t.Context(), refreshOf(pair.Refresh)); !errors.Is(err, signin.ErrGrant) {
		t.Errorf("a refresh after the key was revoked: %v", err)
	}
	if _, err := p.Exchange(t.Context(), exchangeOf(late)); !errors.Is(err, signin.ErrGrant) {
		t.Errorf("an exchange after the key was revoked: %v", err)
	}
}

func TestSignIn_tableHasNoSecret(t *testing.T) {
	w := newWorld(t)
	p := w.process()
	pair := w.signIn(p)
	w.refresh(p, pair.Refresh)
	w.code(p)
	items := 0
	turns := signin.Partition + "#" + pair.Access.ID
	for _, partition := range []string{signin.Partition, signin.CodesPartition, turns} {
		all := table.Range{Partition: partition, Consistency: table.Strong}
		for it, err := range table.All(t.Context(), w.table, all) {
			if err != nil {
				t.Fatal(err)
			}
			items++
			if err := secretscan.Find(it.Key.Partition + " " + it.Key.Sort + " " + string(it.Data)); err != nil ||
				strings.Contains(string(it.Data), pair.Refresh.Secret) {
				t.Errorf("%s: %v", it.Key, err)
			}
		}
	}
	if items != 4 { // a sign-in, a turn, a used code and a code
		t.Errorf("%d items", items)
	}
}
