package tools_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/api/tools"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/dynamotable"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
)

// A story is a conversation as a text: the calls and the results of each agent, byte for byte apart from tokens, ids,
// cursors and times. The story must be the same on both tables. `go test ./internal/api/tools -run Story -update`
// rewrites the files.
type story struct {
	t     *testing.T
	w     *world
	clock *storyClock
	began time.Time
	text  strings.Builder
	names []string // pairs for a replacer: volatile texts and their names
	ids   int      // of messages among them
	cast  []*actor
}

// storyClock is a clock that only a story moves. The clock reports the times of new timers, so a story knows when
// somebody waits.
type storyClock struct {
	*clockwork.FakeClock
	timers chan time.Duration
}

// NewTimer implements [clockwork.Clock].
func (c *storyClock) NewTimer(d time.Duration) clockwork.Timer {
	timer := c.FakeClock.NewTimer(d)
	select {
	case c.timers <- d:
	default: // nobody has read it for long
	}
	return timer
}

// forget drops the reports about timers so far.
func (c *storyClock) forget() {
	for {
		select {
		case <-c.timers:
		default:
			return
		}
	}
}

func newStoryClock(at time.Time) *storyClock {
	return &storyClock{clockwork.NewFakeClockAt(at), make(chan time.Duration, 1000)}
}

// actor is an agent of a story.
type actor struct {
	*peer
	s      *story
	name   string
	token  string
	cursor string
	ticket string
	last   string            // the id of the last message that it received
	said   string            // of the last one that it sent
	claim  string            // of the link for its user
	draft  string            // the id of the last draft that it was shown
	line   string            // of the last upload that it may make
	heard  map[string]string // the texts that it received, by id
}

// tell runs a story on a table and returns its text.
func tell(t *testing.T, tab table.Table, clock *storyClock, o chat.Options, plot func(*story)) string {
	o.Clock = clock
	s := &story{t: t, w: serve(t, tab, o), clock: clock, began: clock.Now()}
	plot(s)
	for _, a := range s.cast {
		a.missedNothing()
	}
	return s.plain(s.text.String())
}

// checkStory compares a story with its file, over a table in a file and by night over DynamoDB.
func checkStory(t *testing.T, title string, plot func(*story)) {
	t.Helper()
	file := filepath.Join("testdata", "conversations", strings.ReplaceAll(strings.ToLower(title), " ", "_")+".txt")
	hold := func(t *testing.T, got string) {
		t.Helper()
		got = title + ".\n" + got
		if flag.Lookup("update").Value.String() == "true" {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s differs. Read the difference; if it is intended, run this test with -update.\n%s", file,
				difference(got, string(want)))
		}
	}
	t.Run("on a file", func(t *testing.T) {
		clock := newStoryClock(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
		tab := sqlitetest.Open(t, clock)
		hold(t, tell(t, tab, clock, chat.Options{SingleProcess: true, MinBatch: 1}, plot))
	})
	dynamolocal.Double(t, "on DynamoDB", func(t *testing.T) {
		// The engine removes expired items by the system's clock.
		clock := newStoryClock(time.Date(2100, 3, 1, 12, 0, 0, 0, time.UTC))
		tab, _ := dynamolocal.NewTable(t, dynamotable.Options{Clock: clock})
		hold(t, tell(t, tab, clock, chat.Options{Files: sqlitetest.Open(t, clock).Files()}, plot))
	})
}

// difference is the first difference of two texts, with the lines before it.
func difference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return strings.Join(a[max(0, i-6):i], "\n") + "\ngot:  " + a[i] + "\nwant: " + b[i]
		}
	}
	return "one is longer"
}

// note writes what a reader of the story should know.
func (s *story) note(text string) { fmt.Fprintf(&s.text, "\n# %s\n", text) }

// pass moves the clock.
func (s *story) pass(d time.Duration) {
	fmt.Fprintf(&s.text, "\n# %s go by.\n", d)
	s.clock.Advance(d)
}

