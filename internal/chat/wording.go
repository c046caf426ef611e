package chat

import (
	"slices"
	"time"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/room"
)

// The limits on arguments that are the same in every room.
const (
	MaxKey      = 64                // characters of an idempotency key
	MaxActivity = 80                // characters of an activity
	MaxWait     = 12 * time.Hour    // that a call waits
	MaxBackIn   = 120 * time.Minute // of an announced absence
)

// wording is what a message would be in any room.
type wording struct {
	Text      string
	Kind      room.Kind
	Withdraws bool // it takes something back
	To        bool // it names its readers
	Asks      bool // it names who owes an answer
	Key       string
	Wait      time.Duration // for an answer
	BackIn    time.Duration // until the announced return
	Activity  string        // what the agent is doing
}

// Check refuses what cannot be a message in any room. The error is a *fault.Error.
func (m wording) Check() error {
	if wordless := m.Kind == room.Agree || m.Withdraws; m.Text != "" || !wordless {
		if err := room.CheckText(m.Text); err != nil {
			return err
		}
	}
	vote := m.Kind == room.Agree || m.Kind == room.Object
	switch {
	case m.Kind != "" && !slices.Contains(room.Kinds(), m.Kind):
		return fault.Refuse(fault.InvalidArgument, "kind must be message, request (wants an answer), status (wants none), proposal (wants everyone to agree), agree, object or done (you are finished). Nothing was sent.")
	case m.Asks && (m.Kind == room.Status || m.Kind == room.Done || vote):
		return fault.Refuse(fault.InvalidArgument, "ask does not go with kind %s, which wants no answer. Nothing was sent: leave ask out, or use kind request.", m.Kind)
	case m.Withdraws && (m.Kind == room.Proposal || m.Kind == room.Request || vote || m.To || m.Asks):
		return fault.Refuse(fault.InvalidArgument, "withdraw takes a request or proposal back, for those who saw it, and goes with no kind, to or ask that asks anew. Nothing was sent: use two calls.")
	case m.Wait < 0 || m.Wait > MaxWait:
		return fault.Refuse(fault.InvalidArgument, "wait_seconds must be from 0 to %d. Nothing was sent.", fault.Seconds(MaxWait))
	case utf8.RuneCountInString(m.Key) > MaxKey || !utf8.ValidString(m.Key) || room.HasControls(m.Key, ""):
		return fault.Refuse(fault.InvalidArgument, "idempotency_key: at most %d characters without control characters. Nothing was sent.", MaxKey)
	}
	return checkPresence(m.BackIn, m.Activity)
}

// checkPresence refuses what no agent can say about itself.
func checkPresence(backIn time.Duration, activity string) error {
	switch {
	case backIn < 0 || backIn > MaxBackIn:
		return fault.Refuse(fault.InvalidArgument, "back_in_minutes must be from 0 (you are back) to %d. Nothing was done.", int(MaxBackIn.Minutes()))
	case utf8.RuneCountInString(activity) > MaxActivity || !utf8.ValidString(activity) || room.HasControls(activity, ""):
		return fault.Refuse(fault.InvalidArgument, "activity: at most %d characters without control characters. Nothing was done.", MaxActivity)
	}
	return room.CheckSecret("activity", activity)
}

// checkWait refuses a wait that no seat can make, and what no agent can say about itself with
// it. The error is a *fault.Error.
func checkWait(wait, backIn time.Duration, activity string) error {
	if wait < 0 || wait > MaxWait {
		return fault.Refuse(fault.InvalidArgument, "wait_seconds must be from 0 to %d.", fault.Seconds(MaxWait))
	}
	return checkPresence(backIn, activity)
}

