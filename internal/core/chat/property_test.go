package chat_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
	"pgregory.net/rapid"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/dynamotable"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
)

// start is when the fake clocks of seeded tests start. A local DynamoDB deletes
// items by the system's clock, so it is far in the future.
var start = time.Date(2100, 3, 1, 12, 0, 0, 0, time.UTC)

// TestProperty makes random calls, one at a time, and compares every answer with
// the reference model. A failure prints the shortest sequence of calls that fails,
// and the seed that repeats it.
func TestProperty_oneService_answersAreThoseOfTheModel(t *testing.T) {
	checkProperty(t, 15, onFile(1))
}

func TestProperty_twoServices_answersAreThoseOfTheModel(t *testing.T) {
	checkProperty(t, 20, onFile(2))
}

func TestProperty_twoServicesOnDynamoDB_answersAreThoseOfTheModel(t *testing.T) {
	checkProperty(t, 2, onNewDynamoDB)
}

// TestSoak_property makes many more runs.
func TestSoak_property_answersAreThoseOfTheModel(t *testing.T) {
	if os.Getenv("PARLEY_SOAK") == "" {
		t.Skip("takes minutes: make nightly plays it")
	}
	for services := 1; services <= 2; services++ {
		t.Run(fmt.Sprintf("%d services", services), func(t *testing.T) { checkProperty(t, 20_000, onFile(services)) })
	}
	t.Run("DynamoDB", func(t *testing.T) { checkProperty(t, 200, onNewDynamoDB) })
	t.Run("private messages", func(t *testing.T) { compareScenes(t, 10_000) })
}

// propertyTable is what a run stands on.
type propertyTable struct {
	clock    *clockwork.FakeClock
	table    table.Table
	services int
	close    func()
}

func onFile(services int) func(*testing.T) propertyTable {
	return func(t *testing.T) propertyTable {
		clock := clockwork.NewFakeClockAt(start)
		file, remove := sqlitetest.OpenUntil(t, clock)
		return propertyTable{clock, file, services, func() { _ = remove() }}
	}
}

func onNewDynamoDB(t *testing.T) propertyTable {
	clock := clockwork.NewFakeClockAt(start)
	db, _ := dynamolocal.NewTable(t, dynamotable.Options{Clock: clock})
	return propertyTable{clock, db, 2, func() {}}
}

