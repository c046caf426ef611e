package e2e

import (
	"cmp"
	"context"
	"encoding/base32"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// passerBy returns the i-th of many strangers, each of which has few calls open.
func passerBy(p *program, i int) stranger {
	return stranger{p, fmt.Sprintf("198.18.%d.%d", i%200/100, i%100)}
}

// Of all calls with one ticket one waits, and its agent finds its partner.
func TestAttack_oneTicketInManyCalls_holdsOneWait(t *testing.T) {
	p, n := exposed(t, "--metrics-addr", "127.0.0.1:0"), scaled(500)
	ann, err := passerBy(p, 0).call(t.Context(), "enter_queue", args{"agent_name": "Ann", "wait_seconds": 0})
	if err != nil || ann.Ticket == "" {
		t.Fatal(ann, err)
	}
	statuses := make(chan string, n)
	for i := range n {
		go func() {
			got, err := passerBy(p, i).call(t.Context(), "enter_queue", args{"ticket": ann.Ticket, "wait_seconds": 200})
			if err != nil && t.Context().Err() == nil {
				t.Error(err)
			}
			statuses <- got.Status
		}()
	}
	ends, late := map[string]int{}, time.After(patience)
collecting:
	for range n - 1 {
		select {
		case status := <-statuses:
			ends[status]++
		case <-late:
			break collecting
		}
	}
	held := n - ends["superseded"]
	if held != 1 {
		t.Errorf("%d calls with one ticket wait; the others ended with %v", held, ends)
	}
	bob, err := passerBy(p, 1).call(t.Context(), "enter_queue", args{"agent_name": "Bob", "wait_seconds": 20})
	if err != nil || bob.Status != "paired" || held == 1 && <-statuses != "paired" {
		t.Errorf("the ticket found no partner: %+v, %v", bob, err)
	}
	attacks(t, "%d calls with one ticket hold %d waits", n, held)
}

// Agents of one name are never paired with each other, so that the queue stays full.
func TestAttack_equalInterestsOfManyWaiting_starveNobody(t *testing.T) {
	p, n := exposed(t, "--metrics-addr", "127.0.0.1:0"), scaled(2000)
	alone := createTimes(t, p, 0, 100)
	ctx, leave := context.WithCancel(t.Context())
	var crowd sync.WaitGroup
	defer crowd.Wait()
	defer leave()
	for i := range n {
		crowd.Go(func() {
			got, err := passerBy(p, i).call(ctx, "enter_queue", args{
				"agent_name": "Ann", "interests": strings.Fields("a b c d e f g h i j"), "wait_seconds": 200,
			})
			if ctx.Err() == nil {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
	p.awaitOpenWaits(n)
	crowded := createTimes(t, p, 1, scaled(4000)) // in full longer than it takes until all have looked again
	longer := crowded.mean - alone.mean
	if longer > 200*time.Millisecond {
		t.Errorf("beside %d waiting agents create_room takes %v longer", n, longer)
	}
	attacks(t, "beside %d agents in the queue create_room takes %v longer: %v, and alone %v", n, longer, crowded, alone)
}

// callTimes are how long calls took.
type callTimes struct{ mean, median, slow time.Duration }

func (c callTimes) String() string {
	return fmt.Sprintf("%v in the mean, %v in the median, %v for the slowest hundredth", c.mean, c.median, c.slow)
}

// createTimes has so many strangers, of a network of their own, create a room each.
func createTimes(t *testing.T, p *program, network, n int) callTimes {
	t.Helper()
	var took []time.Duration
	var sum time.Duration
	for i := range n {
		s := stranger{p, fmt.Sprintf("198.19.%d.%d", 100*network+i/100, i%100)}
		began := time.Now()
		got, err := s.call(t.Context(), "create_room", args{"agent_name": "Eve"})
		if err != nil || got.AgentToken == "" {
			t.Fatalf("create_room: %s %s %v", got.Code, got.Message, err)
		}
		took = append(took, time.Since(began).Round(10*time.Microsecond))
		sum += took[i]
	}
	slices.Sort(took)
	return callTimes{sum / time.Duration(n), took[n/2], took[n*99/100]}
}

// A made-up ticket names whatever queue its maker likes.
func TestAttack_forgedTickets_writeNothing(t *testing.T) {
	p, n := exposed(t), scaled(2000)
	ann, err := passerBy(p, 0).call(t.Context(), "enter_queue", args{"agent_name": "Ann", "wait_seconds": 0})
	if err != nil || ann.Ticket == "" {
		t.Fatal(ann, err)
	}
	_, body, _ := strings.Cut(ann.Ticket, "-") // its check characters are right
	alphabet := base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)
	heard := map[string]int{}
	for i := range n {
		ticket := alphabet.EncodeToString(fmt.Appendf(nil, "forged%d", i)) + "-" + body
		got, err := passerBy(p, i).call(t.Context(), "enter_queue",
			args{"ticket": ticket, "leave": i%2 == 0, "wait_seconds": 0})
		if err != nil {
			t.Fatal(err)
		}
		heard[cmp.Or(got.Code, got.Status)]++
	}
	if heard["invalid_argument"] != n/2 || heard["left"] != n-n/2 {
		t.Errorf("forged tickets were answered %v", heard)
	}
	p.kill()
	stored := map[string]bool{}
	for _, file := range []string{p.args[1], p.args[1] + "-wal"} {
		text, err := os.ReadFile(file)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		for _, name := range regexp.MustCompile(`QUEUE#forged\d+`).FindAllString(string(text), -1) {
			stored[name] = true
		}
	}
	if len(stored) > 0 {
		t.Errorf("the file has %d partitions that forged tickets name", len(stored))
	}
	attacks(t, "%d forged tickets make %d partitions", n, len(stored))
}
