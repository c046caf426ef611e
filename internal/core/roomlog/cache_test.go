package roomlog

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
)

// crowd seats agents until a room is full.
func crowd(string) (events []room.Event) {
	for seat := 2; seat <= room.MaxCapacity; seat++ {
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
	for n := range room.MaxBans {
		name := fmt.Sprint(strings.Repeat("Стой ", 7), n)
		events = append(events, room.Event{Type: room.Managed, By: 1, Action: room.BanName, Name: name,
			Ban: &room.Ban{Name: name, Key: name + name}})
	}
	return events
}

// descriptions changes the longest description of a room again and again.
func descriptions(string) (events []room.Event) {
	for n := range tailEvents {
		about := fmt.Sprint(strings.Repeat("字", room.MaxDescription-10), n)
		events = append(events, room.Event{Type: room.Changed, By: 1, Changed: &room.Changes{Description: &about}})
	}
	return events
}

// questions asks everyone in a crowd, and then talks on while all is open.
func questions(string) (events []room.Event) {
	var all []int
	for seat := 2; seat <= room.MaxCapacity; seat++ {
		all = append(all, seat)
	}
	for n := range tailEvents {
		e := room.Event{Type: room.Said, Seat: 1, Name: "Ann", Kind: room.Done, Text: fmt.Sprint("nothing more ", n)}
		if n < room.MaxOpen {
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
			err := l.Append(t.Context(), &Proposal{Propose: func(*room.Head, time.Time) (Change, error) {
				return Change{Events: some}, nil
			}})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return l
}

// A bound on what is counted bounds the memory only if a log takes no more than that.
func TestCache_ofWhateverRooms_countsWhatTheyTake(t *testing.T) {
	type generators = []func(string) []room.Event
	for name, c := range map[string]struct {
		of    generators
		rooms int64
		most  int64 // bytes of one room
	}{
		"one agent":                   {nil, 50, 8 << 10},
		"agents and bans":             {generators{crowd, bans}, 4, 455 << 10},
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
