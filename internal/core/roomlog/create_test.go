package roomlog

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
)

// TestCreate_deserted_retiresTheOldLogOnce has two calls start one name over.
func TestCreate_deserted_retiresTheOldLogOnce(t *testing.T) {
	s := newStore(t)
	old, err := s.newRoom(t, "tea", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Release()
	if _, err := s.newRoom(t, "tea", old); err != ErrNameMoved {
		t.Fatalf("a room in use starts over: %v", err)
	}
	leave := &Proposal{Propose: func(*room.Head, time.Time) (Change, error) {
		return Change{Events: []room.Event{{Type: room.Left, Seat: 1, Name: "Ann", Reason: room.ReasonLeft}}}, nil
	}}
	if err := old.Append(t.Context(), leave); err != nil {
		t.Fatal(err)
	}
	next, err := s.newRoom(t, "tea", old)
	if err != nil {
		t.Fatal(err)
	}
	defer next.Release()
	if _, err := s.newRoom(t, "tea", old); err != ErrNameMoved {
		t.Errorf("the name starts over twice: %v", err)
	}
	id, err := s.Resolve(t.Context(), "tea")
	if h := old.Peek(); err != nil || id != next.ID() || !h.Retired || h.AsOf != 3 {
		t.Errorf("the name leads to %s, %v; the old room is %+v", id, err, old.Peek())
	}
}
