package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// shower is a stranger with what it shows to be admitted.
type shower struct {
	stranger
	path   string // of MCP
	bearer string // "" for none
}

// request makes a request at a path of the program, and returns the status and the text of
// the answer.
func (s shower) request(ctx context.Context, method, path, body string) (status int, text string, err error) {
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(s.program.url, "/mcp")+path,
		strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("Content-Type", "application/json")
	if s.address != "" { // else it is somebody on this machine
		r.Header.Set("X-Forwarded-For", s.address)
	}
	if s.bearer != "" {
		r.Header.Set("Authorization", "Bearer "+s.bearer)
	}
	resp, err := strangers.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	all, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(all), err
}

// call calls a tool. The code of the answer is also that of a caller who is not admitted.
func (s shower) call(ctx context.Context, tool string, arguments args) (answer, error) {
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": "tools/call",
		"params": map[string]any{"name": tool, "arguments": arguments}})
	if err != nil {
		return answer{}, err
	}
	status, text, err := s.request(ctx, http.MethodPost, s.path, string(body))
	if err != nil {
		return answer{}, err
	}
	var got struct {
		Result json.RawMessage
		Error  struct {
			Data struct {
				Code  string
				Retry int `json:"retry_after_seconds"`
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		return answer{}, fmt.Errorf("%d %q: %w", status, text, err)
	}
	if got.Result == nil {
		return answer{Code: got.Error.Data.Code, Retry: got.Error.Data.Retry}, nil
	}
	return readAnswer(got.Result)
}

// must is call for a call that is admitted.
func (s shower) must(t *testing.T, tool string, arguments args) answer {
	t.Helper()
	got, err := s.call(t.Context(), tool, arguments)
	if err != nil || got.Code != "" {
		t.Fatalf("%s: %+v, %v", tool, got, err)
	}
	return got
}

// similar returns something of the form of a secret that the program has made, with right
// check characters and other characters in the middle: the n-th of them.
func similar(secret string, n int) string {
	const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
	body := []byte(secret[:len(secret)-2])
	for at := len(body) - 4; at < len(body); at++ {
		body[at] = alphabet[n%len(alphabet)]
		n /= len(alphabet)
	}
	sum := 0
	for _, c := range body {
		sum = (sum*33 + int(c) + 7) % 1021
	}
	return string(body) + string(alphabet[sum>>5]) + string(alphabet[sum&31])
}

// operations returns how often the program has read and written its table.
func (p *program) operations() (reads, writes float64) {
	p.t.Helper()
	return p.metric(`parley_table_operations_total{kind="read"}`),
		p.metric(`parley_table_operations_total{kind="write"}`)
}

// Somebody guesses keys, invites and tokens at every door, with right check characters.
func TestAttack_wrongKeys_costFewReads(t *testing.T) {
	p := start(t, "--trust-proxy", "--access", "keys", "--metrics-addr", "127.0.0.1:0")
	printed, err := p.keys("add", "Ann")
	if err != nil {
		t.Fatal(err)
	}
	key := strings.TrimSpace(printed)
	ann := shower{p.victim(), "/mcp", key}
	made := ann.must(t, "create_room", args{"room": "attack", "agent_name": "Ann", "capacity": 2})
	code := regexp.MustCompile(`/i/(\w+)/mcp`).FindStringSubmatch(made.Invite)
	if code == nil {
		t.Fatalf("the invite is %q", made.Invite)
	}
	guess := func(n int) shower {
		mallory := shower{stranger{p, "198.51.100.66"}, "/mcp", ""}
		switch n % 4 {
		case 0:
			mallory.bearer = similar("pk_"+fmt.Sprintf("%08d", n)+key[11:], n) // of another id each
		case 1:
			mallory.path = "/k/" + similar("pk_"+fmt.Sprintf("%08d", n)+key[11:], n) + "/mcp"
		case 2:
			mallory.path = "/i/" + similar(code[1], n) + "/mcp"
		case 3:
			mallory.bearer = similar(made.AgentToken, n)
		}
		return mallory
	}
	n, admitted, late := scaled(800), atomic.Int64{}, atomic.Int64{}
	reads, writes := p.operations()
	var guesses errgroup.Group
	began := time.Now()
	for i := range n {
		guesses.Go(func() error {
			got, err := guess(i).call(t.Context(), "join_room", args{"room": "attack", "agent_name": "Mallory"})
			switch {
			case err != nil:
				return err
			case got.Code == "rate_limited" && got.Retry == 1:
				late.Add(1)
			case got.Code != "key_invalid":
				admitted.Add(1)
				return fmt.Errorf("a guess gets %+v", got)
			}
			return nil
		})
	}
	if err := guesses.Wait(); err != nil {
		t.Error(err)
	}
	took := time.Since(began)
	after, wrote := p.operations()
	if most := 21 + took.Seconds(); after-reads > most || wrote > writes { // 20 at once, then one a second
		t.Errorf("%v reads and %v writes, where %v reads are the most", after-reads, wrote-writes, most)
	}
	ann.must(t, "send_message", args{"agent_token": made.AgentToken, "text": "I am still served."})
	ann.address = "198.51.100.66"
	ann.must(t, "send_message", args{"agent_token": made.AgentToken, "text": "And where the guesses come from."})
	attacks(t, "%d of %d wrong keys, invites and tokens at once were admitted in %v; %d had no turn, and all cost %v "+
		"reads and %v writes",
		admitted.Load(), n, took.Round(time.Millisecond), late.Load(), after-reads, wrote-writes)
}

// The networks of one household guess keys. One that is new to the program, and comes from elsewhere,
// is looked up at once, and one that it knows costs no turn anywhere.
func TestAttack_wrongKeysOfAHousehold_delayNobodyElsewhere(t *testing.T) {
	p := start(t, "--trust-proxy", "--access", "keys", "--metrics-addr", "127.0.0.1:0")
	var keys []string
	for _, label := range []string{"Ann", "Bob"} {
		printed, err := p.keys("add", label)
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, strings.TrimSpace(printed))
	}
	ann, bob := shower{p.victim(), "/mcp", keys[0]}, shower{stranger{p, "203.0.113.9"}, "/mcp", keys[1]}
	ann.must(t, "list_rooms", nil)
	ann.address = network(7)
	n, late := scaled(800), atomic.Int64{}
	reads, _ := p.operations()
	var guesses errgroup.Group
	began := time.Now()
	for i := range n {
		guesses.Go(func() error {
			wrong := similar("pk_"+fmt.Sprintf("%08d", i)+keys[0][11:], i)
			got, err := shower{stranger{p, network(i)}, "/mcp", wrong}.call(t.Context(), "list_rooms", nil)
			if got.Code == "rate_limited" {
				late.Add(1)
			} else if err == nil && got.Code != "key_invalid" {
				err = fmt.Errorf("a guess gets %+v", got)
			}
			return err
		})
	}
	await(t, "the guesses come in", func() bool { now, _ := p.operations(); return now >= reads+20 })
	asked := time.Now()
	ann.must(t, "list_rooms", nil)
	bob.must(t, "list_rooms", nil)
	took := time.Since(asked)
	if err := guesses.Wait(); err != nil {
		t.Error(err)
	}
	after, _ := p.operations()
	all := time.Since(began)
	if most := 30 + 2*all.Seconds(); after-reads > most || took > 2*time.Second {
		t.Errorf("%v reads in %v, want %v at most; the right keys took %v", after-reads, all, most, took)
	}
	attacks(t, "%d wrong keys at once from the networks of one household cost %v reads in %v, and %d had no turn; a "+
		"known key among them and a new one elsewhere took %d ms", n, after-reads, all.Round(time.Millisecond),
		late.Load(), took.Milliseconds())
}

