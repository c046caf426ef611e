package chat_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/room"
)

// What follows is the rules of Parley once more, as plainly as they can be said:
// rooms with a list of events and a list of seats, nothing kept that can be looked
// up, and no thought for cost, processes or a table.

// modelRoom is a room.
type modelRoom struct {
	name, key, about, password string
	capacity                   int
	kind                       room.Type
	public                     bool
	openFrom                   int64 // newcomers see nothing before
	log                        []modelEvent
	seats                      []*modelSeat // those who are there, the longest first
	bans, mutes                []modelName
	knocked, pushed            time.Time
	closed, moved              bool
}

// modelName is a name that is kept out or silent.
type modelName struct{ name, reduced string }

// modelSeat is an agent.
type modelSeat struct {
	room           *modelRoom
	token          string
	name, key      string
	admin          bool
	muted, done    bool
	joined, since  int64
	joinedAt       time.Time
	called, back   time.Time // its last call, and when it said it would be back
	used           bool      // it has called since it joined
	admitted       time.Time // when it became admin, if not by its join
	asAdmin        time.Time // until when it was silent as an admin last
	keys           map[string]modelKey
	cursors        []string // that it was given
	shown          int64    // how far calls with a cursor were told
	from, fromMost int64    // where the last call without one began
	handed         int64    // and how far it was told
	acked, ackMost int64    // up to where it surely, or possibly, is known to have read
	guarded        int64    // the head when it was last held back
}

// GoString tells who is drawn.
func (s *modelSeat) GoString() string {
	return fmt.Sprintf("%s, who joined %s by event %d", s.name, s.room.name, s.joined)
}

// modelKey is the message that an idempotency key stands for.
type modelKey struct {
	n  int64
	at time.Time
}

// modelEvent is an event.
type modelEvent struct {
	chat.Message
	seat, by *modelSeat   // whom it is about, and who did it
	to       []*modelSeat // none: everybody
}

func (e modelEvent) doer() *modelSeat {
	if e.by != nil {
		return e.by
	}
	return e.seat
}

// reduced is a name as bans see it. The names of the test hold nothing else that
// can be mistaken for something else.
func reduced(name string) string {
	return strings.NewReplacer("-", "", "0", "o", "1", "l", "i", "l").Replace(strings.ToLower(name))
}

func keeps(list []modelName, name string) (modelName, bool) {
	i := slices.IndexFunc(list, func(x modelName) bool { return x.reduced == reduced(name) })
	if i < 0 {
		return modelName{}, false
	}
	return list[i], true
}

func (r *modelRoom) head() int64                 { return int64(len(r.log)) }
func (r *modelRoom) dies() time.Time             { return r.pushed.AddDate(0, 0, 30) }
func (r *modelRoom) over(now time.Time) bool     { return r.moved || !now.Before(r.dies()) }
func (r *modelRoom) deserted() bool              { return len(r.seats) == 0 && r.password == "" }
func (r *modelRoom) open() bool                  { return r.password != "" || r.public }
func (r *modelRoom) isHere(s *modelSeat) bool    { return slices.Contains(r.seats, s) }
func (r *modelRoom) silences(s *modelSeat) bool  { return s.muted || r.kind == room.Channel && !s.admin }
func (r *modelRoom) holdsName(at time.Time) bool { return at.Before(r.dies().Add(time.Hour)) }

func (r *modelRoom) named(name string) *modelSeat {
	for _, s := range r.seats {
		if s.key == strings.ToLower(name) {
			return s
		}
	}
	return nil
}

// append says what happens now, and in which room: any event keeps it alive.
func (r *modelRoom) append(now time.Time, e modelEvent) modelEvent {
	e.Seq, e.At = r.head()+1, now
	if e.doer() != nil && e.by != nil {
		e.By = e.by.name
	}
	if now.Sub(r.pushed) > 24*time.Hour {
		r.pushed = now
	}
	r.log = append(r.log, e)
	return e
}

// givenUp is the last event by which a seat became free for strangers.
func (r *modelRoom) givenUp() (n int64) {
	for _, e := range r.log {
		if e.Type == chat.Left && e.Reason != room.ReasonReplaced {
			n = e.Seq
		}
	}
	return n
}

// newcomerSees is the first event that somebody who comes now may see.
func (r *modelRoom) newcomerSees() int64 {
	if r.open() {
		return max(r.openFrom, 1)
	}
	return max(r.openFrom, r.givenUp()+1)
}

// successor becomes admin when s goes.
func (r *modelRoom) successor(s *modelSeat) *modelSeat {
	var others []*modelSeat
	for _, x := range r.seats {
		if x != s && x.admin {
			return nil
		}
		if x != s {
			others = append(others, x)
		}
	}
	for _, x := range others {
		if !x.muted {
			return x
		}
	}
	if len(others) > 0 {
		return others[0]
	}
	return nil
}

