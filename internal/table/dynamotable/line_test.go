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

	"github.com/parley-chat/parley/internal/dynamolocal"
	"github.com/parley-chat/parley/internal/table/dynamotable"
)

// line is the wire between a Table and the real engine. It keeps what went over
// it, and spoils the requests for which its plan has a fault.
type line struct {
	t      *testing.T
	engine string
	plan   plan

	mu   sync.Mutex
	seen []request
}

// request is what a Table sent.
type request struct {
	Operation string
	Body      map[string]any
}

// plan returns the fault for the nth request, from 0, or nil for none.
type plan func(n int) fault

// fault deals with a request in place of the line; engine sends it on and
// returns the status and the body of the answer.
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

// answered is an answer of the service's that this engine never gives.
func answered(status int, body string) fault {
	return func(w http.ResponseWriter, _ *http.Request, _ func() (int, []byte)) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// refusal is the body of an error answer.
func refusal(code string) string {
	return `{"__type":"com.amazonaws.dynamodb.v20120810#` + code + `","message":"as planned"}`
}

// cancelled is the body of a cancelled transaction's answer; a code with an item
// is written "Code=sort key".
func cancelled(codes ...string) string {
	var reasons []map[string]any
	for _, code := range codes {
		code, sort, hasItem := strings.Cut(code, "=")
		reason := map[string]any{"Code": code}
		if hasItem {
			reason["Item"] = map[string]any{"pk": map[string]string{"S": "p"}, "sk": map[string]string{"S": sort}, "data": map[string]string{"S": "theirs"}}
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

// cutBefore breaks the connection before the engine hears of the request.
func cutBefore(http.ResponseWriter, *http.Request, func() (int, []byte)) {
	panicToHangUp()
}

// cutAfter breaks it when the engine has dealt with the request: the reply is lost.
func cutAfter(_ http.ResponseWriter, _ *http.Request, engine func() (int, []byte)) {
	engine()
	panicToHangUp()
}

// cutWithin breaks it in the middle of the reply.
func cutWithin(w http.ResponseWriter, _ *http.Request, engine func() (int, []byte)) {
	status, body := engine()
	w.WriteHeader(status)
	_, _ = w.Write(append(body[:len(body)/2:len(body)/2], bytes.Repeat([]byte(" "), 64<<10)...)) // beyond what the server buffers
	panicToHangUp()
}

// failedAfter has the engine deal with the request and answers 500 all the same.
func failedAfter(w http.ResponseWriter, r *http.Request, engine func() (int, []byte)) {
	engine()
	answered(http.StatusInternalServerError, refusal("InternalServerError"))(w, r, engine)
}

// silent never answers.
func silent(_ http.ResponseWriter, r *http.Request, _ func() (int, []byte)) {
	<-r.Context().Done()
}

// then does something behind the back of the Table when the fault is over.
func (f fault) then(do func()) fault {
	return func(w http.ResponseWriter, r *http.Request, engine func() (int, []byte)) {
		defer do()
		f(w, r, engine)
	}
}

// panicToHangUp is net/http's own way to break a connection from a handler.
func panicToHangUp() { panic(http.ErrAbortHandler) }

// openLine makes an empty table and opens it twice: over a line with this plan,
// and straight.
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
	if err != nil { // the Table gave this attempt up while it sent it
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

// note keeps the request and returns its number.
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

// requests returns what has gone over the line.
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
