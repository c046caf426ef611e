package outbox_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/api/tools"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/outbound/outbox"
	"github.com/parley-chat/parley/internal/outbound/outcall"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

const (
	ntfyTopic   = "https://ntfy.sh/tea-room-1"
	slackHook   = "https://hooks.slack.com/services/T01/B01/secretOfSlack"
	govHook     = "https://hooks.slack-gov.com/services/T01/B01/secretOfSlack"
	discordHook = "https://discord.com/api/webhooks/123/secret-of_Discord"
	threadHook  = discordHook + "?thread_id=456"
)

// messengers is a server on this machine that answers as the three services do, at their names.
type messengers struct {
	*outcall.Caller

	mu      sync.Mutex
	answers map[string]answered // by host; none: the call is taken
	got     []posted
}

type answered struct {
	status int
	body   string
}

// posted is a call that has arrived.
type posted struct {
	host, path string
	fields     map[string]any
}

func (p posted) text() string {
	for _, name := range []string{"message", "text", "content"} {
		if text, is := p.fields[name].(string); is {
			return text
		}
	}
	return ""
}

func newMessengers(t *testing.T) *messengers {
	t.Helper()
	m := &messengers{answers: map[string]answered{}}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true,
		DNSNames:  []string{"ntfy.sh", "hooks.slack.com", "hooks.slack-gov.com", "discord.com", "example.org"},
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<35, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(m)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	s.StartTLS()
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	m.Caller = outcall.New(outcall.Options{Loopback: true, Time: patience, Roots: roots,
		Lookup: func(context.Context, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("93.184.215.14")}, nil
		},
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, s.Listener.Addr().String())
		}})
	return m
}

func (m *messengers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	p := posted{host: r.Host, path: r.RequestURI}
	m.mu.Lock()
	defer m.mu.Unlock()
	if json.Unmarshal(body, &p.fields) != nil || r.Method != http.MethodPost ||
		r.Header.Get("Content-Type") != "application/json" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	m.got = append(m.got, p)
	answer, there := m.answers[r.Host]
	switch {
	case there:
		w.WriteHeader(answer.status)
	case r.Host == "discord.com":
		answer.status = http.StatusNoContent
		w.WriteHeader(answer.status)
	case r.Host == "hooks.slack.com":
		answer.body = "ok"
	default:
		answer.body = `{"id":"x","event":"message"}`
	}
	if answer.status != http.StatusNoContent {
		_, _ = io.WriteString(w, answer.body)
	}
}

// answer has a host answer all calls from now on.
func (m *messengers) answer(host string, status int, body string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.answers[host] = answered{status, body}
}

func (m *messengers) takes(host string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.answers, host)
}

// calls returns the calls since the last time.
func (m *messengers) calls() (all []posted) {
	m.mu.Lock()
	defer m.mu.Unlock()
	all, m.got = m.got, nil
	return all
}

// channeled is a world in which the person behind Bob has a channel of a messenger.
type channeled struct {
	*phone
	to      *messengers
	revoked bool
}

// newChannel adds an address for Bob's person in a room of this name.
func newChannel(t *testing.T, name, address string) *channeled {
	t.Helper()
	c := openChannel(t, name)
	c.id = c.mustAdd(address)
	return c
}

func openChannel(t *testing.T, name string) *channeled {
	t.Helper()
	clock := clockwork.NewFakeClockAt(start())
	w := &world{t: t, clock: clock, boxes: clock, table: onFile(t, clock), host: newHost(t)}
	c := &channeled{phone: &phone{}, to: newMessengers(t)}
	c.world = c.process(w)
	c.enters(name)
	return c
}

// process returns another process on the table of w.
func (c *channeled) process(w *world) *world {
	x := &world{t: w.t, clock: w.clock, boxes: w.clock, table: w.table, host: w.host}
	hurried := hurriedClock{w.clock}
	x.open(chat.Options{Clock: hurried, Calls: func(string, []room.Call) {}}, outbox.Options{Clock: hurried,
		Public: publicAddress + "/mcp", Out: c.to.Caller,
		Admits: func(context.Context, string, string) (bool, error) { return !c.revoked, nil }})
	return x
}

// enters has Ann and Bob join a room, and Bob's person watch it.
func (c *channeled) enters(name string) {
	c.ann, c.bob = c.join(name, "Ann"), c.join(name, "Bob")
	c.person = c.world.person(c.bob)
	c.room, c.seat = c.world.seat(c.bob.Token)
}

