package presence

import (
	"context"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
)

// storeEvery is how often a Delivery is written that only cursors change: otherwise each message would cost a write.
const storeEvery = time.Minute

// Reader is an agent, or one device of the person behind an agent, to which events are handed out. Its methods apply
// the rules of Delivery to the cached and the stored values.
type Reader struct {
	attendees *Attendees
	caller    *room.Caller
}

// Reader returns caller as a reader.
func (a *Attendees) Reader(caller *room.Caller) Reader { return Reader{a, caller} }

// AcknowledgeAndOffer acknowledges the cursor of a call, unless the call peeks, and returns what the call may be
// handed. It waits until an older call has stored its result.
func (r Reader) AcknowledgeAndOffer(ctx context.Context, query Query) (Offer, error) {
	switch {
	case query.Cursor > 0 && !query.Peek:
		r.acknowledgeCursor(ctx, query.Cursor)
		return OfferAfter(query.Cursor), nil
	case query.Peek && query.Cursor >= query.AsOf: // no event follows the cursor, whatever the agent was handed
		return Delivery{}.Offer(query), nil
	}
	delivery, err := r.lockAndReadDelivery(ctx)
	return delivery.Offer(query), err
}

// OfferNothing returns the offer of a call without a cursor if no event up to newest is new to the reader. It reads
// no table. ok is false if an event may be new. newest is the last event that may be news to the reader.
func (r Reader) OfferNothing(query Query, newest int64) (offer Offer, ok bool) {
	delivery := r.knownDelivery()
	offer = delivery.Offer(query)
	if !delivery.fromTable || newest > offer.After {
		return Offer{}, false
	}
	offer.After, offer.current = query.AsOf, false
	return offer, true
}

// RecordHandedOut records that a call is handed a number of messages of offer, none later than event to. If a
// newer call has superseded wait, the wait of the call, RecordHandedOut records nothing and returns false: the newer
// call hands these messages out. wait is nil for a call that does not wait.
func (r Reader) RecordHandedOut(ctx context.Context, wait *Wait, offer Offer, to int64, messages int) (ok bool,
	err error) {
	defer r.lockHandOut().Unlock()
	if wait.isSuperseded() { // case 7 of Delivery
		return false, nil
	}
	if offer.How == Peek {
		return true, nil
	}
	r.recordRead(to)
	return true, r.handOut(ctx, offer, to, messages)
}

// RecordAllHandedOut stores what the agent was handed before the agent gets its first hook.
func (r Reader) RecordAllHandedOut(ctx context.Context) error {
	defer r.lockHandOut().Unlock()
	var stored room.Presence
	if !r.attendees.o.SingleProcess { // another process may have handed out more
		// If the read fails, the agent is called for events that it has read.
		stored, _ = r.attendees.log.Items().PresenceOf(ctx, r.caller.Seat)
	}
	to := max(r.recordRead(stored.Read), r.knownDelivery().Shown)
	delivery, err := r.readDelivery(ctx) // another process may have written less since
	when := delivery.RecordShown(to)
	return r.writeDelivery(ctx, delivery, when, err)
}

// handOut applies Delivery.HandOut. For most calls the cache is enough to see that nothing is stored. Only a call
// that stores reads the table first, since its write replaces the whole item. r is locked.
func (r Reader) handOut(ctx context.Context, offer Offer, to int64, messages int) (err error) {
	hooked := messages > 0 && r.HasHooks()
	delivery := r.knownDelivery()
	when := delivery.HandOut(offer, to, messages, hooked)
	// The table may lack what a hooked agent was handed: another process may have written less since.
	if (when != Never || hooked) && !(delivery.fromTable && offer.current) {
		delivery, err = r.readDelivery(ctx)
		when = delivery.HandOut(offer, to, messages, hooked)
	}
	return r.writeDelivery(ctx, delivery, when, err)
}

// acknowledgeCursor records that the events up to cursor have arrived, and writes that if the last write is
// storeEvery old.
func (r Reader) acknowledgeCursor(ctx context.Context, cursor int64) {
	if due := r.cacheAcknowledged(cursor, 0); !due {
		return
	}
	defer r.lockHandOut().Unlock()
	delivery, err := r.readDelivery(ctx) // so that the write keeps what another process has written
	_ = r.writeDelivery(ctx, delivery, OncePerMinute, err)
}

// AcknowledgeUnstored caches what a message of the reader acknowledges: see Delivery.Acknowledge.
// The table is not told, since the message itself has cost a write.
func (r Reader) AcknowledgeUnstored(cursor, replyTo int64) { r.cacheAcknowledged(cursor, replyTo) }

// cacheAcknowledged applies Delivery.Acknowledge to the cache, and reports whether a write is due. Before the first
// read of the table, a write may be due even if cursor changes nothing in the cache.
func (r Reader) cacheAcknowledged(cursor, replyTo int64) (due bool) {
	r.attendees.mu.Lock()
	defer r.attendees.mu.Unlock()
	reading := r.cachedReading()
	when := reading.delivery.Acknowledge(cursor, replyTo)
	return (when == OncePerMinute || !reading.delivery.fromTable) &&
		r.attendees.now().Sub(reading.storedAt) >= storeEvery
}

// HoldBack stores the events that a stay was handed because they held back its message: see Delivery.HoldBack.
func (r Reader) HoldBack(ctx context.Context, offer Offer, to int64, key string) error {
	defer r.lockHandOut().Unlock()
	delivery, err := r.readDelivery(ctx)
	when := delivery.HoldBack(offer, to, key)
	return r.writeDelivery(ctx, delivery, when, err)
}

