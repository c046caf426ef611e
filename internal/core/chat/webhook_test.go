package chat_test

import (
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

// webhookOf returns a webhook of a person that is not stored yet.
func (w *world) webhookOf(person, url string) roomlog.HookItem {
	w.t.Helper()
	seat, err := w.WebhookSeat(w.t.Context(), person)
	if err != nil {
		w.t.Fatal(err)
	}
	return roomlog.HookItem{ID: chat.HookID("key:b", url, "each", seat, false), Form: room.FormWebhook, Room: seat.Room,
		Seat: seat.Seat, URL: url, Secret: "whsec_", Principal: "key:b",
		SinceMs: w.clock.Now().UnixMilli(), UntilMs: w.clock.Now().Add(60 * day).UnixMilli()}
}

// webhook gives a person a webhook that leads to url.
func (w *world) webhook(person, url string) roomlog.HookItem {
	w.t.Helper()
	x := w.webhookOf(person, url)
	if err := w.Webhook(w.t.Context(), person, x); err != nil {
		w.t.Fatal(err)
	}
	return x
}

// delivers returns what a webhook is to be called with after event n.
func (w *world) delivers(x roomlog.HookItem, n int64) chat.WebhookCall {
	w.t.Helper()
	got, err := w.WebhookCall(w.t.Context(), x, n)
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

// delivered returns all that a webhook is to be called with after event n.
func (w *world) delivered(x roomlog.HookItem, n int64) (all []chat.Message, last chat.WebhookCall) {
	w.t.Helper()
	for last = w.delivers(x, n); last.N != 0; last = w.delivers(x, last.N) {
		all = append(all, last.Message)
	}
	return all, last
}

// What was said before it began is none of it, and so is what others say in private.
func TestWebhook_getsAllThatItsSeatReceives_inOrder(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	person := w.person(p.bob)
	w.say(p.ann.Token, "before")
	x := w.webhook(person, "https://example.com/")
	long := strings.Repeat("long", 7000)
	w.say(p.ann.Token, long)
	w.tell(p.ann.Token, "psst, Cid", "Cid")
	w.tell(p.ann.Token, "psst, Bob", "Bob")
	w.say(p.bob.Token, "I am Bob")
	gone := w.say(p.cid.Token, "a secret")
	paused := true
	w.supervise(person, chat.SuperviseRequest{Paused: &paused})
	w.redact(p.cid.Token, gone.ID)
	w.say(p.cid.Token, "the end")
	got, last := w.delivered(x, 0)
	same(t, "delivered", lines(got), []string{"Ann: " + long, "Ann: psst, Bob", "Bob: I am Bob",
		"Cid: " + room.Removed, "supervision ", "room ", "Cid: the end"})
	if last.Gone || last.Missed || last.Room != "plans" || last.Agent != "Bob" {
		t.Errorf("in the end: %+v", last)
	}
	if _, err := w.UpdateRoom(t.Context(), chat.UpdateRequest{Token: p.ann.Token, Close: true}); err != nil {
		t.Fatal(err)
	}
	got, last = w.delivered(x, last.AsOf)
	if len(got) != 1 || got[0].Reason != room.ReasonClosed || !last.Gone {
		t.Errorf("when the room has closed: %+v, and then %+v", got, last)
	}
}

func TestWebhook_eventsHaveExpired_itIsProgress(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	x := w.webhook(w.person(p.bob), "https://example.com/")
	w.say(p.ann.Token, "nobody took this")
	w.clock.Advance(20 * day)
	w.say(p.ann.Token, "still here")
	w.say(p.ann.Token, "and here")
	w.clock.Advance(13 * day)
	w = w.elsewhere() // where nothing is cached
	first := w.delivers(x, 0)
	if next := w.delivers(x, first.N); first.Message.Text != "still here" || !first.Missed || next.Missed {
		t.Errorf("got %+v, and then %+v", first, next)
	}
}

// A webhook is a matter of the person. Nobody sees it at the agent, which is told nothing and loses its seat as ever.
func TestWebhook_doesNothingToItsAgent(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	person := w.person(p.bob)
	x := w.webhook(person, "https://example.com/")
	got := w.look(p.bob.Token, "")
	if got.Situation.Hooked || len(got.Messages) > 0 {
		t.Errorf("Bob is called himself: %v, and hears %q", got.Situation.Hooked, lines(got.Messages))
	}
	if got := agentIn(t, w.info(p.ann.Token).Room, "Bob").State; got != room.AgentBusy {
		t.Errorf("others see that Bob is %s", got)
	}
	w.clock.Advance(room.Lease)
	w.say(p.ann.Token, "Is Bob still there?")
	ms := w.clock.Now().UnixMilli()
	w.calledBy(x, roomlog.Progress{Upto: 9, TriedMs: ms, LastMs: ms})
	w.join("plans", "Bob")
	if leads, _ := w.hookStored(x); leads || !w.delivers(x, 0).Gone {
		t.Errorf("the webhook has outlived the seat of its agent: %v, %+v", leads, w.delivers(x, 0))
	}
}

// To add a webhook once more gives it another secret, and says so to the next look.
func TestWebhook_isAddedAndEndedByItsPersonAlone(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	person := w.person(p.bob)
	x := w.webhook(person, "https://example.com/")
	failed := roomlog.Progress{Upto: 5, Failing: roomlog.Failing{SinceMs: 1, Tries: 3}, NotBeforeMs: 2,
		Error: "timeout"}
	w.calledBy(x, failed)
	x.Secret = "whsec_another"
	if err := w.Webhook(t.Context(), person, x); err != nil {
		t.Fatal(err)
	}
	stored, err := w.Store().Hook(t.Context(), x.ID)
	told, failure := w.Store().Progress(t.Context(), x)
	if err != nil || failure != nil || stored.Secret != "whsec_another" || told.Upto != 5 || told.Failing.Tries != 3 ||
		told.RefreshedMs == stored.RefreshedMs || told.AtMs != 0 || told.Error != "timeout" {
		t.Errorf("added again it is %+v, %v, and %+v, %v", stored, err, told, failure)
	}
	_, err = w.WebhookSeat(t.Context(), p.bob.Token)
	wants(t, err, fault.NotAllowed)
	wants(t, w.Webhook(t.Context(), p.bob.Token, x), fault.NotAllowed)
	for _, url := range []string{"https://example.com/2", "https://example.com/3", "https://example.com/4"} {
		w.webhook(person, url)
	}
	wants(t, w.Webhook(t.Context(), person, w.webhookOf(person, "https://example.com/5")), fault.RateLimited)
	hooks := w.supervise(person, chat.SuperviseRequest{EndHook: x.ID}).Hooks
	if len(hooks) != 3 || hooks[0].Form != room.FormWebhook {
		t.Errorf("one has ended, and there are %+v", hooks)
	}
	if leads, _ := w.hookStored(x); leads {
		t.Error("something is stored of what has ended")
	}
	w.webhook(person, x.URL)
	w.clock.Advance(time.Minute)
	if got := lines(w.look(p.bob.Token, p.bob.Cursor).Messages); len(got) > 0 {
		t.Errorf("Bob hears %q", got)
	}
}

// Bob joins again between the look at his seat and the begin of the webhook, and his person has his new seat.
func TestWebhook_itsPersonHasAnotherSeatByThen_isNotAdded(t *testing.T) {
	w := newWorld(t)
	ann := w.joinsAs("key:a", "plans", "Ann")
	bob := w.joinsAs("key:b", "plans", "Bob")
	person := w.person(bob)
	late := w.webhookOf(person, "https://example.com/")
	w.leave(bob.Token)
	again := w.joinsAs("key:b", "plans", "Bob")
	wants(t, w.Webhook(t.Context(), person, late), fault.Removed)
	if leads, _ := w.hookStored(late); leads {
		t.Error("something is stored of it")
	}
	x := w.webhook(person, late.URL)
	said := w.say(ann.Token, "hello")
	if x.Seat != w.seatOf(again) || w.delivers(x, 0).Message.ID != said.ID {
		t.Errorf("added again it is of seat %d: %+v", x.Seat, w.delivers(x, 0))
	}
}
