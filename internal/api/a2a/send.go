package a2a

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"iter"
	"time"
	"unicode/utf8"

	wire "github.com/a2aproject/a2a-go/v2/a2a"

	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/api/tools"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// blocks is how long a message waits for an answer if its client wants an answer: less than the timeouts of clients and
// proxies.
const blocks = 25 * time.Second

// message is a message of a client.
type message struct {
	ids
	content
	key    string // of idempotency
	atOnce bool   // the client does not wait for an answer
}

// messageOf returns the message of a call. The error is an error of A2A.
func messageOf(ctx context.Context) (message, error) {
	req, err := paramsOf[wire.SendMessageRequest](ctx)
	if err != nil {
		return message{}, err
	}
	return read(req)
}

// read returns the message of a request. The error is an error of A2A.
func read(req *wire.SendMessageRequest) (in message, err error) {
	m := req.Message
	switch {
	case m == nil:
		return in, wire.NewError(wire.ErrInvalidParams, "message is missing. Nothing was said.")
	case m.ID == "":
		return in, wire.NewError(wire.ErrInvalidParams, "messageId is missing: a repeated message is known by it. "+
			"Nothing was said.")
	case m.Role != wire.MessageRoleUser:
		return in, wire.NewError(wire.ErrInvalidParams, "role must be ROLE_USER: to this server its client is the "+
			"user. Nothing was said.")
	}
	in.ids, err = readIDs(m.ContextID, m.TaskID)
	if err != nil {
		return in, err
	}
	in.content, err = contentOf(m.Parts)
	if err == nil && in.isBlank() && in.token == "" {
		err = wire.NewError(wire.ErrInvalidParams, noText)
	}
	in.key, in.atOnce = keyOf(m.ID), req.Config != nil && req.Config.ReturnImmediately
	return in, err
}

// keyOf returns the key of idempotency for the id of a message.
func keyOf(id string) string {
	usable := utf8.RuneCountInString(id) <= core.MaxKey && utf8.ValidString(id) && !room.HasControls(id, "")
	if usable && ident.SecretIn(id) == "" {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:])
}

// ids are the ids that a client gave.
type ids struct {
	token  string // of the stay; "" if the client gave no id
	byTask bool   // the client gave the id of a task
}

// readIDs returns the ids of a message. The error is an error of A2A.
func readIDs(contextID string, task wire.TaskID) (ids, error) {
	var given ids
	if contextID != "" {
		token, ok := ident.ParseContextID(contextID)
		if !ok {
			return given, wire.NewError(wire.ErrInvalidParams, "contextId is not one that this server gave. Use the "+
				"one that the answer to your first message has, or leave it out to take a seat. Nothing was said.")
		}
		given.token = token.String()
	}
	if task == "" {
		return given, nil
	}
	byTask, err := readTaskID(task)
	if err == nil && given.token != "" && given.token != byTask.token {
		err = wire.NewError(wire.ErrInvalidParams, "taskId is of another context than contextId. Nothing was said.")
	}
	return byTask, err
}

func readTaskID(id wire.TaskID) (ids, error) {
	token, ok := ident.ParseTaskID(string(id))
	if !ok {
		return ids{}, wire.NewError(wire.ErrTaskNotFound, noTask)
	}
	return ids{token: token.String(), byTask: true}, nil
}

// seat is the seat of a message.
type seat struct {
	token    string
	taken    bool // by this call
	earlier  []chat.Message
	metadata map[string]any
}

// takeSeat returns the seat of a message. It takes a seat for a message without one.
func (s *Server) takeSeat(ctx context.Context, in message) (seat, error) {
	if in.token != "" {
		return seat{token: in.token}, nil
	}
	name := requestOf(ctx).Name
	if name == "" {
		name = ident.NewName()
	}
	got, err := s.o.Rooms.JoinRoom(ctx, chat.JoinRequest{AgentName: name, Stay: true})
	if err != nil {
		return seat{}, failed{error: err, step: joining}
	}
	about := map[string]any{"room": got.Room.Name, "agentName": got.Name}
	if link := s.o.Tools.Watch(ctx, got.Watch); link != "" {
		about["watch"] = link
	}
	return seat{got.Token, true, got.Messages, about}, nil
}

// sendIn sends a message, and waits for an answer. Before the wait it calls said, unless said is nil.
func (s *Server) sendIn(ctx context.Context, in message, wait time.Duration, r *mcp.Record, said func(seat)) (at seat,
	got chat.Sent, err error) {
	how := saying
	if in.file != nil {
		how = sharing
	}
	if in.text != "" {
		if err := checkText(in.text); err != nil { // before it takes a seat
			return at, got, err
		}
	}
	at, err = s.takeSeat(ctx, in)
	if err != nil {
		return at, got, err
	}
	r.Room = tools.RoomOf(at.token)
	isSaid := func() {
		if said != nil {
			said(at)
		}
	}
	switch {
	case in.isBlank():
		got, err = s.listen(ctx, at, wait, isSaid)
	case in.file != nil:
		var shared chat.Shared
		shared, err = s.o.Rooms.ShareFile(ctx, chat.ShareRequest{Token: at.token, Name: in.file.name,
			Data: in.file.data, Note: in.text, Key: in.key, Wait: wait, Stay: true, Said: func() {
				in.file.data = nil // a wait lasts for hours
				isSaid()
			}})
		got = shared.Sent
	default:
		got, err = s.o.Rooms.Send(ctx, chat.SendRequest{Token: at.token, Text: in.text, Key: in.key, Wait: wait,
			Stay: true, Said: isSaid})
	}
	if err == nil {
		return at, got, nil
	}
	refused := failed{error: err, step: how}
	if at.taken && !s.leaveSeat(ctx, at, err) {
		refused.kept = at.token
	}
	return at, got, refused
}