func (c *channeled) add(address string) (outbox.AddedWebhook, error) {
	return c.dispatcher.AddWebhook(withKey(c.t), c.person, address)
}

func (c *channeled) mustAdd(address string) string {
	c.t.Helper()
	got, err := c.add(address)
	if err != nil || got.Secret != "" {
		c.t.Fatalf("%+v, %v", got, err)
	}
	return got.ID
}

// delivers runs a pass, and returns the calls, and after what time the next pass begins; 0: once something new comes.
func (c *channeled) delivers() (calls []posted, again time.Duration) {
	c.t.Helper()
	c.to.calls()
	next, err := c.dispatcher.Deliver(c.ctx(), c.room, c.seat, c.id)
	if err != nil {
		c.t.Fatal(err)
	}
	if !next.IsZero() {
		again = next.Sub(c.clock.Now())
	}
	return c.to.calls(), again
}

func (c *channeled) draft() string {
	c.t.Helper()
	return c.supervise(chat.SuperviseRequest{Token: c.person}).Drafts[0].ID
}

// A channel hears of what needs the person, in one call for all of it, and of nothing else.
func TestChannel_tellsNeedsAlone(t *testing.T) {
	inSlack := []string{
		"tea\nBob waits for you: May I merge &lt;!channel&gt;?\n",
		"tea\nAnn asks you: Which *port*?\nIn all, 2 things need you.\n",
	}
	inDiscord := []string{
		"tea\n" + `Bob waits for you\: May I merge \<!channel\>?` + "\n",
		"tea\n" + `Ann asks you\: Which \*port\*?` + "\nIn all, 2 things need you.\n",
	}
	for address, wants := range map[string][]string{
		slackHook: inSlack, govHook: inSlack, discordHook: inDiscord, threadHook: inDiscord,
		// Everybody who guesses the topic reads this: it has no words of others but the name of the room.
		ntfyTopic: {"Your agent waits for you\n", "Somebody asks you\nIn all, 2 things need you.\n"},
	} {
		c := newChannel(t, "tea", address)
		c.to.calls()
		// Programs of before crash at a host that they do not know. They leave a form alone that they do not know.
		hook, err := c.Store().Hook(c.ctx(), c.id)
		late := address == govHook || address == threadHook
		if err != nil || late == (hook.Form == room.FormMessenger) {
			t.Errorf("%s is stored as %q, %v", address, hook.Form, err)
		}
		c.approves()
		c.says(c.ann, 1)
		if calls, again := c.delivers(); len(calls) > 0 || again != 0 {
			t.Errorf("%s: before anything needs the person: %+v, again %v", address, calls, again)
		}
		c.drafts("May I merge <!channel>?\nIt is small.")
		link := publicAddress + "/r/" + c.room + "#" + c.draft()
		calls, _ := c.delivers()
		if len(calls) != 1 || calls[0].text() != wants[0]+link {
			t.Fatalf("%s: a draft: %+v, want %q", address, calls, wants[0]+link)
		}
		if address == ntfyTopic {
			got := calls[0]
			if got.host != "ntfy.sh" || got.path != "/" || got.fields["topic"] != "tea-room-1" ||
				got.fields["click"] != link || got.fields["priority"] != 4.0 || got.fields["title"] != "tea" {
				t.Errorf("ntfy is called with %+v", got)
			}
		} else if !strings.HasSuffix(address, calls[0].host+calls[0].path) {
			t.Errorf("%s: called is %+v", address, calls[0])
		}
		c.clock.Advance(10 * time.Minute)
		c.asks("Which *port*?")
		if calls, again := c.delivers(); len(calls) > 0 || again != 2*time.Minute {
			t.Errorf("%s: a question: %+v, again %v", address, calls, again)
		}
		c.clock.Advance(2 * time.Minute)
		calls, _ = c.delivers()
		if len(calls) != 1 || !strings.HasPrefix(calls[0].text(), wants[1]+publicAddress+"/r/"+c.room+"#") {
			t.Errorf("%s: a question after two minutes: %+v, want %q", address, calls, wants[1])
		}
		if _, err := c.UpdateRoom(c.ctx(), chat.UpdateRequest{Token: c.ann.Token, Close: true}); err != nil {
			t.Fatal(err)
		}
		c.delivers()
		c.clock.Advance(3 * time.Minute)
		calls, again := c.delivers()
		if len(calls) != 1 || !strings.Contains(calls[0].text(), "The room has ended.") || again != 0 || !c.hasEnded() {
			t.Errorf("%s: the end of the room: %+v, again %v", address, calls, again)
		}
	}
}