// agent brings somebody into the story.
func (s *story) agent(name string) *actor {
	a := &actor{peer: s.w.connect([]string{legacy, modern}[len(s.cast)%2]), s: s, name: name,
		heard: map[string]string{}}
	s.cast = append(s.cast, a)
	return a
}

// do makes a call and writes down the answer.
func (a *actor) do(tool string, arguments args) reply {
	a.s.t.Helper()
	return a.begin(tool, arguments).end()
}

// look looks in with the actor's cursor.
func (a *actor) look() reply {
	a.s.t.Helper()
	return a.do("wait_for_message", args{"cursor": a.cursor, "wait_seconds": 0})
}

// run runs the line of the actor's upload on a file with the content, and writes down the answer.
func (a *actor) run(content string) {
	a.s.t.Helper()
	fmt.Fprintf(&a.s.text, "\n%s runs %s\n", a.name, a.line)
	var r reply
	ended := a.upload(a.line, content)
	if err := json.Unmarshal(ended.JSON, &r); err != nil {
		a.s.t.Fatal(err)
	}
	r.text = string(ended.JSON)
	if r.Code != "" {
		r.text = r.Code + ": " + r.Message
	}
	fmt.Fprintf(&a.s.text, "%s gets\n%s", a.name, laidOut(a.s.t, r))
	a.learn(r)
}

// held is a call that has begun.
type held struct {
	a      *actor
	answer chan reply
	failed chan error
}

// begin makes a call, and returns when it is answered or about to wait.
func (a *actor) begin(tool string, arguments args) *held {
	a.s.t.Helper()
	a.s.clock.forget()
	arguments = a.complete(tool, arguments)
	fmt.Fprintf(&a.s.text, "\n%s calls %s %s\n", a.name, tool, compactJSON(a.s.t, arguments))
	h := &held{a: a, answer: make(chan reply, 1), failed: make(chan error, 1)}
	go func() {
		r, err := a.ask(tool, arguments)
		if err != nil {
			h.failed <- err
			return
		}
		h.answer <- r
	}()
	const silentCall = 230 * time.Second // no progress is reported here
	seconds, given := arguments["wait_seconds"].(int)
	if !given && tool == "wait_for_message" {
		seconds = 50
	}
	for {
		select {
		case d := <-a.s.clock.timers:
			// A call in the queue sets many timers, a wait sets one.
			if tool == "enter_queue" || d == min(time.Duration(seconds)*time.Second, silentCall) {
				return h
			}
		case r := <-h.answer:
			h.answer <- r
			return h
		case err := <-h.failed:
			a.s.t.Fatal(err)
		case <-time.After(patience):
			a.s.t.Fatalf("%s neither waits nor is answered", tool)
		}
	}
}

// end awaits the answer and writes it down.
func (h *held) end() reply {
	h.a.s.t.Helper()
	r := h.unheard()
	fmt.Fprintf(&h.a.s.text, "%s gets\n%s", h.a.name, laidOut(h.a.s.t, r))
	h.a.learn(r)
	return r
}

// unheard awaits an answer that does not reach the agent.
func (h *held) unheard() reply {
	h.a.s.t.Helper()
	select {
	case r := <-h.answer:
		return r
	case err := <-h.failed:
		h.a.s.t.Fatalf("%s was not answered: %v\n%s", h.a.name, err, h.a.s.text.String())
	case <-time.After(patience):
		h.a.s.t.Fatalf("%s waited in vain:\n%s", h.a.name, h.a.s.text.String())
	}
	return reply{}
}

// complete adds the token and the cursor to the calls that take them.
func (a *actor) complete(tool string, arguments args) args {
	all := args{}
	switch tool {
	case "send_message", "wait_for_message", "message_history", "leave_room", "update_room", "manage_agent",
		"supervise", "task", "list_tasks", "share_file", "get_file":
		all["agent_token"] = a.token
	}
	if slices.Contains(takeCursor, tool) {
		all["cursor"] = a.cursor
	}
	for k, v := range arguments {
		all[k] = v
	}
	return all
}

