package a2a_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/api/a2a"
	"github.com/parley-chat/parley/internal/api/httpapi"
	"github.com/parley-chat/parley/internal/api/tools"
	"github.com/parley-chat/parley/internal/auth/access"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/pairing"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/observe/meter"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/sqlite"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
	"github.com/parley-chat/parley/internal/testkit/secretscan"
)

// patience bounds what should come soon.
const patience = time.Minute

// longest is how long a stream lasts here.
const longest = 7 * time.Minute

// timers is a fake clock that tells when somebody has set a timer: then a call waits.
type timers struct {
	*clockwork.FakeClock
	mu   sync.Mutex
	made map[time.Duration]int
	more chan struct{} // closed, and replaced, with each timer
}

// newTimers returns a clock in a year in which DynamoDB Local removes nothing (see dynamolocal.NewTable).
func newTimers() *timers {
	return &timers{FakeClock: clockwork.NewFakeClockAt(time.Date(2100, 3, 1, 12, 0, 0, 0, time.UTC)),
		made: map[time.Duration]int{}, more: make(chan struct{})}
}

func (c *timers) NewTimer(d time.Duration) clockwork.Timer {
	timer := c.FakeClock.NewTimer(d)
	if d < time.Second { // a pause before a table is asked again
		c.Advance(d)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.made[d]++
	close(c.more)
	c.more = make(chan struct{})
	return timer
}

// waits returns what reports, once called, that a timer for d was made since.
func (c *timers) waits(t *testing.T, d time.Duration) (made func()) {
	t.Helper()
	c.mu.Lock()
	before := c.made[d]
	c.mu.Unlock()
	return func() {
		t.Helper()
		for late := time.After(patience); ; {
			c.mu.Lock()
			now, more := c.made[d], c.more
			c.mu.Unlock()
			if now > before {
				return
			}
			select {
			case <-more:
			case <-late:
				t.Fatalf("nobody waits for %v", d)
			}
		}
	}
}

// world is a server whose agents of A2A come by the invite of a room with the admin Ann.
type world struct {
	t     *testing.T
	clock *timers
	table table.Table
	rooms *chat.Service
	url   string
	set   *tools.Set
	ann   chat.Seated
	base  string // of the invite, with a slash
}

// set are what a test changes in its world.
type set struct {
	chat.Options
	capacity int
	waits    int64 // how many calls may wait
	kind     room.Type
	several  bool // other processes use the table
}

func newWorld(t *testing.T, s set) *world {
	t.Helper()
	clock := newTimers()
	tab := sqlitetest.Open(t, clock)
	return onTable(t, clock, tab, s)
}

// onTable is a world on a table that others may use.
func onTable(t *testing.T, clock *timers, tab table.Table, s set) *world {
	t.Helper()
	w := &world{t: t, clock: clock, table: tab}
	w.serve(s)
	if s.capacity == 0 {
		s.capacity = 4
	}
	made, err := w.rooms.CreateRoom(t.Context(),
		chat.CreateRequest{Room: "lobby", AgentName: "Ann", Capacity: s.capacity, Type: s.kind})
	if err != nil {
		t.Fatal(err)
	}
	w.ann, w.base = made, w.url+tools.InvitePath+made.Invite.Code+"/"
	return w
}

// serve serves the rooms of the table, as a process of their server does.
func (w *world) serve(s set) {
	log := slog.New(slog.NewTextHandler(secretscan.NewBuffer(w.t), &slog.HandlerOptions{Level: slog.LevelDebug}))
	s.Clock, s.Logger = w.clock, log
	if !s.several {
		s.SingleProcess, s.MinBatch = true, 1
	}
	if kept, ok := w.table.(*sqlite.Table); ok && s.Files == nil {
		s.Files = kept.Files()
	}
	w.rooms = chat.New(w.table, s.Options)
	w.set = tools.New(w.rooms, pairing.New(w.rooms, pairing.Options{}),
		tools.Options{Address: httpapi.Address, Keys: true, LongestWait: longest, Log: log})
	gate := access.New(access.Options{Table: w.table, Clock: clockwork.NewRealClock(), Logger: log,
		Invite: w.rooms.MadeInvite, Seat: w.rooms.SeatOf,
		Upload: w.rooms.UploaderOf, Download: w.rooms.DownloaderOf, Link: w.rooms.AgentBehind})
	agents := a2a.New(a2a.Options{Rooms: w.rooms, Tools: w.set, Version: "1.2.3", Clock: w.clock,
		LongestWait: longest})
	site := httptest.NewUnstartedServer(nil)
	site.Config = httpapi.NewServer(httpapi.New(httpapi.Options{
		A2A: agents.Serve, Card: agents.Card,
		Gate: gate, Keys: true, Logger: log, Clock: w.clock,
		Upload: w.set.Upload, Download: w.rooms.Download, Meter: meter.New(meter.Options{MaxWaits: s.waits}),
	}), log)
	site.Start()
	w.url = site.URL
	w.t.Cleanup(func() {
		w.rooms.Stop()
		site.CloseClientConnections()
		site.Close()
	})
}

// The methods that send.
const (
	send   = "SendMessage"
	stream = "SendStreamingMessage"
)

// message is a message of a client or of the server.
type message map[string]any

// part is the part of a message, as far as these tests read it.
type part struct {
	Text      string            `json:"text,omitempty"`
	URL       string            `json:"url,omitempty"`
	Filename  string            `json:"filename,omitempty"`
	MediaType string            `json:"mediaType,omitempty"`
	Raw       []byte            `json:"raw,omitempty"`
	Data      any               `json:"data,omitempty"`
	Metadata  map[string]string `json:"metadata,omitempty"`
}

type said struct {
	ID    string `json:"messageId"`
	Role  string `json:"role"`
	Parts []part `json:"parts"`
}

// task is a task or an update of one.
type task struct {
	ID        string            `json:"id"`
	TaskID    string            `json:"taskId"` // of an update
	ContextID string            `json:"contextId"`
	Metadata  map[string]string `json:"metadata"`
	History   []said            `json:"history"`
	Status    struct {
		State     string    `json:"state"`
		Message   said      `json:"message"`
		Timestamp time.Time `json:"timestamp"`
	} `json:"status"`
}

// state returns the state without its prefix.
func (k task) state() string { return strings.TrimPrefix(k.Status.State, "TASK_STATE_") }

// text returns what a client shows that prints the parts one after the other.
func (k task) text() string {
	var b strings.Builder
	for _, p := range k.Status.Message.Parts {
		b.WriteString(p.Text)
	}
	return b.String()
}

type refusal struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Data    []struct {
		Type     string            `json:"@type"`
		Reason   string            `json:"reason"`
		Metadata map[string]string `json:"metadata"`
	} `json:"data"`
}

