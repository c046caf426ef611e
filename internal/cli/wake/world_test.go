package wake_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/client"
	"github.com/parley-chat/parley/internal/cli/wake"
	"github.com/parley-chat/parley/internal/server/app/apptest"
	"github.com/parley-chat/parley/internal/testkit/alone"
)

// patience bounds every wait of a test for something that takes milliseconds.
const patience = time.Minute

// hall is a server with rooms, in which Ann and Bob have met, and a standby that may
// watch Ann's seat. Its clock moves only in until.
type hall struct {
	t        *testing.T
	clock    *clockwork.FakeClock
	step     time.Duration // how much time passes at once
	timers   int           // without so many timers a watch is at work, and no time passes
	file     *client.TokenStore
	base     string
	tools    *client.Client
	ann, bob results.Joined
	cursors  map[string]string // by token: of the last result of each agent
	stop     context.CancelFunc
	ended    chan error

	mu      sync.Mutex
	front   http.HandlerFunc // answers instead of the server, if it is set
	asked   []string         // query and status of each wait, once it is answered
	notices []notified
	events  []wake.Event
	fails   []error // of the next notices
	key     bool    // the person has a key, which admits Ann's seat
}

// notified is a notice.
type notified struct {
	at   time.Time // which the text names: by now the clock may show the next second
	to   client.Seat
	text string
}

func newHall(t *testing.T) *hall {
	t.Helper()
	t.Parallel()
	h := &hall{t: t, clock: clockwork.NewFakeClock(), step: 100 * time.Millisecond, ended: make(chan error, 1),
		cursors: map[string]string{}}
	h.base = apptest.Serve(t, h.noting)
	h.tools = client.New(h.base, client.Options{})
	t.Cleanup(func() {
		if h.stop != nil {
			h.stop()
			h.end()
		}
		_ = h.tools.Close()
	})
	h.file = openSeats(t)
	h.ann, h.bob = h.join("tea", "Ann"), h.join("tea", "Bob")
	h.read(h.ann)
	return h
}

// stateHome is held while the environment names the folder of one test: only client.OpenTokens
// looks there.
var stateHome sync.Mutex

// openSeats returns a file of seats that no other test has.
func openSeats(t *testing.T) *client.TokenStore {
	t.Helper()
	stateHome.Lock()
	defer stateHome.Unlock()
	if err := os.Setenv("XDG_STATE_HOME", filepath.Join(t.TempDir(), "state")); err != nil {
		t.Fatal(err)
	}
	file, err := client.OpenTokens()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// TestMain lets more tests run at once than there are processors: they mostly wait for ticks.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "8"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	alone.Main(m)
}

// noting notes the waits without MCP.
func (h *hall) noting(server http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/wait" {
			server.ServeHTTP(w, r)
			return
		}
		h.mu.Lock()
		to := h.front
		h.mu.Unlock()
		if to == nil {
			to = server.ServeHTTP
		}
		noted := &status{ResponseWriter: w}
		to(noted, r)
		h.mu.Lock()
		defer h.mu.Unlock()
		h.asked = append(h.asked, fmt.Sprintf("%s %d", r.URL.RawQuery, noted.code))
	})
}

// status keeps the status of an answer.
type status struct {
	http.ResponseWriter
	code int
}

func (s *status) WriteHeader(code int) { s.code = code; s.ResponseWriter.WriteHeader(code) }

func (s *status) Unwrap() http.ResponseWriter { return s.ResponseWriter }

func (h *hall) call(tool string, args map[string]any, result any) {
	h.t.Helper()
	if err := h.tools.Call(h.t.Context(), tool, args, result); err != nil {
		h.t.Fatal(err)
	}
}

func (h *hall) join(room, name string) (j results.Joined) {
	h.t.Helper()
	h.call("join_room", map[string]any{"room": room, "agent_name": name}, &j)
	h.cursors[j.AgentToken] = j.Cursor
	return j
}

// person returns the token of the person behind an agent, who opens the link of its seat.
func (h *hall) person(agent results.Joined) string {
	h.t.Helper()
	var seat struct{ Watch string }
	h.call("join_room", map[string]any{"agent_token": agent.AgentToken}, &seat)
	link, err := client.ParseWatchLink(seat.Watch)
	if err != nil {
		h.t.Fatal(err)
	}
	token := ident.Token{Room: link.Claim.Room, Seat: link.Claim.Seat, Secret: ident.NewSecret(), Person: true}.String()
	h.call("supervise", map[string]any{"agent_token": token, "claim": link.Claim.String()}, &struct{}{})
	return token
}

func (h *hall) say(as results.Joined, text string, more ...any) {
	h.t.Helper()
	args := map[string]any{"agent_token": as.AgentToken, "text": text}
	for i := 0; i < len(more); i += 2 {
		args[more[i].(string)] = more[i+1]
	}
	var sent results.Sent
	h.call("send_message", args, &sent)
	if !sent.Sent {
		h.t.Fatalf("%q was not sent", text)
	}
}

// read looks in, and returns the texts that the agent gets.
func (h *hall) read(as results.Joined) (texts []string) {
	h.t.Helper()
	for range 2 { // the second acknowledges the first
		var got results.Waited
		h.call("wait_for_message", h.waitOf(as, 0), &got)
		for _, m := range got.Messages {
			if m.Type == "message" {
				texts = append(texts, string(m.Text))
			}
		}
		h.cursors[as.AgentToken] = got.Cursor
	}
	return texts
}

