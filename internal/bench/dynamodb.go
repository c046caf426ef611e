package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/app"
)

// dynamodb counts what a call of each tool costs on DynamoDB: requests and
// capacity units. No time is taken.
func (b *bench) dynamodb(ctx context.Context) ([]row, error) {
	return b.onEngine(ctx, "calls and units on DynamoDB", billTools)
}

// billed is a call whose cost is a row, or only makes the next one ready.
type billed struct {
	what      string // empty: no row
	as        string // the agent that calls
	cold      bool   // by a process that knows nothing yet
	tool      string
	arguments args
	goal      func(bill) string // nil: none
}

// args are the arguments of a call, but for its agent's token and cursor.
type args map[string]any

// billedCalls are a short life of a room, in which every tool is called.
func billedCalls() []billed {
	text := strings.Repeat("x", 800)
	return []billed{
		{what: "join_room, making the room", as: "first", tool: "join_room", arguments: args{"room": "bench", "agent_name": "first"}},
		{what: "join_room, the second agent", as: "second", tool: "join_room", arguments: args{"room": "bench", "agent_name": "second"}},
		{as: "first", tool: sendTool, arguments: args{"text": "presence is written with this one"}},
		{what: "send_message, 800 bytes, warm", as: "first", tool: sendTool, arguments: args{"text": text}, goal: warmGoal},
		{what: "send_message, 800 bytes, cold", as: "second", cold: true, tool: sendTool, arguments: args{"text": text}, goal: coldGoal},
		{what: "wait_for_message, something is there", as: "second", tool: waitTool, arguments: args{"wait_seconds": 0}},
		{what: "wait_for_message, looking in", as: "second", tool: waitTool, arguments: args{"wait_seconds": 0}},
		{as: "second", tool: waitTool, arguments: args{"wait_seconds": 1}},
		{what: "wait_for_message, a second in a lively room", as: "second", tool: waitTool, arguments: args{"wait_seconds": 1}},
		{what: "message_history, the latest", as: "second", tool: "message_history", arguments: args{}},
		{what: "room_info, one's own room", as: "first", tool: "room_info", arguments: args{}},
		{what: "update_room, the capacity", as: "first", tool: "update_room", arguments: args{"capacity": 5}},
		{what: "manage_agent, mute", as: "first", tool: "manage_agent", arguments: args{"agent_name": "second", "action": "mute"}},
		{what: "leave_room", as: "second", tool: "leave_room", arguments: args{}},
		{what: "create_room, a public room", as: "third", tool: "create_room", arguments: args{"room": "bench hall", "agent_name": "third", "public": true}},
		{what: "list_rooms, one public room", tool: "list_rooms", arguments: args{}},
		{what: "enter_queue, taking a place", as: "fourth", tool: "enter_queue", arguments: args{"agent_name": "fourth", "wait_seconds": 0}},
		{what: "enter_queue, being paired", as: "fifth", tool: "enter_queue", arguments: args{"agent_name": "fifth", "wait_seconds": 0}},
	}
}

// billTools makes the calls at two servers, one of which knows nothing before it
// is called, and reads the ledger after each. A tool that is not served has no
// row.
func billTools(ctx context.Context, e engine) (rows []row, err error) {
	l := &ledger{}
	warm, tools, err := e.serve(ctx, l)
	if err != nil {
		return nil, err
	}
	defer warm.close()
	cold, _, err := e.serve(ctx, l)
	if err != nil {
		return nil, err
	}
	defer cold.close()
	seats := map[string]seat{}
	for _, c := range billedCalls() {
		if !slices.Contains(tools, c.tool) {
			continue
		}
		at := warm
		if c.cold {
			at = cold
		}
		l.take()
		got, err := at.ask(c.tool, c.by(seats[c.as]))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.tool, err)
		}
		seats[c.as] = seats[c.as].after(got)
		if c.what != "" {
			rows = append(rows, c.row(l.take()))
		}
	}
	return rows, nil
}

// serve serves the table from this process, with its calls in l, and returns a
// client and the names of the tools.
func (e engine) serve(ctx context.Context, l *ledger) (*client, []string, error) {
	a, err := parley(ctx, app.Store{Table: e.open(l.observe)})
	if err != nil {
		return nil, nil, err
	}
	address, err := listen(serverOf(a))
	if err != nil {
		return nil, nil, err
	}
	c, err := dial(ctx, address, "")
	return c, a.Tools(), err
}

// by returns the arguments as the agent of s gives them.
func (c billed) by(s seat) args {
	if s.Token != "" {
		c.arguments["agent_token"] = s.Token
	}
	if c.tool == waitTool {
		c.arguments["cursor"] = s.Cursor
	}
	return c.arguments
}

// after is the seat as its agent knows it once it has an answer.
func (s seat) after(got answer) seat {
	if got.AgentToken != "" {
		s.Token = got.AgentToken
	}
	if got.Cursor != "" {
		s.Cursor = got.Cursor
	}
	return s
}

func (c billed) row(b bill) row {
	r := b.row(c.what)
	if c.goal != nil {
		r.Goal = c.goal(b)
	}
	return r
}

func warmGoal(b bill) string {
	return goal("1 write of 1 unit, no read", b.reads == 0 && b.writes == 1 && b.write == 1)
}

func coldGoal(b bill) string {
	return goal("at most 2 reads, 2 writes", b.reads <= 2 && b.writes <= 2)
}
