package lambdatest_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/testkit/lambdatest"
)

// called is a room in which somebody speaks because of which a hook calls the path of the room's name.
type calledRoom struct {
	*account
	name    string
	rooms   *chat.Service
	ann     chat.Seated
	person  string // the token of the person behind Ann
	speaker string // the token of who speaks

	said []string
	at   []time.Time
}

// room makes a room in which Ann is.
func (a *account) room(name string) *calledRoom {
	a.t.Helper()
	r := &calledRoom{account: a, name: name, rooms: chat.New(a.rows, chat.Options{})}
	var err error
	r.ann, err = r.rooms.CreateRoom(a.t.Context(), chat.CreateRequest{Room: name, AgentName: "Ann", Capacity: 30})
	if err != nil {
		a.t.Fatal(err)
	}
	link, _ := ident.ParseLinkCode(r.ann.Watch)
	r.person = ident.Token{Room: link.Room, Seat: link.Seat, Secret: ident.NewSecret(), Person: true}.String()
	claim := chat.SuperviseRequest{Token: r.person, Claim: r.ann.Watch}
	_, err = r.rooms.Supervise(a.t.Context(), claim)
	if err != nil {
		a.t.Fatal(err)
	}
	r.speaker = r.ann.Token
	return r
}

// hookTo returns a hook of a seat that leads to a path.
func hookTo(at chat.HookSeat, form room.Form, path string) roomlog.HookItem {
	x := roomlog.HookItem{Room: at.Room, Seat: at.Seat, Form: form,
		URL:    "https://example.com" + path,
		Secret: "whsec_c2VjcmV0IG9mIGEgaG9vaywgdGhhdCBpcyBsb25n", Server: publicURL + "/mcp",
		UntilMs: time.Now().Add(60 * 24 * time.Hour).UnixMilli()}
	x.ID = chat.HookID("", x.URL, string(form), at, false)
	return x
}

// webhook gives the person behind Ann, a guest, a webhook.
func (a *account) webhook(name string) *calledRoom { return a.webhookOf("", name) }

// webhookOf gives the person behind Ann, a principal, a webhook.
func (a *account) webhookOf(principal, name string) *calledRoom {
	a.t.Helper()
	r := a.room(name)
	at, err := r.rooms.WebhookSeat(a.t.Context(), r.person)
	if err == nil {
		x := hookTo(at, room.FormWebhook, "/"+name)
		x.Principal = principal
		err = r.rooms.Webhook(a.t.Context(), r.person, x)
	}
	if err != nil {
		a.t.Fatal(err)
	}
	return r
}

// wake gives Ann a hook that wakes her. Bob speaks.
func (a *account) wake(name string) *calledRoom {
	a.t.Helper()
	r := a.room(name)
	bob, err := r.rooms.JoinRoom(a.t.Context(), chat.JoinRequest{Room: name, AgentName: "Bob"})
	if err != nil {
		a.t.Fatal(err)
	}
	at, err := r.rooms.HookSeat(a.t.Context(), r.ann.Token)
	if err == nil {
		_, err = r.rooms.BeginHook(a.t.Context(), r.ann.Token, hookTo(at, room.FormWake, "/"+name))
	}
	if err != nil {
		a.t.Fatal(err)
	}
	r.speaker = bob.Token
	return r
}

// endpoints makes a room of so many endpoints of a principal.
func (a *account) endpoints(principal, name string, n int) *calledRoom {
	a.t.Helper()
	r := a.room(name)
	for k := range n {
		x := hookTo(chat.HookSeat{}, room.FormEndpoint, fmt.Sprintf("/%s-%d", name, k))
		x.Principal = principal
		if _, err := r.rooms.AddAgent(a.t.Context(), r.person, fmt.Sprint("Bot", k), x); err != nil {
			a.t.Fatal(err)
		}
	}
	return r
}

// say says so many things, one each time.
func (r *calledRoom) say(n int, each time.Duration) {
	for range n {
		text := fmt.Sprintf("%s says %d", r.name, len(r.said))
		r.said, r.at = append(r.said, text), append(r.at, time.Now())
		got, err := r.rooms.Send(r.t.Context(), chat.SendRequest{Token: r.speaker, Text: text})
		if err != nil || !got.Sent {
			r.t.Errorf("it is said: %v, %v", got.Sent, err)
		}
		if !r.pause(each) {
			return
		}
	}
}

// isTold waits until the webhook was told all that was said, in order. It returns how often it was called for that, and
// how long the slowest first call took from its word.
func (r *calledRoom) isTold(within time.Duration) (calls int, late time.Duration) {
	r.t.Helper()
	path := "/" + r.name
	for until := time.Now().Add(within); ; r.pause(20 * time.Millisecond) {
		texts := slices.DeleteFunc(r.host.texts(path), func(x string) bool { return !strings.HasPrefix(x, r.name) })
		if slices.Equal(texts, r.said) {
			break
		}
		if time.Now().After(until) {
			r.t.Errorf("%s was told %q, not %q", r.name, texts, r.said)
			return
		}
	}
	all, _ := r.host.heard(path)
	first := map[string]bool{}
	for _, x := range all {
		k := slices.Index(r.said, x.text)
		if k < 0 {
			continue
		}
		calls++
		if !first[x.text] {
			first[x.text], late = true, max(late, x.at.Sub(r.at[k]))
		}
	}
	return calls, late
}