// A client repeats a key that was revoked, an invite and a token that never were. Those at its
// address who come for the first time are served at once, also after a restart.
func TestAttack_wrongKeysRepeated_shutNobodyOut(t *testing.T) {
	p := start(t, "--trust-proxy", "--access", "keys", "--metrics-addr", "127.0.0.1:0")
	keys := map[string]string{}
	for _, label := range []string{"Ann", "Eve"} {
		printed, err := p.keys("add", label)
		if err != nil {
			t.Fatal(err)
		}
		keys[label] = strings.TrimSpace(printed)
	}
	at := stranger{p, "198.51.100.66"}
	ann, eve := shower{at, "/mcp", keys["Ann"]}, shower{at, "/mcp", keys["Eve"]}
	made := ann.must(t, "create_room", args{"room": "attack", "agent_name": "Ann", "capacity": 3})
	code := regexp.MustCompile(`/i/(\w+)/mcp`).FindStringSubmatch(made.Invite)
	if code == nil {
		t.Fatalf("the invite is %q", made.Invite)
	}
	if _, err := p.keys("revoke", "Eve"); err != nil {
		t.Fatal(err)
	}
	p.kill()
	p.again()
	wrong := []shower{eve, {at, "/i/" + similar(code[1], 7) + "/mcp", ""}, {at, "/mcp", similar(made.AgentToken, 7)}}
	reads, _ := p.operations()
	n := scaled(2000)
	admitted, took := flood(t, 3*n, func(i int) (answer, error) {
		got, err := wrong[i%3].call(t.Context(), "join_room", args{"room": "attack", "agent_name": "Eve"})
		if err == nil && got.Code != "key_invalid" {
			err = fmt.Errorf("%d gets %+v", i%3, got)
		}
		return got, err
	})
	after, _ := p.operations()
	if admitted > 0 || after-reads > 6 { // a lookup of a token reads a room
		t.Errorf("%d were admitted, with %v reads", admitted, after-reads)
	}
	began := time.Now()
	ann.must(t, "send_message", args{"agent_token": made.AgentToken, "text": "My key is new to this process."})
	guest := shower{at, "/i/" + code[1] + "/mcp", ""}
	guest.must(t, "join_room", args{"room": "attack", "agent_name": "Bob"})
	attacks(t, "a wrong key, invite and token, each %d times in %v, cost %v reads; then a right key and invite of "+
		"that address took %d ms",
		n, took.Round(time.Millisecond), after-reads, time.Since(began).Milliseconds())
}