// learn remembers what a client needs from a result.
func (a *actor) learn(r reply) {
	a.s.number(r.text)
	if r.Code != "" {
		return
	}
	if r.Cursor != "" {
		a.cursor = r.Cursor
	}
	if r.Sent {
		a.said, a.heard[r.ID] = r.ID, ""
	}
	if r.Token != "" {
		a.token = r.Token
		a.s.standIn(r.Token, a.name+"'s token")
	}
	if r.Ticket != "" {
		a.ticket = r.Ticket
		a.s.standIn(r.Ticket, a.name+"'s ticket")
	}
	a.learnLink(r)
	if _, code, ok := strings.Cut(r.Upload.Page, tools.UploadPath); ok {
		a.line = r.Upload.Line
		a.s.standIn(code, "the code of "+a.name+"'s upload")
	}
	if _, ticket, ok := strings.Cut(strings.TrimSuffix(r.Download, "'"), tools.DownloadPath); ok {
		a.s.standIn(ticket, a.name+"'s ticket for the file")
	}
	if r.Link != "" {
		a.s.standIn(r.Link, "link of the invite")
	}
	for _, m := range r.Messages {
		if m.Type != "message" || r.Status == "" && !r.Held { // else it is history
			continue
		}
		// An agent that has returned may get earlier messages again.
		if before, twice := a.heard[m.ID]; twice && !m.Repeated && !strings.HasPrefix(r.Status, "re") &&
			before == string(m.Text) {
			a.s.t.Errorf("%s was handed message %s twice, unmarked", a.name, m.ID)
		}
		a.heard[m.ID] = string(m.Text)
		if m.From != a.name {
			a.last = m.ID
		}
	}
}

// learnLink remembers what the agent's user needs from a result.
func (a *actor) learnLink(r reply) {
	if link, claim, ok := strings.Cut(r.Watch, "#"); ok {
		a.claim = claim
		a.s.standIn(claim, "the claim of "+a.name+"'s link")
		a.s.standIn(link, "link")
	}
	if len(r.Drafts) > 0 {
		a.draft = r.Drafts[len(r.Drafts)-1].ID
	}
}

// missedNothing fails if there is a message that the agent has not received and will not
// receive.
func (a *actor) missedNothing() {
	if a.token == "" {
		return
	}
	for {
		r := a.try("wait_for_message", args{"agent_token": a.token, "cursor": a.cursor, "wait_seconds": 0})
		a.learn(r)
		if r.Code != "" || r.Status == "removed" {
			return
		}
		if !r.HasMore {
			break
		}
	}
	for _, m := range a.call("message_history", args{"agent_token": a.token, "limit": 100}).Messages {
		if _, heard := a.heard[m.ID]; !heard && m.Type == "message" && m.From != a.name {
			a.s.t.Errorf("%s never heard message %s: %s", a.name, m.ID, m.Text)
		}
	}
}

func compactJSON(t *testing.T, v any) string {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// laidOut writes a result with each field and each element of a list on a line of its
// own. A refusal is its text.
func laidOut(t *testing.T, r reply) string {
	t.Helper()
	if r.Code != "" {
		return "  " + r.text + "\n"
	}
	d := json.NewDecoder(strings.NewReader(r.text))
	if _, err := d.Token(); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for d.More() {
		key, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			t.Fatal(err)
		}
		if key == "untrusted" { // always the same
			value = json.RawMessage("(the notice)")
		}
		if key == "text" && len(value) > 2000 {
			value = json.RawMessage(fmt.Sprintf("%s ... (%d bytes)", value[:100], len(value)))
		}
		var list []json.RawMessage
		if json.Unmarshal(value, &list) != nil || len(list) == 0 {
			fmt.Fprintf(&b, "  %s: %s\n", key, value)
			continue
		}
		fmt.Fprintf(&b, "  %s:\n", key)
		for _, one := range list {
			fmt.Fprintf(&b, "    %s\n", one)
		}
	}
	return b.String()
}