// info returns what a program learns of a refusal.
func (r *refusal) info() map[string]string {
	for _, d := range r.Data {
		if strings.HasSuffix(d.Type, "ErrorInfo") {
			return d.Metadata
		}
	}
	return nil
}

// reply is an answer, or an event of a stream.
type reply struct {
	Result struct {
		task
		Task   *task  `json:"task"`
		Update *task  `json:"statusUpdate"`
		Tasks  []task `json:"tasks"`
	} `json:"result"`
	Error *refusal        `json:"error"`
	ID    json.RawMessage `json:"id"`
}

// last returns the task of a reply, in whichever form.
func (r reply) last() task {
	switch {
	case r.Result.Task != nil:
		return *r.Result.Task
	case r.Result.Update != nil:
		return *r.Result.Update
	}
	return r.Result.task
}

// agent is a client of A2A at an address.
type agent struct {
	w                            *world
	base                         string
	context, task, watch, person string
	ctx                          context.Context
}

// named is a client that joins under a name; "" has one made up.
func (w *world) named(name string) *agent {
	base := w.base
	if name != "" {
		base += "as/" + name + "/"
	}
	return &agent{w: w, base: base, ctx: w.t.Context()}
}

// opens makes a call, and returns its events as they come. The answer to a call without a stream counts as an event.
func (a *agent) opens(method string, params any) <-chan reply {
	a.w.t.Helper()
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
	if err != nil {
		a.w.t.Fatal(err)
	}
	return a.posts(body, http.Header{"A2a-Version": {"1.0"}})
}

// leaves has the calls of a from now on end when leave is called, as if its program did.
func (a *agent) leaves() (leave func()) {
	a.ctx, leave = context.WithCancel(a.w.t.Context())
	return leave
}

// posts is opens for a body.
func (a *agent) posts(body []byte, h http.Header) <-chan reply {
	a.w.t.Helper()
	r, err := http.NewRequestWithContext(a.ctx, http.MethodPost, a.base+"a2a", bytes.NewReader(body))
	if err != nil {
		a.w.t.Fatal(err)
	}
	r.Header = h
	r.Header.Set("Content-Type", "application/json")
	replies := make(chan reply, 64)
	go func() {
		defer close(replies)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			return
		}
		defer resp.Body.Close()
		lines := bufio.NewScanner(resp.Body)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			text := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "data:"))
			var got reply
			if strings.HasPrefix(text, "{") && json.Unmarshal([]byte(text), &got) == nil {
				replies <- got
			}
		}
	}()
	return replies
}

