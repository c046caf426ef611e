// Package app assembles the server: a table, the rules, the tools, HTTP and the meter. No other package does. The
// program, the Lambda function, the benchmarks and the tests differ in the table, the destination of the metrics, and
// the way to call the handler.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/api"
	"github.com/parley-chat/parley/internal/api/a2a"
	"github.com/parley-chat/parley/internal/api/httpapi"
	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/api/tools"
	"github.com/parley-chat/parley/internal/auth/access"
	"github.com/parley-chat/parley/internal/auth/oauth"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/pairing"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/observe/meter"
	"github.com/parley-chat/parley/internal/outbound/outbox"
	"github.com/parley-chat/parley/internal/outbound/outcall"
	"github.com/parley-chat/parley/internal/store/files"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/dynamotable"
	"github.com/parley-chat/parley/internal/web"
)

// Config is what New needs. Only Open is required.
type Config struct {
	Settings Settings
	// Open opens the table. It may charge the cost of the table's operations to the meter.
	Open func(context.Context, *meter.Meter) (Store, error)
	// Metrics receives the counts of the meter. Nil means that nobody does.
	Metrics Metrics
	// Logger is nil for no log.
	Logger *slog.Logger
	// OnLoopback says that the server listens on loopback addresses only. Then callers are principals, unless
	// Settings let others reach the server: see ident.Local.
	OnLoopback bool
	// LeavingUnseen says that nothing tells the server that a client has left, as on Lambda, where the call goes on.
	// A proxy is no such front: the proxy closes its own connection when the client does.
	LeavingUnseen bool
	// StandbyLooks says that each call that waits occupies an instance, as on Lambda: see
	// tools.Options.
	StandbyLooks bool
	// CallsAtOnce is how many processes on the table call hooks at once: see outbox.Options.Places; 0 for no limit.
	CallsAtOnce int
	// FilesOut is how many bytes of files the process gives to all callers in an hour; 0 for no limit.
	FilesOut int64
	// Reachable is the host and port under which other machines reach a server that also
	// listens on loopback addresses: see httpapi.Options.
	Reachable string
	// Deployed returns the address at which a request arrived, by its context: see httpapi.Options. Nil: nobody knows.
	Deployed func(context.Context) string
	// ClientSecret returns the secret that proves this server to the provider of accounts: see Settings.SignInIssuer.
	ClientSecret func(context.Context) (string, error)
	// Internet is for tests: how the documents of programs that sign in are reached.
	Internet outcall.Options
}

// Store is an open table.
type Store struct {
	Table table.Table
	// Files keeps the bytes of shared files. Nil means that the server takes and gives no files.
	Files files.Store
	// FileLimit is how many bytes a file has at most; 0 means the usual limit.
	FileLimit int64
	// SingleProcess says that no other process writes to the table while it is
	// open.
	SingleProcess bool
	// Space returns how much the disk of the table has left: see chat.Options. Nil means that there is no disk to
	// fill.
	Space chat.ReadSpace
	// Ready reports whether the table answers. Nil means that App.Ready reads an item.
	Ready func(context.Context) error
	// Close releases the table. Nil means that there is nothing to release.
	Close func() error
}

// Metrics is a destination for the counts of the meter.
type Metrics interface {
	// Observe receives each call when its answer is complete. Many goroutines
	// may call it at once.
	Observe(meter.Call)
	// Watch receives a function that returns the current totals. Watch is called once, before the first call of
	// Observe.
	Watch(totals func() meter.Totals)
}

// App is an assembled server.
type App struct {
	// Handler serves every route. Any number of goroutines may call it at once.
	Handler http.Handler

	store      Store
	rooms      *chat.Service
	dispatcher *outbox.Dispatcher
	gate       *access.Gate
	// signIn is where programs sign in; nil if no program can.
	signIn *oauth.Server
	tools  []string
}

// New opens the table and assembles the server. The caller must call Close.
func New(ctx context.Context, c Config) (*App, error) {
	site, err := web.New()
	if err != nil {
		return nil, err
	}
	a := &App{}
	m, err := a.open(ctx, &c)
	if err != nil {
		return nil, err
	}
	a.Handler = a.handler(c, m, site)
	return a, nil
}

// open opens the table, and assembles the server without HTTP and the tools.
func (a *App) open(ctx context.Context, c *Config) (*meter.Meter, error) {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	c.Logger = slog.New(QuietWhenFull{c.Logger.Handler()})
	m := c.newMeter()
	store, err := c.Open(ctx, m)
	if err != nil {
		return nil, err
	}
	a.store = store
	metered := m.Table(store.Table)
	rooms := c.chatOptions(store)
	rooms.Calls = func(id string, calls []room.Call) { a.dispatcher.Notify(id, calls) }
	rooms.LookUpInvite = func(ctx context.Context, v ident.Invite, made func() (bool, error)) (bool, error) {
		return a.gate.Made(ctx, v, ident.AddressOf(ctx), made)
	}
	a.rooms = chat.New(metered, rooms)
	a.gate = a.newGate(*c, metered)
	a.signIn = a.newSignIn(*c, metered)
	a.dispatcher = a.newDispatcher(*c, m)
	return m, nil
}

