package shell_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httputil"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/client"
	"github.com/parley-chat/parley/internal/cli/shell"
	"github.com/parley-chat/parley/internal/server/app/apptest"
)

// The name of a seat is compared as the server compares names.
func TestJoin_ownNameWithABlank_isTheSameSeat(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Bob")
	for _, name := range []string{"Ann ", " Ann", "ann  "} {
		c := at(t, base, nil)
		c.Out.JSON = false
		if err := c.Join(t.Context(), shell.JoinRequest{Room: " Tea ", As: name}); err != nil ||
			!strings.HasPrefix(c.out.String(), "You are back as Ann in the room tea: ") {
			t.Errorf("%q: %v, %s", name, err, &c.out)
		}
		say(t, base, name, shell.SendRequest{Text: "Hello."})
	}
	if heard := history(t, base); slices.ContainsFunc(heard, isKnock) {
		t.Errorf("the room was told that somebody wants the name: %v", heard)
	}
}

func isKnock(m results.Message) bool { return m.Type == "knock" }

// An agent of this person has the name: the agent's session has recorded the seat, or the person watches the agent.
// Two agents start at once, and only one of them is to create the room.
func TestJoin_await_takesASeatOnceSomebodyElseHasMadeTheRoom(t *testing.T) {
	base := serve(t)
	clock := clockwork.NewFakeClock()
	begins := func(ctx context.Context, within time.Duration) (*command, <-chan error) {
		c := at(t, base, nil)
		c.Clock = clock
		ended := begin(func() error {
			return c.Join(ctx, shell.JoinRequest{Room: "tea", As: "Ann", Await: true, Within: within})
		})
		if err := clock.BlockUntilContext(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		return c, ended
	}
	c, ended := begins(t.Context(), time.Second)
	clock.Advance(time.Second)
	if err := <-ended; !errors.Is(err, shell.ErrQuiet) ||
		c.notes.String() != "parley: Nobody has created the room tea within 1s.\n" {
		t.Errorf("in vain: %v, %q", err, &c.notes)
	}
	ctx, stop := context.WithCancel(t.Context())
	_, ended = begins(ctx, time.Minute)
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("after Ctrl-C: %v", err)
	}
	c, ended = begins(t.Context(), time.Minute)
	clock.Advance(2 * time.Second)
	if err := clock.BlockUntilContext(t.Context(), 1); err != nil { // nobody had made it
		t.Fatal(err)
	}
	meet(t, base, "Bob")
	clock.Advance(2 * time.Second)
	var got results.Joined
	err := <-ended
	read(t, c.out.String(), &got)
	if err != nil || got.Status != "joined" || len(got.Room.Agents) != 2 {
		t.Errorf("%v, %s", err, &c.out)
	}
	link := base + "/i/" + ident.NewInvite("00112233445566778899aabbccddeeff", "r000000", 2).String()
	err = at(t, base, nil).Join(t.Context(), shell.JoinRequest{Room: link, As: "Cy", Await: true})
	if err == nil || !strings.HasSuffix(err.Error(), ": leave out --wait.") {
		t.Errorf("with an invite: %v", err)
	}
}

