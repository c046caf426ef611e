package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jonboulle/clockwork"
	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/roomlog"
	"github.com/parley-chat/parley/internal/table"
	"github.com/parley-chat/parley/internal/table/sqlite"
)

// longRoom begins the name of the room with a long history.
const longRoom = "long"

// startLong starts Parley on a file with a room that has a long history, and
// returns the tokens of the agents in it.
func (b *bench) startLong(ctx context.Context) (p *process, tokens []string, err error) {
	file, err := b.newFile()
	if err != nil {
		return nil, nil, err
	}
	if p, err = startOn(ctx, file); err != nil {
		return nil, nil, err
	}
	tokens, err = begin(ctx, p)
	if err := errors.Join(err, p.stop()); err != nil {
		return nil, nil, err
	}
	if err := fill(ctx, file, b.history); err != nil {
		return nil, nil, fmt.Errorf("filling a room: %w", err)
	}
	p, err = startOn(ctx, file)
	return p, tokens, err
}

// begin creates the room. When all have joined, each agent says one thing.
func begin(ctx context.Context, p *process) (tokens []string, err error) {
	c, err := dial(ctx, p.Address, "")
	if err != nil {
		return nil, err
	}
	defer c.close()
	tokens, _, err = seatAll(slices.Repeat([]*client{c}, sendClients), longRoom)
	return tokens, err
}

// fillers is how many Writes fill the room at once, so that they share an fsync.
const fillers = 32

// fill adds messages to the room that begin created, in a file that no server has
// open. It writes copies of the last messages into the log itself, because a server
// would take minutes for a million.
func fill(ctx context.Context, file string, messages int) (err error) {
	t, err := sqlite.Open(file, sqlite.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	s, err := takeSample(ctx, t)
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(fillers)
	for from := 0; from < messages; from += table.MaxOps {
		g.Go(func() error {
			return t.Write(ctx, s.copies(from, min(table.MaxOps, messages-from))...)
		})
	}
	return g.Wait()
}

// sample is the end of a log, where each agent has just said one thing.
type sample struct {
	room    string       // its id
	events  []room.Event // in order
	expires time.Time    // of the last one
}

func takeSample(ctx context.Context, t table.Table) (s sample, err error) {
	logs := roomlog.NewStore(t, roomlog.Options{Clock: clockwork.NewRealClock(), SingleProcess: true, MinBatch: 1,
		Logger: warnings()})
	name, err := ident.RoomName(roomName(longRoom, 0))
	if err != nil {
		return s, err
	}
	if s.room, err = logs.Resolve(ctx, name.Key); err != nil {
		return s, err
	}
	log := logs.Acquire(s.room)
	defer log.Release()
	h, err := log.Refresh(ctx, time.Now())
	if err != nil {
		return s, err
	}
	if s.events, _, err = log.Pages(h.Agents[0], sendClients).Before(ctx, h.AsOf+1); err != nil {
		return s, err
	}
	slices.Reverse(s.events)
	last, err := t.Get(ctx, roomlog.EventKey(s.room, h.AsOf), table.Strong)
	s.expires = last.Expires
	return s, err
}

// copies returns the ops that continue the log by so many messages, of which the
// first is the one after from others. The agents go on in turn. All messages have
// the time of the last one in the sample, so that the log's times stay in order.
// The text of each says its number.
func (s sample) copies(from, messages int) []table.Op {
	last := s.events[len(s.events)-1]
	ops := make([]table.Op, messages)
	for i := range ops {
		e := s.events[(from+i)%len(s.events)]
		e.N = last.N + 1 + int64(from+i)
		e.Messages = last.Messages + 1 + int64(from+i)
		e.ID, e.AtMs, e.Text = ident.NewEventID(), last.AtMs, messageText(fmt.Sprintf("%010d", e.N))
		ops[i] = table.Put(table.Item{Key: roomlog.EventKey(s.room, e.N), Expires: s.expires, Data: roomlog.Encode(e)},
			table.Always)
	}
	return ops
}
