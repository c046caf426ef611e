package roomlog

import (
	"slices"
	"testing"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
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
	leave := func(Place) (Change, error) {
		return Change{Events: []room.Event{{Type: room.Left, Seat: 1, Name: "Ann", Reason: room.ReasonLeft}}}, nil
	}
	if err := old.does(t, leave); err != nil {
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

// A public room has a listing, which goes unless that of the room that starts over takes its place.
func TestRetireOps_roomStartsOver_deleteOnlyAListingThatIsThere(t *testing.T) {
	for name, c := range map[string]struct {
		wasPublic, isPublic, deletes bool
	}{
		"a private room":                       {false, false, false},
		"a public room becomes a private one":  {true, false, true},
		"a public room starts over as one":     {true, true, false},
		"a private room becomes a public room": {false, true, false},
	} {
		base := room.NewHead(room.State{ID: "abcdefg", Settings: room.Settings{Key: "tea", Public: c.wasPublic}})
		w := newWrite(base)
		w.events = []room.Event{room.Retire(room.ReasonBegunAnew)}
		deletes := slices.ContainsFunc(w.retireOps(c.isPublic), func(op table.Op) bool {
			return op.Item.Key == ListedKey("tea")
		})
		if deletes != c.deletes {
			t.Errorf("%s: the listing is deleted: %v, want %v", name, deletes, c.deletes)
		}
	}
}

// The first event of a log may conflict because its Write had happened, and the reply was lost.
func TestIsOwn_conflictsOfAFirstWrite_onlyTheEventTells(t *testing.T) {
	e := room.Event{V: room.Version, N: 1, ID: "e1", Type: room.Joined}
	other := e
	other.ID = "e2"
	item := func(e room.Event) *table.Item {
		item := putEvent("abcdefg", e).Item
		return &item
	}
	ofName := table.Conflict{Op: 1, Item: &table.Item{Key: NameKey("tea"), Data: []byte(`{"v":1}`)}}
	for name, c := range map[string]struct {
		conflicts []table.Conflict
		want      bool
	}{
		"the event is there":                     {[]table.Conflict{{Op: 0, Item: item(e)}}, true},
		"the event is there, behind the name":    {[]table.Conflict{ofName, {Op: 0, Item: item(e)}}, true},
		"another event is there":                 {[]table.Conflict{{Op: 0, Item: item(other)}}, false},
		"only the name is there":                 {[]table.Conflict{ofName}, false},
		"nothing is said of what was in the way": {[]table.Conflict{{Op: 0}}, false},
	} {
		if got := isOwn(&table.ConflictError{Conflicts: c.conflicts}, e); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