// A stranger asks a hundred times in an hour.
func TestChannel_manyQuestions_ringTwentyTimesAnHour(t *testing.T) {
	c := newChannel(t, "tea", discordHook)
	c.to.calls()
	var times []time.Time
	var asked []string
	for n := range 100 {
		asked = c.asksOn(c.ann.Token, fmt.Sprint("And ", n, "?"), asked)
		if calls, _ := c.delivers(); len(calls) > 0 {
			times = append(times, c.clock.Now())
		}
		c.clock.Advance(36 * time.Second)
	}
	if len(times) < 15 || len(times) > 20 {
		t.Errorf("%d calls", len(times))
	}
	for i := range times[1:] {
		if between := times[i+1].Sub(times[i]); between < 3*time.Minute {
			t.Errorf("two calls are %v apart", between)
		}
	}
}

// The first note of a room goes to a channel once a day, whoever adds the channel. All processes know that. Each room
// has its own note: a channel is called by no room of which it was not told.
func TestAddChannel_firstNoteOfEachRoomOnceADay(t *testing.T) {
	c := newChannel(t, "tea", ntfyTopic)
	notes := c.to.calls()
	want := "Parley room tea will tell this channel what needs its person there. That person can stop it at:\n" +
		publicAddress + "/r/" + c.room
	if len(notes) != 1 || notes[0].text() != want || notes[0].fields["click"] != publicAddress+"/r/"+c.room {
		t.Fatalf("the first note is %+v, want %q", notes, want)
	}
	ends := func() { c.supervise(chat.SuperviseRequest{Token: c.person, EndHook: c.id}) }
	ends()
	c.world = c.process(c.world)
	c.id = c.mustAdd("https://NTFY.sh:443/tea-room-1/")
	c.mustAdd(ntfyTopic)
	if notes := c.to.calls(); len(notes) > 0 {
		t.Errorf("on the same day it is told %+v", notes)
	}
	c.approves()
	c.drafts("May I?")
	if calls, _ := c.delivers(); len(calls) != 1 {
		t.Errorf("without another note it is called %d times", len(calls))
	}
	c.clock.Advance(24*time.Hour + time.Second)
	ends()
	c.mustAdd(ntfyTopic)
	if notes := c.to.calls(); len(notes) != 1 || notes[0].text() != want {
		t.Errorf("a day later it is told %+v", notes)
	}
	c.enters("another room")
	c.mustAdd(ntfyTopic)
	if notes := c.to.calls(); len(notes) != 1 || !strings.Contains(notes[0].text(), "Parley room another room will") {
		t.Errorf("of another room it is told %+v", notes)
	}
}

// While a channel has not taken the first note, nobody else adds it for the room without one.
func TestAddChannel_whileAnotherFirstNoteIsUnderWay_isRefused(t *testing.T) {
	c := openChannel(t, "tea")
	c.to.answer("hooks.slack.com", 403, "action_prohibited")
	other, process, tried := c.process(c.world), *c.world, false
	var err error
	process.table = &tabletest.Hooks{Table: c.table, After: func(_ context.Context, call *tabletest.Call) {
		if call.Method == tabletest.Write && strings.HasPrefix(call.Ops[0].Item.Key.Sort, "NOTED#") && !tried {
			tried = true
			_, err = other.dispatcher.AddWebhook(withKey(t), c.person, slackHook)
		}
	}}
	c.world = c.process(&process)
	if _, err := c.add(slackHook); fault.CodeOf(err) != fault.InvalidArgument {
		t.Errorf("the first: %v", err)
	}
	if left := c.items(c.room); fault.CodeOf(err) != fault.RateLimited || len(left) > 0 {
		t.Errorf("the other: %v; stored is %q", err, left)
	}
}

