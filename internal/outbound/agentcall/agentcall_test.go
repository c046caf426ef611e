package agentcall_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
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

// task returns a task in a state, with further fields.
func task(state, more string) string {
	return `{"id":"t1","contextId":"c1","status":{"state":"TASK_STATE_` + state + `"` + more + `}`
}

// says returns the message of a status, which closes it.
func says(text string) string {
	return `,"message":{"role":"ROLE_AGENT","parts":[{"text":"` + text + `"}]}}`
}

const history = `,"history":[{"role":"ROLE_AGENT","parts":[{"text":"Before."}]},` +
	`{"role":"ROLE_USER","parts":[{"text":"Well?"}]}`

// Each answer is read in the same way to SendMessage and, if the answer is a task, to GetTask.
func TestSend_answer_isRead(t *testing.T) {
	done := func(text string) agentcall.Reply { return agentcall.Reply{Text: text, Context: "c1"} }
	failed := func(text string) agentcall.Reply { return agentcall.Reply{Failed: text, Context: "c1"} }
	works := agentcall.Reply{Working: true, Task: "t1", Context: "c1"}
	tasks := map[string]struct {
		task string
		want agentcall.Reply
	}{
		"begins":               {task("SUBMITTED", "}"), works},
		"works":                {task("WORKING", says("Thinking")), works},
		"says it in its state": {task("COMPLETED", says("Yes.")), done("Yes.")},
		"asks": {task("INPUT_REQUIRED", says("Which?")),
			agentcall.Reply{Text: "Which?", Context: "c1", Task: "t1"}},
		"an artifact": {task("COMPLETED", `},"artifacts":[{"artifactId":"a","parts":[{"text":"Yes."}]}]`),
			done("Yes.")},
		"artifacts, and a last word": {task("COMPLETED", says("Done.")+
			`,"artifacts":[{"parts":[{"text":"One"}]},{"parts":[{"text":"Two"}]}]`), done("One\n\nTwo\n\nDone.")},
		"an artifact, and the same": {task("COMPLETED", says("Yes.")+`,"artifacts":[{"parts":[{"text":" Yes.\n"}]}]`),
			done("Yes.")},
		"artifacts, and the same": {task("COMPLETED", says(`One\n\nTwo`)+
			`,"artifacts":[{"parts":[{"text":"One"}]},{"parts":[{"text":"Two"}]},{"parts":[{"text":"One"}]}]`),
			done("One\n\nTwo")},
		"history": {task("COMPLETED", "}"+history+
			`,{"role":"ROLE_AGENT","parts":[{"text":"Hm."}]},{"role":"ROLE_AGENT","parts":[{"text":"Yes."}]}]`),
			done("Yes.")},
		"an answer is no history": {task("COMPLETED", says("Yes.")+history+
			`,{"role":"ROLE_AGENT","parts":[{"text":"Hm."}]}]`), done("Yes.")},
		"nothing since the question": {task("COMPLETED", "}"+history+`]`), done("")},
		"nothing at all":             {task("COMPLETED", "}"), done("")},
		"null wherever it can be":    {task("COMPLETED", `,"message":null},"artifacts":[null],"history":[null]`), done("")},
		"the question as its state":  {task("COMPLETED", strings.Replace(says("Well?"), "AGENT", "USER", 1)), done("")},
		"fails": {task("FAILED", says(`Out of\nmoney\u202e.`)),
			failed(`The agent could not answer: Out of money\u202e.`)},
		"fails without a word": {task("FAILED", "}"), failed("The agent could not answer.")},
		"refuses":              {task("REJECTED", says("No.")), failed("The agent refused to answer: No.")},
		"is canceled":          {task("CANCELED", "}"), failed("The agent's task was canceled.")},
		"wants access to other things": {task("AUTH_REQUIRED", says("Log in.")),
			failed("The agent wants to be given access to something before it answers: Log in.")},
	}
	e := newEndpoint(t)
	check := func(of, body string, got agentcall.Reply, err error, want agentcall.Reply) {
		t.Helper()
		if err != nil || got != want {
			t.Errorf("%s: %+v %v, want %+v, of %s", of, got, err, want, body)
		}
	}
	for of, c := range tasks {
		for _, form := range []string{`{"jsonrpc":"2.0","id":1,"result":%s}`, "   \n  {\"result\":%s,\"error\":null}"} {
			body := fmt.Sprintf(form, `{"task":`+c.task+`}`)
			e.answers(200, body)
			got, err := e.sends(t, "")
			check(of, body, got, err, c.want)
			body = fmt.Sprintf(form, c.task)
			e.answers(200, body)
			got, err = e.client.Task(t.Context(), e.url, secret, "t1", at)
			check(of, body, got, err, c.want)
		}
	}
	for parts, want := range map[string]string{
		`{"text":"Hm.","metadata":{"adk_thought":true}},{"text":"Yes.","metadata":{"adk_thought":false}}`: "Yes.",
		`{"text":"One"},{"text":""},{"text":"Two"}`:                                                       "One\n\nTwo",
		`{"data":{"a":[1,"<b>"]}},{"data":"c"}`:                                                           "{\"a\":[1,\"<b>\"]}\n\n\"c\"",
		`{"raw":"SGVsbG8=","mediaType":"text/csv"},{"raw":"//8=","mediaType":"text/csv"},{"raw":"SGVsbG8="}`: "Hello" +
			"\n\n[a file]\n\n[a file]",
		`{"raw":"AA==","filename":"a\n\u0000.png"},{"url":"https://a.example/b","filename":"b"}`: `[a file: a \x00.png]` +
			"\n\n[a file: b: https://a.example/b]",
		``: "",
	} {
		body := `{"result":{"message":{"messageId":"m","role":"ROLE_AGENT","parts":[` + parts + `]}}}`
		e.answers(200, body)
		got, err := e.sends(t, "c0") // an agent that names no context keeps this one
		check("a message", body, got, err, agentcall.Reply{Text: want, Context: "c0"})
	}
}

