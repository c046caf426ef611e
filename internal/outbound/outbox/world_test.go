package outbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/api/tools"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/outbound/outbox"
	"github.com/parley-chat/parley/internal/outbound/outcall"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/dynamotable"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
	"github.com/parley-chat/parley/internal/testkit/secretscan"
)

// patience bounds what takes milliseconds unless something is broken.
const patience = time.Minute

// secret signs calls.
const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="

// world is a process: rooms on a table, what makes their calls, and the host that they lead to. The dispatcher has a
// clock of its own, so that a test knows which timers there are.
type world struct {
	t     *testing.T
	clock *clockwork.FakeClock // of the table and the rooms
	boxes *clockwork.FakeClock
	table table.Table
	host  *host
	*chat.Service
	dispatcher *outbox.Dispatcher
}

func start() time.Time { return time.Date(2100, 3, 1, 12, 0, 0, 0, time.UTC) }

// newWorld returns a process alone on a table in a file.
func newWorld(t *testing.T) *world {
	t.Helper()
	clock := clockwork.NewFakeClockAt(start())
	w := &world{t: t, clock: clock, boxes: clockwork.NewFakeClockAt(start()), table: sqlitetest.Open(t, clock),
		host: newHost(t)}
	w.begin()
	return w
}

// begin begins a process that is alone, in the place of the one before.
func (w *world) begin() {
	w.open(chat.Options{Clock: w.clock, SingleProcess: true, MinBatch: 1},
		outbox.Options{Clock: w.boxes, SingleProcess: true})
}

// open gives w its rooms and its dispatcher. Rooms tell the dispatcher unless the options say whom else.
func (w *world) open(rooms chat.Options, o outbox.Options) {
	if rooms.Calls == nil {
		rooms.Calls = func(id string, calls []room.Call) { w.dispatcher.Notify(id, calls) }
	}
	rooms.Logger = secretscan.Logger(w.t)
	w.Service = chat.New(w.table, rooms)
	o.Rooms, o.Logger, o.Local, o.View = w.Service, rooms.Logger, true, tools.ViewMessage
	if o.Out == nil {
		o.Out = outcall.New(outcall.Options{Loopback: true, Time: patience})
	}
	w.dispatcher = outbox.New(o)
}

// another returns another process on the same table, whose pauses advance the clock. Its rooms tell nobody of news.
func (w *world) another() *world {
	x := &world{t: w.t, clock: w.clock, boxes: w.clock, table: w.table, host: w.host}
	hurried := hurriedClock{w.clock}
	x.open(chat.Options{Clock: hurried, Calls: func(string, []room.Call) {}}, outbox.Options{Clock: hurried})
	return x
}

// onTables runs a test with two processes on a file, and with two on DynamoDB, which takes longer and so has fewer
// rounds. By night there are more.
func onTables(t *testing.T, test func(t *testing.T, rounds int, one, two *world)) {
	rounds := 20
	if dynamolocal.Doubles() {
		rounds = 50
	}
	t.Run("file", func(t *testing.T) {
		w := newWorld(t)
		test(t, 3*rounds, w.another(), w.another())
	})
	t.Run("DynamoDB", func(t *testing.T) {
		clock := clockwork.NewFakeClockAt(start())
		db, _ := dynamolocal.NewTable(t, dynamotable.Options{Clock: clock})
		w := &world{t: t, clock: clock, table: db, host: newHost(t)}
		test(t, rounds, w.another(), w.another())
	})
}

// hurriedClock passes the time that somebody waits for.
type hurriedClock struct{ *clockwork.FakeClock }

func (c hurriedClock) NewTimer(d time.Duration) clockwork.Timer {
	timer := c.FakeClock.NewTimer(d)
	c.Advance(d)
	return timer
}

// signIn is that by which everybody comes.
const signIn = "s1"

// ctx is that of a caller on the machine of the server.
func (w *world) ctx() context.Context {
	return ident.WithPrincipal(w.t.Context(), ident.Principal{ID: ident.Local, SignIn: signIn})
}

// run lets the dispatcher work until the test ends, or stop is called.
func (w *world) run() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		w.dispatcher.Run(ctx)
	}()
	stop = func() {
		cancel()
		<-ended
	}
	w.t.Cleanup(stop)
	return stop
}