// next returns the next event of a call; ok is false if there is none.
func (w *world) next(replies <-chan reply) (got reply, ok bool) {
	w.t.Helper()
	select {
	case got, ok = <-replies:
	case <-time.After(patience):
		w.t.Fatal("no answer comes")
	}
	return got, ok
}

// all returns the events of a call, which must end.
func (w *world) all(replies <-chan reply) (list []reply) {
	w.t.Helper()
	for {
		got, ok := w.next(replies)
		if !ok {
			return list
		}
		list = append(list, got)
	}
}

// calls makes a call with one answer.
func (a *agent) calls(method string, params any) reply {
	a.w.t.Helper()
	list := a.w.all(a.opens(method, params))
	if len(list) != 1 {
		a.w.t.Fatalf("%s has the answers %+v", method, list)
	}
	return list[0]
}

// message returns what says a text in the context of a.
func (a *agent) message(id, text string) message {
	m := message{"messageId": id, "role": "ROLE_USER", "parts": []part{{Text: text}}}
	if a.context != "" {
		m["contextId"] = a.context
	}
	return m
}

// says says a text without a wait, and records the ids of its seat.
func (a *agent) says(id, text string) reply {
	a.w.t.Helper()
	got := a.calls(send, map[string]any{"message": a.message(id, text),
		"configuration": map[string]any{"returnImmediately": true}})
	if k := got.last(); k.ContextID != "" {
		a.context, a.task = k.ContextID, k.ID
		if link := k.Metadata["watch"]; link != "" {
			a.watch = link
		}
	}
	return got
}

// seated is a client that has said hello.
func (w *world) seated(name string) *agent {
	w.t.Helper()
	a := w.named(name)
	if got := a.says("hello", "Hello."); got.Error != nil || got.last().state() != "WORKING" {
		w.t.Fatalf("%s joins: %+v", name, got)
	}
	return a
}

// looks returns the task as it stands.
func (a *agent) looks() task {
	a.w.t.Helper()
	got := a.calls("GetTask", map[string]any{"id": a.task})
	if got.Error != nil {
		a.w.t.Fatalf("GetTask: %+v", got.Error)
	}
	return got.last()
}

// says has Ann say something.
func (w *world) says(text string) {
	w.t.Helper()
	w.sends(chat.SendRequest{Text: text})
}

func (w *world) sends(req chat.SendRequest) {
	w.t.Helper()
	req.Token = w.ann.Token
	if got, err := w.rooms.Send(w.t.Context(), req); err != nil || !got.Sent {
		w.t.Fatalf("Ann says: %+v, %v", got, err)
	}
}

// hears returns what Ann has not read, as texts.
func (w *world) hears() (texts []string) {
	w.t.Helper()
	got, err := w.rooms.Wait(w.t.Context(), chat.WaitRequest{Token: w.ann.Token, Cursor: w.ann.Cursor})
	if err != nil {
		w.t.Fatal(err)
	}
	w.ann.Cursor = got.Cursor
	for _, m := range got.Messages {
		if m.Type == chat.EventSaid {
			texts = append(texts, m.From+": "+m.Text)
		}
	}
	return texts
}

// names returns who is in the room.
func (w *world) names() (names []string) {
	w.t.Helper()
	got, err := w.rooms.RoomInfo(w.t.Context(), chat.InfoRequest{Token: w.ann.Token})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, a := range got.Room.Agents {
		names = append(names, a.Name)
	}
	return names
}

// manages has Ann use her right on an agent.
func (w *world) manages(name string, action room.Action) {
	w.t.Helper()
	_, err := w.rooms.ManageAgent(w.t.Context(),
		chat.ManageRequest{Token: w.ann.Token, Agents: []string{name}, Action: action})
	if err != nil {
		w.t.Fatal(err)
	}
}

// supervises has the person behind an agent ask for something, and open the link to watch before.
func (w *world) supervises(a *agent, req chat.SuperviseRequest) {
	w.t.Helper()
	if a.person == "" {
		_, req.Claim, _ = strings.Cut(a.watch, "#")
		c, ok := ident.ParseLinkCode(req.Claim)
		if !ok {
			w.t.Fatalf("the link to watch is %q", a.watch)
		}
		a.person = ident.Token{Room: c.Room, Seat: c.Seat, Secret: ident.NewSecret(), Person: true}.String()
	}
	req.Token = a.person
	if _, err := w.rooms.Supervise(w.t.Context(), req); err != nil {
		w.t.Fatal(err)
	}
}