func TestRetry_answerWithoutAReply_saysWhatComesNext(t *testing.T) {
	rpc := func(code int) string { return fmt.Sprintf(`{"error":{"code":%d,"message":"Oh\u202e\nno."}}`, code) }
	const first, known = "", "c1"
	e := newEndpoint(t)
	for _, c := range []struct {
		status  int
		body    string
		context string
		next    agentcall.Next
		reason  string
	}{
		{503, "<html>", first, agentcall.Later, "http_503"},
		{404, "", first, agentcall.Later, "http_404"},
		{401, `{"error":"Unauthorized"}`, first, agentcall.Later, "http_401"},
		{410, "{}", first, agentcall.Later, "http_410"},
		{413, rpc(-32603), first, agentcall.Never, "http_413"},
		{500, `{"result":{"message":{"parts":[{"text":"Yes."}]}}}`, first, agentcall.Later, "http_500"},
		{200, rpc(-32603), first, agentcall.Later, "rpc_-32603"},
		{500, rpc(-32000), known, agentcall.Later, "rpc_-32000"},
		{200, rpc(7), known, agentcall.Later, "rpc_7"},
		{404, rpc(-32601), first, agentcall.Never, "rpc_-32601"},
		{400, rpc(-32009), known, agentcall.Never, "rpc_-32009"},
		{200, rpc(-32602), first, agentcall.Never, "rpc_-32602"},
		{200, rpc(-32602), known, agentcall.Anew, "rpc_-32602"},
		{200, rpc(-32001), known, agentcall.Anew, "rpc_-32001"},
		{400, rpc(-32004), known, agentcall.Anew, "rpc_-32004"},
		{200, "", first, agentcall.Later, "bad_answer"},
		{204, "", first, agentcall.Later, "bad_answer"},
		{200, "<!doctype html>\n\n<p>data: no", first, agentcall.Later, "bad_answer"},
		{200, `{"result":null}`, first, agentcall.Never, "bad_answer"},
		{200, `{"result":{"task":{"id":"t1"`, first, agentcall.Later, "bad_answer"},
		{200, `{"result":{}}`, first, agentcall.Never, "bad_answer"},
		{200, `{"result":{"task":null}}`, first, agentcall.Never, "bad_answer"},
		{200, `{"result":{"kind":"message","parts":[{"kind":"text","text":"A2A 0.3"}]}}`, first, agentcall.Never,
			"bad_answer"},
		{200, `{"result":{"message":{"parts":[{}]}}}`, first, agentcall.Never, "bad_answer"},
		{200, `{"result":{"task":` + task("DREAMING", "}") + `}}`, first, agentcall.Never, "bad_answer"},
		{200, `{"result":{"task":{"id":"` + strings.Repeat("a", 513) + `","status":{"state":"TASK_STATE_WORKING"}}}}`,
			first, agentcall.Never, "bad_answer"},
	} {
		e.answers(c.status, c.body)
		got, err := e.sends(t, c.context)
		var failed *agentcall.Error
		if !errors.As(err, &failed) || agentcall.Retry(err) != c.next || failed.Reason() != c.reason ||
			got != (agentcall.Reply{}) {
			t.Errorf("%d %s: %+v %v %v", c.status, c.body, got, err, agentcall.Retry(err))
			continue
		}
		if failed.Code != 0 && !strings.HasSuffix(err.Error(), `: Oh\u202e no.`) {
			t.Errorf("said %q", err)
		}
	}
	e.answers(200, rpc(-32001))
	if _, err := e.client.Task(t.Context(), e.url, secret, "t1", at); agentcall.Retry(err) != agentcall.Anew {
		t.Errorf("a task that is gone: %v", err)
	}
	e.answers(200, `{"result":{"message":{"parts":[{"text":"`+strings.Repeat("a", 64<<10)+`"}]}}}`)
	if _, err := e.sends(t, ""); agentcall.Retry(err) != agentcall.Never {
		t.Errorf("too large: %v", err)
	}
	e.answers(302, "")
	if _, err := e.sends(t, ""); agentcall.Retry(err) != agentcall.Later {
		t.Errorf("a redirect: %v", err)
	}
}

