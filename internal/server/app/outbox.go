package app

import (
	"context"
	"net/url"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/api/tools"
	"github.com/parley-chat/parley/internal/observe/meter"
	"github.com/parley-chat/parley/internal/outbound/outbox"
	"github.com/parley-chat/parley/internal/outbound/outcall"
)

// newDispatcher returns the dispatcher, which calls agents, webhooks and endpoints.
func (a *App) newDispatcher(c Config, m *meter.Meter) *outbox.Dispatcher {
	public := c.Settings.PublicAddress()
	var own []string
	if at, err := url.Parse(public); err == nil && at.Host != "" {
		own = append(own, at.Hostname())
	}
	d := outbox.New(outbox.Options{
		Rooms: a.rooms, Out: outcall.New(outcall.Options{Own: own, Loopback: c.Local(), Version: Version()}),
		View: tools.ViewMessage, Public: public, Local: c.Local(), SingleProcess: a.store.SingleProcess,
		Places: c.CallsAtOnce, Admits: a.gate.Admits,
		Clock: clockwork.NewRealClock(), Logger: c.Logger,
		Observe: func(call outbox.CallOutcome) { m.Hook(call.Retry, call.Failed) },
	})
	m.WatchHooks(d.Failing)
	return d
}

// Call calls agents, webhooks and endpoints until ctx ends, and returns when the last call has ended. On AWS a
// separate function calls, invoked by the stream of the table: see Outbox.
func (a *App) Call(ctx context.Context) { a.dispatcher.Run(ctx) }

// Outbox is the part of the server that calls out, without HTTP and tools: see functions/outbox.
type Outbox struct{ app *App }

// NewOutbox opens the table and assembles the outbox. It needs the public address.
func NewOutbox(ctx context.Context, c Config) (*Outbox, error) {
	a := &App{}
	if _, err := a.open(ctx, &c); err != nil {
		return nil, err
	}
	return &Outbox{a}, nil
}

// Deliver delivers to one hook of a seat: see outbox.Dispatcher.Deliver. It returns when to deliver again; zero:
// after a new event.
func (o *Outbox) Deliver(ctx context.Context, id string, seat int, hook string) (again time.Time, err error) {
	return o.app.dispatcher.Deliver(ctx, id, seat, hook)
}
