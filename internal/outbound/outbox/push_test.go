package outbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/outbound"
	"github.com/parley-chat/parley/internal/outbound/outbox"
	"github.com/parley-chat/parley/internal/outbound/webpush"
	"github.com/parley-chat/parley/internal/outbound/webpush/webpushtest"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/dynamotable"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
)

// publicAddress is where people reach the server, which is told its address of MCP.
const publicAddress = "https://parley.example"

// phone is a world in which the person behind Bob has a browser that is called.
type phone struct {
	*world
	ann, bob chat.Seated
	person   string
	service  *webpushtest.Service
	id       string
	room     string
	seat     int
	admitted bool // the key and the sign-in of Bob's person are there
}

// calling returns another process on the table of w, which calls the browsers of a service.
func (w *world) calling(service *webpushtest.Service, admits func(context.Context, string, string) (bool, error),
) *world {
	x := &world{t: w.t, clock: w.clock, boxes: w.clock, table: w.table, host: w.host}
	hurried := hurriedClock{w.clock}
	x.open(chat.Options{Clock: hurried, Calls: func(string, []room.Call) {}},
		outbox.Options{Clock: hurried, Public: publicAddress + "/mcp", PushServices: []string{service.Host},
			Admits: admits})
	return x
}

func newPhone(t *testing.T, options ...func(*outbox.AddedPush)) *phone {
	t.Helper()
	return newPhoneOn(t, onFile, options...)
}

func onFile(t testing.TB, clock clockwork.Clock) table.Table { return sqlitetest.Open(t, clock) }

func newPhoneOn(t *testing.T, open func(testing.TB, clockwork.Clock) table.Table,
	options ...func(*outbox.AddedPush),
) *phone {
	t.Helper()
	clock := clockwork.NewFakeClockAt(start())
	w := &world{t: t, clock: clock, boxes: clock, table: open(t, clock), host: newHost(t)}
	service := webpushtest.NewService(t)
	p := &phone{service: service, admitted: true}
	p.world = w.calling(service, func(_ context.Context, _, by string) (bool, error) {
		return p.admitted && by == signIn, nil
	})
	p.ann, p.bob = p.join("tea", "Ann"), p.join("tea", "Bob")
	p.person = p.world.person(p.bob)
	p.room, p.seat = p.world.seat(p.bob.Token)
	p.id = p.add(p.person, options...)
	return p
}

// add has the browser of a person's device called.
func (p *phone) add(person string, options ...func(*outbox.AddedPush)) string {
	p.t.Helper()
	subscribed, err := webpush.ParseSubscription(p.service.Subscription())
	if err != nil {
		p.t.Fatal(err)
	}
	push := outbox.AddedPush{Subscription: subscribed, Words: true}
	for _, option := range options {
		option(&push)
	}
	id, err := p.dispatcher.AddPush(p.ctx(), person, push)
	if err != nil {
		p.t.Fatal(err)
	}
	return id
}

// approves has Bob's person decide about all that Bob says.
func (p *phone) approves() {
	yes := true
	p.supervise(chat.SuperviseRequest{Token: p.person, Approve: &yes})
}

// drafts has Bob say what waits for its person.
func (p *phone) drafts(text string) {
	p.t.Helper()
	if got, err := p.Send(p.ctx(), chat.SendRequest{Token: p.bob.Token, Text: text}); err != nil || got.Sent {
		p.t.Fatalf("%+v, %v", got, err)
	}
}

// asks has Ann ask Bob.
func (p *phone) asks(text string) {
	p.t.Helper()
	p.say(chat.SendRequest{Token: p.ann.Token, Text: text, Kind: room.Request, Ask: []string{"Bob"}})
}

// told is the text of a call.
type told struct {
	Notification struct {
		Title, Body, Navigate, Tag string
		Badge                      int `json:"app_badge"`
	}
	Parley struct {
		Room  string
		Seat  int
		Needs []struct {
			ID, Kind, Body string
			Rings          bool
		}
	}
}

// delivers runs a pass, and returns the texts of the calls, and after what time the next pass begins; 0: once something
// new comes.
func (p *phone) delivers() (texts []told, again time.Duration) {
	p.t.Helper()
	before := len(p.service.Calls())
	next, err := p.dispatcher.Deliver(p.ctx(), p.room, p.seat, p.id)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, call := range p.service.Calls()[before:] {
		var text told
		if err := json.Unmarshal([]byte(call.Text), &text); err != nil {
			p.t.Fatalf("%q: %v", call.Text, err)
		}
		texts = append(texts, text)
	}
	if !next.IsZero() {
		again = next.Sub(p.clock.Now())
	}
	return texts, again
}

func (text told) bodies() (all []string) {
	for _, need := range text.Parley.Needs {
		rings := ""
		if need.Rings {
			rings = "! "
		}
		all = append(all, rings+need.Body)
	}
	return all
}

// hasEnded reports whether nothing is stored of the hook.
func (p *phone) hasEnded() bool {
	_, err := p.Store().Hook(p.ctx(), p.id)
	return err != nil && len(p.supervise(chat.SuperviseRequest{Token: p.person}).Hooks) == 0
}

