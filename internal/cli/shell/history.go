package shell

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/base/results"
)

// HistoryRequest asks for messages.
type HistoryRequest struct {
	Last   int    // how many messages
	Before string // only messages before this id
	Agreed bool   // only messages on which all agreed
	Files  bool   // only messages with files
	Search string // only messages that hold this text, in any case; the first Last from the end
	// Minutes ends with the agreements, the tasks done and by whom, the open tasks and requests, and the files. Last is
	// then 0 for all messages.
	Minutes  bool
	Markdown bool // the same as a file in Markdown
	Follow   bool // and all later messages, until the context ends
}

// History shows messages: as JSON in one result or, with Follow, each message by itself.
func (s *Shell) History(ctx context.Context, which Which, req HistoryRequest) error {
	err := s.with(which, func(s *session) error {
		if req.Follow {
			return s.tail(ctx, req.Last)
		}
		list, more, err := s.readHistory(ctx, req)
		if err != nil {
			return err
		}
		if req.Minutes || req.Markdown {
			return s.minutes(ctx, list, req)
		}
		if more && !s.out.JSON && (s.out.Screen.Terminal || s.isAgents()) {
			agreed := map[bool]string{true: "--agreed "}[req.Agreed]
			s.out.hint("There is more: %s", s.command("history "+agreed+"--before "+idOr(list[0].ID)))
		}
		if len(list) == 0 && !s.out.JSON {
			s.out.hint("There is nothing to show.")
		}
		r := page(list, more)
		if s.next != "" {
			r["next"], _ = json.Marshal(s.next) // a string
		}
		return s.out.show(r, func() { s.show(ctx, list) })
	})
	if req.Follow && stopped(ctx, err) {
		return nil
	}
	return err
}

// tail shows the last n messages of the room and all later messages, until ctx ends.
func (s *session) tail(ctx context.Context, n int) error {
	list, _, err := s.latest(ctx, max(n, 1), args{})
	if err != nil {
		return err
	}
	after := ""
	for i, e := range list {
		after = e.ID
		if i < len(list)-n {
			continue // with n 0 the message only says where to begin
		}
		if err := s.messages(ctx, e.fields, e.Message); err != nil {
			return err
		}
	}
	if s.seat.Person {
		if err := s.remind(ctx); err != nil {
			return err
		}
	}
	return s.follow(ctx, after, func(e entry) (bool, error) {
		err := s.messages(ctx, e.fields, e.Message)
		if waits(e.Message) && s.seat.Person {
			s.out.hint("A draft waits. Send, edit or reject it: %s", s.command("supervise send "+idOr(e.ID)))
		}
		return false, err
	})
}

// messages shows the messages of a result.
func (s *session) messages(ctx context.Context, r result, list ...results.Message) error {
	s.learn(ctx, list...)
	return s.out.show(r, func() { s.out.Screen.Show(list...) })
}

// learn reads, for a person, the proposals on which all agree with messages and which the screen has not shown: a line
// about an agreement names it by who proposed it, and when. A proposal that has expired stays without a name.
func (s *session) learn(ctx context.Context, list ...results.Message) {
	screen := s.out.Screen
	for _, m := range list {
		screen.know(m)
		if m.Agreed == "" || m.Agreed == m.ID || screen.proposed[m.Agreed] != "" || s.out.JSON {
			continue
		}
		s.learnProposal(ctx, m.Agreed)
	}
}

// learnProposal reads a proposal on which all agree now, for the screen and for tell.
func (s *session) learnProposal(ctx context.Context, id string) {
	p, err := s.message(ctx, id)
	if err != nil {
		return
	}
	s.out.Screen.know(p)
	if p.File != nil {
		s.agreed = idOr(id)
	}
}

// message reads a message beside the call that the command is about, which keeps its next.
func (s *session) message(ctx context.Context, id string) (results.Message, error) {
	defer func(next string) { s.next = next }(s.next)
	said, _, err := s.history(ctx, args{"id": id})
	if err == nil && len(said) != 1 {
		err = fail(failed, "The server does not show the message %s.", id)
	}
	if err != nil {
		return results.Message{}, err
	}
	return said[0].Message, nil
}

// readHistory reads the messages for a History.
func (s *session) readHistory(ctx context.Context, req HistoryRequest) ([]entry, bool, error) {
	a, last := args{}, req.Last
	a.set("before", req.Before)
	a.flag("files", req.Files)
	a.flag("agreed", req.Agreed)
	if last == 0 {
		last = math.MaxInt
	}
	if req.Search != "" {
		return s.find(ctx, strings.ToLower(req.Search), last, a)
	}
	return s.latest(ctx, last, a)
}

// find returns the last n messages that hold text, which is in lower case.
func (s *session) find(ctx context.Context, text string, n int, a args) (found []entry, more bool, err error) {
	for more = true; more && len(found) < n; {
		var page []entry
		page, more, err = s.latest(ctx, pageSize, a)
		if err != nil {
			return nil, false, err
		}
		fit := slices.DeleteFunc(page, func(e entry) bool { return !e.holds(text) })
		found = append(fit, found...)
	}
	return found[max(0, len(found)-n):], more || len(found) > n, nil
}

// holds reports whether text, in lower case, is in a message, its sender's name, the title of a task or the name of a
// file.
func (e entry) holds(text string) bool {
	tasks := e.Tasks
	if e.Task != nil {
		tasks = append(tasks, *e.Task)
	}
	return strings.Contains(strings.ToLower(who(e.Message)+"\n"+string(e.Text)), text) ||
		slices.ContainsFunc(tasks, func(task results.Task) bool {
			return strings.Contains(strings.ToLower(string(task.Title)), text)
		}) ||
		e.File != nil && strings.Contains(strings.ToLower(string(e.File.Name)), text)
}

// page returns messages as one result of the history.
func page(list []entry, more bool) result {
	fields := make([]result, len(list))
	for i, e := range list {
		fields[i] = e.fields
	}
	messages, _ := json.Marshal(fields) // fields came as JSON
	r := result{"messages": messages}
	if more {
		r["has_more"] = json.RawMessage("true")
	}
	return r
}

// entry is one message, typed and as the server wrote it.
type entry struct {
	results.Message
	fields result
}

// waits reports whether m is a draft that waits for the decision of the person behind its agent.
func waits(m results.Message) bool { return m.Type == "draft" && m.Reason == "" }

// pageSize is how many messages a call of the history gives at most.
const pageSize = 100

// history returns a page of messages, oldest first.
func (s *session) history(ctx context.Context, a args) (page []entry, more bool, err error) {
	var typed results.History
	r, err := s.call(ctx, "message_history", a, &typed)
	if err != nil {
		return nil, false, err
	}
	fields, err := r.messages()
	if err != nil {
		return nil, false, err
	}
	for i, message := range typed.Messages {
		page = append(page, entry{message, fields[i]})
	}
	return page, typed.HasMore, nil
}

// latest returns the last n messages of the history with the arguments a.
func (s *session) latest(ctx context.Context, n int, a args) (list []entry, more bool, err error) {
	for more = true; more && len(list) < n; {
		a["limit"] = min(n-len(list), pageSize)
		var page []entry
		page, more, err = s.history(ctx, a)
		if err != nil || len(page) == 0 {
			return list, false, err
		}
		list = append(page, list...)
		a["before"] = page[0].ID
	}
	return list, more, nil
}