func TestJoin_nameOfOnesOwnAgent_isRefusedWithoutAKnock(t *testing.T) {
	for how, note := range map[string]func(c *command, token, link string) error{
		"noted": func(c *command, token, _ string) error {
			return c.Seats.Put(client.Seat{Server: c.Usual.Base, Room: "tea", Name: "Claude", Token: token,
				Wake: &client.Wake{Client: "codex", Session: "s1"}})
		},
		"behind a bridge": func(c *command, token, _ string) error {
			return c.Seats.PutBridged(client.Seat{Server: c.Usual.Base, Room: "tea", Name: "Claude", Token: token})
		},
		"watched": func(c *command, _, link string) error { return c.Watch(t.Context(), link) },
	} {
		t.Run(how, func(t *testing.T) {
			base := serve(t)
			meet(t, base, "Ann", "Cy", "Dora")
			agent := client.New(base, client.Options{})
			defer agent.Close()
			var made struct {
				Token string `json:"agent_token"`
				Watch string
			}
			if err := errors.Join(at(t, base, nil).Leave(t.Context(), as("Dora"), ""), agent.Call(t.Context(),
				"join_room", map[string]any{"room": "tea", "agent_name": "Claude"}, &made)); err != nil {
				t.Fatal(err)
			}
			if err := note(at(t, base, nil), made.Token, made.Watch); err != nil {
				t.Fatal(err)
			}
			join := func() error {
				return at(t, base, nil).Join(t.Context(), shell.JoinRequest{Room: "tea", As: "claude "})
			}
			if err := join(); err == nil ||
				!strings.HasPrefix(err.Error(), "Claude in the room tea is an agent of yours") {
				t.Errorf("%v", err)
			}
			if heard := history(t, base); slices.ContainsFunc(heard, isKnock) {
				t.Errorf("the room was told that somebody wants the name: %v", heard)
			}
			all, err := at(t, base, nil).Seats.All()
			if err != nil || slices.ContainsFunc(all, func(s client.Seat) bool {
				return s.Name == "Claude" && !s.Person && s.Wake == nil && !s.Bridged
			}) {
				t.Errorf("the seat of the agent became one of the shell: %+v, %v", all, err)
			}
			if err := agent.Call(t.Context(), "leave_room", map[string]any{"agent_token": made.Token},
				&results.Left{}); err != nil {
				t.Fatal(err)
			}
			if err := join(); err != nil {
				t.Errorf("the name is free, and is refused: %v", err)
			}
		})
	}
}

// tellTale records the requests to an address.
type tellTale struct {
	host  string
	heard strings.Builder
}

func (w *tellTale) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host == w.host {
		text, err := httputil.DumpRequestOut(r, true)
		if err != nil {
			return nil, err
		}
		w.heard.Write(text)
	}
	return http.DefaultTransport.RoundTrip(r)
}

// The server has another address, and the seat has the old address: the room hears of no newcomer.
func TestJoin_nameOfOnesSeatAtAnotherAddress_isRefusedWithoutAKnock(t *testing.T) {
	for name, addresses := range map[string]func(base string) (old, now string){
		"one that still answers":          func(base string) (old, now string) { return base, elsewhere(base) },
		"one that does not":               func(base string) (old, now string) { return "http://127.0.0.1:1", base },
		"by an invite, while it answers":  func(base string) (old, now string) { return base, elsewhere(base) },
		"by an invite, while it does not": func(base string) (old, now string) { return "http://127.0.0.1:1", base },
	} {
		t.Run(name, func(t *testing.T) {
			base := serve(t)
			meet(t, base, "Ann", "Bob", "Cy")
			if err := at(t, base, nil).Leave(t.Context(), as("Cy"), ""); err != nil {
				t.Fatal(err)
			}
			old, now := addresses(base)
			req := shell.JoinRequest{Room: "Tea", As: "ann "}
			if strings.Contains(name, "invite") {
				c := at(t, base, nil)
				if err := c.Invite(t.Context(), as("Ann"), true); err != nil {
					t.Fatal(err)
				}
				var got struct{ Invite string }
				read(t, c.out.String(), &got)
				invite, ok := ident.InviteIn(got.Invite)
				if !ok {
					t.Fatalf("%q is no invite", got.Invite)
				}
				req.Room = now + "/i/" + invite.String()
			}
			if err := at(t, base, nil).Seats.Update(func(all []client.Seat) ([]client.Seat, error) {
				for i := range all {
					all[i].Server = old
				}
				return all, nil
			}); err != nil {
				t.Fatal(err)
			}
			wire := &tellTale{host: strings.TrimPrefix(now, "http://")}
			err := at(t, now, wire).Join(t.Context(), req)
			if err == nil || !strings.Contains(err.Error(), old+", where you have a seat as Ann") ||
				!strings.HasSuffix(err.Error(), ": parley move "+old+" "+now) {
				t.Errorf("%v", err)
			}
			if heard := history(t, base); slices.ContainsFunc(heard, isKnock) {
				t.Errorf("the room was told that somebody wants the name: %v", heard)
			}
			all, err := at(t, base, nil).Seats.All()
			if err != nil {
				t.Fatal(err)
			}
			for _, seat := range all {
				if strings.Contains(wire.heard.String(), seat.Token) || wire.heard.Len() == 0 {
					t.Errorf("the new address was shown the token of %s", seat.Name)
				}
			}
		})
	}
}

