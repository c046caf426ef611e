package lambdatest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/parley-chat/parley/internal/testkit/lambdatest"
)

// capped is a proxy in front of the table that answers as DynamoDB does beyond the
// maximum of the template ("On-demand maximum throughput exceeded" in the Developer
// Guide). DynamoDB Local has no maximum.
type capped struct {
	reads, writes atomic.Bool   // the maximum of these is reached
	refused       chan struct{} // receives for each refusal, while there is room
}

const (
	throttled = `{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"Throughput exceeds the maximum OnDemandThroughput configured on table or index"}`
	// A transaction names the reason for each of its items.
	throttledWithin = `{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"Transaction cancelled","CancellationReasons":[` +
		`{"Code":"ThrottlingError","Message":"Throughput exceeds the maximum OnDemandThroughput configured on table or index"},{"Code":"None"}]}`
)

// capTable deploys the function on a table with a maximum.
func capTable(t *testing.T, places int) (*lambdatest.Fleet, *capped) {
	t.Helper()
	f := deploy(t)
	engine, err := url.Parse(f.endpoint)
	if err != nil {
		t.Fatal(err)
	}
	c := &capped{refused: make(chan struct{}, 1000)}
	pass := &httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(engine) }}
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		reads := operation == "GetItem" || operation == "Query"
		if reads && !c.reads.Load() || !reads && !c.writes.Load() {
			pass.ServeHTTP(w, r)
			return
		}
		answer := throttled
		if operation == "TransactWriteItems" {
			answer = throttledWithin
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, answer)
		select {
		case c.refused <- struct{}{}:
		default:
		}
	}))
	t.Cleanup(proxy.Close)
	f.endpoint = proxy.URL
	return f.fleet(places), c
}

func TestThrottled_writes_areToldToComeBackAndHappenOnce(t *testing.T) {
	t.Parallel()
	fleet, table := capTable(t, 3)
	alice := join(t, on(fleet, 0), "room", "Alice")
	table.writes.Store(true)
	ends := make(chan told, 2)
	go func() {
		ends <- callWithin(t, on(fleet, 0), outageAnswer, "send_message",
			args{"agent_token": alice.AgentToken, "text": "one put"})
	}()
	go func() {
		ends <- callWithin(t, on(fleet, 1), outageAnswer, "join_room", args{"room": "room", "agent_name": "Bob"})
	}()
	info := callWithin(t, on(fleet, 2), outageAnswer, "room_info", args{"agent_token": alice.AgentToken})
	for range 2 {
		end := <-ends
		if end.err != nil || end.Code != "unavailable" || end.RetryAfter < 1 || end.RetryAfter > 60 {
			t.Errorf("%+v, %v after %v; want unavailable, and when to come back", end.result, end.err, end.took)
		}
		if info.err != nil || info.Code != "" || info.took > end.took {
			t.Errorf("reads are served, and room_info is not: %+v, %v after %v", info.result, info.err, info.took)
		}
		t.Logf("%s, back in %d s, after %v; a read took %v", end.Code, end.RetryAfter, end.took, info.took)
	}
	table.writes.Store(false)
	// What an instance gave up may still have reached the table: Bob's name may be taken.
	carol := join(t, on(fleet, 1), "room", "Carol")
	call(t, on(fleet, 0), "send_message", args{"agent_token": alice.AgentToken, "text": "one put"})
	history := call(t, on(fleet, 1), "message_history", args{"agent_token": carol.AgentToken})
	said := 0
	for _, m := range history.Messages {
		if m.Text == "one put" {
			said++
		}
	}
	if said != 1 {
		t.Errorf("said %d times: %+v", said, history.Messages)
	}
}

func TestThrottled_readsOfAWait_itGoesOn(t *testing.T) {
	t.Parallel()
	fleet, table := capTable(t, 2)
	alice := join(t, on(fleet, 0), "room", "Alice")
	bob := join(t, on(fleet, 1), "room", "Bob")
	// Both instances know the room, so that one only polls it and the other only puts.
	call(t, on(fleet, 0), "send_message", args{"agent_token": alice.AgentToken, "text": "hello"})
	bob.Cursor = ended(t, waiting(t, on(fleet, 1), bob, 45)).Cursor
	wait := waiting(t, on(fleet, 1), bob, 45)
	table.reads.Store(true)
	for range 3 {
		<-table.refused
	}
	call(t, on(fleet, 0), "send_message", args{"agent_token": alice.AgentToken, "text": "are you there?"})
	table.reads.Store(false)
	if end := ended(t, wait); len(end.Messages) != 1 || end.Messages[0].Text != "are you there?" {
		t.Errorf("%+v; want the message", end)
	}
}
