package randomtest_test

import (
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// superviseRate is how likely a person does something when something happens.
const superviseRate = 0.1

// supervision is what the person behind an agent has decided.
type supervision struct {
	token           string // of the person
	paused, approve bool
	holds           bool // also if only some messages wait for approval
}

// opens gives the person behind a a token.
func (a *agent) opens(watch string) {
	c, ok := ident.ParseLinkCode(watch)
	if !a.supervises || !ok || a.supervision.token != "" {
		return
	}
	t := ident.Token{Room: c.Room, Seat: c.Seat, Secret: ident.Digits(uint64(a.index+1), ident.SecretChars),
		Person: true}
	a.supervision.token = t.String()
	a.supervise(chat.SuperviseRequest{Claim: watch})
}

// supervise has the person behind a do something.
func (a *agent) supervise(req chat.SuperviseRequest) chat.Supervised {
	req.Token = a.supervision.token
	got, err := a.run.service().Supervise(a.ctx, req)
	if err != nil {
		a.fail("the person of %s: %v", a.name, err)
	}
	a.supervision.paused, a.supervision.approve = got.Paused, got.Approve
	a.supervision.holds = got.Paused || got.Approve || got.ApproveSome != room.Selection{}
	return got
}

// peopleSupervise has people do something now and then while there is something to say.
func (r *run) peopleSupervise() {
	for _, a := range r.alive() {
		if a.supervision.token == "" || !r.drainTo.IsZero() || !r.chance(superviseRate) {
			continue
		}
		paused, approve := !a.supervision.paused, !a.supervision.approve
		switch r.rng.IntN(5) {
		case 0:
			a.note("the person of %s: paused %t", a.name, paused)
			a.supervise(chat.SuperviseRequest{Paused: &paused})
		case 1:
			a.note("the person of %s: approve %t", a.name, approve)
			a.supervise(chat.SuperviseRequest{Approve: &approve})
		case 2:
			some := room.Selection{Private: r.chance(0.5), Files: r.chance(0.5), Agreements: r.chance(0.5)}
			a.note("the person of %s: approve some %v", a.name, some.Names())
			a.supervise(chat.SuperviseRequest{ApproveSome: &some})
		default:
			a.decideAll()
		}
	}
}

// decideAll has the person behind a decide about its drafts. What the rules refuse to send
// by now, it refuses.
func (a *agent) decideAll() {
	for _, d := range a.supervise(chat.SuperviseRequest{}).Drafts {
		how := []room.Decision{room.SendDraft, room.SendDraft, room.RefuseDraft}[a.rng.IntN(3)]
		a.note("the person of %s: %s %q", a.name, how, d.Text)
		if _, err := a.run.service().Supervise(a.ctx, chat.SuperviseRequest{Token: a.supervision.token, Draft: d.ID,
			Decision: how}); err != nil {
			a.supervise(chat.SuperviseRequest{Draft: d.ID, Decision: room.RefuseDraft})
		}
	}
}

// letGo drops all supervision, at the end of a schedule.
func (r *run) letGo() {
	no := false
	for _, a := range r.agents {
		if a.supervision.token != "" && !a.gone {
			a.decideAll()
			a.supervise(chat.SuperviseRequest{Paused: &no, Approve: &no})
		}
	}
}

// isReined takes in the answer to a send that its person has kept, and reports whether it
// is one.
func (a *agent) isReined(req chat.SendRequest, got chat.Sent) bool {
	switch got.Waited.Status {
	case chat.StatusPaused:
		a.note("%s: is paused", a.name)
		a.paused, a.draft, a.again = true, &req, nil
	case chat.StatusPending:
		a.note("%s: %q is draft %s", a.name, req.Text, got.ID)
		a.draft, a.again = nil, nil
		a.pending[got.ID] = req
	default:
		return false
	}
	return true
}

// hearOfPerson notes what the person behind a has decided.
func (a *agent) hearOfPerson(m chat.Message) {
	switch {
	case m.Type == chat.EventSupervision:
		a.paused = m.Reason == room.ReasonPaused
	case m.Type == chat.EventDrafted:
		req := a.pending[m.Draft]
		delete(a.pending, m.Draft)
		if m.Reason == room.ReasonSent {
			a.spoke(req, m.ID)
		}
	}
}

// isHeld reports whether a does nothing but wait: its person must do something first.
func (a *agent) isHeld() bool { return a.paused || len(a.pending) > 0 }

// supervised notes what e says about supervision of its seat.
func (l *ledger) supervised(e room.Event) {
	x := l.supervision[e.Seat]
	switch {
	case e.Type == room.Drafted:
		x.drafts++
	case e.Type == room.SupervisionSet:
		x.paused, x.drafts = e.Behind.Paused, len(e.Behind.Drafts)
	case e.Decides > 0:
		x.drafts--
	default:
		return
	}
	l.supervision[e.Seat] = x
}

// supervised are supervision of a seat.
type supervised struct {
	paused bool
	drafts int
}

// isReined reports whether the agent of a seat waits for its person.
func (l *ledger) isReined(seat int) bool {
	x := l.supervision[seat]
	return x.paused || x.drafts > 0
}
