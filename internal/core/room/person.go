package room

import (
	"crypto/subtle"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
)

// The reasons of a SupervisionSet about links.
const (
	ReasonOpened Reason = "opened"       // a further device has opened a link
	ReasonTwice  Reason = "opened_twice" // another device has tried to open a link that was used
)

// Person is what a room knows of the person behind a seat.
type Person struct {
	// Devices are ident.HashSecret of the secrets of the person's tokens, one for each
	// device, the latest last.
	Devices []string `json:"devices,omitempty"`
	// Opened is how many links of the seat were opened or have ended: the number of the one
	// that can be opened next (ident.NewLinkCode).
	Opened int `json:"opened,omitempty"`
	// Adds says that the person has asked for a link for a further device. Without one the
	// first link can be opened.
	Adds bool `json:"adds,omitempty"`
	// TriedMs is when the person last heard that a used link was opened.
	TriedMs int64 `json:"tried,omitempty"`

	// Name is what the person wants to be called by all in the room; "" for nothing. It is like no other name
	// there: see State.NamePerson.
	Name string `json:"name,omitempty"`

	// The person's decisions about the agent's messages.
	Paused bool `json:"paused,omitempty"` // the agent may not speak
	// Approve says that the person decides about messages: about each, or about those of ApproveSome if that is set.
	// So a program that does not know ApproveSome holds back all of them, and not none.
	Approve     bool      `json:"approve,omitempty"`
	ApproveSome Selection `json:"some,omitzero"`
	Drafts      []Draft   `json:"drafts,omitempty"` // that the person has yet to decide about
}

// Draft is a message of an agent about which its person has yet to decide.
type Draft struct {
	N           int64    `json:"n"`  // the event that has it
	AtMs        int64    `json:"at"` // when it was made
	Fingerprint [16]byte `json:"fp"`
}

// LosesToken reports whether e, which follows the call of c, ends the token of c: the seat was
// regained under another token, or a further device took the place of the caller's.
func (c Caller) LosesToken(e Event) bool {
	p := e.Behind
	if e.Regains && e.Agent != nil {
		p = &e.Agent.Person
	}
	switch {
	case e.Seat != c.Seat || p == nil:
		return false
	case c.IsPerson():
		return !slices.Contains(p.Devices, c.Device)
	}
	return e.Regains
}

// MaxDevices is how many devices of a person have a token of a seat. A further one takes
// the place of the oldest.
const MaxDevices = 4

// WithDevice returns p with a further device, which has a token with this hash.
func (p Person) WithDevice(hash string) Person {
	p.Devices = append(slices.Clone(p.Devices[max(0, len(p.Devices)+1-MaxDevices):]), hash)
	return p
}

// IsAlone reports whether a person has the seat, and nobody a token of an agent for it.
func (a Agent) IsAlone() bool { return a.Hash == "" && a.Person.HasOpened() }

// Holder is who holds a token, or is to have a seat by one: the token without its secret. A call
// hashes its token once, and compares the Holder with every head that it looks at.
type Holder struct {
	Seat   int    // 0: one that is not given yet
	Hash   string // ident.HashSecret of the secret
	Person bool   // it is the person behind the agent of the seat, or one without an agent
	Joined int64  // the token is a stay, of the agent that joined with this event; 0: it is none
}

// HolderOf returns the holder of t.
func HolderOf(t ident.Token) Holder {
	return Holder{Seat: t.Seat, Hash: ident.HashSecret(t.Secret), Person: t.Person, Joined: t.Joined}
}

// Has reports, in constant time, whether the token has a secret with this hash.
func (x Holder) Has(hash string) bool {
	return subtle.ConstantTimeCompare([]byte(x.Hash), []byte(hash)) == 1
}

// HeldBy returns a with a new holder. The person behind it stays.
func (a Agent) HeldBy(x Holder) Agent {
	a.Hash = x.Hash
	if x.Person {
		a.Hash, a.Person = "", a.Person.WithDevice(x.Hash)
	}
	return a
}

