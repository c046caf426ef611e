package e2e

import (
	"fmt"
	"sync"
	"testing"
)

// crowd is how many agents do the same thing at the same moment.
const crowd = 50

func TestJoin_crowdAtOneDoor_twoComeIn(t *testing.T) {
	p := start(t)
	joinTogether(t, crowdOf(t, p))
}

// crowdOf connects a crowd of clients, each to one of the programs in turn.
func crowdOf(t *testing.T, programs ...*program) []talk {
	clients := make([]talk, crowd)
	for i := range clients {
		clients[i] = talk{t, openGo(t, programs[i%len(programs)].url, modernProtocol)}
	}
	return clients
}

// joinTogether brings a crowd to a room of two, and then one under a single
// name to a room for all.
func joinTogether(t *testing.T, clients []talk) {
	t.Helper()
	codes := together(clients, func(c talk, i int) string {
		return c.tool("join_room", args{"room": "the small room", "agent_name": fmt.Sprintf("Agent %d", i)}).Code
	})
	if codes[""] != 2 || codes["room_full"] != crowd-2 {
		t.Errorf("joining a room of two was answered %v, want two seats and the rest room_full", codes)
	}
	codes = together(clients, func(c talk, _ int) string {
		return c.tool("join_room", args{"room": "the hall", "agent_name": "Nora", "capacity": 100}).Code
	})
	if codes[""] != 1 || codes["name_taken"] != crowd-1 {
		t.Errorf("joining under one name was answered %v, want one seat and the rest name_taken", codes)
	}
}

// together makes one call with every client at the same moment, and counts the
// answers.
func together(clients []talk, call func(c talk, i int) string) map[string]int {
	var all sync.WaitGroup
	var mu sync.Mutex
	counts := map[string]int{}
	begin := make(chan struct{})
	for i, c := range clients {
		all.Go(func() {
			<-begin
			code := call(c, i)
			mu.Lock()
			defer mu.Unlock()
			counts[code]++
		})
	}
	close(begin)
	all.Wait()
	return counts
}
