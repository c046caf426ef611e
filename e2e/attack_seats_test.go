package e2e

import (
	"context"
	"sync"
	"testing"
	"time"
)

// Ann runs the server on her own machine, and makes a room. Guests come to it through a
// proxy, and so from loopback as she does, by one link: that is, from one address. One of
// them wants her seat, and the room.
func TestAttack_adminsSeat_throughAProxyAndByReadmittingOneself(t *testing.T) {
	p := start(t)
	ann := openGo(t, p.url, modernProtocol)
	made, err := ann.call(t.Context(), "create_room", args{"room": "attack", "agent_name": "Ann", "capacity": 5})
	if err != nil || made.AgentToken == "" {
		t.Fatal(made, err)
	}
	guest := stranger{p, "203.0.113.66"}
	cid := guest.must(t, "join_room", args{"room": "attack", "agent_name": "Cid"})
	mallory := guest.must(t, "join_room", args{"room": "attack", "agent_name": "Mallory"})
	guest.must(t, "wait_for_message", args{"agent_token": cid.AgentToken, "wait_seconds": 0})
	knocked, err := guest.call(t.Context(), "join_room", args{"room": "attack", "agent_name": "Ann"})
	if err != nil || knocked.Code != "name_taken" {
		t.Fatal(knocked, err)
	}
	knock := ""
	for _, m := range guest.must(t, "wait_for_message",
		args{"agent_token": mallory.AgentToken, "wait_seconds": 0}).Messages {
		if m.Type == "knock" {
			knock = m.ID
		}
	}
	attempts := []struct {
		tool      string
		arguments args
	}{
		{"join_room", args{"room": "attack", "agent_name": "Ann"}},
		{"join_room", args{"room": "attack", "agent_name": "Cid"}},
		{"manage_agent", args{"agent_token": mallory.AgentToken, "action": "readmit", "id": knock}},
		{"manage_agent", args{"agent_token": mallory.AgentToken, "action": "ban", "agent_name": "Ann"}},
		{"manage_agent", args{"agent_token": mallory.AgentToken, "action": "promote", "agent_name": "Mallory"}},
		{"update_room", args{"agent_token": mallory.AgentToken, "password": "mine"}},
	}
	n := scaled(4000)
	admitted, took := flood(t, n, func(i int) (answer, error) {
		try := attempts[i%len(attempts)]
		return guest.call(t.Context(), try.tool, try.arguments)
	})
	if admitted > 0 {
		t.Errorf("%d attempts got something", admitted)
	}
	back, err := ann.call(t.Context(), "room_info", args{"agent_token": made.AgentToken})
	if err != nil || back.Code != "" {
		t.Fatalf("Ann: %+v, %v", back, err)
	}
	for _, a := range back.Room.Agents {
		if (a.Role == "admin") != (a.Name == "Ann") {
			t.Errorf("%s is %s", a.Name, a.Role)
		}
	}
	guest.must(t, "wait_for_message", args{"agent_token": cid.AgentToken, "wait_seconds": 0})
	attacks(t, "the admin's seat: %d of %d attempts got something in %v", admitted, n, took.Round(time.Millisecond))
}

// Two windows of one machine are called Claude. Each makes no call while it waits for its
// user's consent, and joins once more when it has lost its seat.
func TestAttack_twoClaudes_evictEachOther(t *testing.T) {
	p := start(t)
	lasts := time.Duration(scaled(84)) * time.Second
	consent := lasts * 7 / 24 // 24.5 s in full: longer than an unused seat is safe
	var windows sync.WaitGroup
	var mu sync.Mutex
	evictions := 0
	ctx, stop := context.WithTimeout(t.Context(), lasts)
	defer stop()
	for i, c := range []*inGo{openGo(t, p.url, modernProtocol), openGo(t, p.url, modernProtocol)} {
		windows.Go(func() {
			token := ""
			for again := time.After(time.Duration(i) * consent); ; again = time.After(consent) {
				select {
				case <-ctx.Done():
					return
				case <-again:
				}
				if token != "" {
					got, err := c.call(t.Context(), "wait_for_message", args{"agent_token": token, "wait_seconds": 0})
					if err != nil {
						t.Error(err)
						return
					}
					if got.Code == "" {
						continue
					}
					if got.Code != "token_invalid" {
						t.Errorf("it is told %+v", got)
					}
					mu.Lock()
					evictions++
					mu.Unlock()
				}
				got, err := c.call(t.Context(), "join_room", args{"room": "attack", "agent_name": "Claude"})
				if err != nil {
					t.Error(err)
					return
				}
				token = ""
				if got.Code == "" {
					token = got.AgentToken
				} else if got.Code != "name_taken" {
					t.Errorf("%+v", got)
				}
			}
		})
	}
	windows.Wait()
	if evictions > 1 { // the first that has not called yet may have lost its reply
		t.Errorf("%d evictions", evictions)
	}
	attacks(t, "two agents called Claude: %d evictions in %v", evictions, lasts)
}
