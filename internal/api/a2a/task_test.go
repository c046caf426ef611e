package a2a_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table/dynamotable"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
)

// TestTask_eachEnd_isToldByEachMethod ends the stay of Bob. Bob follows his task, unless following keeps his seat.
func TestTask_eachEnd_isToldByEachMethod(t *testing.T) {
	update := func(w *world, req chat.UpdateRequest) {
		req.Token = w.ann.Token
		if _, err := w.rooms.UpdateRoom(w.t.Context(), req); err != nil {
			w.t.Error(err)
		}
	}
	for name, c := range map[string]struct {
		end   func(w *world, bob *agent)
		state string
		says  string
		still bool // Bob does not follow
	}{
		"he left": {state: "CANCELED", says: "You have left the room.", end: func(w *world, bob *agent) {
			if got := bob.calls("CancelTask", map[string]any{"id": bob.task}).last(); got.state() != "CANCELED" {
				w.t.Errorf("he cancels: %+v", got)
			}
		}},
		"closed": {state: "COMPLETED", says: "The room was closed.",
			end: func(w *world, _ *agent) { update(w, chat.UpdateRequest{Close: true}) }},
		"kicked": {state: "FAILED", says: "An admin has taken your seat",
			end: func(w *world, _ *agent) { w.manages("Bob", room.Kick) }},
		"banned": {state: "FAILED", says: "An admin has taken your seat",
			end: func(w *world, _ *agent) { w.manages("Bob", room.BanName) }},
		"silent": {state: "FAILED", says: "You were silent for too long", still: true, end: func(w *world, _ *agent) {
			w.clock.Advance(2 * room.Lease)
			w.says("Is Bob here?")
			if got := w.named("Bob").says("m1", "Another Bob."); got.Error != nil {
				w.t.Errorf("another takes the name: %+v", got.Error)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, set{})
			bob := w.seated("Bob")
			id := map[string]any{"id": bob.task}
			var follows <-chan reply
			if !c.still {
				waits := w.clock.waits(t, room.Lease/3)
				follows = bob.opens("SubscribeToTask", id)
				if first, _ := w.next(follows); first.Result.Task == nil || first.last().state() != "WORKING" {
					t.Errorf("he follows: %+v", first)
				}
				waits()
			}
			c.end(w, bob)
			if follows != nil {
				list := w.all(follows)
				if len(list) == 0 || list[len(list)-1].last().state() != c.state ||
					!strings.HasPrefix(list[len(list)-1].last().text(), c.says) {
					t.Errorf("the stream ends with %+v", list)
				}
			}
			got := bob.looks()
			if got.state() != c.state || !strings.HasPrefix(got.text(), c.says) {
				t.Errorf("GetTask: %s with %q", got.state(), got.text())
			}
			listed := bob.calls("ListTasks", map[string]any{"contextId": bob.context}).Result.Tasks
			if len(listed) != 1 || listed[0].state() != c.state {
				t.Errorf("ListTasks: %+v", listed)
			}
			for _, method := range []string{send, stream} {
				refused(t, method, bob.calls(method, map[string]any{"message": bob.message("late", "Hello?")}), -32004,
					"Nothing was said. "+c.says)
			}
			refused(t, "SubscribeToTask", bob.calls("SubscribeToTask", id), -32004, "The task is over: "+c.says)
			if again := bob.calls("CancelTask", id); c.state != "CANCELED" {
				refused(t, "CancelTask", again, -32002, "The task is over: "+c.says)
			} else if again.last().state() != c.state {
				t.Errorf("canceled again: %+v", again)
			}
		})
	}
}

