package chat_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
)

// talker is an agent that calls now this service, now that, gives up some of its
// calls, and writes down what it was answered.
type talker struct {
	*linearStage
	id        int
	name      string
	rng       *rand.Rand
	forgetful bool // it never passes a cursor
	who       ticket
	token     string // empty: it has no seat
	cursor    string
	last      wish // to be repeated
	said      int
	gaveUp    bool // its last call
}

func newTalker(s *linearStage, id int, name string) *talker {
	rng := rand.New(rand.NewPCG(s.seed, uint64(id)+2))
	return &talker{linearStage: s, id: id, name: name, rng: rng, forgetful: rng.IntN(3) == 0}
}

func (g *talker) one(in int) bool { return g.rng.IntN(in) == 0 }

// visit makes so many calls.
func (g *talker) visit(acts int) error {
	for range acts {
		if err := g.step(); err != nil {
			return fmt.Errorf("%s (%d): %w", g.name, g.id, err)
		}
	}
	return nil
}

func (g *talker) step() error {
	if g.token == "" {
		return g.join()
	}
	switch n := g.rng.IntN(25); {
	case n < 11:
		return g.send()
	case n < 19:
		return g.wait()
	case n < 21:
		return g.comeBack()
	case n < 22:
		return g.look()
	case n < 23:
		return g.leave()
	}
	return g.rule()
}

// during makes a call of some service, which the caller gives up now and then,
// and says when it was.
func (g *talker) during(call func(context.Context, *chat.Service) error) (callSpan, error) {
	ctx, cancel := context.WithCancel(g.ctx)
	defer cancel()
	if g.one(8) {
		given := time.AfterFunc(time.Duration(g.rng.IntN(2000))*time.Microsecond, cancel)
		defer given.Stop()
	}
	service := g.any(g.rng)
	s := callSpan{began: g.calls.ticks.Add(1)}
	err := call(ctx, service)
	s.ended, g.gaveUp = g.calls.ticks.Add(1), ctx.Err() != nil
	return s, err
}

// note writes down an act with its answer.
func (g *talker) note(s callSpan, a act) { g.calls.add(g.id, s, a) }

// noteLost writes down an act without an answer: it may happen at any time.
func (g *talker) noteLost(s callSpan, a act) {
	g.calls.add(g.id, callSpan{s.began, math.MaxInt64}, perhapsAct{a})
}

// noAnswer reports whether err leaves open what has happened.
func noAnswer(err error) bool {
	return fault.CodeOf(err) == fault.Unavailable || errors.Is(err, context.Canceled)
}

// failed deals with an error that says what has happened: nothing, as the caller
// has no seat.
func (g *talker) failed(s callSpan, err error) error {
	if fault.CodeOf(err) != fault.Removed {
		return err
	}
	g.note(s, removedAct{g.who})
	g.token = ""
	return nil
}

func (g *talker) join() (err error) {
	var got chat.Seated
	s, err := g.during(func(ctx context.Context, service *chat.Service) error {
		got, err = service.JoinRoom(ctx, chat.JoinRequest{Room: g.linearStage.name, AgentName: g.name, Capacity: g.capacity})
		return err
	})
	return g.joined(s, got, err)
}

// joinAt joins at one service, and hears what came of it.
func (g *talker) joinAt(ctx context.Context, service *chat.Service) error {
	s := callSpan{began: g.calls.ticks.Add(1)}
	got, err := service.JoinRoom(ctx, chat.JoinRequest{Room: g.linearStage.name, AgentName: g.name, Capacity: g.capacity})
	s.ended = g.calls.ticks.Add(1)
	return g.joined(s, got, err)
}

func (g *talker) joined(s callSpan, got chat.Seated, err error) error {
	switch code := fault.CodeOf(err); {
	case err == nil:
		g.who = ticket{got.Token[:7], cursorNumber(got.Cursor)}
		g.token, g.cursor, g.last = got.Token, got.Cursor, wish{}
		g.note(s, joinAct{g.name, g.who, got})
		g.note(s, lookAct{g.who, got.Room.Agents, -1})
	case noAnswer(err):
		g.noteLost(s, comeAct{g.name})
	case code == fault.RoomFull, code == fault.NameTaken:
		g.note(s, refuseAct{g.name, code})
		if code == fault.RoomFull {
			g.noteLost(s, knockAct{g.name})
		}
	default:
		return err
	}
	return nil
}

func (g *talker) leave() (err error) {
	var got chat.LeaveStatus
	s, err := g.during(func(ctx context.Context, service *chat.Service) error {
		got, err = service.LeaveRoom(ctx, g.token)
		return err
	})
	switch {
	case err == nil:
		g.note(s, leaveAct{g.who, got})
		g.token = ""
	case noAnswer(err):
		g.noteLost(s, goAct{g.who})
	default:
		return err
	}
	return nil
}

