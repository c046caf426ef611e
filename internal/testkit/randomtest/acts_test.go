package randomtest_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

const crashRate = 0.015

// people draws the agents and the first room.
func (r *run) people() {
	n := 2 + r.rng.IntN(4)
	seats := n + r.rng.IntN(2)
	r.words = 8 + r.rng.IntN(20)
	slow := r.chance(0.2)
	for i := range n {
		a := &agent{run: r, index: i, name: []string{"Ann", "Bob", "Cid", "Dan", "Eve"}[i], handed: map[int64]bool{},
			pending: map[string]chat.SendRequest{}}
		a.supervises = r.chance(0.3)
		a.cursors, a.forMe, a.standby = r.chance(0.8), r.chance(0.15), r.chance(0.1)
		a.waits = []time.Duration{5 * time.Second, 20 * time.Second, 50 * time.Second, 290 * time.Second}[r.rng.IntN(4)]
		longest := []time.Duration{0, time.Second, 8 * time.Second}[r.rng.IntN(3)]
		a.pace = func() time.Duration {
			if slow && r.chance(0.1) {
				return r.between(30*time.Second, 200*time.Second)
			}
			return r.between(0, longest)
		}
		a.service = r.service
		r.agents = append(r.agents, a)
		a.at = r.began
		if i > 0 && r.chance(0.5) {
			a.at = r.began.Add(r.between(0, 3*time.Minute))
		}
	}
	if r.chance(0.3) {
		r.person()
		seats++
	}
	first := r.agents[0]
	first.start(&call{what: "create"}, func(ctx context.Context, s *chat.Service, o *outcome) {
		got, err := s.CreateRoom(ctx, chat.CreateRequest{Room: "plans", AgentName: first.name, Capacity: max(2, seats)})
		o.seated, o.err = &got, err
	})
}

// person adds a person without an agent, who reads and speaks in its own time.
func (r *run) person() {
	a := &agent{run: r, index: len(r.agents), name: "Pam", alone: true, cursors: true, waits: 50 * time.Second,
		handed: map[int64]bool{}}
	a.pace = func() time.Duration { return r.between(0, 100*time.Second) }
	a.service = r.service
	a.at = r.began.Add(r.between(0, 3*time.Minute))
	r.agents = append(r.agents, a)
}

// act begins the agent's next call.
func (a *agent) act() {
	over := a.words <= 0
	switch {
	case a.token == "" && over:
		a.gone, a.at = true, time.Time{}
	case a.token == "":
		a.join()
	case over, a.muted():
		a.draft, a.again = nil, nil
		a.wait()
	case a.again != nil:
		a.send(*a.again)
	case a.isHeld():
		a.wait()
	case a.draft != nil:
		a.sendAgain()
	case len(a.owes) > 0 && a.chance(0.8):
		a.answer()
	case a.turn && a.chance(0.6), a.heard && a.chance(0.35), a.chance(0.1):
		a.speak()
	case a.chance(0.02):
		a.leave()
	case a.index == 0 && a.chance(0.03):
		a.manage()
	default:
		a.wait()
	}
}

func (a *agent) join() {
	a.start(&call{what: "join"}, func(ctx context.Context, s *chat.Service, o *outcome) {
		got, err := s.JoinRoom(ctx, chat.JoinRequest{Room: "plans", AgentName: a.name, OnlyExisting: true,
			Person: a.alone})
		o.seated, o.err = &got, err
	})
}

func (a *agent) leave() {
	a.start(&call{what: "leave"}, func(ctx context.Context, s *chat.Service, o *outcome) {
		got, err := s.LeaveRoom(ctx, chat.LeaveRequest{Token: a.token})
		o.left, o.err = &got, err
	})
}

// muted reports whether an admin has muted the agent.
func (a *agent) muted() bool { return ledgerOf(a.events).muted[a.id.Seat] }

// manage lets the admin mute another, or unmute it.
func (a *agent) manage() {
	others := a.others()
	if len(others) == 0 {
		a.wait()
		return
	}
	action := []room.Action{room.Mute, room.Unmute}[a.rng.IntN(2)]
	a.start(&call{what: string(action) + " " + others[0]}, func(ctx context.Context, s *chat.Service, o *outcome) {
		_, o.err = s.ManageAgent(ctx, chat.ManageRequest{Token: a.token, Agents: []string{others[0]}, Action: action})
		o.managed = true
	})
}

