package room

import "slices"

// Person is what a room knows of the person behind a seat.
type Person struct {
	// Devices are ident.HashSecret of the secrets of the person's tokens, one for each
	// device, the latest last.
	Devices []string `json:"devices,omitempty"`
	// Opened is how many links of the seat were opened or have ended: the number of the one
	// that can be opened next (ident.NewClaim).
	Opened int `json:"opened,omitempty"`
	// Adds says that the person has asked for a link for a further device. Without one the
	// first link can be opened.
	Adds bool `json:"adds,omitempty"`
	// From is the first event that the person and the agent may tell each other in notes:
	// those before it were of others who had the seat.
	From int64 `json:"from,omitempty"`

	// The reins.
	Paused  bool    `json:"paused,omitempty"`  // the agent may not speak
	Approve bool    `json:"approve,omitempty"` // the person decides about each message
	Drafts  []Draft `json:"drafts,omitempty"`  // that the person has yet to decide about
}

// Draft is a message of an agent about which its person has yet to decide.
type Draft struct {
	N           int64    `json:"n"`  // the event that has it
	AtMs        int64    `json:"at"` // when it was made
	Fingerprint [16]byte `json:"fp"`
}

// clone returns a copy that shares nothing with p.
func (p Person) clone() Person {
	p.Devices, p.Drafts = slices.Clone(p.Devices), slices.Clone(p.Drafts)
	return p
}

// Steer returns the event after which p is behind a. The agent of that seat and the person
// see it if it has a reason, and others never do.
func Steer(a Agent, p Person, why Reason) Event {
	return Event{Type: Steered, Seat: a.Seat, Name: a.Name, To: []int{a.Seat}, Person: true, Reason: why, Behind: &p}
}