// HasOpened reports whether the person has opened a link of its agent's seat, and so can
// speak. Until then the agent may pass a link on.
func (p Person) HasOpened() bool { return len(p.Devices) > 0 }

// KeepPerson is how long the person behind an agent stays known once the agent has lost its seat.
// A new seat of the same principal under the same name has that person: its devices, its pause
// and its approval. Otherwise an agent could leave, join again, open the new link itself, and
// speak unsupervised, or as its person.
const KeepPerson = 24 * time.Hour

// Departure is the last event that freed the seat of an agent whose person stays known.
type Departure struct {
	N    int64 `json:"n"`
	AtMs int64 `json:"at"`
}

// Matters reports whether a person that stays known may be that of an agent that joins now.
func (d Departure) Matters(now time.Time) bool {
	return d.N > 0 && now.Sub(time.UnixMilli(d.AtMs)) < KeepPerson
}

// LeavesPerson reports whether the person behind a stays known when a loses its seat. An endpoint does not come back
// by itself.
func (a Agent) LeavesPerson() bool {
	return a.Principal != "" && a.Person.HasOpened() && a.ActsByItself()
}

// Kept returns p as it is behind a new seat. Its name goes with the old one: others may have it since.
func (p Person) Kept() Person {
	p.Drafts, p.Adds, p.Name = nil, false, ""
	return p
}

// NamePerson returns the event after which the person behind a has the name n, which goes by the rules for the name
// of a newcomer, or none if n is the zero value; nil if that is so. The error is a *fault.Error.
func (s *State) NamePerson(a Agent, n ident.Name) (*Event, error) {
	p := a.Person
	if n.Shown == p.Name {
		return nil, nil
	}
	if _, banned := FindBan(s.Bans, n.Shown); n.Shown != "" && (banned || s.isTaken(n, a)) {
		return nil, fault.Refuse(fault.NameTaken, "An agent or another person in this room has this name or one that "+
			"looks like it, or an admin has banned it. Nothing was changed: choose another.")
	}
	p.Name = n.Shown
	return new(a.Supervise(p, "")), nil
}

// nameOfPerson returns how the person who did e is called; "" if an agent did it, or without a name. A person
// without an agent has the name of its seat.
func (s *State) nameOfPerson(e Event) string {
	a, here := s.Seated(e.Actor())
	switch {
	case !here || !e.Person:
		return ""
	case a.IsAlone():
		return a.Name
	}
	return a.Person.Name
}

// PersonIn returns how the person who did e, which is in the log, was called: see nameOfPerson. An older program has
// noted no names: by it, a person without an agent has the one of its seat as long as that is there.
func (s *State) PersonIn(e Event) string {
	if e.Person { // which few events are: a reader of many looks up no seat
		if a, here := s.Seated(e.Actor()); here && a.IsAlone() {
			return a.Name
		}
	}
	return e.PersonName
}

// checkNote returns the reason why a person must not say e to its own agent; nil if there is
// none. A note is allowed even if the agent is muted, because nobody else sees it.
func (h *Head) checkNote(a Agent, e Event) error {
	switch {
	case h.Closed:
		return h.RefuseClosed()
	case a.IsAlone():
		return fault.Refuse(fault.InvalidArgument, "to names yourself, and you have no agent here that could read "+
			"it. Nothing was sent: name others.")
	case !e.IsNote(), len(e.Ask) > 0:
		return fault.Refuse(fault.InvalidArgument, "What you say to your own agent is a note, which nobody else "+
			"sees. Nothing was sent: leave kind, ask and withdraw out, or name others in to.")
	}
	return nil
}

// Supervise returns the event after which p is behind a. If it has a reason, the agent and the person
// see it; others never do.
func (a Agent) Supervise(p Person, why Reason) Event {
	return Event{Type: SupervisionSet, Seat: a.Seat, Name: a.Name, To: []int{a.Seat}, Person: true, Reason: why,
		Behind: &p}
}