// inTime judges how late a quick host was called, by most. Only a soak does, which has the machine for itself: among
// other tests all is late, and who holds up whom shows in how many calls are under way at once.
func (a *account) inTime(late, most time.Duration) {
	a.t.Helper()
	if strings.HasPrefix(a.t.Name(), "TestSoak_") && late > most {
		a.t.Errorf("the quick host was called %v late", late)
	}
}

func TestCalls_slowHost_isCalledOnceAtATimeAndDelaysNobody(t *testing.T) {
	t.Parallel()
	slowly(t, 4, 6, 100*time.Millisecond, time.Second, 0)
}

func TestSoak_slowHost_isCalledOnceAtATimeAndDelaysNobody(t *testing.T) {
	soak(t)
	for _, unread := range []int{0, 1000} {
		slowly(t, 20, 36, time.Second, 5*time.Second, unread)
	}
}

// slowly has two webhooks told so many words each, of which one takes its time for each call, and may have unread
// events before. As many words wake an agent.
func slowly(t *testing.T, instances, n int, each, thinks time.Duration, unread int) {
	t.Helper()
	a := newAccount(t, instances, false, newCallee(t, map[string]time.Duration{"slow": thinks, "woken": thinks}))
	slow, quick, woken := a.webhook("slow"), a.webhook("quick"), a.wake("woken")
	slow.say(unread, 0)
	a.run()
	var all sync.WaitGroup
	for _, r := range []*calledRoom{slow, quick, woken} {
		all.Go(func() { r.say(n, each) })
	}
	all.Wait()
	calls, late := quick.isTold(5 * time.Minute)
	t.Logf("the quick host: %d calls for %d words, %v late at most", calls, n, late.Round(time.Millisecond))
	a.inTime(late, time.Second)
	if calls != n {
		t.Error("the quick host is called more than once for a word")
	}
	if unread == 0 {
		calls, _ = slow.isTold(5 * time.Minute)
	}
	arrived, most := a.host.heard("/slow")
	a.mu.Lock()
	defer a.mu.Unlock()
	t.Logf("the slow host: %d calls for %d words, %d in all, %d at once; %d invocations refused, %d repeated", calls, n,
		len(arrived), most, a.refused, a.repeated)
	if most != 1 || unread == 0 && calls != n {
		t.Error("the slow host is called more than once at a time, or for a word")
	}
	if arrived, _ := a.host.heard("/woken"); len(arrived) != 1 {
		t.Errorf("%d calls wake an agent that has not read", len(arrived))
	}
}

func TestCalls_slowEndpointsOfOneKey_leaveInstancesToOthers(t *testing.T) {
	t.Parallel()
	slowEndpoints(t, 6, 4*time.Second, 6)
}

func TestSoak_slowEndpointsOfOneKey_leaveInstancesToOthers(t *testing.T) {
	soak(t)
	a := slowEndpoints(t, 20, 20*time.Second, 60)
	for until := time.Now().Add(6 * time.Minute); ; a.pause(time.Second) {
		answered := 0
		for k := range 20 {
			calls, _ := a.host.heard(fmt.Sprintf("/bot-%d-%d", k%2, k/2))
			answered += min(len(calls), 1)
			if len(calls) > 1 {
				t.Errorf("endpoint %d was called %d times", k, len(calls))
			}
		}
		if answered == 20 {
			return
		}
		if time.Now().After(until) {
			t.Fatalf("%d endpoints were called", answered)
		}
	}
}

// slowEndpoints asks so many endpoints of a key, half of them in each of two rooms, with as many instances. Each thinks
// for a while. Meanwhile a webhook is told so many words.
func slowEndpoints(t *testing.T, n int, thinks time.Duration, words int) *account {
	t.Helper()
	a := newAccount(t, n, false, newCallee(t, map[string]time.Duration{"bot": thinks}))
	quick, principal := a.webhook("quick"), ident.KeyPrincipal(a.newKey("bots").ID)
	bots := []*calledRoom{a.endpoints(principal, "bot-0", n/2), a.endpoints(principal, "bot-1", n/2)}
	a.run()
	text := "Who knows?"
	for k := range n / 2 {
		text += fmt.Sprintf(" @Bot%d", k)
	}
	for _, r := range bots {
		if _, err := r.rooms.Send(t.Context(), chat.SendRequest{Token: r.ann.Token, Text: text}); err != nil {
			t.Fatal(err)
		}
	}
	quick.say(words, thinks/time.Duration(words))
	_, late := quick.isTold(time.Minute)
	calls, most := a.host.heard("/bot-0-0")
	t.Logf("%d endpoints are called at once, of which the first had %d calls; the quick host is told %v late at most",
		most, len(calls), late.Round(time.Millisecond))
	a.inTime(late, 2*time.Second)
	if most == 0 || most > 4 {
		t.Error("more than four endpoints of a key are called at once")
	}
	return a
}

