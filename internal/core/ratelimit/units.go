package ratelimit

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// A unit is the cost of writing a KiB on DynamoDB. A file counts the same, by the same sizes. Calls, seats and hashes
// have a price, too: the same rule limits everything that costs money or time, even calls without a result.
const (
	callUnits = 1  // every call
	seatUnits = 30 // a new seat: all agents see it, and its number is never given again
	hashUnits = 30 // a hash of a password takes as long as hundreds of messages

	// pictureStep is how many pixels are drawn for a unit: the largest picture takes as long as ten hashes.
	pictureStep = 20_000
)

// Kind says what a call is for.
type Kind int

const (
	Usual Kind = iota
	// Vital calls hear, leave, or free somebody's room. The last eighth of each budget is kept for vital calls, so a
	// caller with nothing else left still hears.
	Vital
)

const (
	keptForVital = 1.0 / 8
	// mostRead is how much of the caller's budget a call pays for reads. The call cannot know how much others have put
	// before the wanted events, and others must not cut the call off from the room. Without this limit, a call past
	// 100,000 private messages of others cost more than a minute's budget. The seats of a call share the limit.
	mostRead = 1.0 / 4
	// mostPicture is how much of the caller's budget a picture costs at most.
	mostPicture = 1.0 / 8
)

// payer is the call that pays for everything done in its context.
type payer struct {
	kept float64                // how much of each budget the call leaves
	most float64                // how many units the call pays for reads at most
	in   atomic.Pointer[string] // the id of the room that the call has entered

	mu     sync.Mutex
	caller Caller
	read   float64 // units so far
}

// who returns the caller of p, as far as p is known.
func (p *payer) who() Caller {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clip(p.caller) // an append to the copy changes p for nobody else
}

// actAs records that p acts as c, and returns the groups for which p has not acted before.
func (p *payer) actAs(c Caller) (more Caller) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, group := range c {
		if !slices.Contains(p.caller, group) {
			more = append(more, group)
		}
	}
	p.caller = slices.Concat(p.caller, more)
	return more
}

// payRead returns how many of so many units read are paid for.
func (p *payer) payRead(units float64) float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	paid := min(units, max(0, p.most-p.read))
	p.read += units
	return paid
}

type payerKey struct{}

// Begin admits a call, which then pays for everything done in the returned context. A call whose caller has no budget
// left is refused before anything else of the call is read, so a refusal costs nothing. An admitted call is never cut
// short.
func (l *Limiter) Begin(ctx context.Context, k Kind) (context.Context, error) {
	return l.BeginSeveral(ctx, k, 1)
}

// BeginSeveral is Begin for a call that counts as n calls, one for each seat for which the call reads.
func (l *Limiter) BeginSeveral(ctx context.Context, k Kind, n int) (context.Context, error) {
	if l.callers == nil {
		return ctx, nil
	}
	p := &payer{caller: callerOf(ctx), kept: keptForVital, most: mostRead * l.callers.limit / float64(n)}
	if k == Vital {
		p.kept = 0
	}
	if wait, short := l.callers.charge(p.caller, callUnits*float64(n), l.clock.Now(), p.kept); wait > 0 {
		return nil, retryLater(short, wait)
	}
	return context.WithValue(ctx, payerKey{}, p), nil
}

// BeginOne begins one of the calls of BeginSeveral, whose context ctx comes from. This one pays for what is done in the
// returned context. If ctx has another caller by now, such as the key that admitted a seat, that caller pays for the
// call, and the caller of BeginSeveral gets its payment back.
func (l *Limiter) BeginOne(ctx context.Context) (context.Context, error) {
	all, pays := ctx.Value(payerKey{}).(*payer)
	if !pays {
		return ctx, nil
	}
	p := &payer{caller: callerOf(ctx), kept: all.kept, most: all.most}
	if now := l.clock.Now(); p.caller[0] != all.who()[0] {
		if wait, short := l.callers.charge(p.caller, callUnits, now, p.kept); wait > 0 {
			return nil, retryLater(short, wait)
		}
		l.callers.spend(all.who(), -callUnits, now)
	}
	return context.WithValue(ctx, payerKey{}, p), nil
}

// fetchStep is how many bytes cost as much to send from AWS as a unit: see docs/cost.md.
const fetchStep = 7 << 10

// Fetch counts bytes of the page that the caller of ctx gets without a call, or refuses the bytes.
func (l *Limiter) Fetch(ctx context.Context, bytes int) error {
	if l.callers == nil {
		return nil
	}
	units := callUnits + steps(bytes, fetchStep)
	if wait, short := l.callers.charge(callerOf(ctx), units, l.clock.Now(), keptForVital); wait > 0 {
		return retryLater(short, wait)
	}
	return nil
}

// Enter admits the call of c, which acts for a seat, to the room with an id. From here on the call is part of the
// room's budget. A caller enters only a room to which it belongs, by a token or the password: a stranger pays alone,
// and cannot close the room to others.
func (l *Limiter) Enter(ctx context.Context, id string, c Caller) error {
	p, pays := ctx.Value(payerKey{}).(*payer)
	if !pays {
		return nil
	}
	p.in.Store(&id)
	_, err := l.pay(p, append(p.actAs(c), roomOf(id)), callUnits)
	return err
}

