package shell_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/client"
	"github.com/parley-chat/parley/internal/cli/shell"
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
		say(t, base, name, shell.SayRequest{Text: "Hello."})
	}
	if heard := history(t, base); slices.ContainsFunc(heard, isKnock) {
		t.Errorf("the room was told that somebody wants the name: %v", heard)
	}
}

func isKnock(m results.Message) bool { return m.Type == "knock" }

// An agent of this person has the name: its session has noted that, or the person watches it.
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
