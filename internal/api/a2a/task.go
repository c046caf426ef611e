package a2a

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	wire "github.com/a2aproject/a2a-go/v2/a2a"

	"github.com/parley-chat/parley/internal/api"
	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/api/tools"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/transcript"
)

// historyOf returns how many messages a client wants. The error is an error of A2A.
func historyOf(asked *int) (int, error) {
	switch {
	case asked == nil:
		return api.MaxTaskHistory, nil
	case *asked < 0:
		return 0, wire.NewError(wire.ErrInvalidParams, "historyLength must be 0 or more.")
	}
	return min(*asked, api.MaxTaskHistory), nil
}

// readTask returns the task of a stay, with at most so many messages.
func (s *Server) readTask(ctx context.Context, token string, most int) (*wire.Task, error) {
	stay, err := s.o.Rooms.Stay(ctx, token, min(most, 1)*api.MaxTaskHistory) // not all are said
	if err != nil {
		return nil, err
	}
	at := seat{token: token}
	task := taskOf(at)
	state, sentence := standsAt(stay)
	var parts []*wire.Part
	if sentence != "" {
		parts = []*wire.Part{wire.NewTextPart(sentence)}
	}
	task.Status = s.status(at, state, parts)
	when := stay.At.UTC()
	task.Status.Timestamp = &when
	if m := task.Status.Message; m != nil { // each read returns the same id
		m.ID = fmt.Sprintf("status-%d", when.UnixMilli())
	}
	said := slices.DeleteFunc(stay.Messages, func(message chat.Message) bool { return message.Type != chat.EventSaid })
	said = said[max(0, len(said)-most):]
	questioned := s.questioned(ctx, token, said)
	for _, message := range said {
		text, err := s.whole(ctx, token, message)
		if err != nil {
			return nil, err
		}
		task.History = append(task.History, saidIn(at, message, text, questioned))
	}
	return task, nil
}

// standsAt returns the state of a stay that a client reads, and the sentence of the server.
func standsAt(stay chat.Stay) (wire.TaskState, string) {
	switch {
	case stay.Ended != "":
		return endedBy(stay.Ended)
	case stay.Paused:
		return wire.TaskStateWorking, isPaused
	case stay.Undecided:
		return wire.TaskStateWorking, saidPending
	case stay.Wanted:
		return wire.TaskStateInputRequired, ""
	}
	return wire.TaskStateWorking, ""
}

// saidIn returns a message of the room as a message of the history of a task. See Server.questioned.
func saidIn(at seat, message chat.Message, text string, questioned map[string][]string) *wire.Message {
	role, line := wire.MessageRoleAgent, transcript.Of(message, text, transcript.Way{Questioned: questioned})
	if message.Mine {
		role, line = wire.MessageRoleUser, strings.TrimPrefix(text+transcript.NoteOf(message.File, false), "\n")
	}
	got := wire.NewMessageForTask(role, taskOf(at), wire.NewTextPart(line))
	got.ID, got.Metadata = message.ID, about(message, questioned)
	return got
}

// GetTask implements [a2asrv.RequestHandler].
func (h handler) GetTask(ctx context.Context, _ *wire.GetTaskRequest) (_ *wire.Task, err error) {
	defer h.chargeUncounted(ctx, &err)
	req, err := paramsOf[wire.GetTaskRequest](ctx)
	if err != nil {
		return nil, err
	}
	given, err := readTaskID(req.ID)
	if err != nil {
		return nil, err
	}
	most, err := historyOf(req.HistoryLength)
	if err != nil {
		return nil, err
	}
	return h.callReadTask(ctx, "a2a_get", given, most)
}

// callReadTask is readTask as a call.
func (s *Server) callReadTask(ctx context.Context, name string, given ids, most int) (*wire.Task, error) {
	got, err := s.do(ctx, call{name: name, ids: given}, func(ctx context.Context, r *mcp.Record) (any, error) {
		r.Room = tools.RoomOf(given.token)
		return s.readTask(ctx, given.token, most)
	})
	if err != nil {
		return nil, err
	}
	return got.(*wire.Task), nil
}

// The sizes of a page of tasks (A2A 1.0, section 3.1.4).
const (
	usualPage = 50
)