// cardOf returns a card with one interface, and further fields.
func cardOf(binding, version, url, more string) string {
	return fmt.Sprintf(`{"name":"Ida","description":"Knows.","supportedInterfaces":[{"url":%q,"protocolBinding":%q,`+
		`"protocolVersion":%q}]%s}`, url, binding, version, more)
}

func TestCard_ofAHost_isJudged(t *testing.T) {
	fine := func(url string) string { return cardOf("JSONRPC", "1.0", url, "") }
	long := strings.Repeat("€", 600)
	e := newEndpoint(t)
	rpc := e.url + "/a2a"
	byName := strings.Replace(strings.ToUpper(e.url), "127.0.0.1", "LocalHost", 1)
	ida := agentcall.Agent{Name: "Ida", URL: rpc}
	for of, c := range map[string]struct {
		status int
		body   string
		want   agentcall.Agent
		says   string // in the refusal
	}{
		"one":             {200, fine(rpc), ida, ""},
		"a newer version": {200, cardOf("JSONRPC", "1.7", rpc, ""), ida, ""},
		"another name":    {200, fine(byName), agentcall.Agent{Name: "Ida", URL: byName}, ""},
		"another host":    {200, fine("https://agents.example.org/a2a"), agentcall.Agent{}, "on another host"},
		"another port":    {200, fine("http://127.0.0.1:9/a2a"), agentcall.Agent{}, "on another host, or port"},
		"one of several": {200, `{"name":" I\nda\u202e","description":"` + long + `","protocolVersion":"0.3.0",` +
			`"supportedInterfaces":[null,` +
			`{"url":"http://a.example","protocolBinding":"JSONRPC","protocolVersion":"1.0"},` +
			`{"url":"http://127.0.0.1/old","protocolBinding":"JSONRPC","protocolVersion":"0.3"},` +
			`{"url":"http://127.0.0.1/t","protocolBinding":"JSONRPC","protocolVersion":"1.0","tenant":"a"},` +
			`{"url":"http://127.0.0.1/g","protocolBinding":"GRPC","protocolVersion":"1.0"},` +
			`{"url":"` + rpc + `","protocolBinding":"JSONRPC","protocolVersion":"1.0"}]}`,
			agentcall.Agent{Name: `I da\u202e`, URL: rpc}, ""},
		"a choice": {200, cardOf("JSONRPC", "1.0", rpc, `,"securityRequirements":[{"schemes":`+
			`{"key":{"list":[]}}},{"schemes":{}}]`), ida, ""},
		"security": {200, cardOf("JSONRPC", "1.0", rpc, `,"securityRequirements":[{"schemes":{"key":[]}}]`),
			agentcall.Agent{}, "wants a credential"},
		"an extension": {200, cardOf("JSONRPC", "1.0", rpc, `,"capabilities":{"extensions":[{"uri":"a:b","required":true}]}`),
			agentcall.Agent{}, "with an extension of A2A"},
		"a tenant": {200, strings.Replace(fine(rpc), `"url"`, `"tenant":"a","url"`, 1), agentcall.Agent{}, "for a tenant"},
		"A2A 0.3": {200, `{"name":"Ida","protocolVersion":"0.3.0","url":"` + rpc + `","preferredTransport":"JSONRPC"}`,
			agentcall.Agent{}, "An agent of A2A 0.3 needs a newer SDK."},
		"another binding": {200, cardOf("HTTP+JSON", "1.0", rpc, ""), agentcall.Agent{}, "over JSON-RPC"},
		"within the network": {200, fine("https://10.0.0.1/"), agentcall.Agent{},
			"The host of the address must be a public name"},
		"no TLS": {200, fine("http://agents.example.org/"), agentcall.Agent{},
			"The address must begin with https://."},
		"no address": {200, fine("/a2a"), agentcall.Agent{}, "The address is no URL"},
		"other JSON": {200, `{}`, agentcall.Agent{}, "no address at which its agent takes calls. Give"},
		"no JSON":    {200, "<html>", agentcall.Agent{}, "no agent's card at this address. Give"},
		"nothing":    {404, fine(rpc), agentcall.Agent{}, "with status 404. Give"},
	} {
		e.answers(c.status, c.body)
		got, err := e.client.Card(t.Context(), e.url)
		var refused *agentcall.Refusal
		switch {
		case c.says == "" && (err != nil || got != c.want):
			t.Errorf("%s: %+v %v, want %+v", of, got, err, c.want)
		case c.says != "" && (!errors.As(err, &refused) || !strings.Contains(err.Error(), c.says)):
			t.Errorf("%s: %+v %v, want %q", of, got, err, c.says)
		}
		if e.method != http.MethodGet || e.path != "/.well-known/agent-card.json" ||
			e.header.Get("A2A-Version") != "1.0" {
			t.Errorf("%s: asked by %s %s %v", of, e.method, e.path, e.header)
		}
	}
	for path, want := range map[string]string{"/cards/ida": "/cards/ida", "/ida/": "/ida/.well-known/agent-card.json"} {
		e.answers(200, fine(rpc))
		if _, err := e.client.Card(t.Context(), e.url+path); err != nil || e.path != want {
			t.Errorf("%s is asked for at %s: %v", path, e.path, err)
		}
	}
	var called *outcall.Error
	if _, err := e.client.Card(t.Context(), "https://localhost/card"); !errors.As(err, &called) {
		t.Errorf("an address that is not called: %v", err)
	}
}

// A card leads only to the host that has served the card: not to this machine, though a server of one person may call
// this machine, nor to another host or port.
func TestCard_fromTheInternet_leadsToItsOwnOriginAlone(t *testing.T) {
	var body string
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	c := agentcall.New(outcall.New(outcall.Options{Loopback: true, Roots: roots,
		Lookup: func(context.Context, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("93.184.215.14")}, nil
		},
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, s.Listener.Addr().String())
		}}))
	const card = "https://agents.example.com/card"
	for rpc, want := range map[string]bool{
		"https://agents.example.com/a2a":     true,
		"https://AGENTS.example.com:443/a2a": true,
		"https://calls.example.com/a2a":      false,
		"https://example.com/a2a":            false,
		"https://a.agents.example.com/a2a":   false,
		"http://127.0.0.1:9/a2a":             false,
		"http://127.0.0.1:443/a2a":           false,
	} {
		body = cardOf("JSONRPC", "1.0", rpc, "")
		got, err := c.Card(t.Context(), card)
		var refused *agentcall.Refusal
		if want && (err != nil || got.URL != rpc) || !want && (!errors.As(err, &refused) || !refused.Elsewhere) {
			t.Errorf("%s: %+v, %v", rpc, got, err)
		}
	}
}
