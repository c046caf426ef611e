package chat_test

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/anishathalye/porcupine"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/room"
)

// The model: a room of one name as it would be if only one call were served at a
// time, by one process that never fails. It knows a log and who is seated; a
// history of calls is right if there is an order of them, each at a moment
// between its begin and its end, in which this room gives every answer.

// oneRoom is the model's state. It is never changed: each step makes the next.
type oneRoom struct {
	story *story
	id    string // of the room that has the name now; empty: none yet
	log   []happening
	seats []sitting // the longest first
	given int64     // the last event by which somebody gave a seat up
	heard bool      // of somebody who wanted a seat, which a room is told once in a while
	mutes []string  // names that are kept silent
	past  []oneRoom // the rooms that had the name before, deserted
	notes map[ticket]kept
	count int  // events of all rooms
	ended bool // and there will be no more
}

// story is what the logs hold at the end. The model adds nothing to a log that is
// not there: so a call without an answer happened where the log says, or never.
type story struct {
	capacity int
	rooms    map[string][]string // by id, the events as stored tells them
	answered map[ticket]bool     // the events whose numbers an answer told
	total    int
	late     bool // what is noted of a seat's place may be overwritten by what is older
	lossy    bool // or not be noted at all
}

// happening is an event of a log.
type happening struct {
	kind   chat.EventType
	seat   int64 // the event by which its agent joined: no two agents have one
	name   string
	text   string
	reason room.Reason
	by     sitting // the admin that did it, if one did
	action room.Action
}

// stored is how a story tells e.
func (e happening) stored() string { return fmt.Sprintf("%s %s: %s", e.kind, e.name, e.text) }

// sitting is an agent with a seat.
type sitting struct {
	seat  int64
	name  string
	admin bool
	muted bool
}

// ticket is an agent for good: its room, and the event by which it joined.
type ticket struct {
	room string
	seat int64
}

// kept is what the server keeps of an agent beside the log.
type kept struct {
	keys   map[string]int64 // what its idempotency keys stand for
	handed int64            // without a cursor it is given what comes after this
	unsure bool             // or, since an answer was lost, after something else
	held   bool             // its last send was held back
	flying bool             // a send was not answered: it may yet be said, and the guard looks twice
	owed   bool             // the news for which it was
}

// learn notes that key, if there is one, stands for the message seq.
func (k *kept) learn(key string, seq int64) {
	if key == "" {
		return
	}
	keys := map[string]int64{key: seq}
	maps.Copy(keys, k.keys)
	k.keys = keys
}

// act is a call with its answer. on reports whether the room would have given that
// answer, and what the room is then.
type act interface {
	fmt.Stringer
	on(s oneRoom) (oneRoom, bool)
}

// oneRoomModel is the room for the checker.
func oneRoomModel(s *story) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return oneRoom{story: s} },
		Step: func(state, input, _ any) (bool, any) {
			next, ok := input.(act).on(state.(oneRoom))
			return ok, next
		},
		Equal:             func(a, b any) bool { return reflect.DeepEqual(a, b) },
		Hash:              func(state any) uint64 { return uint64(state.(oneRoom).count) },
		DescribeOperation: func(input, _ any) string { return fmt.Sprint(input) },
		DescribeState:     func(state any) string { return state.(oneRoom).String() },
	}
}

func (s oneRoom) String() string {
	return fmt.Sprintf("%s after event %d: %s", s.id, len(s.log), strings.Join(s.names(), ", "))
}

// names are the agents in the order of their seats.
func (s oneRoom) names() []string {
	var out []string
	for _, x := range s.seats {
		role := room.Member
		if x.admin {
			role = room.Admin
		}
		out = append(out, fmt.Sprintf("%s (%s)", x.name, role))
	}
	return out
}

// of returns the log of t's room, and whether t has its seat.
func (s oneRoom) of(t ticket) (log []happening, here bool) {
	if t.room == s.id {
		_, here = s.sitting(t)
		return s.log, here
	}
	for _, p := range s.past {
		if p.id == t.room {
			return p.log, false
		}
	}
	return nil, false
}

// sitting is the seat of t, if it has it.
func (s oneRoom) sitting(t ticket) (sitting, bool) {
	for _, x := range s.seats {
		if t == (ticket{s.id, x.seat}) {
			return x, true
		}
	}
	return sitting{}, false
}

func (s oneRoom) named(name string) (sitting, bool) {
	for _, x := range s.seats {
		if x.name == name {
			return x, true
		}
	}
	return sitting{}, false
}

// add appends e, if that is what the log has next.
func (s oneRoom) add(e happening) (oneRoom, bool) {
	log := s.story.rooms[s.id]
	if len(s.log) >= len(log) || log[len(s.log)] != e.stored() {
		return s, false
	}
	s.log = append(slices.Clip(s.log), e)
	s.count++
	return s, true
}