// Lambda kills instances at any moment, doubles invocations and records, refuses invocations, and brings records in
// another order, of which one cannot be read.
func TestSoak_150InstancesThatAreKilled_loseNothing(t *testing.T) {
	soak(t)
	const webhooks, kills = 8, 150
	a := newAccount(t, 20, false, newCallee(t, map[string]time.Duration{"told": 300 * time.Millisecond}))
	a.rough, a.choose = true, lambdatest.AtRandom(rand.New(rand.NewPCG(3, 4)))
	if err := a.rows.Write(t.Context(), table.Put(table.Item{Key: roomlog.EventKey("abcdefg", 1),
		Data: []byte(`{"call":["not a call`)}, table.IfAbsent)); err != nil {
		t.Fatal(err)
	}
	var told []*calledRoom
	for k := range webhooks {
		told = append(told, a.webhook(fmt.Sprint("told-", k)))
	}
	a.run()
	var all sync.WaitGroup
	for _, r := range told {
		all.Go(func() { r.say(kills, time.Second) })
	}
	r := rand.New(rand.NewPCG(5, 6))
	for done := 0; done < kills && a.pause(200*time.Millisecond); {
		fleet, k := a.outbox, r.IntN(20)
		if r.IntN(5) == 0 {
			fleet, k = a.streams, r.IntN(5)
		}
		if fleet.Instance(k) != nil {
			fleet.Kill(k)
			done++
			a.pause(700 * time.Millisecond)
		}
	}
	all.Wait()
	events, calls := 0, 0
	for _, r := range told {
		n, _ := r.isTold(6 * time.Minute)
		events, calls = events+len(r.said), calls+n
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	t.Logf("%d calls for %d events; %d kills, %d invocations repeated, %d doubled", calls, events, kills, a.repeated,
		a.twice)
}

// New accounts have ten instances, of which none can be reserved. All slow hosts but one are of a key.
func TestCalls_manySlowHostsInAnAccountOfTenInstances_leaveAgentsAndOthersTheirs(t *testing.T) {
	t.Parallel()
	tenInstances(t, 12, 4*time.Second)
}

func TestSoak_manySlowHostsInAnAccountOfTenInstances_leaveAgentsAndOthersTheirs(t *testing.T) {
	soak(t)
	tenInstances(t, 12, time.Minute)
}

func tenInstances(t *testing.T, hosts int, lasts time.Duration) {
	t.Helper()
	const places = 4
	a := newAccount(t, 10, true, newCallee(t, map[string]time.Duration{"slow": 5 * time.Second}),
		fmt.Sprint("PARLEY_OUTBOX_PLACES=", places))
	agents := a.through(a.fleet(10, "PARLEY_UNITS_PER_MINUTE=0", "PARLEY_MESSAGES_PER_MINUTE=0"), places)
	ann, bob := join(t, agents, "desk", "Ann"), join(t, agents, "desk", "Bob")
	principal := ident.KeyPrincipal(a.newKey("slow").ID)
	rooms := []*calledRoom{a.webhook("quick"), a.webhook("slow-0")}
	for k := 1; k < hosts; k++ {
		rooms = append(rooms, a.webhookOf(principal, fmt.Sprint("slow-", k)))
	}
	a.run()
	all := make(chan struct{})
	a.under.Go(func() {
		defer close(all)
		for range int(lasts / time.Second) {
			for _, r := range rooms {
				if t.Failed() {
					return
				}
				before := a.begun()
				r.say(1, 80*time.Millisecond)
				for a.begun() == before && a.pause(10*time.Millisecond) { // one invocation calls one host
				}
			}
		}
	})
	calls := 0
	for over := false; !over && !t.Failed(); calls++ {
		call(t, agents, "send_message", args{"agent_token": ann.AgentToken, "text": fmt.Sprint("word ", calls)})
		bob.Cursor = call(t, agents, "wait_for_message", args{"agent_token": bob.AgentToken, "cursor": bob.Cursor,
			"wait_seconds": 1}).Cursor
		select {
		case <-all:
			over = true
		case <-time.After(50 * time.Millisecond):
		}
	}
	_, late := rooms[0].isTold(2 * time.Minute)
	_, most := a.host.heard("/slow-0")
	a.mu.Lock()
	defer a.mu.Unlock()
	t.Logf("%d calls of agents; %d slow hosts were called at once; the quick one is told %v late at most; %d "+
		"invocations of the outbox were refused", 2*calls, most, late.Round(time.Millisecond), a.refused)
	a.inTime(late, 2*time.Second)
}
