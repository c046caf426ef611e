package lambdatest_test

import (
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/testkit/lambdatest"
)

// account plays what is between the functions of a deployment: the stream brings its records to one, whose asynchronous
// invocations, and schedules, reach the other. Lambda repeats an invocation that failed after one and two minutes, and
// one for which no instance was free after a second, two, four and so on ("How Lambda handles errors and retries with
// asynchronous invocation"). What calls reach is host.
type account struct {
	t *testing.T
	*function
	aws             *services
	stream          *stream
	streams, outbox *lambdatest.Fleet
	host            *callee
	choose          lambdatest.Choice

	most chan struct{} // has one for each instance that is busy, if the account has a limit; else nil

	mu       sync.Mutex
	r        *rand.Rand
	rough    bool // the stream shuffles and doubles records, and invocations are refused and doubled
	under    sync.WaitGroup
	over     chan struct{}
	repeated int
	refused  int
	looked   int // invocations of the outbox that are over
	twice    int
}

// newAccount deploys all functions. The outbox has at most so many instances, and so has the account if it is
// limited.
func newAccount(t *testing.T, instances int, limited bool, host *callee, env ...string) *account {
	t.Helper()
	f, aws := deploy(t), serveAWS(t)
	a := &account{t: t, function: f, aws: aws, stream: f.watch(), host: host, over: make(chan struct{}),
		choose: lambdatest.First, r: rand.New(rand.NewPCG(1, 2))}
	if limited {
		a.most = make(chan struct{}, instances)
	}
	trusted := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(trusted, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE",
		Bytes: host.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	a.streams = lambdatest.Deploy(t, f.spreaderProgram(aws), 5)
	a.streams.Timeout = timeoutOf(t, "StreamFunction")
	a.outbox = lambdatest.Deploy(t, f.outboxProgram(dialing(t), aws, append(env, "SSL_CERT_FILE="+trusted,
		hostIP+"="+host.Listener.Addr().String())...), instances)
	a.outbox.Timeout = timeoutOf(t, "OutboxFunction")
	aws.refuses = func() bool { return a.chance(5) }
	aws.begin = func(payload string, after time.Duration) { a.under.Go(func() { a.look(payload, after) }) }
	return a
}

// run brings what comes by the stream until the test ends.
func (a *account) run() {
	a.t.Helper()
	a.stream.begin()
	var stream sync.WaitGroup
	stream.Go(a.bring)
	a.t.Cleanup(func() {
		close(a.over)
		stream.Wait()
		a.under.Wait()
	})
}

// pause waits. It returns false if the test is over.
func (a *account) pause(d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-a.over:
		return false
	}
}

// chance reports whether what happens now and then happens now.
func (a *account) chance(percent int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.rough && a.r.IntN(100) < percent
}

// bring is the event source of the stream: it brings a batch until it has been taken, from where the function says.
func (a *account) bring() {
	for a.pause(20 * time.Millisecond) {
		batch, _ := a.stream.read()
		if a.chance(30) {
			a.mu.Lock()
			batch = append(batch, batch[:len(batch)/2]...)
			a.r.Shuffle(len(batch), func(i, k int) { batch[i], batch[k] = batch[k], batch[i] })
			a.mu.Unlock()
		}
		for len(batch) > 0 {
			event, err := json.Marshal(records{batch})
			if err != nil {
				a.t.Error(err)
				return
			}
			text, err := a.invoke(a.streams, event)
			var got struct {
				BatchItemFailures []struct{ ItemIdentifier string }
			}
			if err == nil && json.Unmarshal(text, &got) == nil {
				if len(got.BatchItemFailures) == 0 {
					break
				}
				from := got.BatchItemFailures[0].ItemIdentifier
				batch = batch[max(0, slices.IndexFunc(batch, func(c change) bool {
					return strings.Contains(string(c), `"`+from+`"`)
				})):]
			}
			if !a.pause(100 * time.Millisecond) {
				return
			}
		}
	}
}

// look is an asynchronous invocation of the outbox.
func (a *account) look(payload string, after time.Duration) {
	if a.chance(10) {
		a.under.Go(func() { a.look(payload, after) }) // Lambda may invoke twice for one event
		a.mu.Lock()
		a.twice++
		a.mu.Unlock()
	}
	busy, failed := time.Second, time.Minute
	for a.pause(after) {
		_, err := a.invoke(a.outbox, []byte(payload))
		a.mu.Lock()
		a.looked++
		a.mu.Unlock()
		switch {
		case err == nil:
			return
		case errors.Is(err, lambdatest.ErrBusy):
			after, busy = busy, min(2*busy, 5*time.Minute)
			a.mu.Lock()
			a.refused++
			a.mu.Unlock()
		default:
			if failed > 2*time.Minute {
				a.t.Errorf("%s is given up: %v", payload, err)
				return
			}
			after, failed = failed, 2*failed
			a.mu.Lock()
			a.repeated++
			a.mu.Unlock()
		}
	}
}

