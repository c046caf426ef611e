// Package doctor asks five questions about what keeps the agents of a person from talking: is
// a Parley server there, does it admit this person, do the clients use it, does a wait last,
// and is an idle agent woken? It tries things rather than ask whether they should work, in a
// room of its own.
package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/parley-chat/parley/internal/client"
	"github.com/parley-chat/parley/internal/connect"
)

// Level says how a check went.
type Level string

// The levels.
const (
	OK      Level = "ok"
	Warning Level = "warning" // something is missing that not everybody needs
	Failed  Level = "failed"
)

// Result is an answer to one of the questions.
type Result struct {
	Check   string  `json:"check"` // server, key or invite, the name of a client, wait, or wake
	Level   Level   `json:"level"`
	What    string  `json:"what"`
	Fix     string  `json:"fix,omitempty"`     // a line for a shell, or what to do
	Seconds float64 `json:"seconds,omitempty"` // of a wait or a notice: how long it took
}

// String returns the line for a person.
func (r Result) String() string {
	line := fmt.Sprintf("%s: %s: %s", r.Level, r.Check, r.What)
	if r.Fix != "" {
		line += "; to fix it: " + r.Fix
	}
	return line
}

// Options of Run.
type Options struct {
	Server  string // the address of the server, without /mcp
	Key     string // of this person, for the server; "" for none
	Invite  string // the code of an invite, by which a guest comes in without a key; "" for none
	Version string // of this program
	// Admitted is called when the server has admitted the key; nil: nobody wants to know.
	Admitted func()
	Machine  connect.Machine     // where the clients have their configuration
	Client   string              // look at this client only; "": at all that are here
	Wake     bool                // also wake the sessions of Client that can be woken
	Wait     time.Duration       // how long a wait is tried, in whole seconds
	Tell     func(Result)        // gets each result at once
	Waits    func(time.Duration) // is told when the wait begins, which takes so long; nil: nobody wants to know
}

// visit is one run.
type visit struct {
	Options
	wire   *wire
	calls  *client.Client // by which it uses its room
	room   *room          // nil: the server is of no use
	failed int            // how many results
}

// Run asks the questions, and returns how many answers say that something failed. Where the
// server is of no use, those are left out that need it.
func Run(ctx context.Context, o Options) int {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	w := &wire{
		http: &http.Client{Transport: transport, CheckRedirect: client.SameServer},
		base: o.Server, version: o.Version, key: o.Key, invite: o.Invite,
	}
	v := &visit{
		Options: o, wire: w,
		calls: client.New(o.Server, client.Options{
			Version: o.Version, HTTP: w.http, Bearer: o.Key, Admitted: o.Admitted,
		}),
	}
	defer func() { _ = v.calls.Close() }()
	if v.server(ctx) && v.admits(ctx) && o.Invite == "" { // a guest opens no room
		if v.room = v.openRoom(ctx); v.room != nil {
			defer v.room.end(ctx)
		}
	}
	questions := []func(context.Context){v.clients}
	if v.room != nil {
		questions = append(questions, v.wait)
	}
	for _, ask := range append(questions, v.wakes) {
		if ctx.Err() == nil {
			ask(ctx)
		}
	}
	return v.failed
}

func (v *visit) tell(r Result) {
	if r.Level == Failed {
		v.failed++
	}
	v.Tell(r)
}

func (v *visit) ok(check, format string, args ...any) bool {
	v.tell(Result{Check: check, Level: OK, What: fmt.Sprintf(format, args...)})
	return true
}

func (v *visit) warn(check, fix, format string, args ...any) {
	v.tell(Result{Check: check, Level: Warning, What: fmt.Sprintf(format, args...), Fix: fix})
}

func (v *visit) fail(check, fix, format string, args ...any) bool {
	v.tell(Result{Check: check, Level: Failed, What: fmt.Sprintf(format, args...), Fix: fix})
	return false
}

// room is where things are tried: a new one with a name that is hard to guess, so that
// nobody is disturbed.
type room struct {
	calls  *client.Client
	name   string
	first  string // the tokens of its two agents
	second string
}

// openRoom takes the first seat of a room; nil if there is none to have.
func (v *visit) openRoom(ctx context.Context) *room {
	ctx, cancel := context.WithTimeout(ctx, quick)
	defer cancel()
	var made client.Joined
	if err := v.calls.Call(ctx, "create_room", map[string]any{"agent_name": "doctor"}, &made); err != nil {
		v.fail("server", "see the log of the server", "it makes no room: %v", err)
		return nil
	}
	return &room{calls: v.calls, name: made.Room.Name, first: made.AgentToken}
}

// news takes the second seat, lets the first wait without MCP, and returns how long after a
// message that wait ends.
func (r *room) news(ctx context.Context) (took time.Duration, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var joined client.Joined
	visitor := map[string]any{"agent_name": "visitor", "room": r.name}
	if err := r.calls.Call(ctx, "join_room", visitor, &joined); err != nil {
		return 0, err
	}
	r.second = joined.AgentToken
	var read client.Waited // up to the join, which is news
	look := map[string]any{"agent_token": r.first, "wait_seconds": 0}
	if err := r.calls.Call(ctx, "wait_for_message", look, &read); err != nil {
		return 0, err
	}
	heard := make(chan error, 1)
	go func() { heard <- r.hear(ctx, read.Cursor) }()
	sent := time.Now()
	text := map[string]any{"agent_token": r.second, "text": "This message tests whether news arrives."}
	if err := r.calls.Call(ctx, "send_message", text, &client.Sent{}); err != nil {
		return 0, err
	}
	err = <-heard
	return time.Since(sent), err
}

// hear waits without MCP until there is something to read after a cursor.
func (r *room) hear(ctx context.Context, cursor string) error {
	for {
		got, err := r.calls.Standby(ctx, client.StandbyRequest{Token: r.first, Cursor: cursor, Peek: true})
		switch {
		case err != nil:
			return err
		case got.Code == http.StatusOK:
			return nil
		case got.Code != http.StatusRequestTimeout:
			return fmt.Errorf("the answer is %d %s", got.Code, http.StatusText(got.Code))
		}
		select { // on Lambda it looks in now and then
		case <-time.After(max(got.RetryAfter, time.Second)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// isAt reports whether the room is at another address, too.
func (r *room) isAt(ctx context.Context, p client.Place, version string) bool {
	ctx, cancel := context.WithTimeout(ctx, quick)
	defer cancel()
	other := client.New(p.Base, client.Options{Version: version, Bearer: p.Key, Invite: p.Invite})
	defer func() { _ = other.Close() }()
	var info json.RawMessage
	return other.Call(ctx, "room_info", map[string]any{"room": r.name}, &info) == nil
}

// end closes the room for good, even after ctx has ended. Where that fails it gives up the seats, and one that cannot
// be given up ends with its lease.
func (r *room) end(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), quick)
	defer cancel()
	end := map[string]any{"agent_token": r.first, "closed": true}
	if r.calls.Call(ctx, "update_room", end, &json.RawMessage{}) == nil {
		return
	}
	for _, token := range []string{r.second, r.first} {
		if token != "" {
			_ = r.calls.Call(ctx, "leave_room", map[string]any{"agent_token": token}, &client.Left{})
		}
	}
}
