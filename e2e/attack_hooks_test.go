package e2e

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Whoever subscribes has the program call an address. It calls http addresses of its own machine for callers there,
// and those are attacked here. An https address leads it to what the DNS finds for a public name, which is never this
// machine. So addresses that only the DNS shows, one that changes, and answers over TLS are attacked in
// internal/outcall; 100 hosts that hang and 20 subscriptions of a caller, which take minutes of its limits to make,
// are in internal/outbox.

// hookSecret signs calls.
const hookSecret = "whsec_UXVpeG90cnkgaXMgdGhlIHNlY3JldCBvZiBhIGhvb2s="

// subscribed is how a program answers events/subscribe.
type subscribed struct {
	Result struct{ ID string }
	Error  struct {
		Code    int
		Message string
	}
}

// The numbers of refusals for a client that does not name the extension.
const (
	wrongParams = -32602
	tooMany     = -32013
	noAgreement = -32015
)

// subscribe has an agent called at an address.
func (s shower) subscribe(ctx context.Context, token, address string) (got subscribed, err error) {
	return s.subscribeTo(ctx, args{"agent_token": token}, address)
}

// subscribeTo has an agent called for what arguments say.
func (s shower) subscribeTo(ctx context.Context, arguments args, address string) (got subscribed, err error) {
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": "events/subscribe",
		"params": map[string]any{"name": "room.message", "arguments": arguments,
			"delivery": args{"mode": "webhook", "url": address, "secret": hookSecret}}})
	if err != nil {
		return got, err
	}
	status, text, err := s.request(ctx, http.MethodPost, s.path, string(body))
	if err != nil {
		return got, err
	}
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		return got, fmt.Errorf("%d %q: %w", status, text, err)
	}
	return got, nil
}

// mustSubscribe is subscribe for an address that agrees.
func (s shower) mustSubscribe(t *testing.T, token, address string) {
	t.Helper()
	if got, err := s.subscribe(t.Context(), token, address); err != nil || got.Result.ID == "" {
		t.Fatalf("subscribe: %+v, %v", got, err)
	}
}

// local is somebody on the machine of a program.
func (p *program) local() shower { return shower{stranger{p, ""}, "/mcp", ""} }

// two are agents in a room of their own.
type two struct {
	shower
	ann, bob string // tokens
}

func (s shower) two(t *testing.T, room string) two {
	t.Helper()
	ann := s.must(t, "join_room", args{"room": room, "agent_name": "Ann"})
	bob := s.must(t, "join_room", args{"room": room, "agent_name": "Bob"})
	return two{s, ann.AgentToken, bob.AgentToken}
}

// says lets Ann say something, for which Bob is called.
func (a two) says(t *testing.T, text string) {
	t.Helper()
	if got := a.must(t, "send_message", args{"agent_token": a.ann, "text": text}); !got.Sent || got.Duplicate {
		t.Fatalf("%q is not said: %+v", text, got)
	}
}

// callee is a host that agrees to be called, and keeps what it gets.
type callee struct {
	url string
	got chan string // the path of each call

	mu  sync.Mutex
	all strings.Builder // every byte of every request
}

// newCallee returns a host that answers calls with answer; nil: with status 200.
func newCallee(t *testing.T, answer http.HandlerFunc) *callee {
	t.Helper()
	c := &callee{got: make(chan string, 1000)}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		whole, _ := httputil.DumpRequest(r, true) // what came is kept
		c.mu.Lock()
		c.all.Write(whole)
		c.mu.Unlock()
		var asked struct{ Type, Challenge string }
		_ = json.NewDecoder(r.Body).Decode(&asked)
		if asked.Type == "verification" && !strings.HasPrefix(r.URL.Path, "/refuses") {
			_ = json.NewEncoder(w).Encode(map[string]string{"challenge": asked.Challenge})
			return
		}
		c.got <- r.URL.Path
		if answer != nil {
			answer(w, r)
		}
	}))
	t.Cleanup(s.Close)
	c.url = s.URL
	return c
}

// next returns the path of the next call, and how long it took to come.
func (c *callee) next(t *testing.T) (path string, took time.Duration) {
	t.Helper()
	began := time.Now()
	select {
	case path = <-c.got:
		return path, time.Since(began)
	case <-time.After(patience):
		t.Fatal("nobody called")
		return "", 0
	}
}

