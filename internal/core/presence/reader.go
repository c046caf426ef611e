package presence

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// storeEvery is how often a Delivery is written that only cursors change: otherwise each message would cost a write.
const storeEvery = time.Minute

// Reader applies the rules of Delivery to what is cached and stored of one reader. Its caller never changes.
type Reader struct {
	attendees *Attendees
	caller    *room.Caller
}

// Reader returns caller as a reader.
func (a *Attendees) Reader(caller *room.Caller) Reader { return Reader{a, caller} }

// AcknowledgeAndOffer acknowledges the cursor of a call, unless the call peeks, and returns what the call may be
// handed. A call that reads the table or writes waits until an older call has stored its result.
func (r Reader) AcknowledgeAndOffer(ctx context.Context, query Query) (Offer, error) {
	if query.how == ByCursor {
		r.acknowledgeCursor(ctx, query.cursor)
	}
	if query.needsNoDelivery() {
		return Delivery{}.Offer(query), nil
	}
	readAt := r.attendees.now()
	delivery, err := r.currentDelivery(ctx)
	offer := delivery.Offer(query)
	offer.readAt = readAt
	if err == nil && query.returns() && !r.caller.IsPerson() {
		offer.MarkUntil, err = r.calledUntil(ctx)
	}
	return offer, err
}

// calledUntil returns a time: events before it may have been handed out though the table does not show so, by another
// process, or by this one before it was started again. The table lags behind the agent's last call by SendLag at most,
// and forgets that call when its lease ends, or when the seat is regained.
func (r Reader) calledUntil(ctx context.Context) (until time.Time, err error) {
	const lag = SendLag + room.ClockSkew
	last, err := r.attendees.log.Items().PresenceOf(ctx, r.caller.Seat)
	switch {
	case errors.Is(err, table.ErrNotFound):
		until, err = r.attendees.now().Add(lag-room.Lease), nil
	case last.Used:
		until = room.Latest(last.At(), last.WaitsUntil()).Add(lag)
	default:
		until = last.At()
	}
	if r.attendees.o.SingleProcess { // it knows what it has handed out
		until = room.Earliest(until, r.attendees.began)
	}
	return until, err
}

// acknowledgeCursor records that the events up to cursor have arrived.
func (r Reader) acknowledgeCursor(ctx context.Context, cursor int64) {
	if when := r.AcknowledgeUnstored(cursor); !r.isDue(when) {
		return
	}
	l := r.lockHandOut()
	defer l.unlock()
	l.storeCurrent(ctx)
}

// AcknowledgeUnstored caches what a call acknowledges, and returns when that is to be written. After a message nothing
// is: the message has cost a write.
func (r Reader) AcknowledgeUnstored(cursor int64) (when WriteTime) {
	l, cached := r.lockCache()
	defer l.unlock()
	return cached.delivery.Acknowledge(cursor)
}

// isDue reports whether a change is written now. If not, it is only cached.
func (r Reader) isDue(when WriteTime) bool {
	l, cached := r.lockCache()
	defer l.unlock()
	return when > OncePerMinute || when == OncePerMinute && l.a.now().Sub(cached.storedAt) >= storeEvery
}

// OfferNothing returns, without a read, the offer of a call of a stay if the call surely gets nothing. newest is the
// last event that may be news to the agent.
func (r Reader) OfferNothing(query Query, newest int64) (offer Offer, none bool) {
	if r.caller.IsPerson() {
		return Offer{}, false
	}
	l, cached := r.lockCache()
	defer l.unlock()
	offer = cached.delivery.Offer(query)
	if !cached.delivery.fromTable || newest > offer.After {
		return Offer{}, false
	}
	offer.After = query.asOf
	return offer, true
}

// RecordHandedOut records that a call is handed a number of messages of offer, none later than event to. ok is false,
// and nothing is recorded, if a newer call has superseded wait, the wait of the call: the newer call hands these
// messages out. wait is nil for a call that does not wait.
func (r Reader) RecordHandedOut(ctx context.Context, wait *Wait, offer Offer, to int64, messages int) (ok bool,
	err error) {
	l := r.lockHandOut()
	defer l.unlock()
	if wait.isSuperseded() { // D5
		return false, nil
	}
	if !offer.How.handsOut() {
		return true, nil
	}
	return true, l.handOut(ctx, offer, to, messages)
}

// handOut applies Delivery.HandOut to what the process knows. Before a write handOut reads the table, unless the call
// has just done so, and applies HandOut to what the table has: a write replaces the whole item.
func (l lockedReader) handOut(ctx context.Context, offer Offer, to int64, messages int) error {
	hooked, delivery := messages > 0 && l.r.HasHooks(), l.r.knownDelivery()
	change := func(d *Delivery) WriteTime { return d.HandOut(offer, to, messages, hooked) }
	isRead := l.r.attendees.now().Sub(offer.readAt) < storeEvery && delivery.fromTable
	when := change(&delivery)
	if l.r.isDue(when) && !isRead {
		return l.updateCurrent(ctx, change)
	}
	return l.update(ctx, delivery, when)
}