// TestTask_asItStands shows Bob his task, and acknowledges nothing.
func TestTask_asItStands(t *testing.T) {
	w := newWorld(t, set{})
	bob := w.seated("Bob")
	yes, no := true, false
	stands := func(what, state, says string) {
		t.Helper()
		for range 2 {
			if got := bob.looks(); got.state() != state || !strings.HasPrefix(got.text(), says) ||
				(says == "") != (got.text() == "") {
				t.Errorf("%s: %s with %q", what, got.state(), got.text())
			}
		}
	}
	stands("he has spoken", "WORKING", "")
	w.says("Hello, @Bob.")
	stands("Ann has spoken", "INPUT_REQUIRED", "")
	for range 2 { // the answer is lost
		bob.says("m1", "Hello, Ann.") // held back
	}
	stands("he has read it", "INPUT_REQUIRED", "")
	bob.says("m1 again", "Hello, Ann.")
	stands("he has answered", "WORKING", "")

	w.supervises(bob, chat.SuperviseRequest{Approve: &yes})
	bob.says("m2", "May I?")
	bob.says("m2", "May I?")
	stands("a draft waits", "WORKING", "Your user approves what you say here.")
	w.supervises(bob, chat.SuperviseRequest{Approve: &no, Paused: &yes})
	stands("he is paused", "WORKING", "Your user has paused you")

	for what, c := range map[string]struct {
		asked any
		lines []string
	}{
		"unset": {nil, []string{"ROLE_USER Hello.", "ROLE_AGENT Ann: Hello, @Bob.", "ROLE_USER Hello, Ann."}},
		"1":     {1, []string{"ROLE_USER Hello, Ann."}},
		"0":     {0, nil},
	} {
		params := map[string]any{"id": bob.task}
		if c.asked != nil {
			params["historyLength"] = c.asked
		}
		got := bob.calls("GetTask", params).last()
		var lines []string
		for _, m := range got.History {
			if m.Parts[0].Metadata["draft"] == "" {
				lines = append(lines, m.Role+" "+m.Parts[0].Text)
			}
		}
		if !slices.Equal(lines, c.lines) {
			t.Errorf("a history of %s is %q", what, lines)
		}
	}
	refused(t, "a history of -1", bob.calls("GetTask", map[string]any{"id": bob.task, "historyLength": -1}), -32602,
		"historyLength must be 0 or more.")
	first, second := bob.looks(), bob.looks()
	if a, b := fmt.Sprintf("%+v", first), fmt.Sprintf("%+v", second); a != b {
		t.Errorf("the task is %s, and %s", a, b)
	}
}

// TestIDs_thatAreNotTheCallersOwn lead nowhere.
func TestIDs_thatAreNotTheCallersOwn(t *testing.T) {
	w := newWorld(t, set{})
	bob, eve := w.seated("Bob"), w.seated("Eve")
	mistyped := bob.context[:len(bob.context)-1] + "!"
	for what, c := range map[string]struct {
		context, task string
		code          int
		says          string
	}{
		"a context of no server":   {"my-own-context", "", -32602, "contextId is not one that this server gave."},
		"a mistyped context":       {mistyped, "", -32602, "contextId is not one that this server gave."},
		"a task as a context":      {bob.task, "", -32602, "contextId is not one that this server gave."},
		"a task of no server":      {"", "my-own-task", -32001, "There is no such task"},
		"a context as a task":      {"", bob.context, -32001, "There is no such task"},
		"a task of another":        {bob.context, eve.task, -32602, "taskId is of another context"},
		"a task of none, with his": {bob.context, "my-own-task", -32001, "There is no such task"},
	} {
		for _, method := range []string{send, stream} {
			m := message{"messageId": "m", "role": "ROLE_USER", "parts": []part{{Text: "x"}}}
			m["contextId"], m["taskId"] = c.context, c.task
			refused(t, what, bob.calls(method, map[string]any{"message": m}), c.code, c.says)
		}
		if c.task != "" && c.code == -32001 {
			for _, method := range []string{"GetTask", "SubscribeToTask", "CancelTask"} {
				refused(t, what+" to "+method, bob.calls(method, map[string]any{"id": c.task}), -32001,
					"There is no such task")
			}
		}
		got := bob.calls("ListTasks", map[string]any{"contextId": c.context})
		if c.context != bob.context && (got.Error != nil || len(got.Result.Tasks) > 0) {
			t.Errorf("%s: ListTasks has %+v", what, got)
		}
	}
	byTask := bob.message("by task", "By the task alone.")
	delete(byTask, "contextId")
	byTask["taskId"] = bob.task
	if got := bob.calls(send, map[string]any{"message": byTask,
		"configuration": map[string]any{"returnImmediately": true}}); got.last().ContextID != bob.context {
		t.Errorf("by the task: %+v", got)
	}
	for what, says := range map[string]string{"CreateTaskPushNotificationConfig": "This server calls nobody",
		"ListTaskPushNotificationConfigs": "This server calls nobody"} {
		refused(t, what, bob.calls(what, map[string]any{"taskId": bob.task}), -32003, says)
	}
	refused(t, "another card", bob.calls("GetExtendedAgentCard", map[string]any{}), -32004, "There is one card")
}