// next is the number of the event that comes next.
func (s oneRoom) next() int64 { return int64(len(s.log)) + 1 }

// anew begins the room of id.
func (s oneRoom) anew(id string) oneRoom {
	if s.id != "" {
		s.past = append(slices.Clip(s.past), oneRoom{id: s.id, log: s.log})
	}
	s.id, s.log, s.seats, s.given, s.heard, s.mutes = id, nil, nil, 0, false, nil
	return s
}

// begun reports whether the room of id is there, or was.
func (s oneRoom) begun(id string) bool {
	return s.id == id || slices.ContainsFunc(s.past, func(p oneRoom) bool { return p.id == id })
}

// sit gives a free seat to name; the first agent is admin.
func (s oneRoom) sit(name string) (oneRoom, bool) {
	if _, taken := s.named(name); taken || s.full() {
		return s, false
	}
	x := sitting{seat: s.next(), name: name, admin: len(s.seats) == 0}
	x.muted = !x.admin && slices.Contains(s.mutes, name)
	s.seats = append(slices.Clip(s.seats), x)
	s = s.with(ticket{s.id, x.seat}, func(n *kept) { n.handed = x.seat })
	return s.add(happening{kind: chat.Joined, seat: x.seat, name: name})
}

// full reports whether no seat is free.
func (s oneRoom) full() bool { return len(s.seats) >= s.story.capacity }

// rise takes x's seat away. If no admin stays, the longest seated is it; one that
// is muted only if all are.
func (s oneRoom) rise(x sitting, why room.Reason, by sitting) (oneRoom, bool) {
	s.seats = slices.DeleteFunc(slices.Clone(s.seats), func(y sitting) bool { return y.seat == x.seat })
	if len(s.seats) > 0 && !slices.ContainsFunc(s.seats, func(y sitting) bool { return y.admin }) {
		i := max(0, slices.IndexFunc(s.seats, func(y sitting) bool { return !y.muted }))
		s.seats[i].admin, s.seats[i].muted = true, false
	}
	s.given = s.next()
	return s.add(happening{kind: chat.Left, seat: x.seat, name: x.name, reason: why, by: by})
}

// become makes y of the agent with y's seat.
func (s oneRoom) become(y sitting) oneRoom {
	s.seats = slices.Clone(s.seats)
	for i, x := range s.seats {
		if x.seat == y.seat {
			s.seats[i] = y
		}
	}
	return s
}

// with changes what is kept of t.
func (s oneRoom) with(t ticket, change func(*kept)) oneRoom {
	n := s.kept(t)
	change(&n)
	s.notes = maps.Clone(s.notes)
	if s.notes == nil {
		s.notes = map[ticket]kept{}
	}
	s.notes[t] = n
	return s
}

// kept is what is kept of t.
func (s oneRoom) kept(t ticket) kept {
	n := s.notes[t]
	if s.story.late {
		n.flying = true
	}
	return n
}

// sight selects what an agent is shown of a log.
type sight func(e happening) bool

// news is what t did not do itself.
func (t ticket) news(e happening) bool { return cmp.Or(e.by.seat, e.seat) != t.seat }

// all is everything but t's own coming.
func (t ticket) all(e happening) bool { return e.seat != t.seat || e.kind != chat.Joined }

// shownLines tells the events after from up to to as agents read them.
func shownLines(log []happening, from, to int64, seen sight) []string {
	var out []string
	for n := from + 1; n <= to; n++ {
		if e := log[n-1]; seen(e) {
			out = append(out, tellLine(n, e.kind, e.name, e.text, e.reason, e.action, e.by.name))
		}
	}
	return out
}

func tellLine(n int64, kind chat.EventType, name, text string, why room.Reason, action room.Action, by string) string {
	return fmt.Sprintf("%d %s %s: %s%s%s %s", n, kind, name, text, why, action, by)
}

// toldLines tells messages in the same way.
func toldLines(ms []chat.Message) []string {
	var out []string
	for _, m := range ms {
		out = append(out, tellLine(m.Seq, m.Type, m.From+m.Agent, m.Text, m.Reason, m.Action, m.By))
	}
	return out
}

// contiguous reports whether ms is all that seen shows of the log after some event
// from from to latest, up to upTo.
func contiguous(log []happening, from, latest, upTo int64, seen sight, ms []chat.Message) bool {
	if upTo > int64(len(log)) {
		return false
	}
	for ; from <= min(latest, upTo); from++ {
		if slices.Equal(toldLines(ms), shownLines(log, from, upTo, seen)) {
			return true
		}
	}
	return false
}

// cursorNumber is that of the event at which a cursor stands.
func cursorNumber(cursor string) int64 {
	head, _, _ := strings.Cut(cursor, "-")
	n, err := strconv.ParseInt(head, 10, 64)
	if err != nil {
		return -1
	}
	return n
}
