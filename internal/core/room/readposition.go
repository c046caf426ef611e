package room

// ReadPosition is the stored record of the events handed out to an agent, or to one device of its person. Only
// package presence reads the fields, and draws conclusions: see presence.Delivery.
type ReadPosition struct {
	V          int   `json:"v"`
	Arrived    int64 `json:"acked,omitempty"`   // up to this event, acknowledged by a cursor
	Handed     int64 `json:"handed,omitempty"`  // up to this event, handed out; of an agent without hooks it lags behind
	HeldBackTo int64 `json:"guarded,omitempty"` // the same for a held back send of a stay
	// Credential is the fingerprint, in hex, of a message held back for a likely credential, and behind a space
	// the idempotency key of a call of the page.
	Credential  string `json:"credential,omitempty"`
	HeldBackKey string `json:"key,omitempty"` // the idempotency key of the send of HeldBackTo
	// HeldBackTimes is not 0 if others have held back the send of HeldBackTo, or one before it.
	HeldBackTimes int   `json:"held,omitempty"`
	LeaveHeldTo   int64 `json:"leaves,omitempty"` // the last event that held back a leave of the agent; 0: none did yet
}
