package chat_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// knockModel is a join that was refused. The room may let it in if another agent has
// its name.
type knockModel struct {
	n    int64
	at   time.Time
	name string
	seat int // that has the name; 0: none, the room was full
}

// knocks returns the knocks of the last ten minutes.
func (m model) knocks(r roomModel) []knockModel {
	return slices.DeleteFunc(slices.Clone(r.knocks), func(k knockModel) bool {
		return m.now.Sub(k.at) >= 10*time.Minute
	})
}

// mayKnock reports whether the agents of r see that a join was refused: once in ten
// minutes under each name while one agent has it, and six times in all; of a look-alike
// they see nothing.
func (m model) mayKnock(r roomModel, name string) bool {
	list := m.knocks(r)
	owner, _ := r.seatedAs(name)
	_, banned := listed(r.bans, name)
	return !r.closed && !m.over(r) && !banned && !r.seatedAlike(name) && len(list) < 6 &&
		!slices.ContainsFunc(list, func(k knockModel) bool {
			return strings.EqualFold(k.name, name) && k.seat == owner.seat
		})
}

// knockOp is the event by which a room sees that a join was refused.
type knockOp struct{ room, agent string }

func (o knockOp) on(m model) (model, error) {
	r, found := m.holder(o.room)
	old, taken := r.seatedAs(o.agent)
	if !found || !m.mayKnock(r, o.agent) || !taken && !r.full() {
		return m, &wrong{"a knock", o, "none"}
	}
	e := eventModel{seat: old.seat, Message: chat.Message{Type: chat.EventKnocked, Agent: o.agent,
		Reason: room.ReasonRoomFull}}
	if taken {
		e.Reason = room.ReasonNameTaken
	}
	r.knocks = append(m.knocks(r), knockModel{n: r.head() + 1, at: m.now, name: o.agent, seat: old.seat})
	r, err := m.append(r, e)
	return m.with(r), err
}

func (o knockOp) String() string { return o.agent + " knocks at " + o.room }

// readmitOp lets a name go, for an agent that knocked: an admin may or, in a room of two, the
// other.
type readmitOp struct {
	who   agentID
	knock int64 // the event
	note  string
	got   chat.Managed
	code  fault.Code
}

func (o readmitOp) on(m model) (model, error) {
	r, by, refused, err := m.admit(o.who, o.code)
	if err != nil || refused {
		return m, err
	}
	e, there := r.event(o.knock)
	sees := there && by.sees(e)
	i := slices.IndexFunc(m.knocks(r), func(k knockModel) bool { return k.n == o.knock && k.seat > 0 })
	old := agentModel{gone: true}
	if i >= 0 {
		old, _ = r.agent(e.seat)
	}
	want := fault.Code("")
	switch {
	case by.person.holds():
		want = fault.Paused
	case !sees:
		want = fault.InvalidArgument
	case r.closed:
		want = fault.RoomClosed
	case old.gone:
		want = fault.InvalidArgument
	case by.seat == old.seat, !by.admin && (r.capacity > 2 || r.silences(by)):
		want = fault.NotAllowed
	case m.saidSince(r, old, m.knocks(r)[i].at):
		want = fault.NotAllowed
	}
	if o.code != want || want != "" {
		return m, expectEqual("the code", o.code, want)
	}
	old.letGoAt, old.letGoFor, old.letGoFrom = m.now, m.knocks(r)[i].at, max(old.since, by.since)
	r, err = m.append(r.with(old), eventModel{seat: old.seat, by: by.seat, Message: chat.Message{
		Type: chat.EventRole, Agent: old.name, Action: room.Readmit, Note: o.note,
	}})
	if err != nil {
		return m, err
	}
	return m.with(r.with(by.call(m.now))), expectEqual("the answer", managed{status: o.got.Status, name: o.got.Name},
		managed{status: chat.StatusReadmitted, name: old.name})
}

// saidSince reports whether a itself said something after a time.
func (m model) saidSince(r roomModel, a agentModel, after time.Time) bool {
	last := time.Time{}
	for _, e := range r.log {
		if e.Type == chat.EventSaid && e.seat == a.seat && !e.Person && e.decides == 0 {
			last = e.at
		}
	}
	return !last.Before(after)
}

func (o readmitOp) String() string {
	return fmt.Sprintf("%v readmits by knock %d: %s%s", o.who, o.knock, o.got.Status, o.code)
}

// endedOp is a call with a token that its seat no longer has.
type endedOp struct {
	who  agentID
	code fault.Code
}

func (o endedOp) on(m model) (model, error) {
	codes := []fault.Code{fault.Removed, fault.TokenInvalid}
	if r, _ := m.room(o.who.room); m.over(r) {
		codes = append(codes, fault.RoomNotFound)
	}
	if !slices.Contains(codes, o.code) {
		return m, &wrong{"the code", o.code, codes}
	}
	return m, nil
}

func (o endedOp) String() string { return fmt.Sprintf("a former token of %v: %s", o.who, o.code) }

// leaveOp is a leave that was answered, with a last word or without.
type leaveOp struct {
	who  agentID
	text string
	got  chat.Left
	code fault.Code
}

func (o leaveOp) on(m model) (model, error) {
	r, _ := m.room(o.who.room)
	a, joined := r.agent(o.who.seat)
	switch {
	case !joined:
		return m, &wrong{"leave", o.who, "an agent that has joined"}
	case m.barred(r, a) != nil:
		return m, sameText("leave", []any{o.got.Status, o.code}, []any{chat.StatusAlreadyLeft, ""})
	case !r.closed && (a.person.holds() || o.text != "" && r.tooMany()):
		return m, expectEqual("the code", o.code, fault.Paused)
	case !r.closed && o.text != "" && r.silences(a):
		return m, expectEqual("the code", o.code, fault.NotAllowed)
	}
	if err := o.isUnread(m, r, a); err != nil && m.sequential {
		return m, err
	}
	if r.closed {
		return m, sameText("leave", []any{o.got.Status, o.code}, []any{chat.StatusAlreadyLeft, ""})
	}
	if o.got.Status != chat.StatusLeft || o.code != "" {
		return m, &wrong{"leave", o, chat.StatusLeft}
	}
	return lostLeave{o.who, o.text, o.got.NewAdmin, true}.on(m)
}

// isUnread compares what a leave returns with what its caller has not read.
func (o leaveOp) isUnread(m model, r roomModel, a agentModel) (err error) {
	low, high := m.unreadFrom(a)
	if !m.oneService { // elsewhere a service may not know what was shown here
		low = a.joined
	}
	for n := low; n <= max(low, high, a.shown); n++ {
		news := r.newsAfter(a, n, r.head())
		fits := min(len(news), len(o.got.Messages))
		var want []chat.Message
		for _, e := range news[:fits] {
			want = append(want, r.news(a, e))
		}
		err = m.sameMessages(o.got.Messages, want)
		switch {
		case err == nil && (fits < min(len(news), fewestShown) || o.got.HasMore != (fits < len(news))):
			err = &wrong{"leave returns", o.got, brief(want)}
		case err == nil:
			return nil
		}
	}
	return err
}

func (o leaveOp) String() string {
	return fmt.Sprintf("%v leaves, saying %q: %s%s %s", o.who, o.text, o.got.Status, o.code, brief(o.got.Messages))
}
