package shell_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/cli/client"
	"github.com/parley-chat/parley/internal/cli/shell"
	"github.com/parley-chat/parley/internal/server/app/apptest"
)

// ending ends a command after the server has opened the link, before the command gets the answer.
type ending struct {
	deaf
	end func()
}

func (e *ending) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := e.deaf.RoundTrip(r)
	if err != nil {
		e.end()
	}
	return resp, err
}

// A link opens once. The person who opens the link has it for good, whatever happens to the answer or the command.
func TestWatch_answerIsLost_theLinkIsStillTheirs(t *testing.T) {
	for name, killed := range map[string]bool{"to a command that goes on": false, "to a command that is killed": true} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("XDG_STATE_HOME", t.TempDir())
			base := apptest.Serve(t, nil)
			agent := client.New(base, client.Options{})
			defer agent.Close()
			var made struct{ Watch string }
			if err := agent.Call(t.Context(), "join_room", map[string]any{"room": "tea", "agent_name": "Ann"},
				&made); err != nil {
				t.Fatal(err)
			}
			ctx, end := context.WithCancel(t.Context())
			defer end()
			wire := &ending{deaf: deaf{RoundTripper: http.DefaultTransport, to: "supervise"}, end: func() {}}
			if killed {
				wire.end = end
			}
			err := at(t, base, wire).Watch(ctx, made.Watch)
			if killed {
				if !errors.Is(err, context.Canceled) {
					t.Fatalf("%v", err)
				}
				if err := at(t, base, nil).Send(t.Context(), as("Ann"),
					shell.SendRequest{Text: "Too early."}); err == nil {
					t.Error("a seat is used that is not known to be the person's")
				}
				err = at(t, base, nil).Watch(t.Context(), made.Watch)
			}
			if err != nil {
				t.Fatal(err)
			}
			say(t, base, "Ann", shell.SendRequest{Text: "It is me."})
			file, err := client.OpenTokens()
			if err != nil {
				t.Fatal(err)
			}
			if all, err := file.All(); err != nil || len(all) != 1 || !all[0].Person || all[0].Claim != "" {
				t.Errorf("%d seats are stored, %v", len(all), err)
			}
			c := at(t, base, nil)
			if err := c.Invite(t.Context(), as("Ann"), false); err != nil ||
				!strings.Contains(c.out.String(), `"invite_link":"`+base) {
				t.Errorf("%v, the invite is %s", err, &c.out)
			}
		})
	}
}

