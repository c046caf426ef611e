package shell_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/client"
	"github.com/parley-chat/parley/internal/cli/shell"
)

// elsewhere returns another address of a server on this machine.
func elsewhere(base string) string { return strings.Replace(base, "127.0.0.1", "localhost", 1) }

// mover returns a command whose person gives this answer.
func mover(t *testing.T, base, answer string) *command {
	t.Helper()
	c := at(t, base, nil)
	c.Out.JSON = false
	c.Confirm = func(prompt string) (string, error) {
		_, _ = io.WriteString(&c.notes, prompt)
		return answer, nil
	}
	return c
}

func noClients() shell.Clients { return shell.Clients{Connect: func() error { return nil }} }

// A person meets their old seat at the new address of a server, and moves the seat as the refusal says.
func TestMove_ownSeatAtAnotherAddress_isNamedAndComesAlong(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Bob")
	say(t, base, "Bob", shell.SendRequest{Text: "Hello."})
	now := elsewhere(base)
	join := func() error { return at(t, now, nil).Join(t.Context(), shell.JoinRequest{Room: "Tea", As: "ann "}) }
	if err := join(); err == nil || !strings.Contains(err.Error(), base+", where you have a seat as Ann") ||
		!strings.HasSuffix(err.Error(), ": parley move "+base+" "+now) {
		t.Fatalf("%v", err)
	}
	for _, answer := range []string{"", "no", "y", "yes"} {
		moves := answer == "yes"
		c := mover(t, now, answer)
		clients := noClients()
		clients.Names = []string{"Codex"}
		err := c.Move(t.Context(), base, now, clients)
		for _, named := range []string{base, now, "the room tea as Ann\n", "the room tea as Bob\n",
			"connection of Codex"} {
			if !strings.Contains(c.notes.String(), named) {
				t.Errorf("%q: it does not name %q first: %s", answer, named, &c.notes)
			}
		}
		all, errAll := c.Seats.All()
		if (err == nil) != moves || errAll != nil || !slices.ContainsFunc(all, func(s client.Seat) bool {
			return s.Server == map[bool]string{true: now, false: base}[moves]
		}) {
			t.Fatalf("%q: %v, %+v, %v", answer, err, all, errAll)
		}
	}
	if err := join(); err != nil {
		t.Errorf("after the move: %v", err)
	}
	say(t, now, "Ann", shell.SendRequest{Text: "Here again."})
	if err := mover(t, now, "yes").Move(t.Context(), base, now, noClients()); err == nil ||
		!strings.Contains(err.Error(), "you keep nothing of a server at "+base+". You have seats at: "+now) {
		t.Errorf("again: %v", err)
	}
}