// bytes returns all that came.
func (c *callee) bytes() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all.String()
}

// spellings returns hosts of URLs that somebody may take for an IPv4 address.
func spellings(ip string) []string {
	a := netip.MustParseAddr(ip).As4()
	n := binary.BigEndian.Uint32(a[:])
	wide := func(r rune) rune {
		if r == '.' {
			return '。'
		}
		return r - '0' + '０'
	}
	return []string{ip, ip + ".", fmt.Sprint(n), fmt.Sprintf("0x%x", n), fmt.Sprintf("0%o", n), fmt.Sprintf("%d.", n),
		fmt.Sprintf("0x%x.0x%x.0x%x.0x%x", a[0], a[1], a[2], a[3]),
		fmt.Sprintf("0%o.0%o.0%o.0%o", a[0], a[1], a[2], a[3]),
		fmt.Sprintf("%d.%d", a[0], n&0xffffff), fmt.Sprintf("%d.%d.%d", a[0], a[1], n&0xffff),
		fmt.Sprintf("%d.0x%x", a[0], n&0xffffff), fmt.Sprintf("%d.%s", int(a[0])+256, ip[strings.Index(ip, ".")+1:]),
		"[::ffff:" + ip + "]", "[::" + ip + "]", "[64:ff9b::" + ip + "]", "[::ffff:0:" + ip + "]",
		fmt.Sprintf("[2002:%04x:%04x::1]", n>>16, n&0xffff), fmt.Sprintf("[::ffff:%x:%x]", n>>16, n&0xffff),
		strings.Map(wide, ip), strings.ReplaceAll(ip, ".", "%2e"), "%3" + ip[:1] + ip[1:], ip + "%00.example.com",
		"example.com@" + ip, "user:pass@" + ip, ip + "#@example.com", ip + "\\@example.com", ip + "\t", " " + ip,
		ip + "\r\nHost: example.com"}
}

// Eve subscribes with addresses within the network of the server. Somebody on the server's machine may do that with
// its three names, and with nothing else that leads there. A host listens at the port that many of the addresses have.
func TestAttack_subscribe_addressesThatNobodyMayCall(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	var connections atomic.Int64
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return // closed
			}
			connections.Add(1)
			_ = c.Close() // nothing is said
		}
	}()
	_, port, _ := net.SplitHostPort(listener.Addr().String())

	hosts := []string{"localhost.", "foo.localhost", "localhost.localdomain.", "LOCALHOST.", "ip6-localhost", "parley",
		"metadata", "printer.local", "db.internal", "metadata.google.internal", "router.home.arpa", "[::]", "[fd00::1]",
		"[fe80::1%25lo]", "[::1%25lo]", "[fd00:ec2::254]", "[ff02::1]", "[2001:db8::1]", "[2606:4700::1111]", "",
		"-a.example", "a..example", "a.example.", "ex ample.com", "*.example.com", "bücher.example", "a_b.example",
		"parley.example", "PARLEY.EXAMPLE", strings.Repeat("a.", 200) + "example"}
	for _, ip := range []string{"127.0.0.1", "127.0.0.2", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1",
		"169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "198.18.0.1", "224.0.0.1", "8.8.8.8",
		"255.255.255.255"} {
		hosts = append(hosts, spellings(ip)...)
	}
	var addresses []string
	for _, host := range hosts {
		for _, form := range []string{"https://%s/", "https://%s:443/hook", "https://%s:" + port + "/",
			"http://%s:" + port + "/", "HTTP://%s:" + port, "http://%s", "//%s/", "%s", "ftp://%s/", "gopher://%s:70/",
			"file://%s/etc/passwd", "https:%s", "https:///%s", "https://%s:0443/", "https://%s:99999/"} {
			if address := fmt.Sprintf(form, host); address != "" { // an empty one is malformed
				addresses = append(addresses, address)
			}
		}
	}
	r := rand.New(rand.NewPCG(34, 7))
	r.Shuffle(len(addresses), func(i, j int) { addresses[i], addresses[j] = addresses[j], addresses[i] })
	addresses = addresses[:scaled(len(addresses))]

	public := start(t, "--public-url", "https://parley.example", "--access", "keys", "--units-per-minute", "0")
	eve := shower{stranger{public, ""}, "/k/" + public.newKey("Eve") + "/mcp", ""}
	// A local server may call its machine, and does not know the other name as its own.
	may := regexp.MustCompile(`(?i)^http://127\.0\.0\.1(:\d+)?(/|#|$)|^https://parley\.example(:443)?/`)
	refused, tried, longest := 0, 0, time.Duration(0)
	for _, s := range []shower{eve, start(t).local()} {
		seat := s.two(t, "attack")
		for _, address := range addresses {
			if s.program != public && may.MatchString(address) {
				continue
			}
			tried++
			began := time.Now()
			got, err := s.subscribe(t.Context(), seat.bob, address)
			longest = max(longest, time.Since(began))
			if err != nil || got.Error.Code != wrongParams || !strings.HasPrefix(got.Error.Message, "delivery.url: ") {
				t.Errorf("%q: %+v, %v", address, got, err)
				continue
			}
			refused++
		}
	}
	if n := connections.Load(); n > 0 {
		t.Errorf("the program connected %d times", n)
	}
	attacks(t, "%d of %d addresses at two servers were refused by their form, in %v at most; nobody was connected to",
		refused, tried, longest.Round(time.Millisecond))
}

