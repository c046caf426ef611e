package tools_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/api/tools"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/pairing"
	"github.com/parley-chat/parley/internal/core/ratelimit"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
)

// callers call tools from addresses, at a time that stands still.
type callers struct {
	t     *testing.T
	tools map[string]mcp.Tool
	last  *reply // the last result
}

func limitedTools(t *testing.T, units int) callers {
	t.Helper()
	clock := clockwork.NewFakeClock()
	rooms := chat.New(sqlitetest.Open(t, clock), chat.Options{
		Clock: clock, SingleProcess: true, MinBatch: 1, Limits: ratelimit.Limits{Units: units},
		Logger: slog.New(slog.DiscardHandler),
	})
	t.Cleanup(rooms.Stop)
	set := tools.New(rooms, pairing.New(rooms, pairing.Options{}),
		tools.Options{ViewURI: tools.ViewURI,
			Address: func(context.Context) string { return "" }})
	c := callers{t, map[string]mcp.Tool{}, &reply{}}
	for _, tool := range set.Tools() {
		c.tools[tool.Name] = tool
	}
	return c
}

// call calls a tool with the arguments of a line of JSON. A refusal is an error.
func (c callers) call(address, tool, arguments string) (token string, err error) {
	got, err := c.tools[tool].Call(ident.WithAddress(c.t.Context(), address), json.RawMessage(arguments), &mcp.Record{})
	if err != nil {
		return "", err
	}
	*c.last = reply{}
	if err := json.Unmarshal(results.JSON(got), c.last); err != nil {
		c.t.Fatal(err)
	}
	return c.last.Token, nil
}

func (c callers) must(address, tool, arguments string) (token string) {
	c.t.Helper()
	token, err := c.call(address, tool, arguments)
	if err != nil {
		c.t.Fatalf("%s: %v", tool, err)
	}
	return token
}

// untilRefused calls a tool until its caller has spent its budget, and returns how often.
func (c callers) untilRefused(address, tool string, arguments func(n int) string, most int) int {
	c.t.Helper()
	for n := range most {
		_, err := c.call(address, tool, arguments(n))
		var refused *results.Failure
		if errors.As(err, &refused) && refused.Code == string(fault.RateLimited) &&
			strings.Contains(refused.Message, "your key or address") {
			if refused.RetryAfterSeconds < 1 {
				c.t.Errorf("%s: it is not said when to call again: %v", tool, refused)
			}
			return n
		}
	}
	c.t.Errorf("%s: %d calls in a row were admitted", tool, most)
	return most
}

// A caller pays for each call, even for a call that changes nothing, finds nothing or is wrong.
func TestBudget_anyCallRepeated_isRefusedAfterAWhile(t *testing.T) {
	const units = 400
	for name, c := range map[string]struct {
		tool, arguments string // of Ann, an admin; %[1]s is her token, %[2]d a number, %[3]s her cursor
		most            int
	}{
		"settings":         {"update_room", `{"agent_token":"%[1]s","description":"%[2]d"}`, 80},
		"settings as is":   {"update_room", `{"agent_token":"%[1]s","capacity":9}`, units},
		"passwords":        {"update_room", `{"agent_token":"%[1]s","password":"%[2]d"}`, 12},
		"joins":            {"join_room", `{"room":"plans","agent_name":"Agent %[2]d"}`, units},
		"rooms":            {"create_room", `{"agent_name":"Ann"}`, 40},
		"names of no room": {"join_room", `{"room":"none %[2]d","agent_name":"Ann","create_if_missing":false}`, units},
		"messages":         {"send_message", `{"agent_token":"%[1]s","text":"text %[2]d"}`, 200},
		"activities": {"send_message", `{"agent_token":"%[1]s","text":"text %[2]d","activity":"number %[2]d"}`,
			120},
		"history":           {"message_history", `{"agent_token":"%[1]s"}`, units},
		"rooms of a list":   {"list_rooms", `{}`, units},
		"a room's info":     {"room_info", `{"agent_token":"%[1]s"}`, units},
		"looks of no view":  {"show_room", `{"view":"%[1]s"}`, units},
		"tickets":           {"enter_queue", `{"agent_name":"Ann","wait_seconds":0}`, 120},
		"waits of no time":  {"wait_for_message", `{"agent_token":"%[1]s","cursor":"%[3]s","wait_seconds":0}`, units},
		"kicks of nobody":   {"manage_agent", `{"agent_token":"%[1]s","agent":"Zoe","action":"kick"}`, units},
		"malformed calls":   {"send_message", `{}`, units},
		"tokens of nothing": {"message_history", `{"agent_token":"` + strings.Repeat("a", 40) + `"}`, units},
	} {
		t.Run(name, func(t *testing.T) {
			w := limitedTools(t, units)
			ann := w.must("192.0.2.1", "create_room", `{"room":"plans","agent_name":"Ann","capacity":9}`)
			cursor := w.last.Cursor
			w.untilRefused("192.0.2.1", c.tool, func(n int) string {
				return strings.NewReplacer("%[1]s", ann, "%[2]d", fmt.Sprint(n), "%[3]s", cursor).Replace(c.arguments)
			}, c.most)
			w.must("192.0.2.2", "create_room", `{"agent_name":"Bob"}`) // at another address
		})
	}
}

func TestBudget_leaveAndJoinAgain_isRefusedAfterAWhile(t *testing.T) {
	w := limitedTools(t, 3000)
	w.must("192.0.2.1", "create_room", `{"room":"plans","agent_name":"Ann"}`)
	bob := ""
	joins := w.untilRefused("192.0.2.2", "join_room", func(int) string {
		if bob != "" {
			w.must("192.0.2.2", "leave_room", `{"agent_token":"`+bob+`"}`)
		}
		bob, _ = w.call("192.0.2.2", "join_room", `{"room":"plans","agent_name":"Bob"}`)
		return `{"agent_token":"` + bob + `"}` // Bob returns to his seat
	}, 200)
	if joins < 50 {
		t.Errorf("only %d agents can join from one address", joins)
	}
}

func TestBudget_callerThatHasSpentIt_hearsAndLeaves(t *testing.T) {
	w := limitedTools(t, 400)
	ann := w.must("192.0.2.1", "create_room", `{"room":"plans","agent_name":"Ann"}`)
	bob := w.must("192.0.2.2", "join_room", `{"room":"plans","agent_name":"Bob"}`)
	cursor := w.last.Cursor
	w.untilRefused("192.0.2.2", "message_history", func(int) string { return `{"agent_token":"` + bob + `"}` }, 400)
	w.must("192.0.2.1", "send_message", `{"agent_token":"`+ann+`","text":"stop it"}`)
	w.must("192.0.2.2", "wait_for_message", `{"agent_token":"`+bob+`","cursor":"`+cursor+`","wait_seconds":10}`)
	w.must("192.0.2.2", "leave_room", `{"agent_token":"`+bob+`"}`)
}