// RecordAllHandedOut stores what the agent was handed before the agent gets its first hook.
func (r Reader) RecordAllHandedOut(ctx context.Context) error {
	l := r.lockHandOut()
	defer l.unlock()
	to := r.lastHandedOut(ctx)
	return l.updateCurrent(ctx, func(d *Delivery) WriteTime { return d.RecordShown(to) })
}

// lastHandedOut returns the last event that the agent was handed in any way, here or, as far as the table tells, by
// other processes. If that read fails, the agent is called for events, or shown some, that it has read.
func (r Reader) lastHandedOut(ctx context.Context) int64 {
	var stored room.Presence
	if !r.attendees.o.SingleProcess {
		stored, _ = r.attendees.log.Items().PresenceOf(ctx, r.caller.Seat)
	}
	return max(stored.Read, handedOutTo(r.attendees, r.caller.Seat))
}

// HoldBack stores the events that a stay was handed because they held back its message: see Delivery.HoldBack.
func (r Reader) HoldBack(ctx context.Context, offer Offer, to int64, byOthers bool, key string) error {
	l := r.lockHandOut()
	defer l.unlock()
	return l.updateCurrent(ctx, func(d *Delivery) WriteTime { return d.HoldBack(offer, to, byOthers, key) })
}

// EndHold stores that a message of a stay went through after others had held one back.
func (r Reader) EndHold(ctx context.Context) error {
	l := r.lockHandOut()
	defer l.unlock()
	return l.updateCurrent(ctx, (*Delivery).EndHold)
}

// ConfirmCredential reports whether the reader was warned of a credential: see warning.confirm.
func (r Reader) ConfirmCredential(ctx context.Context, fingerprint, key string) (confirmed bool, err error) {
	l := r.lockHandOut()
	defer l.unlock()
	delivery, err := l.current(ctx)
	if err != nil {
		return false, err
	}
	confirmed, when := delivery.warned.confirm(fingerprint, key)
	return confirmed, l.update(ctx, delivery, when)
}

// Arrived returns the last event that has surely arrived at a stay, and whether others have held a message of it back:
// see Delivery.ArrivedAt and Delivery.HeldBefore.
func (r Reader) Arrived(ctx context.Context, key string) (n int64, held bool, err error) {
	delivery, err := r.currentDelivery(ctx)
	return delivery.ArrivedAt(key), delivery.HeldBefore(key), err
}

// HandedOut returns the last event that the reader was handed.
func (r Reader) HandedOut(ctx context.Context) (int64, error) {
	delivery, err := r.currentDelivery(ctx)
	return delivery.Newest(), err
}

// HandedOutHere is HandedOut as far as this process knows. It reads nothing.
func (r Reader) HandedOutHere() int64 { return r.knownDelivery().Newest() }

// BeforeLeave returns the last event that the agent was handed in any way, as far as the table tells of other
// processes, and whether a leave of it was held back before.
func (r Reader) BeforeLeave(ctx context.Context) (read int64, held bool, err error) {
	delivery, err := r.currentDelivery(ctx)
	if err != nil {
		return 0, false, err
	}
	return r.lastHandedOut(ctx), delivery.leaveHeld > 0, nil
}

// HoldBackLeave stores that a leave of the agent was held back by what is meant for it up to event to.
func (r Reader) HoldBackLeave(ctx context.Context, to int64) error {
	l := r.lockHandOut()
	defer l.unlock()
	return l.updateCurrent(ctx, func(d *Delivery) WriteTime {
		d.leaveHeld = to
		return BeforeAnswer
	})
}

// HasCursor reports whether an answer with all events from from on has a cursor: see Delivery.HasCursor.
func (r Reader) HasCursor(ctx context.Context, from int64) (bool, error) {
	delivery, err := r.knownOrRead(ctx)
	return delivery.HasCursor(from), err
}

// knownOrRead returns the delivery as the process knows it, or reads it if it was never read.
func (r Reader) knownOrRead(ctx context.Context) (Delivery, error) {
	if known := r.knownDelivery(); known.fromTable {
		return known, nil
	}
	return r.currentDelivery(ctx)
}

// HasHooks reports whether the agent is called when something is new.
func (r Reader) HasHooks() bool {
	agent, here := r.attendees.log.Peek().Seated(r.caller.Seat)
	return here && agent.IsCalled() && r.caller.MayBeOnStandby()
}

