package chat_test

import (
	"fmt"

	"pgregory.net/rapid"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// task has an agent do something with the tasks of its room.
func (m *machine) task() {
	id := m.agent()
	r, _ := m.find(id)
	closed := false
	req := chat.TaskRequest{Action: pick(m, "action", "", chat.CommandAdd, chat.CommandAdd, chat.CommandTake,
		chat.CommandTake,
		chat.CommandTake, chat.CommandRelease, chat.CommandFinish, chat.CommandFinish, chat.CommandDrop,
		chat.CommandEdit, chat.CommandCheck, chat.CommandCheck)}
	offer := func() (names []string) {
		if pick(m, "offers", false, false, true) {
			names = []string{m.name("for")}
		}
		return names
	}
	switch req.Action {
	case "":
		closed = pick(m, "closed", false, true)
		if pick(m, "one", false, true) && !closed {
			req.ID = m.taskID(r)
		}
	case chat.CommandAdd:
		n := pick(m, "tasks", 1, 2, 3)
		for range n {
			t := chat.NewTask{Title: pick(m, "title", "sand", "paint", "hang it"), For: offer(),
				Text: pick(m, "text", "", "", "in the hall")}
			if pick(m, "after another", false, n > 1) {
				t.After = []string{fmt.Sprint(rapid.IntRange(1, n).Draw(m.T, "after"))}
			}
			if pick(m, "after an earlier one", false, false, true) {
				t.After = append(t.After, m.taskID(r))
			}
			req.Tasks = append(req.Tasks, t)
		}
	case chat.CommandRelease:
		req.ID, req.For = m.taskID(r), offer()
	case chat.CommandEdit:
		req.ID, req.For = m.taskID(r), offer()
		req.Title = pick(m, "title", "sand", "mop", "mop")
		if pick(m, "after", false, true) {
			req.After = pick(m, "which", []string{m.taskID(r)}, []string{m.taskID(r)}, []string{})
		}
	default:
		req.ID = m.taskID(r)
		if req.Action == chat.CommandTake {
			req.ID = pick(m, "id", req.ID, "")
		}
	}
	switch req.Action {
	case chat.CommandFinish, chat.CommandRelease, chat.CommandDrop:
		req.Text = pick(m, "text", "", "as said", "otherwise")
	}
	if req.Action == chat.CommandFinish && pick(m, "ran", false, true) {
		req.Exited, req.Evidence = true, room.Evidence{Ran: "make", Exit: pick(m, "exit", 0, 2),
			Tree: pick(m, "tree", "", tree, otherTree)}
	}
	if req.Action == chat.CommandCheck {
		req.Verdict, req.Evidence.Tree = pick(m, "verdict", room.Cannot, "", "", room.Same, room.Differs),
			pick(m, "tree", "", tree, otherTree)
		if req.Verdict != room.Cannot {
			req.Exited, req.Evidence.Exit = true, pick(m, "exit", 0, 2)
		}
	}
	m.taskOf(taskCall{who: id, req: req, closed: closed})
}

// taskOf makes the call.
func (m *machine) taskOf(call taskCall) {
	id, req := call.who, call.req
	token, service := m.tokens[id], m.service()
	if req.Action == chat.CommandTake || req.Action == chat.CommandFinish {
		call.req.Cursor, call.cursor = m.cursor(id)
	}
	got, err := call.do(m.by(id), service, token)
	if got.Held != nil {
		plain := m.numbers.waited(token, *got.Held)
		got.Held = &plain
		m.take(taskOp{call, got, m.unexpected(err)}, waitOp{who: id, cursor: call.cursor, got: plain, owed: true})
		m.roster(id, *got.Held)
	} else {
		m.given(id, got.Cursor)
		m.take(taskOp{call, m.numbers.tasks(token, got), m.unexpected(err)})
	}
	if !m.model.oneService { // so that the other service learns of the call soon
		m.readHistory(service, historyOp{who: id, limit: 1})
	}
}

// taskID draws the id of a task of r, mostly a late one.
func (m *machine) taskID(r roomModel) string {
	last := len(r.tasks)
	return fmt.Sprintf("t%d", rapid.IntRange(max(1, last-5), last+1).Draw(m.T, "task"))
}
