package chat_test

import (
	"fmt"
	"slices"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
)

// The calls of the model, each with the answer that its caller got.

// joinAct is a join that was given a seat.
type joinAct struct {
	name string
	who  ticket
	got  chat.Seated
}

func (a joinAct) on(s oneRoom) (oneRoom, bool) {
	status := chat.StatusJoined
	if len(s.seats) == 0 { // a room that nobody is in begins anew
		s, status = s.anew(a.who.room), chat.StatusCreated
	}
	words := s.words()
	if s.id != a.who.room || s.next() != a.who.seat || a.got.Status != status || !slices.Equal(toldLines(a.got.Messages), words) {
		return s, false
	}
	return s.sit(a.name)
}

// words are the last that were said since a seat was given up, which a newcomer is
// told.
func (s oneRoom) words() []string {
	said := shownLines(s.log, s.given, int64(len(s.log)), func(e happening) bool { return e.kind == chat.Said })
	return said[max(0, len(said)-20):]
}

func (a joinAct) String() string {
	return fmt.Sprintf("%s joins: %s, seat %d of %s, told %q", a.name, a.got.Status, a.who.seat, a.who.room, toldLines(a.got.Messages))
}

// comeAct is what a join does of which nothing was heard.
type comeAct struct{ name string }

func (a comeAct) on(s oneRoom) (oneRoom, bool) {
	if len(s.seats) > 0 {
		return s.sit(a.name)
	}
	for id := range s.story.rooms {
		if next, ok := s.anew(id).sit(a.name); ok && !s.begun(id) {
			return next, true
		}
	}
	return s, false
}

func (a comeAct) String() string { return a.name + " joins" }

// refuseAct is a join that was given none.
type refuseAct struct {
	name string
	code fault.Code
}

func (a refuseAct) on(s oneRoom) (oneRoom, bool) {
	_, taken := s.named(a.name)
	if a.code == fault.NameTaken {
		return s, taken
	}
	return s, !taken && s.full()
}

func (a refuseAct) String() string { return fmt.Sprintf("%s joins: %s", a.name, a.code) }

// knockAct is what a join may do that found no seat.
type knockAct struct{ name string }

func (a knockAct) on(s oneRoom) (oneRoom, bool) {
	if s.heard || !s.full() {
		return s, false
	}
	s.heard = true
	return s.add(happening{kind: chat.SeatWanted, name: a.name})
}

func (a knockAct) String() string { return a.name + " knocks" }

// lookAct is an answer that tells who is in the room, or how many beside the caller.
type lookAct struct {
	who    ticket
	agents []chat.Agent // nil: not told
	others int          // -1: not told
}

func (a lookAct) on(s oneRoom) (oneRoom, bool) {
	others := len(s.seats)
	if _, here := s.of(a.who); here {
		others--
	}
	agents := a.agents == nil || slices.Equal(seats(chat.Room{Agents: a.agents}), s.names())
	return s, s.id == a.who.room && s.next() > a.who.seat && agents && (a.others < 0 || a.others == others)
}

func (a lookAct) String() string {
	return fmt.Sprintf("%v looks: %q, %d others", a.who, seats(chat.Room{Agents: a.agents}), a.others)
}

// removedAct is a call of an agent without a seat that was told so.
type removedAct struct{ who ticket }

func (a removedAct) on(s oneRoom) (oneRoom, bool) {
	log, here := s.of(a.who)
	return s, !here && a.who.seat <= int64(len(log))
}

func (a removedAct) String() string { return fmt.Sprintf("%v is told that it is removed", a.who) }

// leaveAct is a leave that was answered.
type leaveAct struct {
	who ticket
	got chat.LeaveStatus
}

func (a leaveAct) on(s oneRoom) (oneRoom, bool) {
	if a.got == chat.StatusAlreadyLeft {
		return removedAct{a.who}.on(s)
	}
	return goAct{a.who}.on(s)
}

func (a leaveAct) String() string { return fmt.Sprintf("%v leaves: %s", a.who, a.got) }

// goAct is what a leave does.
type goAct struct{ who ticket }

func (a goAct) on(s oneRoom) (oneRoom, bool) {
	x, here := s.sitting(a.who)
	if !here {
		return s, false
	}
	return s.rise(x, room.ReasonLeft, sitting{})
}

func (a goAct) String() string { return fmt.Sprintf("%v leaves", a.who) }