// timers waits until the dispatcher waits for so many times.
func (w *world) timers(n int) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	if err := w.boxes.BlockUntilContext(ctx, n); err != nil {
		w.t.Fatalf("the dispatcher does not wait for %d times: %v", n, err)
	}
}

// idle waits until the dispatcher runs no job.
func (w *world) idle() {
	w.t.Helper()
	for until := time.Now().Add(patience); !w.dispatcher.Idle(); runtime.Gosched() {
		if time.Now().After(until) {
			w.t.Fatal("the dispatcher does not come to rest")
		}
	}
}

// pass lets time pass.
func (w *world) pass(d time.Duration) {
	w.clock.Advance(d)
	if w.boxes != w.clock {
		w.boxes.Advance(d)
	}
}

func (w *world) join(room, agent string) chat.Seated {
	w.t.Helper()
	got, err := w.JoinRoom(w.ctx(), chat.JoinRequest{Room: room, AgentName: agent, Capacity: 4})
	if err != nil {
		w.t.Fatalf("%s joins: %v", agent, err)
	}
	return got
}

func (w *world) say(req chat.SendRequest) {
	w.t.Helper()
	if got, err := w.Send(w.ctx(), req); err != nil || !got.Sent {
		w.t.Fatalf("%q: %+v, %v", req.Text, got, err)
	}
}

// asksOn has the agent of a token ask Bob, and take back the eleventh question before. asked has the ids of all.
func (w *world) asksOn(ann, text string, asked []string) []string {
	w.t.Helper()
	if n := len(asked) - 11; n >= 0 {
		w.say(chat.SendRequest{Token: ann, Withdraw: asked[n]})
	}
	got, err := w.Send(w.ctx(), chat.SendRequest{Token: ann, Text: text, Kind: room.Request, Ask: []string{"Bob"}})
	if err != nil {
		w.t.Fatal(err)
	}
	return append(asked, got.ID)
}

// reads is a wait of zero length or, without a cursor, a return. It returns the cursor.
func (w *world) reads(token, cursor string) string {
	w.t.Helper()
	if cursor == "" {
		got, err := w.JoinRoom(w.ctx(), chat.JoinRequest{Token: token})
		if err != nil {
			w.t.Fatalf("return: %v", err)
		}
		return got.Cursor
	}
	got, err := w.Wait(w.ctx(), chat.WaitRequest{Token: token, Cursor: cursor})
	if err != nil {
		w.t.Fatalf("wait: %v", err)
	}
	return got.Cursor
}

// person returns a token of the person behind an agent that has just joined.
func (w *world) person(s chat.Seated) string {
	w.t.Helper()
	c, ok := ident.ParseLinkCode(s.Watch)
	if !ok {
		w.t.Fatalf("%s has no link", s.Name)
	}
	token := ident.Token{Room: c.Room, Seat: c.Seat, Secret: ident.Digits(7, ident.SecretChars), Person: true}.String()
	w.supervise(chat.SuperviseRequest{Token: token, Claim: s.Watch})
	return token
}

func (w *world) supervise(req chat.SuperviseRequest) chat.Supervised {
	w.t.Helper()
	got, err := w.Supervise(w.ctx(), req)
	if err != nil {
		w.t.Fatalf("supervise: %v", err)
	}
	return got
}

// asked is what subscribes a seat at a path of the host.
func (w *world) asked(s chat.Seated, path string) outbox.Subscribe {
	return outbox.Subscribe{Token: s.Token, URL: w.host.url + path, Secret: secret}
}

func (w *world) subscribe(s outbox.Subscribe) outbox.Subscription {
	w.t.Helper()
	got, err := w.dispatcher.Subscribe(w.ctx(), s)
	if err != nil {
		w.t.Fatalf("subscribe: %v", err)
	}
	return got
}

// seat returns where a token has its seat, as the engine is told.
func (w *world) seat(token string) (room string, seat int) {
	w.t.Helper()
	at, err := w.HookSeat(w.ctx(), token)
	if err != nil {
		w.t.Fatal(err)
	}
	return at.Room, at.Seat
}

