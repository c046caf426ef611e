// Package doctor looks for what keeps the agents of a person from talking: between here and
// the server, in the configuration of the clients, and in what wakes idle agents. It tries
// things rather than ask whether they should work, in a room of its own.
package doctor

import (
	"context"
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

// Result is what a check found.
type Result struct {
	Check   string  `json:"check"`
	Level   Level   `json:"level"`
	What    string  `json:"what"`
	Fix     string  `json:"fix,omitempty"`     // a line for a shell, or what to do
	Seconds float64 `json:"seconds,omitempty"` // of a wait or a nudge: how long it took
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
	Machine  connect.Machine // where the clients have their configuration
	Client   string          // look at this client only; "": at all that are here
	Wake     bool            // also wake the sessions of Client that can be woken
	Wait     time.Duration   // how long a wait is tried, in whole seconds
	Tell     func(Result)    // gets each result at once
}

// visit is one run.
type visit struct {
	Options
	*report
	wire   *wire
	server *client.Client
	room   *room // nil: the server is of no use
}

// Run makes the checks, and returns how many failed.
func Run(ctx context.Context, o Options) int {
	w := &wire{
		http: &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone(), CheckRedirect: client.SameServer},
		base: o.Server, version: o.Version, key: o.Key, invite: o.Invite,
	}
	v := &visit{
		Options: o, report: &report{sink: o.Tell}, wire: w,
		server: client.New(o.Server, client.Options{Version: o.Version, HTTP: w.http, Bearer: o.Key, Admitted: o.Admitted}),
	}
	defer func() { _ = v.server.Close() }()
	if (&way{v.report, v.wire}).leadsToParley(ctx) && o.Invite == "" && v.openRoom(ctx) { // a guest opens none
		defer v.room.leave(ctx)
	}
	for _, check := range v.rest() {
		if ctx.Err() == nil {
			check(ctx)
		}
	}
	return v.failed
}

// rest are the checks after the way to the server.
func (v *visit) rest() []func(context.Context) {
	checks := []func(context.Context){v.clients}
	if v.room != nil {
		checks = append(checks, v.wait, v.waitWithoutMCP)
	}
	checks = append(checks, v.hooks, v.seats, v.standby)
	if v.room != nil {
		checks = append(checks, v.nudge)
	}
	if v.Wake {
		checks = append(checks, v.wakeSessions)
	}
	return checks
}

// report passes the results on.
type report struct {
	sink   func(Result)
	failed int // how many
}

func (r *report) tell(found Result) {
	if found.Level == Failed {
		r.failed++
	}
	r.sink(found)
}

func (r *report) ok(check, format string, args ...any) bool {
	r.tell(Result{Check: check, Level: OK, What: fmt.Sprintf(format, args...)})
	return true
}

// warn returns true, since the next check makes sense.
func (r *report) warn(check, fix, format string, args ...any) bool {
	r.tell(Result{Check: check, Level: Warning, What: fmt.Sprintf(format, args...), Fix: fix})
	return true
}

func (r *report) fail(check, fix, format string, args ...any) bool {
	r.tell(Result{Check: check, Level: Failed, What: fmt.Sprintf(format, args...), Fix: fix})
	return false
}
