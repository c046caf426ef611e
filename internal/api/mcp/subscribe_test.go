package mcp

import (
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	library "github.com/mark3labs/mcp-go/mcp"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/testkit/secretscan"
)

func TestEvents_ttl_isClampedAndNeverRefused(t *testing.T) {
	for ttl, want := range map[string]time.Duration{
		``: 0, `,"ttlMs":null`: mostTTL, `,"ttlMs":60000`: time.Minute, `,"ttlMs":6e4`: time.Minute,
		`,"ttlMs":1500.9`: 1500 * time.Millisecond, `,"ttlMs":0`: time.Millisecond, `,"ttlMs":-5`: time.Millisecond,
		`,"ttlMs":1e300`: mostTTL, `,"ttlMs":9223372036854775807`: mostTTL,
	} {
		b := newBells(quiet)
		if w := b.say(legacy, "", "events/subscribe", `{"name":"door.bell",`+address+ttl+`}`); len(b.asked) != 1 ||
			b.asked[0].TTL != want {
			t.Errorf("%s: %+v, want %v; %s", ttl, b.asked, want, w.Body)
		}
	}
}

func TestEvents_malformedParams_areRefusedWithASentence(t *testing.T) {
	for params, says := range map[string]string{
		`[]`:                             "no JSON object",
		`null`:                           "no JSON object",
		`"SECRET"`:                       "no JSON object",
		`{}`:                             "name is missing",
		`{"name":7,ADDRESS}`:             "name cannot be a JSON number",
		`{"_meta":[],DOOR,ADDRESS}`:      "_meta cannot be a JSON array",
		`{DOOR,"arguments":[1],ADDRESS}`: "arguments are no JSON object",
		`{DOOR,"ttlMs":"1h",ADDRESS}`:    "ttlMs is no number",
		`{DOOR,"cursor":5,ADDRESS}`:      "cursor cannot be a JSON number",
		`{DOOR}`:                         "delivery.mode is missing",
		`{DOOR,"delivery":"SECRET"}`:     "delivery cannot be a JSON string",
		`{DOOR,"delivery":{"url":"https://a.example","secret":"SECRET"}}`:           "delivery.mode is missing",
		`{DOOR,"delivery":{"mode":["webhook"]}}`:                                    "delivery.mode cannot be a JSON array",
		`{DOOR,"delivery":{"mode":"webhook","secret":"SECRET"}}`:                    "delivery.url is missing",
		`{DOOR,"delivery":{"mode":"webhook","url":"https://a.example"}}`:            "delivery.secret is missing",
		`{DOOR,"delivery":{"mode":"webhook","url":"https://a.example","secret":1}}`: "delivery.secret cannot be a JSON number",
	} {
		params = strings.NewReplacer("DOOR", `"name":"door.bell"`, "ADDRESS", address, "SECRET", secret).Replace(params)
		for _, version := range []string{legacy, modern} {
			if version == modern && (params[0] != '{' || strings.Contains(params, "_meta")) {
				continue // without its _meta it is no request of this version
			}
			b := newBells(quiet)
			w := b.say(version, eventClient, "events/subscribe", params)
			status := map[string]int{legacy: 200, modern: 400}[version]
			var got struct{ Error library.JSONRPCErrorDetails }
			err := json.Unmarshal(w.Body.Bytes(), &got)
			said := got.Error.Message
			if err != nil || w.Code != status || got.Error.Code != -32602 || !strings.Contains(said, says) ||
				!strings.HasSuffix(said, " Nothing was changed.") || strings.Contains(said, secret) ||
				len(b.asked) != 0 {
				t.Errorf("%s %s: %d %s, want %q", version, params, w.Code, w.Body, says)
			}
		}
	}
}

// What goes wrong inside is logged under an id. A client that has left gets nothing.
func TestEvents_subscribeBreaks_clientGetsAnIDAndTheLogTheRest(t *testing.T) {
	for _, version := range []string{legacy, modern} {
		log := secretscan.NewBuffer(t)
		b := newBells(slog.New(slog.NewJSONHandler(log, nil)))
		b.err = errors.New("the reason")
		w := b.say(version, plainClient, "events/subscribe", `{"name":"door.bell",`+address+`}`)
		var got struct{ Error library.JSONRPCErrorDetails }
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 200 || got.Error.Code != -32603 ||
			!strings.Contains(got.Error.Message, "quote the id") || strings.Contains(w.Body.String(), "the reason") ||
			b.call.Code != string(fault.Internal) {
			t.Errorf("%d %s, %+v", w.Code, w.Body, b.call)
		}
		if said := log.String(); !strings.Contains(said, "the reason") || strings.Contains(said, "whsec_") {
			t.Errorf("the log has %s", said)
		}
	}
}