// lockCache returns what the process has cached of the reader, until unlock.
func (r Reader) lockCache() (locked, *reading) {
	l := r.attendees.lock()
	return l, l.readingOf(r.caller)
}

// knownDelivery returns the delivery as far as the process knows it.
func (r Reader) knownDelivery() Delivery {
	l, cached := r.lockCache()
	defer l.unlock()
	return cached.delivery
}

// currentDelivery waits for older calls that are handing out, and reads the delivery.
func (r Reader) currentDelivery(ctx context.Context) (Delivery, error) {
	l := r.lockHandOut()
	defer l.unlock()
	return l.current(ctx)
}

// lockedReader is a Reader while its handOutMu is held, from lockHandOut to unlock.
type lockedReader struct {
	r         Reader
	handOutMu *sync.Mutex
}

// lockHandOut waits for older calls that are handing out.
func (r Reader) lockHandOut() lockedReader {
	l, cached := r.lockCache()
	l.unlock()
	cached.handOutMu.Lock()
	return lockedReader{r, &cached.handOutMu}
}

func (l lockedReader) unlock() { l.handOutMu.Unlock() }

// updateCurrent updates the delivery that current returns. If the read fails, nothing is written: see answerWithout.
func (l lockedReader) updateCurrent(ctx context.Context, change func(*Delivery) WriteTime) error {
	delivery, err := l.current(ctx)
	when := change(&delivery)
	if err != nil {
		return l.answerWithout(ctx, delivery, when, err)
	}
	return l.update(ctx, delivery, when)
}

// update caches a changed delivery, and writes it if that is due. A write replaces the whole item, so what is written
// was current before the change. If the write fails, see answerWithout.
func (l lockedReader) update(ctx context.Context, delivery Delivery, when WriteTime) error {
	if !l.r.isDue(when) {
		l.r.cacheDelivery(delivery)
		return nil
	}
	if err := l.storeDelivery(ctx, delivery); err != nil {
		return l.answerWithout(ctx, delivery, when, err)
	}
	return nil
}

// storeCurrent writes the delivery that current returns, with what was only cached. It logs a failure.
func (l lockedReader) storeCurrent(ctx context.Context) {
	delivery, err := l.current(ctx)
	if err == nil {
		err = l.storeDelivery(ctx, delivery)
	}
	if err != nil {
		_ = l.answerWithout(ctx, delivery, OncePerMinute, err)
	}
}

// current returns the delivery, read and cached if other processes may have handed out more. With an error it returns
// the known delivery.
func (l lockedReader) current(ctx context.Context) (Delivery, error) {
	attendees, known := l.r.attendees, l.r.knownDelivery()
	if known.fromTable && attendees.o.SingleProcess {
		return known, nil
	}
	stored, err := attendees.log.Items().ReadPosition(ctx, *l.r.caller)
	if err != nil {
		return known, err
	}
	return l.r.cacheDelivery(deliveryOf(stored, l.r.caller.Joined)), nil
}

// storeDelivery writes and caches delivery.
func (l lockedReader) storeDelivery(ctx context.Context, delivery Delivery) error {
	now := l.r.attendees.now()
	if err := l.r.attendees.log.Items().SetReadPosition(ctx, *l.r.caller, delivery.position()); err != nil {
		return err
	}
	held, cached := l.r.lockCache()
	defer held.unlock()
	cached.cache(delivery.written())
	cached.storedAt = now
	return nil
}

// answerWithout handles err, for which delivery was not read or not written. It returns err if the answer relies on the
// write. Else it logs err: a withheld answer would be lost, and the write may have happened. What the answer hands out
// is then marked when it comes again.
func (l lockedReader) answerWithout(ctx context.Context, delivery Delivery, when WriteTime, err error) error {
	canceled := ctx.Err() == context.Canceled
	if when == BeforeAnswer || when == BeforeAnswerIfPossible && canceled {
		return err
	}
	if when == BeforeAnswerIfPossible {
		held, cached := l.r.lockCache()
		cached.delivery.raise(line{Handed: delivery.Handed})
		held.unlock()
	}
	if !canceled {
		l.r.attendees.o.Logger.WarnContext(ctx, "read position not written", "error", err)
	}
	return nil
}

// cacheDelivery caches delivery, and returns what is cached: see reading.cache.
func (r Reader) cacheDelivery(delivery Delivery) Delivery {
	l, cached := r.lockCache()
	defer l.unlock()
	cached.cache(delivery)
	return cached.delivery
}

// cache caches delivery, with what was acknowledged or shown here since delivery was read.
func (r *reading) cache(delivery Delivery) {
	delivery.raise(r.delivery.line) // D6
	r.delivery = delivery
}
