package room

// ReadPosition is what is stored of what an agent, or one device of its person, was handed. Package presence alone
// reads its fields, and says what follows from them: see presence.Delivery.
type ReadPosition struct {
	V          int   `json:"v"`
	Acked      int64 `json:"acked,omitempty"`   // a cursor or a reply acknowledged the events up to this one
	BatchAfter int64 `json:"from,omitempty"`    // the last batch that a call without a cursor got begins after this event
	HandedTo   int64 `json:"handed,omitempty"`  // calls without a cursor were handed the events up to this one
	ShownTo    int64 `json:"given,omitempty"`   // so were calls with a cursor, of an agent with hooks
	HeldTo     int64 `json:"guarded,omitempty"` // so was a send of a stay that was held back
	// Credential is the fingerprint, in hex, of a message that was held back since it seems to hold a credential, and
	// behind a space the idempotency key of a call of the page.
	Credential string `json:"credential,omitempty"`
	HeldKey    string `json:"key,omitempty"` // the idempotency key of the send of HeldTo
}
