package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/auth/access"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/server/app"
	"github.com/parley-chat/parley/internal/store/table/sqlite"
)

// addKey makes a key in a table.
func addKey(t *testing.T, tab *sqlite.Table, label string) string {
	t.Helper()
	key, err := access.NewKeys(tab, clockwork.NewRealClock(), slog.New(slog.DiscardHandler)).Add(t.Context(), label, 0)
	if err != nil {
		t.Fatal(err)
	}
	return key.String()
}

// reply is the part of the result of a tool that tests read.
type reply struct {
	Code       string
	Sent       bool
	AgentToken string `json:"agent_token"`
	Invite     string
	Watch      string
	View       string
	Room       struct{ Name string }
}

// callFrom calls a tool from an address, at a path of MCP.
func callFrom(t *testing.T, h http.Handler, address, path, tool string, arguments map[string]any) reply {
	t.Helper()
	return callBearing(t, h, address, path, "", tool, arguments)
}

// callBearing is callFrom with something in the Authorization header.
func callBearing(t *testing.T, h http.Handler, address, path, bearer, tool string,
	arguments map[string]any) (got reply) {
	t.Helper()
	return callUntil(t.Context(), t, h, address, path, bearer, tool, arguments)
}

// callUntil is callBearing until ctx ends. A call that has got no answer by then gets the zero reply.
func callUntil(ctx context.Context, t *testing.T, h http.Handler, address, path, bearer, tool string,
	arguments map[string]any) (got reply) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": "tools/call",
		"params": map[string]any{"name": tool, "arguments": arguments}})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "http://parley.example"+path, strings.NewReader(string(body)))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Forwarded-For", address)
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r.WithContext(ctx))
	var answer struct {
		Result struct{ StructuredContent reply }
	}
	if ctx.Err() != nil {
		return got
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		t.Fatalf("%v in %s", err, w.Body)
	}
	return answer.Result.StructuredContent
}

// A person with a key has the same limits from every address, and shares the limits with nobody. A guest has no
// principal: limits count for the address and the seat of a guest.
func TestApp_limits_countByKeyOverAllAddresses_andForGuestsByAddressAndSeat(t *testing.T) {
	a, tab := onTable(t, app.Config{Settings: app.Settings{Access: "keys", TrustProxy: true, RoomsPerHour: 1,
		MessagesPerMinute: 2}})
	defer a.Close()
	ann, bob := "/k/"+addKey(t, tab, "Ann")+"/mcp", "/k/"+addKey(t, tab, "Bob")+"/mcp"
	const home, office, cafe = "192.0.2.1", "192.0.2.2", "192.0.2.3"

	made := callFrom(t, a.Handler, home, ann, "create_room",
		map[string]any{"room": "tea", "agent_name": "Ann", "capacity": 3})
	if again := callFrom(t, a.Handler, office, ann, "create_room",
		map[string]any{"room": "milk", "agent_name": "Ann"}); made.AgentToken == "" || again.Code != "rate_limited" {
		t.Errorf("Ann makes a room at home: %+v, and one in the office: %+v", made, again)
	}
	if other := callFrom(t, a.Handler, home, bob, "create_room",
		map[string]any{"room": "bread", "agent_name": "Bob"}); other.Code != "" {
		t.Errorf("at the same address, Bob gets %+v", other)
	}
	invite := regexp.MustCompile(`/i/\w+/mcp`).FindString(made.Invite)
	guest := callFrom(t, a.Handler, cafe, invite, "join_room", map[string]any{"room": "tea", "agent_name": "Cid"})
	other := callFrom(t, a.Handler, home, invite, "join_room", map[string]any{"room": "tea", "agent_name": "Dan"})
	for n, c := range []struct{ address, path, token, want string }{
		{home, ann, made.AgentToken, ""},
		{office, ann, made.AgentToken, ""},
		{cafe, ann, made.AgentToken, "rate_limited"},
		{cafe, invite, guest.AgentToken, ""},
		{cafe, invite, guest.AgentToken, ""},
		{cafe, invite, guest.AgentToken, "rate_limited"},
		{office, invite, guest.AgentToken, "rate_limited"},
		{cafe, invite, other.AgentToken, "rate_limited"},
		{home, invite, other.AgentToken, ""},
	} {
		if got := callFrom(t, a.Handler, c.address, c.path, "send_message",
			map[string]any{"agent_token": c.token, "text": fmt.Sprint("message ", n)}); got.Code != c.want {
			t.Errorf("%s from %s: %+v, want %q", c.path[:2], c.address, got, c.want)
		}
	}
}

