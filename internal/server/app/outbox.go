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

// newBox returns what calls agents, webhooks and endpoints.
func (a *App) newBox(c Config, m *meter.Meter) *outbox.Box {
	public := c.Settings.PublicAddress()
	var own []string
	if at, err := url.Parse(public); err == nil && at.Host != "" {
		own = append(own, at.Hostname())
	}
	box := outbox.New(outbox.Options{
		Rooms: a.rooms, Out: outcall.New(outcall.Options{Own: own, Loopback: c.Local(), Version: Version()}),
		View: tools.ViewMessage, Public: public, Local: c.Local(), Alone: a.store.SingleProcess, Places: c.CallsAtOnce,
		Admits: a.gate.Admits,
		Clock:  clockwork.NewRealClock(), Logger: c.Logger,
		Observe: func(call outbox.Call) { m.Hook(call.Retry, call.Failed) },
	})
	m.WatchHooks(box.Failing)
	return box
}

// Call calls agents, webhooks and endpoints until ctx ends, and returns when the last call has ended. On AWS
// a function of its own does that, which the stream of the table invokes: see Outbox.
func (a *App) Call(ctx context.Context) { a.box.Run(ctx) }

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

// Look looks once at a hook of a seat, and calls it if there is something for it. A time other than zero is when to
// look again.
func (o *Outbox) Look(ctx context.Context, id string, seat int, hook string) (again time.Time, err error) {
	return o.app.box.Look(ctx, id, seat, hook)
}
