package tools_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/api/tools"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/pairing"
	"github.com/parley-chat/parley/internal/observe/meter"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
)

// ledger serves the tools over real rooms and collects the account of each request.
type ledger struct {
	t      *testing.T
	url    string
	meter  *meter.Meter
	closed chan entry
}

// entry is an account that was closed.
type entry struct {
	call meter.Call
	room string
}

func newLedger(t *testing.T, o meter.Options) *ledger {
	t.Helper()
	tab := sqlitetest.Open(t, nil)
	logger := slog.New(slog.DiscardHandler)
	rooms := chat.New(tab, chat.Options{SingleProcess: true, MinBatch: 1, Logger: logger})
	set := tools.New(rooms, pairing.New(rooms, pairing.Options{}),
		tools.Options{ViewURI: tools.ViewURI,
			Address: func(context.Context) string { return "" }, Log: logger})
	l := &ledger{t: t, meter: meter.New(o), closed: make(chan entry, 16)}
	h := set.Handler(mcp.Tool{Name: "fail", Call: func(context.Context, json.RawMessage, *mcp.Record) (any, error) {
		var none []int
		return nil, fmt.Errorf("never %d", none[len(none)])
	}})
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		account := l.meter.Open()
		h.ServeHTTP(w, r.WithContext(meter.With(r.Context(), account)))
		l.closed <- entry{account.Close(time.Second), account.Room()}
	}))
	l.url = site.URL
	t.Cleanup(func() {
		rooms.Stop()
		site.Close()
	})
	return l
}

// post begins a call in a generation of the protocol.
func (l *ledger) post(ctx context.Context, generation, tool string, arguments args) (*http.Response, error) {
	params := map[string]any{"name": tool, "arguments": arguments}
	if generation == modern {
		params["_meta"] = map[string]any{"io.modelcontextprotocol/protocolVersion": modern,
			"io.modelcontextprotocol/clientCapabilities": args{}}
	}
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, l.url, strings.NewReader(string(body)))
	if err != nil {
		return nil, err
	}
	r.Header = http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"},
		"Mcp-Protocol-Version": {generation}}
	if generation == modern {
		r.Header["Mcp-Method"], r.Header["Mcp-Name"] = []string{"tools/call"}, []string{tool}
	}
	return http.DefaultClient.Do(r)
}

// call makes a call and returns its answer and its account.
func (l *ledger) call(generation, tool string, arguments args) (reply, entry) {
	l.t.Helper()
	resp, err := l.post(l.t.Context(), generation, tool, arguments)
	if err != nil {
		l.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		l.t.Fatal(err)
	}
	var answer struct {
		Result struct{ StructuredContent reply }
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		l.t.Fatalf("%v in %s", err, body)
	}
	return answer.Result.StructuredContent, l.next()
}

func (l *ledger) next() entry {
	l.t.Helper()
	select {
	case e := <-l.closed:
		return e
	case <-time.After(patience):
		l.t.Fatal("no account was closed")
		return entry{}
	}
}

// waiting begins a wait and returns when n waits are open.
func (l *ledger) waiting(ctx context.Context, generation string, seat reply, nth int64) <-chan reply {
	l.t.Helper()
	answered := make(chan reply, 1)
	go func() {
		defer close(answered)
		resp, err := l.post(ctx, generation, "wait_for_message",
			args{"agent_token": seat.Token, "cursor": seat.Cursor, "wait_seconds": 50})
		if err != nil {
			return // the test gave up the call
		}
		defer resp.Body.Close()
		var answer struct {
			Result struct{ StructuredContent reply }
		}
		if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
			l.t.Error(err)
		}
		answered <- answer.Result.StructuredContent
	}()
	l.awaitWaits(nth)
	return answered
}

func (l *ledger) awaitWaits(n int64) {
	l.t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); l.meter.Totals().OpenWaits != n; <-tick.C {
		if time.Now().After(deadline) {
			l.t.Fatalf("%d waits are open, want %d", l.meter.Totals().OpenWaits, n)
		}
	}
}