// ConfirmCredential reports whether the reader was warned of a credential: see Delivery.ConfirmCredential.
func (r Reader) ConfirmCredential(ctx context.Context, fingerprint, key string) (confirmed bool, err error) {
	defer r.lockHandOut().Unlock()
	delivery, err := r.readDelivery(ctx)
	if err != nil {
		return false, err
	}
	confirmed, when := delivery.ConfirmCredential(fingerprint, key)
	return confirmed, r.writeDelivery(ctx, delivery, when, nil)
}

// Arrived returns the last event that has surely arrived at a stay: see Delivery.ArrivedAt.
func (r Reader) Arrived(ctx context.Context, key string) (int64, error) {
	delivery, err := r.lockAndReadDelivery(ctx)
	return delivery.ArrivedAt(key), err
}

// HandedOut returns the last event that the reader was handed.
func (r Reader) HandedOut(ctx context.Context) (int64, error) {
	delivery, err := r.lockAndReadDelivery(ctx)
	return delivery.Newest(), err
}

// Cursor returns the cursor of an answer that hands nothing out, as far as the process knows: see Delivery.Cursor.
func (r Reader) Cursor(ctx context.Context) (n int64, ok bool, err error) {
	delivery := r.knownDelivery()
	if !delivery.fromTable {
		delivery, err = r.lockAndReadDelivery(ctx)
	}
	n, ok = delivery.Cursor()
	return n, ok, err
}

// HasHooks reports whether the agent is called when something is new.
func (r Reader) HasHooks() bool {
	agent, here := r.attendees.log.Peek().Seated(r.caller.Seat)
	return here && agent.IsCalled() && !r.caller.IsPerson()
}

// recordRead records, in the cache only, that the agent was handed the events up to n, and returns the last such
// event. The next write of the presence tells other processes; an agent with hooks tells them at once.
func (r Reader) recordRead(n int64) int64 {
	if r.caller.IsPerson() {
		return n
	}
	r.attendees.mu.Lock()
	defer r.attendees.mu.Unlock()
	cache := r.attendees.cachedSeat(r.caller.Seat)
	cache.presence.latest.Read = max(cache.presence.latest.Read, n)
	return cache.presence.latest.Read
}

// lockHandOut locks the handOutMu of the reader, and returns it.
func (r Reader) lockHandOut() *sync.Mutex {
	r.attendees.mu.Lock()
	handOutMu := &r.cachedReading().handOutMu
	r.attendees.mu.Unlock()
	handOutMu.Lock()
	return handOutMu
}

// cachedReading returns what is cached of the reader. Attendees.mu is held.
func (r Reader) cachedReading() *reading {
	return r.attendees.cachedSeat(r.caller.Seat).readingOf(*r.caller)
}

// knownDelivery returns the delivery as far as the process knows it.
func (r Reader) knownDelivery() Delivery {
	r.attendees.mu.Lock()
	defer r.attendees.mu.Unlock()
	return r.cachedReading().delivery
}

// lockAndReadDelivery waits for older calls that are handing out, and reads the delivery.
func (r Reader) lockAndReadDelivery(ctx context.Context) (Delivery, error) {
	defer r.lockHandOut().Unlock()
	return r.readDelivery(ctx)
}

// readDelivery returns the delivery. It reads the table if other processes write, since they may have handed out
// more. With an error it returns the delivery as the process knows it. r is locked.
func (r Reader) readDelivery(ctx context.Context) (Delivery, error) {
	known := r.knownDelivery()
	if known.fromTable && r.attendees.o.SingleProcess {
		return known, nil
	}
	stored, err := r.attendees.log.Items().ReadPosition(ctx, *r.caller)
	if err != nil {
		return known, err
	}
	return r.cacheDelivery(deliveryOf(stored, r.caller.Joined)), nil
}

// cacheDelivery caches delivery, and returns delivery with what was acknowledged meanwhile.
func (r Reader) cacheDelivery(delivery Delivery) Delivery {
	r.attendees.mu.Lock()
	defer r.attendees.mu.Unlock()
	reading := r.cachedReading()
	delivery.raise(reading.delivery.known()) // 8
	reading.delivery = delivery
	return delivery
}

// writeDelivery writes delivery to the table at once, unless when is Never, and caches delivery. acknowledgeCursor
// calls writeDelivery for OncePerMinute only if the last write is a minute old. failed is why delivery could not be
// read; nil: delivery was read. If the answer does not rely on the write, writeDelivery only logs a failure: the
// write may have happened, and a withheld answer would be lost. r is locked.
func (r Reader) writeDelivery(ctx context.Context, delivery Delivery, when WriteTime, failed error) error {
	now, err := r.attendees.now(), failed
	if err == nil && when != Never {
		err = r.attendees.log.Items().SetReadPosition(ctx, *r.caller, delivery.position())
	}
	canceled := ctx.Err() == context.Canceled
	if err != nil && (when == BeforeAnswer || when == BeforeAnswerIfPossible && canceled) {
		return err
	}
	r.attendees.mu.Lock()
	defer r.attendees.mu.Unlock()
	reading := r.cachedReading()
	if err == nil {
		delivery.raise(reading.delivery.known()) // 8
		reading.delivery = delivery
		if when != Never {
			reading.storedAt, reading.delivery.stored = now, delivery.position()
		}
		return nil
	}
	if when == BeforeAnswerIfPossible { // the answer is marked if it comes again
		reading.delivery.raise(line{Shown: delivery.Newest()})
	}
	if !canceled {
		r.attendees.o.Logger.WarnContext(ctx, "read position not written", "error", err)
	}
	return nil
}