// begun returns how many invocations of the outbox are over or have begun to call.
func (a *account) begun() int {
	calls, _ := a.host.count()
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.looked + calls
}

// enter takes one of the instances of the account. It returns false if all are busy.
func (a *account) enter() bool {
	select {
	case a.most <- struct{}{}:
		return true
	default:
		return a.most == nil
	}
}

func (a *account) leave() {
	if a.most != nil {
		<-a.most
	}
}

func (a *account) invoke(f *lambdatest.Fleet, event []byte) ([]byte, error) {
	if !a.enter() {
		return nil, lambdatest.ErrBusy
	}
	defer a.leave()
	response, err := f.Invoke(a.t.Context(), a.choose, event)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(response.Body)
}

// through returns a client of the MCP function. While the account has no instance for a request, the client tries again
// each second: an instance that starts, or looks what there is to call, is busy, too. The test fails if the instances
// are busy because more than so many hosts are called.
func (a *account) through(f *lambdatest.Fleet, places int) *http.Client {
	inside := f.FunctionURL(lambdatest.First).Transport
	return &http.Client{Transport: roundTrip(func(q *http.Request) (*http.Response, error) {
		for !a.enter() {
			_, now := a.host.count()
			a.t.Logf("an agent is refused while %d hosts are called", now)
			if now > places || !a.pause(time.Second) {
				return &http.Response{StatusCode: http.StatusTooManyRequests, Body: http.NoBody, Request: q}, nil
			}
		}
		resp, err := inside.RoundTrip(q)
		if err != nil {
			a.leave()
			return nil, err
		}
		resp.Body = &lastWords{resp.Body, sync.OnceFunc(a.leave)}
		return resp, nil
	})}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(q *http.Request) (*http.Response, error) { return f(q) }

// lastWords is a body that says when it was closed.
type lastWords struct {
	io.ReadCloser
	closed func()
}

func (l *lastWords) Close() error {
	defer l.closed()
	return l.ReadCloser.Close()
}

// callee is the host of all addresses.
type callee struct {
	*httptest.Server
	thinks map[string]time.Duration // by groupOf

	mu    sync.Mutex
	calls map[string][]arrival
	now   map[string]int // calls that are under way: see groupOf
	most  map[string]int
}

// arrival is a call.
type arrival struct {
	id, text string
	at       time.Time
}

func newCallee(t *testing.T, thinks map[string]time.Duration) *callee {
	c := &callee{thinks: thinks, calls: map[string][]arrival{}, now: map[string]int{}, most: map[string]int{}}
	c.Server = httptest.NewTLSServer(c)
	t.Cleanup(c.Close)
	return c
}

func (c *callee) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	var got struct {
		ID   any // of an endpoint
		Data struct{ Message struct{ Text string } }
	}
	body, err := io.ReadAll(q.Body)
	if err != nil || json.Unmarshal(body, &got) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	path := q.URL.Path
	group := groupOf(path)
	c.mu.Lock()
	c.calls[path] = append(c.calls[path], arrival{q.Header.Get("Webhook-Id"), got.Data.Message.Text, time.Now()})
	c.now[group]++
	c.most[group] = max(c.most[group], c.now[group])
	c.mu.Unlock()
	<-time.After(c.thinks[group])
	c.mu.Lock()
	c.now[group]--
	c.mu.Unlock()
	if got.ID == nil {
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"jsonrpc": "2.0", "id": got.ID, "result": map[string]any{
		"message": map[string]any{"messageId": "1", "contextId": "c", "role": "ROLE_AGENT",
			"parts": []any{map[string]any{"text": "So."}}}}})
}

// groupOf returns a path without the number at its end: how long the host thinks depends on that.
func groupOf(path string) string { return strings.TrimRight(path[1:], "-0123456789") }

// heard returns the calls of a path so far, and how many of its group were under way at once at most.
func (c *callee) heard(path string) (calls []arrival, most int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.calls[path]), c.most[groupOf(path)]
}

// count returns how many calls have begun, and how many of them it has not answered.
func (c *callee) count() (begun, now int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, calls := range c.calls {
		begun += len(calls)
	}
	for _, n := range c.now {
		now += n
	}
	return begun, now
}

// texts returns what the calls of a path have told, each once, in the order of the first calls.
func (c *callee) texts(path string) (texts []string) {
	calls, _ := c.heard(path)
	for _, x := range calls {
		if !slices.Contains(texts, x.text) {
			texts = append(texts, x.text)
		}
	}
	return texts
}
