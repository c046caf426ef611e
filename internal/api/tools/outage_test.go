package tools_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/api/tools"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/pairing"
	"github.com/parley-chat/parley/internal/observe/meter"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// outage is a table that answers nothing from begin to end: each call lasts until end, until the caller gives up or,
// as with DynamoDB, for 15 seconds.
type outage struct {
	tabletest.Hooks
	over atomic.Pointer[chan struct{}] // nil: the table answers
	left atomic.Int64                  // the outage begins by itself after so many more calls
}

func newOutage(t *testing.T) *outage {
	tab := sqlitetest.Open(t, nil)
	o := &outage{Hooks: tabletest.Hooks{Table: tab}}
	o.left.Store(1 << 60)
	o.Before = func(ctx context.Context, _ tabletest.Call) error {
		if o.left.Add(-1) == -1 {
			o.begin()
		}
		over := o.over.Load()
		if over == nil {
			return nil
		}
		ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
		defer cancel()
		select {
		case <-*over:
			return nil
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", table.ErrUnavailable, ctx.Err())
		}
	}
	t.Cleanup(o.end)
	return o
}

func (o *outage) begin() {
	over := make(chan struct{})
	o.over.Store(&over)
}

func (o *outage) end() {
	if over := o.over.Swap(nil); over != nil {
		close(*over)
	}
}

// function is the tools in one instance of a function: each call has a quarter of an
// hour.
type function struct {
	t     *testing.T
	rooms *chat.Service
	set   *tools.Set
	meter *meter.Meter
}

func newFunction(t *testing.T, tab table.Table) *function {
	m := meter.New(meter.Options{})
	quiet := slog.New(slog.DiscardHandler)
	rooms := chat.New(m.Table(tab), chat.Options{Logger: quiet})
	t.Cleanup(rooms.Stop)
	set := tools.New(rooms, pairing.New(rooms, pairing.Options{}),
		tools.Options{ViewURI: tools.ViewURI,
			Address: func(context.Context) string { return "https://parley.example/mcp" }, Log: quiet})
	return &function{t, rooms, set, m}
}

// called is the end of a call, as far as these tests read it.
type called struct {
	reply
	code string // in the account
	took time.Duration
}

func (f *function) call(tool string, arguments args) called {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), 15*time.Minute)
	defer cancel()
	text, err := json.Marshal(arguments)
	if err != nil {
		f.t.Fatal(err)
	}
	began, account := time.Now(), f.meter.Open()
	var outcome mcp.Outcome
	for _, t := range f.set.Tools() {
		if t.Name == tool {
			outcome = mcp.Do(meter.With(ctx, account), slog.New(slog.DiscardHandler), tool,
				func(ctx context.Context, r *mcp.Record) (any, error) {
					return t.Call(ctx, text, r)
				})
		}
	}
	got := called{took: time.Since(began), code: account.Close(0).Code}
	if err := json.Unmarshal(outcome.JSON(), &got.reply); err != nil {
		f.t.Fatalf("%s: %v in %s", tool, err, outcome.JSON())
	}
	return got
}

// TestCalls_tableStopsAnswering_endInTime: a call that waits, within three seconds of its time, and another call
// within fifteen; with nothing cached and with everything cached, at once or in the middle of a call.
func TestCalls_tableStopsAnswering_endInTime(t *testing.T) {
	for _, wait := range []time.Duration{5 * time.Second, 20 * time.Second} {
		endInTime(t, wait)
	}
}

func endInTime(t *testing.T, wait time.Duration) {
	for what, arguments := range map[string]args{
		"join_room": {"room": "den", "agent_name": "Cid"}, "create_room": {"room": "hall", "agent_name": "Ann"},
		"send_message": {"text": "hello", "activity": "testing", "back_in_minutes": 5}, "message_history": {},
		"room_info": {}, "list_rooms": {},
		"wait_for_message": {"wait_seconds": 0, "activity": "testing"}, "update_room": {"capacity": 9},
		"manage_agent": {"agent_name": "Bob", "action": "mute"},
		"leave_room":   {"text": "bye"}, "send_message, then wait": {"text": "hello", "wait_seconds": wait.Seconds(),
			"activity": "testing"},
		"wait_for_message, long": {"wait_seconds": wait.Seconds(), "activity": "testing"},
		"enter_queue":            {"agent_name": "Cid", "wait_seconds": 0},
		"enter_queue, long":      {"agent_name": "Cid", "wait_seconds": wait.Seconds()},
	} {
		for answered := range 8 {
			synctest.Test(t, func(t *testing.T) {
				tab := newOutage(t)
				f := newFunction(t, tab)
				ann := f.call("create_room", args{"room": "den", "agent_name": "Ann", "capacity": 5})
				f.call("join_room", args{"room": "den", "agent_name": "Bob"})
				if answered%2 == 0 {
					f = newFunction(t, tab)
				}
				tool, _, waits := strings.Cut(what, ",")
				if tool != "join_room" && tool != "create_room" && tool != "list_rooms" && tool != "enter_queue" {
					arguments["agent_token"] = ann.Token
				}
				longest := 15 * time.Second
				if waits {
					longest = wait + 3*time.Second
				}
				if tool == "wait_for_message" || waits && tool == "send_message" {
					arguments["cursor"] = ann.Cursor
				}
				tab.left.Store(int64(answered / 2))
				got := f.call(tool, arguments)
				<-time.After(15 * time.Second) // until the append that the call has left behind gives up
				if got.Code != "" && got.Next == "" {
					t.Errorf("%s does not say what to do next: %s", tool, got.Message)
				}
				if got.took > longest || answered < 2 &&
					(got.Code != "unavailable" || got.code != "unavailable" || f.meter.Totals().Failures == 0) {
					t.Errorf("%s, after %d calls of the table: %q, in the account %q, %d failures of the table, "+
						"after %v", tool, answered/2, got.Code, got.code, f.meter.Totals().Failures, got.took)
				}
			})
		}
	}
}

// TestWait_tableIsOutForAWhile_theWaitGoesOn: messages from the outage come when the table is back. If the table is
// not back at the end of the wait, the call still ends within three seconds, and the next call says what is wrong.
func TestWait_tableIsOutForAWhile_theWaitGoesOn(t *testing.T) {
	for _, c := range []struct {
		out, back time.Duration // after the beginning of the wait
		want      string
	}{{10 * time.Second, 40 * time.Second, "messages"}, {10 * time.Second, time.Hour, "quiet"},
		{0, 5 * time.Second, "messages"}} {
		synctest.Test(t, func(t *testing.T) {
			tab := newOutage(t)
			f, elsewhere := newFunction(t, tab), newFunction(t, tab.Table)
			ann := elsewhere.call("join_room", args{"room": "den", "agent_name": "Ann"})
			bob := f.call("join_room", args{"room": "den", "agent_name": "Bob"})
			f.call("wait_for_message", args{"agent_token": bob.Token, "wait_seconds": 0, "cursor": bob.Cursor})
			time.AfterFunc(c.out, tab.begin)
			time.AfterFunc(c.out+time.Second,
				func() { elsewhere.call("send_message", args{"agent_token": ann.Token, "text": "are you there?"}) })
			time.AfterFunc(c.back, tab.end)
			synctest.Wait()
			got := f.call("wait_for_message",
				args{"agent_token": bob.Token, "cursor": bob.Cursor, "wait_seconds": 50})
			if got.Status != c.want || got.took > 53*time.Second {
				t.Errorf("out after %v, back after %v: %s%s after %v", c.out, c.back, got.Status, got.Code,
					got.took)
			}
		})
	}
}