// addressees returns the agents of names, but the one of the seat me, each once and in
// the order of their seats. field is the argument that has the names, for the refusal.
func addressees(s *room.State, me int, field string, names []string) (found []room.Agent, err error) {
	if len(names) > room.MaxCapacity {
		return nil, fault.Refuse(fault.InvalidArgument, "%s: at most %d names. Nothing was sent.", field, room.MaxCapacity)
	}
	for i, key := range nameKeys(names) {
		a, here := s.Named(key)
		switch {
		case !here:
			return nil, fault.Refuse(fault.InvalidArgument, "%s: number %d does not name an agent in this room. Nothing was sent: room_info tells who is there; leave %s out to speak to all.", field, i+1, field)
		case a.Seat != me && !slices.ContainsFunc(found, func(x room.Agent) bool { return x.Seat == a.Seat }):
			found = append(found, a)
		}
	}
	if len(found) == 0 {
		return nil, fault.Refuse(fault.InvalidArgument, "%s names only yourself. Nothing was sent: name others, or leave %s out to speak to all.", field, field)
	}
	slices.SortFunc(found, func(a, b room.Agent) int { return a.Seat - b.Seat })
	return found, nil
}

// sameCompany reports whether two lists name the same agents, apart from a itself.
func sameCompany(a room.Agent, names, others []string) bool {
	return slices.Equal(company(a, names), company(a, others))
}

// company returns the keys of names, each once, without that of a.
func company(a room.Agent, names []string) []string {
	keys := nameKeys(names)
	slices.Sort(keys)
	return slices.DeleteFunc(slices.Compact(keys), func(key string) bool { return key == a.Key })
}

// nameKeys returns the keys of names; "" for what cannot be a name.
func nameKeys(names []string) []string {
	keys := make([]string, len(names))
	for i, s := range names {
		if n, err := ident.AgentName(s); err == nil {
			keys[i] = n.Key
		}
	}
	return keys
}

// ShortText is the length, in bytes, below which a repeated text can be meant again
// once another agent has spoken: "yes".
const ShortText = 40

// repeats returns the last message of a, if e repeats it; 0 if not. known is false if the
// index of h does not cover that message. read is the last event that the call's cursor
// shows as read; -1 without a cursor. If that precedes the message, the caller has not heard
// the answer of the call that said it, and e repeats it, however short it is and whoever has
// spoken since.
func repeats(h *room.Head, a room.Agent, e room.Event, fingerprint [16]byte, read int64, now time.Time) (n int64, known bool) {
	u, known := h.LastSaid(a, now)
	same := u.Fingerprint == fingerprint
	if e.IsVote() && e.ReplyTo == 0 && !h.Talk.AsksToAgree(a.Seat, now) { // the proposal may be the one that this vote has ended
		e.ReplyTo = u.ReplyTo
		same = u.Fingerprint == e.Fingerprint()
	}
	if u.N == 0 || !same || now.Sub(u.At) >= room.RepeatWindow {
		return 0, known
	}
	unheard := read >= 0 && read < u.N
	if len(e.Text) < ShortText && h.Recent.NewestMessage(a.Seat) > u.N && !unheard {
		return 0, known
	}
	return u.N, known
}

// overtaken returns the one of said that e repeats; 0 if none. They are messages of its
// agent that may be newer than the call of e: then the client has given that call up, has
// repeated it elsewhere, and may have said more since. So neither the length of the text
// counts, nor who has spoken. The error is a *fault.Error: of a text that was removed
// nobody can tell whether e would bring it back.
func overtaken(said []room.Saying, e room.Event, fingerprint [16]byte) (n int64, err error) {
	for _, s := range said {
		same := s.Fingerprint == fingerprint
		if e.IsVote() && e.ReplyTo == 0 { // it must not become one on a later proposal
			vote := e
			vote.ReplyTo = s.ReplyTo
			same = s.Fingerprint == vote.Fingerprint()
		}
		switch {
		case s.Removed():
			err = fault.RetryLater(fault.Unavailable, 2*time.Second, "A text that you sent at the same time was removed, "+
				"and this may be the same one. Nothing was sent: if it is another, repeat this call in 2 seconds.")
		case same:
			return s.N, nil
		}
	}
	return 0, err
}
