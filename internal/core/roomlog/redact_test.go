package roomlog

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// redact appends that the text of event n was removed, with these ops.
func (l *Log) redact(t *testing.T, n int64, ops ...table.Op) {
	t.Helper()
	e, err := l.read.event(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	err = l.does(t, func(Place) (Change, error) {
		return Change{Events: []room.Event{e.Redaction()}, Ops: ops}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestRedact_text_isNeitherInTheTableNorInTheCache(t *testing.T) {
	s := newStore(t)
	l, err := s.newRoom(t, "tea", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	if err := l.say(t, strings.Repeat("the key is 4711", 100)); err != nil {
		t.Fatal(err)
	}
	before := l.tail.referred
	ops, err := s.Redact(t.Context(), l.ID(), 2, "Ann")
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range ops {
		if !op.Erase {
			t.Errorf("the text of %v may stay behind", op.Item.Key)
		}
	}
	l.redact(t, 2, ops...)
	cached, err := l.Event(t.Context(), 2)
	stored, other := l.read.event(t.Context(), 2)
	if err != nil || other != nil || cached.Text != room.Removed || !cached.Redacted || stored.Text != room.Removed ||
		!stored.Redacted || stored.ID != cached.ID {
		t.Errorf("the cache has %+v, %v, and the table %+v, %v", cached, err, stored, other)
	}
	if l.tail.referred >= before {
		t.Errorf("the cache held %d bytes, and holds %d", before, l.tail.referred)
	}
	if n, err := Verify(t.Context(), s.table, l.ID()); n != 1 || err != nil {
		t.Errorf("the check finds %d messages, %v", n, err)
	}
}

func TestVerify_textThatWasRemoved_isThere(t *testing.T) {
	s := newStore(t)
	l, err := s.newRoom(t, "tea", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	if err := l.say(t, "the key is 4711"); err != nil {
		t.Fatal(err)
	}
	l.redact(t, 2)
	if _, err := Verify(t.Context(), s.table, l.ID()); !errors.Is(err, ErrDamaged) ||
		!strings.Contains(err.Error(), "event 2 has a text that was removed") {
		t.Errorf("the check of an event: %v", err)
	}
	x := Agreement{V: room.Version, N: 2, Text: "the key is 4711"}
	ops, err := s.Redact(t.Context(), l.ID(), 2, "Ann")
	if err != nil {
		t.Fatal(err)
	}
	ops = append(ops, table.Put(table.Item{Key: agreementKey(l.ID(), 3, 2), Expires: s.now().Add(time.Hour),
		Data: Encode(x)}, table.Always))
	if err := s.table.Write(t.Context(), ops...); err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(t.Context(), s.table, l.ID()); !errors.Is(err, ErrDamaged) ||
		!strings.Contains(err.Error(), "has a text that was removed") {
		t.Errorf("the check of an agreement: %v", err)
	}
}

// The Write of which only the event is visible yet.
func TestLoad_textNotYetRemoved_isRemovedByTheEvent(t *testing.T) {
	s, l := newCompany(t)
	p := l.propose(t, "the key is 4711", []int{2, 3}, room.Event{})
	l.redact(t, p.N)
	h, _ := cold(t, s, l.ID())
	if got, open := h.Proposal(p.N); !open || got.Text != room.Removed {
		t.Errorf("open is %+v", got)
	}
}
