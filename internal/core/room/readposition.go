package room

// ReadPosition is how far a seat has read. It is written at most once a minute for
// calls with a cursor, and by every call without one that hands something out.
type ReadPosition struct {
	V      int   `json:"v"`
	Acked  int64 `json:"acked,omitempty"`  // the last event that a cursor or a reply acknowledged
	From   int64 `json:"from,omitempty"`   // the last batch handed out without a cursor began after this event
	Handed int64 `json:"handed,omitempty"` // and ended with this one
	// Given is the last event that any call handed out. It is stored for a seat with hooks, which is
	// called again only after it has read.
	Given   int64 `json:"given,omitempty"`
	Guarded int64 `json:"guarded,omitempty"` // of a stay: the last event handed out when a send was held back
	// Credential is the fingerprint, in hex, of a message that was held back since it seems
	// to hold a credential. The same one again is sent.
	Credential string `json:"credential,omitempty"`
	HeldKey    string `json:"key,omitempty"` // the idempotency key of that send
}

// Next returns where a call without a cursor begins, and up to where its events were handed out
// before. A batch is handed out once more unless something shows that it arrived: clients give up
// without saying so, and a Lambda function never learns that one has left.
func (p ReadPosition) Next() (after, repeatTo int64) { return max(p.From, p.Acked), p.Handed }

// Unsure returns the events, after one and up to another, that were handed out twice without a cursor, and that nothing
// shows to have arrived: two answers in a row may have been lost.
func (p ReadPosition) Unsure() (after, to int64) { return p.Acked, p.From }

// Read returns the last event that the agent was handed, as far as p tells.
func (p ReadPosition) Read() int64 { return max(p.Acked, p.Handed, p.Given) }

// Arrived returns the last event that surely has arrived at an agent that knows no cursor and says
// something under a key: all that it was handed, but for the answer to this very call, which was held
// back before. That may be lost.
func (p ReadPosition) Arrived(key string) int64 {
	if key != "" && key == p.HeldKey {
		return p.Read()
	}
	return max(p.Read(), p.Guarded)
}

// Handing returns the position after a call without a cursor was handed the events from after+1
// to to. Those up to repeatTo had been handed out before.
func (p ReadPosition) Handing(after, to, repeatTo int64) ReadPosition {
	p.From, p.Handed = max(after, repeatTo), max(to, p.Handed)
	return p
}
