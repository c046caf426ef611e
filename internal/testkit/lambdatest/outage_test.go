package lambdatest_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
	"github.com/parley-chat/parley/internal/testkit/lambdatest"
)

const (
	// outageAnswer is how long a call may take whose table does not answer, on a machine that
	// has other work, too. Package tools decides it to the second.
	outageAnswer = 19 * time.Second
	// deadLineAnswer is how long one may take whose connection died in a freeze.
	deadLineAnswer = 2500 * time.Millisecond
)

// through deploys the function with a wire in front of the table.
func through(t *testing.T, places int, env ...string) (*lambdatest.Fleet, *dynamolocal.Wire) {
	t.Helper()
	f := deploy(t)
	wire := dynamolocal.Interpose(t, f.endpoint)
	f.endpoint = wire.Endpoint
	return f.fleet(places, env...), wire
}

// on returns a client whose requests go to one place.
func on(f *lambdatest.Fleet, place int) *http.Client { return f.FunctionURL(lambdatest.Only(place)) }

// told is the end of a call.
type told struct {
	result
	err  error
	took time.Duration
}

// callWithin calls a tool whose client gives up after d.
func callWithin(t *testing.T, client *http.Client, d time.Duration, tool string, arguments args) told {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	began := time.Now()
	r, err := tryWithin(ctx, t, client, tool, arguments)
	return told{r, err, time.Since(began)}
}

// outageCall is a call while the table hangs.
type outageCall struct {
	what, tool string
	arguments  args
}

func outageCalls(alice, bob result) []outageCall {
	return []outageCall{
		{"a join at a new instance", "join_room", args{"room": "room", "agent_name": "Cleo"}},
		{"a join", "join_room", args{"room": "other room", "agent_name": "Dan"}},
		{"room_info", "room_info", args{"agent_token": alice.AgentToken}},
		{"list_rooms", "list_rooms", args{}},
		{"message_history", "message_history", args{"agent_token": alice.AgentToken}},
		{"a send at an instance that does not know the room", "send_message",
			args{"agent_token": alice.AgentToken, "text": "hello"}},
		{"a wait there", "wait_for_message", args{"agent_token": bob.AgentToken, "cursor": bob.Cursor,
			"wait_seconds": 10}},
	}
}

func TestOutage_tableHangs_callsAreUnavailableInTime(t *testing.T) {
	t.Parallel()
	const places = 8 // the first is used in the outage only
	fleet, wire := through(t, places, "PARLEY_KEEP_ALIVE=100ms")
	alice := call(t, on(fleet, 1), "create_room", args{"room": "room", "agent_name": "Alice", "capacity": 4})
	bob := join(t, on(fleet, 1), "room", "Bob")
	for k := 2; k < places; k++ {
		callWithin(t, on(fleet, k), outageAnswer, "list_rooms", args{})
	}
	const seconds = 5
	open, began := waiting(t, on(fleet, places-1), bob, seconds), time.Now()
	time.AfterFunc(outageAnswer, func() { open.Body.Close() })
	wire.Hang()
	calls := outageCalls(alice, bob)
	ends := make([]told, len(calls))
	var all sync.WaitGroup
	for k, c := range calls {
		all.Go(func() { ends[k] = callWithin(t, on(fleet, k), outageAnswer, c.tool, c.arguments) })
	}
	text, err := readAll(open)
	if end, failed := decode(text); err != nil || failed != nil || end.Code != "unavailable" && end.Status != "quiet" {
		t.Errorf("a wait that was open: %+v after %v, %v, %v", end, time.Since(began), err, failed)
	}
	all.Wait()
	unavailable := 0
	for k, c := range calls {
		end := ends[k]
		t.Logf("%s: %s%s after %v", c.what, end.Code, end.Status, end.took.Round(time.Millisecond))
		fine := end.Code == "unavailable" || c.tool == "wait_for_message" && end.Status == "quiet"
		if end.err != nil || !fine {
			t.Errorf("%s: %+v after %v, %v", c.what, end.result, end.took, end.err)
		}
		if end.Code == "unavailable" {
			unavailable++
		}
	}
	if !t.Failed() { // else instances are busy for minutes
		checkOutageMetrics(t, fleet, unavailable)
	}
}

// checkOutageMetrics checks what CloudWatch is told of failed calls.
func checkOutageMetrics(t *testing.T, fleet *lambdatest.Fleet, unavailable int) {
	t.Helper()
	fleet.Settle()
	output := fleet.Output()
	metrics, _ := lines(t, output)
	counted, failures := 0, 0
	for _, m := range metrics {
		counted += m.Unavailable
		failures += m.TableFailures
	}
	if counted < unavailable || failures < unavailable {
		t.Errorf("of %d calls without an answer of the table the metrics count %d, and %d failures of the table",
			unavailable, counted, failures)
	}
	if strings.Contains(output, `"code":"internal"`) {
		t.Errorf("the log counts an internal error:\n%s", output)
	}
}

func TestOutage_connectionDiedInAFreeze_costsLittle(t *testing.T) {
	fleet, wire := through(t, 1)
	alice := join(t, on(fleet, 0), "room", "Alice")
	for k, text := range []string{"what the frozen connection lost", "and what a later one did"} {
		fleet.Settle()
		wire.Drop()
		end := callWithin(t, on(fleet, 0), outageAnswer, "send_message",
			args{"agent_token": alice.AgentToken, "text": text})
		if end.err != nil || !end.Sent || end.took > deadLineAnswer {
			t.Errorf("send %d: %+v, %v after %v, want at most %v", k, end.result, end.err, end.took, deadLineAnswer)
		}
		t.Logf("send %d: %v", k, end.took.Round(time.Millisecond))
	}
}
