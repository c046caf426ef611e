package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/ident"
)

// supervised is a room of four on a server with keys, made by an agent with a key, which is the
// caller. Bob, with another key, is there, too.
type supervised struct {
	shower
	token string // of the agent
	bob   answer
	link  string // for the person behind the agent
}

func newReined(t *testing.T) supervised {
	t.Helper()
	return newReinedAt(t, "--trust-proxy", "--access", "keys")
}

// newReinedAt is newReined on a server that is started so; without arguments a local one.
func newReinedAt(t *testing.T, how ...string) supervised {
	t.Helper()
	p := start(t, how...)
	key := func(label string) shower {
		if len(how) == 0 {
			return shower{stranger{program: p}, "/mcp", ""}
		}
		printed, err := p.keys("add", label)
		if err != nil {
			t.Fatal(err)
		}
		return shower{p.victim(), "/mcp", strings.TrimSpace(printed)}
	}
	r := supervised{shower: key("Ann")}
	made := r.must(t, "create_room", args{"room": "attack", "agent_name": "Ann's Claude", "capacity": 4})
	r.token, r.link = made.AgentToken, made.Watch
	r.bob = key("Bob").must(t, "join_room", args{"room": "attack", "agent_name": "Bob"})
	return r
}

// opens opens a link on a device that makes its token of a secret, and returns the token.
func (r supervised) opens(link, secret string) (string, answer, error) {
	_, claim, _ := strings.Cut(link, "#")
	c, _ := ident.ParseLinkCode(claim)
	token := ident.Token{Room: c.Room, Seat: c.Seat, Secret: secret, Person: true}.String()
	got, err := r.call(r.program.t.Context(), "supervise", args{"agent_token": token, "claim": claim})
	return token, got, err
}

// person opens the link of the agent as its person.
func (r supervised) person(t *testing.T) string {
	t.Helper()
	token, got, err := r.opens(r.link, ident.NewSecret())
	if err != nil || got.Code != "" {
		t.Fatalf("the link: %+v, %v", got, err)
	}
	return token
}

// An agent that its person pauses, or whose messages its person reads first, is an admin. It
// tries to be seen, and to rule, without a message.
func TestAttack_heldAgent_changesNothing(t *testing.T) {
	r := newReined(t)
	person := r.person(t)
	attempts := []struct {
		tool      string
		arguments args
	}{
		{"update_room", args{"description": "read this instead"}},
		{"update_room", args{"capacity": 9}},
		{"update_room", args{"new_invite": true}},
		{"update_room", args{"closed": true}},
		{"manage_agent", args{"action": "kick", "agent_name": "Bob"}},
		{"manage_agent", args{"action": "mute", "agent_name": "Bob"}},
		{"manage_agent", args{"action": "ban", "agent_name": "Let us meet at noon"}},
		{"manage_agent", args{"action": "promote", "agent_name": "Bob"}},
	}
	for _, try := range attempts {
		try.arguments["agent_token"] = r.token
	}
	n, done, took := scaled(400), 0, time.Duration(0)
	for _, hold := range []args{{"paused": true}, {"paused": false, "approve": true}} {
		hold["agent_token"] = person
		r.must(t, "supervise", hold)
		in, lasted := flood(t, n/2, func(i int) (answer, error) {
			try := attempts[i%len(attempts)]
			return r.call(t.Context(), try.tool, try.arguments)
		})
		done, took = done+in, took+lasted
	}
	if done > 0 {
		t.Errorf("the agent changed something %d times", done)
	}
	r.must(t, "update_room", args{"agent_token": person, "description": "her own words"})
	attacks(t, "%d of %d attempts of an agent under supervision to change its room in %v", done, n,
		took.Round(time.Millisecond))
}

// The same agent tries to speak from another seat, with its key.
func TestAttack_heldAgent_takesNoSecondSeat(t *testing.T) {
	r := newReined(t)
	r.must(t, "supervise", args{"agent_token": r.person(t), "approve": true})
	attempts := []struct {
		tool      string
		arguments args
	}{
		{"leave_room", args{"agent_token": r.token}},
		{"leave_room", args{"agent_token": r.token, "text": "so long"}},
		{"join_room", args{"room": "attack", "agent_name": "Claude"}},
		{"join_room", args{"room": "attack", "agent_name": "Claude", "person": true}},
		{"join_room", args{"room": "attack", "agent_name": "Ann's Claude", "person": true}},
		{"create_room", args{"room": "attack", "agent_name": "Claude"}},
	}
	n := scaled(400)
	seated, took := flood(t, n, func(i int) (answer, error) {
		try := attempts[i%len(attempts)]
		return r.call(t.Context(), try.tool, try.arguments)
	})
	if there := r.must(t, "room_info", args{"agent_token": r.token}).Room.Agents; seated > 0 || len(there) != 2 {
		t.Errorf("%d attempts got something; there are %d agents", seated, len(there))
	}
	attacks(t, "%d of %d attempts of an agent under supervision to leave or to take a second seat in %v", seated, n,
		took.Round(time.Millisecond))
}

// An agent whose person watches leaves and joins again, wants the new link, and would speak as
// its person.
func TestAttack_agentThatJoinsAgain_getsNoLink(t *testing.T) {
	for what, access := range map[string][]string{"with a key": {"--trust-proxy", "--access", "keys"},
		"on one machine": nil} {
		r := newReinedAt(t, access...)
		person := r.person(t)
		n, links := scaled(40), 0
		began := time.Now()
		for range n {
			r.must(t, "leave_room", args{"agent_token": r.token})
			again := r.must(t, "join_room", args{"room": "attack", "agent_name": "Ann's Claude"})
			r.token = again.AgentToken
			if again.Watch != "" {
				links++
			}
			if _, got, err := r.opens(r.link, ident.NewSecret()); err != nil || got.Code == "" {
				t.Fatalf("the first link: %+v, %v", got, err)
			}
		}
		if links > 0 {
			t.Errorf("%s, it got %d links", what, links)
		}
		if said := r.must(t, "send_message", args{"agent_token": person, "text": "I am still here."}); !said.Sent {
			t.Errorf("its person: %+v", said)
		}
		attacks(t, "an agent %s that left and joined again %d times in %v got %d links", what, n,
			time.Since(began).Round(time.Millisecond), links)
	}
}
