package tools_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/api/tools"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/pairing"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
	"github.com/parley-chat/parley/internal/testkit/secretscan"
)

// view returns the view of an agent, as room_info gives it.
func (p *peer) view(token string) string {
	p.w.t.Helper()
	var got results.Info
	text := p.call("room_info", args{"agent_token": token}).text
	if err := json.Unmarshal([]byte(text), &got); err != nil || got.View == "" {
		p.w.t.Fatalf("room_info gives no view: %s, %v", text, err)
	}
	return got.View
}

// show looks with a view.
func (p *peer) show(view, after string) (got results.Shown, text string) {
	p.w.t.Helper()
	given := args{"view": view}
	if after != "" {
		given["after"] = after
	}
	text = p.call("show_room", given).text
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		p.w.t.Fatal(err)
	}
	return got, text
}

func TestShowRoom_result_isWhatTheViewReads(t *testing.T) {
	w := newWorld(t)
	for _, generation := range []string{legacy, modern} {
		p := w.connect(generation)
		ann := p.call("create_room", args{"agent_name": "Ann", "capacity": 3})
		p.call("join_room", args{"room": ann.Room.Name, "agent_name": "Bob"})
		view := p.view(ann.Token)
		got, text := p.show(view, "")
		parsed, _ := ident.ParseView(view)
		if !strings.HasPrefix(text, `{"untrusted":"`) || got.Room.ID != parsed.Room || len(got.Room.Agents) != 2 ||
			!got.Room.Agents[0].You || len(got.Messages) != 2 || got.LookAgain != 3 || got.Open.Agreements == nil ||
			got.Page != "https://parley.example/r/"+parsed.Room || !strings.Contains(got.Next, "tell your user") {
			t.Errorf("first: %s", text)
		}
		got, text = p.show(view, got.Messages[1].ID)
		if len(got.Messages) != 0 || !strings.Contains(text, `"messages":[]`) || got.Next != "" ||
			got.Open.Agreements != nil || len(text) > 900 {
			t.Errorf("quiet: %d bytes %s", len(text), text)
		}
	}
}