// Eve floods somebody who has not asked for it with challenges: for many agents, paths and secrets, and also by hooks
// that end at once, at a host that agrees.
func TestAttack_challenges_floodNoThirdParty(t *testing.T) {
	p := start(t)
	eve, third, accomplice := p.local(), newForeign(t), newCallee(t, nil)
	var seats []two
	for n := range 8 {
		seats = append(seats, eve.two(t, fmt.Sprint("room ", n)))
	}
	n, limited := scaled(4000), atomic.Int64{}
	_, took := flood(t, n, func(i int) (answer, error) {
		to := third.url
		if i%2 == 0 {
			to = accomplice.url
		}
		got, err := eve.subscribe(t.Context(), seats[i%len(seats)].bob, fmt.Sprintf("%s/%d", to, i))
		if got.Error.Code == tooMany {
			limited.Add(1)
		}
		return answer{}, err
	})
	asked, _ := third.calls("")
	asked += strings.Count(accomplice.bytes(), `"verification"`)
	within(t, asked, 10, took)
	if asked == 0 || asked+int(limited.Load()) != n {
		t.Errorf("of %d calls %d led to challenges, and %d were refused for the limit", n, asked, limited.Load())
	}
	attacks(t, "%d subscriptions in %v sent %d challenges; %d were refused", n, took.Round(time.Millisecond), asked,
		limited.Load())
}

// A caller has as many hooks as a minute's challenges allow, of which all but one lead to a host that never answers,
// and one challenge hangs, too. The limits of a caller allow no more at once.
func TestAttack_hostsThatHang_delayNobody(t *testing.T) {
	p := start(t)
	eve, release := p.local(), make(chan struct{})
	hanging := newCallee(t, func(http.ResponseWriter, *http.Request) { <-release })
	t.Cleanup(func() { close(release) })
	well := newCallee(t, nil)
	mallory, other, good := eve.two(t, "one"), eve.two(t, "two"), eve.two(t, "three")
	for n := range 4 {
		eve.mustSubscribe(t, mallory.bob, fmt.Sprintf("%s/%d", hanging.url, n))
		eve.mustSubscribe(t, other.bob, fmt.Sprintf("%s/%d", hanging.url, n))
	}
	eve.mustSubscribe(t, good.bob, well.url)
	ctx, cancel := context.WithCancel(t.Context())
	var challenge sync.WaitGroup
	challenge.Go(func() { _, _ = eve.subscribe(ctx, good.bob, hanging.url+"/refuses") }) // the program ends first
	defer challenge.Wait()
	defer cancel()
	mallory.says(t, "Hang.")
	other.says(t, "Hang.")
	for range 9 {
		hanging.next(t)
	}
	n, longest := scaled(100), time.Duration(0) // a room has 120 calls a minute
	for i := range n {
		good.says(t, fmt.Sprintf("Are you there for the %dth time?", i))
		_, took := well.next(t)
		longest = max(longest, took)
		eve.must(t, "wait_for_message", args{"agent_token": good.bob, "wait_seconds": 0})
	}
	if len(hanging.got) > 0 {
		t.Errorf("%d further calls came to the host that hangs", len(hanging.got))
	}
	cancel()
	challenge.Wait()
	began := time.Now()
	if code := p.terminate(); code != 0 {
		t.Errorf("the program ended with %d", code)
	}
	attacks(t, "beside 8 calls and a challenge that hang, another agent was called %d times, after %v at most; the "+
		"program stopped in %v", n, longest.Round(100*time.Microsecond), time.Since(began).Round(time.Millisecond))
}

