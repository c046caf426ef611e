package chat_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
	"pgregory.net/rapid"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/dynamolocal"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/table"
	"github.com/parley-chat/parley/internal/table/bolttable"
	"github.com/parley-chat/parley/internal/table/dynamotable"
)

// TestProperty has random agents do random things in random order, and compares
// every answer with what the model of property_model_test.go says. What fails is
// made as short as it gets, and is run again with the flag -rapid.seed that is
// printed.
func TestProperty_everyAnswer_isTheModels(t *testing.T) {
	checkModel(t, 200, onFile(1))
}

func TestProperty_everyAnswerOfTwoServices_isTheModels(t *testing.T) {
	checkModel(t, 150, onFile(2))
}

func TestProperty_everyAnswerOnDynamoDB_isTheModels(t *testing.T) {
	checkModel(t, 5, func(t *testing.T) (*clockwork.FakeClock, table.Table, int, func()) {
		// The engine sweeps by the system's time what has expired.
		clock := clockwork.NewFakeClockAt(time.Now().Truncate(time.Second))
		db, _ := dynamolocal.NewTable(t, dynamotable.Options{Clock: clock})
		return clock, db, 2, func() {}
	})
}

// TestSoak_everyAnswer_isTheModels is the same for long.
func TestSoak_everyAnswer_isTheModels(t *testing.T) {
	if os.Getenv("PARLEY_SOAK") == "" {
		t.Skip("takes many minutes: set PARLEY_SOAK=1, or run make soak")
	}
	for services := 1; services <= 2; services++ {
		t.Run(fmt.Sprintf("%d services", services), func(t *testing.T) { checkModel(t, 20_000, onFile(services)) })
	}
}

// place makes a table, its clock, says how many services there are to be on it, and
// how to be rid of it.
type place func(t *testing.T) (*clockwork.FakeClock, table.Table, int, func())

