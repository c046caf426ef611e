package lambdatest_test

import (
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/auth/access"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/testkit/lambdatest"
)

// keys are those in the function's table, as its operator sees them.
func (f *function) keys() *access.Keys {
	return access.NewKeys(f.rows, clockwork.NewRealClock(), slog.New(slog.DiscardHandler))
}

// newKey makes a key.
func (f *function) newKey(label string) ident.Key {
	f.t.Helper()
	key, err := f.keys().Add(f.t.Context(), label, 0)
	if err != nil {
		f.t.Fatal(err)
	}
	return key
}

// visitor calls the function through one of its fronts, in one generation of MCP, with
// what admits it.
type visitor struct {
	client *http.Client
	modern bool
	path   string // of MCP
	bearer string // "" for none
}

// visitors returns one for each front and generation, who show nothing.
func visitors(i *lambdatest.Instance) map[string]visitor {
	all := map[string]visitor{}
	for name, client := range map[string]*http.Client{"Function URL": i.FunctionURL(), "HTTP API": i.HTTPAPI()} {
		all[name+" legacy"] = visitor{client: client, path: "/mcp"}
		all[name+" modern"] = visitor{client: client, path: "/mcp", modern: true}
	}
	return all
}

// by returns v with what admits it.
func (v visitor) by(path, bearer string) visitor {
	v.path, v.bearer = path, bearer
	return v
}

// request returns the call of a tool.
func (v visitor) request(t *testing.T, tool string, arguments args) *http.Request {
	body := toolCall(tool, arguments)
	if v.modern {
		body = strings.Replace(body, `"_meta":{`,
			`"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},`, 1)
	}
	q := mcpRequest(t, body)
	q.URL.Path = v.path
	if v.modern {
		maps.Copy(q.Header, http.Header{"Mcp-Protocol-Version": {"2026-07-28"}, "Mcp-Method": {"tools/call"},
			"Mcp-Name": {tool}})
	}
	if v.bearer != "" {
		q.Header.Set("Authorization", "Bearer "+v.bearer)
	}
	return q
}

// try calls a tool. The code of the result is also that of a caller who is not admitted.
func (v visitor) try(t *testing.T, tool string, arguments args) (result, error) {
	resp, err := v.client.Do(v.request(t, tool, arguments))
	if err != nil {
		return result{}, err
	}
	text, err := readAll(resp)
	if err != nil {
		return result{}, err
	}
	var turned struct {
		Error *struct{ Data struct{ Code string } }
	}
	if json.Unmarshal([]byte(text), &turned) == nil && turned.Error != nil {
		return result{Code: turned.Error.Data.Code}, nil
	}
	return decode(text)
}

// call is try for a call that succeeds.
func (v visitor) call(t *testing.T, tool string, arguments args) result {
	t.Helper()
	r, err := v.try(t, tool, arguments)
	if err != nil || r.Code != "" {
		t.Fatalf("%s by %s: %+v, %v", tool, v.path, r, err)
	}
	return r
}

// host has a room, with a seat by a key and a guest by the room's invite.
type host struct {
	token  string
	guest  string // its token
	invite string // the path of MCP
}

// meet has a host and a guest come in through the front of nobody, and returns the host.
func meet(t *testing.T, name, key string, nobody visitor) host {
	t.Helper()
	ann := nobody.by("/mcp", key).call(t, "create_room", args{"room": name, "agent_name": "Ann"})
	code := regexp.MustCompile(`/i/(\w+)/mcp`).FindStringSubmatch(ann.Invite)
	if code == nil {
		t.Fatalf("%s: the invite is %q", name, ann.Invite)
	}
	h := host{token: ann.AgentToken, invite: "/i/" + code[1] + "/mcp"}
	h.guest = nobody.by(h.invite, "").call(t, "join_room", args{"room": name, "agent_name": "Bob"}).AgentToken
	for _, c := range []struct {
		by    visitor
		token string
	}{
		{nobody.by("/k/"+key+"/mcp", ""), h.token}, {nobody.by("/mcp", h.token), h.token},
		{nobody.by(h.invite, ""), h.guest}, {nobody.by("/mcp", h.guest), h.guest},
	} {
		if got := c.by.call(t, "send_message",
			args{"agent_token": c.token, "text": "I came by " + c.by.path[:3]}); !got.Sent {
			t.Errorf("%s, by %s: %+v", name, c.by.path, got)
		}
	}
	for _, bound := range []visitor{nobody.by("/mcp", h.token), nobody.by(h.invite, "")} {
		if r, err := bound.try(t, "create_room", args{"room": "another", "agent_name": "Ann"}); err != nil ||
			r.Code != "not_allowed" {
			t.Errorf("%s: by %s another room is %+v, %v", name, bound.path, r, err)
		}
	}
	return h
}

// turnsAway fails the test unless v is not admitted.
func turnsAway(t *testing.T, name string, v visitor, token string) {
	t.Helper()
	if r, err := v.try(t, "wait_for_message", args{"agent_token": token, "wait_seconds": 0}); err != nil ||
		r.Code != "key_invalid" {
		t.Errorf("%s: by %s %+v, %v", name, v.path, r, err)
	}
}