// A host may run scripts of strangers beside the view, and these scripts may read what the view reads.
func TestShowRoom_results_holdNoSecret(t *testing.T) {
	w := newWorld(t)
	p := w.connect(modern)
	ann := p.call("create_room", args{"room": "plans", "agent_name": "Ann", "capacity": 3})
	bob := p.call("join_room", args{"room": "plans", "agent_name": "Bob"})
	view := p.view(bob.Token)
	said, code := []string{}, ident.NewInvite("00112233445566778899aabbccddeeff", "r000000", 2).String()
	look := func(after string) string {
		got, text := p.show(view, after)
		said = append(said, text)
		if len(got.Messages) == 0 {
			return after
		}
		return got.Messages[len(got.Messages)-1].ID
	}
	after := look("")
	for _, c := range []struct {
		tool string
		args args
	}{
		{"update_room", args{"agent_token": ann.Token, "password": "sesame", "description": "Join at /i/" + code}},
		{"update_room", args{"agent_token": ann.Token, "new_invite": true}},
		{"send_message", args{"agent_token": ann.Token, "text": "Tell Cid: " + ann.Invite + "\n" + code,
			"activity": "inviting " + code}},
		{"share_file", args{"agent_token": bob.Token, "name": code + ".txt", "content": "secret"}},
		{"task", args{"agent_token": ann.Token, "action": "add", "title": code, "text": "by " + code}},
		{"send_message", args{"agent_token": bob.Token, "text": "mine", "to": "Ann"}},
		{"supervise", args{"claim": strings.TrimPrefix(bob.Watch[strings.Index(bob.Watch, "#"):], "#"),
			"agent_token": personOf(t, bob.Token)}},
		{"supervise", args{"agent_token": personOf(t, bob.Token), "new_link": true}},
		{"send_message", args{"agent_token": personOf(t, bob.Token), "text": "a note", "to": "Bob"}},
		{"manage_agent", args{"agent_token": ann.Token, "agent_name": "Eve", "action": "ban", "note": "see " + code}},
	} {
		if r := p.try(c.tool, c.args); r.Code != "" {
			t.Errorf("%s%v: %s", c.tool, c.args, r.text)
		}
		after = look(after)
	}
	p.try("join_room", args{"room": "plans:sesame", "agent_name": "Bob"}) // a knock
	look(after)
	look("")

	// The first 25 of a code's 27 characters are the secret. So no beginning of a text may end behind them.
	send := func(token, text string, more args) reply {
		given := args{"agent_token": token, "text": text}
		maps.Copy(given, more)
		return p.call("send_message", given)
	}
	cut := func(at int) string { return strings.Repeat("x", at-25-1) + " " + code + " come in" }
	old := send(ann.Token, cut(160), nil)
	plan := send(ann.Token, cut(160), args{"kind": "proposal", "ask": "Bob"})
	send(bob.Token, "Yes", args{"kind": "agree", "reply_to": plan.ID})
	send(ann.Token, cut(600), args{"ask": "Bob"})
	send(ann.Token, cut(core.FirstPartBytes), nil)
	look("")
	long := said[len(said)-1]
	p.call("supervise", args{"agent_token": personOf(t, bob.Token), "approve": true})
	send(bob.Token, cut(2000), nil)
	for range 30 {
		send(ann.Token, "As I said", args{"reply_to": old.ID})
	}
	look("")
	const end = `xxx "`
	if n, m := strings.Count(long, end), strings.Count(said[len(said)-1], end); n != 2 || m != 4 {
		t.Errorf("%d and %d texts are cut before the code, want 2 and 4", n, m)
	}
	all := strings.Join(said, "\n")
	if err := secretscan.Find(all); err != nil {
		t.Errorf("%v: %s", err, all)
	}
	for _, want := range []string{"[invite]", "a note", "knock", `"action":"ban"`, `"file":{`, `"task":{`, "your user"} {
		if !strings.Contains(all, want) {
			t.Errorf("%s was not shown: %s", want, all)
		}
	}
	for _, secret := range []string{"sesame", "#w", "/i/" + code[:5], code[:8]} {
		if strings.Contains(all, secret) {
			t.Errorf("%s was shown: %s", secret, all)
		}
	}
}

// personOf returns the token of a device of the person behind the seat of an agent_token.
func personOf(t *testing.T, token string) string {
	t.Helper()
	own, err := ident.ParseToken(token)
	if err != nil {
		t.Fatal(err)
	}
	return ident.Token{Room: own.Room, Seat: own.Seat, Secret: "0123456789abcdef", Person: true}.String()
}

