package chat_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// client is an agent that makes random calls of any service, gives up some of them,
// and records the answers.
type client struct {
	*linearRun
	id        int
	name      string
	rng       *rand.Rand
	service   *chat.Service // the one to call; nil: any
	noCursors bool          // it never passes one
	who       agentID
	token     string // empty: it has no seat
	cursor    string
	last      sendCall // to be repeated
	said      int
}

func newClient(r *linearRun, id int) *client {
	rng := rand.New(rand.NewPCG(r.seed, uint64(id)+2))
	return &client{linearRun: r, id: id, name: clientName(id), rng: rng, noCursors: rng.IntN(3) == 0}
}

// clientName returns the name of a client. Two clients share some of them.
func clientName(i int) string { return []string{"Ann", "Bob", "Cid", "Ann", "Dora", "Bob"}[i%6] }

func (c *client) oneIn(n int) bool { return c.rng.IntN(n) == 0 }

func (c *client) makeCalls(n int) error {
	for range n {
		if err := c.makeCall(); err != nil {
			return fmt.Errorf("%s (%d): %w", c.name, c.id, err)
		}
	}
	return nil
}

func (c *client) makeCall() error {
	if c.token == "" {
		return c.join()
	}
	switch n := c.rng.IntN(31); {
	case n < 11:
		return c.send()
	case n < 17:
		return c.wait(time.Duration(c.rng.IntN(2)*(1+c.rng.IntN(5))) * time.Second)
	case n < 19:
		return c.comeBack()
	case n < 20:
		return c.info()
	case n < 22:
		return c.leave()
	case n < 28:
		return c.task()
	}
	return c.manage()
}

// during makes a call, which the client gives up now and then, and returns the answer
// and when it was.
func during[T any](c *client, call func(context.Context, *chat.Service) (T, error)) (got T, s callSpan, err error) {
	ctx, cancel := context.WithCancel(c.ctx)
	defer cancel()
	service := c.service
	if service == nil {
		service = c.anyService(c.rng)
		if c.oneIn(8) {
			timer := time.AfterFunc(time.Duration(c.rng.IntN(2000))*time.Microsecond, cancel)
			defer timer.Stop()
		}
	}
	s.began = c.calls.ticks.Add(1)
	got, err = call(ctx, service)
	s.ended = c.calls.ticks.Add(1)
	return got, s, err
}

// record records an operation with its answer.
func (c *client) record(s callSpan, op operation) { c.calls.add(c.id, s, timed{op, c.now}) }

// recordLost records an operation without an answer, which may happen at any time.
func (c *client) recordLost(s callSpan, op operation) {
	c.calls.add(c.id, callSpan{s.began, math.MaxInt64}, timed{maybeOp{operation: op}, c.now})
}

// unanswered reports whether err leaves open what has happened.
func unanswered(err error) bool {
	return fault.CodeOf(err) == fault.Unavailable || errors.Is(err, context.Canceled)
}

// removed records that the caller has no seat any longer, or that its room was begun
// anew, or returns err.
func (c *client) removed(s callSpan, err error) error {
	switch fault.CodeOf(err) {
	case fault.Removed:
		c.record(s, barredOp{c.who, fault.Removed})
	case fault.RoomClosed:
		c.record(s, closedOp{c.who})
	default:
		return err
	}
	c.token = ""
	return nil
}

// recordUnsure records that a call has no answer.
func (c *client) recordUnsure(s callSpan, cursor cursorArg) {
	if cursor.given {
		c.record(s, unsureOp{c.who, cursor})
	}
}

func (c *client) join() error {
	got, s, err := during(c, func(ctx context.Context, service *chat.Service) (chat.Seated, error) {
		return service.JoinRoom(ctx, chat.JoinRequest{Room: c.linearRun.name, AgentName: c.name, Capacity: c.capacity})
	})
	call := joinCall{room: c.linearRun.name, agent: c.name, capacity: c.capacity, create: true, join: true}
	switch code := fault.CodeOf(err); {
	case err == nil:
		op := joinOp{joinCall: call, got: c.numbers.seated(got)}
		c.who, c.token, c.cursor, c.last = op.who(), got.Token, got.Cursor, sendCall{}
		c.record(s, op)
		c.record(s, viewOp{"the join", c.who, &got.Room, nil, -1})
		c.recordVacate(s, call)
	case unanswered(err):
		c.recordLost(s, lostJoin{call})
		c.recordVacate(s, call)
	case code == fault.RoomFull, code == fault.NameTaken, code == fault.NotAllowed:
		c.record(s, joinOp{joinCall: call, code: code})
		if code != fault.NotAllowed {
			c.recordLost(s, knockOp{c.linearRun.name, c.name})
		}
	default:
		return err
	}
	return nil
}

// recordVacate records that a join may have taken over a seat in two steps.
func (c *client) recordVacate(s callSpan, call joinCall) {
	if c.now.After(start) {
		c.recordLost(s, vacateOp{call})
	}
}

