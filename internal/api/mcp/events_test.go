package mcp

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/observe/meter"
)

// bells is a server of two events, with the requests that it got.
type bells struct {
	*Server
	asked  []Subscribe
	answer Subscription // to the next events/subscribe
	err    error        // the answer to every request
	call   meter.Call   // the account of the latest call
}

func newBells(log *slog.Logger) *bells {
	b := &bells{}
	subscribe := func(_ context.Context, s Subscribe) (Subscription, error) {
		b.asked = append(b.asked, s)
		return b.answer, b.err
	}
	b.Server = NewServer(Options{Version: "1.2.3", Log: log, Tools: []Tool{quick}, Events: &Events{
		List: []Event{
			{Name: "tower.bell", Description: "The <bell> rings.",
				Input:   json.RawMessage(`{"type":"object","properties":{"n":{}}}`),
				Payload: json.RawMessage(`{"type":"object","required":["hour"]}`)},
			{Name: "door.bell", Description: "Somebody is there."},
		},
		Subscribe: subscribe,
		Unsubscribe: func(ctx context.Context, s Subscribe) error {
			_, err := subscribe(ctx, s)
			return err
		},
	}})
	return b
}

const (
	plainClient = modernMeta
	eventClient = `"io.modelcontextprotocol/protocolVersion":"2026-07-28",` +
		`"io.modelcontextprotocol/clientCapabilities":{"extensions":{"io.modelcontextprotocol/events":{}}}`
)

// say sends a request of a generation. In the newer generation, client holds the members of _meta. params are an
// object, or any other text to send.
func (b *bells) say(version, client, method, params string) *httptest.ResponseRecorder {
	header := http.Header{"Content-Type": {"application/json"}, "Mcp-Protocol-Version": {version}}
	if version == modern {
		header.Set("Mcp-Method", method)
		if inner, object := strings.CutPrefix(params, "{"); object {
			params = strings.Replace(`{"_meta":{`+client+`},`+inner, ",}", "}", 1)
		}
	}
	return b.send(header, fmt.Sprintf(`{"jsonrpc":"2.0","id":"x\u0041","method":%q,"params":%s}`, method, params))
}

func (b *bells) send(header http.Header, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/mcp", strings.NewReader(body))
	r.Header = header
	w := httptest.NewRecorder()
	account := meter.New(meter.Options{}).Open()
	handler(b.Server).ServeHTTP(w, r.WithContext(meter.With(r.Context(), account)))
	b.call = account.Close(0)
	return w
}

const (
	secret  = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"
	address = `"delivery":{"mode":"webhook","url":"https://a.example/b?c=<d>&e","secret":"` + secret + `"}`
)