// waitOf returns the arguments of a wait of the agent.
func (h *hall) waitOf(as results.Joined, seconds int) map[string]any {
	return map[string]any{"agent_token": as.AgentToken, "cursor": h.cursors[as.AgentToken], "wait_seconds": seconds}
}

// seat is Ann's seat as a hook notes it.
func (h *hall) seat() client.Seat {
	return client.Seat{Server: h.base, Room: "tea", Name: "Ann", Chosen: "Ann", Token: h.ann.AgentToken,
		Wake: &client.Wake{Client: wake.ClaudeCode, Session: "s1"}}
}

// watch watches the seats, and returns when the standby waits for each of them.
func (h *hall) watch(give time.Duration, list ...client.Seat) {
	h.t.Helper()
	for _, s := range list {
		h.put(s)
	}
	ctx, cancel := context.WithCancel(h.t.Context())
	h.stop = cancel
	o := wake.StandbyOptions{Seats: h.file, Agents: true, Shell: true, Notify: h.notify, Tell: h.tell, GiveUp: give,
		Clock: h.clock, Admit: h.admit}
	go func() { h.ended <- wake.Standby(ctx, o) }()
	h.until("it watches", func() bool { return h.count(wake.Watching) == len(list) })
}

func (h *hall) put(s client.Seat) {
	h.t.Helper()
	if err := h.file.Put(s); err != nil {
		h.t.Fatal(err)
	}
}

// end returns once the standby has ended.
func (h *hall) end() {
	h.t.Helper()
	h.until("the standby ends", func() bool { return len(h.ended) == 1 })
	if err := <-h.ended; err != nil {
		h.t.Error(err)
	}
	h.stop = nil
}

func (h *hall) notify(_ context.Context, s client.Seat, n wake.News) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.fails) > 0 {
		err := h.fails[0]
		h.fails = h.fails[1:]
		return err
	}
	text := n.String()
	if last := len(h.notices) - 1; last >= 0 && h.notices[last].text == text {
		h.t.Errorf("%q repeats the notice before it, which Claude Code drops", text)
	}
	h.notices = append(h.notices, notified{n.At, s, text})
	return nil
}

// admit shows the person's key. Until then the server has refused Ann's token, if front is unadmitted.
func (h *hall) admit(ctx context.Context, s client.Seat) (got results.Joined, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.key {
		return got, errors.New("show the key")
	}
	h.front = nil
	return got, h.tools.Call(ctx, "join_room", map[string]any{"agent_token": s.Token}, &got)
}

// unadmitted answers a wait for a seat from before the server asked for keys.
func unadmitted(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusUnauthorized)
	_, _ = io.WriteString(w, `{"code":"key_invalid","message":"This server needs a key by now.","reason":"unadmitted"}`)
}

// sets changes what a watch that is under way reads.
func (h *hall) sets(change func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change()
}

func (h *hall) tell(e wake.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, e)
}

// until lets time pass until ok holds.
func (h *hall) until(what string, ok func() bool) {
	h.t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !ok(); <-tick.C {
		if time.Now().After(deadline) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.t.Fatalf("not in time: %s\nwaits %q\nevents %+v", what, h.asked, h.events)
		}
		if h.hasTimers() {
			h.clock.Advance(h.step)
		}
	}
}

func (h *hall) hasTimers() bool {
	ctx, cancel := context.WithTimeout(h.t.Context(), time.Millisecond)
	defer cancel()
	return h.clock.BlockUntilContext(ctx, h.timers) == nil
}

// still returns when ok holds, without any time that passes.
func (h *hall) still(what string, ok func() bool) {
	h.t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !ok(); <-tick.C {
		if time.Now().After(deadline) {
			h.t.Fatalf("not in time: %s", what)
		}
	}
}

// answered returns how many waits were answered with a text in query and status.
func (h *hall) answered(text string) (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, a := range h.asked {
		if strings.Contains(a, text) {
			n++
		}
	}
	return n
}

// looks returns how often it has looked what Ann has not read, with that result.
func (h *hall) looks(code int) int { return h.answered(fmt.Sprintf("wait_seconds=0 %d", code)) }

func (h *hall) count(what wake.What) (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range h.events {
		if e.What == what {
			n++
		}
	}
	return n
}

// texts returns the notices so far, without their times.
func (h *hall) texts() (all []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, n := range h.notices {
		all = append(all, strings.Replace(n.text, n.at.Format(" (15:04:05)"), "", 1))
	}
	return all
}

// notifiedWith waits for the notices so far to be these.
func (h *hall) notifiedWith(want ...string) {
	h.t.Helper()
	h.until(fmt.Sprintf("notices %q", want), func() bool { return len(h.texts()) >= len(want) })
	if got := h.texts(); !slices.Equal(got, want) {
		h.t.Fatalf("notified with %q, want %q", got, want)
	}
}

// tokens returns those in the file.
func (h *hall) tokens() (all []string) {
	h.t.Helper()
	list, err := h.file.All()
	if err != nil {
		h.t.Fatal(err)
	}
	for _, s := range list {
		all = append(all, s.Token)
	}
	return all
}
