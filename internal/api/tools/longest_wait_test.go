package tools

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/pairing"
)

// suggested finds the waits that a text suggests, in seconds.
func suggested(t *testing.T, text string) []time.Duration {
	t.Helper()
	var waits []time.Duration
	for _, found := range regexp.MustCompile(`wait_seconds ([0-9]+)`).FindAllStringSubmatch(text, -1) {
		n, err := strconv.Atoi(found[1])
		if err != nil {
			t.Fatal(err)
		}
		waits = append(waits, time.Duration(n)*time.Second)
	}
	return waits
}

func TestLongestWait_isTheMostThatTextsAndSchemasOffer(t *testing.T) {
	for _, longest := range []time.Duration{time.Second, 20 * time.Second, 48 * time.Second, 120 * time.Second,
		core.MaxWait} {
		s := New(nil, nil, Options{LongestWait: longest})
		next := s.clients.advisor(t.Context())
		texts := []string{s.Instructions(claudeCode)}
		for _, w := range []chat.Waited{quietFor(1), quietFor(0), newsFor(1, said("m9")),
			newsFor(2, said("m9")), newsFor(1, came("m9"))} {
			texts = append(texts, next.waited(w, chat.WaitRequest{Wait: longest}),
				next.sent(chat.Sent{Sent: true, Waited: w}, chat.SendRequest{}))
		}
		texts = append(texts, next.seated(seatedWith(1, nil)),
			next.queued(pairing.Result{Status: pairing.Paired, Seated: seatedWith(1, nil)}, 0))
		offered := 0
		for _, text := range texts {
			for _, wait := range suggested(t, text) {
				offered++
				if wait > longest || longest >= usualHabits.wait && wait > usualHabits.wait {
					t.Errorf("with %v: %s", longest, text)
				}
			}
		}
		if offered < len(texts) {
			t.Errorf("only %d waits are offered", offered)
		}
		for _, tool := range s.Tools() {
			most := longest
			if tool.Name == "enter_queue" {
				most = min(longest, core.MaxQueueWait)
			}
			checkWaitArgument(t, tool.Name, tool.Input(), most)
		}
	}
}

// Where a client may leave unseen, a call in the queue is short, and says so.
func TestLongestInQueue_isTheMostThatEnterQueueOffers(t *testing.T) {
	s := New(nil, nil, Options{LongestInQueue: core.UnseenQueueWait})
	checkWaitArgument(t, "enter_queue", s.enterQueue().Input(), core.UnseenQueueWait)
	checkWaitArgument(t, "wait_for_message", s.waitForMessage().Input(), core.MaxWait)
	if next := s.viewQueued(t.Context(), pairing.Result{Status: pairing.Waiting}).Next; !strings.Contains(next,
		"wait_seconds 20") {
		t.Error(next)
	}
}

// checkWaitArgument checks the schema of a tool's wait_seconds, if it has one.
func checkWaitArgument(t *testing.T, tool string, schema json.RawMessage, longest time.Duration) {
	t.Helper()
	var in struct {
		Properties map[string]struct {
			Description string
			Maximum     *int64
			Default     any
		}
	}
	if err := json.Unmarshal(schema, &in); err != nil {
		t.Fatal(err)
	}
	wait, has := in.Properties["wait_seconds"]
	most := int64(longest / time.Second)
	usual, _ := wait.Default.(float64) // a send does not wait by default
	if has && (!regexp.MustCompile(fmt.Sprintf(`^0-%d[,.]`, most)).MatchString(wait.Description) ||
		int64(usual) > most) {
		t.Errorf("%s: wait_seconds %s, %v by default, with a longest wait of %v", tool, wait.Description, usual,
			longest)
	}
	if wait.Maximum != nil {
		t.Errorf("%s: a client that checks its calls would refuse a wait_seconds that counts as the longest wait", tool)
	}
}

// A wait that is longer than the server allows counts as the longest wait.
func TestLongestWait_moreThanThat_countsAsIt(t *testing.T) {
	s := New(nil, nil, Options{LongestWait: 20 * time.Second})
	for _, a := range s.waitForMessage().args {
		if a.Name == "wait_seconds" && (!a.Clamped || !strings.HasSuffix(a.Want(), " to 20") ||
			fmt.Sprint(a.Fallback) != "20") {
			t.Errorf("wait_seconds is %s, %v by default", a.Want(), a.Fallback)
		}
	}
}