// setRapid sets how many runs the next check makes.
func setRapid(t *testing.T, runs int) {
	for name, value := range map[string]string{"rapid.checks": strconv.Itoa(runs), "rapid.steps": "100",
		"rapid.nofailfile": "true"} {
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
}

func checkProperty(t *testing.T, runs int, open func(*testing.T) propertyTable) {
	setRapid(t, runs)
	rapid.Check(t, func(rt *rapid.T) {
		tbl := open(t)
		defer tbl.close()
		m := &machine{
			T: rt, ctx: t.Context(), clock: tbl.clock, tokens: map[agentID]string{}, cursors: map[agentID][]string{},
			stays: map[agentID]byInvite{},
			links: map[agentID]string{}, people: map[agentID]string{}, views: map[agentID]string{},
			hooks: map[agentID]roomlog.HookItem{}, answeredTo: map[agentID]int64{},
			numbers: newNumbers(tbl.table),
			model:   model{conditions: &conditions{sequential: true, oneService: tbl.services == 1}},
		}
		m.passwords = rapid.IntRange(0, 7).Draw(rt, "passwords") == 7
		for range tbl.services {
			o := chat.Options{Clock: instantClock{tbl.clock}}
			if m.model.oneService {
				o.SingleProcess, o.MinBatch = true, 1
			}
			m.services = append(m.services, chat.New(tbl.table, o))
		}
		rt.Repeat(m.actions())
		m.T = rt
		m.verify(tbl.table)
	})
}

// verify fails if the verifier finds damage in a room.
func (m *machine) verify(t table.Table) {
	rooms := map[string]bool{}
	for _, token := range m.tokens {
		rooms[roomOf(token)] = true
	}
	for id := range rooms {
		if _, err := roomlog.Verify(m.ctx, t, id); err != nil && !errors.Is(err, table.ErrNotFound) {
			m.Fatalf("after the calls\n\t%s\nroom %s: %v", strings.Join(m.calls, "\n\t"), id, err)
		}
	}
}

// instantClock is a fake clock on which pauses take no time.
type instantClock struct{ *clockwork.FakeClock }

func (c instantClock) NewTimer(time.Duration) clockwork.Timer { return c.FakeClock.NewTimer(0) }

// machine makes random calls of services and steps the model along.
type machine struct {
	*rapid.T
	ctx      context.Context
	clock    *clockwork.FakeClock
	services []*chat.Service
	model    model
	calls    []string // so far
	agents   []agentID
	tokens   map[agentID]string
	cursors  map[agentID][]string // that an agent was given
	stays    map[agentID]byInvite // the agents that speak A2A, and what admits them
	links    map[agentID]string   // that its person can open
	people   map[agentID]string   // the tokens of those that have
	views    map[agentID]string   // with which an agent's client shows the room
	ended    []string             // tokens whose seats have others
	numbers  *numbers
	said     int
	// passwords allows rooms to have one. To check a password takes longer than a
	// hundred other calls, so few runs have any.
	passwords bool
	guesses   int // that may have been wrong
	invites   []byInvite

	called     []agentID // the endpoints
	hooks      map[agentID]roomlog.HookItem
	answeredTo map[agentID]int64 // the last event that an endpoint has answered
}

// actions returns the calls by name, each as often as its weight.
func (m *machine) actions() map[string]func(*rapid.T) {
	out := map[string]func(*rapid.T){}
	for name, x := range map[string]struct {
		weight int
		call   func()
	}{
		"join": {4, m.join}, "arrive": {2, m.arrive}, "create": {1, m.create}, "return": {1, m.comeBack},
		"leave": {1, m.leave}, "agree": {3, m.agree}, "ask": {2, m.ask}, "take back": {1, m.takeBack},
		"revise": {3, m.revise},
		"send":   {7, m.send}, "wait": {4, m.wait},
		"ended": {1, m.callEnded}, "history": {2, m.history}, "info": {1, m.info}, "show": {1, m.show},
		"info by name": {1, m.infoByName}, "list": {1, m.list}, "update": {1, m.update}, "supervise": {3, m.supervise},
		"manage":      {2, m.manage},
		"relieve":     {2, m.relieve},
		"endpoint":    {4, m.endpoints},
		"task":        {6, m.task},
		"time passes": {3, m.pass},
	} {
		for i := range x.weight {
			out[fmt.Sprintf("%s %d", name, i)] = func(t *rapid.T) {
				m.T = t
				x.call()
			}
		}
	}
	return out
}

// take steps the model, and fails if it does not allow the answer.
func (m *machine) take(ops ...operation) {
	m.Helper()
	for _, op := range ops {
		m.calls = append(m.calls, m.clock.Now().Format("02 15:04:05 ")+op.String())
		next, err := m.model.step(op, m.clock.Now())
		if err != nil {
			m.Fatalf("after the calls\n\t%s\nthe last is wrong: %v", strings.Join(m.calls, "\n\t"), err)
		}
		m.model = next
	}
}

// service returns the one that serves the next call.
func (m *machine) service() *chat.Service {
	if m.model.oneService {
		return m.services[0]
	}
	return m.services[rapid.IntRange(0, len(m.services)-1).Draw(m.T, "service")]
}

// agent draws an agent, mostly one that has a seat.
func (m *machine) agent() agentID {
	if len(m.agents) == 0 {
		m.Skip("no agent has joined yet")
	}
	here := slices.DeleteFunc(slices.Clone(m.agents), func(id agentID) bool {
		r, a := m.find(id)
		return a.gone || m.model.over(r)
	})
	if len(here) > 0 && rapid.IntRange(0, 9).Draw(m.T, "seated") > 0 {
		return rapid.SampledFrom(here).Draw(m.T, "agent")
	}
	return rapid.SampledFrom(m.agents).Draw(m.T, "agent or former agent")
}

func (m *machine) find(id agentID) (roomModel, agentModel) {
	m.model.now = m.clock.Now()
	r, _ := m.model.room(id.room)
	a, _ := r.agent(id.seat)
	return r, a
}

// pick draws one of several; what is listed more often is drawn more often.
func pick[V any](m *machine, what string, from ...V) V {
	return rapid.SampledFrom(from).Draw(m.T, what)
}

// name draws an agent's name. Some are spellings of each other, some look alike, and some are alike only to a ban.
func (m *machine) name(what string) string {
	return pick(m, what, "Ann", "Bob", "Cid", "Dora", "Ann", "Bob", "Cid", "bob", "B0b", "C-id", "Dor-a")
}

// pass lets time pass. With several services it is at least a minute, after which
// each knows of the other's calls. Nothing stored for a room that exists expires.
func (m *machine) pass() {
	oldest := 31 * 24 * time.Hour // of an event
	steps := []time.Duration{time.Second, 10 * time.Second, 20 * time.Second, 45 * time.Second, 90 * time.Second,
		2 * time.Minute}
	if !m.model.oneService {
		steps, oldest = nil, 30*24*time.Hour-time.Second // of a read position
	}
	steps = append(steps, 61*time.Second, 2*time.Minute, 5*time.Minute, 9*time.Minute, 10*time.Minute, 16*time.Minute,
		25*time.Minute, 25*time.Hour, 24*time.Hour, 29*24*time.Hour, 31*24*time.Hour)
	m.advance(rapid.SampledFrom(steps).Draw(m.T, "for"), oldest)
}

// advance lets time pass, unless something would be older than oldest then.
func (m *machine) advance(d, oldest time.Duration) {
	m.model.now = m.clock.Now().Add(d)
	for _, r := range m.model.rooms {
		if !m.model.over(r) && m.model.now.Sub(r.log[0].At) > oldest {
			m.model.now = m.clock.Now()
			m.Skip("something would expire")
		}
	}
	m.clock.Advance(d)
}

// given notes a cursor that an agent was given.
func (m *machine) given(id agentID, cursor string) {
	if cursor != "" && !slices.Contains(m.cursors[id], cursor) {
		m.cursors[id] = append(m.cursors[id], cursor)
	}
}

// cursor draws none, one that the agent was given, or nonsense.
func (m *machine) cursor(id agentID) (string, cursorArg) {
	c := ""
	if m.speaksA2A(id) {
		return c, cursorArg{}
	}
	if all := m.cursors[id]; pick(m, "cursor", true, true, true, false) && len(all) > 0 {
		c = rapid.SampledFrom(all[max(0, len(all)-4):]).Draw(m.T, "of its own")
	} else {
		c = pick(m, "no cursor", "", "", "", "nonsense")
	}
	passed := m.numbers.passed(m.tokens[id], c)
	if r, _ := m.find(id); passed.n > r.head() { // of an earlier token, and by chance a cursor of this one
		passed = cursorArg{given: true}
	}
	return c, passed
}

// unexpected fails if err is no answer of the rules.
func (m *machine) unexpected(err error) fault.Code {
	m.Helper()
	code := fault.CodeOf(err)
	if code == fault.Internal || code == fault.Unavailable {
		m.Fatalf("after the calls\n\t%s\na call fails: %v", strings.Join(m.calls, "\n\t"), err)
	}
	return code
}
