package access_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/auth/access"
	"github.com/parley-chat/parley/internal/base"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// labels returns the labels of the keys in the table, sorted by id.
func (w *world) labels() (labels []string) {
	w.t.Helper()
	list, err := w.keys.List(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range list {
		labels = append(labels, e.Label)
	}
	return labels
}

func TestKeys_onATable_areListedUntilTheyAreRevokedOrExpire(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		if some, err := w.keys.Any(t.Context()); some || err != nil {
			t.Fatal(some, err)
		}
		ann, short := w.add(" Ann's  laptop ", 0), w.add("Bob", time.Hour)
		list, err := w.keys.List(t.Context())
		if err != nil || len(list) != 2 {
			t.Fatal(list, err)
		}
		for _, e := range list {
			want := access.Entry{ID: ann.ID, Label: "Ann's laptop", Created: w.clock.Now()}
			if e.ID == short.ID {
				want = access.Entry{ID: short.ID, Label: "Bob", Created: w.clock.Now(),
					Expires: w.clock.Now().Add(time.Hour)}
			}
			if e != want {
				t.Errorf("got %+v, want %+v", e, want)
			}
		}
		w.pass(time.Hour)
		if got := w.labels(); len(got) != 1 || got[0] != "Ann's laptop" {
			t.Errorf("an hour later there are %q", got)
		}
		if e, err := w.keys.Revoke(t.Context(), "ANN'S LAPTOP"); err != nil || e.ID != ann.ID {
			t.Errorf("revoked %+v, %v", e, err)
		}
		if some, err := w.keys.Any(t.Context()); some || err != nil {
			t.Error(some, err)
		}
	})
}

// A function that strangers reach may write uses. Whoever takes the function over must not keep a key from being
// revoked.
func TestRevoke_lastUseThatCannotBeRead_isLeftOut(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		key := w.add("Ann", 0)
		if err := w.table.Write(t.Context(), table.Put(table.Item{Key: table.Key{Partition: access.UsedPartition,
			Sort: key.ID}, Data: []byte(`{"v":2`)}, table.Always)); err != nil {
			t.Fatal(err)
		}
		if list, err := w.keys.List(t.Context()); err != nil || len(list) != 1 || list[0].Used != "" {
			t.Errorf("%v, %v", list, err)
		}
		if _, err := w.keys.Revoke(t.Context(), "Ann"); err != nil || len(w.labels()) > 0 {
			t.Errorf("%v; left are %v", err, w.labels())
		}
	})
}

func TestRevoke_ambiguousOrUnknown_revokesNothing(t *testing.T) {
	w := newWorld(t)
	one, two := w.add("twin", 0), w.add("twin", 0)
	for _, name := range []string{"twin", "nobody", "", wrong()} {
		if e, err := w.keys.Revoke(t.Context(), name); fault.CodeOf(err) != fault.InvalidArgument {
			t.Errorf("%q: %+v, %v", name, e, err)
		}
	}
	if got := w.labels(); len(got) != 2 {
		t.Fatalf("there are %q", got)
	}
	w.revoke(one.ID)
	w.revoke(two.String()) // as somebody finds the key who wants it gone
	if got := w.labels(); len(got) != 0 {
		t.Errorf("there are %q", got)
	}
}

func TestRevoke_tableThatDoesNotAnswer_doesNotSayThatThereIsNoKey(t *testing.T) {
	w := newWorld(t)
	w.add("Ann", 0)
	w.on(&tabletest.Hooks{Table: w.table, Before: func(context.Context, tabletest.Call) error {
		return table.ErrUnavailable
	}})
	if _, err := w.keys.Revoke(t.Context(), "Ann"); !errors.Is(err, table.ErrUnavailable) {
		t.Error(err)
	}
}

func TestAdd_labelThatCannotBeShown_isRefused(t *testing.T) {
	w := newWorld(t)
	for _, label := range []string{"", "   ", "a\x1b[2Jb", strings.Repeat("x", base.MaxName+1), wrong()} {
		if _, err := w.keys.Add(t.Context(), label, 0); fault.CodeOf(err) != fault.InvalidArgument {
			t.Errorf("%q: %v", label, err)
		}
	}
	if got := w.labels(); len(got) != 0 {
		t.Errorf("there are %q", got)
	}
}

// A driver may repeat a write whose reply was lost, and then find its own item.
func TestAdd_writtenTwice_makesOneKey(t *testing.T) {
	w := newWorld(t)
	w.on(tabletest.NewFaulty(w.table, w.below, 1, tabletest.Faults{Repeated: 1}))
	key := w.add("Ann", 0)
	if got := w.labels(); len(got) != 1 {
		t.Errorf("there are %q", got)
	}
	w.process().admits(key, "Ann")
}

func TestAdd_storesNoSecretAndLogsNone(t *testing.T) {
	w := newWorld(t)
	key := w.add("Ann", 0)
	p := w.process()
	p.admits(key, "Ann")
	p.refuses(altered(key), fault.KeyInvalid)
	w.revoke(key.String())
	it, err := w.table.Get(t.Context(), table.Key{Partition: access.Partition, Sort: w.add("Bob", 0).ID}, table.Strong)
	if err != nil || strings.Contains(string(it.Data), key.Secret) {
		t.Errorf("%s, %v", it.Data, err)
	}
	for _, action := range []string{"key_created", "key_used", "key_revoked"} {
		if n := w.logged("level=INFO", "msg=audit", "action="+action, "principal=key:"+key.ID); n != 1 {
			t.Errorf("%d lines of the log say %s", n, action)
		}
	}
	if n := w.logged(key.Secret); n > 0 {
		t.Errorf("%d lines of the log have the secret", n)
	}
	if n := w.logged("Ann"); n > 0 {
		t.Errorf("%d lines of the log have the label", n)
	}
}