// A host that does not take the first note is no hook, and takes the next note.
func TestAddChannel_hostThatRefusesTheFirstNote_isRefused(t *testing.T) {
	c := openChannel(t, "tea")
	for _, x := range []struct {
		address, host string
		status        int
		body, says    string
	}{
		{slackHook, "hooks.slack.com", 404, "no_service", "it has no such channel"},
		{slackHook, "hooks.slack.com", 403, "invalid_token", "it has no such channel"},
		{slackHook, "hooks.slack.com", 403, "action_prohibited", "whether this channel may be written to"},
		{discordHook, "discord.com", 404, `{"code":10015}`, "it has no such channel"},
		{discordHook, "discord.com", 401, `{"code":50027}`, "it has no such channel"},
		{ntfyTopic, "ntfy.sh", 403, `{"code":40301}`, "choose another one"},
		{ntfyTopic, "ntfy.sh", 429, `{"code":42901}`, "try again in some minutes"},
		{ntfyTopic, "ntfy.sh", 503, "", "try again in some minutes"},
		{ntfyTopic, "ntfy.sh", 301, "", "try again in some minutes"},
	} {
		c.to.answer(x.host, x.status, x.body)
		_, err := c.add(x.address)
		if fault.CodeOf(err) != fault.InvalidArgument || !strings.Contains(err.Error(), x.says) ||
			!strings.Contains(err.Error(), x.host+" did not take the first note") ||
			strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "tea-room") {
			t.Errorf("%s answers %d %s: %v", x.host, x.status, x.body, err)
		}
	}
	if left := c.items(c.room); len(left) > 0 {
		t.Errorf("stored is %q", left)
	}
	c.to.calls()
	c.clock.Advance(time.Minute)
	for _, host := range []string{"ntfy.sh", "hooks.slack.com", "discord.com"} {
		c.to.takes(host)
	}
	for _, address := range []string{slackHook, discordHook, ntfyTopic} {
		c.mustAdd(address)
	}
	if notes := c.to.calls(); len(notes) != 3 {
		t.Errorf("told are %+v", notes)
	}
}

func TestAddChannel_refused(t *testing.T) {
	c := openChannel(t, "tea")
	public, key := c.dispatcher, withKey(t)
	guest := ident.WithPrincipal(t.Context(), ident.Principal{})
	local := c.another().dispatcher // a server of this machine without a public address
	for what, x := range map[string]struct {
		box        *outbox.Dispatcher
		ctx        context.Context
		token, url string
		code       fault.Code
		says       string
	}{
		"a guest":        {public, guest, c.person, ntfyTopic, fault.NotAllowed, "key"},
		"an agent":       {public, key, c.bob.Token, ntfyTopic, fault.NotAllowed, "tell your user"},
		"no topic":       {public, key, c.person, "https://ntfy.sh/", fault.InvalidArgument, "https://ntfy.sh/TOPIC"},
		"a short topic":  {public, key, c.person, "https://ntfy.sh/tea", fault.InvalidArgument, "8 to 64"},
		"by http":        {public, c.ctx(), c.person, "http://ntfy.sh/tea-room-1", fault.InvalidArgument, "https://"},
		"a local server": {local, c.ctx(), c.person, ntfyTopic, fault.NotAllowed, "--public-url"},
		"a workflow": {public, key, c.person, "https://hooks.slack.com/workflows/T0/A0/1/x", fault.InvalidArgument,
			"https://hooks.slack.com/services/TEAM"},
		"a page of Discord": {public, key, c.person, "https://discordapp.com/channels/1/2", fault.InvalidArgument,
			"https://discord.com/api/webhooks/"},
		"a host of somebody": {public, key, c.person, "https://example.org/tea-room-1", fault.InvalidArgument,
			"type verification"},
	} {
		_, err := x.box.AddWebhook(x.ctx, x.token, x.url)
		if fault.CodeOf(err) != x.code || !strings.Contains(err.Error(), x.says) ||
			!strings.Contains(err.Error(), "Nothing was changed") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if left := c.items(c.room); len(left) > 0 {
		t.Errorf("stored is %q", left)
	}
	if calls := c.to.calls(); len(calls) != 1 || calls[0].host != "example.org" {
		t.Errorf("called are %+v", calls)
	}
}

// The channel ends with its seat, its key and its end at the messenger, and with nothing else.
func TestChannel_ends(t *testing.T) {
	for what, x := range map[string]struct {
		address string
		ends    func(*channeled)
		calls   int
	}{
		"its person": {ntfyTopic, func(c *channeled) {
			c.supervise(chat.SuperviseRequest{Token: c.person, EndHook: c.id})
		}, 0},
		"its key":         {ntfyTopic, func(c *channeled) { c.revoked = true }, 0},
		"a lost topic":    {ntfyTopic, func(c *channeled) { c.to.answer("ntfy.sh", 404, "") }, 1},
		"archived":        {slackHook, func(c *channeled) { c.to.answer("hooks.slack.com", 410, "archived") }, 1},
		"no service":      {slackHook, func(c *channeled) { c.to.answer("hooks.slack.com", 403, "no_service") }, 1},
		"unknown webhook": {discordHook, func(c *channeled) { c.to.answer("discord.com", 404, `{"code":10015}`) }, 1},
	} {
		c := newChannel(t, "tea", x.address)
		c.approves()
		c.drafts("May I?")
		x.ends(c)
		calls, again := c.delivers()
		if len(calls) != x.calls || again != 0 || !c.hasEnded() {
			t.Errorf("%s: %d calls, again %v; it has ended: %v", what, len(calls), again, c.hasEnded())
		}
	}
	c := newChannel(t, "tea", ntfyTopic)
	if _, err := c.LeaveRoom(c.ctx(), chat.LeaveRequest{Token: c.bob.Token}); err != nil {
		t.Fatal(err)
	}
	if left := c.items(c.room); len(left) > 0 {
		t.Errorf("it has outlived its seat: %q", left)
	}
}

func TestChannel_hostIsDownOrWantsLess_isCalledAgainLater(t *testing.T) {
	for _, status := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusForbidden} {
		c := newChannel(t, "tea", ntfyTopic)
		c.approves()
		c.drafts("May I?")
		c.to.answer("ntfy.sh", status, "")
		var pauses []time.Duration
		for range 10 {
			calls, again := c.delivers()
			if len(calls) != 1 || again == 0 {
				break
			}
			pauses = append(pauses, again)
			c.clock.Advance(again)
		}
		tries := []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour}
		reminds := room.DraftLife - remindBefore - (81 * time.Minute) // since the last try
		if want := slices.Concat(tries, []time.Duration{reminds}, tries); !slices.Equal(pauses, want) {
			t.Errorf("%d: the pauses are %v, want %v", status, pauses, want)
		}
		if hooks := c.supervise(chat.SuperviseRequest{Token: c.person}).Hooks; len(hooks) != 1 ||
			hooks[0].Error != fmt.Sprintf("http_%d", status) {
			t.Errorf("the person sees %+v", hooks)
		}
		c.to.takes("ntfy.sh")
		c.clock.Advance(3 * time.Minute)
		c.mustAdd(ntfyTopic) // the person has seen why, and adds it again
		if calls, _ := c.delivers(); len(calls) != 1 {
			t.Errorf("%d: added again it is called %d times", status, len(calls))
		}
	}
}

