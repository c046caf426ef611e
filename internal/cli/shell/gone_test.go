package shell_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/client"
	"github.com/parley-chat/parley/internal/cli/shell"
	"github.com/parley-chat/parley/internal/server/app/apptest"
)

// port is an address at which one of several servers is, each with rooms of its own.
type port struct{ now string }

// samePort is the address of a port.
const samePort = "http://127.0.0.1:1"

func (p *port) RoundTrip(r *http.Request) (*http.Response, error) {
	to, err := url.Parse(p.now)
	if err != nil {
		return nil, err
	}
	there := r.Clone(r.Context())
	there.URL.Host, there.Host = to.Host, ""
	return http.DefaultTransport.RoundTrip(there)
}

// twoServers is a port with the rooms of first, where Ann and Bob have met and a person watches Bob. second has other
// rooms.
func twoServers(t *testing.T) (p *port, first, second string) {
	t.Helper()
	first, second = serve(t), apptest.Serve(t, nil)
	p = &port{first}
	var got results.Joined
	for _, name := range []string{"Ann", "Bob"} {
		c := at(t, samePort, p)
		if err := c.Join(t.Context(), shell.JoinRequest{Room: "tea", As: name, Agent: new(true)}); err != nil {
			t.Fatal(err)
		}
		read(t, c.out.String(), &got)
	}
	if err := at(t, samePort, p).Watch(t.Context(), strings.Replace(got.Watch, first, samePort, 1)); err != nil {
		t.Fatal(err)
	}
	return p, first, second
}

// keptSeats returns the tokens in the file, in order, and how many of them are marked.
func keptSeats(t *testing.T) (tokens []string, marked int) {
	t.Helper()
	all, err := at(t, samePort, nil).Seats.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, seat := range all {
		tokens = append(tokens, seat.Token)
		if !seat.UnknownAt.IsZero() {
			marked++
		}
	}
	slices.Sort(tokens)
	return tokens, marked
}

// A server was started with another file than before. Whatever people try there, they lose no seat.
func TestSeats_serverServesOtherRooms_areThereOnceItServesTheirs(t *testing.T) {
	for name, try := range map[string]func(*command) error{
		"who":  func(c *command) error { return c.Who(t.Context(), as("Ann")) },
		"wait": func(c *command) error { return c.Wait(t.Context(), as("Ann"), shell.WaitRequest{}) },
		"tail": func(c *command) error {
			return c.History(t.Context(), as("Ann"), shell.HistoryRequest{Follow: true})
		},
		"leave": func(c *command) error { return c.Leave(t.Context(), as("Ann"), "") },
		"watched": func(c *command) error {
			return c.Supervise(t.Context(), shell.Which{As: "Bob"}, shell.SuperviseRequest{})
		},
		"hooks": func(c *command) error { return c.Hooks(t.Context(), shell.Which{}, "") },
	} {
		t.Run(name, func(t *testing.T) {
			p, first, second := twoServers(t)
			before, _ := keptSeats(t)
			p.now = second
			err := try(at(t, samePort, p))
			if err == nil || !strings.Contains(err.Error(), "does not know") ||
				strings.Contains(err.Error(), "parley serve") {
				t.Errorf("it says %v", err)
			}
			if after, marked := keptSeats(t); !slices.Equal(after, before) || marked != 1 {
				t.Errorf("the file has %q, %d of them marked, want %q", after, marked, before)
			}
			list := at(t, samePort, p)
			list.Out.JSON = false
			if err := list.Mine(t.Context()); err != nil ||
				strings.Count(list.out.String(), "unknown to the server, kept until ") != len(before) {
				t.Errorf("%v, the list is %s", err, &list.out)
			}
			p.now = first
			if err := at(t, samePort, p).Mine(t.Context()); err != nil {
				t.Error(err)
			}
			if after, marked := keptSeats(t); !slices.Equal(after, before) || marked != 0 {
				t.Errorf("at last the file has %q, %d of them marked, want %q", after, marked, before)
			}
		})
	}
}

// Somebody takes a seat of the same names while the server serves other rooms. Each is the person's where it belongs.
func TestSeats_sameNamesInTwoFiles_theServerKnowsWhich(t *testing.T) {
	p, first, second := twoServers(t)
	old, _ := keptSeats(t)
	join := func(want string) {
		t.Helper()
		c := at(t, samePort, p)
		var got results.Joined
		if err := c.Join(t.Context(), shell.JoinRequest{Room: "tea", As: "Ann"}); err != nil {
			t.Fatal(err)
		}
		read(t, c.out.String(), &got)
		if got.Status != want {
			t.Errorf("the join is %s, want %s", got.Status, want)
		}
	}
	p.now = second
	join("created")
	all, marked := keptSeats(t)
	if len(all) != len(old)+1 || marked != 1 {
		t.Fatalf("the file has %q, %d of them marked", all, marked)
	}
	for i, at2 := range []string{first, second, first} {
		p.now = at2
		c := at(t, samePort, p)
		if err := c.Who(t.Context(), as("Ann")); err != nil {
			t.Fatalf("%d: %v", i, err)
		}
		var got results.Info
		read(t, c.out.String(), &got)
		if want := map[bool]int{true: 2, false: 1}[at2 == first]; len(got.Room.Agents) != want {
			t.Errorf("%d: it is in the room with %+v", i, got.Room.Agents)
		}
		join("returned")
	}
	if err := at(t, samePort, p).Forget(as("Ann")); err != nil { // the one that the server does not know
		t.Error(err)
	}
	if left, _ := keptSeats(t); !slices.Equal(left, old) {
		t.Errorf("the file has %q, want %q", left, old)
	}
}