// Programs that show previews, and crawlers, open an invite again and again. It is for one
// guest, who comes after them.
func TestAttack_openedInvite_spendsNothing(t *testing.T) {
	p := start(t, "--trust-proxy", "--access", "keys", "--metrics-addr", "127.0.0.1:0")
	printed, err := p.keys("add", "Ann")
	if err != nil {
		t.Fatal(err)
	}
	ann := shower{p.victim(), "/mcp", strings.TrimSpace(printed)}
	made := ann.must(t, "create_room", args{"room": "attack", "agent_name": "Ann", "capacity": 2})
	code := regexp.MustCompile(`/i/(\w+)/mcp`).FindStringSubmatch(made.Invite)
	if code == nil {
		t.Fatalf("the invite is %q", made.Invite)
	}
	n := scaled(1000)
	reads, writes := p.operations()
	shown, took := flood(t, n, func(i int) (answer, error) {
		crawler := shower{stranger{p, "198.51.100.66"}, "", ""}
		method, path := []string{http.MethodGet, http.MethodHead}[i%2],
			[]string{"/i/" + code[1], "/i/" + code[1] + "/mcp"}[i/2%2]
		status, _, err := crawler.request(t.Context(), method, path, "")
		if want := map[bool]int{true: 200, false: 405}[i/2%2 == 0]; err == nil && status != want {
			err = fmt.Errorf("%s %s: %d", method, path, status)
		}
		return answer{}, err
	})
	after, wrote := p.operations()
	if after > reads || wrote > writes {
		t.Errorf("%v reads and %v writes", after-reads, wrote-writes)
	}
	guest := shower{stranger{p, "203.0.113.5"}, "/i/" + code[1] + "/mcp", ""}
	if got := guest.must(t, "join_room", args{"room": "attack", "agent_name": "Bob"}); got.AgentToken == "" {
		t.Errorf("the guest gets %+v", got)
	}
	attacks(t, "an invite that was opened %d times in %v cost %v reads and %v writes, and seats its guest", shown,
		took.Round(time.Millisecond), after-reads, wrote-writes)
}

// A guest is kept out, by a ban or by a new password, and comes back by the invite that it has
// under names that nobody has banned. Another guest has its seat by the same invite.
func TestAttack_bannedGuest_staysOut(t *testing.T) {
	p := start(t, "--trust-proxy", "--access", "keys")
	printed, err := p.keys("add", "Ann")
	if err != nil {
		t.Fatal(err)
	}
	ann := shower{p.victim(), "/mcp", strings.TrimSpace(printed)}
	byInvite := func(round int, line string) shower {
		code := regexp.MustCompile(`/i/(\w+)/mcp`).FindStringSubmatch(line)
		if code == nil {
			t.Fatalf("the invite is %q", line)
		}
		return shower{stranger{p, fmt.Sprint("203.0.113.", round)}, "/i/" + code[1] + "/mcp", ""}
	}
	tried, back, kept := 0, 0, 0
	for round := range scaled(40) {
		made := ann.must(t, "create_room", args{"room": fmt.Sprint("attack ", round), "agent_name": "Ann",
			"capacity": 20})
		old := byInvite(round, made.Invite)
		mallory := old.must(t, "join_room", args{"agent_name": "Mallory"})
		gil := old.must(t, "join_room", args{"agent_name": "Gil"})
		var after answer
		if round%2 == 0 {
			after = ann.must(t, "manage_agent",
				args{"agent_token": made.AgentToken, "agent_name": "Mallory", "action": "ban"})
		} else {
			ann.must(t, "manage_agent", args{"agent_token": made.AgentToken, "agent_name": "Mallory", "action": "kick"})
			after = ann.must(t, "update_room", args{"agent_token": made.AgentToken, "password": "another"})
		}
		for i, call := range []struct {
			tool string
			args args
		}{
			{"join_room", args{"agent_name": "Malory"}},
			{"join_room", args{"agent_name": "Eve", "password": "another"}},
			{"join_room", args{"agent_name": "Gil"}}, {"join_room", args{"agent_token": mallory.AgentToken}},
			{"room_info", args{}},
			{"wait_for_message", args{"agent_token": mallory.AgentToken, "wait_seconds": 0}},
		} {
			tried++
			if got, err := old.call(t.Context(), call.tool, call.args); err != nil ||
				got.Code != "not_allowed" && got.Code != "removed" {
				back++
				t.Errorf("round %d, call %d: %+v, %v", round, i, got, err)
			}
		}
		got, err := old.call(t.Context(), "send_message",
			args{"agent_token": gil.AgentToken, "text": "I am still here."})
		status, _, errWait := shower{old.stranger, "", gil.AgentToken}.request(t.Context(), http.MethodGet,
			"/v1/wait?peek=1&wait_seconds=0", "")
		if err != nil || errWait != nil || !got.Sent || status != http.StatusRequestTimeout && status != http.StatusOK {
			t.Errorf("the other guest: %+v, %v; its program: %d, %v", got, err, status, errWait)
		} else {
			kept++
		}
		byInvite(round, after.Invite).must(t, "join_room", args{"agent_name": "Bob"})
	}
	attacks(t, "%d of %d calls of guests that were kept out were let in by the old invite; %d of %d other guests "+
		"kept their seats by it", back, tried, kept, scaled(40))
}

