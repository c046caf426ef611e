package outbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/ratelimit"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/outbound/outbox"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// receiver is somebody's server, which agrees to be called by a webhook. It checks each signature.
type receiver struct {
	t   *testing.T
	url string

	mu     sync.Mutex // of all below
	secret string     // "": it has none yet
	silent bool       // it repeats no challenge
	answer func(taken) int
	all    []taken
}

// taken is a call that a receiver has got.
type taken struct {
	id   string
	at   string // when it was signed
	body string

	status int // by which it was answered; 0: 200, or none

	Type      string
	Challenge string
	Time      string `json:"timestamp"`
	Data      struct {
		Room    string
		RoomID  string `json:"room_id"`
		Agent   string `json:"agent_name"`
		Missed  bool
		Message struct{ Type, From, Text, At string }
	}
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{t: t}
	s := httptest.NewServer(r)
	t.Cleanup(s.Close)
	r.url = s.URL
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	got := taken{id: req.Header.Get("webhook-id"), at: req.Header.Get("webhook-timestamp"), body: string(body)}
	if err := json.Unmarshal(body, &got); err != nil {
		r.t.Errorf("the call %q is no JSON: %v", body, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if got.Type == "verification" {
		if r.answer != nil {
			w.WriteHeader(r.answer(got))
		}
		if !r.silent {
			_ = json.NewEncoder(w).Encode(map[string]string{"challenge": got.Challenge})
		}
		return
	}
	wh, err := standardwebhooks.NewWebhook(r.secret)
	if err == nil {
		err = wh.VerifyIgnoringTimestamp(body, req.Header) // the clock of the test is not that of the library
	}
	if err != nil {
		r.t.Errorf("the call %s is not signed as it should be: %v", got.id, err)
	}
	r.all = append(r.all, got)
	n, answer := len(r.all)-1, r.answer
	if answer == nil {
		return
	}
	r.mu.Unlock() // others may call meanwhile
	defer r.mu.Lock()
	status := answer(got)
	w.WriteHeader(status)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all[n].status = status
}

// answers lets r answer with a status from now on.
func (r *receiver) answers(status int) { r.does(func(taken) int { return status }) }

// does lets r answer with what a function returns.
func (r *receiver) does(answer func(taken) int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

// calls returns all calls so far.
func (r *receiver) calls() []taken {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.all)
}

// texts returns what was said, each message once, in the order in which it first came.
func (r *receiver) texts() (list []string) {
	seen := map[string]bool{}
	for _, c := range r.calls() {
		if !seen[c.id] && c.Type == "room.message" {
			list = append(list, c.Data.Message.Text)
		}
		seen[c.id] = true
	}
	return list
}

// webhook is a world in which the person behind Bob has a webhook.
type webhook struct {
	*world
	ann, bob chat.Seated
	person   string
	to       *receiver
	id       string
	room     string
	seat     int
}

func newWebhook(w *world) *webhook {
	w.t.Helper()
	return newWebhookIn(w, "tea")
}

func newWebhookIn(w *world, room string) *webhook {
	w.t.Helper()
	h := &webhook{world: w, ann: w.join(room, "Ann"), bob: w.join(room, "Bob"), to: newReceiver(w.t)}
	h.person = w.person(h.bob)
	h.room, h.seat = w.seat(h.bob.Token)
	h.add()
	return h
}

func (h *webhook) add() {
	h.t.Helper()
	got, err := h.dispatcher.AddWebhook(h.ctx(), h.person, h.to.url)
	if err != nil {
		h.t.Fatal(err)
	}
	h.to.mu.Lock()
	defer h.to.mu.Unlock()
	h.id, h.to.secret = got.ID, got.Secret
}

// deliver delivers once, and returns how many calls were made, and when to deliver again.
func (h *webhook) deliver() (calls int, again time.Time) {
	h.t.Helper()
	before := len(h.to.calls())
	again, err := h.deliverAll(h.ctx(), h.room, h.seat)
	if err != nil {
		h.t.Fatal(err)
	}
	return len(h.to.calls()) - before, again
}

func said(n int) string { return fmt.Sprintf("This is message %d of many.", n) }

// Each delivery is one write, and passes that find nothing are none.
func TestWebhook_eachEvent_inOrderAndSigned(t *testing.T) {
	w := newWorld(t)
	writes := 0
	w.table = &tabletest.Hooks{Table: w.table, After: func(_ context.Context, c *tabletest.Call) {
		for _, op := range c.Ops {
			if strings.Contains(op.Item.Key.Sort, "#HOOK#") {
				writes++
			}
		}
	}}
	w.begin()
	h := newWebhook(w)
	writes = 0
	h.says(h.ann, 1)
	h.says(h.bob, 2)
	h.say(chat.SendRequest{Token: h.ann.Token, Text: "<b>psst</b>", To: []string{"Bob"}})
	cid := h.join("tea", "Cid")
	h.say(chat.SendRequest{Token: h.ann.Token, Text: "psst, Cid", To: []string{"Cid"}})
	h.says(cid, 3)
	for range 3 {
		h.deliver()
	}
	var types, ids []string
	for _, c := range h.to.calls() {
		types, ids = append(types, c.Type+" "+c.Data.Message.Text), append(ids, c.id)
		if c.Data.Room != "tea" || c.Data.RoomID != h.room || c.Data.Agent != "Bob" || c.Data.Missed ||
			c.Time != c.Data.Message.At || "room."+c.Data.Message.Type != c.Type {
			t.Errorf("got %s", c.body)
		}
	}
	want := []string{"room.message " + said(1), "room.message " + said(2), "room.message <b>psst</b>", "room.joined ",
		"room.message " + said(3)}
	if !slices.Equal(types, want) || writes != len(want) {
		t.Errorf("got %q by %d writes, want %q", types, writes, want)
	}
	slices.Sort(ids)
	if !strings.HasPrefix(ids[0], "evt_"+h.id+"_") || len(slices.Compact(ids)) != len(want) {
		t.Errorf("the ids are %q", ids)
	}
	person := h.supervise(chat.SuperviseRequest{Token: h.person}).Hooks
	if len(person) != 1 || !person[0].LastCall.Equal(w.boxes.Now()) || !person[0].FailingAt.IsZero() {
		t.Errorf("the person sees %+v", person)
	}
}

// The host is down for more than a day, in which processes end and begin, and a text is removed.
func TestWebhook_hostIsDownForADay_losesNothing(t *testing.T) {
	w := newWorld(t)
	h := newWebhook(w)
	h.to.answers(http.StatusServiceUnavailable)
	h.says(h.ann, 0)
	began := w.boxes.Now()
	var at []time.Duration
	var removed string
	for n := 1; ; n++ {
		calls, again := h.deliver()
		at = append(at, w.boxes.Since(began).Round(time.Minute))
		if calls != 1 {
			t.Fatalf("%d calls at once after %v", calls, at)
		}
		if again.IsZero() {
			break
		}
		got, err := w.Send(w.ctx(), chat.SendRequest{Token: h.ann.Token, Text: said(n)})
		if err != nil {
			t.Fatal(err)
		}
		if n == 5 {
			removed = got.ID
		}
		if calls, same := h.deliver(); calls != 0 || !same.Equal(again) { // what is new waits, too
			t.Errorf("after something new %d calls, and the next at %v, not %v", calls, same, again)
		}
		if since := w.boxes.Since(began); h.dispatcher.Failing() != since {
			t.Errorf("after %v it fails since %v", since, h.dispatcher.Failing())
		}
		w.pass(again.Sub(w.boxes.Now()))
		w.begin()
	}
	if hour := time.Hour; len(at) != 28 || !slices.Equal(at[:6], []time.Duration{0, time.Minute, 6 * time.Minute,
		21 * time.Minute, hour + 21*time.Minute, 2*hour + 21*time.Minute}) || at[27] != 24*hour+21*time.Minute {
		t.Errorf("it was tried after %v", at)
	}
	if calls, again := h.deliver(); calls != 0 || !again.IsZero() || h.dispatcher.Failing() != 0 {
		t.Errorf("at rest it is called %d times, to be called at %v, and fails since %v", calls, again,
			h.dispatcher.Failing())
	}
	var ids []string
	for _, c := range h.to.calls() {
		ids = append(ids, c.id)
	}
	if len(slices.Compact(ids)) != 1 {
		t.Errorf("the tries have the ids %q", ids)
	}
	if got := h.supervise(chat.SuperviseRequest{Token: h.person}).Hooks[0]; got.Error != "http_503" ||
		!got.FailingAt.Equal(began) {
		t.Errorf("the person sees %+v", got)
	}
	if _, err := w.UpdateRoom(w.ctx(), chat.UpdateRequest{Token: h.ann.Token, Redact: removed}); err != nil {
		t.Fatal(err)
	}
	h.to.answers(http.StatusNoContent)
	h.says(h.ann, 1000)
	h.deliver()
	want := []string{said(0)}
	for n := 1; n <= 27; n++ {
		want = append(want, said(n))
	}
	want[5] = room.Removed
	if got := h.to.texts(); !slices.Equal(got, append(want, said(1000))) {
		t.Errorf("in the end it has %q", got)
	}
}

// A message of a byte may call many. A server for one machine has no keys, and counts for each room.
func TestWebhook_manyCallsForOneKey_areLateAndHoldUpNoOtherHook(t *testing.T) {
	const each = time.Minute / ratelimit.Calls
	for principal, late := range map[string]time.Duration{ident.KeyPrincipal("k"): each, ident.Local: 0} {
		w := newWorld(t)
		rooms := map[string]*webhook{}
		want := map[string][]string{"coffee": {said(0)}}
		for n := range ratelimit.Calls + 80 {
			want["tea"] = append(want["tea"], said(n))
		}
		for name, texts := range want {
			h := &webhook{world: w, ann: w.join(name, "Ann"), bob: w.join(name, "Bob"), to: newReceiver(t)}
			h.person, h.to.secret = w.person(h.bob), secret
			h.room, h.seat = w.seat(h.bob.Token)
			at, err := w.HookSeat(w.ctx(), h.bob.Token)
			if err != nil {
				t.Fatal(err)
			}
			x := roomlog.HookItem{ID: chat.HookID(principal, h.to.url, "each", at, false), Room: at.Room, Seat: at.Seat,
				Form: room.FormWebhook, URL: h.to.url, Secret: secret, Principal: principal,
				UntilMs: w.clock.Now().Add(time.Hour).UnixMilli()}
			if err := w.Webhook(w.ctx(), h.person, x); err != nil {
				t.Fatal(err)
			}
			for _, text := range texts {
				h.say(chat.SendRequest{Token: h.ann.Token, Text: text})
			}
			rooms[name] = h
		}
		tea, coffee, began := rooms["tea"], rooms["coffee"], w.boxes.Now()
		for again := began; !again.IsZero(); {
			w.pass(again.Sub(w.boxes.Now()))
			_, again = tea.deliver() // which comes first each time
			_, other := coffee.deliver()
			passed, calls := w.boxes.Since(began), len(tea.to.calls())+len(coffee.to.calls())
			if late > 0 && calls > ratelimit.Calls+int(passed/late) {
				t.Fatalf("for %s there are %d calls within %v", principal, calls, passed)
			}
			if len(coffee.to.calls()) == 0 && passed > 2*late {
				t.Fatalf("for %s the quiet room has heard nothing for %v", principal, passed)
			}
			again = earlier(again, other)
		}
		for name, h := range rooms {
			if got := h.to.texts(); !slices.Equal(got, want[name]) {
				t.Errorf("for %s came %d texts in %s", principal, len(got), name)
			}
		}
	}
}

// earlier returns the first of two times; the zero time is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func TestWebhook_statusOfTheHost_decidesWhatEnds(t *testing.T) {
	for status, c := range map[int]struct {
		texts []string // that it has by then
		ended bool
	}{
		http.StatusOK:                    {[]string{said(1), said(2)}, false},
		http.StatusRequestEntityTooLarge: {[]string{said(1), said(2)}, false},
		http.StatusNotFound:              {[]string{said(1)}, false},
		http.StatusFound:                 {[]string{said(1)}, false},
		http.StatusGone:                  {[]string{said(1)}, true},
	} {
		w := newWorld(t)
		h := newWebhook(w.another())
		h.to.answers(status)
		h.says(h.ann, 1)
		h.says(h.ann, 2)
		h.deliver()
		if got := h.to.texts(); !slices.Equal(got, c.texts) {
			t.Errorf("%d: it has %q", status, got)
		}
		if left := h.supervise(chat.SuperviseRequest{Token: h.person}).Hooks; (len(left) == 0) != c.ended {
			t.Errorf("%d: its person has %+v", status, left)
		}
		if c.ended {
			h.hears(h.person, h.room, room.ReasonHookGone)
		}
	}
}

// The process ends when the host has taken a call, and nothing is stored of that.
func TestWebhook_processEndsDuringACall_theNextOneRepeatsIt(t *testing.T) {
	w := newWorld(t)
	h := newWebhook(w)
	ctx, kill := context.WithCancel(w.ctx())
	killed := make(chan struct{})
	h.to.answer = func(taken) int { kill(); <-killed; return http.StatusOK }
	h.says(h.ann, 1)
	h.says(h.ann, 2)
	if _, err := h.deliverAll(ctx, h.room, h.seat); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	close(killed)
	h.to.answers(http.StatusOK)
	h.world = w.another()
	h.deliver()
	var texts []string
	for _, c := range h.to.calls() {
		texts = append(texts, c.Data.Message.Text)
	}
	if calls := h.to.calls(); !slices.Equal(texts, []string{said(1), said(1), said(2)}) || calls[0].id != calls[1].id ||
		calls[0].body != calls[1].body {
		t.Errorf("the calls are %q, with the ids %s and %s", texts, calls[0].id, calls[1].id)
	}
}

// Processes end at any moment. Of four hosts one takes all, one fails now and then, one is down for half of the time,
// and one hangs while the others are told the rest.
func TestWebhook_severalWebhooksOfASeat_eachIsProgressAllInOrder(t *testing.T) {
	one := newWorld(t).another()
	h := newWebhook(one)
	hosts := []*receiver{h.to}
	for range 3 {
		h.to = newReceiver(t)
		h.add()
		hosts = append(hosts, h.to)
	}
	fails, down, hangs := hosts[1], hosts[2], hosts[3]
	fails.does(func(taken) int { return http.StatusOK + rand.IntN(2)*(http.StatusTooManyRequests-http.StatusOK) })
	hosts[0].answers(http.StatusOK)
	hangs.answers(http.StatusOK)
	down.does(func(taken) int { panic(http.ErrAbortHandler) })
	var want []string
	says := func() {
		want = append(want, said(len(want)))
		h.says(h.ann, len(want)-1)
	}
	for round := range 30 {
		says()
		if round == 15 {
			down.answers(http.StatusOK)
		}
		dying := one.mayDie()
		dying.left.Store(rand.Int64N(120))
		_, _ = dying.deliverAll(h.ctx(), h.room, h.seat)
		h.pass(rand.N(3 * time.Hour))
	}
	release := make(chan struct{})
	hangs.does(func(taken) int { <-release; return http.StatusOK })
	fails.answers(http.StatusOK)
	h.pass(time.Hour)
	says()
	hooks, err := one.Store().Hooks(h.ctx(), "")
	if err != nil {
		t.Fatal(err)
	}
	var passes sync.WaitGroup
	for _, x := range hooks {
		passes.Go(func() { one.deliverTo(x) })
	}
	for until := time.Now().Add(patience); len(hosts[0].texts()) < len(want) || len(down.texts()) < len(want) ||
		len(fails.texts()) < len(want); runtime.Gosched() {
		if time.Now().After(until) {
			t.Fatal("one that hangs holds up the others")
		}
	}
	close(release)
	passes.Wait()
	for n, to := range hosts {
		if got := to.texts(); !slices.Equal(got, want) {
			t.Errorf("host %d is told %q", n, got)
		}
		var before taken
		for _, c := range to.calls() {
			switch {
			case c.id == before.id && c.body != before.body:
				t.Errorf("%s was %s, and then %s", c.id, before.body, c.body)
			case before.id != "" && c.id != before.id && before.status != http.StatusOK:
				t.Errorf("%s comes although %s was not taken", c.id, before.id)
			}
			before = c
		}
		if (n == 1 || n == 2) && len(to.calls()) == len(want) {
			t.Errorf("host %d was told nothing twice", n)
		}
	}
}

// Two processes deliver what both write: each event once, in order.
func TestWebhook_severalProcesses_tellEachEventOnceInOrder(t *testing.T) {
	onTables(t, func(t *testing.T, rounds int, one, two *world) {
		h := newWebhook(one)
		var want []string
		for round := range rounds / 2 {
			want = append(want, said(round))
			begin := make(chan struct{})
			var all sync.WaitGroup
			for _, do := range []func() error{
				func() error {
					one.says(h.ann, round)
					_, err := one.deliverAll(one.ctx(), h.room, h.seat)
					return err
				},
				func() error {
					_, err := two.deliverAll(two.ctx(), h.room, h.seat)
					return err
				},
			} {
				all.Go(func() {
					<-begin
					if err := do(); err != nil {
						t.Error(err)
					}
				})
			}
			close(begin)
			all.Wait()
		}
		if got := h.to.texts(); !slices.Equal(got, want) || len(h.to.calls()) != len(want) {
			t.Errorf("by %d calls it has %q", len(h.to.calls()), got)
		}
	})
}

// The table loses replies, makes writes late and shows them in parts. Once it answers again, one pass delivers what is
// left.
func TestWebhook_tableThatLosesReplies_losesNothing(t *testing.T) {
	for seed := range uint64(15) {
		w := newWorld(t)
		faulty := tabletest.NewFaulty(w.table, w.clock, seed, tabletest.Faults{})
		w.table = faulty
		h := newWebhook(w.another())
		w.table = tabletest.NewFaulty(faulty, w.clock, seed, tabletest.Rough())
		rough := w.another()
		for n := range 12 {
			_, _ = rough.Send(rough.ctx(), chat.SendRequest{Token: h.ann.Token, Text: said(n)})
			_, _ = rough.deliverAll(rough.ctx(), h.room, h.seat)
			rough.pass(10 * time.Second)
		}
		w.table.(*tabletest.Faulty).Settle()
		h.world = rough.another()
		h.pass(time.Minute) // claims have ended
		h.deliver()
		page, err := h.History(h.ctx(), chat.HistoryRequest{Token: h.bob.Token, Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, m := range page.Messages {
			if m.Type == chat.EventSaid {
				want = append(want, m.Text)
			}
		}
		if got := h.to.texts(); !slices.Equal(got, want) || len(want) == 0 {
			t.Errorf("seed %d: it has %q, the room %q", seed, got, want)
		}
	}
}

// A webhook lives on while its room does, whether something comes for it or not.
func TestWebhook_lives_asLongAsItsRoomAndItsKey(t *testing.T) {
	w := newWorld(t)
	admitted := true
	w.open(chat.Options{Clock: w.clock, SingleProcess: true, MinBatch: 1},
		outbox.Options{Clock: w.boxes, SingleProcess: true,
			Admits: func(_ context.Context, _, by string) (bool, error) { return admitted && by == signIn, nil }})
	h := newWebhook(w)
	for n := range 10 {
		h.says(h.ann, n)
		if n%3 == 0 {
			h.deliver()
		}
		w.pass(room.Life / 2)
	}
	h.deliver()
	if got := h.to.texts(); len(got) != 10 {
		t.Errorf("in 150 days it has %q", got)
	}
	admitted = false
	h.says(h.ann, 10)
	calls, _ := h.deliver()
	if left := w.items(h.room); calls != 0 || len(left) > 0 {
		t.Errorf("when its key was revoked it is called %d times, and the table has %q", calls, left)
	}
}

// The end of a room is the last that a webhook is told, after all that came before. Then nothing is left of it.
func TestWebhook_roomIsClosed_theRestIsDeliveredFirst(t *testing.T) {
	w := newWorld(t)
	h := newWebhook(w.another())
	h.says(h.ann, 1)
	if _, err := h.UpdateRoom(h.ctx(), chat.UpdateRequest{Token: h.ann.Token, Close: true}); err != nil {
		t.Fatal(err)
	}
	h.deliver()
	calls := h.to.calls()
	if len(calls) != 2 || calls[0].Data.Message.Text != said(1) || calls[1].Type != "room.room" {
		t.Errorf("it is called with %+v", calls)
	}
	if left := w.items(h.room); len(left) > 0 {
		t.Errorf("the table has %q", left)
	}
}

// An invocation of a function has an end, before which it hands over to the next one.
func TestWebhook_timeIsNearlyOver_goesOnLater(t *testing.T) {
	h := newWebhook(newWorld(t))
	h.says(h.ann, 1)
	ctx, cancel := context.WithTimeout(h.ctx(), 20*time.Second)
	defer cancel()
	again, err := h.deliverAll(ctx, h.room, h.seat)
	if err != nil || !again.Equal(h.boxes.Now()) || len(h.to.calls()) > 0 {
		t.Errorf("the next pass begins at %v, %v, after %d calls", again, err, len(h.to.calls()))
	}
}

func TestAddWebhook_whoMayAndWhatIsStored(t *testing.T) {
	w := newWorld(t)
	h := newWebhook(w)
	key := withKey(t)
	down, silent := newReceiver(t), newReceiver(t)
	down.answers(http.StatusUnauthorized)
	silent.silent = true
	for what, c := range map[string]struct {
		ctx        context.Context
		token, url string
		code       fault.Code
		reason     string
		says       string
	}{
		"an agent":              {w.ctx(), h.bob.Token, h.to.url, fault.NotAllowed, "", "tell your user"},
		"from another machine":  {key, h.person, h.to.url, fault.NotAllowed, "", "give an https address"},
		"a server without name": {key, h.person, "https://example.com/", fault.NotAllowed, "", "--public-url"},
		"an address of no kind": {w.ctx(), h.person, "ftp://example.com/", fault.InvalidArgument, "", "https://"},
		"it does not agree": {w.ctx(), h.person, down.url, fault.InvalidArgument, "http_4xx",
			"cannot check the signature yet"},
		"it takes the first call, as any other": {w.ctx(), h.person, silent.url, fault.InvalidArgument,
			"challenge_failed", "must answer a call of type verification"},
	} {
		_, err := w.dispatcher.AddWebhook(c.ctx, c.token, c.url)
		var refused *fault.Error
		if !errors.As(err, &refused) || refused.Code != c.code || refused.Reason != c.reason ||
			!strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "Nothing was changed") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if got := w.hook(); got.ID != h.id { // the only one
		t.Errorf("the table has %+v", got)
	}
	first := h.to.secret
	h.to.answers(http.StatusUnauthorized) // it need not agree again
	h.add()
	h.to.answers(http.StatusOK)
	h.says(h.ann, 1)
	if calls, _ := h.deliver(); calls != 1 || h.to.secret == first || w.hook().Form != room.FormWebhook {
		t.Errorf("added again it is called %d times; its secret is the same: %v", calls, h.to.secret == first)
	}
	for n := range core.MaxSeatHooks {
		_, err := w.dispatcher.AddWebhook(w.ctx(), h.person, fmt.Sprintf("%s/%d", h.to.url, n))
		var limit *outbox.LimitError
		if last := n == core.MaxSeatHooks-1; last != errors.As(err, &limit) {
			t.Errorf("number %d: %v", n+2, err)
		}
	}
}

// The host takes a call again, and the limit of the account puts off the next.
func TestWebhook_tookACallAfterAFailure_isNotFailing(t *testing.T) {
	h := newWebhook(newWorld(t))
	h.to.answers(http.StatusServiceUnavailable)
	h.says(h.ann, 1)
	h.says(h.ann, 2)
	_, again := h.deliver()
	h.to.answers(http.StatusNoContent)
	h.pass(again.Sub(h.boxes.Now()))
	for range ratelimit.Calls - 1 {
		h.Limits().Call(h.room)
	}
	calls, again := h.deliver()
	if failing := h.dispatcher.Failing(); calls != 1 || again.IsZero() || failing != 0 {
		t.Errorf("it is called %d times, and again at %v, and has failed for %v", calls, again, failing)
	}
}
