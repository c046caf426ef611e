package agentcall_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/parley-chat/parley/internal/outbound/agentcall"
	"github.com/parley-chat/parley/internal/outbound/outcall"
)

const secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

// endpoint is a host on the loopback that answers all calls with a status and a body, which the test sets.
type endpoint struct {
	url    string
	client *agentcall.Client
	says   atomic.Pointer[outcall.Answer]
	method string // of the last call, as all fields below
	path   string
	header http.Header
	body   string
}

func newEndpoint(t *testing.T) *endpoint {
	t.Helper()
	e := &endpoint{client: agentcall.New(outcall.New(outcall.Options{Loopback: true}))}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		e.method, e.path, e.header, e.body = r.Method, r.URL.Path, r.Header.Clone(), string(body)
		says := e.says.Load()
		w.WriteHeader(says.Status)
		_, _ = w.Write(says.Body)
	}))
	t.Cleanup(s.Close)
	e.url = s.URL
	return e
}

func (e *endpoint) answers(status int, body string) {
	e.says.Store(&outcall.Answer{Status: status, Body: []byte(body)})
}

var at = time.Unix(1700000000, 0)

func (e *endpoint) sends(t *testing.T, known string) (agentcall.Reply, error) {
	return e.client.Send(t.Context(), e.url+"/rpc", secret,
		agentcall.Message{ID: "evt_1", Context: known, Texts: []string{"Ann: Hello.", "Ann: <Well?>"}}, at)
}

// The body is all that agents see of the wire, so the whole body is here.
func TestSend_request_isOneOfA2AAndSigned(t *testing.T) {
	e := newEndpoint(t)
	e.answers(200, `{"result":{"message":{"parts":[{"text":"Hello."}]}}}`)
	for known, context := range map[string]string{"": "", "c1": `"contextId":"c1",`} {
		if _, err := e.sends(t, known); err != nil {
			t.Fatal(err)
		}
		want := `{"jsonrpc":"2.0","id":1,"method":"SendMessage","params":{"configuration":{"acceptedOutputModes":` +
			`["text/plain"],"returnImmediately":true,"historyLength":2},"message":{"messageId":"evt_1",` + context +
			`"parts":[{"text":"Ann: Hello."},{"text":"Ann: \u003cWell?\u003e"}],"role":"ROLE_USER"}}}`
		if e.body != want {
			t.Errorf("%s\nwant %s", e.body, want)
		}
		wh, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			t.Fatal(err)
		}
		if err := wh.VerifyIgnoringTimestamp([]byte(e.body), e.header); err != nil || e.method != http.MethodPost ||
			e.header.Get("Webhook-Id") != "evt_1" || e.header.Get("A2A-Version") != "1.0" ||
			e.header.Get("Accept") != "application/json" || e.header.Get("Authorization") != "" {
			t.Errorf("%s with %v: %v", e.method, e.header, err)
		}
	}
	e.answers(200, `{"result":{"id":"t1","contextId":"c1","status":{"state":"TASK_STATE_COMPLETED"}}}`)
	if _, err := e.client.Task(t.Context(), e.url, secret, "t\n1", at); err != nil {
		t.Fatal(err)
	}
	if want := `{"jsonrpc":"2.0","id":1,"method":"GetTask","params":{"id":"t\n1","historyLength":2}}`; e.body != want {
		t.Errorf("%s\nwant %s", e.body, want)
	}
}