// Eve has a server call itself and another server of Parley: by their addresses, and by a redirect.
func TestAttack_addressesOfParley_goInNoCircle(t *testing.T) {
	one, two := start(t, "--log-level", "info"), start(t, "--log-level", "info")
	eve, base := one.local(), func(p *program) string { return strings.TrimSuffix(p.url, "/mcp") }
	redirects := newCallee(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, two.url, http.StatusTemporaryRedirect)
	})
	seat := eve.two(t, "circle")
	addresses := []string{one.url, base(one), base(one) + "/v1/wait", strings.Replace(one.url, "127.0.0.1", "localhost",
		1), two.url, base(two) + "/healthz", base(two) + "/i/x/mcp"}
	for _, address := range append(addresses, redirects.url+"/refuses") {
		if got, err := eve.subscribe(t.Context(), seat.bob, address); err != nil || got.Error.Code != noAgreement {
			t.Errorf("%s: %+v, %v", address, got, err)
		}
	}
	eve.mustSubscribe(t, seat.bob, redirects.url)
	seat.says(t, "Go on.")
	redirects.next(t)
	redirects.next(t)
	await(t, "the call has failed", func() bool { return strings.Contains(one.out.String(), "bad_answer") })
	refusals := regexp.MustCompile(`status=403|"status":403`)
	at := [2]int{len(refusals.FindAllString(one.out.String(), -1)), len(refusals.FindAllString(two.out.String(), -1))}
	if at != [2]int{4, 3} { // one for each address, and none by the redirects
		t.Errorf("the doors of the two refused %d calls", at)
	}
	attacks(t, "%d addresses of two servers led to %d calls, each of which its door refused; 2 redirects led to none",
		len(addresses), at[0]+at[1])
}

// Eve subscribes an agent more often than four times, all at once.
func TestAttack_subscriptionsAtOnce_staySeatsAtFour(t *testing.T) {
	p := start(t)
	eve, there := p.local(), newCallee(t, nil)
	seat := eve.two(t, "attack")
	const tries = 10 // the challenges of a minute
	var made, refused atomic.Int64
	_, took := flood(t, tries, func(i int) (answer, error) {
		switch got, err := eve.subscribe(t.Context(), seat.bob, fmt.Sprintf("%s/%d", there.url, i)); {
		case err != nil:
			return answer{}, err
		case got.Result.ID != "":
			made.Add(1)
		case got.Error.Code == tooMany:
			refused.Add(1)
		default:
			t.Errorf("%d: %+v", i, got)
		}
		return answer{}, nil
	})
	if made.Load() != 4 || refused.Load() != tries-4 {
		t.Errorf("%d were made, %d refused", made.Load(), refused.Load())
	}
	seat.says(t, "Shall we?")
	paths := map[string]bool{}
	for range 4 {
		path, _ := there.next(t)
		paths[path] = true
	}
	eve.must(t, "wait_for_message", args{"agent_token": seat.bob, "wait_seconds": 0})
	if len(paths) != 4 || len(there.got) > 0 {
		t.Errorf("called were %v, and %d more", paths, len(there.got))
	}
	attacks(t, "of %d subscriptions of a seat within %v %d were made and called", tries, took.Round(time.Millisecond),
		made.Load())
}

