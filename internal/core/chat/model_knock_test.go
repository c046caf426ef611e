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

// knockModel is a join that was refused.
type knockModel struct {
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
	r.knocks = append(m.knocks(r), knockModel{at: m.now, name: o.agent, seat: old.seat})
	r, err := m.append(r, e)
	return m.with(r), err
}

func (o knockOp) String() string { return o.agent + " knocks at " + o.room }

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
	case !r.closed && (a.person.holds() || o.text != "" && r.tooMany() && !r.silences(a)):
		return m, expectEqual("the code", o.code, fault.Paused)
	}
	if err := o.isUnread(m, r, a); err != nil && m.sequential {
		return m, err
	}
	if r.closed {
		return m, sameText("leave", []any{o.got.Status, o.code}, []any{chat.StatusAlreadyLeft, ""})
	}
	if o.got.Status != chat.StatusLeft || o.code != "" || o.got.Unsaid != (o.text != "" && r.silences(a)) {
		return m, &wrong{"leave", o, chat.StatusLeft}
	}
	return lostLeave{o.who, o.text, o.got.NewAdmin, true}.on(m)
}

// isUnread compares what a leave returns with what its caller has not read.
func (o leaveOp) isUnread(m model, r roomModel, a agentModel) (err error) {
	high := max(a.handed, a.guarded)
	low := high
	if !m.oneService { // elsewhere a service may not know what was handed out here
		low = a.joined
	}
	for n := low; n <= high; n++ {
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
