package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"testing"

	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/client"
)

// args are the arguments of a tool.
type args map[string]any

// agent is a seat in a room, used by an MCP client.
type agent struct {
	t      *testing.T
	client *client.Client
	name   string
	token  string
	cursor string
	watch  string // the link of its person
	invite string
	inbox  []message // and not yet asked for
}

// result is what tools answer with, as far as these tests look at it.
type result struct {
	Status     string            `json:"status"`
	AgentToken string            `json:"agent_token"`
	AgentName  string            `json:"agent_name"`
	Cursor     string            `json:"cursor"`
	Watch      string            `json:"watch"`
	Invite     string            `json:"invite"`
	Sent       bool              `json:"sent"`
	ID         string            `json:"id"`
	Next       string            `json:"next"`
	HasMore    bool              `json:"has_more"`
	Messages   []message         `json:"messages"`
	Requests   []results.Request `json:"requests"`
	Tasks      []results.Task    `json:"tasks"`
	Upload     struct {
		Page string `json:"page"`
	} `json:"upload"`
	Download   string              `json:"download"`
	Agreements []results.Agreement `json:"agreements"`
	Room       results.Room        `json:"room"`
	View       string              `json:"view"`
}

type (
	message = results.Message
	task    = results.Task
)

// agent seats an agent in a room, which exists from then on. bearer is the key that admits
// it, if the server wants one.
func (s *server) agent(room, name string, bearer ...string) *agent {
	s.t.Helper()
	a := s.caller(name, bearer...)
	a.sit("join_room", args{"room": room, "agent_name": name})
	return a
}

// caller is an agent that has no seat yet.
func (s *server) caller(name string, bearer ...string) *agent {
	options := client.Options{HTTP: s.http}
	if len(bearer) > 0 {
		options.Bearer = bearer[0]
	}
	a := &agent{t: s.t, name: name, client: client.New(s.root, options)}
	s.t.Cleanup(func() { _ = a.client.Close() }) // the program may be gone
	return a
}

// sit takes a seat by a call of join_room or create_room.
func (a *agent) sit(tool string, with args) {
	a.t.Helper()
	seat := a.call(tool, with)
	a.token, a.cursor, a.watch, a.invite = seat.AgentToken, seat.Cursor, seat.Watch, seat.Invite
}

// try makes a call, which may be refused.
func (a *agent) try(tool string, with args) (got result, err error) {
	ctx, cancel := context.WithTimeout(a.t.Context(), 3*patience)
	defer cancel()
	given := args{}
	if a.token != "" {
		given["agent_token"] = a.token
	}
	maps.Copy(given, with)
	var raw json.RawMessage
	if err := a.client.Call(ctx, tool, given, &raw); err != nil {
		return result{}, err
	}
	return got, json.Unmarshal(raw, &got)
}

// call makes a call that must not fail.
func (a *agent) call(tool string, with args) result {
	a.t.Helper()
	got, err := a.try(tool, with)
	if err != nil {
		a.t.Fatalf("%s calls %s: %v", a.name, tool, err)
	}
	return got
}

// invited returns the path of the page to which the agent's invite leads. Only a server with
// keys has one.
func (a *agent) invited() string {
	a.t.Helper()
	found := regexp.MustCompile(`(/i/\w+)/mcp`).FindStringSubmatch(a.invite)
	if found == nil {
		a.t.Fatalf("the invite is %q", a.invite)
	}
	return found[1]
}

// says sends a message, and returns its id. with are further arguments.
func (a *agent) says(text string, with ...args) string {
	a.t.Helper()
	given := args{"text": text}
	for _, more := range with {
		maps.Copy(given, more)
	}
	got := a.call("send_message", given)
	if !got.Sent {
		a.t.Fatalf("%s sent %q: %+v", a.name, text, got)
	}
	return got.ID
}

// hears waits until a message comes that is the one, and returns it. Others stay for later.
func (a *agent) hears(what string, is func(message) bool) message {
	a.t.Helper()
	at := -1
	await(a.t, func() string { return fmt.Sprintf("%s hears %s; it heard %+v", a.name, what, a.inbox) }, func() bool {
		at = slices.IndexFunc(a.inbox, is)
		if at >= 0 {
			return true
		}
		got := a.call("wait_for_message", args{"cursor": a.cursor, "wait_seconds": 1})
		a.cursor, a.inbox = got.Cursor, append(a.inbox, got.Messages...)
		return false
	})
	found := a.inbox[at]
	a.inbox = slices.Delete(a.inbox, at, at+1)
	return found
}

// hearsText waits until somebody says a text.
func (a *agent) hearsText(text string) message {
	a.t.Helper()
	return a.hears(fmt.Sprintf("%q", text), func(m message) bool { return string(m.Text) == text })
}

// history returns all messages that the agent may see, up to a hundred.
func (a *agent) history() []message {
	a.t.Helper()
	return a.call("message_history", args{"limit": 100}).Messages
}
