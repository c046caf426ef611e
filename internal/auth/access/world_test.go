package access_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/auth/access"
	"github.com/parley-chat/parley/internal/auth/account"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/dynamotable"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
	"github.com/parley-chat/parley/internal/testkit/secretscan"
)

// world is one table with keys, as the operator sees it.
type world struct {
	t     *testing.T
	clock *clockwork.FakeClock // of the processes: only timers of the processes wait for this clock
	below *clockwork.FakeClock // of the table
	table table.Table
	keys  *access.Keys
	log   *secretscan.Buffer
}

// logged returns how many lines of the log have all of parts.
func (w *world) logged(parts ...string) (n int) {
lines:
	for line := range strings.Lines(w.log.String()) {
		for _, part := range parts {
			if !strings.Contains(line, part) {
				continue lines
			}
		}
		n++
	}
	return n
}

// onBoth runs a test on a file and on DynamoDB.
func onBoth(t *testing.T, test func(t *testing.T, w *world)) {
	t.Run("sqlite", func(t *testing.T) { test(t, newWorld(t)) })
	t.Run("dynamodb", func(t *testing.T) {
		w := emptyWorld(t)
		tab, _ := dynamolocal.NewTable(t, dynamotable.Options{Clock: w.below})
		test(t, w.on(tab))
	})
}

// newWorld returns a world on a file.
func newWorld(t *testing.T) *world {
	w := emptyWorld(t)
	return w.on(sqlitetest.Open(t, w.below))
}

// emptyWorld returns a world without a table.
func emptyWorld(t *testing.T) *world {
	noon := time.Date(2030, 5, 6, 12, 0, 0, 0, time.UTC)
	return &world{t: t, clock: clockwork.NewFakeClockAt(noon), below: clockwork.NewFakeClockAt(noon),
		log: secretscan.NewBuffer(t)}
}

func (w *world) on(tab table.Table) *world {
	w.table = tab
	w.keys = access.NewKeys(tab, w.clock, slog.New(slog.NewTextHandler(w.log, nil)))
	return w
}

// pass lets time pass.
func (w *world) pass(d time.Duration) {
	w.below.Advance(d)
	w.clock.Advance(d)
}

// add makes a key.
func (w *world) add(label string, lifetime time.Duration) ident.Key {
	w.t.Helper()
	key, err := w.keys.Add(w.t.Context(), label, lifetime)
	if err != nil {
		w.t.Fatal(err)
	}
	return key
}

func (w *world) revoke(idOrLabel string) {
	w.t.Helper()
	if _, err := w.keys.Revoke(w.t.Context(), idOrLabel); err != nil {
		w.t.Fatal(err)
	}
}

// resource is the address of the server of a world.
const resource = "https://parley.example/mcp"

// process is a process that serves the table of a world.
type process struct {
	*access.Gate
	t *testing.T

	mu     sync.Mutex
	reads  int
	writes int
	down   bool                  // the table does not answer
	before func(tabletest.Call)  // runs before each call of the table
	seats  map[string]room.Agent // by token, claim, code of an upload or ticket
	made   map[string]bool       // invites
	asked  int                   // how often seats and invites were looked up
	rules  account.Rules         // for accounts
}

// process starts a process.
func (w *world) process() *process { return w.processThatLooksUp(0) }

// processThatLooksUp starts a process with access.Options.LookUps.
func (w *world) processThatLooksUp(lookUps int) *process {
	p := &process{t: w.t, seats: map[string]room.Agent{}, made: map[string]bool{}}
	p.Gate = access.New(access.Options{
		Table: &tabletest.Hooks{Table: w.table, Before: p.call},
		Clock: w.clock, Resource: resource, LookUps: lookUps,
		Account: func(is account.Person) bool {
			p.mu.Lock()
			defer p.mu.Unlock()
			return p.rules.Allow(is)
		},
		Logger: slog.New(slog.NewTextHandler(w.log, nil)),
		Invite: func(_ context.Context, v ident.Invite) (bool, error) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.asked++
			return p.made[v.String()], p.unanswered()
		},
		Seat:     func(_ context.Context, t ident.Token) (room.Agent, bool, error) { return p.seatOf(t) },
		Link:     func(_ context.Context, c ident.LinkCode) (room.Agent, bool, error) { return p.seatOf(c) },
		Upload:   func(_ context.Context, c ident.UploadCode) (room.Agent, bool, error) { return p.seatOf(c) },
		Download: func(_ context.Context, t ident.Ticket) (room.Agent, bool, error) { return p.seatOf(t) },
	})
	return p
}

// seatOf looks up the agent of a secret.
func (p *process) seatOf(secret fmt.Stringer) (room.Agent, bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	a, ok := p.seats[secret.String()]
	return a, ok, p.unanswered()
}

// call counts a call of the table, or fails it.
func (p *process) call(_ context.Context, c tabletest.Call) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.Method == tabletest.Write {
		p.writes++
	} else {
		p.reads++
	}
	if p.before != nil {
		p.before(c)
	}
	return p.unanswered()
}

// unanswered is the error of a call of the table. p.mu is held.
func (p *process) unanswered() error {
	if p.down {
		return fmt.Errorf("%w: it is down", table.ErrUnavailable)
	}
	return nil
}

// set changes the table as this process sees it.
func (p *process) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

// cost returns how many reads and writes f cost.
func (p *process) cost(f func()) (reads, writes int) {
	p.mu.Lock()
	reads, writes = p.reads, p.writes
	p.mu.Unlock()
	f()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.reads - reads, p.writes - writes
}

// wantCost fails the test unless f costs so many reads and writes.
func (p *process) wantCost(what string, reads, writes int, f func()) {
	p.t.Helper()
	if r, w := p.cost(f); r != reads || w != writes {
		p.t.Errorf("%s: %d reads and %d writes, want %d and %d", what, r, w, reads, writes)
	}
}

// admits fails the test unless the key is admitted under its label.
func (p *process) admits(key ident.Key, label string) {
	p.t.Helper()
	asker, err := p.Key(p.t.Context(), key.String())
	if want := (ident.Principal{ID: "key:" + key.ID, Owner: label}); err != nil || asker != want {
		p.t.Errorf("%+v, %v; want %+v", asker, err, want)
	}
}

// refuses fails the test unless the key is refused with a code.
func (p *process) refuses(text string, code fault.Code) {
	p.t.Helper()
	if _, err := p.Key(p.t.Context(), text); fault.CodeOf(err) != code {
		p.t.Errorf("%v; want %s", err, code)
	}
}

// wrong returns a key that was never made.
func wrong() string { return ident.NewKey().String() }

// altered returns a key with the id of key and another secret.
func altered(key ident.Key) string {
	key.Secret = ident.NewKey().Secret
	return key.String()
}