// deliverAll delivers to the hooks of a seat, and returns the first time to deliver again.
func (w *world) deliverAll(ctx context.Context, id string, seat int) (again time.Time, err error) {
	hooks, err := w.Store().Hooks(ctx, "")
	for _, x := range hooks {
		if x.Room != id || x.Seat != seat {
			continue
		}
		next, failed := w.dispatcher.Deliver(ctx, id, seat, x.ID)
		err = errors.Join(err, failed)
		if again.IsZero() || !next.IsZero() && next.Before(again) {
			again = next
		}
	}
	return again, err
}

// delivers delivers to the hooks of a seat once, and returns the paths that were called, sorted.
func (w *world) delivers(token string) []string {
	w.t.Helper()
	before := len(w.host.all())
	room, seat := w.seat(token)
	if _, err := w.deliverAll(w.ctx(), room, seat); err != nil {
		w.t.Fatalf("deliver: %v", err)
	}
	paths := []string{}
	for _, c := range w.host.all()[before:] {
		paths = append(paths, c.path)
	}
	slices.Sort(paths)
	return paths
}

// items returns the keys of all that is stored of hooks.
func (w *world) items(rooms ...string) (keys []string) {
	w.t.Helper()
	where := []table.Range{{Partition: "HOOKS", Consistency: table.Strong}}
	for _, id := range rooms {
		where = append(where, table.Range{Partition: "ROOM#" + id, Prefix: "SEEN#", Consistency: table.Strong})
	}
	for _, r := range where {
		for item, err := range table.All(w.t.Context(), w.table, r) {
			if err != nil {
				w.t.Fatal(err)
			}
			if r.Prefix == "" || strings.Contains(item.Key.Sort, "#HOOK#") {
				keys = append(keys, item.Key.Sort)
			}
		}
	}
	return keys
}

// host is where hooks lead. It agrees to be called, and answers calls as a test says.
type host struct {
	url string

	answer func(call) int                                // status; nil: 200
	agree  func(http.ResponseWriter, *http.Request) bool // true or nil: it agrees; false: it has answered
	heard  chan call

	mu    sync.Mutex // of answer and calls
	calls []call
}

// call is one that has arrived.
type call struct {
	path, id string
	unread   int
	at       int64 // the second in which it was signed
}

func newHost(t *testing.T) *host {
	t.Helper()
	h := &host{heard: make(chan call, 10_000)}
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	h.url = s.URL
	return h
}

func (h *host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var got struct {
		Type, Challenge, EventID string
		Data                     outbox.Data
	}
	_ = json.Unmarshal(body, &got)
	h.mu.Lock()
	agree, answer := h.agree, h.answer
	h.mu.Unlock()
	if got.Type == "verification" {
		if agree == nil || agree(w, r) {
			_ = json.NewEncoder(w).Encode(map[string]string{"challenge": got.Challenge})
		}
		return
	}
	c := call{path: r.URL.Path, id: r.Header.Get("webhook-id"), unread: got.Data.Unread}
	c.at, _ = strconv.ParseInt(r.Header.Get("webhook-timestamp"), 10, 64)
	if c.id != got.EventID {
		c.id = "the ids differ"
	}
	h.mu.Lock()
	h.calls = append(h.calls, c)
	h.mu.Unlock()
	h.heard <- c
	if answer != nil {
		w.WriteHeader(answer(c))
	}
}

// all returns the calls so far.
func (h *host) all() []call {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.calls)
}

// answers lets the host answer calls with a status from now on.
func (h *host) answers(status int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answer = func(call) int { return status }
}

// next returns the next call.
func (h *host) next(t *testing.T) call {
	t.Helper()
	select {
	case c := <-h.heard:
		return c
	case <-time.After(patience):
		t.Fatal("nobody called")
		return call{}
	}
}

// says has an agent say something that nobody has said before.
func (w *world) says(s chat.Seated, n int) {
	w.t.Helper()
	w.say(chat.SendRequest{Token: s.Token, Text: fmt.Sprintf("This is message %d of many.", n)})
}

// hook returns the only hook of the table.
func (w *world) hook() roomlog.HookItem {
	w.t.Helper()
	all, err := w.Store().Hooks(w.ctx(), "")
	if err != nil || len(all) != 1 {
		w.t.Fatalf("the table has %d hooks: %v", len(all), err)
	}
	return all[0]
}