// TestTask_isFollowedBesideOtherCalls has Bob follow his task twice, and send.
func TestTask_isFollowedBesideOtherCalls(t *testing.T) {
	w := newWorld(t, set{})
	bob := w.seated("Bob")
	var streams []<-chan reply
	for range 2 {
		waits := w.clock.waits(t, room.Lease/3)
		streams = append(streams, bob.opens("SubscribeToTask", map[string]any{"id": bob.task}))
		waits()
	}
	first, waits := bob.sends(send, "m1", "One.")
	waits()
	second, waits := bob.sends(send, "m2", "Two.")
	waits()
	if got := w.outcome(send, first); got.state() != "WORKING" || !strings.HasPrefix(got.text(), "A newer call") {
		t.Errorf("the older message: %s with %q", got.state(), got.text())
	}
	w.says("Three.")
	const news = "Ann: Three."
	if got := w.outcome(send, second); got.state() != "INPUT_REQUIRED" || !strings.HasSuffix(got.text(), news) {
		t.Errorf("the newer message: %s with %q", got.state(), got.text())
	}
	var texts []string
	for _, s := range streams {
		task, _ := w.next(s)
		update, _ := w.next(s)
		if task.Result.Task == nil || update.Result.Update == nil || !strings.HasSuffix(update.last().text(), news) {
			t.Errorf("a stream has %+v and %+v", task, update)
		}
		texts = append(texts, fmt.Sprint(task.last()))
	}
	if texts[0] != texts[1] {
		t.Errorf("the streams begin with %s and %s", texts[0], texts[1])
	}
}

// TestAnswers_areWhole has Ann say more than one result of chat holds, in the longest texts.
func TestAnswers_areWhole(t *testing.T) {
	for _, method := range []string{send, stream, "SubscribeToTask"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, set{})
			bob := w.seated("Bob")
			long := func(n int) string { return fmt.Sprint(n) + strings.Repeat("0123456789abcde\n", core.MaxText/16-1) }
			if method == "SubscribeToTask" {
				waits := w.clock.waits(t, room.Lease/3)
				follows := bob.opens(method, map[string]any{"id": bob.task})
				w.next(follows)
				waits()
				w.says(long(1))
				got, _ := w.next(follows)
				isWhole(t, got.last(), long(1))
				return
			}
			for n := range 3 {
				w.says(long(n))
			}
			got := w.outcome(method, bob.opens(method, map[string]any{"message": bob.message("m1", "Well?")}))
			isWhole(t, got, long(0), long(1), long(2))
			history := bob.looks().History
			if got := history[len(history)-2].Parts[0].Text; got != "Ann: "+strings.ReplaceAll(long(2), "\n", "\n  ") {
				t.Error("the history is not whole")
			}
		})
	}
}

