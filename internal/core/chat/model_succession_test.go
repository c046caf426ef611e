package chat_test

import (
	"fmt"
	"time"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// adminsSilent reports whether the admins of r may, or must, be taken for silent: none was
// heard, or said to be away, in the last day.
func (m model) adminsSilent(r roomModel) (may, must bool) {
	may, must = true, m.sequential && m.oneService
	for _, a := range r.seated() {
		if !a.admin || a.endpoint {
			continue
		}
		last := a.joinedAt
		if m.sequential {
			last = latest(a.silentFrom(), a.promoted)
		}
		// a call that said nothing is noted within five minutes
		must = must && !m.now.Before(last.Add(day))
		if !m.oneService {
			last = latest(a.joinedAt, last.Add(-5*time.Minute))
		}
		may = may && !m.now.Before(last.Add(day))
	}
	return may, must
}

// heirs returns the agents that may become admin in the place of silent ones: the longest
// seated that can run the room and is present.
func (m model) heirs(r roomModel, caller int) []agentModel {
	if r.kind == room.Channel {
		return nil
	}
	heirs, _ := m.ableToRun(r, 0, caller)
	if m.oneService && m.sequential && len(heirs) > 0 {
		heirs = heirs[:1]
	}
	return heirs
}

// ableToRun returns the agents beside a seat that can run the room, the longest seated first: those that are present,
// as the caller is, and the others. Where presence is not noted in time, all may be present.
func (m model) ableToRun(r roomModel, seat, caller int) (present, absent []agentModel) {
	for _, a := range r.seated() {
		switch {
		case a.seat == seat, a.endpoint, a.muted, a.person.holds():
		case !m.sequential, a.seat == caller, m.now.Before(a.lastHeard().Add(2 * time.Minute)):
			present = append(present, a)
		default:
			absent = append(absent, a)
		}
	}
	return present, absent
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
	may, must := m.adminsSilent(r)
	heirs := m.heirs(r, o.caller)
	if o.seat == 0 {
		if must && len(heirs) > 0 {
			return m, &wrong{"who becomes admin", "nobody", heirs[0].name}
		}
		return m, nil
	}
	for _, a := range heirs {
		if a.seat == o.seat && may {
			return m.act(r, a)
		}
	}
	return m, &wrong{"who becomes admin", o.seat, heirs}
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
