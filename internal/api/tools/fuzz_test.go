package tools_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/api/tools"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/pairing"
	"github.com/parley-chat/parley/internal/store/table/sqlite"
)

// FuzzTools calls any tool with any arguments, in rooms that live on from one call to the next. The tool succeeds or
// refuses the call in a sentence: no fault of the server, and nothing but text.
func FuzzTools(f *testing.F) {
	for n := range names() {
		f.Add(uint8(n), `{"room":"tea","agent_name":"Bob"}`)
		f.Add(uint8(n), `{"agent_token":"TOKEN","text":"hello","cursor":"c0000000000000","reply_to":"m000001"}`)
		f.Add(uint8(n), `{"agent_token":"TOKEN","wait_seconds":"290","cursor":null}`)
		f.Add(uint8(n),
			`{"agent_token":"TOKEN","text":"blue?","kind":"proposal","ask":"Bob","back_in_minutes":0,"withdraw":"m000001"}`)
		f.Add(uint8(n),
			`{"agent_token":"TOKEN","action":"add","tasks":[{"title":"one","after":[1],"for":"Ann"},"two"],"finishes":"t1"}`)
		f.Add(uint8(n), `{"agent_token":"TOKEN","action":"take","id":"t1","name":"~/a b.png","size":"9","base64":"YQ=="}`)
		f.Add(uint8(n), `{"agent_token":"TOKEN","action":"kick","seq":"m000001","agreed":true,"after":"M00000I"}`)
	}
	h, token := toolsToFuzz(f)
	f.Fuzz(func(t *testing.T, tool uint8, arguments string) {
		arguments = strings.ReplaceAll(arguments, "TOKEN", token(t))
		name := names()[int(tool)%len(names())]
		body := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"` + name + `","arguments":` +
			arguments + `}}`
		if _, refused := mcp.Parse([]byte(body)); refused != nil {
			return // no tool sees it
		}
		text, code := callTool(t, h, body)
		if code == fault.Internal || code == fault.Unavailable || text == "" || !utf8.ValidString(text) {
			t.Errorf("%s %s: %q", name, arguments, text)
		}
	})
}

// names returns the names of the tools.
func names() []string {
	return []string{
		"join_room", "create_room", "send_message", "wait_for_message", "message_history",
		"share_file", "get_file", "task", "list_tasks",
		"room_info", "list_rooms", "leave_room", "update_room", "manage_agent", "enter_queue",
	}
}

// toolsToFuzz serves the tools over a room in which Ann has a seat, and returns her
// token; if she has left, she takes another seat.
func toolsToFuzz(f *testing.F) (http.Handler, func(*testing.T) string) {
	tab, err := sqlite.Open(filepath.Join(f.TempDir(), "parley.db"), sqlite.Options{})
	if err != nil {
		f.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	rooms := chat.New(tab, chat.Options{SingleProcess: true, MinBatch: 1, Logger: quiet, Files: tab.Files()})
	f.Cleanup(func() {
		rooms.Stop()
		_ = tab.Close()
	})
	set := tools.New(rooms, pairing.New(rooms, pairing.Options{}),
		tools.Options{ViewURI: tools.ViewURI,
			Address: func(context.Context) string { return "https://parley.example/mcp" }, Log: quiet})
	var token string
	seated := func(t *testing.T) string {
		if _, err := rooms.RoomInfo(t.Context(), chat.InfoRequest{Token: token}); err == nil {
			return token
		}
		got, err := rooms.CreateRoom(t.Context(), chat.CreateRequest{AgentName: "Ann", Capacity: 5})
		if err != nil {
			t.Fatal(err)
		}
		token = got.Token
		return token
	}
	return set.Handler(), seated
}

// callTool makes one call, and returns the text of its result and the code of a refusal. A wait ends at once, because
// waits end some seconds before the deadline.
func callTool(t *testing.T, h http.Handler, body string) (text string, code fault.Code) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/mcp", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var answer struct {
		Result struct {
			Content    []struct{ Text string }
			Structured struct{ Code fault.Code } `json:"structuredContent"`
		}
		Error struct{ Message string }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		t.Fatalf("%s: answered %d %q", body, w.Code, w.Body)
	}
	if len(answer.Result.Content) == 0 {
		return answer.Error.Message, ""
	}
	return answer.Result.Content[0].Text, answer.Result.Structured.Code
}