// recordAct records that a call may have made an agent an admin.
func (c *client) recordAct(s callSpan) {
	if c.now.After(start) {
		c.recordLost(s, lostAct{c.linearRun.name})
	}
}

func (c *client) leave() error {
	req := chat.LeaveRequest{Token: c.token}
	if c.oneIn(3) {
		c.said++
		req.Text = fmt.Sprintf("last word %d of %d", c.said, c.id)
	}
	got, s, err := during(c, func(ctx context.Context, service *chat.Service) (chat.Left, error) {
		return service.LeaveRoom(ctx, req)
	})
	got.Messages = c.numbers.messages(c.who.room, got.Messages)
	switch code := fault.CodeOf(err); {
	case err == nil:
		if req.Text != "" && got.Status == chat.StatusLeft && !got.Unsaid {
			// Others may see the word before they see that the agent left.
			c.record(s, lostSend{sendCall{who: c.who, text: req.Text}})
			req.Text = ""
		}
		c.record(s, leaveOp{c.who, req.Text, got, ""})
		c.token = ""
	case unanswered(err):
		if req.Text != "" {
			c.recordLost(s, lostSend{sendCall{who: c.who, text: req.Text}})
		}
		c.recordLost(s, lostLeave{who: c.who})
	case code == fault.NotAllowed:
		c.record(s, leaveOp{c.who, req.Text, got, code})
	default:
		return err
	}
	return nil
}

func (c *client) info() error {
	got, s, err := during(c, func(ctx context.Context, service *chat.Service) (chat.Info, error) {
		return service.RoomInfo(ctx, chat.InfoRequest{Token: c.token})
	})
	switch {
	case err == nil:
		c.record(s, viewOp{"info", c.who, &got.Room, nil, -1})
	case !unanswered(err):
		return c.removed(s, err)
	}
	return nil
}

func (c *client) comeBack() error {
	got, s, err := during(c, func(ctx context.Context, service *chat.Service) (chat.Seated, error) {
		return service.JoinRoom(ctx, chat.JoinRequest{Token: c.token})
	})
	switch {
	case err == nil && c.service == nil && c.oneIn(4), unanswered(err): // the answer is lost
	case err == nil:
		c.record(s, returnOp{who: c.who, read: c.place(), got: c.numbers.seated(got)})
		c.record(s, viewOp{"the return", c.who, &got.Room, nil, -1})
		c.cursor = got.Cursor
	default:
		return c.removed(s, err)
	}
	return nil
}

// passed is the cursor that the client passes.
func (c *client) passed() cursorArg {
	if c.noCursors {
		return cursorArg{}
	}
	return c.numbers.passed(c.token, c.cursor)
}

// place is the event at which the client's last cursor stands.
func (c *client) place() int64 { return c.numbers.passed(c.token, c.cursor).n }

func (c *client) wait(d time.Duration) error {
	req := chat.WaitRequest{Token: c.token, Wait: d}
	if !c.noCursors {
		req.Cursor = c.cursor
	}
	got, s, err := during(c, func(ctx context.Context, service *chat.Service) (chat.Waited, error) {
		return service.Wait(ctx, req)
	})
	switch {
	case err == nil:
		c.handedOut(s, waitOp{cursor: c.passed(), got: got})
	case c.noCursors && fault.CodeOf(err) == fault.InvalidArgument:
		c.record(s, waitOp{who: c.who, code: fault.InvalidArgument})
	case unanswered(err):
		c.recordUnsure(s, c.passed())
	default:
		return c.removed(s, err)
	}
	return nil
}

// handedOut records what was handed out, and moves the client's cursor.
func (c *client) handedOut(s callSpan, op waitOp) {
	op.who = c.who
	c.cursor, op.got = op.got.Cursor, c.numbers.waited(c.token, op.got)
	c.record(s, op)
	if op.got.Status == chat.StatusRemoved {
		c.token = ""
		return
	}
	if !op.sent || len(op.got.Agents) > 0 {
		c.record(s, viewOp{"the wait", c.who, nil, op.got.Agents, op.got.Situation.Others})
	}
}

func (c *client) send() error {
	call := c.chooseMessage()
	req := chat.SendRequest{Token: c.token, Text: call.text, Key: call.key}
	for _, no := range call.finishes {
		req.Finishes = append(req.Finishes, fmt.Sprintf("t%d", no))
	}
	if call.cursor.given {
		req.Cursor = c.cursor
	}
	if c.oneIn(4) {
		req.Wait = time.Duration(1+c.rng.IntN(3)) * time.Second
	}
	got, s, err := during(c, func(ctx context.Context, service *chat.Service) (chat.Sent, error) {
		return service.Send(ctx, req)
	})
	switch code := fault.CodeOf(err); {
	case err == nil && !got.Sent:
		c.record(s, holdOp{call, c.numbers.sent(c.token, got)})
		c.handedOut(s, waitOp{cursor: call.cursor, got: got.Waited, owed: true})
	case err == nil:
		c.sent(s, call, req.Wait > 0, got)
	case unanswered(err):
		c.recordLost(s, lostSend{call})
		c.recordUnsure(s, call.cursor)
	case code == fault.NotAllowed:
		c.record(s, sendOp{sendCall: call, code: code})
	default:
		return c.removed(s, err)
	}
	return nil
}

