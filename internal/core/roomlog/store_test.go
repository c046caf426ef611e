package roomlog

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
)

func TestStore_idleLogs_areDroppedLongestIdleFirst(t *testing.T) {
	s := newStore(t)
	var ids []string
	for i := range 5 {
		l, err := s.newRoom(t, fmt.Sprintf("room %d", i), nil)
		if err != nil {
			t.Fatal(err)
		}
		s.opts.CacheBytes = 3 * l.bytes.Load()
		ids = append(ids, l.ID())
		l.Release()
	}
	if all, idle := s.Cached(); all != 3 || idle != 3 {
		t.Fatalf("%d logs are cached, %d idle", all, idle)
	}
	for i, want := range []bool{false, false, true, true, true} {
		if s.logs[ids[i]] != nil != want {
			t.Errorf("log %d is cached: %v", i, !want)
		}
	}
	for _, id := range ids { // a dropped log is loaded again
		l := s.Acquire(id)
		if err := l.say(t, "hello"); err != nil || l.Peek().AsOf != 2 {
			t.Errorf("%+v, %v", l.Peek(), err)
		}
		l.Release()
	}
}

func TestStore_logsInUseFillTheCache_anEighthIsLeftToIdleOnes(t *testing.T) {
	s := newStore(t)
	create := func(n int) *Log {
		l, err := s.newRoom(t, fmt.Sprintf("room %03d", n), nil)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	for n := range 16 {
		defer create(n).Release()
	}
	s.opts.CacheBytes = s.bytes.Load()
	for n := range 10 {
		create(100 + n).Release()
	}
	if all, idle := s.Cached(); all != 18 || idle != 2 {
		t.Errorf("%d logs are cached, %d idle", all, idle)
	}
}

func TestStore_everythingDropped_countsNothing(t *testing.T) {
	s := newStore(t)
	s.opts.CacheBytes = 0
	l := s.fill(t, "tea", []func(string) []room.Event{crowd, questions})
	if err := l.ReadBack(t.Context(), time.Time{}); err != nil {
		t.Fatal(err)
	}
	l.Release()
	s.Acquire("nosuch1").Release()
	all := 1
	// the last append has ended for its caller first
	for late := time.Now().Add(time.Minute); all > 0 && time.Now().Before(late); runtime.Gosched() {
		all, _ = s.Cached()
	}
	if all != 0 || s.bytes.Load() != 0 || s.idleBytes != 0 {
		t.Errorf("%d logs count as %d bytes, of which %d are idle", all, s.bytes.Load(), s.idleBytes)
	}
}

// crowd seats agents until a room is full.
func crowd(string) (events []room.Event) {
	for seat := 2; seat <= core.MaxCapacity; seat++ {
		name := fmt.Sprint(strings.Repeat("Agent ", 5), seat)
		events = append(events, room.Event{Type: room.Joined, Seat: seat, Name: name, Agent: &room.Agent{
			Seat: seat, Name: name, Key: strings.ToLower(name), Role: room.Member, Hash: fmt.Sprintf("%064d", seat),
			Joined: int64(seat), Since: room.Mark{N: int64(seat)},
		}})
	}
	return events
}

// bans keeps as many names out of a room as it can.
func bans(string) (events []room.Event) {
	for n := range core.MaxBans {
		name := fmt.Sprint(strings.Repeat("Стой ", 7), n)
		events = append(events, room.Event{Type: room.Managed, By: 1, Action: room.BanName, Name: name,
			Ban: &room.Ban{Name: name, Key: name + name}})
	}
	return events
}

// descriptions changes the longest description of a room again and again.
func descriptions(string) (events []room.Event) {
	for n := range tailEvents {
		about := fmt.Sprint(strings.Repeat("字", core.MaxDescription-10), n)
		events = append(events, room.Event{Type: room.Changed, By: 1, Changed: &room.Changes{Description: &about}})
	}
	return events
}

// questions asks everyone in a crowd, and then talks on while all is open.
func questions(string) (events []room.Event) {
	var all []int
	for seat := 2; seat <= core.MaxCapacity; seat++ {
		all = append(all, seat)
	}
	for n := range tailEvents {
		e := room.Event{Type: room.Said, Seat: 1, Name: "Ann", Kind: room.Done, Text: fmt.Sprint("nothing more ", n)}
		if n < core.MaxOpen {
			e.Kind, e.Ask = room.Request, slices.Clone(all)
		} else if n%2 == 0 {
			e.Kind = room.Plain
		}
		events = append(events, e)
	}
	return events
}

// chatter says many words.
func chatter(string) (events []room.Event) {
	for n := range 3 * tailEvents {
		events = append(events, room.Event{Type: room.Said, Seat: 1, Name: "Ann", Text: fmt.Sprint("word ", n)})
	}
	return events
}

// heap returns how many bytes are in use after a collection.
func heap() int64 {
	runtime.GC()
	runtime.GC() // what pools held during the first
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// fill creates a room and appends events to it. The caller must release its log.
func (s *Store) fill(t *testing.T, name string, generators []func(name string) []room.Event) *Log {
	t.Helper()
	l, err := s.newRoom(t, name, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, generate := range generators {
		for some := range slices.Chunk(generate(name), 40) {
			err := l.does(t, func(Place) (Change, error) {
				return Change{Events: some}, nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return l
}

// A bound on what is counted bounds the memory only if a log takes no more than that.
func TestStore_logsOfWhateverRooms_countsWhatTheyTake(t *testing.T) {
	type generators = []func(string) []room.Event
	for name, c := range map[string]struct {
		of    generators
		rooms int64
		most  int64 // bytes of one room
	}{
		"one agent":                   {nil, 50, 8 << 10},
		"agents and bans":             {generators{crowd, bans}, 4, 480 << 10},
		"descriptions":                {generators{descriptions}, 8, 350 << 10},
		"agents, bans, descriptions":  {generators{crowd, bans, descriptions}, 4, 450 << 10},
		"agents who owe many answers": {generators{crowd, questions}, 4, 500 << 10},
		"many words":                  {generators{chatter}, 8, 300 << 10},
	} {
		t.Run(name, func(t *testing.T) {
			here := newStore(t)
			here.opts.CacheBytes = 1 << 30
			there := NewStore(here.table, here.opts)
			here.fill(t, "the first", c.of).Release() // which makes what all share
			before := here.bytes.Load()
			var ids []string
			taken := map[*Store]int64{here: -heap()}
			for n := range c.rooms {
				l := here.fill(t, fmt.Sprint("room ", n), c.of)
				ids = append(ids, l.ID())
				l.Release()
			}
			after := heap()
			taken[here] += after
			taken[there] -= after
			for _, id := range ids {
				l := there.Acquire(id)
				if _, err := l.Cached(t.Context()); err != nil {
					t.Fatal(err)
				}
				l.Release()
			}
			taken[there] += heap()
			for s, bytes := range taken {
				counted := s.bytes.Load()
				if s == here {
					counted -= before
				}
				t.Logf("a room takes %d bytes and counts as %d", bytes/c.rooms, counted/c.rooms)
				if bytes > counted+counted/10 || counted/c.rooms > c.most {
					t.Errorf("a room takes %d bytes and counts as %d, want at most %d", bytes/c.rooms, counted/c.rooms,
						c.most)
				}
			}
		})
	}
}