// The view opens show_room, and no other tool by any argument that takes a secret.
func TestShowRoom_view_isRefusedByEveryOtherTool(t *testing.T) {
	w := newWorld(t)
	p := w.connect(modern)
	ann := p.call("create_room", args{"room": "plans", "agent_name": "Ann", "capacity": 3})
	view := p.view(ann.Token)
	more := map[string]args{ // nil: the tool takes no token
		"create_room": nil, "list_rooms": nil, "enter_queue": nil, "join_room": {}, "room_info": {}, "leave_room": {},
		"message_history": {}, "list_tasks": {}, "wait_for_message": {}, "send_message": {"text": "hello"},
		"share_file": {"name": "a.txt", "content": "a"}, "get_file": {"id": "m000000"},
		"task": {"action": "add", "title": "sand"}, "update_room": {"description": "mine"},
		"manage_agent": {"agent_name": "Ann", "action": "mute"}, "supervise": {"paused": true},
	}
	before := p.call("message_history", args{"agent_token": ann.Token}).text
	for _, tool := range w.set.Tools() {
		given, known := more[tool.Name]
		switch {
		case tool.Name == "show_room":
			continue
		case !known:
			t.Errorf("%s is not in the table", tool.Name)
			continue
		case given == nil:
			if strings.Contains(string(tool.Input()), "token") {
				t.Errorf("%s takes a token", tool.Name)
			}
			continue
		}
		for _, secret := range []string{view, strings.ToUpper(view), " " + view + "\n"} {
			given["agent_token"] = secret
			r := p.try(tool.Name, given)
			if r.Code != "token_invalid" ||
				!strings.Contains(r.Message, "agent_token is the token of show_room, which can only look") {
				t.Errorf("%s%v: %s", tool.Name, given, r.text)
			}
		}
	}
	for tool, given := range map[string]args{"enter_queue": {"ticket": view},
		"supervise": {"claim": view, "agent_token": personOf(t, ann.Token)}} {
		if r := p.try(tool, given); r.Code != "token_invalid" && r.Code != "invalid_argument" {
			t.Errorf("%s%v: %s", tool, given, r.text)
		}
	}
	if got := p.w.set.Upload(t.Context(), view, strings.NewReader("x")); got.Code == "" {
		t.Errorf("an upload: %+v", got)
	}
	for _, given := range []args{{"text": "look: " + view}, {"text": "at", "activity": view},
		{"text": view[:9] + " " + view[9:]}} {
		given["agent_token"] = ann.Token
		if r := p.try("send_message", given); r.Code != "invalid_argument" ||
			!strings.Contains(r.Message, "holds a token that looks at a room") {
			t.Errorf("%v: %s", given, r.text)
		}
	}
	if after := p.call("message_history", args{"agent_token": ann.Token}).text; after != before {
		t.Errorf("a refused call has changed something: %s", after)
	}
}

func TestShowRoom_otherTokens_areRefused(t *testing.T) {
	w := newWorld(t)
	p := w.connect(legacy)
	ann := p.call("create_room", args{"room": "plans", "agent_name": "Ann"})
	for what, c := range map[string]struct {
		args args
		code string
	}{
		"as view":        {args{"view": ann.Token}, "token_invalid"},
		"as agent_token": {args{"agent_token": ann.Token}, "invalid_argument"},
		"as token":       {args{"token": ann.Token}, "invalid_argument"},
		"of a person":    {args{"view": personOf(t, ann.Token)}, "token_invalid"},
		"beside view":    {args{"view": ann.Token, "agent_token": ann.Token}, "invalid_argument"},
		"none":           {args{}, "invalid_argument"},
		"mistyped":       {args{"view": "view-" + ann.Token}, "token_invalid"},
	} {
		r := p.try("show_room", c.args)
		if r.Code != c.code || what != "beside view" && !strings.Contains(r.Message, "call room_info with") {
			t.Errorf("%s: %s", what, r.text)
		}
	}
}

// Without a view there is no tool and no token for the view.
func TestShowRoom_withoutAView_isNoTool(t *testing.T) {
	rooms := chat.New(sqlitetest.Open(t, nil), chat.Options{SingleProcess: true, MinBatch: 1,
		Logger: slog.New(slog.DiscardHandler)})
	t.Cleanup(rooms.Stop)
	set := tools.New(rooms, pairing.New(rooms, pairing.Options{}),
		tools.Options{Address: func(context.Context) string { return "" }})
	c := callers{t, map[string]mcp.Tool{}, &reply{}}
	for _, tool := range set.Tools() {
		c.tools[tool.Name] = tool
	}
	if _, there := c.tools["show_room"]; there {
		t.Error("show_room is there")
	}
	ann := c.must("192.0.2.1", "create_room", `{"agent_name":"Ann"}`)
	got, err := c.tools["room_info"].Call(t.Context(), json.RawMessage(`{"agent_token":"`+ann+`"}`), &mcp.Record{})
	var refused *results.Failure
	if errors.As(err, &refused) || strings.Contains(string(results.JSON(got)), "view-") {
		t.Errorf("room_info: %s, %v", results.JSON(got), err)
	}
}