func TestEvents_conversation_readsAsOnTheWire(t *testing.T) {
	when := time.Date(2026, 3, 1, 12, 0, 0, 999, time.FixedZone("", 3600))
	listed := `META"events":[{"name":"door.bell","description":"Somebody is there.","delivery":["webhook"],` +
		`"inputSchema":{"type":"object"},"payloadSchema":{"type":"object"}},` +
		`{"name":"tower.bell","description":"The <bell> rings.","delivery":["webhook"],` +
		`"inputSchema":{"type":"object","properties":{"n":{}}},` +
		`"payloadSchema":{"type":"object","required":["hour"]}}],TYPE`
	full := Subscribe{Name: "tower.bell", Arguments: json.RawMessage(`{"n": 1}`), URL: "https://a.example/b?c=<d>&e",
		Secret: secret, TTL: 90 * time.Minute}
	short := Subscribe{Name: "door.bell", URL: "https://a.example/b?c=<d>&e", Secret: secret}
	gone := Subscribe{Name: "tower.bell", Arguments: json.RawMessage(`{"n": 1}`), URL: "https://a.example/b?c=<d>&e"}
	for _, c := range []struct {
		method, params string
		answer         Subscription
		asked          []Subscribe
		result         string // the members; META and TYPE stand for the members of the newer generation
	}{
		{method: "events/list", params: `{}`, result: listed},
		{method: "events/list", params: `{"cursor":"any"}`, result: listed},
		{
			method: "events/subscribe",
			params: `{"name":"tower.bell","arguments":{"n": 1},` + address +
				`,"ttlMs":5400000,"cursor":"any","id":"another's"}`,
			answer: Subscription{ID: "sub1", RefreshBefore: when, Active: true},
			asked:  []Subscribe{full},
			result: `META"cursor":null,"id":"sub1","refreshBefore":"2026-03-01T11:00:00Z",TYPE"truncated":false`,
		},
		{
			method: "events/subscribe", params: `{"name":"door.bell","cursor":null,` + address + `}`,
			answer: Subscription{ID: "sub2", RefreshBefore: when, LastDelivery: when.Add(-time.Hour),
				LastError: "timeout"},
			asked: []Subscribe{short},
			result: `META"cursor":null,"deliveryStatus":{"active":false,"lastDeliveryAt":"2026-03-01T10:00:00Z",` +
				`"lastError":"timeout"},"id":"sub2","refreshBefore":"2026-03-01T11:00:00Z",TYPE"truncated":false`,
		},
		{
			method: "events/subscribe", params: `{"name":"door.bell","arguments":null,` + address + `}`,
			answer: Subscription{ID: "sub2", RefreshBefore: when},
			asked:  []Subscribe{short},
			result: `META"cursor":null,"deliveryStatus":{"active":false,"lastDeliveryAt":null,"lastError":null},` +
				`"id":"sub2","refreshBefore":"2026-03-01T11:00:00Z",TYPE"truncated":false`,
		},
		{
			method: "events/unsubscribe",
			params: `{"name":"tower.bell","arguments":{"n": 1},` + address + `,"ttlMs":1}`,
			asked:  []Subscribe{gone}, result: "METATYPE",
		},
		{
			method: "events/unsubscribe",
			params: `{"name":"tower.bell","arguments":{"n": 1},"delivery":{"url":"https://a.example/b?c=<d>&e"}}`,
			asked:  []Subscribe{gone}, result: "METATYPE",
		},
	} {
		for _, g := range []struct{ version, client string }{
			{legacy, ""}, {modern, plainClient}, {modern, eventClient},
		} {
			meta, kind := "", ""
			if g.version == modern {
				meta = `"_meta":{"io.modelcontextprotocol/serverInfo":` +
					`{"name":"parley","version":"1.2.3","title":"Parley"}},`
				kind = `"resultType":"complete",`
			}
			result := strings.TrimSuffix(strings.NewReplacer("META", meta, "TYPE", kind).Replace(c.result), ",")
			b := newBells(quiet)
			b.answer = c.answer
			w := b.say(g.version, g.client, c.method, c.params)
			want := `{"jsonrpc":"2.0","id":"x\u0041","result":{` + result + "}}\n"
			if w.Code != 200 || w.Body.String() != want || w.Header().Get("Content-Type") != "application/json" {
				t.Errorf("%s %s: %d %v\n%swant\n%s", g.version, c.params, w.Code, w.Header(), w.Body, want)
			}
			if !reflect.DeepEqual(b.asked, c.asked) {
				t.Errorf("%s %s: it was asked\n%+v, want\n%+v", g.version, c.params, b.asked, c.asked)
			}
		}
	}
}

