// Package doctor asks six questions about what keeps a person's agents from talking: is a Parley server there, can
// programs sign in, does the server admit this person, do the clients use the server, does a wait last, and would an
// idle agent be woken? The doctor tests the server in a new room, and reads the files of the clients.
package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/client"
	"github.com/parley-chat/parley/internal/cli/connect"
)

// Level says how a check went.
type Level string

// The levels.
const (
	OK      Level = "ok"
	Warning Level = "warning" // missing, but not everybody needs it
	Failed  Level = "failed"
)

// Result is the answer to one question.
type Result struct {
	Check   string  `json:"check"` // server, sign-in, key or invite, the name of a client, wait, or wake
	Level   Level   `json:"level"`
	What    string  `json:"what"`
	Fix     string  `json:"fix,omitempty"`     // a shell line, or advice
	Seconds float64 `json:"seconds,omitempty"` // how long a wait took
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
	Invite  string // the code of an invite, which admits a guest without a key; "" for none
	Version string // of this program
	// Admitted is called when the server has admitted the key; nil: nobody wants to know.
	Admitted func()
	Machine  connect.Machine     // where the clients have their configuration
	Client   string              // check only this client; "": all installed clients
	Wait     time.Duration       // how long a wait is tried, in whole seconds
	Tell     func(Result)        // gets each result at once
	Waits    func(time.Duration) // is called when the wait begins, with the length of the wait; nil: not called
}

// visit is one run.
type visit struct {
	Options
	wants   bool            // the server admits only callers with a key
	signsIn bool            // the server also admits programs that have signed in
	calls   *client.Client  // for the room, and for the wait there
	beats   chan time.Time  // when calls' keep-alives came; 1000 tell enough
	room    *results.Joined // a new room with a name that nobody guesses, so nobody is disturbed; nil for none
	failed  int             // how many results
}

// Run asks the questions, and returns how many answers report a failure. If the server is of no use, Run leaves out the
// questions that need the server.
func Run(ctx context.Context, o Options) int {
	v := &visit{Options: o, beats: make(chan time.Time, 1000)}
	v.calls = client.New(o.Server, client.Options{
		Version: o.Version, Bearer: o.Key, Admitted: o.Admitted, Beat: func() {
			select {
			case v.beats <- time.Now():
			default:
			}
		},
	})
	defer func() { _ = v.calls.Close() }()
	if v.server(ctx) && v.admits(ctx) && o.Invite == "" { // a guest opens no room
		v.openRoom(ctx)
	}
	if v.room != nil {
		defer v.closeRoom(ctx)
	}
	for _, ask := range []func(context.Context){v.clients, v.wait, v.wakes} {
		if ctx.Err() == nil {
			ask(ctx)
		}
	}
	return v.failed
}

func (v *visit) report(r Result) {
	if r.Level == Failed {
		v.failed++
	}
	v.Tell(r)
}

func (v *visit) ok(check, format string, args ...any) bool {
	v.report(Result{Check: check, Level: OK, What: fmt.Sprintf(format, args...)})
	return true
}

func (v *visit) warn(check, fix, format string, args ...any) {
	v.report(Result{Check: check, Level: Warning, What: fmt.Sprintf(format, args...), Fix: fix})
}

func (v *visit) fail(check, fix, format string, args ...any) bool {
	v.report(Result{Check: check, Level: Failed, What: fmt.Sprintf(format, args...), Fix: fix})
	return false
}

// openRoom makes the room.
func (v *visit) openRoom(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, quick)
	defer cancel()
	var made results.Joined
	if err := v.calls.Call(ctx, "create_room", map[string]any{"agent_name": "doctor"}, &made); err != nil {
		v.fail("server", "see the log of the server", "it cannot create a room: %v", err)
		return
	}
	v.room = &made
}

// isAt reports whether the room is at another address, too.
func (v *visit) isAt(ctx context.Context, place client.Place) bool {
	ctx, cancel := context.WithTimeout(ctx, quick)
	defer cancel()
	there := v.at(place)
	defer func() { _ = there.Close() }()
	return there.Call(ctx, "room_info", map[string]any{"room": v.room.Room.Name}, &json.RawMessage{}) == nil
}

// closeRoom closes the room for good, even after ctx has ended. If closeRoom fails, the seat ends with its lease.
func (v *visit) closeRoom(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), quick)
	defer cancel()
	end := map[string]any{"agent_token": v.room.AgentToken, "closed": true}
	_ = v.calls.Call(ctx, "update_room", end, &json.RawMessage{})
}