// Eve has as many webhooks at one host as a minute allows, and says as many messages of a letter as she can: each would
// be as many calls. A third host takes every call, but has not agreed to one.
func TestAttack_webhooks_multiplyNoMessage(t *testing.T) {
	p := start(t)
	began := time.Now() // joins are told to the first webhooks, too
	eve, there, third := p.local(), newCallee(t, nil), newForeign(t)
	var token, person string
	hooks := 0
	for seat := range 3 {
		got := eve.must(t, "join_room", args{"room": "attack", "agent_name": fmt.Sprint("Eve ", seat),
			"capacity": 3})
		token, person = got.AgentToken, supervised{shower: eve, link: got.Watch}.person(t)
		for range 3 {
			eve.must(t, "supervise", args{"agent_token": person, "add_hook": fmt.Sprintf("%s/%d", there.url, hooks)})
			hooks++
		}
	}
	refused, err := eve.call(t.Context(), "supervise", args{"agent_token": person, "add_hook": third.url})
	if asked, _ := third.calls(""); err != nil || refused.Code != "invalid_argument" || asked != 1 {
		t.Errorf("the third host was called %d times: %+v, %v", asked, refused, err)
	}
	const n = 60
	said, took := flood(t, n, func(i int) (answer, error) {
		return eve.call(t.Context(), "send_message", args{"agent_token": token, "text": string(rune('一' + i))})
	})
	calls := 0
	for over := time.After(5 * time.Second); over != nil; { // the others come later, two a second
		select {
		case <-there.got:
			calls++
		case <-over:
			over = nil
		}
	}
	within(t, calls, 120, time.Since(began))
	if asked, _ := third.calls(""); asked > 1 {
		t.Errorf("the third host was called %d times", asked)
	}
	attacks(t, "%d messages of a letter in %v, for %d webhooks, led to %d calls in %v", said,
		took.Round(time.Millisecond), hooks, calls, time.Since(began).Round(time.Millisecond))
}

// Eve adds agents whose cards name a host that has agreed to nothing, in forms that pass for the host of the card.
func TestAttack_cards_leadToNobodyElse(t *testing.T) {
	p := start(t)
	eve, third := p.local(), newForeign(t)
	seat := eve.must(t, "join_room", args{"room": "attack", "agent_name": "Eve"})
	person := supervised{shower: eve, link: seat.Watch}.person(t)
	var names []string // that the card of the moment has
	cards := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/away" {
			http.Redirect(w, r, third.url, http.StatusFound)
			return
		}
		all := []any{}
		for _, name := range names {
			all = append(all, args{"url": name, "protocolBinding": "JSONRPC", "protocolVersion": "1.0"})
		}
		_ = json.NewEncoder(w).Encode(args{"name": "Mole", "supportedInterfaces": all})
	}))
	t.Cleanup(cards.Close)
	own, other := strings.TrimPrefix(cards.URL, "http://"), strings.TrimPrefix(third.url, "http://")
	_, port, _ := net.SplitHostPort(other)
	forms := []string{third.url, third.url + "/" + own, "http://localhost:" + port, "HTTP://LOCALHOST:" + port,
		"http://" + own + "@" + other + "/", "http://" + other + "#" + own, "http://" + other + "?" + own,
		"//" + other, "http:/\\" + other, "http://" + other + "\\@" + own, "http://" + own + "." + other,
		"http://" + other + "\t", " http://" + other, "https://" + other, "https://" + own, "https://example.com/",
		"http://127.0.0.1.:" + port, "http://2130706433:" + port, "http://[::1]:" + port, "http://0:" + port}
	attempts := [][]string{forms}
	for _, form := range forms[:7] {
		attempts = append(attempts, []string{form})
	}
	for _, names = range attempts {
		got, err := eve.call(t.Context(), "supervise", args{"agent_token": person, "add_agent": cards.URL})
		if err != nil || got.Code != "invalid_argument" {
			t.Errorf("a card that names %q: %+v, %v", names, got, err)
		}
	}
	got, err := eve.call(t.Context(), "supervise", args{"agent_token": person, "add_agent": cards.URL + "/away"})
	if err != nil || got.Code != "invalid_argument" {
		t.Errorf("a card that is elsewhere: %+v, %v", got, err)
	}
	eve.must(t, "send_message", args{"agent_token": seat.AgentToken, "text": "@Mole are you there?"})
	asked, _ := third.calls("")
	if asked > 0 {
		t.Errorf("the third host was called %d times", asked)
	}
	attacks(t, "%d addresses in %d cards led to %d calls of a host that has served none of them", len(forms),
		len(attempts), asked)
}

