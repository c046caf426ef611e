package roomlog

import (
	"testing"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/store/table"
)

func TestLayout_ofARoom_holdsItsItems(t *testing.T) {
	s := newStore(t)
	l, err := s.newRoom(t, "tea", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	at := LayoutOf(l.ID(), "tea")
	meta, err := s.table.Get(t.Context(), at.Meta, table.Strong)
	if err != nil {
		t.Fatal(err)
	}
	name, err := s.table.Get(t.Context(), at.Name, table.Strong)
	if err != nil {
		t.Fatal(err)
	}
	key, err1 := NameIn(meta)
	id, err2 := LeadsTo(name)
	if key != "tea" || id != l.ID() || err1 != nil || err2 != nil || len(id) != ident.RoomChars {
		t.Errorf("%q %q, %v, %v", key, id, err1, err2)
	}
}

func TestEventNumber_keyOfNoEvent_isRefused(t *testing.T) {
	for _, n := range []int64{1, 42, 1 << 50} {
		if got, err := eventNumber(EventKey("abcdefg", n)); got != n || err != nil {
			t.Errorf("the key of event %d: %d, %v", n, got, err)
		}
	}
	for _, sort := range []string{logPrefix, logPrefix + "4x", metaSort} {
		if n, err := eventNumber(inRoom("abcdefg", sort)); err == nil {
			t.Errorf("%s is taken for the key of event %d", sort, n)
		}
	}
}