// Clients know the kinds by numbers: ChatGPT by those of a draft, others by those of SEP-3415.
func TestEvents_errors_haveTheNumbersOfTheirClient(t *testing.T) {
	good := `{"name":"door.bell",` + address + `}`
	for _, c := range []struct {
		method, params string
		err            error
		draft, sep     int
		rest           string // the rest of the error, behind the number
		code           string // in the account of calls
	}{
		{"events/subscribe", good, &EventError{Kind: InvalidParams, Message: "No <a>."}, -32602, -32602,
			`"message":"No <a>."`, "invalid_argument"},
		{"events/unsubscribe", good, fmt.Errorf("at the store: %w", &EventError{Kind: NotFound, Message: "None.",
			Data: map[string]any{"kind": "subscription"}}), -32011, -32023,
			`"message":"None.","data":{"kind":"subscription"}`, "invalid_argument"},
		{"events/subscribe", good, &EventError{Kind: Forbidden, Message: "Not you."}, -32012, -32024,
			`"message":"Not you."`, "not_allowed"},
		{"events/subscribe", good, &EventError{Kind: ResourceExhausted, Message: "Too many.",
			Data: map[string]any{"max": 20, "limit": "subscriptions"}}, -32013, -32025,
			`"message":"Too many.","data":{"limit":"subscriptions","max":20}`, "rate_limited"},
		{"events/subscribe", good, &EventError{Kind: Unsupported, Message: "No."}, -32014, -32026, `"message":"No."`,
			"invalid_argument"},
		{"events/subscribe", good, &EventError{Kind: CallbackEndpoint, Message: "Nobody is there.",
			Data: map[string]any{"reason": "connection_refused"}}, -32015, -32027,
			`"message":"Nobody is there.","data":{"reason":"connection_refused"}`, "invalid_argument"},
		{"events/subscribe", good, &results.Failure{Code: "rate_limited", Message: "Later.", RetryAfterSeconds: 3},
			-32603, -32603, `"message":"rate_limited: Later. (retry_after_seconds: 3)"`, "rate_limited"},

		{"events/subscribe", `{"name":"door.bell","delivery":{"mode":"webhook"}}`, nil, -32602, -32602,
			`"message":"The params of events/subscribe are wrong: delivery.url is missing. Send {\"name\", ` +
				`\"arguments\": {…}, \"delivery\": {\"mode\": \"webhook\", \"url\", \"secret\"}}. ` +
				`Nothing was changed."`, "invalid_argument"},
		{"events/subscribe", `{"name":"door.bell","delivery":{"mode":"<push>"}}`, nil, -32014, -32026,
			`"message":"This server delivers events by \"webhook\" only: send that as delivery.mode. ` +
				`Nothing was changed.","data":{"feature":"delivery","value":"<push>"}`, "invalid_argument"},
		{"events/subscribe", strings.Replace(good, "door", "Door", 1), nil, -32011, -32023,
			`"message":"There is no event of that name. Call events/list for the names. Nothing was changed.",` +
				`"data":{"kind":"event"}`, "invalid_argument"},
		{"events/unsubscribe", strings.Replace(good, "door", "Door", 1), nil, -32011, -32023,
			`"message":"You have no such subscription. Nothing was changed.","data":{"kind":"subscription"}`,
			"invalid_argument"},
	} {
		for _, g := range []struct {
			version, client string
			number          int
		}{{legacy, "", c.draft}, {modern, plainClient, c.draft}, {modern, eventClient, c.sep}} {
			b := newBells(quiet)
			b.err = c.err
			w := b.say(g.version, g.client, c.method, c.params)
			want := fmt.Sprintf(`{"jsonrpc":"2.0","id":"x\u0041","error":{"code":%d,%s}}`+"\n", g.number, c.rest)
			status := 200
			if g.version == modern && g.number == -32602 {
				status = 400
			}
			if w.Code != status || w.Body.String() != want || b.call.Tool != c.method || b.call.Code != c.code {
				t.Errorf("%s %s: %d\n%swant %d\n%s%+v, want %s", g.version, c.params, w.Code, w.Body, status, want,
					b.call, c.code)
			}
		}
	}
}

func TestEvents_clientLeaves_getsNoAnswer(t *testing.T) {
	ctx, leave := context.WithCancel(t.Context())
	s := NewServer(Options{Log: quiet, Events: &Events{List: []Event{{Name: "door.bell"}},
		Subscribe: func(ctx context.Context, _ Subscribe) (Subscription, error) {
			leave()
			return Subscription{}, ctx.Err()
		}}})
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/mcp", strings.NewReader(
		`{"jsonrpc":"2.0","id":1,"method":"events/subscribe","params":{"name":"door.bell",`+address+`}}`))
	w := httptest.NewRecorder()
	handler(s).ServeHTTP(w, r)
	if w.Body.Len() > 0 {
		t.Error(w.Body)
	}
}

