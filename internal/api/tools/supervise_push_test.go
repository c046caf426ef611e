package tools_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"testing"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/api/tools"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/outbound/outbox"
	"github.com/parley-chat/parley/internal/outbound/outcall"
	"github.com/parley-chat/parley/internal/outbound/webpush/webpushtest"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
)

// newPushWorld is a world whose server is reached at an address, "" for none, and so calls browsers. Its callers have
// no key, as guests.
func newPushWorld(t *testing.T, public string, services ...string) *world {
	t.Helper()
	tab := sqlitetest.Open(t, nil)
	w := serveCalling(t, tab, chat.Options{SingleProcess: true, MinBatch: 1},
		func(rooms *chat.Service, log *slog.Logger) *outbox.Dispatcher {
			return outbox.New(outbox.Options{Rooms: rooms, Out: outcall.New(outcall.Options{Loopback: true}),
				View: tools.ViewMessage, Public: public, Local: true, SingleProcess: true, PushServices: services,
				Clock: clockwork.NewRealClock(), Logger: log})
		})
	w.table = tab
	return w
}

// supervised is the result of a call of supervise.
func supervised(t *testing.T, r reply) (v results.Supervised) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.text), &v); err != nil {
		t.Fatalf("%s: %v", r.text, err)
	}
	return v
}

// stored returns all that is stored of hooks, and the number of events of a room.
func (w *world) stored(id string) (all string) {
	w.t.Helper()
	for _, r := range []table.Range{{Partition: "HOOKS"}, {Partition: "ROOM#" + id, Prefix: "E"},
		{Partition: "ROOM#" + id, Prefix: "META"}} {
		r.Consistency = table.Strong
		for item, err := range table.All(context.Background(), w.table, r) {
			if err != nil {
				w.t.Fatal(err)
			}
			all += fmt.Sprintf("%s %s\n", item.Key.Sort, item.Data)
		}
	}
	return all
}

const publicMCP = "https://parley.example/mcp"

// Each device has its browser called. The same device once more replaces it, and end_hook ends it.
func TestSupervise_addPush_isOfTheDevice(t *testing.T) {
	service := webpushtest.NewService(t)
	p := newPushWorld(t, publicMCP, service.Host).connect(modern)
	ann := p.call("create_room", args{"agent_name": "Ann"})
	phone := userOf(ann)
	first := supervised(t, p.call("supervise", args{"agent_token": phone, "claim": claimOf(ann)}))
	if len(first.PushKey) != 87 || len(first.Hooks) != 0 {
		t.Fatalf("without a push: %+v", first)
	}
	added := supervised(t, p.call("supervise", args{"agent_token": phone, "add_push": service.Subscription(),
		"push_words": true}))
	if added.Added == "" || added.Secret != "" || len(added.Hooks) != 1 || added.PushKey != first.PushKey ||
		!strings.HasPrefix(added.Next, "What needs you is told there from now on.") {
		t.Errorf("added is %+v", added)
	}
	want := results.Hook{ID: added.Added, Push: true, ThisDevice: true, PushWords: true, Host: added.Hooks[0].Host,
		Since: added.Hooks[0].Since}
	if added.Hooks[0] != want {
		t.Errorf("the hook is %+v, want %+v", added.Hooks[0], want)
	}

	// A further device sees the hook, and has its own.
	link := supervised(t, p.call("supervise", args{"agent_token": phone, "new_link": true})).Watch
	_, claim, _ := strings.Cut(link, "#")
	laptop := deviceOf(ann, "8")
	seen := supervised(t, p.call("supervise", args{"agent_token": laptop, "claim": claim}))
	if len(seen.Hooks) != 1 || seen.Hooks[0].ThisDevice {
		t.Errorf("a further device sees %+v", seen.Hooks)
	}
	both := supervised(t, p.call("supervise", args{"agent_token": laptop, "add_push": service.Subscription()}))
	if len(both.Hooks) != 2 || both.Added == added.Added {
		t.Errorf("with a further device: %+v", both)
	}

	// The same device once more, with other choices.
	again := supervised(t, p.call("supervise", args{"agent_token": phone, "add_push": service.Subscription(),
		"push_drafts": true}))
	if again.Added != added.Added || len(again.Hooks) != 2 || again.Hooks[0].PushWords || !again.Hooks[0].PushDrafts {
		t.Errorf("once more: %+v", again)
	}
	if text := p.call("supervise", args{"agent_token": phone}).text; strings.Contains(text, service.URL) {
		t.Errorf("the address is shown: %s", text)
	}
	if left := supervised(t, p.call("supervise", args{"agent_token": phone, "end_hook": added.Added})); len(
		left.Hooks) != 1 || left.Hooks[0].ID != both.Added {
		t.Errorf("after the end: %+v", left.Hooks)
	}
}