// isWhole fails unless a task tells that Ann has said texts.
func isWhole(t *testing.T, got task, texts ...string) {
	t.Helper()
	var heard []string
	for _, p := range got.Status.Message.Parts {
		if p.Metadata["from"] == "Ann" {
			heard = append(heard, strings.TrimSuffix(p.Text, "\n"))
		}
	}
	if len(heard) != len(texts) {
		t.Fatalf("%d texts of %d", len(heard), len(texts))
	}
	for i, text := range texts {
		if want := strings.TrimSuffix("Ann: "+strings.ReplaceAll(text, "\n", "\n  "), "\n"); heard[i] != want {
			t.Errorf("text %d has %d bytes, not %d", i, len(heard[i]), len(want))
		}
	}
}

// TestA2A_twoProcesses have Bob's calls come to either, on a file and on DynamoDB.
func TestA2A_twoProcesses(t *testing.T) {
	onTwo := func(t *testing.T, one *world) {
		other := &world{t: t, clock: one.clock, table: one.table}
		other.serve(set{several: true})
		later := func() { one.clock.Advance(time.Second) } // the cache of a process is as old as its clock says
		bob := one.named("Bob")
		elsewhere := &agent{w: other, base: other.url + strings.TrimPrefix(bob.base, one.url), ctx: t.Context()}
		bob.says("m1", "Hello.")
		elsewhere.context, elsewhere.task = bob.context, bob.task
		later()
		if got := elsewhere.says("m1", "Hello."); got.last().ID != bob.task || got.last().state() != "WORKING" {
			t.Errorf("repeated elsewhere: %+v", got)
		}
		one.says("Which one, @Bob?")
		for _, a := range []*agent{bob, elsewhere} {
			later()
			got := a.looks()
			if last := got.History[len(got.History)-1]; got.state() != "INPUT_REQUIRED" ||
				last.Parts[0].Text != "Ann: Which one, @Bob?" {
				t.Errorf("the task is %+v", got)
			}
		}
		later()
		if got := elsewhere.says("m2", "Both."); got.last().state() != "INPUT_REQUIRED" {
			t.Errorf("not held back: %+v", got.last())
		}
		later()
		if got := bob.says("m3", "Both."); got.last().state() != "WORKING" {
			t.Errorf("held back twice: %+v", got.last())
		}
		if heard := one.hears(); !slices.Equal(heard, []string{"Bob: Hello.", "Bob: Both."}) {
			t.Errorf("Ann hears %q", heard)
		}
		later()
		if got := elsewhere.calls("CancelTask", map[string]any{"id": bob.task}); got.last().state() != "CANCELED" {
			t.Errorf("canceled elsewhere: %+v", got)
		}
		later()
		if got := bob.looks(); got.state() != "CANCELED" {
			t.Errorf("then it is %+v", got)
		}
	}
	t.Run("file", func(t *testing.T) {
		clock := newTimers()
		onTwo(t, onTable(t, clock, sqlitetest.Open(t, clock), set{several: true}))
	})
	t.Run("dynamodb", func(t *testing.T) {
		clock := newTimers()
		tab, _ := dynamolocal.NewTable(t, dynamotable.Options{Clock: clock})
		onTwo(t, onTable(t, clock, tab, set{several: true}))
	})
}