// An agent that is called for what is meant for it leaves much unread, and was called for its name. Eve names it again
// and again: it is not called, so she pays for what she says, and the server for what it reads.
func TestAttack_names_readNothingAgain(t *testing.T) {
	const unread, names = 15_000, 20
	p := start(t, "--metrics-addr", "127.0.0.1:0")
	eve, there := p.local(), newCallee(t, nil)
	tokens := map[string]string{}
	for _, name := range []string{"Eve", "Bob", "Cid"} {
		got := eve.must(t, "join_room", args{"room": "attack", "agent_name": name, "capacity": 3})
		tokens[name] = got.AgentToken
	}
	got, err := eve.subscribeTo(t.Context(), args{"agent_token": tokens["Bob"], "for_me": true}, there.url)
	if err != nil || got.Result.ID == "" {
		t.Fatalf("subscribe: %+v, %v", got, err)
	}
	says := func(text string) {
		eve.must(t, "send_message", args{"agent_token": tokens["Eve"], "text": text})
	}
	says("This is for nobody.")
	p.kill()
	hide(t, p, "attack", unread)
	p.again()
	says("@Bob, are you there?")
	there.next(t)
	reads := func() (n float64) { // once no look is under way
		await(t, "nothing is read", func() bool {
			before := n
			n, _ = p.operations()
			return n == before
		})
		return n
	}
	before := reads()
	for n := range names {
		says(fmt.Sprintf("@Bob, for the %dth time", n))
	}
	each := (reads() - before) / names
	if each > 10 || len(there.got) > 0 {
		t.Errorf("a name costs %v reads, and all cost %d calls", each, len(there.got))
	}
	attacks(t, "beside %d unread messages, %d further names cost %.1f reads each", unread, names, each)
}

// pours is a host that answers with head, and then with more of the same for as long as somebody takes it.
type pours struct {
	head, more string
	poured     atomic.Int64 // bytes
	ended      chan struct{}
}

func (h *pours) answer(w http.ResponseWriter, _ *http.Request) {
	c, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err) // httptest has such connections
	}
	defer func() { h.ended <- struct{}{} }()
	defer c.Close()
	_, err = io.WriteString(c, h.head)
	for err == nil && h.more != "" {
		var n int
		n, err = io.WriteString(c, h.more)
		h.poured.Add(int64(n))
	}
}

