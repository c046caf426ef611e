package tools

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/mcp"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/tools/spec"
)

// usual is the tools of a server with the usual limits, without rooms.
func usual() *Set { return New(nil, nil, Options{Address: func(context.Context) string { return "" }}) }

func TestResult_quiet_isSmall(t *testing.T) {
	w := chat.Waited{Status: chat.StatusQuiet, Cursor: "41-k7", Others: 1}
	text := string(mcp.JSON(usual().viewWaited(w, chat.WaitRequest{Wait: time.Minute})))
	want := `{"status":"quiet","messages":[],"cursor":"41-k7","next":"`
	if !strings.HasPrefix(text, want) || len(text) > 300 {
		t.Errorf("quiet takes %d bytes: %s", len(text), text)
	}
}

func TestResult_whatIsAbsent_isLeftOut(t *testing.T) {
	at := time.Date(2026, 11, 20, 10, 30, 5, 999, time.FixedZone("", 3600))
	for want, got := range map[string]any{
		`[{"seq":3,"type":"message","from":"Ann","text":"hi","at":"2026-11-20T09:30:05Z"}]`: viewMessages([]chat.Message{
			{Seq: 3, Type: chat.Said, From: "Ann", Text: "hi", At: at},
		}),
		`[{"seq":4,"type":"message","from":"Ann","text":"hi","at":"2026-11-20T09:30:05Z","reply_to":3,"repeated":true,"more":{"seq":4,"offset":6000}}]`: viewMessages([]chat.Message{
			{Seq: 4, Type: chat.Said, From: "Ann", Text: "hi", At: at, ReplyTo: 3, Repeated: true, More: &chat.More{Seq: 4, Offset: 6000}},
		}),
		`[{"seq":5,"type":"left","at":"2026-11-20T09:30:05Z","agent":"Ann","reason":"timeout"}]`: viewMessages([]chat.Message{
			{Seq: 5, Type: chat.Left, Agent: "Ann", Reason: room.ReasonTimeout, At: at},
		}),
		`[{"seq":6,"type":"message","from":"Ann","to":["Bob"],"kind":"request","text":"psst","at":"2026-11-20T09:30:05Z"}]`: viewMessages([]chat.Message{
			{Seq: 6, Type: chat.Said, From: "Ann", Text: "psst", To: []string{"Bob"}, Kind: room.Request, At: at},
		}),
		`[{"seq":6,"type":"message","from":"Ann","text":"hi","at":"2026-11-20T09:30:05Z"}]`: viewMessages([]chat.Message{
			{Seq: 6, Type: chat.Said, From: "Ann", Text: "hi", Kind: room.Plain, At: at},
		}),
		`[{"seq":7,"type":"role","at":"2026-11-20T09:30:05Z","agent":"Bob","action":"mute","by":"Ann","note":"too loud"}]`: viewMessages([]chat.Message{
			{Seq: 7, Type: chat.RoleChanged, Agent: "Bob", Action: room.Mute, By: "Ann", Note: "too loud", At: at},
		}),
		`[{"seq":8,"type":"room","at":"2026-11-20T09:30:05Z","by":"Ann","changes":["capacity"]},{"seq":9,"type":"room","at":"2026-11-20T09:30:05Z","reason":"closed","by":"Ann"}]`: viewMessages([]chat.Message{
			{Seq: 8, Type: chat.Changed, By: "Ann", Changes: []string{"capacity"}, At: at},
			{Seq: 9, Type: chat.Changed, By: "Ann", Reason: room.ReasonClosed, At: at},
		}),
		`[{"seq":10,"type":"paired","at":"2026-11-20T09:30:05Z"},{"seq":11,"type":"knock","at":"2026-11-20T09:30:05Z","agent":"Cy"}]`: viewMessages([]chat.Message{
			{Seq: 10, Type: chat.Paired, At: at}, {Seq: 11, Type: chat.SeatWanted, Agent: "Cy", At: at},
		}),
		`[{"name":"Ann","role":"member","muted":true,"state":"standby","idle_seconds":0,"activity":"testing"}]`: viewAgents([]chat.Agent{
			{Name: "Ann", Role: room.Member, Muted: true, State: chat.Standby, Activity: "testing"},
		}),
		`[]`: viewMessages(nil),
		`[{"name":"Ann","role":"admin","you":true,"state":"silent","idle_seconds":0},{"name":"Bob","role":"member","state":"away","idle_seconds":61,"back_in_minutes":3}]`: viewAgents([]chat.Agent{
			{Name: "Ann", Role: room.Admin, You: true, State: chat.Silent, Idle: 999 * time.Millisecond},
			{Name: "Bob", Role: room.Member, State: chat.Away, Idle: 61 * time.Second, BackIn: 2*time.Minute + time.Second},
		}),
		`{"name":"den","type":"group","capacity":2,"public":false,"password_protected":false,"agents":[]}`: viewRoom(chat.Room{Name: "den", Type: room.Group, Capacity: 2}),
		`{"sent":true,"seq":7,"next":"For the answer call wait_for_message (wait_seconds 50)."}`: usual().viewSent(
			chat.Sent{Sent: true, Seq: 7, Waited: chat.Waited{Others: 1}}, chat.SendRequest{}),
	} {
		if text := string(mcp.JSON(got)); text != want {
			t.Errorf("\n got: %s\nwant: %s", text, want)
		}
	}
}

