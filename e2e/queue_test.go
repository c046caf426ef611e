package e2e

import (
	"fmt"
	"sync"
	"testing"
)

// paired waits in the queue until it has a partner.
func (c talk) paired(name string) answer {
	c.t.Helper()
	ask := args{"agent_name": name, "wait_seconds": 20}
	for range 10 {
		a := c.ok("enter_queue", ask)
		if a.Status == "paired" {
			return a
		}
		if a.Status != "waiting" || a.Ticket == "" || a.Next == "" {
			c.t.Fatalf("enter_queue answered %+v", a)
		}
		ask = args{"ticket": a.Ticket, "wait_seconds": 20}
	}
	c.t.Fatalf("%s found no partner", name)
	panic("unreachable")
}

// inPairs is how two who look for somebody find each other.
func (c talk) inPairs() {
	c.t.Helper()
	var one, other answer
	var both sync.WaitGroup
	both.Go(func() { one = c.paired("Alice") })
	both.Go(func() { other = c.paired("Bob") })
	both.Wait()
	if one.Partner == nil || other.Partner == nil || one.Partner.Name != "Bob" || other.Partner.Name != "Alice" {
		c.t.Fatalf("Alice got %+v, Bob %+v", one, other)
	}
	alice, bob := seat{one.AgentToken, one.Cursor}, seat{other.AgentToken, other.Cursor}
	id := c.sayAndHear(alice, bob)
	c.answer(alice, bob, id)
}

func TestDynamoDB_fortyEnterTheQueueOfTwoPrograms_areTwentyPairs(t *testing.T) {
	enterTogether(t, 40)
}

func TestSoak_twoHundredEnterTheQueueOfTwoPrograms_areAHundredPairs(t *testing.T) {
	soak(t)
	enterTogether(t, 200)
}

// enterTogether has that many agents enter a queue at the same moment.
func enterTogether(t *testing.T, agents int) {
	t.Helper()
	one, other := startPair(t)
	programs := []*program{one, other}
	got := make([]answer, agents)
	begin := make(chan struct{})
	var all sync.WaitGroup
	for i := range got {
		c := talk{t, openGo(t, programs[i%2].url, modernProtocol)}
		all.Go(func() {
			<-begin
			got[i] = c.paired(agentNumber(i))
		})
	}
	close(begin)
	all.Wait()
	if t.Failed() {
		return
	}
	byName := map[string]answer{}
	for i, a := range got {
		byName[agentNumber(i)] = a
	}
	c := talk{t, openGo(t, other.url, modernProtocol)}
	for name, a := range byName {
		partner := byName[a.Partner.Name]
		if partner.Partner == nil || partner.Partner.Name != name || partner.Room.Name != a.Room.Name ||
			a.Partner.Name == name {
			t.Fatalf("%s has %s as its partner, in room %q, who has %+v, in room %q", name, a.Partner.Name, a.Room.Name,
				partner.Partner, partner.Room.Name)
		}
		if seats := c.ok("room_info", args{"agent_token": a.AgentToken}).Room.Agents; len(seats) != 2 {
			t.Errorf("%d agents are in the room of %s", len(seats), name)
		}
	}
}

func agentNumber(i int) string { return fmt.Sprintf("Agent %d", i) }