// Hosts answer a challenge and a call with what never ends, or leads elsewhere.
func TestAttack_answersWithoutEnd_areLeft(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	elsewhere, long := newForeign(t), strings.Repeat("a", 1<<10)
	most, answers := int64(0), map[string]*pours{
		"a body":           {head: ok + "\r\n", more: strings.Repeat(" ", 32<<10)},
		"a promised body":  {head: ok + "Content-Length: 9000000000000000000\r\n\r\n", more: long},
		"a packed body":    {head: ok + "Content-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x00\x00\x00\x00\x00", more: long},
		"headers":          {head: ok, more: "X-" + long + ": " + long + "\r\n"},
		"a header":         {head: ok + "X-Long: ", more: long},
		"a line":           {more: long},
		"interim answers":  {more: "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"},
		"chunks of a byte": {head: ok + "Transfer-Encoding: chunked\r\n\r\n", more: "1;" + long + "\r\n \r\n"},
		"a trailer":        {head: ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n", more: "X-A: " + long + "\r\n"},
		"another protocol": {head: "HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: a\r\n\r\n", more: long},
		"a redirect": {head: "HTTP/1.1 307 Temporary Redirect\r\nLocation: " + elsewhere.url +
			"\r\nContent-Length: 0\r\n\r\n"},
		"a redirect with a body": {head: "HTTP/1.1 308 Permanent Redirect\r\nLocation: " + elsewhere.url + "\r\n\r\n",
			more: long},
	}
	for what, h := range answers {
		h.ended = make(chan struct{}, 2)
		p := start(t, "--log-level", "info")
		eve, there, well := p.local(), newCallee(t, h.answer), newCallee(t, nil)
		bad, good := eve.two(t, "bad"), eve.two(t, "good")
		eve.mustSubscribe(t, good.bob, well.url)
		eve.mustSubscribe(t, bad.bob, there.url)
		got, err := eve.subscribe(t.Context(), bad.bob, there.url+"/refuses")
		if err != nil || got.Error.Code != noAgreement || len(got.Error.Message) > 400 {
			t.Errorf("%s, to a challenge: %+v, %v", what, got, err)
		}
		bad.says(t, "Pour.")
		await(t, what+": the call has failed", func() bool {
			return strings.Contains(p.out.String(), "a hook could not be called")
		})
		for range 2 {
			select {
			case <-h.ended:
			case <-time.After(patience):
				t.Fatalf("%s is still read", what)
			}
		}
		good.says(t, "And you?")
		well.next(t)
		most = max(most, h.poured.Load())
	}
	if most > 32<<20 { // mostly what the system takes before the program reads
		t.Errorf("of two answers the program took %d bytes", most)
	}
	if n, _ := elsewhere.calls(""); n > 0 {
		t.Errorf("redirects led to %d calls", n)
	}
	attacks(t, "%d answers without end, to a challenge and a call each, were left after %d KB of both at most, and "+
		"redirects led nowhere", len(answers), most>>10)
}

// Hosts look in all that they get for what is not theirs, and somebody looks for it in the log.
func TestAttack_calls_showNoSecret(t *testing.T) {
	p := start(t, "--log-level", "debug", "--metrics-addr", "127.0.0.1:0")
	calls := 0
	there := newCallee(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Echo", marker+"-header")
		calls++
		if calls == 2 {
			w.WriteHeader(http.StatusInternalServerError)
		}
		_, _ = io.WriteString(w, marker+"-body") // the program has hung up
	})
	s, pass := p.local(), marker+"-password"
	ann := s.must(t, "create_room", args{"room": "tea", "agent_name": "Ann", "password": pass, "capacity": 5,
		"description": marker + " described"})
	bob := s.must(t, "join_room", args{"room": "tea:" + pass, "agent_name": "Bob", "capacity": 5})
	hidden := []string{ann.AgentToken, bob.AgentToken, ann.AgentToken[7:], bob.AgentToken[7:], hookSecret[6:]}
	for _, link := range []string{ann.Watch, bob.Watch, ann.Invite} {
		if link != "" {
			hidden = append(hidden, link[len(link)-16:])
		}
	}
	s.mustSubscribe(t, bob.AgentToken, there.url+"/?"+marker+"-query")
	both := two{s, ann.AgentToken, bob.AgentToken}
	both.says(t, marker+" said to all")
	there.next(t)
	s.must(t, "wait_for_message", args{"agent_token": bob.AgentToken, "wait_seconds": 0})
	s.must(t, "send_message", args{"agent_token": ann.AgentToken, "text": marker + " said to Bob",
		"to": []string{"Bob"}})
	there.next(t)
	await(t, "the call has failed", func() bool { return strings.Contains(p.out.String(), "http_500") })
	if got, err := s.subscribe(t.Context(), bob.AgentToken, "http://127.0.0.1:1/"+marker); got.Error.Code !=
		noAgreement {
		t.Errorf("%+v, %v", got, err)
	}
	figures := p.metrics()
	p.terminate()
	all := there.bytes()
	ours := strings.ReplaceAll(all, "/?"+marker+"-query", "") // its own address
	holdsNone(t, "a call", ours, append(hidden, marker, p.args[1])...)
	challenge := regexp.MustCompile(`"challenge":"(\w+)"`).FindStringSubmatch(all)
	if challenge == nil || strings.Count(all, "Webhook-Signature") != 3 {
		t.Fatalf("the host got %q", all)
	}
	log := p.out.String()
	holdsNone(t, "log and metrics", log+figures, append(hidden, marker, challenge[1])...)

	public := start(t, "--public-url", "https://parley.example", "--access", "keys", "--log-level", "debug")
	key := public.newKey("Eve")
	eve := shower{stranger{public, ""}, "/k/" + key + "/mcp", ""}
	seat := eve.two(t, "tea")
	for _, address := range []string{"https://parley.example/k/" + key + "/mcp", "https://" + marker + ":a@b.example/",
		"https://10.0.0.1/" + marker} {
		got, err := eve.subscribe(t.Context(), seat.bob, address)
		if err != nil || got.Error.Code != wrongParams {
			t.Errorf("%+v, %v", got, err)
		}
		holdsNone(t, "a refusal", got.Error.Message, key, marker, hookSecret)
	}
	public.terminate()
	holdsNone(t, "the log", public.out.String(), key, marker, hookSecret[6:], seat.bob, seat.ann)
	attacks(t, "%d bytes of calls, %d of logs and metrics hold no token, link, password, text, key, secret or address",
		len(all), len(log)+len(figures)+len(public.out.String()))
}