func TestAccount_everyCall_hasToolCodeAndRoom(t *testing.T) {
	for _, generation := range []string{legacy, modern} {
		t.Run(generation, func(t *testing.T) {
			l := newLedger(t, meter.Options{})
			seat, joined := l.call(generation, "join_room", args{"room": "hall", "agent_name": "Ann"})
			if joined.room == "" || strings.Contains(seat.Token, joined.room) {
				t.Errorf("the room of %s is called %q", seat.Token, joined.room)
			}
			for _, c := range []struct {
				tool, code, room string
				arguments        args
				waited           bool
			}{
				{"send_message", "ok", joined.room, args{"agent_token": seat.Token, "text": "hello"}, false},
				{"send_message", "ok", joined.room,
					args{"agent_token": " " + strings.ToUpper(seat.Token), "text": "hello to all"}, false},
				{"wait_for_message", "ok", joined.room,
					args{"agent_token": seat.Token, "cursor": seat.Cursor, "wait_seconds": 0}, false},
				{"wait_for_message", "ok", joined.room,
					args{"agent_token": seat.Token, "cursor": seat.Cursor, "wait_seconds": 1}, true},
				{"wait_for_message", "token_invalid", "", args{"agent_token": "hello"}, true},
				{"send_message", "invalid_argument", "", args{"text": "agent_token"}, false},
				{"room_info", "room_not_found", "", args{"room": "no such"}, false},
				{"list_rooms", "ok", "", nil, false},
				{"fail", "internal", "", nil, false},
			} {
				_, e := l.call(generation, c.tool, c.arguments)
				if e.call.Tool != c.tool || e.call.Code != c.code || e.room != c.room || e.call.Waited != c.waited {
					t.Errorf("%s%v: %+v", c.tool, c.arguments, e)
				}
			}
			if _, e := l.call(generation, "no_such_tool", nil); e.call.Tool != "" {
				t.Errorf("a tool that does not exist: %+v", e)
			}
		})
	}
}

func TestAccount_clientGoesAway_isGoneAndHoldsNothing(t *testing.T) {
	for _, generation := range []string{legacy, modern} {
		l := newLedger(t, meter.Options{})
		seat, _ := l.call(generation, "join_room", args{"room": "hall", "agent_name": "Ann"})
		ctx, leave := context.WithCancel(t.Context())
		gone := l.waiting(ctx, generation, seat, 1)
		leave()
		<-gone
		if e := l.next(); e.call.Code != meter.CodeGone || e.call.Tool != "wait_for_message" {
			t.Errorf("%s: %+v", generation, e)
		}
		l.awaitWaits(0)
	}
}

func TestWait_serverIsFull_isRefusedWithTheTimeToRetry(t *testing.T) {
	for _, generation := range []string{legacy, modern} {
		l := newLedger(t, meter.Options{MaxWaits: 1})
		ann, _ := l.call(generation, "join_room", args{"room": "hall", "agent_name": "Ann"})
		bob, _ := l.call(generation, "join_room", args{"room": "hall", "agent_name": "Bob"})
		seated, _ := l.call(generation, "wait_for_message", // that Bob joined
			args{"agent_token": ann.Token, "cursor": ann.Cursor, "wait_seconds": 0})
		ann.Cursor = seated.Cursor
		inside := l.waiting(t.Context(), generation, ann, 1)
		for tool, arguments := range map[string]args{
			"wait_for_message": {"agent_token": bob.Token, "cursor": bob.Cursor, "wait_seconds": 5},
			"send_message":     {"agent_token": bob.Token, "text": "and then I wait", "wait_seconds": 5},
		} {
			refused, e := l.call(generation, tool, arguments)
			if refused.Code != "unavailable" || refused.Retry != 10 ||
				!strings.Contains(refused.Message, "wait_seconds 0") || e.call.Code != "unavailable" {
				t.Errorf("%s %s: %+v, %+v", generation, tool, refused, e)
			}
		}
		looked, _ := l.call(generation, "wait_for_message",
			args{"agent_token": bob.Token, "cursor": bob.Cursor, "wait_seconds": 0})
		sent, _ := l.call(generation, "send_message", args{"agent_token": bob.Token, "text": "without a wait"})
		if looked.Status != "quiet" || sent.ID == "" {
			t.Errorf("%s: who does not wait is answered %+v and %+v", generation, looked, sent)
		}
		if heard := <-inside; len(heard.Messages) == 0 {
			t.Errorf("%s: who was inside heard %+v", generation, heard)
		}
		l.next()
		if after, _ := l.call(generation, "wait_for_message",
			args{"agent_token": bob.Token, "cursor": bob.Cursor, "wait_seconds": 1}); after.Status == "" {
			t.Errorf("%s: afterwards %+v", generation, after)
		}
	}
}

func TestWait_addressHasItsShare_isRefusedAndSaysSo(t *testing.T) {
	l := newLedger(t, meter.Options{MaxWaitsPerAddress: 1})
	ann, _ := l.call(legacy, "join_room", args{"room": "hall", "agent_name": "Ann"})
	bob, _ := l.call(legacy, "join_room", args{"room": "hall", "agent_name": "Bob"})
	seated, _ := l.call(legacy, "wait_for_message", // that Bob joined
		args{"agent_token": ann.Token, "cursor": ann.Cursor, "wait_seconds": 0})
	ann.Cursor = seated.Cursor
	inside := l.waiting(t.Context(), legacy, ann, 1)
	refused, _ := l.call(legacy, "wait_for_message",
		args{"agent_token": bob.Token, "cursor": bob.Cursor, "wait_seconds": 5})
	if refused.Code != "unavailable" || refused.Retry != 10 || !strings.Contains(refused.Message, "Your address") {
		t.Errorf("%+v", refused)
	}
	l.call(legacy, "send_message", args{"agent_token": bob.Token, "text": "without a wait"})
	<-inside
}