// A server without events refuses a malformed request before it looks at the method. A server with events must refuse
// the same requests, and serve the rest.
func TestEvents_malformedRequest_isRefusedAsByMCPGo(t *testing.T) {
	b := newBells(quiet)
	without := &bells{Server: NewServer(Options{Version: "1.2.3", Log: quiet, Tools: []Tool{quick}})}
	bodies := map[string]string{}
	for _, method := range []string{"events/list", "events/subscribe", "events/unsubscribe"} {
		for what, params := range map[string]string{
			"no _meta":       `{"name":"door.bell",` + address + `}`,
			"an empty _meta": `{"_meta":{},"name":"door.bell",` + address + `}`,
			"a _meta":        `{"_meta":{` + plainClient + `},"name":"door.bell",` + address + `}`,
			"an older version": `{"_meta":{"io.modelcontextprotocol/protocolVersion":"2025-11-25",` +
				`"io.modelcontextprotocol/clientCapabilities":{}}}`,
			"a version to come":        `{"_meta":{` + strings.Replace(plainClient, "2026", "2027", 1) + `}}`,
			"no capabilities":          `{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}`,
			"capabilities of no form":  `{"_meta":{` + strings.Replace(plainClient, "{}", `{"roots":7}`, 1) + `}}`,
			"an extension of no form":  `{"_meta":{` + strings.Replace(plainClient, "{}", `{"extensions":[]}`, 1) + `}}`,
			"a _meta of the extension": `{"_meta":{` + eventClient + `},"name":"door.bell",` + address + `}`,
		} {
			bodies[method+" "+what] = `{"jsonrpc":"2.0","id":1,"method":"` + method + `","params":` + params + `}`
			bodies[method+" unasked, "+what] = `{"jsonrpc":"2.0","method":"` + method + `","params":` + params + `}`
			bodies[method+" answered, "+what] = `{"jsonrpc":"2.0","id":1,"result":{},"method":"` + method +
				`","params":` + params + `}`
		}
	}
	served, refused := 0, 0
	for what, body := range bodies {
		for _, version := range []string{"", legacy, modern, "2027-07-28", "1999-01-01"} {
			for _, method := range []string{"", strings.Fields(what)[0], "tools/call"} {
				for _, last := range []string{"", "7"} {
					header := http.Header{"Content-Type": {"application/json"}}
					for name, value := range map[string]string{"Mcp-Protocol-Version": version, "Mcp-Method": method,
						"Last-Event-Id": last} {
						if value != "" {
							header.Set(name, value)
						}
					}
					ours, theirs := b.send(header, body), without.send(header, body)
					unknown := bytes.Contains(theirs.Body.Bytes(), []byte(`"code":-32601`))
					switch {
					case unknown && !bytes.Contains(ours.Body.Bytes(), []byte(`"code":-32601`)):
						served++
					case unknown || ours.Code != theirs.Code || ours.Body.String() != theirs.Body.String():
						t.Errorf("%s, %v:\nours   %d %s\ntheirs %d %s", what, header, ours.Code, ours.Body, theirs.Code,
							theirs.Body)
					default:
						refused++
					}
				}
			}
		}
	}
	if served == 0 || refused == 0 {
		t.Errorf("%d were served, %d refused", served, refused)
	}
}

// The rest of both answers is mcp-go's: mcp-go has no field for the capability at the top.
func TestEvents_capability_isInBothPlaces(t *testing.T) {
	hello := `{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}}`
	options := Options{Version: "1.2.3", Log: quiet, Tools: []Tool{quick},
		Prompts:      []Prompt{{Name: "greet"}},
		Resources:    &Resources{Template: "own://{a}", For: func(c Client) bool { return c.Agent == "reader" }},
		Instructions: func(Client) string { return `Say "extensions":{"io.modelcontextprotocol/events":{}}.` }}
	without := handler(NewServer(options))
	options.Events = &Events{}
	with := handler(NewServer(options))
	for _, agent := range []string{"reader", "other"} {
		for version, method := range map[string]string{legacy: "initialize", modern: "server/discover"} {
			want, failure := ask(t, without, agent, version, method, "", hello)
			if failure != nil {
				t.Fatal(failure)
			}
			capabilities := want["capabilities"].(map[string]any)
			if capabilities["events"] != nil || capabilities["extensions"] != nil {
				t.Errorf("%s: a server without events has %v", method, capabilities)
			}
			capabilities["events"] = map[string]any{}
			capabilities["extensions"] = map[string]any{"io.modelcontextprotocol/events": map[string]any{}}
			if got, _ := ask(t, with, agent, version, method, "", hello); !reflect.DeepEqual(got, want) {
				t.Errorf("%s of %s is answered\n%v, want\n%v", method, agent, got, want)
			}
		}
	}
}

func TestEvents_poll_doesNotExist(t *testing.T) {
	for _, version := range []string{legacy, modern} {
		w := newBells(quiet).say(version, eventClient, "events/poll", `{"name":"door.bell","cursor":null}`)
		if !strings.Contains(w.Body.String(), `"code":-32601`) {
			t.Errorf("%s: %d %s", version, w.Code, w.Body)
		}
	}
}