// An agent has its person's files, and finds in them the seat that the person watches.
func TestNoPerson_commandsThatSpeakOrDecide_areRefused(t *testing.T) {
	base := serve(t)
	agent := client.New(base, client.Options{})
	defer agent.Close()
	var made struct {
		Watch string
		Token string `json:"agent_token"`
	}
	if err := agent.Call(t.Context(), "join_room", map[string]any{"room": "tea", "agent_name": "Ann", "capacity": 3},
		&made); err != nil {
		t.Fatal(err)
	}
	inAgentsShell := func() *command {
		c := at(t, base, nil)
		c.NoPerson = func() string { return "this is a test" }
		return c
	}
	yes := true
	acts := map[string]func(*command) error{
		"watch": func(c *command) error { return c.Watch(t.Context(), made.Watch) },
		"say":   func(c *command) error { return c.Send(t.Context(), as("Ann"), shell.SendRequest{Text: "It is me."}) },
		"note": func(c *command) error {
			return c.Send(t.Context(), as("Ann"), shell.SendRequest{Text: "Hi.", To: []string{"Ann"}})
		},
		"leave":  func(c *command) error { return c.Leave(t.Context(), as("Ann"), "Bye.") },
		"forget": func(c *command) error { return c.Forget(as("Ann")) },
		"invite": func(c *command) error { return c.Invite(t.Context(), as("Ann"), true) },
	}
	for name, req := range map[string]shell.SuperviseRequest{
		"pause": {Paused: &yes}, "approve": {Approve: &yes}, "approve some": {ApproveSome: "files"},
		"link": {NewLink: true}, "send": {Draft: "m123456", Decision: "send"},
	} {
		acts[name] = func(c *command) error { return c.Supervise(t.Context(), as("Ann"), req) }
	}
	refused := func(name string) {
		t.Helper()
		c := inAgentsShell()
		var why *shell.Failure
		if err := acts[name](c); !errors.As(err, &why) || why.Code != 1 ||
			!strings.Contains(why.Text, "this is a test") || c.out.String() != "" {
			t.Errorf("%s: %v, %s", name, err, &c.out)
		}
	}
	refused("watch")
	if err := at(t, base, nil).Watch(t.Context(), made.Watch); err != nil {
		t.Fatal(err) // the refusal has spent the link, or left something behind
	}
	own := inAgentsShell()
	if err := own.Join(t.Context(), shell.JoinRequest{Room: "tea", As: "Script"}); err != nil {
		t.Fatal(err)
	}
	before := len(history(t, base))
	delete(acts, "watch")
	for name := range acts {
		refused(name)
	}
	if after := len(history(t, base)); after != before {
		t.Errorf("the room has %d more messages", after-before)
	}
	for name, reads := range map[string]func(*command) error{
		"watch":     func(c *command) error { return c.Watch(t.Context(), made.Watch) },
		"supervise": func(c *command) error { return c.Supervise(t.Context(), as("Ann"), shell.SuperviseRequest{}) },
		"history":   func(c *command) error { return c.History(t.Context(), as("Ann"), shell.HistoryRequest{Last: 5}) },
		"who":       func(c *command) error { return c.Who(t.Context(), as("Ann")) },
		"wait":      func(c *command) error { return c.Wait(t.Context(), as("Ann"), shell.WaitRequest{}) },
		"a script": func(c *command) error {
			return c.Send(t.Context(), as("Script"), shell.SendRequest{Text: "From a pipeline."})
		},
	} {
		if err := reads(inAgentsShell()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A person with another seat needs the names of both seats in each command.
func TestWatch_besideAnotherSeat_itsCommandsNameTheAgent(t *testing.T) {
	base := serve(t)
	meet(t, base, "Cy")
	c := at(t, base, nil)
	c.Out.JSON = false
	if err := c.Watch(t.Context(), watchLink(t, base, "pie", "Ann")); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"parley tail --room pie --as Ann\n", "parley say TEXT --room pie --as Ann\n",
		"parley say --to Ann TEXT --room pie --as Ann\n", "parley supervise pause --room pie --as Ann\n"} {
		if !strings.Contains(c.out.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, &c.out)
		}
	}
}

// watchLink returns the link of an agent with a seat.
func watchLink(t *testing.T, base, room, name string) string {
	t.Helper()
	agent := client.New(base, client.Options{})
	defer agent.Close()
	var made struct{ Watch string }
	if err := agent.Call(t.Context(), "join_room", map[string]any{"room": room, "agent_name": name},
		&made); err != nil {
		t.Fatal(err)
	}
	return made.Watch
}

// Who watches a seat of their own is the owner of whom the server speaks. They have no agent to whom to say something
// alone.
func TestOwner_ofTheirOwnSeat_isNotToldOfAnOwner(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann")
	c := at(t, base, nil)
	all, err := c.Seats.All()
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	agent := client.New(base, client.Options{})
	defer agent.Close()
	var seat struct{ Watch string }
	token := map[string]any{"agent_token": all[0].Token}
	if err := agent.Call(t.Context(), "join_room", token, &seat); err != nil {
		t.Fatal(err)
	}
	refused := func(which shell.Which, want string) {
		t.Helper()
		if err := at(t, base, nil).Leave(t.Context(), which, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	leaves := func(want string) {
		t.Helper()
		c := at(t, base, nil)
		c.Out.JSON = false
		if err := c.Leave(t.Context(), as("Ann"), ""); err != nil || c.out.String() != want+"\n" {
			t.Errorf("%v, %s, want %s", err, &c.out, want)
		}
	}
	yes, no := true, false
	if err := errors.Join(c.Watch(t.Context(), seat.Watch),
		c.Supervise(t.Context(), as("Ann"), shell.SuperviseRequest{Approve: &yes})); err != nil {
		t.Fatal(err)
	}
	for what, show := range map[string]func(*command) error{
		"watch": func(c *command) error { return c.Watch(t.Context(), seat.Watch) },
		"who":   func(c *command) error { return c.Who(t.Context(), as("Ann")) },
	} {
		c := at(t, base, nil)
		c.Out.JSON = false
		if err := show(c); err != nil || !strings.Contains(c.out.String(), "Ann  you, admin") ||
			strings.Contains(c.out.String(), "owner") || strings.Contains(c.out.String(), "--to Ann") {
			t.Errorf("%s: %v, %s", what, err, &c.out)
		}
	}
	refused(shell.Which{}, "You have not left. To end that:\n  parley supervise resume --room tea --as Ann\n"+
		"  parley supervise approve off --room tea --as Ann")
	if err := errors.Join(c.Supervise(t.Context(), as("Ann"), shell.SuperviseRequest{Approve: &no}),
		agent.Call(t.Context(), "leave_room", token, &struct{}{})); err != nil {
		t.Fatal(err)
	}
	all, err = c.Seats.All()
	if err != nil {
		t.Fatal(err)
	}
	leaves("You have left tea already.")
	meet(t, base, "Bob")
	if err := at(t, base, nil).Send(t.Context(), shell.Which{}, shell.SendRequest{Text: "Hi."}); err != nil {
		t.Errorf("with one seat left: %v", err)
	}
	if err := errors.Join(at(t, base, nil).Leave(t.Context(), as("Bob"), ""), c.Seats.Put(all[1])); err != nil {
		t.Fatal(err)
	}
	refused(shell.Which{}, "Ann has no seat in the room tea now")
	leaves("Ann has left tea already.")
}