// ListTasks implements [a2asrv.RequestHandler]. A client sees only the task of the context that it names.
func (h handler) ListTasks(ctx context.Context, _ *wire.ListTasksRequest) (_ *wire.ListTasksResponse, err error) {
	defer h.chargeUncounted(ctx, &err)
	req, err := paramsOf[wire.ListTasksRequest](ctx)
	if err != nil {
		return nil, err
	}
	page := &wire.ListTasksResponse{Tasks: []*wire.Task{}, PageSize: usualPage}
	if req.PageSize != 0 {
		page.PageSize = req.PageSize
	}
	most := 0
	switch {
	case page.PageSize < 1 || page.PageSize > api.MaxTasksPage:
		return nil, wire.NewError(wire.ErrInvalidParams, "pageSize must be from 1 to 100.")
	case req.PageToken != "":
		return nil, wire.NewError(wire.ErrInvalidParams, "pageToken is none that this server gave: there is one page.")
	case req.HistoryLength != nil:
		most, err = historyOf(req.HistoryLength)
		if err != nil {
			return nil, err
		}
	}

	// The request is well-formed. A client that names no seat of its own has no tasks, and gets an empty list.
	given, err := readIDs(req.ContextID, "")
	if err != nil || given.token == "" {
		return page, nil
	}
	given.byTask = true
	task, err := h.callReadTask(ctx, "a2a_list", given, most)
	switch {
	case errors.Is(err, wire.ErrTaskNotFound):
		return page, nil
	case err != nil:
		return nil, err
	}
	wanted := req.Status == wire.TaskStateUnspecified || req.Status == task.Status.State
	if after := req.StatusTimestampAfter; after != nil && !task.Status.Timestamp.After(*after) {
		wanted = false
	}
	if wanted {
		page.Tasks, page.TotalSize = []*wire.Task{task}, 1
	}
	return page, nil
}

// CancelTask implements [a2asrv.RequestHandler]. The agent leaves the room.
func (h handler) CancelTask(ctx context.Context, _ *wire.CancelTaskRequest) (_ *wire.Task, err error) {
	defer h.chargeUncounted(ctx, &err)
	req, err := paramsOf[wire.CancelTaskRequest](ctx)
	if err != nil {
		return nil, err
	}
	given, err := readTaskID(req.ID)
	if err != nil {
		return nil, err
	}
	got, err := h.do(ctx, call{name: "a2a_cancel", step: leaving, ids: given}, func(ctx context.Context,
		r *mcp.Record) (any, error) {
		r.Room = tools.RoomOf(given.token)
		if _, err := h.o.Rooms.LeaveRoom(ctx, chat.LeaveRequest{Token: given.token}); err != nil {
			return nil, err
		}
		return h.readTask(ctx, given.token, 0)
	})
	if err != nil {
		return nil, err
	}
	task := got.(*wire.Task)
	if task.Status.State != wire.TaskStateCanceled {
		return nil, wire.NewError(wire.ErrTaskNotCancelable, "The task is over: "+sentenceOf(task))
	}
	return task, nil
}

// sentenceOf returns the sentence of the server in the status of a task.
func sentenceOf(t *wire.Task) string {
	if t.Status.Message == nil || len(t.Status.Message.Parts) == 0 {
		return ""
	}
	return t.Status.Message.Parts[0].Text()
}

// SubscribeToTask implements [a2asrv.RequestHandler].
func (h handler) SubscribeToTask(ctx context.Context, _ *wire.SubscribeToTaskRequest) iter.Seq2[wire.Event, error] {
	return h.events(ctx, func(send func(wire.Event) bool) error {
		req, err := paramsOf[wire.SubscribeToTaskRequest](ctx)
		if err != nil {
			return err
		}
		given, err := readTaskID(req.ID)
		if err != nil {
			return err
		}
		how := call{name: "a2a_subscribe", wait: h.o.LongestWait, ids: given}
		got, err := h.do(ctx, how, func(ctx context.Context, r *mcp.Record) (any, error) {
			r.Room = tools.RoomOf(given.token)
			task, err := h.readTask(ctx, given.token, api.MaxTaskHistory)
			if err != nil || task.Status.State.Terminal() {
				return task, err
			}
			if send(task) {
				err = h.follow(ctx, seat{token: given.token}, send)
			}
			return nil, err
		})
		if task, _ := got.(*wire.Task); task != nil {
			return wire.NewError(wire.ErrUnsupportedOperation, "The task is over: "+sentenceOf(task))
		}
		return err
	})
}

// follow sends the news of the room until the stay ends. The agent may make other calls meanwhile.
func (s *Server) follow(ctx context.Context, at seat, send func(wire.Event) bool) error {
	return s.o.Rooms.Follow(ctx, at.token, func(got chat.Waited) bool {
		task := taskOf(at)
		task.Status = s.answer(ctx, at, &chat.Sent{Sent: true, Waited: got})
		return send(updateOf(task))
	})
}