// Who has a key could guess invites in the arguments of a call, whose address counts no guesses.
func TestApp_invitesInACall_areGuessesOfTheAddress(t *testing.T) {
	a, tab := onTable(t, app.Config{Settings: app.Settings{Access: "keys", TrustProxy: true}})
	defer a.Close()
	const home, office = "192.0.2.1", "192.0.2.2"
	ann := "/k/" + addKey(t, tab, "Ann") + "/mcp"
	made := callFrom(t, a.Handler, home, ann, "create_room", map[string]any{"room": "tea", "agent_name": "Ann",
		"capacity": 9})
	right := regexp.MustCompile(`/i/(\w+)`).FindStringSubmatch(made.Invite)[1]
	join := func(from, invite, name string) reply {
		ctx, end := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer end()
		return callUntil(ctx, t, a.Handler, from, ann, "", "join_room",
			map[string]any{"room": invite, "agent_name": name})
	}
	if got := join(home, right, "Bob"); got.AgentToken == "" {
		t.Errorf("by the invite Bob gets %+v", got)
	}
	guesses := 0
	for n := range 100 {
		if got := join(home, ident.NewInvite("key", "tea2345", n+1).String(), "Cid"); got.Code != "invalid_argument" {
			break
		}
		guesses++
	}
	if guesses < 20 || guesses == 100 {
		t.Errorf("%d guesses were answered at once", guesses)
	}
	if got := join(home, right, "Dan"); got.AgentToken == "" {
		t.Errorf("by the invite Dan gets %+v", got)
	}
	if got := join(office, ident.NewInvite("key", "tea2345", 999).String(), "Eve"); got.Code != "invalid_argument" {
		t.Errorf("elsewhere Eve gets %+v", got)
	}
}

// An opened link is void, and may lie around. A call with an opened link spends no budget of the person whose key
// seated the agent.
func TestApp_limits_ofWhoHasAUsedLink_areThoseOfTheAddress(t *testing.T) {
	a, tab := onTable(t, app.Config{Settings: app.Settings{Access: "keys", TrustProxy: true, UnitsPerMinute: 30}})
	defer a.Close()
	const home, cafe = "192.0.2.1", "192.0.2.3"
	ann := "/k/" + addKey(t, tab, "Ann") + "/mcp"
	made := callFrom(t, a.Handler, home, ann, "create_room", map[string]any{"room": "tea", "agent_name": "Ann"})
	_, link, _ := strings.Cut(made.Watch, "#")
	claim, ok := ident.ParseLinkCode(link)
	if !ok {
		t.Fatalf("no link in %+v", made)
	}
	own := ident.Token{Room: claim.Room, Seat: claim.Seat, Secret: ident.NewSecret(), Person: true}.String()
	if got := callBearing(t, a.Handler, home, "/mcp", link, "supervise",
		map[string]any{"claim": link, "agent_token": own}); got.Code != "" {
		t.Fatalf("Ann opens her link: %+v", got)
	}
	var last reply
	for range 100 {
		last = callBearing(t, a.Handler, cafe, "/mcp", link, "message_history",
			map[string]any{"agent_token": ident.Token{Room: "0000000", Seat: 1, Secret: ident.NewSecret()}.String()})
	}
	if last.Code != "rate_limited" {
		t.Errorf("a hundred calls of who has the used link end with %+v", last)
	}
	if got := callFrom(t, a.Handler, home, ann, "message_history",
		map[string]any{"agent_token": made.AgentToken}); got.Code != "" {
		t.Errorf("then Ann's agent gets %+v", got)
	}
}