// wait waits as the agent is used to. Now and then it announces an absence, or loses
// the call.
func (a *agent) wait() {
	a.turn, a.heard = false, false
	req := chat.WaitRequest{Token: a.token, Cursor: a.cursor, Wait: a.waits, ForMe: a.forMe, Standby: a.standby}
	c := &call{what: fmt.Sprintf("wait %s", a.waits), cursor: req.Cursor}
	if a.words > 0 && !a.alone && a.chance(0.05) {
		req.Absence = chat.Absence{Given: true, BackIn: time.Duration(1+a.rng.IntN(15)) * time.Minute}
		req.Wait, req.Standby = 0, false
		c.what = fmt.Sprintf("away for %s", req.BackIn)
		if !a.supervision.holds { // a held agent announces nothing
			a.told, a.back = time.Now(), time.Now().Add(req.BackIn)
		}
	} else if !a.standby {
		if a.words > 0 && a.chance(0.1) {
			req.Wait, c.what = 0, "look"
		} else { // a look does not end an absence
			if a.back.After(time.Now()) {
				a.presentSince = time.Now()
			}
			a.back = time.Time{}
		}
	}
	a.plan(c, req.Wait)
	c.looks = req.Wait == 0
	a.start(c, func(ctx context.Context, s *chat.Service, o *outcome) {
		got, err := s.Wait(ctx, req)
		o.waited, o.err = &got, err
	})
	if req.Wait > 0 && a.words > 0 && a.chance(0.03) {
		a.losesAt = time.Now().Add(a.between(0, req.Wait))
	}
}

// lose ends the agent's wait as a client does that gives up. Half of them never call
// again.
func (a *agent) lose() {
	a.losesAt = time.Time{}
	if a.call == nil {
		return
	}
	a.call.lost, a.crashed = true, a.chance(0.5)
	a.cancel()
}

// sendAgain says what was held back, or lets it be.
func (a *agent) sendAgain() {
	req := *a.draft
	a.draft = nil
	if a.chance(0.25) || strings.HasPrefix(req.Text, "reply") &&
		!slices.ContainsFunc(a.owes, func(t task) bool { return t.id == req.ReplyTo }) {
		a.at = time.Now()
		return
	}
	if !a.chance(0.2) { // else with the cursor that it had
		req.Cursor = a.given()
	}
	a.send(req)
}

// answer answers what the agent owes.
func (a *agent) answer() {
	t := a.owes[0]
	req := chat.SendRequest{ReplyTo: t.id}
	switch {
	case t.proposal && a.chance(0.7):
		req.Kind = room.Agree
	case t.proposal && a.chance(0.5):
		req.Kind = room.Object
	case t.proposal && a.chance(0.5):
		req.Kind = room.Proposal
	case !t.proposal && a.chance(0.2):
		req.To = []string{t.from}
	}
	a.say(req, "reply")
}

// speak says something new.
func (a *agent) speak() {
	others := a.others()
	if len(others) == 0 {
		a.wait()
		return
	}
	some := others[:1+a.rng.IntN(len(others))]
	switch a.rng.IntN(14) {
	case 0, 1, 2:
		a.say(chat.SendRequest{}, "word")
	case 3:
		a.say(chat.SendRequest{}, "word for @"+some[0])
	case 4:
		a.say(chat.SendRequest{Kind: room.Request}, "anyone")
	case 5, 6:
		a.say(chat.SendRequest{Kind: room.Request, Ask: some}, "ask")
	case 7:
		a.say(chat.SendRequest{Ask: some[:1]}, "ask")
	case 8:
		a.say(chat.SendRequest{To: some}, "whisper")
	case 9:
		a.say(chat.SendRequest{To: some, Kind: room.Request}, "whispered request")
	case 10:
		a.say(chat.SendRequest{Kind: room.Status}, "status")
	case 11:
		a.say(chat.SendRequest{Kind: room.Proposal}, "proposal")
	case 12:
		if len(a.open) > 0 {
			a.say(chat.SendRequest{Withdraw: a.open[0]}, "no longer")
			return
		}
		a.say(chat.SendRequest{Kind: room.Proposal, To: some}, "quiet proposal")
	case 13:
		a.say(chat.SendRequest{Kind: room.Done}, "done")
	}
}

// others returns the names of the agents that are there, as a has seen it, in random
// order.
func (a *agent) others() (names []string) {
	for _, x := range a.agents {
		if x != a && x.token != "" && !x.gone {
			names = append(names, x.name)
		}
	}
	a.rng.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	return names
}

// say sends a new text.
func (a *agent) say(req chat.SendRequest, what string) {
	a.texts++
	a.words--
	req.Text, req.Cursor = fmt.Sprintf("%s %d", what, a.texts), a.given()
	if a.alone { // nothing but the key tells its words from a repetition
		req.Key = req.Text
	}
	if a.chance(0.3) {
		req.Wait = min(a.waits, 50*time.Second)
	}
	a.send(req)
}

// plan notes until when a call waits.
func (a *agent) plan(c *call, wait time.Duration) {
	if wait > 0 {
		c.until = time.Now().Add(wait)
		a.planned = room.Latest(a.planned, c.until)
	}
}

func (a *agent) send(req chat.SendRequest) {
	req.Token = a.token
	c := &call{what: fmt.Sprintf("send %q", req.Text), cursor: req.Cursor, send: &req, repeats: a.again != nil}
	a.plan(c, req.Wait)
	a.start(c, func(ctx context.Context, s *chat.Service, o *outcome) {
		got, err := s.Send(ctx, req)
		o.sent, o.err = &got, err
	})
}