func TestResult_heldBack_saysSoFirst(t *testing.T) {
	text := string(mcp.JSON(usual().viewSent(chat.Sent{Waited: chat.Waited{Status: chat.StatusMessages, Cursor: "9-ab", Others: 1}}, chat.SendRequest{})))
	if !strings.HasPrefix(text, `{"sent":false,`) || !strings.Contains(text, `"next":"NOT sent`) {
		t.Error(text)
	}
}

func TestRefusal_ofTheRules_hasTheirCodeAndMessage(t *testing.T) {
	for _, code := range []fault.Code{
		fault.InvalidArgument, fault.RoomNotFound, fault.RoomExists, fault.NameTaken, fault.RoomFull, fault.WrongPassword,
		fault.TokenInvalid, fault.NotAllowed, fault.Removed, fault.RoomClosed, fault.MessageTooLong, fault.RateLimited, fault.Unavailable,
	} {
		err := refusal(fmt.Errorf("while joining: %w", &fault.Error{Code: code, Message: "Do <this>.", RetryAfter: 1200 * time.Millisecond}))
		var f *mcp.Failure
		if want := (mcp.Failure{Code: string(code), Message: "Do <this>.", RetryAfterSeconds: 2}); !errors.As(err, &f) || *f != want {
			t.Errorf("got %+v, want %+v", f, want)
		}
	}
}

func TestRefusal_errorThatIsNoRefusal_staysAsItIs(t *testing.T) {
	for _, fault := range []error{errors.New("disk on fire"), &fault.Error{Code: fault.Internal, Message: "unfinished"}} {
		if err := refusal(fault); err != fault {
			t.Errorf("%v became %v", fault, err)
		}
	}
}

func TestInvite_isOneLineForTheOtherSide(t *testing.T) {
	const address = "https://parley.example/mcp"
	if got, want := invite("", chat.Room{Name: "den"}, ""), `Call join_room with room "den".`; got != want {
		t.Errorf("without an address: got %s, want %s", got, want)
	}
	for _, c := range []struct {
		room     chat.Room
		password string
		want     string
	}{
		{chat.Room{Name: "den"}, "", `Add the MCP server https://parley.example/mcp and call join_room with room "den".`},
		{chat.Room{Name: "den", PasswordProtected: true}, `a "b"`, `Add the MCP server https://parley.example/mcp and call join_room with room "den", password "a \"b\"".`},
		{chat.Room{Name: "den", PasswordProtected: true}, "", `Add the MCP server https://parley.example/mcp and call join_room with room "den".`},
		{chat.Room{Name: "ღამე"}, "needless", `Add the MCP server https://parley.example/mcp and call join_room with room "ღამე".`},
	} {
		if got := invite(address, c.room, c.password); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

func TestPassword_ofAnInvite_isTheOneThatWasUsed(t *testing.T) {
	for _, c := range [][3]string{{"den", "", ""}, {"den", "pw", "pw"}, {"den:pw", "", "pw"}, {"den:p:w", "", "p:w"}, {"den:pw", "pw", "pw"}} {
		if got := passwordOf(c[0], c[1]); got != c[2] {
			t.Errorf("passwordOf(%q, %q) = %q, want %q", c[0], c[1], got, c[2])
		}
	}
}

// A model acts on what it reads last. Tools that only look do not say what to do.
func TestResult_nextClosesWhatAModelActsOn(t *testing.T) {
	looks := []string{"message_history", "room_info", "list_rooms"}
	for _, tool := range New(nil, nil, Options{}).all() {
		fields := spec.Fields(tool.out)
		at := slices.IndexFunc(fields, func(f spec.Field) bool { return f.JSON == "next" })
		want := len(fields) - 1
		if slices.Contains(looks, tool.Name) {
			want = -1
		}
		if at != want {
			t.Errorf("%s: next is field %d, want %d of %d", tool.Name, at, want, len(fields))
		}
	}
}

func TestResult_untrustedNotice_comesAheadOfWhatAgentsChose(t *testing.T) {
	for _, tool := range New(nil, nil, Options{}).all() {
		noticed := false
		for _, f := range spec.Fields(tool.out) {
			noticed = noticed || f.JSON == "untrusted"
			if slices.Contains([]string{"room", "rooms", "messages", "agents", "requests", "partner"}, f.JSON) && !noticed {
				t.Errorf("%s: %s comes ahead of untrusted", tool.Name, f.JSON)
			}
		}
	}
}

func TestOutputSchema_namesEveryFieldOfTheResult(t *testing.T) {
	var schema struct {
		Properties map[string]struct{ Type string }
	}
	if err := json.Unmarshal(spec.OutputSchema(reflect.TypeFor[sent]()), &schema); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"sent": "boolean", "seq": "integer", "duplicate": "boolean", "status": "string", "messages": "array",
		"has_more": "boolean", "cursor": "string", "agents": "array", "next": "string",
		"untrusted": "string", "seated": "integer", "waiting": "integer",
	}
	for name, kind := range want {
		if schema.Properties[name].Type != kind {
			t.Errorf("%s is %q, want %q", name, schema.Properties[name].Type, kind)
		}
	}
	if len(schema.Properties) != len(want) {
		t.Errorf("%d properties, want %d", len(schema.Properties), len(want))
	}
}
