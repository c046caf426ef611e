package room

import (
	"crypto/subtle"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
)

// The reasons of a SupervisionSet about links.
const (
	ReasonOpened Reason = "opened"       // a further device has opened a link
	ReasonTwice  Reason = "opened_twice" // another device has tried to open a used link
)

// Person is the room's record of the person behind a seat.
type Person struct {
	// Devices has, for each device of the person, the ident.HashSecret of the secret of its token, the latest last.
	Devices []string `json:"devices,omitempty"`
	// Opened is how many links of the seat were opened or have ended, and so the number of the next link to
	// open (ident.NewLinkCode).
	Opened int `json:"opened,omitempty"`
	// Adds says that the person has asked for a link for a further device. The first link opens without such a
	// request.
	Adds bool `json:"adds,omitempty"`
	// TriedMs is when the person last heard of an attempt to open a used link.
	TriedMs int64 `json:"tried,omitempty"`

	// Name is the person's name for all in the room; "" for none. No other name in the room looks like it: see
	// State.NamePerson.
	Name string `json:"name,omitempty"`

	// The person's decisions about the agent's messages.
	Paused bool `json:"paused,omitempty"` // the agent may not speak
	// Approve says that the person decides about messages: about the selection of ApproveSome if there is one,
	// else about all. So a program without ApproveSome holds back all messages, not none.
	Approve     bool      `json:"approve,omitempty"`
	ApproveSome Selection `json:"some,omitzero"`
	Drafts      []Draft   `json:"drafts,omitempty"` // waiting for the person's decision
}

// Draft is an agent's message that waits for the decision of the person.
type Draft struct {
	N    int64 `json:"n"`  // the event with the message
	AtMs int64 `json:"at"` // when the agent made the draft
}

// LosesToken reports whether event, an event after the call of c, ends the token of c: the seat was regained under
// another token, or a further device took the place of the caller's device.
func (c Caller) LosesToken(event Event) bool {
	person := event.Behind
	if event.Regains && event.Agent != nil {
		person = &event.Agent.Person
	}
	switch {
	case event.Seat != c.Seat || person == nil:
		return false
	case c.IsPerson():
		return !slices.Contains(person.Devices, c.Device)
	}
	return event.Regains && event.Agent.Hash != c.Hash // else a key has admitted the agent: see Agent.Admit
}

// WithDevice returns p with a further device, whose token has this hash.
func (p Person) WithDevice(hash string) Person {
	p.Devices = append(slices.Clone(p.Devices[max(0, len(p.Devices)+1-core.MaxDevices):]), hash)
	return p
}

// HashedToken is a token without its secret, of a seat or for a future seat. A call hashes its token once, and
// compares the HashedToken with every head.
type HashedToken struct {
	Seat   int    // 0: no seat yet
	Hash   string // ident.HashSecret of the secret
	Person bool   // the token is a person's, with or without an agent
	Joined int64  // the token is a stay of the agent that joined with this event; 0: no stay
}

// HashToken returns t without its secret.
func HashToken(t ident.Token) HashedToken {
	return HashedToken{Seat: t.Seat, Hash: ident.HashSecret(t.Secret), Person: t.Person, Joined: t.Joined}
}

// Has reports, in constant time, whether the token's secret has this hash.
func (x HashedToken) Has(hash string) bool {
	return subtle.ConstantTimeCompare([]byte(x.Hash), []byte(hash)) == 1
}

// WithToken returns a under a new token. The person behind a stays.
func (a Agent) WithToken(token HashedToken) Agent {
	a.Hash = token.Hash
	if token.Person {
		a.Hash, a.Person = "", a.Person.WithDevice(token.Hash)
	}
	return a
}

// HasOpened reports whether the person has opened a link of the seat, and so can speak. Until then the agent
// may pass a link on.
func (p Person) HasOpened() bool { return len(p.Devices) > 0 }

// KeepPerson is how long the person behind an agent stays known after the agent has lost its seat. A new seat
// of the same principal under the same name gets the same person, with devices, pause and approval. Otherwise
// an agent could leave, join again, open the new link itself, and speak unsupervised, or as its person.
const KeepPerson = 24 * time.Hour

// Departure is the last event that freed the seat of an agent with a person to keep: see LeavesPerson.
type Departure struct {
	N    int64 `json:"n"`
	AtMs int64 `json:"at"`
}

// Matters reports whether a person kept since d may be behind an agent that joins now.
func (d Departure) Matters(now time.Time) bool {
	return d.N > 0 && now.Sub(time.UnixMilli(d.AtMs)) < KeepPerson
}

// LeavesPerson reports whether the person behind a stays known after a loses its seat. An endpoint does not
// come back by itself.
func (a Agent) LeavesPerson() bool {
	return a.Principal != "" && a.Person.HasOpened() && a.ActsByItself()
}

// Kept returns p as the person behind a new seat, without the old name: others may have the name since.
func (p Person) Kept() Person {
	p.Drafts, p.Adds, p.Name = nil, false, ""
	return p
}

// NamePerson returns the event that names the person behind agent, by the rules for a newcomer's name; the zero name
// removes the name. It returns nil if nothing changes. The error is a *fault.Error.
func (s *State) NamePerson(agent Agent, name ident.Name) (*Event, error) {
	person := agent.Person
	if name.Shown == person.Name {
		return nil, nil
	}
	if _, banned := FindBan(s.Bans, name.Shown); name.Shown != "" && (banned || s.isConfusable(name, agent)) {
		return nil, fault.Refuse(fault.NameTaken, "An agent or another person in this room has this name or one that "+
			"looks like it, or an admin has banned it. Nothing was changed: choose another.")
	}
	person.Name = name.Shown
	return new(agent.Supervise(person, "")), nil
}

// nameOfPerson returns the name of the person who did event; "" if an agent did event, or the person has no name.
func (s *State) nameOfPerson(event Event) string {
	agent, here := s.Seated(event.Actor())
	if !here || !event.Person {
		return ""
	}
	return agent.PersonsName()
}

// PersonIn returns the name, at that time, of the person who did the logged event: see nameOfPerson. Older
// programs recorded no names: in their events, a person without an agent has the name of its seat while the
// seat exists.
func (s *State) PersonIn(event Event) string {
	if event.Person { // few events are of a person, so few seats are looked up
		if agent, here := s.Seated(event.Actor()); here && agent.IsPersonOnly() {
			return agent.Name
		}
	}
	return event.PersonName
}

// checkNote returns the reason why a person must not say event to its own agent, or nil. A note to a muted agent is
// allowed, because nobody else sees the note.
func (h *Head) checkNote(agent Agent, event Event) error {
	switch {
	case h.Closed:
		return h.RefuseClosed()
	case agent.IsPersonOnly():
		return fault.Refuse(fault.InvalidArgument, "to names yourself, and you have no agent here that could read "+
			"it. Nothing was sent: name others.")
	case !event.IsNote(), len(event.Ask) > 0:
		return fault.Refuse(fault.InvalidArgument, "What you say to your own agent is a note, which nobody else "+
			"sees. Nothing was sent: leave kind, ask and withdraw out, or name others in to.")
	}
	return nil
}

// Supervise returns the event after which p is behind a. If the event has a reason, the agent and the person
// see the event; others never do.
func (a Agent) Supervise(p Person, why Reason) Event {
	return Event{Type: SupervisionSet, Seat: a.Seat, Name: a.Name, To: []int{a.Seat}, Person: true, Reason: why,
		Behind: &p}
}
