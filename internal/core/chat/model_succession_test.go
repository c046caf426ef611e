package chat_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// adminsSilent reports whether the admins of r may, or must, be taken for silent: none was
// heard, or said to be away, in the last day; of two, in the last 16 minutes.
func (m model) adminsSilent(r roomModel) (may, must bool) {
	may, must = true, m.sequential && m.oneService
	silent := day
	if r.capacity == 2 {
		silent = 16 * time.Minute
	}
	for _, a := range r.seated() {
		if !a.admin || a.endpoint {
			continue
		}
		last := a.joinedAt
		if m.sequential {
			last = latest(a.silentFrom(), a.promoted)
		}
		// a call that said nothing is noted within five minutes
		must = must && !m.now.Before(last.Add(silent))
		if !m.oneService {
			last = latest(a.joinedAt, last.Add(-5*time.Minute))
		}
		may = may && !m.now.Before(last.Add(silent))
	}
	return may, must
}

// hasAdminBeside reports whether an admin has a seat other than seat.
func (r roomModel) hasAdminBeside(seat int) bool {
	return slices.ContainsFunc(r.seated(), func(x agentModel) bool { return x.seat != seat && x.admin && !x.endpoint })
}

// inOrder returns the agents beside a seat that are no admins, the longest seated first: those that are present, as
// caller is, and may speak; the others that may speak; and the rest. Where presence is not noted in time, all may be
// present.
func (m model) inOrder(r roomModel, seat, caller int) (present, absent, silenced []agentModel) {
	for _, a := range r.seated() {
		switch {
		case a.seat == seat, a.endpoint, a.admin:
		case r.silences(a):
			silenced = append(silenced, a)
		case !m.sequential, !m.oneService, a.seat == caller, m.now.Before(a.lastHeard().Add(2 * time.Minute)):
			present = append(present, a)
		default:
			absent = append(absent, a)
		}
	}
	return present, absent, silenced
}

// firstInOrder returns the agents beside a seat of whom one is the first of inOrder.
func (m model) firstInOrder(r roomModel, seat, caller int) []agentModel {
	present, absent, silenced := m.inOrder(r, seat, caller)
	all := slices.Concat(present, absent, silenced)
	if len(present) > 0 && !(m.sequential && m.oneService) {
		return present
	}
	return all[:min(1, len(all))]
}

// heirsOf returns the agents of whom one becomes admin when a, an admin, loses its seat; none if another one stays.
func (m model) heirsOf(r roomModel, a agentModel) []agentModel {
	if !a.admin || r.hasAdminBeside(a.seat) {
		return nil
	}
	return m.firstInOrder(r, a.seat, 0)
}

// maySucceed reports whether a, which calls, may become an admin beside silent ones.
func (m model) maySucceed(r roomModel, a agentModel) bool {
	isFirst := slices.ContainsFunc(m.firstInOrder(r, 0, a.seat), func(x agentModel) bool { return x.seat == a.seat })
	return isFirst && (!r.silences(a) || !r.hasAdminBeside(0))
}

// actOp is the event that makes an agent an admin since all others are silent; of seat 0,
// that none follows though an admin is wanted.
type actOp struct {
	room   string // its id
	seat   int
	caller int // that needs an admin, and so is present
}

func (o actOp) on(m model) (model, error) {
	r, _ := m.room(o.room)
	caller, _ := r.agent(o.caller)
	may, must := m.adminsSilent(r)
	first := m.maySucceed(r, caller)
	switch {
	case o.seat == 0 && must && first:
		return m, &wrong{"who becomes admin", "nobody", caller.name}
	case o.seat == 0:
		return m, nil
	case o.seat == o.caller && may && first:
		return m.act(r, caller)
	}
	return m, &wrong{"who becomes admin", o.seat, caller.name}
}

// act makes a an admin of r.
func (m model) act(r roomModel, a agentModel) (model, error) {
	a.admin, a.promoted = true, m.now
	r, err := m.append(r.with(a), eventModel{seat: a.seat, Message: chat.Message{
		Type: chat.EventRole, Agent: a.name, Action: room.Promote, Reason: room.ReasonTimeout,
	}})
	return m.with(r), err
}

func (o actOp) String() string {
	return fmt.Sprintf("in room %s seat %d becomes admin", o.room, o.seat)
}

// lacked checks whether a call that only admins may make, by an agent that is none, made
// one.
func (m *machine) lacked(who agentID) {
	if r, a := m.find(who); !a.gone && !a.admin && !a.person.holds() && !r.closed && !m.model.over(r) {
		m.wanted(r, who.seat)
	}
}

// wanted checks whether a call of a seat, which needs an admin, made one.
func (m *machine) wanted(r roomModel, caller int) {
	log, err := readLog(m.ctx, m.numbers.table, r.id)
	if err != nil {
		m.Fatal(err)
	}
	op := actOp{room: r.id, caller: caller}
	if n := int(r.head()); n < len(log.events) {
		if e := log.events[n]; e.Type == string(room.Managed) && e.By == 0 {
			op.seat = e.Seat
		}
	}
	m.take(op)
}
