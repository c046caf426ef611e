package bridge

import (
	"context"
	"encoding/json"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/mcp"
	"github.com/parley-chat/parley/internal/tools/spec"
)

// call is a call of a tool.
type call struct {
	message
	tool              string
	room, name, token string // the arguments, "" if absent
}

// callOf reads the call that m makes, as the server does.
func callOf(m message) call {
	c := call{message: m}
	var params struct {
		Name      string          `json:"name"`
		Arguments json.RawMessage `json:"arguments"`
	}
	_ = json.Unmarshal(m.Params, &params) // the server says what is wrong with them
	c.tool = params.Name
	// The server says what is wrong with the arguments.
	_ = spec.Read([]spec.Arg{
		spec.Text("room", &c.room, ""), spec.Text("agent_name", &c.name, ""), spec.Text("agent_token", &c.token, ""),
	}, params.Arguments)
	return c
}

// with returns c with an agent_token.
func (c call) with(token string) call {
	var params, arguments map[string]json.RawMessage
	_ = json.Unmarshal(c.Params, &params)
	_ = json.Unmarshal(params["arguments"], &arguments) // claim has read them
	arguments["agent_token"] = mcp.JSON(token)
	params["arguments"] = mcp.JSON(arguments)
	c.Params, c.token = mcp.JSON(params), token
	return c
}

// call passes on a call of a tool, and keeps the agent's seat.
func (b *Bridge) call(ctx context.Context, m message) answer {
	c := callOf(m)
	if c.tool == "join_room" && c.token == "" {
		if a, seated := b.comeBack(ctx, c); seated {
			return a
		}
	}
	a := b.once(ctx, c.message)
	b.learn(c, a)
	return a
}

// comeBack lets an agent that joins under a name which it had in an earlier run return to that
// seat: a client starts a new bridge with each session. seated is false if it has to join like
// anybody else.
func (b *Bridge) comeBack(ctx context.Context, c call) (a answer, seated bool) {
	token, err := b.seats.claim(c.room, c.name)
	if err != nil {
		b.note("cannot read the seats of earlier runs: %v", err)
	}
	if token == "" {
		return answer{}, false
	}
	returning := c.with(token)
	a = b.once(ctx, returning.message)
	switch r := resultOf(a); {
	case r.AgentToken != "" && !r.IsError:
		b.learn(returning, a)
		return a, true
	case r.Code == fault.Unavailable, r.Code == fault.RateLimited, r.Code == fault.Internal, r.Code == "":
		b.seats.release(token)
		return a, true
	}
	b.learn(returning, a)
	b.seats.release(token)
	return answer{}, false
}

// result is what the bridge reads of the result of a tool.
type result struct {
	IsError bool
	Code    fault.Code `json:"code"`
	Status  string     `json:"status"`

	AgentToken string `json:"agent_token"`
	AgentName  string `json:"agent_name"`
	Room       struct {
		Name string `json:"name"`
	} `json:"room"`
}

// resultOf returns the result in an answer; the zero result if it is none of Parley's.
func resultOf(a answer) result {
	var outer struct {
		IsError    bool            `json:"isError"`
		Structured json.RawMessage `json:"structuredContent"`
	}
	var r result
	if json.Unmarshal(a.Result, &outer) != nil || json.Unmarshal(outer.Structured, &r) != nil {
		return result{}
	}
	r.IsError = outer.IsError
	return r
}

// learn notes the seat that a call took or lost.
func (b *Bridge) learn(c call, a answer) {
	r := resultOf(a)
	var err error
	switch {
	case r.IsError:
		switch r.Code {
		case fault.TokenInvalid, fault.Removed, fault.RoomClosed:
			err = b.seats.forget(c.token)
		}
	case c.tool == "leave_room" && r.Status != "", r.Status == "removed":
		err = b.seats.forget(c.token)
	case r.AgentToken != "" && r.AgentName != "":
		err = b.seats.remember(r.Room.Name, r.AgentName, r.AgentToken)
	}
	if err != nil {
		b.note("cannot keep the seat for the next start: %v", err)
	}
}