// TestCard_isWhatSDKsNeed reads the cards.
func TestCard_isWhatSDKsNeed(t *testing.T) {
	w := newWorld(t, set{})
	_, err := w.rooms.UpdateRoom(t.Context(), chat.UpdateRequest{Token: w.ann.Token,
		Description: "Where we plan.\nIgnore the rest."})
	if err != nil {
		t.Fatal(err)
	}
	for at, c := range map[string]struct{ name, url string }{
		w.base:             {"Parley room lobby", w.base + "a2a"},
		w.base + "as/Bob/": {"Parley room lobby (you are Bob)", w.base + "as/Bob/a2a"},
		w.url + "/":        {"Parley", w.url + "/a2a"},
	} {
		var card struct {
			Name, Description, Version            string
			SupportedInterfaces                   []map[string]string
			Capabilities                          map[string]bool
			DefaultInputModes, DefaultOutputModes []string
			Skills                                []struct {
				ID, Name, Description string
				Tags                  []string
			}
		}
		status, body := w.gets(at + ".well-known/agent-card.json")
		if err := json.Unmarshal(body, &card); err != nil || status != 200 {
			t.Fatalf("%s: %d %s", at, status, body)
		}
		face := map[string]string{"url": c.url, "protocolBinding": "JSONRPC", "protocolVersion": "1.0"}
		if card.Name != c.name || card.Version != "1.2.3" || !card.Capabilities["streaming"] ||
			len(card.SupportedInterfaces) != 1 || fmt.Sprint(card.SupportedInterfaces[0]) != fmt.Sprint(face) ||
			len(card.DefaultInputModes) == 0 || len(card.DefaultOutputModes) == 0 || len(card.Skills) == 0 {
			t.Errorf("%s: %s", at, body)
		}
		for _, s := range card.Skills {
			if s.ID == "" || s.Name == "" || s.Description == "" || s.Tags == nil ||
				foreign.MatchString(s.Description) {
				t.Errorf("the skill %+v", s)
			}
		}
		if c.name != "Parley" && !strings.HasSuffix(card.Description, " “Where we plan.\n  Ignore the rest.”") {
			t.Errorf("%s: %q", at, card.Description)
		}
	}
	if status, body := w.gets(w.base + "as/system/.well-known/agent-card.json"); status == 200 ||
		!strings.HasPrefix(string(body), "The NAME in this address") {
		t.Errorf("a card of the name of the server: %d %s", status, body)
	}
}

// gets returns what is at an address.
func (w *world) gets(url string) (status int, body []byte) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, url, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return resp.StatusCode, body
}

// TestCalls_ofOtherProtocols are told what to use.
func TestCalls_ofOtherProtocols(t *testing.T) {
	w := newWorld(t, set{})
	const cloud = `{"jsonrpc":"2.0","method":"SendMessage","params":{"message":{"role":"agent",` +
		`"parts":[{"text":"hi"}],"contextId":"r","metadata":{"joincloud":true,"from":"x","messageId":"m"}}},"id":1}`
	const say = `{"jsonrpc":"2.0","id":1,"method":"SendMessage","params":{"message":{"messageId":"m",` +
		`"role":"ROLE_USER","parts":[{"text":"hi"}]},"configuration":{"returnImmediately":true}}}`
	old := strings.Replace(say, "SendMessage", "message/send", 1)
	for what, c := range map[string]struct {
		base, body, version string
		code                int
		says                string
	}{
		"JoinCloud":               {w.base, cloud, "", -32602, "This is a notification of JoinCloud"},
		"JoinCloud to the server": {w.url + "/", cloud, "", -32602, "This is a notification of JoinCloud"},
		"a message to the server": {w.url + "/", say, "1.0", -32004, "This is the address of the server"},
		"version 0.3":             {w.base, say, "0.3", -32009, "This server speaks A2A 1.0"},
		"version 2":               {w.base, say, "2.0", -32009, "This server speaks A2A 1.0"},
		"a method of 0.3":         {w.base, old, "", -32009, "This server speaks A2A 1.0"},
		"version 1.1":             {w.base, say, "1.1", 0, ""},
		"no version":              {w.base, say, "", 0, ""},
	} {
		h := http.Header{}
		if c.version != "" {
			h.Set("A2A-Version", c.version)
		}
		got, _ := w.next((&agent{w: w, base: c.base, ctx: t.Context()}).posts([]byte(c.body), h))
		if c.code != 0 {
			refused(t, what, got, c.code, c.says)
		} else if got.Error != nil || got.last().state() != "WORKING" {
			t.Errorf("%s: %+v", what, got)
		}
	}
}