func wantLines(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func TestPush_tellsWhatNeedsThePersonNow(t *testing.T) {
	p := newPhone(t)
	p.approves()
	if texts, again := p.delivers(); len(texts) > 0 || again != 0 {
		t.Errorf("before anything needs the person: %+v, again %v", texts, again)
	}
	p.says(p.ann, 1)
	p.drafts("May I merge PR 12?\nIt is small.")
	texts, again := p.delivers()
	if len(texts) != 1 || again != room.DraftLife-2*time.Hour {
		t.Fatalf("a draft: %+v, again %v", texts, again)
	}
	draft := p.supervise(chat.SuperviseRequest{Token: p.person}).Drafts[0].ID
	text := texts[0]
	wantLines(t, "a draft", text.bodies(), "! Bob waits for you: May I merge PR 12?")
	if text.Notification.Title != "tea" || text.Notification.Badge != 1 || text.Parley.Room != p.room ||
		text.Parley.Seat != p.seat || text.Notification.Navigate != publicAddress+"/r/"+p.room+"#"+draft ||
		text.Parley.Needs[0].ID != draft || text.Notification.Body != text.Parley.Needs[0].Body {
		t.Errorf("the notification is %+v", text)
	}
	call := p.service.Calls()[0]
	public, err := p.dispatcher.PushKey(p.ctx())
	if err != nil || call.Public != public || call.Claims.Contact != publicAddress ||
		!strings.HasPrefix(p.service.URL, call.Claims.Audience+"/") ||
		call.Claims.Until != p.clock.Now().Add(12*time.Hour).Unix() {
		t.Errorf("the call is of %s and says %+v; the key is %s, %v", call.Public, call.Claims, public, err)
	}
	for name, want := range map[string]string{"Topic": p.id, "Ttl": "86400", "Urgency": "high"} {
		if got := call.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if strings.Contains(call.Text, p.person) || strings.Contains(call.Text, p.bob.Token) {
		t.Errorf("the text has a token: %s", call.Text)
	}

	// A question is told once the agent had its turn, together with all that is open.
	p.clock.Advance(10 * time.Minute)
	p.asks("Which port?")
	if texts, again := p.delivers(); len(texts) > 0 || again != 2*time.Minute {
		t.Errorf("a question: %+v, again %v", texts, again)
	}
	p.clock.Advance(2 * time.Minute)
	texts, _ = p.delivers()
	if len(texts) != 1 || p.service.Calls()[1].Header.Get("Urgency") != "normal" {
		t.Fatalf("a question after two minutes: %+v", texts)
	}
	wantLines(t, "a question", texts[0].bodies(), "Bob waits for you: May I merge PR 12?",
		"! Ann asks you: Which port?")

	// What was decided elsewhere is in no later call.
	p.supervise(chat.SuperviseRequest{Token: p.person, Draft: draft, Decision: room.RefuseDraft})
	p.clock.Advance(10 * time.Minute)
	p.drafts("May I merge PR 13?")
	texts, _ = p.delivers()
	if len(texts) != 1 {
		t.Fatalf("another draft: %+v", texts)
	}
	wantLines(t, "another draft", texts[0].bodies(), "Ann asks you: Which port?",
		"! Bob waits for you: May I merge PR 13?")
	if _, err := p.UpdateRoom(p.ctx(), chat.UpdateRequest{Token: p.ann.Token, Close: true}); err != nil {
		t.Fatal(err)
	}
	texts, _ = p.delivers()
	p.clock.Advance(3 * time.Minute)
	more, again := p.delivers()
	texts = append(texts, more...)
	if len(texts) != 1 || again != 0 {
		t.Fatalf("the end of the room: %+v, again %v", texts, again)
	}
	wantLines(t, "the end of the room", texts[0].bodies(), "! The room has ended.")
	if _, err := p.Store().Hook(p.ctx(), p.id); err == nil {
		t.Error("the hook has outlived its room")
	}
}

// A phone hears of a checker once an hour, after the two minutes in which the agent may answer, whatever the checker
// checks and takes back.
func TestPush_checksThatDiffer_ringOnceAnHour(t *testing.T) {
	p := newPhone(t)
	does := func(req chat.TaskRequest) {
		t.Helper()
		if _, err := p.Task(p.ctx(), req); err != nil {
			t.Fatal(err)
		}
	}
	cid := p.join("tea", "Cid")
	checks := func(id string, exit int) {
		t.Helper()
		does(chat.TaskRequest{Token: cid.Token, Action: chat.CommandCheck, ID: id, Exited: true,
			Evidence: room.Evidence{Exit: exit}})
	}
	for n := range 3 {
		does(chat.TaskRequest{Token: p.ann.Token, Action: chat.CommandAdd,
			Tasks: []chat.NewTask{{Title: fmt.Sprint("sand ", n+1)}}})
		does(chat.TaskRequest{Token: p.bob.Token, Action: chat.CommandFinish, ID: fmt.Sprint("t", n+1), Exited: true,
			Evidence: room.Evidence{Ran: "make"}})
	}
	checks("t1", 2)
	if texts, again := p.delivers(); len(texts) > 0 || again != 2*time.Minute {
		t.Errorf("at once: %+v, again %v", texts, again)
	}
	checks("t2", 2)
	p.clock.Advance(2 * time.Minute)
	texts, _ := p.delivers()
	if len(texts) != 1 {
		t.Fatalf("called are %+v", texts)
	}
	wantLines(t, "two tasks", texts[0].bodies(), "! Cid had another result: sand 1")
	for n := range 10 {
		checks("t1", n%2)
		checks("t2", 0)
		checks("t3", n%2)
		p.clock.Advance(5 * time.Minute)
		if texts, _ := p.delivers(); len(texts) > 0 {
			t.Errorf("within the hour: %+v", texts)
		}
	}
	p.say(chat.SendRequest{Token: p.ann.Token, Text: "well?", Kind: room.Request, To: []string{"Bob"}})
	p.clock.Advance(2 * time.Minute)
	texts, _ = p.delivers()
	if len(texts) != 1 {
		t.Fatalf("called are %+v", texts)
	}
	wantLines(t, "something else", texts[0].bodies(), "Cid had another result: sand 1", "! Ann asks you: well?")
	checks("t2", 3)
	p.clock.Advance(10 * time.Minute)
	texts, _ = p.delivers()
	if len(texts) != 1 {
		t.Fatalf("called are %+v", texts)
	}
	wantLines(t, "an hour later", texts[0].bodies(), "Ann asks you: well?", "! Cid had another result: sand 1")
}

// What the agent answers in its two minutes rings no phone.
func TestPush_questionThatTheAgentAnswers_callsNobody(t *testing.T) {
	p := newPhone(t)
	p.asks("Which port?")
	if texts, again := p.delivers(); len(texts) > 0 || again != 2*time.Minute {
		t.Errorf("a question: %+v, again %v", texts, again)
	}
	got, err := p.Wait(p.ctx(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor})
	if err != nil {
		t.Fatal(err)
	}
	p.say(chat.SendRequest{Token: p.bob.Token, Text: "443", ReplyTo: got.Messages[len(got.Messages)-1].ID})
	p.clock.Advance(time.Hour)
	if texts, again := p.delivers(); len(texts) > 0 || again != 0 {
		t.Errorf("after the answer: %+v, again %v", texts, again)
	}
}

func TestPush_wordsOfOthers_areTextOrLeftOut(t *testing.T) {
	hostile := "\u202eevil\u200b <b>**bold**</b> " + strings.Repeat("é", 400) + "\nnext line"
	for _, words := range []bool{true, false} {
		p := newPhone(t, func(push *outbox.AddedPush) { push.Words = words })
		p.asks(hostile)
		p.clock.Advance(2 * time.Minute)
		texts, _ := p.delivers()
		if len(texts) != 1 {
			t.Fatalf("called are %+v", texts)
		}
		body := texts[0].Notification.Body
		if !words {
			wantLines(t, "without words", []string{body}, "Ann asks you")
			continue
		}
		if !strings.HasPrefix(body, `Ann asks you: \u202eevil`) || strings.ContainsAny(body, "\u202e\u200b\n") ||
			len([]rune(body)) > 200 {
			t.Errorf("the body is %q", body)
		}
	}
}

// What was removed still waits for an answer, and is told without a text.
func TestPush_removedQuestion_isToldWithoutAText(t *testing.T) {
	p := newPhone(t)
	got, err := p.Send(p.ctx(), chat.SendRequest{Token: p.ann.Token, Text: "The code is 4711. Is it?",
		Kind: room.Request, Ask: []string{"Bob"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpdateRoom(p.ctx(), chat.UpdateRequest{Token: p.ann.Token, Redact: got.ID}); err != nil {
		t.Fatal(err)
	}
	p.clock.Advance(2 * time.Minute)
	texts, _ := p.delivers()
	if len(texts) != 1 {
		t.Fatalf("called are %+v", texts)
	}
	wantLines(t, "a removed question", texts[0].bodies(), "! Ann asks you")
}

// A look that ends in no call reads no question, however many are open.
func TestPush_lookWithoutACall_readsNoQuestion(t *testing.T) {
	p := newPhone(t)
	for n := range 12 {
		p.asks(fmt.Sprint("And ", n, "?"))
	}
	for n := range 120 { // so the process that looks does not have the questions at hand
		p.says(p.ann, n)
	}
	events, process := 0, *p.world
	process.table = &tabletest.Hooks{Table: p.table, Before: func(_ context.Context, c tabletest.Call) error {
		if c.Method == tabletest.Get && strings.HasPrefix(c.Key.Sort, "LOG#") {
			events++
		}
		return nil
	}}
	for _, want := range []int{1, 13} { // one to load the room
		events = 0
		cold := process.calling(p.service, nil)
		if _, err := cold.dispatcher.Deliver(p.ctx(), p.room, p.seat, p.id); err != nil {
			t.Fatal(err)
		}
		if calls := len(p.service.Calls()); events != want || calls != want/13 {
			t.Errorf("%d calls, and %d events were read, want %d", calls, events, want)
		}
		p.clock.Advance(2 * time.Minute)
	}
}

// A browser that is called no more shows no draft, and the agent hears so.
func TestPush_thatCallsNobody_leavesADraftUnseen(t *testing.T) {
	for what, ends := range map[string]func(*phone){
		"the browser is called": func(*phone) {},
		"its device is gone":    func(p *phone) { p.devices(4) },
		"its item is stored no more": func(p *phone) {
			gone := roomlog.DropHook(p.room, p.seat, p.id)
			if err := p.table.Write(t.Context(), gone...); err != nil {
				t.Fatal(err)
			}
		},
	} {
		p := newPhone(t)
		p.approves()
		ends(p)
		got, err := p.Send(p.ctx(), chat.SendRequest{Token: p.bob.Token, Text: "May I?"})
		if want := what != "the browser is called"; err != nil || got.Waited.Situation.Unseen != want {
			t.Errorf("%s: unseen is %v, %v", what, got.Waited.Situation.Unseen, err)
		}
	}
}

// A draft and as many questions as there may be, of the characters that take most bytes, fit into a call. The written
// words of the oldest are left out first, then what does not ring, and drafts last: a browser closes what it is not
// told, and a draft ends unseen.
func TestPush_manyNeeds_fitIntoACallWithTheDraft(t *testing.T) {
	for _, c := range []struct {
		asker, words string
		n            int // of questions that were told, and of further ones
		whole        bool
	}{{"Cid", "\U000e0041", 1, true}, {"Cid", "a", 8, true}, {strings.Repeat("\U00020000", 40), "a", 8, false}} {
		p := newPhone(t)
		other := strings.Map(func(r rune) rune { return r + 1 }, c.asker)
		askers := []chat.Seated{p.join("tea", other), p.join("tea", c.asker)} // each has a part of the questions
		p.approves()
		var text told
		for round := range 2 {
			p.drafts(fmt.Sprint("May I? ", round))
			p.ann = askers[round]
			for n := range c.n {
				p.asks(fmt.Sprint(round, n) + strings.Repeat(c.words, 200))
			}
			p.clock.Advance(3 * time.Minute)
			texts, _ := p.delivers()
			if len(texts) != 1 {
				t.Fatalf("called are %+v", texts)
			}
			text = texts[0]
		}
		all, drafts, old := text.bodies(), 0, 0
		for _, need := range text.Parley.Needs {
			if need.Kind == string(chat.NeedsDecision) {
				drafts++
			} else if !need.Rings {
				old++
			}
		}
		whole := len(all) == text.Notification.Badge
		if last := all[len(all)-1]; drafts != 2 || whole != c.whole || len(all)-drafts-old < c.n || len(last) > 400 ||
			text.Notification.Badge != 2*c.n+2 || !strings.HasPrefix(last, "! "+c.asker+" asks you") {
			t.Errorf("%d of %d are told, %d drafts, %d old questions: %q", len(all), text.Notification.Badge, drafts,
				old, all)
		}
	}
}

// A stranger asks a hundred times an hour, for two hours.
func TestPush_manyQuestions_ringTwentyTimesInAnyHour(t *testing.T) {
	p := newPhone(t, func(push *outbox.AddedPush) { push.Words = false })
	var rang []time.Time
	var asked []string
	for n := range 200 {
		asked = p.asksOn(p.ann.Token, fmt.Sprint("And ", n, "?"), asked)
		if _, err := p.dispatcher.Deliver(p.ctx(), p.room, p.seat, p.id); err != nil {
			t.Fatal(err)
		}
		for range len(p.service.Calls()) - len(rang) {
			rang = append(rang, p.clock.Now())
		}
		p.clock.Advance(36 * time.Second)
	}
	if len(rang) < 30 {
		t.Errorf("%d calls in two hours", len(rang))
	}
	for n := 20; n < len(rang); n++ {
		if rang[n].Sub(rang[n-20]) < time.Hour {
			t.Errorf("21 calls in %v", rang[n].Sub(rang[n-20]))
		}
	}
}

// Each of these ends the push: what waits is told nobody any more, and nothing is stored of the hook.
func TestPush_ends(t *testing.T) {
	for _, c := range []struct {
		what  string
		ends  func(*phone)
		calls int // by which the dispatcher hears of the end
	}{
		{"its person ends it", func(p *phone) {
			p.supervise(chat.SuperviseRequest{Token: p.person, EndHook: p.id})
		}, 0},
		{"four further devices come", func(p *phone) { p.devices(4) }, 0},
		{"its key was revoked, or its sign-in has ended", func(p *phone) { p.admitted = false }, 0},
		{"its agent leaves", func(p *phone) {
			no := false
			p.supervise(chat.SuperviseRequest{Token: p.person, Approve: &no})
			p.leaves(p.bob.Token)
		}, 0},
		{"its person leaves for the agent", func(p *phone) { p.leaves(p.person) }, 0},
		{"its agent is kicked", func(p *phone) { p.manages(room.Kick) }, 0},
		{"its agent is banned", func(p *phone) { p.manages(room.BanName) }, 0},
		{"another agent takes the seat after a long silence", func(p *phone) {
			p.clock.Advance(time.Hour)
			stranger := ident.WithPrincipal(p.t.Context(), ident.Principal{ID: "key:stranger"})
			if got, err := p.JoinRoom(stranger, chat.JoinRequest{Room: "tea", AgentName: "Bob"}); err != nil {
				p.t.Fatal(err)
			} else if _, seat := p.world.seat(got.Token); seat == p.seat {
				p.t.Fatal("it has the same seat")
			}
		}, 0},
		{"the room is closed", func(p *phone) {
			if _, err := p.UpdateRoom(p.ctx(), chat.UpdateRequest{Token: p.ann.Token, Close: true}); err != nil {
				p.t.Fatal(err)
			}
		}, 1}, // which says so
		{"the room's life is over", func(p *phone) { p.clock.Advance(room.Life + time.Hour) }, 0},
		{"the browser has unsubscribed", func(p *phone) { p.answersLater(http.StatusGone) }, 1},
		{"the service does not know it", func(p *phone) { p.answersLater(http.StatusNotFound) }, 1},
		{"the service does not know it, also when it is called again", func(p *phone) {
			p.service.Answers(http.StatusGone)
		}, 2},
	} {
		t.Run(c.what, func(t *testing.T) {
			p := newPhone(t)
			p.approves()
			p.drafts("May I?")
			c.ends(p)
			var texts []told
			var again time.Duration
			for range 3 {
				more, next := p.delivers()
				texts, again = append(texts, more...), next
				p.clock.Advance(2 * time.Hour)
			}
			if left := p.items(p.room); len(texts) != c.calls || again != 0 || len(left) > 0 {
				t.Errorf("%d calls, again %v; the table has %q", len(texts), again, left)
			}
		})
	}
}

// answersLater has the service answer with a status, once the subscription is no longer new.
func (p *phone) answersLater(status int) {
	p.clock.Advance(time.Minute)
	p.service.Answers(status)
}

// devices has so many further devices open a link of Bob's person, and returns the tokens of all.
func (p *phone) devices(n int) []string {
	p.t.Helper()
	all := []string{p.person}
	for k := range n {
		all = append(all, p.device(all[k], k))
	}
	return all
}

// device has the further device number n open a link from another device, and returns its token.
func (p *phone) device(from string, n int) string {
	p.t.Helper()
	link := p.supervise(chat.SuperviseRequest{Token: from, NewLink: true}).Watch
	c, _ := ident.ParseLinkCode(link)
	token := ident.Token{Room: c.Room, Seat: c.Seat, Secret: ident.Digits(uint64(8+n), ident.SecretChars),
		Person: true}.String()
	p.supervise(chat.SuperviseRequest{Token: token, Claim: link})
	return token
}

func (p *phone) leaves(token string) {
	p.t.Helper()
	if _, err := p.LeaveRoom(p.ctx(), chat.LeaveRequest{Token: token}); err != nil {
		p.t.Fatal(err)
	}
}

// manages has Ann, an admin, do something to Bob.
func (p *phone) manages(what room.Action) {
	p.t.Helper()
	if _, err := p.ManageAgent(p.ctx(), chat.ManageRequest{Token: p.ann.Token, Agents: []string{"Bob"},
		Action: what}); err != nil {
		p.t.Fatal(err)
	}
}

// A service that is down is tried again for an hour, and then once something newer needs the person, or a draft is
// about to end. The person sees since when and why.
func TestPush_serviceIsDown_isCalledAgainForAWhile(t *testing.T) {
	p := newPhone(t)
	p.approves()
	p.drafts("May I?")
	p.service.Answers(http.StatusServiceUnavailable)
	pauses := []time.Duration{}
	for range 5 {
		_, again := p.delivers()
		pauses = append(pauses, again)
		p.clock.Advance(again)
	}
	want := []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour,
		room.DraftLife - remindBefore - 81*time.Minute}
	if fmt.Sprint(pauses) != fmt.Sprint(want) {
		t.Errorf("the pauses are %v, want %v", pauses, want)
	}
	if hooks := p.supervise(chat.SuperviseRequest{Token: p.person}).Hooks; hooks[0].Error != "http_503" ||
		!hooks[0].FailingAt.Equal(start()) {
		t.Errorf("the person sees %+v", hooks)
	}
	p.service.Answers(http.StatusCreated)
	texts, again := p.delivers()
	if len(texts) != 1 || again != 0 {
		t.Fatalf("two hours before the draft ends it is called with %+v, again %v", texts, again)
	}
	wantLines(t, "the reminder", texts[0].bodies(), "! Bob waits for you: May I?")
	p.clock.Advance(3 * time.Minute)
	p.drafts("And now?")
	if texts, _ := p.delivers(); len(texts) != 1 || len(texts[0].Parley.Needs) != 2 {
		t.Errorf("with news it is called with %+v", texts)
	}
}

const remindBefore = 2 * time.Hour

// A draft rings twice, and no more: when it comes, and two hours before it ends.
func TestPush_draftThatNobodyDecides_ringsOnceMore(t *testing.T) {
	p := newPhone(t)
	p.approves()
	p.drafts("May I?")
	rung := []time.Duration{}
	for range 5 {
		texts, again := p.delivers()
		if len(texts) > 0 {
			rung = append(rung, p.clock.Since(start()))
		}
		if again == 0 {
			break
		}
		p.clock.Advance(again)
	}
	if want := []time.Duration{0, room.DraftLife - remindBefore}; fmt.Sprint(rung) != fmt.Sprint(want) {
		t.Errorf("it rings after %v, want %v", rung, want)
	}
}

// A person who has the page open has a minute to decide there.
func TestPush_personSeesThePage_ringsAMinuteLater(t *testing.T) {
	p := newPhone(t)
	p.approves()
	ctx, leave := context.WithCancel(p.ctx())
	var page sync.WaitGroup
	page.Go(func() { _, _ = p.Wait(ctx, chat.WaitRequest{Token: p.person, Wait: 25 * time.Second}) })
	defer page.Wait()
	defer leave()
	for until := time.Now().Add(patience); ; runtime.Gosched() { // until it is written that the person watches
		if p.watches() {
			break
		}
		if time.Now().After(until) {
			t.Fatal("nobody watches")
		}
	}
	p.drafts("May I?")
	texts, again := p.delivers()
	if len(texts) > 0 || again <= 0 || again > time.Minute {
		t.Errorf("while the page is open: %+v, again %v", texts, again)
	}
	p.clock.Advance(again)
	if texts, _ := p.delivers(); len(texts) != 1 {
		t.Errorf("a minute later: %+v", texts)
	}
}

// watches reports whether it is written that Bob's person has the page open.
func (p *phone) watches() (yes bool) {
	for item, err := range table.All(p.ctx(), p.table, table.Range{Partition: "ROOM#" + p.room, Prefix: "SEEN#",
		Consistency: table.Strong}) {
		if err != nil {
			p.t.Fatal(err)
		}
		yes = yes || strings.HasSuffix(item.Key.Sort, "#ME")
	}
	return yes
}

// What the push service answers decides what becomes of the call, and of the hook: see RFC 8030 and RFC 8291.
func TestPush_answerOfTheService_decidesWhatEnds(t *testing.T) {
	type outcome struct {
		again time.Duration // until the same is told again; 0: no more
		ended bool
		shown string
	}
	reminds := room.DraftLife - remindBefore
	for _, c := range []struct {
		status int
		header string // Retry-After
		want   outcome
	}{
		{http.StatusCreated, "", outcome{again: reminds}},
		{http.StatusAccepted, "3600", outcome{again: reminds}},
		{http.StatusNotFound, "", outcome{again: time.Minute, shown: "http_404"}}, // the subscription is new
		{http.StatusGone, "", outcome{again: time.Minute, shown: "http_410"}},
		{http.StatusRequestEntityTooLarge, "", outcome{again: reminds, shown: "http_413"}},
		{http.StatusTooManyRequests, "", outcome{again: time.Minute, shown: "http_429"}},
		{http.StatusTooManyRequests, "1800", outcome{again: 30 * time.Minute, shown: "http_429"}},
		{http.StatusTooManyRequests, "20", outcome{again: time.Minute, shown: "http_429"}},
		{http.StatusTooManyRequests, "99999999", outcome{again: time.Hour, shown: "http_429"}},
		{http.StatusTooManyRequests, "-5", outcome{again: time.Minute, shown: "http_429"}},
		{http.StatusInternalServerError, "", outcome{again: time.Minute, shown: "http_500"}},
		{http.StatusServiceUnavailable, "600", outcome{again: 10 * time.Minute, shown: "http_503"}},
		{http.StatusBadRequest, "", outcome{again: time.Minute, shown: "http_400"}},
		{http.StatusUnauthorized, "", outcome{again: time.Minute, shown: "http_401"}},
		{http.StatusForbidden, "", outcome{again: time.Minute, shown: "http_403"}},
	} {
		p := newPhone(t)
		p.approves()
		p.drafts("May I?")
		p.service.Answers(c.status)
		p.service.Asks(c.header)
		texts, again := p.delivers()
		got := outcome{again: again, ended: p.hasEnded()}
		if hooks := p.supervise(chat.SuperviseRequest{Token: p.person}).Hooks; len(hooks) > 0 {
			got.shown = hooks[0].Error
		}
		if got != c.want || len(texts) != 1 {
			t.Errorf("%d, Retry-After %q: %+v after %d calls, want %+v", c.status, c.header, got, len(texts), c.want)
		}
	}
}

// A push service may not know a subscription that it has just given: the second call is taken.
func TestPush_goneWithinAMinuteOfTheSubscription_isCalledAgain(t *testing.T) {
	for _, status := range []int{http.StatusGone, http.StatusNotFound} {
		p := newPhone(t)
		p.approves()
		p.clock.Advance(time.Minute - time.Second)
		p.drafts("May I?")
		p.service.Answers(status)
		if _, again := p.delivers(); again != time.Minute {
			t.Errorf("%d: it is called again after %v", status, again)
		}
		p.service.Answers(http.StatusCreated)
		p.clock.Advance(time.Minute)
		texts, _ := p.delivers()
		hooks := p.supervise(chat.SuperviseRequest{Token: p.person}).Hooks
		if len(texts) != 1 || len(hooks) != 1 || !hooks[0].FailingAt.IsZero() {
			t.Errorf("%d: then it is called with %+v; the person has %+v", status, texts, hooks)
		}
	}
}

// A push service that still refuses the last try is called no more. The person sees so and why, until the device is
// told again, and a draft counts as unseen. A service that has answered otherwise at last is called for what is newer.
func TestPush_serviceThatStillRefuses_isCalledNoMore(t *testing.T) {
	for status, ends := range map[int]bool{http.StatusBadRequest: true, http.StatusUnauthorized: true,
		http.StatusForbidden: true, http.StatusTooManyRequests: false, http.StatusInternalServerError: false} {
		p := newPhone(t)
		p.approves()
		p.service.Answers(status)
		unseen := func(text string) bool {
			got, err := p.Send(p.ctx(), chat.SendRequest{Token: p.bob.Token, Text: text})
			if err != nil {
				t.Fatal(err)
			}
			return got.Waited.Situation.Unseen
		}
		unseen("May I?")
		for range 4 {
			_, again := p.delivers()
			p.clock.Advance(again)
		}
		_, again := p.delivers()
		if calls := len(p.service.Calls()); calls != 5 || (again == 0) != ends {
			t.Errorf("%d: %d calls, and again after %v", status, calls, again)
		}
		if unseen("And this?") != ends {
			t.Errorf("%d: the agent hears of a draft that its person may see: %v", status, ends)
		}
		p.clock.Advance(3 * time.Minute)
		want := 1
		if ends {
			want = 0
		}
		hooks := p.supervise(chat.SuperviseRequest{Token: p.person}).Hooks
		if texts, _ := p.delivers(); len(texts) != want || len(hooks) != 1 || hooks[0].Ended != ends ||
			hooks[0].Error != fmt.Sprint("http_", status) || hooks[0].URL != p.service.URL {
			t.Errorf("%d: it is called with %+v; the person sees %+v", status, texts, hooks)
		}
		p.service.Answers(http.StatusCreated)
		p.id = p.add(p.person)
		p.clock.Advance(3 * time.Minute)
		hooks = p.supervise(chat.SuperviseRequest{Token: p.person}).Hooks
		if texts, _ := p.delivers(); len(texts) != 1 || hooks[0].Ended {
			t.Errorf("%d: told again, it is called with %+v; the person sees %+v", status, texts, hooks)
		}
	}
}

// A browser is called for each device, beside the hooks of the seat, also for a guest. The same device again replaces
// its subscription, and its hook stays.
func TestAddPush_eachDeviceHasOne(t *testing.T) {
	p := newPhone(t)
	if again := p.add(p.person); again != p.id {
		t.Errorf("once more it is %s, before %s", again, p.id)
	}
	guest := ident.WithPrincipal(t.Context(), ident.Principal{})
	subscribed, err := webpush.ParseSubscription(p.service.Subscription())
	if err != nil {
		t.Fatal(err)
	}
	persons := []string{p.person}
	for n := range 4 { // the fourth takes the place of the first
		persons = append(persons, p.device(persons[n], n))
		if _, err := p.dispatcher.AddPush(guest, persons[n+1], outbox.AddedPush{Subscription: subscribed}); err != nil {
			t.Errorf("device %d: %v", n+2, err)
		}
	}
	if hooks := p.supervise(chat.SuperviseRequest{Token: persons[4]}).Hooks; len(hooks) != 4 {
		t.Errorf("there are %d hooks: %+v", len(hooks), hooks)
	}
	for n := range 4 {
		p.subscribe(p.asked(p.bob, fmt.Sprint("/", n)))
	}
	if _, err := p.dispatcher.Subscribe(p.ctx(), p.asked(p.bob, "/4")); fault.CodeOf(err) != fault.RateLimited {
		t.Errorf("a fifth wake: %v", err)
	}
}

// The page stores a new subscription while the service answers that the old one is gone: the new one stays, and is
// called.
func TestPush_newSubscriptionWhileTheOldOneEnds_stays(t *testing.T) {
	p := newPhone(t)
	p.approves()
	p.drafts("May I?")
	old, fresh, process := p.service, webpushtest.NewService(t), *p.world
	subscribed, err := webpush.ParseSubscription(fresh.Subscription())
	if err != nil {
		t.Fatal(err)
	}
	page, former, stored := p.calling(fresh, nil), p.id, false
	process.table = &tabletest.Hooks{Table: p.table, Before: func(_ context.Context, c tabletest.Call) error {
		for _, op := range c.Ops {
			if op.Delete && op.Item.Key.Partition == roomlog.HooksPartition && !stored {
				stored = true
				p.id, err = page.dispatcher.AddPush(p.ctx(), p.person, outbox.AddedPush{Subscription: subscribed})
			}
		}
		return nil
	}}
	p.answersLater(http.StatusGone)
	if _, err := process.calling(old, nil).dispatcher.Deliver(p.ctx(), p.room, p.seat, former); err != nil {
		t.Fatal(err)
	}
	hooks := p.supervise(chat.SuperviseRequest{Token: p.person}).Hooks
	if err != nil || !stored || len(hooks) != 1 || hooks[0].ID != p.id {
		t.Fatalf("%v; stored: %v; the person has %+v", err, stored, hooks)
	}
	p.world, p.service = page, fresh
	if texts, _ := p.delivers(); len(texts) != 1 {
		t.Errorf("called are %+v", texts)
	}
}

// A device rings once, whoever had its browser called before, and at which address.
func TestAddPush_sameDeviceOtherwise_takesItsPlace(t *testing.T) {
	p := newPhone(t)
	p.approves()
	p.drafts("May I?")
	ann := ident.KeyPrincipal("ann")
	for _, x := range []struct {
		principal, address string
	}{{ann, p.service.URL}, {ann, p.service.URL + "/new"}, {"", p.service.URL}} {
		subscribed, err := webpush.ParseSubscription(webpushtest.NewBrowser(t).Subscription(x.address))
		if err != nil {
			t.Fatal(err)
		}
		by := ident.WithPrincipal(t.Context(), ident.Principal{ID: x.principal, SignIn: signIn})
		id, err := p.dispatcher.AddPush(by, p.person, outbox.AddedPush{Subscription: subscribed})
		hooks := p.supervise(chat.SuperviseRequest{Token: p.person}).Hooks
		if err != nil || len(hooks) != 1 || hooks[0].ID != id || id == p.id || len(p.items(p.room)) != 2 {
			t.Errorf("by %q at %s: %v; %+v, stored is %q", x.principal, x.address, err, hooks, p.items(p.room))
		}
		p.id = id
	}
}

// The holder of a key has as many browsers as devices in many rooms. One that it has is always replaced.
func TestAddPush_tooMany_isRefused(t *testing.T) {
	p := newPhone(t)
	holder := ident.WithPrincipal(t.Context(), ident.Principal{ID: ident.KeyPrincipal("ann")})
	subscribed, err := webpush.ParseSubscription(p.service.Subscription())
	if err != nil {
		t.Fatal(err)
	}
	push := outbox.AddedPush{Subscription: subscribed}
	p.supervise(chat.SuperviseRequest{Token: p.person, EndHook: p.id})
	if _, err := p.dispatcher.AddPush(holder, p.person, push); err != nil {
		t.Fatal(err)
	}
	hook := p.hook()
	for n := range outbound.MaxPushes - 1 {
		other := hook
		other.ID = chat.HookPrefix(ident.KeyPrincipal("ann")) + fmt.Sprintf("%020d", n)
		other.Device = fmt.Sprint(n)
		if err := p.table.Write(t.Context(), roomlog.PutHook(other)); err != nil {
			t.Fatal(err)
		}
	}
	push.URL += "/new"
	if _, err := p.dispatcher.AddPush(holder, p.person, push); err != nil {
		t.Errorf("the same device: %v", err)
	}
	further := p.device(p.person, 1)
	before := len(p.items(p.room))
	if _, err := p.dispatcher.AddPush(holder, further, push); fault.CodeOf(err) != fault.RateLimited ||
		len(p.items(p.room)) != before {
		t.Errorf("a further device: %v", err)
	}
}

// Only push services are called, on a local server, too, and nothing is stored of a refused one.
func TestAddPush_refused(t *testing.T) {
	p := newPhone(t)
	keys := webpushtest.NewBrowser(t)
	before := len(p.items(p.room))
	add := func(address string) error {
		subscribed, err := webpush.ParseSubscription(keys.Subscription(address))
		if err == nil {
			_, err = p.dispatcher.AddPush(p.ctx(), p.person, outbox.AddedPush{Subscription: subscribed})
		}
		return err
	}
	for _, address := range []string{"http://127.0.0.1:8080/mcp", "https://127.0.0.1/x", "https://example.org/push",
		"http://fcm.googleapis.com/fcm/send/x", "https://fcm.googleapis.com:8443/x", "https://ann@fcm.googleapis.com/x",
		"https://fcm.googleapis.com.example.org/x", "https://xfcm.googleapis.com/x",
		"https://push.apple.com.evil.org/x",
		"https://evilpush.apple.com/x", "https://push.apple.com/x", "https://jmt17.google.com.evil.org/x",
		"https://google.com/x", "https://x.jmt17.google.com/x", "https://push.services.mozilla.com/x",
		"https://evilpush.services.mozilla.com/x", "https://push.services.mozilla.com.evil.org/x",
		"https://notify.windows.com.evil.org/",
		"ftp://fcm.googleapis.com/x", "fcm.googleapis.com/x", "https://parley.example/x",
		"https://fcm.googleapis.com./x", "https://web.push.apple.com./x", "https://.push.apple.com/x",
		"https://a..push.apple.com/x", "https://fcm.googleapis.com:443@evil.org/x", "https://:x@fcm.googleapis.com/x",
		"https://evil.org#.push.apple.com", "https://evil.org?.push.apple.com", "https://evil.org/.push.apple.com",
		`https://evil.org\.push.apple.com/x`, "https://evil.org%2f.push.apple.com/x", "https://evil.org%00.push.apple.com/x",
		"https://evil.org\t.push.apple.com/x", "https://fcm%2egoogleapis.com/x", "https://fcm\u3002googleapis.com/x",
		"https://fcm.g\u043eogleapis.com/x", "https://\uff46cm.googleapis.com/x", "https://xn--fcm-x.googleapis.com/x",
		"https://[::1]/x", "https://[::ffff:127.0.0.1%25.push.apple.com]/x", "https://127.1.push.apple.com:80/x",
		"https://fcm.googleapis.com:0443/x", "https://FCM.GOOGLEAPIS.COM.evil.org/x", "HTTP://fcm.googleapis.com/x",
		"//fcm.googleapis.com/x", " https://fcm.googleapis.com/x", "https://fcm.googleapis.com /x",
		"https://fcm.googleapis.com/" + strings.Repeat("x", 2048)} {
		if err := add(address); fault.CodeOf(err) != fault.InvalidArgument ||
			!strings.Contains(err.Error(), "no address of a push service") {
			t.Errorf("%s: %v", address, err)
		}
	}
	if after := len(p.items(p.room)); after != before {
		t.Errorf("%d items are stored, before %d", after, before)
	}
	for _, address := range []string{"https://fcm.googleapis.com/fcm/send/x", "https://FCM.googleapis.com/wp/x",
		"https://jmt17.google.com/fcm/send/x", "https://updates.push.services.mozilla.com/wpush/v2/x",
		"https://eu.updates.push.services.mozilla.com/x", "https://web.push.apple.com/x",
		"https://wns2-par02p.notify.windows.com/w/?token=x", "HTTPS://fcm.googleapis.com:443/x"} {
		if err := add(address); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	subscribed, err := webpush.ParseSubscription(p.service.Subscription())
	if err != nil {
		t.Fatal(err)
	}
	push := outbox.AddedPush{Subscription: subscribed}
	if _, err := p.dispatcher.AddPush(p.ctx(), p.bob.Token, push); fault.CodeOf(err) != fault.NotAllowed {
		t.Errorf("an agent: %v", err)
	}
	if _, err := p.another().dispatcher.AddPush(p.ctx(), p.person, push); fault.CodeOf(err) != fault.NotAllowed ||
		!strings.Contains(err.Error(), "--public-url") {
		t.Errorf("a server without an address: %v", err)
	}
}

// Two processes know one key, and make one call.
func TestPush_twoProcesses_oneKeyAndOneCall(t *testing.T) {
	for name, open := range map[string]func(testing.TB, clockwork.Clock) table.Table{
		"file": onFile,
		"DynamoDB": func(t testing.TB, clock clockwork.Clock) table.Table {
			db, _ := dynamolocal.NewTable(t, dynamotable.Options{Clock: clock})
			return db
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPhoneOn(t, open)
			p.approves()
			two := p.calling(p.service, nil)
			keys := make([]string, 2)
			var both sync.WaitGroup
			for n, process := range []*world{p.world, two} {
				both.Go(func() { keys[n], _ = process.dispatcher.PushKey(p.ctx()) })
			}
			both.Wait()
			if keys[0] == "" || keys[0] != keys[1] {
				t.Errorf("the keys are %q", keys)
			}
			for round := range 5 {
				p.drafts(fmt.Sprint("May I do ", round, "?"))
				for _, process := range []*world{p.world, two} {
					both.Go(func() {
						if _, err := process.dispatcher.Deliver(context.WithoutCancel(p.ctx()), p.room, p.seat,
							p.id); err != nil {
							t.Error(err)
						}
					})
				}
				both.Wait()
				if calls := len(p.service.Calls()); calls != round+1 {
					t.Fatalf("%d calls for %d drafts", calls, round+1)
				}
				p.clock.Advance(3 * time.Minute)
			}
		})
	}
}