// A link opens once: what came of it must not be lost, either, and another server may have an agent of the same names.
func TestWatch_serverServesOtherRooms_theLinkIsStillTheirs(t *testing.T) {
	p, first, second := twoServers(t)
	link := strings.Replace(joined(t, p, "Ann").Watch, first, samePort, 1)
	before, _ := keptSeats(t)
	p.now = second
	if err := at(t, samePort, p).Watch(t.Context(), link); err == nil {
		t.Error("the other server opens the link")
	}
	p.watchNew(t, "Bob")
	p.now = first
	if err := at(t, samePort, p).Watch(t.Context(), link); err != nil {
		t.Error(err)
	}
	after, _ := keptSeats(t)
	for _, token := range before {
		if !slices.Contains(after, token) {
			t.Errorf("%s is lost", token)
		}
	}
	if err := at(t, samePort, p).Supervise(t.Context(), shell.Which{As: "Bob"}, shell.SuperviseRequest{}); err != nil {
		t.Errorf("the watched seat: %v", err)
	}
}

// joined returns to a seat.
func joined(t *testing.T, p *port, name string) (got results.Joined) {
	t.Helper()
	c := at(t, samePort, p)
	if err := c.Join(t.Context(), shell.JoinRequest{Room: "tea", As: name, Agent: new(true)}); err != nil {
		t.Fatal(err)
	}
	read(t, c.out.String(), &got)
	return got
}

// The server that gave a seat knows its end. A banned name has no way back.
func TestSeats_removed_areForgotten(t *testing.T) {
	for action, returns := range map[string]bool{"kick": true, "ban": false} {
		p, _, _ := twoServers(t)
		if err := at(t, samePort, p).Manage(t.Context(), as("Ann"),
			shell.ManageRequest{Action: action, Names: []string{"Bob"}}); err != nil {
			t.Fatal(err)
		}
		c := at(t, samePort, p)
		if err := c.Wait(t.Context(), as("Bob"), shell.WaitRequest{}); err == nil ||
			!strings.Contains(err.Error(), "forgotten here") ||
			strings.Contains(err.Error(), "parley join") != returns {
			t.Errorf("%s: %v", action, err)
		}
		all, err := c.Seats.All()
		isBobs := func(seat client.Seat) bool { return seat.Name == "Bob" && !seat.Person }
		if err != nil || slices.ContainsFunc(all, isBobs) {
			t.Errorf("%s: the file has %+v, %v", action, all, err)
		}
	}
}

// A seat that the server does not know is chosen only if nothing else fits.
func TestChoose_markedSeat_isTheLastChoice(t *testing.T) {
	p, _, second := twoServers(t)
	p.now = second
	if err := at(t, samePort, p).Mine(t.Context()); err != nil { // marks all
		t.Fatal(err)
	}
	if err := at(t, samePort, p).Join(t.Context(), shell.JoinRequest{Room: "milk", As: "Cy"}); err != nil {
		t.Fatal(err)
	}
	c := at(t, samePort, p)
	if err := c.Who(t.Context(), shell.Which{}); err != nil {
		t.Fatal(err)
	}
	var got results.Info
	read(t, c.out.String(), &got)
	if got.Room.Name != "milk" {
		t.Errorf("it means the room %s", got.Room.Name)
	}
	p.watchNew(t, "Ann")
	if err := at(t, samePort, p).Who(t.Context(), as("Ann")); err != nil {
		t.Errorf("the watched seat: %v", err)
	}
}

// watchNew has the person watch a new agent in the room tea of the server that is at the port now.
func (p *port) watchNew(t *testing.T, name string) {
	t.Helper()
	c := client.New(p.now, client.Options{})
	defer c.Close()
	var got results.Joined
	if err := c.Call(t.Context(), "join_room", map[string]any{"room": "tea", "agent_name": name}, &got); err != nil {
		t.Fatal(err)
	}
	if err := at(t, samePort, p).Watch(t.Context(), strings.Replace(got.Watch, p.now, samePort, 1)); err != nil {
		t.Fatal(err)
	}
}