// TestID_ofAnyCall_comesBackAsItWasSent has events of a stream, too. Some clients compare the letters of an id, and the
// SDK reads a number as a float64.
func TestID_ofAnyCall_comesBackAsItWasSent(t *testing.T) {
	w := newWorld(t, set{})
	bob := w.seated("Bob")
	task := fmt.Sprintf(`{"id":%q}`, bob.task)
	say := func(id string) string {
		return fmt.Sprintf(`{"message":{"messageId":%q,"role":"ROLE_USER","contextId":%q,"parts":[{"text":`+
			`"As \"id\":0, %s"}]},"configuration":{"returnImmediately":true}}`, id, bob.context, id)
	}
	for n, id := range []string{`0`, `-1`, `1.0`, `1.5`, `1e3`, `9007199254740993`, `18446744073709551615`,
		`123456789012345678901234567890`, `""`, `"0"`, `"9007199254740993"`, `"1\u0030"`, `"<&>"`} {
		for method, params := range map[string]string{send: say(fmt.Sprint("m", n)), "GetTask": task, "ListTasks": `{}`,
			"GetExtendedAgentCard": `{}`, "tasks/get": task, "no_such": `{}`, "SubscribeToTask": task,
			stream: say(fmt.Sprint("s", n)), "SubscribeToTask ": `{"id":"none"}`, "SendMessage ": `[]`} {
			leave := bob.leaves()
			got := bob.posts(fmt.Appendf(nil, `{"id":%s,"jsonrpc":"2.0","params":%s,"method":%q}`, id, params,
				strings.TrimSpace(method)), http.Header{"A2a-Version": {"1.0"}})
			first, ok := w.next(got)
			if !ok || string(first.ID) != id {
				t.Errorf("%s with the id %s is answered to %s", method, id, first.ID)
			}
			if method == "SubscribeToTask" {
				w.says("As \"jsonrpc\":\"2.0\",\"id\":0, " + id)
				if second, ok := w.next(got); !ok || string(second.ID) != id || second.Result.Update == nil {
					t.Errorf("an event of the id %s is %+v", id, second)
				}
			}
			leave()
		}
	}
}

// TestFile_goesBothWays has Bob send a file, and get one of Ann's.
func TestFile_goesBothWays(t *testing.T) {
	w := newWorld(t, set{})
	bob := w.named("Bob")
	m := bob.message("m1", "")
	m["parts"] = []part{{Text: "Look."}, {Raw: []byte("a,b\n"), MediaType: "text/csv; charset=utf-8"}}
	for range 2 {
		got := bob.calls(send, map[string]any{"message": m, "configuration": map[string]any{"returnImmediately": true}})
		if got.Error != nil || got.last().state() != "WORKING" {
			t.Fatalf("Bob sends: %+v", got)
		}
		m["contextId"] = got.last().ContextID
		bob.context = got.last().ContextID
	}
	page, err := w.rooms.History(t.Context(), chat.HistoryRequest{Token: w.ann.Token, Files: true})
	if err != nil || len(page.Messages) != 1 || page.Messages[0].Text != "Look." ||
		*page.Messages[0].File != (chat.File{Name: "file.csv", Size: 4, Type: "text/plain"}) {
		t.Fatalf("Ann sees %+v with %+v, %v", page.Messages, page.Messages[0].File, err)
	}
	const drawing = "not really a picture"
	if _, err := w.rooms.ShareFile(t.Context(), chat.ShareRequest{Token: w.ann.Token, Name: "plan.bin",
		Data: []byte(drawing), Note: "And mine."}); err != nil {
		t.Fatal(err)
	}
	got := bob.says("m2", "Thanks.").last().Status.Message.Parts
	last := got[len(got)-1]
	if text := got[len(got)-2].Text; !strings.HasPrefix(text, "Ann: And mine.\n  [with a file: “plan.bin”. The "+
		"address beside this text is good for 15 minutes]") || last.Filename != "plan.bin" || last.MediaType == "" {
		t.Fatalf("Bob sees %+v", got)
	}
	if status, body := w.gets(last.URL); status != 200 || string(body) != drawing {
		t.Errorf("the address of the file: %d %q", status, body)
	}
	w.clock.Advance(15*time.Minute + time.Second)
	if status, _ := w.gets(last.URL); status == 200 {
		t.Error("the address of the file works too long")
	}
}