// returnAct is a join with one's token: what came after some event up to which all
// was handed out before, one's own included, and who is there.
type returnAct struct {
	who   ticket
	acked int64 // what the caller's cursor acknowledged; -1: it keeps none
	got   chat.Seated
}

func (a returnAct) on(s oneRoom) (oneRoom, bool) {
	log, here := s.of(a.who)
	upTo, n := cursorNumber(a.got.Cursor), s.kept(a.who)
	latest := a.acked
	if latest < 0 {
		latest = n.handed
	}
	if n.unsure {
		latest = upTo
	}
	ok := here && a.got.HasMore == (upTo < int64(len(log))) && a.got.Status == chat.StatusReturned && contiguous(log, a.who.seat, latest, upTo, a.who.all, a.got.Messages)
	return s.with(a.who, func(k *kept) { k.handed = max(k.handed, upTo) }), ok
}

func (a returnAct) String() string {
	return fmt.Sprintf("%v returns, acknowledged %d: %q up to %s, more %t", a.who, a.acked, toldLines(a.got.Messages), a.got.Cursor, a.got.HasMore)
}

// waitAct is a wait that was answered, or what else hands out news.
type waitAct struct {
	who   ticket
	after int64 // as its cursor says; -1: it had none
	got   chat.Waited
	owed  bool  // to a send that was held back
	since int64 // the message after which it waited
}

func (a waitAct) on(s oneRoom) (oneRoom, bool) {
	log, here := s.of(a.who)
	upTo, n := cursorNumber(a.got.Cursor), s.kept(a.who)
	if !a.right(s, log, here, upTo) || a.owed && !n.owed || a.since > int64(len(log)) {
		return s, false
	}
	if a.owed {
		s = s.with(a.who, func(k *kept) { k.owed = false })
	}
	first, latest := a.after, a.after
	if a.after < 0 {
		first, latest = n.handed, n.handed
		s = s.with(a.who, func(k *kept) { k.handed, k.unsure = max(k.handed, upTo), false })
		if s.story.lossy {
			first = a.who.seat // given once more, for it could not be noted that it was
		}
		if n.unsure {
			first, latest = a.who.seat, upTo
		}
	}
	if a.got.Status == chat.StatusRemoved && a.got.Reason != room.ReasonKicked {
		upTo-- // one's own end is no message, but where an admin says why
	}
	return s, contiguous(log, first, latest, upTo, a.who.news, a.got.Messages)
}

// right reports whether all but the messages is as it must be.
func (a waitAct) right(s oneRoom, log []happening, here bool, upTo int64) bool {
	head := int64(len(log))
	switch got := a.got; {
	case got.CursorIgnored, got.Missed, got.Superseded, upTo < 0, upTo > head:
		return false
	case got.Status == chat.StatusRemoved:
		if here || upTo == 0 {
			return false
		}
		end := log[upTo-1]
		return end.kind == chat.Left && end.seat == a.who.seat && end.reason == got.Reason
	case got.HasMore:
		return upTo < head
	default:
		return here && upTo == head
	}
}

func (a waitAct) String() string {
	return fmt.Sprintf("%v waits after %d: %s %q up to %s, more %t", a.who, a.after, a.got.Status, toldLines(a.got.Messages), a.got.Cursor, a.got.HasMore)
}

// missAct is what a wait or a return without a cursor does that was given up: what
// it handed out may be lost.
type missAct struct{ who ticket }

func (a missAct) on(s oneRoom) (oneRoom, bool) {
	return s.with(a.who, func(k *kept) { k.unsure = true }), true
}

func (a missAct) String() string { return fmt.Sprintf("%v waits or returns: no answer", a.who) }

// perhapsAct is a call without an answer: it has its effect at any time, or
// never; which is only told from late when all is over, or the search would not end.
type perhapsAct struct{ act }

func (a perhapsAct) on(s oneRoom) (oneRoom, bool) {
	next, ok := a.act.on(s)
	if ok && !s.story.answered[ticket{next.id, int64(len(next.log))}] {
		return next, true
	}
	return s, s.ended
}

func (a perhapsAct) String() string { return a.act.String() + ": no answer" }

// endAct is when nothing happens any more: all that the logs hold was done by somebody.
type endAct struct{}

func (endAct) on(s oneRoom) (oneRoom, bool) {
	s.ended = true
	return s, s.count == s.story.total
}

func (endAct) String() string { return "the logs end" }
