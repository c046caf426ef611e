package dynamotable_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/parley-chat/parley/internal/store/table/dynamotable"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
)

// line is a proxy between a Table and DynamoDB Local. It records the requests and
// injects the faults of its plan.
type line struct {
	t      *testing.T
	engine string
	plan   plan

	mu   sync.Mutex
	seen []request
}

// request is a request that a Table sent.
type request struct {
	Operation string
	Body      map[string]any
}

// plan returns the fault for the nth request, counted from 0, or nil.
type plan func(n int) fault

// fault handles a request. engine forwards it to DynamoDB Local and returns the
// status and the body of the response.
type fault func(w http.ResponseWriter, r *http.Request, engine func() (int, []byte))

func first(faults ...fault) plan {
	return func(n int) fault {
		if n < len(faults) {
			return faults[n]
		}
		return nil
	}
}

func always(f fault) plan { return func(int) fault { return f } }

// answered responds like the service in cases that DynamoDB Local never shows.
func answered(status int, body string) fault {
	return func(w http.ResponseWriter, _ *http.Request, _ func() (int, []byte)) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// refusal returns the body of an error response.
func refusal(code string) string {
	return `{"__type":"com.amazonaws.dynamodb.v20120810#` + code + `","message":"as planned"}`
}

// cancelled returns the body of the response to a cancelled transaction. A code
// with an item is written "Code=sort key".
func cancelled(codes ...string) string {
	var reasons []map[string]any
	for _, code := range codes {
		code, sort, hasItem := strings.Cut(code, "=")
		reason := map[string]any{"Code": code}
		if hasItem {
			reason["Item"] = map[string]any{"pk": map[string]string{"S": "p"}, "sk": map[string]string{"S": sort},
				"data": map[string]string{"S": "theirs"}}
		}
		reasons = append(reasons, reason)
	}
	body, err := json.Marshal(map[string]any{
		"__type":              "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
		"Message":             "as planned",
		"CancellationReasons": reasons,
	})
	if err != nil {
		return err.Error()
	}
	return string(body)
}

// cutBefore breaks the connection before the engine gets the request.
func cutBefore(http.ResponseWriter, *http.Request, func() (int, []byte)) {
	panicToHangUp()
}

// cutAfter breaks the connection after the engine handled the request: the reply
// is lost.
func cutAfter(_ http.ResponseWriter, _ *http.Request, engine func() (int, []byte)) {
	engine()
	panicToHangUp()
}

// cutWithin breaks the connection in the middle of the reply.
func cutWithin(w http.ResponseWriter, _ *http.Request, engine func() (int, []byte)) {
	status, body := engine()
	w.WriteHeader(status)
	// more than the server buffers
	_, _ = w.Write(append(body[:len(body)/2:len(body)/2], bytes.Repeat([]byte(" "), 64<<10)...))
	panicToHangUp()
}

// failedAfter lets the engine handle the request, then responds with 500.
func failedAfter(w http.ResponseWriter, r *http.Request, engine func() (int, []byte)) {
	engine()
	answered(http.StatusInternalServerError, refusal("InternalServerError"))(w, r, engine)
}

// silent never responds.
func silent(_ http.ResponseWriter, r *http.Request, _ func() (int, []byte)) {
	<-r.Context().Done()
}

// then returns f followed by do.
func (f fault) then(do func()) fault {
	return func(w http.ResponseWriter, r *http.Request, engine func() (int, []byte)) {
		defer do()
		f(w, r, engine)
	}
}

// panicToHangUp breaks the connection; net/http offers handlers no other way.
func panicToHangUp() { panic(http.ErrAbortHandler) }

// openLine creates an empty table and opens it twice: through a line with the
// plan, and directly.
func openLine(t *testing.T, opts dynamotable.Options, p plan) (over, straight *dynamotable.Table, l *line) {
	t.Helper()
	straight, name := dynamolocal.NewTable(t, dynamotable.Options{Clock: opts.Clock})
	l = &line{t: t, engine: dynamolocal.Start(t), plan: p}
	server := httptest.NewServer(l)
	t.Cleanup(server.Close)
	return dynamotable.New(dynamolocal.Client(server.URL), name, opts), straight, l
}

func (l *line) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil { // the Table gave up while sending
		panicToHangUp()
	}
	engine := func() (int, []byte) { return l.forward(r.Header, body) }
	if f := l.plan(l.note(r, body)); f != nil {
		f(w, r, engine)
		return
	}
	status, answer := engine()
	answered(status, string(answer))(w, r, engine)
}

// note records the request and returns the request's number.
func (l *line) note(r *http.Request, body []byte) int {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	sent := request{Operation: operation}
	if err := json.Unmarshal(body, &sent.Body); err != nil {
		l.t.Errorf("a request of %s is not JSON: %v", operation, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seen = append(l.seen, sent)
	return len(l.seen) - 1
}

// requests returns the recorded requests.
func (l *line) requests() []request {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]request(nil), l.seen...)
}

func (l *line) forward(header http.Header, body []byte) (int, []byte) {
	r, err := http.NewRequest(http.MethodPost, l.engine, bytes.NewReader(body))
	if err != nil {
		l.t.Error(err)
		return http.StatusInternalServerError, nil
	}
	r.Header = header.Clone()
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		l.t.Errorf("the engine behind the line: %v", err)
		return http.StatusInternalServerError, nil
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		l.t.Errorf("the engine behind the line: %v", err)
	}
	return answer.StatusCode, text
}