// mutants yields requests that resemble events/subscribe: first with each value in each place, then with bytes of one
// changed, lost or doubled.
func mutants(r *rand.Rand, token, address string) func() string {
	values := []string{`null`, `true`, `-1`, `1e308`, `1e999`, `0.5`, `""`, `"\u0000"`, `"\ud800"`, `"` +
		strings.Repeat("a", 70_000) + `"`, `[]`, `{}`, `{"":{}}`, `"room.message"`, `"whsec_"`, `"http://"`, `" "`,
		strings.Repeat("[", 5_000) + strings.Repeat("]", 5_000), strings.Repeat(`{"a":`, 20_000), "\"\xff\xfe\"", `nul`, ``}
	members := []string{`"room.message"`, `"` + token + `"`, `false`, `"webhook"`, `"` + address + `"`,
		`"` + hookSecret + `"`, `3600000`, `null`, `{"io.modelcontextprotocol/clientCapabilities":{"extensions":{` +
			`"io.modelcontextprotocol/events":{}}}}`}
	request := func(m []string, method string) string {
		return fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"%s","params":{"name":%s,"arguments":{"agent_token":%s,`+
			`"for_me":%s},"delivery":{"mode":%s,"url":%s,"secret":%s},"ttlMs":%s,"cursor":%s,"_meta":%s}}`, method,
			m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8])
	}
	methods := []string{"events/subscribe", "events/unsubscribe", "events/list"}
	n := 0
	return func() string {
		n++
		if at := n * 7 % (len(members) * len(values) * len(methods)); n < len(members)*len(values)*len(methods) {
			m := append([]string{}, members...)
			m[at%len(members)] = values[at/len(members)%len(values)]
			return request(m, methods[at/len(members)/len(values)])
		}
		b := []byte(request(members, methods[0]))
		for range 1 + r.IntN(4) {
			switch at := r.IntN(len(b)); r.IntN(4) {
			case 0:
				b[at] = byte(r.IntN(256))
			case 1:
				b = append(b[:at:at], b[min(len(b), at+1+r.IntN(20)):]...)
			case 2:
				b = append(b[:at:at], append([]byte(values[r.IntN(len(values))]), b[at:]...)...)
			default:
				b = append(b[:at:at], append([]byte(string(b[max(0, at-30):at])), b[at:]...)...)
			}
			if len(b) == 0 {
				b = []byte("{")
			}
		}
		return string(b)
	}
}

// Eve sends thousands of malformed requests. None of them has a token of an agent, so that none may lead anywhere.
func TestAttack_malformedSubscriptions_doNothing(t *testing.T) {
	p := start(t, "--metrics-addr", "127.0.0.1:0")
	eve, third := p.local(), newForeign(t)
	seat := eve.two(t, "attack")
	next, lock := mutants(rand.New(rand.NewPCG(34, 8)), similar(seat.bob, 7), third.url), sync.Mutex{}
	_, writes := p.operations()
	n, longest := scaled(20_000), atomic.Int64{}
	_, took := flood(t, n, func(int) (answer, error) {
		lock.Lock()
		body := next()
		lock.Unlock()
		began := time.Now()
		status, text, err := eve.request(t.Context(), http.MethodPost, "/mcp", body)
		if d := int64(time.Since(began)); d > longest.Load() {
			longest.Store(d)
		}
		if err != nil || status >= 500 || strings.Contains(text, "refreshBefore") || strings.Contains(text, "-32603") {
			t.Errorf("%.300q: %d %.300q %v", body, status, text, err)
		}
		return answer{}, nil
	})
	if _, wrote := p.operations(); wrote > writes {
		t.Errorf("they cost %v writes", wrote-writes)
	}
	if n, _ := third.calls(""); n > 0 {
		t.Errorf("the host was called %d times", n)
	}
	if log := p.out.String(); strings.Contains(log, "panic") || strings.Contains(log, "level=ERROR") {
		t.Error("the log has an error")
	}
	began := time.Now()
	seat.says(t, "I am still served.")
	attacks(t, "%d malformed requests in %v wrote nothing and called nobody; the longest took %v, a message then %v",
		n, took.Round(time.Millisecond), time.Duration(longest.Load()).Round(time.Millisecond),
		time.Since(began).Round(100*time.Microsecond))
}