func onFile(services int) place {
	return func(t *testing.T) (*clockwork.FakeClock, table.Table, int, func()) {
		clock := clockwork.NewFakeClockAt(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
		file, drop := tempBolt(t, clock)
		return clock, file, services, drop
	}
}

// tempBolt opens a table in a file of its own that goes before the test ends: there
// are many.
func tempBolt(t *testing.T, clock clockwork.Clock) (table.Table, func()) {
	dir, err := os.MkdirTemp("/dev/shm", "parley-")
	if err != nil {
		dir = t.TempDir()
	}
	b, err := bolttable.Open(filepath.Join(dir, "parley.db"), bolttable.Options{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	return b, func() {
		_ = b.Close()
		_ = os.RemoveAll(dir)
	}
}

func checkModel(t *testing.T, runs int, where place) {
	for name, value := range map[string]string{"rapid.checks": strconv.Itoa(runs), "rapid.steps": "100", "rapid.nofailfile": "true"} {
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		clock, tbl, services, drop := where(t)
		defer drop()
		m := &machine{ctx: t.Context(), clock: clock, names: map[string]*modelRoom{}, alone: services == 1}
		m.passwords = rapid.IntRange(0, 7).Draw(rt, "passwords") == 7
		for range services {
			o := chat.Options{Clock: stillClock{clock}}
			if m.alone {
				o.SingleProcess, o.MinBatch = true, 1
			}
			m.services = append(m.services, chat.New(tbl, o))
		}
		rt.Repeat(m.actions())
	})
}

// stillClock is a fake clock on which no pause takes any time.
type stillClock struct{ *clockwork.FakeClock }

func (c stillClock) NewTimer(time.Duration) clockwork.Timer { return c.FakeClock.NewTimer(0) }

// machine is the services and the model of them.
type machine struct {
	*rapid.T
	ctx      context.Context
	clock    *clockwork.FakeClock
	services []*chat.Service
	alone    bool
	rooms    []*modelRoom
	names    map[string]*modelRoom // whom a name leads to, also for a while after that room's end
	agents   []*modelSeat          // all that ever had a seat
	said     int
	// passwords says that some rooms have one. To check one takes longer than a
	// hundred other calls, so few runs have them.
	passwords bool
}

// actions are what may happen; what happens more often stands there more often.
func (m *machine) actions() map[string]func(*rapid.T) {
	out := map[string]func(*rapid.T){}
	for what, x := range map[string]struct {
		often int
		does  func()
	}{
		"join": {4, m.join}, "create": {1, m.create}, "return": {1, m.comeBack}, "leave": {1, m.leave},
		"send": {5, m.send}, "look": {4, m.look}, "history": {2, m.history}, "info": {1, m.info},
		"look around": {1, m.infoByName}, "list": {1, m.list}, "update": {1, m.update}, "manage": {2, m.manage},
		"time passes": {3, m.pass},
	} {
		for i := range x.often {
			out[fmt.Sprintf("%s %d", what, i)] = func(t *rapid.T) {
				m.T = t
				x.does()
			}
		}
	}
	return out
}

func (m *machine) now() time.Time { return m.clock.Now() }

// service is the one that the next call goes to.
func (m *machine) service() *chat.Service {
	if m.alone {
		return m.services[0]
	}
	return m.services[rapid.IntRange(0, len(m.services)-1).Draw(m.T, "service")]
}

// agent is somebody who has, or had, a seat.
func (m *machine) agent() *modelSeat {
	if len(m.agents) == 0 {
		m.Skip("nobody is there yet")
	}
	here := slices.DeleteFunc(slices.Clone(m.agents), func(s *modelSeat) bool { return !s.room.isHere(s) || s.room.over(m.now()) })
	if len(here) > 0 && rapid.IntRange(0, 9).Draw(m.T, "of those who are there") > 0 {
		return rapid.SampledFrom(here).Draw(m.T, "agent")
	}
	return rapid.SampledFrom(m.agents).Draw(m.T, "agent or former agent")
}

// pick draws one of several; what stands there more often is drawn more often.
func pick[V any](m *machine, what string, from ...V) V {
	return rapid.SampledFrom(from).Draw(m.T, what)
}

// name is that of an agent. Some are spellings of each other: of one name, or such
// as only a ban takes for one.
func (m *machine) name(what string) string {
	return pick(m, what, "Ann", "Bob", "Cid", "Dora", "Ann", "Bob", "Cid", "bob", "B0b", "C-id", "Dor-a")
}

// pass lets time pass. More services hear of each other's calls with a delay of
// less than a minute. Nothing that is kept of a room that is alive grows so old that
// it expires.
func (m *machine) pass() {
	oldest := 31 * 24 * time.Hour // of an event
	steps := []time.Duration{time.Second, 10 * time.Second, 20 * time.Second, 45 * time.Second, 90 * time.Second, 2 * time.Minute}
	if !m.alone {
		steps, oldest = nil, 30*24*time.Hour-time.Second // of how far a seat has read
	}
	steps = append(steps, 61*time.Second, 2*time.Minute, 5*time.Minute, 9*time.Minute, 10*time.Minute, 16*time.Minute, 25*time.Minute, 25*time.Hour, 24*time.Hour, 29*24*time.Hour, 31*24*time.Hour)
	d := rapid.SampledFrom(steps).Draw(m.T, "for")
	later := m.now().Add(d)
	for _, r := range m.rooms {
		if !r.over(later) && later.Sub(r.log[0].At) > oldest {
			m.Skip("something would expire")
		}
	}
	m.clock.Advance(d)
}

// holder is the room to which a name leads.
func (m *machine) holder(name string) *modelRoom {
	r := m.names[strings.ToLower(name)]
	if r == nil || !r.holdsName(m.now()) {
		return nil
	}
	return r
}

// refused fails unless err has one of the codes, and reports whether a call was to
// be refused at all.
func (m *machine) refused(what string, err error, codes ...fault.Code) bool {
	m.Helper()
	if len(codes) == 0 {
		codes = []fault.Code{""}
	}
	if got := fault.CodeOf(err); !slices.Contains(codes, got) {
		m.Fatalf("%s: got %q (%v), want one of %q", what, got, err, codes)
	}
	return codes[0] != ""
}

// retries fails unless err says to try again after so long.
func (m *machine) retries(what string, err error, after time.Duration) {
	m.Helper()
	var e *fault.Error
	if errors.As(err, &e) && e.RetryAfter != max(after, time.Second) {
		m.Fatalf("%s: %v after %s, want %s", what, err, e.RetryAfter, after)
	}
}

// same fails unless two answers, or parts of answers, print the same.
func (m *machine) same(what string, got, want any) {
	m.Helper()
	if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
		m.Fatalf("%s:\ngot  %s\nwant %s", what, g, w)
	}
}

// barred says how a call with the token of s is refused; "" if it is not.
func (m *machine) barred(s *modelSeat) []fault.Code {
	switch here, over := s.room.isHere(s), s.room.over(m.now()); {
	case here && over:
		return []fault.Code{fault.RoomNotFound}
	case here:
		return nil
	case over: // why a seat went is forgotten with its room, if not at once
		return []fault.Code{fault.Removed, fault.RoomNotFound}
	}
	return []fault.Code{fault.Removed}
}

// cursorAt fails unless a cursor is of event n, and notes it.
func (m *machine) cursorAt(what, cursor string, n int64, s *modelSeat) {
	m.Helper()
	if !strings.HasPrefix(cursor, fmt.Sprintf("%d-", n)) {
		m.Fatalf("%s: the cursor is %s, want one of %d", what, cursor, n)
	}
	if !slices.Contains(s.cursors, cursor) {
		s.cursors = append(s.cursors, cursor)
	}
}

// number is that of the event in a cursor that was given out; 0 for anything else.
func number(cursor string) int64 {
	n, _ := strconv.ParseInt(strings.SplitN(cursor, "-", 2)[0], 10, 64)
	return n
}

// checkRoom compares how a room is shown to s, or, for nil, to a stranger.
func (m *machine) checkRoom(what string, got chat.Room, r *modelRoom, s *modelSeat) {
	m.Helper()
	got.Agents = slices.Clone(got.Agents)
	want := chat.Room{
		Name: r.name, Description: r.about, Type: r.kind, Capacity: r.capacity, Public: r.public,
		PasswordProtected: r.password != "", Agents: []chat.Agent{},
	}
	for _, x := range r.seats {
		a := chat.Agent{Name: x.name, Role: room.Member, You: x == s, Muted: x.muted, State: chat.Silent}
		if x.admin {
			a.Role = room.Admin
		}
		if a.You {
			a.State = chat.Waiting
		} else {
			a.Idle = m.now().Sub(x.heard())
			// After so long other services may not know since when.
			if i := len(want.Agents); !m.alone && a.Idle >= 15*time.Minute && i < len(got.Agents) {
				got.Agents[i].Idle = min(got.Agents[i].Idle, a.Idle)
			}
		}
		if m.now().Before(x.back) {
			a.State, a.BackIn = chat.Away, x.back.Sub(m.now())
		}
		want.Agents = append(want.Agents, a)
	}
	m.same(what+" shows", got, want)
}