// Another person has the name: the refusal is the server's, and says nothing of a seat elsewhere.
func TestJoin_nameOfOnesSeatOnAnotherServer_isNotTakenForIt(t *testing.T) {
	for name, where := range map[string]func(t *testing.T, base string) (now string){
		"another server": func(t *testing.T, _ string) (now string) { return apptest.Serve(t, nil) },
		"a seat that is gone": func(t *testing.T, base string) (now string) {
			c := client.New(base, client.Options{})
			defer c.Close()
			all, err := at(t, base, nil).Seats.All()
			if err == nil {
				err = c.Call(t.Context(), "leave_room", map[string]any{"agent_token": all[0].Token}, &results.Left{})
			}
			if err != nil {
				t.Fatal(err)
			}
			return elsewhere(base)
		},
	} {
		t.Run(name, func(t *testing.T) {
			base := serve(t)
			meet(t, base, "Ann", "Bob")
			now := where(t, base)
			other := client.New(now, client.Options{})
			defer other.Close()
			if err := other.Call(t.Context(), "join_room", map[string]any{"room": "tea", "agent_name": "Ann"},
				&results.Joined{}); err != nil {
				t.Fatal(err)
			}
			err := at(t, now, nil).Join(t.Context(), shell.JoinRequest{Room: "tea", As: "Ann"})
			if err == nil || strings.Contains(err.Error(), "move") {
				t.Errorf("%v", err)
			}
			if err := at(t, now, nil).Join(t.Context(), shell.JoinRequest{Room: "milk", As: "Ann"}); err != nil {
				t.Errorf("into another room: %v", err)
			}
		})
	}
}

// Each server may be run by somebody else.
func TestJoin_passwordOfTheRoom_goesToNoOtherServer(t *testing.T) {
	there := serve(t)
	meet(t, there, "Ann")
	here := apptest.Serve(t, nil)
	other := client.New(here, client.Options{})
	defer other.Close()
	if err := other.Call(t.Context(), "create_room", map[string]any{"room": "tea", "agent_name": "Ann",
		"password": "only for here"}, &results.Joined{}); err != nil {
		t.Fatal(err)
	}
	wire := &tellTale{host: strings.TrimPrefix(there, "http://")}
	err := at(t, here, wire).Join(t.Context(), shell.JoinRequest{Room: "tea", As: "Ann", Password: "only for here"})
	if err == nil || strings.Contains(wire.heard.String(), "only for here") || wire.heard.Len() == 0 {
		t.Errorf("%v; the server of another room was shown the password: %s", err, &wire.heard)
	}
}

func TestJoin_personAtATerminal_getsTheLinkToWatch(t *testing.T) {
	base := serve(t)
	for _, c := range []struct {
		name, nobody string
		terminal     bool
	}{{"person", "", true}, {"agent", "this is the shell of an agent", true}, {"file", "", false}} {
		join := at(t, base, nil)
		join.Out.JSON, join.Out.Screen.Terminal = false, c.terminal
		join.NoPerson = func() string { return c.nobody }
		if err := join.Join(t.Context(), shell.JoinRequest{Room: c.name, As: "Ann"}); err != nil {
			t.Fatal(err)
		}
		_, link, shown := strings.Cut(join.out.String(), "open this link, which opens once:\n  ")
		if shown != (c.name == "person") || strings.Contains(join.out.String(), "/r/") != shown {
			t.Errorf("%s: %s", c.name, &join.out)
		}
		if !shown {
			continue
		}
		if err := at(t, base, nil).Watch(t.Context(), strings.TrimSpace(link)); err != nil {
			t.Errorf("the link does not open: %v", err)
		}
		said := at(t, base, nil) // by the person's own seat, not by the seat that the person now watches, too
		err := said.Send(t.Context(), shell.Which{Room: c.name, As: "Ann"}, shell.SendRequest{Text: "hello"})
		if err != nil {
			t.Error(err)
		}
	}
}
