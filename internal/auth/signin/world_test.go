package signin_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/auth/signin"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/dynamotable"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
	"github.com/parley-chat/parley/internal/testkit/secretscan"
)

const (
	client    = "https://claude.example/client.json"
	redirect  = "https://claude.example/callback"
	resource  = "https://parley.example/mcp"
	verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // RFC 7636, appendix B
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

var grant = signin.Grant{Client: client, Name: "Claude", Resource: resource}

// world is one table with the sign-ins of one key.
type world struct {
	t     *testing.T
	clock *clockwork.FakeClock
	table table.Table
	key   string
	log   *secretscan.Buffer

	mu    sync.Mutex
	ends  time.Time // of the key
	gone  bool      // the key is gone
	paid  int       // calls for which the holder of the key pays
	spent error     // why the holder of the key can pay no more
}

// onBoth runs a test on a file and on DynamoDB.
func onBoth(t *testing.T, test func(t *testing.T, w *world)) {
	t.Run("sqlite", func(t *testing.T) { test(t, newWorld(t)) })
	t.Run("dynamodb", func(t *testing.T) {
		w := emptyWorld(t)
		w.table, _ = dynamolocal.NewTable(t, dynamotable.Options{Clock: w.clock})
		test(t, w)
	})
}

// newWorld returns a world on a file.
func newWorld(t *testing.T) *world {
	w := emptyWorld(t)
	w.table = sqlitetest.Open(t, w.clock)
	return w
}

func emptyWorld(t *testing.T) *world {
	return &world{t: t, clock: clockwork.NewFakeClockAt(time.Date(2030, 5, 6, 12, 0, 0, 0, time.UTC)),
		key: ident.NewKey().ID, log: secretscan.NewBuffer(t)}
}

// process starts a process on the table.
func (w *world) process() *signin.SignIns { return w.over(w.table) }

func (w *world) over(tab table.Table) *signin.SignIns {
	return w.at(tab, resource)
}

// at starts a process whose server has an address.
func (w *world) at(tab table.Table, resource string) *signin.SignIns {
	return signin.New(signin.Options{Table: tab, Clock: w.clock, Resource: resource,
		Logger: slog.New(slog.NewTextHandler(w.log, nil)),
		Begin: func(ctx context.Context, key string) (context.Context, error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			if key != w.key {
				return nil, errors.New("it is the key of nobody")
			}
			w.paid++
			return ctx, w.spent
		},
		Key: func(_ context.Context, id string) (time.Time, bool, error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			return w.ends, id == w.key && !w.gone, nil
		}})
}

// code lets the person allow the program.
func (w *world) code(p *signin.SignIns) string {
	w.t.Helper()
	code, err := p.Allow(w.t.Context(), w.key, grant, redirect, challenge)
	if err != nil {
		w.t.Fatal(err)
	}
	return code
}

func exchangeOf(code string) signin.Exchange {
	return signin.Exchange{Code: code, Client: client, Redirect: redirect, Verifier: verifier, Resource: resource}
}

func refreshOf(token ident.SignInSecret) signin.Refresh {
	return signin.Refresh{Token: token.String(), Client: client, Resource: resource}
}

// signIn returns the first pair of a new sign-in.
func (w *world) signIn(p *signin.SignIns) signin.Pair {
	w.t.Helper()
	pair, err := p.Exchange(w.t.Context(), exchangeOf(w.code(p)))
	if err != nil {
		w.t.Fatal(err)
	}
	return pair
}

func (w *world) refresh(p *signin.SignIns, token ident.SignInSecret) signin.Pair {
	w.t.Helper()
	pair, err := p.Refresh(w.t.Context(), refreshOf(token))
	if err != nil {
		w.t.Fatal(err)
	}
	return pair
}

// admits reports whether the table admits by an access token.
func (w *world) admits(token ident.SignInSecret) bool {
	w.t.Helper()
	it, err := w.table.Get(w.t.Context(), signin.KeyOf(token.Key, token.ID), table.Strong)
	if errors.Is(err, table.ErrNotFound) {
		return false
	}
	if err != nil {
		w.t.Fatal(err)
	}
	s, err := signin.Decode(it)
	if err != nil {
		w.t.Fatal(err)
	}
	return s.Admits(token, w.clock.Now())
}

// wants fails the test unless the table admits by a token, or does not.
func (w *world) wants(admits bool, token ident.SignInSecret, when string) {
	w.t.Helper()
	if w.admits(token) != admits {
		w.t.Errorf("%s: admits is %v", when, !admits)
	}
}

// outcome is how a call ended.
type outcome struct {
	pair signin.Pair
	err  error
}

// race runs calls at once.
func race(n int, call func(i int) (signin.Pair, error)) []outcome {
	outcomes := make([]outcome, n)
	var calls sync.WaitGroup
	for i := range outcomes {
		calls.Go(func() {
			pair, err := call(i)
			outcomes[i] = outcome{pair, err}
		})
	}
	calls.Wait()
	return outcomes
}

// killed is a table in which the process dies at a write, before it or after.
type killed struct {
	tabletest.Hooks
	writes atomic.Int64
}

func dyingAt(tab table.Table, write int64, after bool) *killed {
	k := &killed{}
	died := fmt.Errorf("%w: the process died", table.ErrUnavailable)
	k.Table = tab
	k.Before = func(_ context.Context, c tabletest.Call) error {
		if c.Method == tabletest.Write && k.writes.Add(1) == write && !after {
			return died
		}
		return nil
	}
	k.After = func(_ context.Context, c *tabletest.Call) {
		if c.Method == tabletest.Write && after && k.writes.Load() == write {
			c.Err = died
		}
	}
	return k
}
