package presence

// A stay is a reader that knows no cursor, since its client speaks A2A. So each call of a stay shows that the answer
// before has arrived, unless the call repeats a message: then the answer may have been lost. Bob stays, and has joined
// with event 40:
//
//  1. Bob was handed 41, and calls again: 41 has arrived.
//  2. Bob has 41, said 42 under key k, was handed 43 with 42, and says k again: 43 comes again.
//  3. 41 held back Bob's message under key k: k again gets 41 again: the answer may be lost.

// heldBack is the last answer that held back a message of a stay.
type heldBack struct {
	to    int64  // the last event of the answer; 0: none
	key   string // the idempotency key of the message
	times int    // 1 (of older programs 2): others held back that message, or one before it; 0: they did not
}

// inStay returns offer, made for a call without a cursor, as an offer for a call of a stay.
func (d Delivery) inStay(offer Offer, query Query) Offer {
	if n := d.ArrivedAt(query.key); query.repeats == 0 || n < query.repeats { // 1, 2
		offer.Arrived, offer.After = n, max(offer.After, n)
	}
	return offer
}

// HoldBack records that a stay was handed the events of offer up to to, which held back its message under key. byOthers
// says that others did that, or held back one before it.
func (d *Delivery) HoldBack(offer Offer, to int64, byOthers bool, key string) WriteTime { // 3
	d.raise(line{Arrived: offer.Arrived})
	d.heldBack = heldBack{to: to, key: key}
	if byOthers {
		d.heldBack.times = 1
	}
	return BeforeAnswer
}

// EndHold records that a message of the stay went through.
func (d *Delivery) EndHold() WriteTime {
	d.heldBack.times = 0
	return BeforeAnswerIfPossible
}

// HeldBefore reports whether others held back a message of a stay before the one under key, and none has gone through
// since. The answer that held back the same message may be lost.
func (d Delivery) HeldBefore(key string) bool {
	return d.heldBack.times > 0 && (key == "" || key != d.heldBack.key) // 3
}

// ArrivedAt returns the last event that has surely arrived at a stay that sends a message under key: all that the stay
// was handed, but not the answer that held back the same message.
func (d Delivery) ArrivedAt(key string) int64 {
	if key != "" && key == d.heldBack.key { // 3
		return d.Handed
	}
	return max(d.Handed, d.heldBack.to) // 1
}