// remove takes s out.
func (r *modelRoom) remove(now time.Time, s, by *modelSeat, why room.Reason, note string) {
	heir := ""
	if next := r.successor(s); next != nil && by == nil {
		next.admin, next.muted, next.admitted = true, false, now
		heir = next.name
	}
	r.append(now, modelEvent{seat: s, by: by, Message: chat.Message{Type: chat.Left, Agent: s.name, Reason: why, Note: note, NewAdmin: heir}})
	r.seats = slices.DeleteFunc(r.seats, func(x *modelSeat) bool { return x == s })
}

// seat seats an agent that sees everything from since on.
func (r *modelRoom) seat(now time.Time, name string, since int64) *modelSeat {
	s := &modelSeat{
		room: r, name: name, key: strings.ToLower(name), admin: len(r.seats) == 0, since: since,
		joinedAt: now, keys: map[string]modelKey{},
	}
	if _, muted := keeps(r.mutes, name); muted && !s.admin {
		s.muted = true
	}
	if s.admin {
		s.asAdmin = now
	}
	e := r.append(now, modelEvent{seat: s, Message: chat.Message{Type: chat.Joined, Agent: name}})
	s.joined, s.handed, s.from, s.fromMost = e.Seq, e.Seq, e.Seq, e.Seq
	r.seats = append(r.seats, s)
	return s
}

// touch notes a call. An announced absence goes on unless it says otherwise.
func (s *modelSeat) touch(now time.Time) {
	if s.called, s.used = now, true; !now.Before(s.back) {
		s.back = time.Time{}
	}
	if s.admin {
		s.asAdmin = s.silentFrom()
	}
}

// silentFrom is since when nothing is heard of s, that was not announced.
func (s *modelSeat) silentFrom() time.Time {
	return slices.MaxFunc([]time.Time{s.joinedAt, s.called, s.back}, time.Time.Compare)
}

// lease is when the seat of s may be given to another: surely not before low, and
// surely from high on. They differ only for a while after its role changed.
func (s *modelSeat) lease() (low, high time.Time) {
	const day = 24 * time.Hour
	switch {
	case s.admin:
		low = s.silentFrom().Add(day)
		high = low
		if s.admitted.Add(day).After(high) {
			high = s.admitted.Add(day)
		}
		return low, high
	case !s.used:
		low = s.joinedAt.Add(90 * time.Second)
	default:
		low = s.silentFrom().Add(15 * time.Minute)
	}
	high = low
	if end := s.asAdmin.Add(day); !s.asAdmin.IsZero() && end.After(high) {
		high = end
	}
	return low, high
}

// sees reports whether s may read e.
func (s *modelSeat) sees(e modelEvent) bool {
	return e.Seq >= s.since && (len(e.to) == 0 || e.seat == s || slices.Contains(e.to, s))
}

// news reports whether e is to be told to s: it did not do it itself.
func (s *modelSeat) news(e modelEvent) bool { return s.sees(e) && e.doer() != s }

// reads returns e as s reads it.
func (s *modelSeat) reads(e modelEvent) chat.Message {
	m := e.Message
	if m.ReplyTo > 0 && !s.sees(s.room.log[m.ReplyTo-1]) {
		m.ReplyTo = 0
	}
	return m
}

// visible returns what s may read after event n.
func (s *modelSeat) visible(n int64) (out []chat.Message) {
	for _, e := range s.room.log {
		if e.Seq > n && s.sees(e) {
			out = append(out, s.reads(e))
		}
	}
	return out
}

// ended reports whether for s the talk is over.
func (s *modelSeat) ended() bool {
	speakers := 0
	for _, x := range s.room.seats {
		if x == s || s.room.silences(x) {
			continue
		}
		if speakers++; !x.done {
			return false
		}
	}
	return speakers > 0 || len(s.room.seats) == 1 && s.room.givenUp() > s.joined
}

// lastSaid is the last message of s, and whether others have said something since
// that it may read.
func (s *modelSeat) lastSaid() (last modelEvent, answered bool) {
	for _, e := range s.room.log {
		switch {
		case e.Type != chat.Said || !s.sees(e):
		case e.seat == s:
			last, answered = e, false
		default:
			answered = true
		}
	}
	return last, answered
}

// requests is what room_info tells s to be open.
func (s *modelSeat) requests() (open []chat.OpenRequest) {
	for _, e := range s.room.log {
		if e.Type != chat.Said || e.Kind != room.Request || !s.sees(e) || !s.room.isHere(e.seat) {
			continue
		}
		answered := slices.ContainsFunc(s.room.log, func(x modelEvent) bool {
			return x.ReplyTo == e.Seq && x.seat != e.seat && s.sees(x)
		})
		var to []string
		for _, x := range e.to {
			if s.room.isHere(x) {
				to = append(to, x.name)
			}
		}
		if !answered && (len(to) > 0 || len(e.to) == 0) {
			open = append(open, chat.OpenRequest{Seq: e.Seq, From: e.From, To: to})
		}
	}
	return open[max(0, len(open)-10):]
}