func (g *talker) look() (err error) {
	var got chat.Info
	s, err := g.during(func(ctx context.Context, service *chat.Service) error {
		got, err = service.RoomInfo(ctx, chat.InfoRequest{Token: g.token})
		return err
	})
	switch {
	case err == nil:
		g.note(s, lookAct{g.who, got.Room.Agents, -1})
	case !noAnswer(err):
		return g.failed(s, err)
	}
	return nil
}

func (g *talker) comeBack() (err error) {
	var got chat.Seated
	s, err := g.during(func(ctx context.Context, service *chat.Service) error {
		got, err = service.JoinRoom(ctx, chat.JoinRequest{Token: g.token})
		return err
	})
	switch {
	case err == nil:
		g.note(s, returnAct{g.who, g.place(), got})
		g.note(s, lookAct{g.who, got.Room.Agents, -1})
		g.cursor = got.Cursor
	case noAnswer(err):
		g.missed(s)
	default:
		return g.failed(s, err)
	}
	return nil
}

// place is where the talker's cursor stands, -1 if it keeps none.
func (g *talker) place() int64 {
	if g.forgetful {
		return -1
	}
	return cursorNumber(g.cursor)
}

// mine is the cursor to pass.
func (g *talker) mine() string {
	if g.forgetful {
		return ""
	}
	return g.cursor
}

func (g *talker) wait() (err error) {
	req := chat.WaitRequest{Token: g.token, Cursor: g.mine()}
	if g.one(2) {
		req.Wait = time.Duration(1+g.rng.IntN(5)) * time.Second
	}
	var got chat.Waited
	s, err := g.during(func(ctx context.Context, service *chat.Service) error {
		got, err = service.Wait(ctx, req)
		return err
	})
	switch {
	case err == nil:
		g.heard(s, waitAct{got: got})
	case noAnswer(err):
		g.missed(s)
	default:
		return g.failed(s, err)
	}
	return nil
}

// missed writes down that what was handed out may be lost: only if the call was
// given up.
func (g *talker) missed(s callSpan) {
	if g.forgetful && g.gaveUp {
		g.note(s, missAct{g.who})
	}
}

// heard writes down what was handed out after the talker's cursor, and moves it.
func (g *talker) heard(s callSpan, a waitAct) {
	got := a.got
	a.who, a.after = g.who, g.place()
	g.note(s, a)
	g.cursor = got.Cursor
	if got.Status == chat.StatusRemoved {
		g.token = ""
		return
	}
	g.note(s, lookAct{g.who, got.Agents, got.Others})
}

func (g *talker) send() (err error) {
	m := g.choose()
	req := chat.SendRequest{Token: g.token, Text: m.text, Key: m.key}
	if m.after >= 0 {
		req.Cursor = g.cursor
	}
	if (m.after >= 0 || g.forgetful) && g.one(4) {
		req.Wait = time.Duration(1+g.rng.IntN(3)) * time.Second
	}
	var got chat.Sent
	s, err := g.during(func(ctx context.Context, service *chat.Service) error {
		got, err = service.Send(ctx, req)
		return err
	})
	switch {
	case err == nil:
		g.sent(s, m, got)
	case noAnswer(err):
		g.noteLost(s, sayAct{m})
		g.note(s, flyAct{g.who})
		g.missed(s)
	case fault.CodeOf(err) == fault.NotAllowed:
		g.note(s, muteAct{m})
	default:
		return g.failed(s, err)
	}
	return nil
}

// choose makes something to say: something new, short or long, with a key or
// without, guarded by the cursor or not, or what was said last once more.
func (g *talker) choose() wish {
	m := wish{who: g.who, name: g.name, after: -1}
	if !g.forgetful && g.one(2) {
		m.after = g.place()
	}
	if g.last.text != "" && g.one(3) {
		m.text, m.key = g.last.text, g.last.key
		return m
	}
	g.said++
	m.text = fmt.Sprintf("word %d of %d", g.said, g.id)
	if g.one(2) {
		m.text += ", and as many more as make it long"
	}
	if g.one(3) {
		m.key = fmt.Sprintf("key %d", g.said)
	}
	g.last = m
	return m
}

// sent writes down a send: that it was said or held back, and what it was told
// if it waited.
func (g *talker) sent(s callSpan, m wish, got chat.Sent) {
	if !got.Sent {
		g.note(s, holdAct{m})
		g.heard(s, waitAct{got: got.Waited, owed: true})
		return
	}
	g.note(s, sendAct{m, got})
	switch {
	case got.Status != "" && got.Duplicate:
		g.heard(s, waitAct{got: got.Waited})
	case got.Status != "":
		g.heard(s, waitAct{got: got.Waited, since: got.Seq})
	case m.after >= 0 && got.Cursor != "": // else it goes on with the one it has
		g.cursor = got.Cursor
	}
}