// newMeter returns the meter that enforces the limits and feeds the metrics.
func (c Config) newMeter() *meter.Meter {
	o := meter.Options{MaxWaits: c.Settings.maxWaits(), MaxWaitsPerAddress: int64(c.waitsPerAddress()),
		MaxBodies: int64(c.Settings.MaxBodies) << 20}
	if c.Metrics == nil {
		return meter.New(o)
	}
	o.Observe = c.Metrics.Observe
	m := meter.New(o)
	c.Metrics.Watch(m.Totals)
	return m
}

func (c Config) chatOptions(store Store) chat.Options {
	o := chat.Options{LongestWait: c.Settings.LongestWait, Limits: c.limits(), CacheBytes: cacheBytes(),
		Files: store.Files, FileLimit: store.FileLimit, Space: store.Space, Logger: c.Logger}
	if store.SingleProcess {
		// A file writes several items as cheaply as one.
		o.SingleProcess, o.MinBatch = true, 1
	}
	return o
}

// longestInQueue returns how long a call waits for a partner at most.
func (c Config) longestInQueue() time.Duration {
	if c.LeavingUnseen {
		return core.UnseenQueueWait
	}
	return core.MaxQueueWait
}

func (a *App) handler(c Config, m *meter.Meter, site *web.Site) http.Handler {
	s := c.Settings
	inQueue := c.longestInQueue()
	set := tools.New(a.rooms, pairing.New(a.rooms, pairing.Options{LongestWait: inQueue}), tools.Options{
		Address: httpapi.Address, Keys: c.Keys(), LongestWait: s.LongestWait, LongestInQueue: inQueue,
		StandbyLooks: c.StandbyLooks, Outbox: a.dispatcher, ViewURI: web.RoomViewURI(), Log: c.Logger,
	})
	list := set.Tools()
	var plain []mcp.Tool // without MCP
	for _, t := range list {
		a.tools = append(a.tools, t.Name)
		if !t.Hidden && t.View == "" {
			plain = append(plain, t)
		}
	}
	chargeOther := func(ctx context.Context) error { return a.rooms.Limits().Fetch(ctx, api.OtherBytes) }
	server := mcp.NewServer(mcp.Options{
		Version: Version(), Instructions: set.Instructions, Tools: list, Prompts: set.Prompts(),
		Resources: set.Resources(), Events: set.Events(), Log: c.Logger,
		Charge: chargeOther,
		View: &mcp.View{URI: web.RoomViewURI(), Name: "room", Title: "The room",
			Description: "A room of Parley: who is in it, what they do, and the talk as it goes on.",
			Document:    web.RoomView},
	})
	agents := a2a.New(a2a.Options{Rooms: a.rooms, Tools: set, Version: Version(), LongestWait: s.LongestWait,
		Charge: chargeOther, Clock: clockwork.NewRealClock()})
	return httpapi.New(httpapi.Options{
		A2A: agents.Serve, Card: agents.Card,
		ChargeBytes: a.rooms.Limits().Fetch,
		Upload:      set.Upload, LookAtUpload: a.rooms.DescribeUpload, Download: a.rooms.Download,
		MCP: server.Serve, Tools: plain, Standby: set.Standby, News: set.News,
		Gate: a.gate, SignIn: a.signIn, Keys: c.Keys(), Version: Version(),
		Ready: a.Ready, Logger: c.Logger,
		Meter: m, Page: site,
		Private: c.Local(), Address: s.PublicAddress(), Reachable: c.Reachable, Deployed: c.Deployed,
		KeepAlive: s.KeepAlive, Hosts: s.hosts(), Origins: s.allowedOrigins(), TrustProxy: s.TrustProxy,
		OpenAIChallenge: s.OpenAIChallenge,
	})
}

// Tools returns the names of the tools that the server offers, in any order.
func (a *App) Tools() []string { return a.tools }

// Ready reports whether the table answers: if the store does not know, with an eventually consistent read of an item
// that never exists, which costs half a read unit on DynamoDB. A disk that is nearly full is no error: a proxy would
// keep out the kick for which the disk has room.
func (a *App) Ready(ctx context.Context) error {
	if a.store.Ready != nil {
		return a.store.Ready(ctx)
	}
	_, err := a.store.Table.Get(ctx, table.Key{Partition: "READY", Sort: "-"}, table.Eventual)
	if errors.Is(err, table.ErrNotFound) {
		return nil
	}
	return err
}

// Stop ends every open wait with the news so far, and makes new waits return at once. Call Stop before waiting for
// the requests in progress to end.
func (a *App) Stop() { a.rooms.Stop() }

// Close closes the table. Call Close after the last request has ended.
func (a *App) Close() error {
	if a.store.Close == nil {
		return nil
	}
	if err := a.store.Close(); err != nil {
		return fmt.Errorf("closing the table: %w", err)
	}
	return nil
}

// Charge returns options for a DynamoDB table that charge the cost of each operation to m.
func Charge(m *meter.Meter) dynamotable.Options {
	return dynamotable.Options{Observe: func(ctx context.Context, call dynamotable.Call) {
		m.Spend(ctx, call.Attempts, call.ReadUnits, call.WriteUnits)
	}}
}
