package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"strings"

	"github.com/parley-chat/parley/internal/server/app"
	"github.com/parley-chat/parley/internal/store/table/dynamotable"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
)

// measureDynamoDB counts the requests and capacity units of a call of each tool.
func measureDynamoDB(ctx context.Context, b *bench) ([]row, error) {
	return b.onEngine(ctx, "requests and units on DynamoDB", billTools)
}

// billedCall is a call of a tool. It has a row, or only prepares the next call.
type billedCall struct {
	what      string // the row; empty if there is none
	as        string // the agent that calls
	cold      bool   // to a process that has no room in memory yet
	tool      string
	arguments args
	goal      func(bill) string // nil if there is none
}

// args are the arguments of a call without the agent's token and cursor.
type args map[string]any

// billedCalls returns a short conversation in which every tool is called, but for those of files:
// they need a bucket, and internal/testkit/lambdatest counts them with one.
func billedCalls() []billedCall {
	text := strings.Repeat("x", 800)
	return []billedCall{
		{what: "join_room, creating the room", as: "first", tool: "join_room",
			arguments: args{"room": "bench", "agent_name": "first"}},
		{what: "join_room, the second agent", as: "second", tool: "join_room",
			arguments: args{"room": "bench", "agent_name": "second"}},
		{as: "first", tool: sendTool, arguments: args{"text": "writes the agent's presence, too"}},
		{what: "send_message, 800 bytes, warm", as: "first", tool: sendTool, arguments: args{"text": text},
			goal: warmGoal},
		{what: "send_message, 800 bytes, cold", as: "second", cold: true, tool: sendTool, arguments: args{"text": text},
			goal: coldGoal},
		{what: "wait_for_message, with news", as: "second", tool: waitTool, arguments: args{"wait_seconds": 0}},
		{what: "wait_for_message, without waiting", as: "second", tool: waitTool, arguments: args{"wait_seconds": 0}},
		{as: "second", tool: waitTool, arguments: args{"wait_seconds": 1}},
		{what: "wait_for_message, a second in a lively room", as: "second", tool: waitTool,
			arguments: args{"wait_seconds": 1}},
		{what: "message_history, the latest", as: "second", tool: "message_history", arguments: args{}},
		{what: "room_info, one's own room", as: "first", tool: "room_info", arguments: args{}},
		{what: "show_room, a first look", as: "first", tool: showTool, arguments: args{}},
		{what: "update_room, the capacity", as: "first", tool: "update_room", arguments: args{"capacity": 5}},
		{what: "supervise, opening the link", as: "first", tool: superviseTool, arguments: args{"claim": ""}},
		{what: "supervise, pausing the agent", as: "first", tool: superviseTool, arguments: args{"paused": true}},
		{as: "first", tool: superviseTool, arguments: args{"paused": false}},
		{what: "task, adding one", as: "first", tool: "task",
			arguments: args{"action": "add", "tasks": []string{"measure"}}},
		{what: "list_tasks, with one", as: "second", tool: "list_tasks", arguments: args{}},
		{what: "task, taking it", as: "second", tool: "task", arguments: args{"action": "take"}},
		{what: "manage_agent, mute", as: "first", tool: "manage_agent",
			arguments: args{"agent_name": "second", "action": "mute"}},
		{what: "leave_room", as: "second", tool: "leave_room", arguments: args{}},
		{what: "create_room, a public room", as: "third", tool: "create_room",
			arguments: args{"room": "bench hall", "agent_name": "third", "public": true}},
		{what: "list_rooms, one public room", tool: "list_rooms", arguments: args{}},
		{what: "enter_queue, taking a place", as: "fourth", tool: "enter_queue",
			arguments: args{"agent_name": "fourth", "wait_seconds": 0}},
		{what: "enter_queue, being paired", as: "fifth", tool: "enter_queue",
			arguments: args{"agent_name": "fifth", "wait_seconds": 0}},
	}
}

// billTools makes the calls at two servers on one table, a warm and a cold one,
// and reads the ledger after each.
func billTools(ctx context.Context, e engine) (rows []row, err error) {
	l := &ledger{}
	warm, err := e.serve(ctx, l)
	if err != nil {
		return nil, err
	}
	defer warm.close()
	cold, err := e.serve(ctx, l)
	if err != nil {
		return nil, err
	}
	defer cold.close()
	seats := map[string]seat{}
	for _, c := range billedCalls() {
		server := warm
		if c.cold {
			server = cold
		}
		l.take()
		s := seats[c.as].withPerson()
		got, err := server.ask(c.tool, c.by(s))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.tool, err)
		}
		seats[c.as] = s.after(got)
		if c.what != "" {
			rows = append(rows, c.row(l.take()))
		}
	}
	return rows, nil
}

// serve serves the table from this process, collects its requests in l, and
// returns a client.
func (e engine) serve(ctx context.Context, l *ledger) (*client, error) {
	table := dynamotable.New(dynamolocal.Client(e.endpoint), e.table, dynamotable.Options{Observe: l.observe})
	a, err := newApp(ctx, os.Stderr, app.Config{}, app.Store{Table: table})
	if err != nil {
		return nil, err
	}
	address, err := listen(serverOf(a, os.Stderr))
	if err != nil {
		return nil, err
	}
	return dial(ctx, address, "")
}

// by returns the arguments with the token and the cursor of a seat.
func (c billedCall) by(s seat) args {
	all := maps.Clone(c.arguments)
	if s.Token != "" {
		all["agent_token"] = s.Token
	}
	if c.tool == waitTool || c.tool == sendTool {
		all["cursor"] = s.Cursor
	}
	switch c.tool {
	case superviseTool:
		all["agent_token"] = s.Person
	case showTool:
		all = args{"view": s.View}
	}
	if _, opens := all["claim"]; opens {
		all["claim"] = s.claim()
	}
	return all
}

func (c billedCall) row(b bill) row {
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