// The server has gone to another address.
func TestCommands_addressThatDoesNotAnswer_nameMove(t *testing.T) {
	const away = "http://127.0.0.1:1"
	for name, run := range map[string]func(*command) error{
		"say":  func(c *command) error { return c.Send(t.Context(), as("Ann"), shell.SendRequest{Text: "Hello."}) },
		"wait": func(c *command) error { return c.Wait(t.Context(), as("Ann"), shell.WaitRequest{}) },
		"tail": func(c *command) error {
			return c.History(t.Context(), as("Ann"), shell.HistoryRequest{Last: 1, Follow: true})
		},
		"join": func(c *command) error {
			return c.Join(t.Context(), shell.JoinRequest{Room: "milk", As: "Ann"})
		},
	} {
		base := serve(t)
		meet(t, base, "Ann")
		err := at(t, base, nil).Seats.Update(func(all []client.Seat) ([]client.Seat, error) {
			all[0].Server = away
			return all, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		err = run(at(t, away, nil))
		if !errors.As(err, new(*client.Unreachable)) ||
			!strings.HasSuffix(err.Error(), "; if it has another address now: parley move "+away+" NEW") {
			t.Errorf("%s: %v", name, err)
		}
		named := at(t, base, nil)
		named.Base = base
		if err := run(named); name != "join" && (err == nil ||
			!strings.Contains(err.Error(), "take your seats along: parley move "+away+" "+base+"; else ")) {
			t.Errorf("%s at the new address: %v", name, err)
		}
	}
	err := at(t, "http://127.0.0.1:2", nil).Join(t.Context(), shell.JoinRequest{Room: "tea", As: "Ann"})
	if err == nil || strings.Contains(err.Error(), "parley move") || !strings.Contains(err.Error(), client.StartIt) {
		t.Errorf("where this person has no seat: %v", err)
	}
}

// A move would show this server the secrets of all seats at the other.
func TestCommands_onlyAWatchedSeatIsElsewhere_offerNoMove(t *testing.T) {
	base := serve(t)
	other := client.New(base, client.Options{})
	defer other.Close()
	if err := other.Call(t.Context(), "join_room", map[string]any{"room": "tea", "agent_name": "Ann"},
		&results.Joined{}); err != nil {
		t.Fatal(err)
	}
	const away = "http://127.0.0.1:1"
	if err := at(t, base, nil).Seats.Put(client.Seat{Server: away, Room: "tea", Name: "Ann", Token: "t1",
		Person: true}); err != nil {
		t.Fatal(err)
	}
	join := func(c *command) error { return c.Join(t.Context(), shell.JoinRequest{Room: "tea", As: "Ann"}) }
	for name, c := range map[string]struct {
		wire http.RoundTripper
		run  func(*command) error
		says string
	}{
		"hooks": {nil, func(c *command) error {
			return c.Hooks(t.Context(), shell.Which{}, "")
		}, "you watch one at " + away},
		"agents": {nil, func(c *command) error {
			return c.Agents(t.Context(), shell.Which{}, "")
		}, "you watch one at " + away},
		"pause": {nil, func(c *command) error {
			return c.Supervise(t.Context(), shell.Which{}, shell.SuperviseRequest{Paused: new(true)})
		}, "you watch one at " + away},
		"tail": {nil, func(c *command) error {
			return c.History(t.Context(), as("Ann"), shell.HistoryRequest{Last: 1, Follow: true})
		}, "you watch one at " + away},
		"join":               {nil, join, "you watch at " + away + ", so you need another name"},
		"join without a key": {refusedDoor{}, join, "admits only callers with a key"},
	} {
		named := at(t, base, c.wire)
		named.Base = base
		if err := c.run(named); err == nil || !strings.Contains(err.Error(), c.says) ||
			strings.Contains(err.Error(), "move") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The key is kept for the old address alone.
func TestJoin_newAddressWantsTheKey_namesMove(t *testing.T) {
	base := serve(t)
	file, err := client.OpenTokens()
	if err == nil {
		err = file.Put(client.Seat{Server: elsewhere(base), Room: "tea", Name: "Ann", Token: "t1"})
	}
	if err != nil {
		t.Fatal(err)
	}
	hint := ". If you have used this server at another address, take your seats and your key along: parley move " +
		elsewhere(base) + " " + base + "."
	if err := at(t, base, refusedDoor{}).Join(t.Context(), shell.JoinRequest{Room: "tea", As: "Ann"}); err == nil ||
		!strings.HasSuffix(err.Error(), hint) {
		t.Errorf("%v", err)
	}
	asked := at(t, base, refusedDoor{})
	asked.Ask = func(string) (string, error) { return "", errors.New("asked") }
	if err := asked.Join(t.Context(), shell.JoinRequest{Room: "tea", As: "Ann"}); err == nil ||
		!strings.Contains(asked.notes.String(), strings.TrimPrefix(hint, ". ")) {
		t.Errorf("before the question: %v, %s", err, &asked.notes)
	}
}

// Nobody but a person at a terminal sends tokens to another address.
func TestMove_withoutAPerson_isRefused(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann")
	agents := mover(t, base, "yes")
	agents.NoPerson = func() string { return "this is a test" }
	for name, c := range map[string]*command{"an agent": agents, "no terminal": at(t, base, nil)} {
		var refused *shell.Failure
		if err := c.Move(t.Context(), base, elsewhere(base), noClients()); !errors.As(err, &refused) {
			t.Errorf("%s: %v", name, err)
		}
		if all, err := c.Seats.All(); err != nil || all[0].Server != base {
			t.Errorf("%s has moved them: %+v, %v", name, all, err)
		}
	}
}

// A program at the new address sees no token before the person has said yes. If the program is not Parley, the address
// is refused.
func TestMove_somethingElseAnswers_isShownNothing(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann")
	var heard strings.Builder
	var mu sync.Mutex
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		_ = r.Write(&heard)
		http.NotFound(w, r)
	}))
	defer other.Close()
	c := mover(t, base, "yes")
	all, err := c.Seats.All()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Move(t.Context(), base, other.URL, noClients()); err == nil ||
		!strings.Contains(err.Error(), "Nothing was moved: the server at "+other.URL+" ") {
		t.Errorf("%v", err)
	}
	mu.Lock()
	defer mu.Unlock()
	if text := heard.String(); text == "" || strings.Contains(text, all[0].Token) ||
		strings.Contains(text, "Authorization") {
		t.Errorf("it was shown %s", text)
	}
	if now, err := c.Seats.All(); err != nil || now[0].Server != base {
		t.Errorf("%+v, %v", now, err)
	}
}

// A server that has not started yet is no reason to stop: its address is known before.
func TestMove_nobodyAnswersYet_isSaid(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann")
	c := mover(t, base, "yes")
	if err := c.Move(t.Context(), base, "http://127.0.0.1:1", noClients()); err != nil ||
		!strings.Contains(c.notes.String(), "Nobody answers at http://127.0.0.1:1 yet.") {
		t.Errorf("%v, %s", err, &c.notes)
	}
}