// pay spends units of the budget of each group for p, and returns the groups that paid. For modest callers, a room with
// nothing left does not pay, and in a vital call neither does such an invite. Otherwise strangers could close a room to
// its agents, and four guests deafen all others.
func (l *Limiter) pay(p *payer, of Caller, units float64) (paid Caller, err error) {
	now, who := l.clock.Now(), p.who()
	modest := l.callers.areModest(who, now)
	for {
		wait, short := l.callers.chargeSome(who, of, units, now, p.kept)
		switch {
		case wait <= 0:
			return of, nil
		case !modest || !isRoom(short) && !(isInvite(short) && p.kept == 0):
			return nil, retryLater(short, wait)
		}
		of = slices.DeleteFunc(of, func(group ident.Group) bool { return group == short })
	}
}

// Seat is Enter for a call that wants a new seat. The price is spent beforehand, so that calls at the same moment do
// not all pass; undo gives it back.
func (l *Limiter) Seat(ctx context.Context, id string, c Caller) (undo func(), err error) {
	p, pays := ctx.Value(payerKey{}).(*payer)
	if !pays {
		return func() {}, nil
	}
	if err := l.Enter(ctx, id, c); err != nil {
		return nil, err
	}
	paid, err := l.pay(p, append(p.who(), roomOf(id)), seatUnits)
	if err != nil {
		return nil, err
	}
	return func() { l.callers.spend(paid, -seatUnits, l.clock.Now()) }, nil
}

// Password charges the call of ctx with a password that is set or checked. An empty password costs nothing.
func (l *Limiter) Password(ctx context.Context, password string) {
	if password != "" {
		l.charge(ctx, "", hashUnits)
	}
}

// Picture charges the call of ctx with the drawing of a picture of so many pixels, or refuses it. The largest picture
// costs only a part of the budget, so even a small budget suffices.
func (l *Limiter) Picture(ctx context.Context, pixels int) error {
	p, pays := ctx.Value(payerKey{}).(*payer)
	if !pays {
		return nil
	}
	units := min(float64(pixels)/pictureStep, mostPicture*l.callers.limit)
	if wait, short := l.callers.charge(p.who(), units, l.clock.Now(), p.kept); wait > 0 {
		return retryLater(short, wait)
	}
	return nil
}

// charge charges the call of ctx, and the room with an id if the call has entered the room. The room does not pay what
// the caller overdraws: else one caller could spend the room's whole budget, with many calls at the same moment.
func (l *Limiter) charge(ctx context.Context, id string, units float64) {
	p, pays := ctx.Value(payerKey{}).(*payer)
	if !pays {
		return
	}
	who := p.who()
	if in := p.in.Load(); in != nil && *in == id {
		who = append(who, roomOf(id))
	}
	l.callers.spend(who, units, l.clock.Now())
}

// Table returns t, and charges each call of t to the call of its context.
func (l *Limiter) Table(t table.Table) table.Table {
	if l.callers == nil {
		return t
	}
	return charged{t, l}
}

type charged struct {
	table.Table
	limiter *Limiter
}

// Get implements table.Table.
func (c charged) Get(ctx context.Context, k table.Key, consistency table.Consistency) (table.Item, error) {
	item, err := c.Table.Get(ctx, k, consistency)
	c.chargeRead(ctx, k.Partition, unitsRead(consistency, item))
	return item, err
}

// Query implements table.Table.
func (c charged) Query(ctx context.Context, r table.Range) (table.Page, error) {
	page, err := c.Table.Query(ctx, r)
	c.chargeRead(ctx, r.Partition, unitsRead(r.Consistency, page.Items...))
	return page, err
}

// Write implements table.Table. A Write that met a conflict costs as much as another.
func (c charged) Write(ctx context.Context, ops ...table.Op) error {
	err := c.Table.Write(ctx, ops...)
	if len(ops) > 0 {
		c.charge(ctx, ops[0].Item.Key.Partition, unitsWritten(ops))
	}
	return err
}

// chargeRead is charge for a read.
func (c charged) chargeRead(ctx context.Context, partition string, units float64) {
	if p, ok := ctx.Value(payerKey{}).(*payer); ok {
		c.charge(ctx, partition, p.payRead(units))
	}
}

// charge charges what was done in a partition. A Write of several partitions belongs to the first, which is the room's
// if a room is changed.
func (c charged) charge(ctx context.Context, partition string, units float64) {
	id, ofRoom := strings.CutPrefix(partition, roomlog.RoomPrefix)
	if !ofRoom {
		id = ""
	}
	c.limiter.charge(ctx, id, units)
}

const (
	readStep  = 4 << 10 // bytes of a read unit; Eventual costs half a unit
	writeStep = 1 << 10
	readPrice = 1.0 / 5 // of a read unit: see docs/cost.md
	nameBytes = 21      // of attributes and their names, beside key and data: see dynamotable
)

func unitsRead(c table.Consistency, items ...table.Item) float64 {
	bytes := 1
	for _, item := range items {
		bytes += size(item)
	}
	units := readPrice * steps(bytes, readStep)
	if c == table.Eventual {
		units /= 2
	}
	return units
}

func unitsWritten(ops []table.Op) (units float64) {
	for _, op := range ops {
		units += steps(size(op.Item), writeStep)
	}
	if len(ops) > 1 {
		units *= 2 // a transaction
	}
	return units
}

func size(item table.Item) int {
	return len(item.Key.Partition) + len(item.Key.Sort) + len(item.Data) + nameBytes
}

// steps returns how many steps cover so many bytes.
func steps(bytes, step int) float64 { return float64((bytes + step - 1) / step) }