// listen waits for news, for a client that can wait in no other way: ADK's client cannot follow a task.
func (s *Server) listen(ctx context.Context, at seat, wait time.Duration, said func()) (chat.Sent, error) {
	said()
	got, err := s.o.Rooms.Wait(ctx, chat.WaitRequest{Token: at.token, Wait: wait, Stay: true})
	return chat.Sent{Sent: true, Waited: got}, err
}

// leaveSeat leaves the seat that sendIn took for a refused message, since the client cannot know the seat. leaveSeat
// returns false if the seat stays: the message may have been said, and is repeated in the same seat, or the store does
// not answer.
func (s *Server) leaveSeat(ctx context.Context, at seat, why error) bool {
	var refused *fault.Error
	if errors.As(why, &refused) && refused.Unclear {
		return false
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leavesWithin) // also if the client has gone
	defer cancel()
	_, err := s.o.Rooms.LeaveRoom(ctx, chat.LeaveRequest{Token: at.token})
	return err == nil
}

// leavesWithin is how long leaveSeat may take. The lease of the seat ends in any case.
const leavesWithin = 5 * time.Second

// sends is the call of a message.
func (in message) sends(name string, wait time.Duration) call {
	c := call{name: name, wait: wait, step: saying, ids: in.ids}
	if in.token == "" {
		c.step = joining
	}
	return c
}

// SendMessage implements [a2asrv.RequestHandler].
func (h handler) SendMessage(ctx context.Context, _ *wire.SendMessageRequest) (_ wire.SendMessageResult, err error) {
	defer h.chargeUncounted(ctx, &err)
	in, err := messageOf(ctx)
	if err != nil {
		return nil, err
	}
	wait := blocks
	if in.atOnce {
		wait = 0
	}
	got, err := h.do(ctx, in.sends("a2a_send", wait), func(ctx context.Context, r *mcp.Record) (any, error) {
		at, got, err := h.sendIn(ctx, in, wait, r, nil)
		if err != nil {
			return nil, err
		}
		task := taskOf(at)
		task.Status = h.answer(ctx, at, &got)
		return task, nil
	})
	if err != nil {
		return nil, err
	}
	return got.(*wire.Task), nil
}

// SendStreamingMessage implements [a2asrv.RequestHandler].
func (h handler) SendStreamingMessage(ctx context.Context, _ *wire.SendMessageRequest) iter.Seq2[wire.Event, error] {
	return h.events(ctx, func(send func(wire.Event) bool) error {
		in, err := messageOf(ctx)
		if err != nil {
			return err
		}
		_, err = h.do(ctx, in.sends("a2a_stream", h.o.LongestWait), func(ctx context.Context, r *mcp.Record) (any,
			error) {
			begin := func(at seat) { // the task comes first
				task := taskOf(at)
				task.Status = h.status(at, wire.TaskStateWorking, nil)
				send(task)
			}
			at, got, err := h.sendIn(ctx, in, h.o.LongestWait, r, begin)
			if err != nil || got.Waited.Status == chat.StatusSuperseded {
				return nil, err
			}
			answer := taskOf(at)
			answer.Status = h.answer(ctx, at, &got)
			switch {
			case got.Sent:
				send(updateOf(answer))
			case answer.Status.State != wire.TaskStateWorking:
				begin(at)
				send(updateOf(answer))
			case send(answer): // the decision of the user comes next
				return nil, h.await(ctx, seat{token: at.token}, send)
			}
			return nil, nil
		})
		return err
	})
}

// await waits for the answer to a message in a stream, and sends the outcome.
func (s *Server) await(ctx context.Context, at seat, send func(wire.Event) bool) error {
	got, err := s.o.Rooms.Wait(ctx, chat.WaitRequest{Token: at.token, Wait: s.o.LongestWait, Stay: true})
	if err != nil {
		return failed{error: err, step: reading}
	}
	if got.Status != chat.StatusSuperseded {
		task := taskOf(at)
		task.Status = s.answer(ctx, at, &chat.Sent{Sent: true, Waited: got})
		send(updateOf(task))
	}
	return nil
}

// taskOf returns the task of a seat, without a status.
func taskOf(at seat) *wire.Task {
	t, _ := ident.ParseContextID(at.token)
	return &wire.Task{ID: wire.TaskID(t.TaskID()), ContextID: at.token, Metadata: at.metadata}
}

func updateOf(t *wire.Task) *wire.TaskStatusUpdateEvent {
	return &wire.TaskStatusUpdateEvent{TaskID: t.ID, ContextID: t.ContextID, Status: t.Status}
}