// chooseMessage chooses a new text, short or long, with or without a key and a
// cursor, or the last message again.
func (c *client) chooseMessage() sendCall {
	call := sendCall{who: c.who}
	if c.oneIn(2) {
		call.cursor = c.passed()
	}
	if c.last.text != "" && c.oneIn(3) {
		call.text, call.key, call.finishes = c.last.text, c.last.key, c.last.finishes
		return call
	}
	if c.oneIn(5) {
		call.finishes = []int64{int64(1 + c.rng.IntN(3))}
	}
	c.said++
	call.text = fmt.Sprintf("text %d of %d", c.said, c.id)
	if c.oneIn(2) {
		call.text += ", with as many words as make it long"
	}
	if c.oneIn(3) {
		call.key = fmt.Sprintf("key %d", c.said)
	}
	c.last = call
	return call
}

// sent records a message that was sent, and what was handed out with the answer, if
// that could be read.
func (c *client) sent(s callSpan, call sendCall, waited bool, got chat.Sent) {
	plain := c.numbers.sent(c.token, got)
	c.record(s, sendOp{sendCall: call, got: plain})
	if len(got.Waited.Messages) == 0 && numberOf(plain.Waited.Cursor) == call.cursor.n {
		// nothing was read: it is that of the call
		return
	}
	op := waitOp{cursor: call.cursor, got: got.Waited, sent: !waited}
	if !got.Duplicate {
		op.since = numberOf(plain.ID)
	}
	c.handedOut(s, op)
}

// task does something with the tasks of the room: it lists them, or adds one, and takes and finishes some of the
// first. So the clients meet at the same ones.
func (c *client) task() error {
	actions := []chat.TaskCommand{"", chat.CommandAdd, chat.CommandTake, chat.CommandTake, chat.CommandRelease,
		chat.CommandFinish, chat.CommandDrop, chat.CommandCheck}
	req := chat.TaskRequest{Action: actions[c.rng.IntN(len(actions))]}
	switch req.Action {
	case "":
	case chat.CommandAdd:
		c.said++
		req.Tasks = []chat.NewTask{{Title: fmt.Sprintf("task %d of %d", c.said, c.id)}}
	default:
		req.ID = fmt.Sprintf("t%d", 1+c.rng.IntN(3))
		if req.Action == chat.CommandTake && c.oneIn(2) {
			req.ID = ""
		}
		if req.Action == chat.CommandFinish && c.oneIn(2) || req.Action == chat.CommandCheck {
			req.Evidence, req.Exited = room.Evidence{Exit: c.rng.IntN(2)}, true
		}
		if req.Action == chat.CommandFinish && req.Exited {
			req.Evidence.Ran = "make"
		}
	}
	call := taskCall{who: c.who, req: req}
	if c.oneIn(2) && !c.noCursors && (req.Action == chat.CommandTake || req.Action == chat.CommandFinish) {
		call.req.Cursor, call.cursor = c.cursor, c.passed()
	}
	got, s, err := during(c, func(ctx context.Context, service *chat.Service) (chat.Tasks, error) {
		return call.do(ctx, service, c.token)
	})
	switch code := fault.CodeOf(err); {
	case err == nil && got.Held != nil:
		c.record(s, taskOp{call, got, code})
		c.handedOut(s, waitOp{cursor: call.cursor, got: *got.Held, owed: true})
	case err == nil, code == fault.InvalidArgument, code == fault.NotAllowed:
		c.record(s, taskOp{call, c.numbers.tasks(c.token, got), code})
	case unanswered(err):
		if req.Action != "" {
			c.recordLost(s, lostTask{call})
		}
	default:
		return c.removed(s, err)
	}
	return nil
}

// manage decides something, which only an admin may.
func (c *client) manage() error {
	actions := []room.Action{room.Kick, room.Kick, room.Kick, room.Promote, room.Promote, room.Mute, room.Demote,
		room.BanName}
	call := manageCall{who: c.who, action: actions[c.rng.IntN(len(actions))], name: clientName(c.rng.IntN(6))}
	if call.action == room.BanName {
		call.name = []string{"Dora", "D0ra"}[c.rng.IntN(2)]
	}
	got, s, err := during(c, func(ctx context.Context, service *chat.Service) (chat.Managed, error) {
		return service.ManageAgent(ctx, chat.ManageRequest{Token: c.token, Agents: []string{call.name},
			Action: call.action})
	})
	c.recordAct(s)
	switch code := fault.CodeOf(err); {
	case err == nil, code == fault.NotAllowed, code == fault.InvalidArgument:
		c.record(s, manageOp{call, got, code})
	case unanswered(err):
		c.recordLost(s, lostManage{call})
	default:
		return c.removed(s, err)
	}
	return nil
}