// Two processes make one call.
func TestChannel_twoProcesses_oneCall(t *testing.T) {
	c := newChannel(t, "tea", slackHook)
	c.approves()
	two := c.process(c.world)
	for round := range 5 {
		c.to.calls()
		c.drafts(fmt.Sprint("May I do ", round, "?"))
		var both sync.WaitGroup
		for _, process := range []*world{c.world, two} {
			both.Go(func() {
				ctx := context.WithoutCancel(c.ctx())
				if _, err := process.dispatcher.Deliver(ctx, c.room, c.seat, c.id); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		if calls := c.to.calls(); len(calls) != 1 {
			t.Fatalf("%d calls for a draft", len(calls))
		}
		c.clock.Advance(3 * time.Minute)
	}
}

// The person sees the host of a channel, and nobody sees the rest of its address.
func TestChannel_itsSecretIsShownNowhere(t *testing.T) {
	c := openChannel(t, "tea")
	var logged bytes.Buffer
	set := tools.New(c.Service, nil, tools.Options{Address: func(context.Context) string { return publicAddress },
		Outbox: c.dispatcher, Log: slog.New(slog.NewTextHandler(&logged, nil))})
	i := slices.IndexFunc(set.Tools(), func(tool mcp.Tool) bool { return tool.Name == "supervise" })
	supervise := func(arguments map[string]any) string {
		arguments["agent_token"] = c.person
		asked, err := json.Marshal(arguments)
		if err != nil {
			t.Fatal(err)
		}
		got, err := set.Tools()[i].Call(withKey(t), asked, &mcp.Record{})
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for address, host := range map[string]string{
		ntfyTopic: "ntfy.sh", slackHook: "hooks.slack.com", govHook: "hooks.slack-gov.com", threadHook: "discord.com",
	} {
		got := supervise(map[string]any{"add_hook": address}) + supervise(map[string]any{}) + logged.String()
		for _, want := range []string{`"messenger":true`, `"host":"` + host + `"`, "What needs you is told there"} {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %s has no %s", host, got, want)
			}
		}
		for _, never := range []string{"secret", "tea-room-1", "T01", "thread_id", `"webhook"`} {
			if strings.Contains(got, never) {
				t.Errorf("%s: %s has %s", host, got, never)
			}
		}
	}
}