// Nothing is stored of what is refused, and the refusal says what was wrong. The sentence names no secret.
func TestSupervise_addPush_refusedChangesNothing(t *testing.T) {
	browser := webpushtest.NewBrowser(t)
	good := browser.Subscription("https://fcm.googleapis.com/fcm/send/x")
	at := func(endpoint string) string { return browser.Subscription(endpoint) }
	const noJSON, noKeys, noService, tooMuch = "JSON of a PushSubscription", "65 and 16 bytes",
		"no address of a push service", "use two calls"
	for what, c := range map[string]struct {
		args   args
		says   string
		code   string // "": invalid_argument
		hidden bool   // the server has no address
	}{
		"no JSON":       {args: args{"add_push": "x"}, says: noJSON},
		"a list":        {args: args{"add_push": "[]"}, says: noJSON},
		"no keys":       {args: args{"add_push": `{"endpoint":"https://fcm.googleapis.com/x"}`}, says: noKeys},
		"a long secret": {args: args{"add_push": strings.Replace(good, `"auth":"`, `"auth":"A`, 1)}, says: noKeys},
		"another host":  {args: args{"add_push": at("https://example.org/hook")}, says: noService},
		"this machine":  {args: args{"add_push": at("http://127.0.0.1:8080/mcp")}, says: noService},
		"a private one": {args: args{"add_push": at("http://169.254.169.254/latest/meta-data")}, says: noService},
		"with a pause":  {args: args{"add_push": good, "paused": true}, says: tooMuch},
		"with a link":   {args: args{"add_push": good, "new_link": true}, says: tooMuch},
		"and a webhook": {args: args{"add_push": good, "add_hook": "https://example.org/"}, says: tooMuch},
		"and an agent":  {args: args{"add_push": good, "add_agent": "https://example.org/"}, says: tooMuch},
		"with an end":   {args: args{"add_push": good, "end_hook": "x"}, says: tooMuch},
		"only words":    {args: args{"push_words": true}, says: tooMuch},
		"only drafts":   {args: args{"push_drafts": true}, says: tooMuch},
		"no address":    {args: args{"add_push": good}, says: "--public-url", code: "not_allowed", hidden: true},
		"the agent":     {args: args{"add_push": good, "agent_token": "agent"}, code: "not_allowed"},
		"no device":     {args: args{"add_push": good, "agent_token": "other"}, code: "token_invalid"},
	} {
		t.Run(what, func(t *testing.T) {
			public := publicMCP
			if c.hidden {
				public = ""
			}
			w := newPushWorld(t, public)
			p := w.connect(modern)
			ann := p.call("create_room", args{"agent_name": "Ann"})
			user := userOf(ann)
			p.call("supervise", args{"agent_token": user, "claim": claimOf(ann)})
			given := args{"agent_token": user}
			maps.Copy(given, c.args)
			switch given["agent_token"] {
			case "agent":
				given["agent_token"] = ann.Token
			case "other":
				given["agent_token"] = deviceOf(ann, "8")
			}
			id := ann.Room.ID
			before := w.stored(id)
			r := p.try("supervise", given)
			if r.Code != cmp.Or(c.code, "invalid_argument") || !strings.Contains(r.Message, c.says) {
				t.Errorf("%s, want %s and %q", r.text, c.code, c.says)
			}
			if after := w.stored(id); after != before || !strings.Contains(before, "META") {
				t.Errorf("before\n%s, after\n%s", before, after)
			}
			if log := w.log.String(); strings.Contains(r.text, "fcm/send") || strings.Contains(log, "fcm/send") ||
				strings.Contains(log, user) {
				t.Errorf("it repeats what was given: %s; the log is %s", r.text, log)
			}
		})
	}
}

// A key that cannot be read ends pushes alone: the person can still do everything else.
func TestSupervise_keyOfPushesCannotBeRead_onlyPushesFail(t *testing.T) {
	w := newPushWorld(t, publicMCP)
	if err := w.table.Write(t.Context(), table.Put(table.Item{Key: outbox.PushKeyKey,
		Data: fmt.Appendf(nil, `{"v":%d,"key":"x"}`, room.Version)}, table.Always)); err != nil {
		t.Fatal(err)
	}
	p := w.connect(modern)
	ann := p.call("create_room", args{"agent_name": "Ann"})
	user := userOf(ann)
	got := supervised(t, p.call("supervise", args{"agent_token": user, "claim": claimOf(ann), "paused": true}))
	if !got.Paused || got.PushKey != "" {
		t.Errorf("it is %+v", got)
	}
	before := w.stored(ann.Room.ID)
	r := p.try("supervise", args{"agent_token": user,
		"add_push": webpushtest.NewBrowser(t).Subscription("https://fcm.googleapis.com/fcm/send/x")})
	if r.Code != "internal" || w.stored(ann.Room.ID) != before {
		t.Errorf("add_push: %s", r.text)
	}
}