func TestBootstrap_keys_admitWhoHasOneUntilItIsRevoked(t *testing.T) {
	t.Parallel()
	f := deploy(t)
	i := f.start(0, "PARLEY_ACCESS=keys")
	key := f.newKey("ann")
	secrets := []string{key.String()}
	hosts := map[string]host{}
	for name, nobody := range visitors(i) {
		hosts[name] = meet(t, name, key.String(), nobody)
		h := hosts[name]
		turnsAway(t, name, nobody, h.token)
		turnsAway(t, name, nobody.by("/mcp", ident.NewKey().String()), h.token)
		turnsAway(t, name, nobody.by("/k/"+ident.NewKey().String()+"/mcp", key.String()), h.token)
		if status, r := standBy(t, nobody.client,
			ident.Token{Room: h.token[:ident.RoomChars], Seat: 1,
				Secret: ident.NewSecret()}.String()); status != http.StatusUnauthorized || r.Code != "key_invalid" {
			t.Errorf("%s: with a wrong token a wait is %d %+v", name, status, r)
		}
		secrets = append(secrets, h.token, h.guest, h.invite)
	}
	if _, err := f.keys().Revoke(t.Context(), key.ID); err != nil {
		t.Fatal(err)
	}
	other := f.start(0, "PARLEY_ACCESS=keys") // it believes nothing yet
	for name, nobody := range visitors(other) {
		h := hosts[name]
		for _, by := range []visitor{nobody.by("/mcp", key.String()), nobody.by("/k/"+key.String()+"/mcp", ""),
			nobody.by("/mcp", h.token)} {
			turnsAway(t, name+", revoked", by, h.token)
		}
		for _, by := range []visitor{nobody.by(h.invite, ""), nobody.by("/mcp", h.guest)} {
			by.call(t, "room_info", args{"agent_token": h.guest})
		}
	}
	log := i.Output() + other.Output()
	for _, secret := range secrets {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	for _, route := range []string{`"path":"/k/{key}/mcp"`, `"path":"/i/{code}/mcp"`} {
		if !strings.Contains(log, route) {
			t.Errorf("no line has %s: %s", route, log)
		}
	}
}

// What admits a caller is remembered, so that a message costs what it did.
func TestBootstrap_keys_aWarmSendIsOneWriteUnit(t *testing.T) {
	t.Parallel()
	f := deploy(t)
	i := f.start(0, "PARLEY_ACCESS=keys")
	key := f.newKey("ann").String()
	ann := visitors(i)["Function URL legacy"].by("/mcp", key)
	seat := ann.call(t, "create_room", args{"room": "room", "agent_name": "Ann"})
	for _, by := range []visitor{ann, ann.by("/k/"+key+"/mcp", ""), ann.by("/mcp", seat.AgentToken)} {
		by.call(t, "send_message", args{"agent_token": seat.AgentToken, "text": "This way has been used."})
		i.Forget()
		by.call(t, "send_message", args{"agent_token": seat.AgentToken, "text": "And this costs one unit."})
		if cost := spentOn(t, i, "send_message"); cost != (spent{0, 1}) {
			t.Errorf("by %s: %+v\n%s", by.path, cost, i.Output())
		}
	}
}

// The function has the time of the system. TestWatch_keyThatIsGone_*, TestSignIn_thatIsGone_* in access and
// TestAdmission_revokedKey_* in httpapi show the same with a clock of their own.
func TestSoak_revokedKeyOrSignIn_endsItsWaitsWithinAMinute(t *testing.T) {
	soak(t)
	t.Parallel()
	f := deploy(t)
	ann := f.newKey("ann")
	signed := func(i *lambdatest.Instance, key ident.Key) *connected {
		return connect(t, i.FunctionURL(), ownURL, key.String())
	}
	ended := signed(f.start(0, signsInAt(ownURL)...), f.newKey("bob"))
	var all, waiting sync.WaitGroup
	revoked := make(chan struct{})
	var at time.Time
	for name, by := range map[string]func(i *lambdatest.Instance) visitor{
		"a key": func(i *lambdatest.Instance) visitor {
			return visitor{client: i.FunctionURL(), path: "/mcp", bearer: ann.String()}
		},
		"a sign-in of a revoked key": func(i *lambdatest.Instance) visitor { return signed(i, ann).caller() },
		"an ended sign-in": func(i *lambdatest.Instance) visitor {
			return ended.at(i.FunctionURL()).caller()
		},
	} {
		for _, how := range []string{"legacy", "modern", "without MCP"} {
			i := f.start(0, append(signsInAt(ownURL), "PARLEY_KEEP_ALIVE=100ms")...)
			caller := by(i)
			seat := caller.call(t, "create_room", args{"room": name + " " + how, "agent_name": "Ann"})
			waiting.Add(1)
			all.Go(func() {
				waiting.Done()
				var code string
				if how == "without MCP" {
					status, r := standBy(t, i.FunctionURL(), seat.AgentToken)
					code = r.Code
					if status != http.StatusUnauthorized {
						t.Errorf("by %s a wait without MCP ends with %d", name, status)
					}
				} else {
					caller.modern = how == "modern"
					r, err := caller.try(t, "wait_for_message",
						args{"agent_token": seat.AgentToken, "wait_seconds": 50, "cursor": seat.Cursor})
					code = r.Code
					if err != nil {
						t.Error(err)
					}
				}
				<-revoked
				if took := time.Since(at); code != "key_invalid" || took > time.Minute {
					t.Errorf("by %s a wait, %s, ended with %q after %v", name, how, code, took)
				}
			})
		}
	}
	waiting.Wait()
	at = time.Now()
	if _, err := f.keys().Revoke(t.Context(), ann.ID); err != nil {
		t.Fatal(err)
	}
	f.endSignIn(ended)
	close(revoked)
	all.Wait()
}