// TestAttack_tasksOfOthers_byGuests lets guests end what others have added, and add more than their thirty tasks by
// leaving and joining again.
func TestAttack_tasksOfOthers_byGuests(t *testing.T) {
	p := start(t, "--trust-proxy", "--access", "keys")
	printed, err := p.keys("add", "Ann")
	if err != nil {
		t.Fatal(err)
	}
	ann := shower{p.victim(), "/mcp", strings.TrimSpace(printed)}
	titles := func(n int) (list []args) {
		for i := range n {
			list = append(list, args{"title": fmt.Sprint("task ", i)})
		}
		return list
	}
	tried, ended, added := 0, 0, 0
	for round := range scaled(40) {
		made := ann.must(t, "create_room", args{"room": fmt.Sprint("plan ", round), "agent_name": "Ann",
			"capacity": 2 + round%2})
		ann.must(t, "task", args{"agent_token": made.AgentToken, "action": "add", "tasks": titles(2)})
		code := regexp.MustCompile(`/i/(\w+)/mcp`).FindStringSubmatch(made.Invite)
		guest := shower{stranger{p, fmt.Sprint("203.0.113.", round)}, "/i/" + code[1] + "/mcp", ""}
		mallory := guest.must(t, "join_room", args{"agent_name": "Mallory"})
		for _, call := range []args{{"action": "finish", "id": "t1"}, {"action": "next", "id": "t1"},
			{"action": "drop", "id": "t2"}, {"action": "edit", "id": "t2", "title": "sleep"}} {
			tried++
			call["agent_token"] = mallory.AgentToken
			if got, err := guest.call(t.Context(), "task", call); err != nil || got.Code != "not_allowed" {
				ended++
				t.Errorf("round %d: %v: %+v, %v", round, call, got, err)
			}
		}
		guest.must(t, "send_message", args{"agent_token": mallory.AgentToken, "text": "All done.",
			"finishes": []string{"t1", "t2"}})
		for _, id := range []string{"t1", "t2"} {
			tried++
			if got, err := ann.call(t.Context(), "task", args{"agent_token": made.AgentToken, "action": "take",
				"id": id}); err != nil || got.Code != "" {
				ended++
				t.Errorf("round %d: %s is open no longer: %+v, %v", round, id, got, err)
			}
		}
		guest.must(t, "task", args{"agent_token": mallory.AgentToken, "action": "add", "tasks": titles(30)})
		guest.must(t, "leave_room", args{"agent_token": mallory.AgentToken})
		if round%2 == 0 {
			continue // its invite is used up
		}
		eve := guest.must(t, "join_room", args{"agent_name": "Eve"})
		got, err := guest.call(t.Context(), "task", args{"agent_token": eve.AgentToken, "action": "add",
			"tasks": titles(31)[30:]})
		if err != nil || got.Code != "invalid_argument" {
			added++
			t.Errorf("round %d, after another join: %+v, %v", round, got, err)
		}
	}
	attacks(t, "guests ended or changed tasks of others in %d of %d calls; %d of %d that left and joined again had "+
		"another thirty", ended, tried, added, scaled(40)/2)
}
