package chat_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/ratelimit"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// limited returns a world with limits.
func limited(t *testing.T, l ratelimit.Limits) *world {
	t.Helper()
	w := newWorld(t)
	return onTable(t, w.clock, w.table, chat.Options{SingleProcess: true, MinBatch: 1, Limits: l})
}

// retryAfter fails unless err is rate_limited, and returns when to retry.
func retryAfter(t *testing.T, err error) time.Duration {
	t.Helper()
	var e *fault.Error
	if !errors.As(err, &e) || e.Code != fault.RateLimited || e.RetryAfter < time.Second {
		t.Fatalf("got %v (%+v), want rate_limited and when to try again", err, e)
	}
	if !strings.Contains(e.Message, "Nothing was") && !strings.Contains(e.Message, "No room was") {
		t.Errorf("what has happened is not said: %v", err)
	}
	return e.RetryAfter
}

// exactly fails unless call is refused until the time that err names, and no longer.
func (w *world) exactly(err error, call func() error) {
	w.t.Helper()
	after := retryAfter(w.t, err)
	if after > time.Second {
		w.clock.Advance(after - time.Second)
		retryAfter(w.t, call())
		w.clock.Advance(time.Second)
	} else {
		w.clock.Advance(after)
	}
	if err := call(); err != nil {
		w.t.Errorf("%s later: %v", after, err)
	}
}

// sayN sends n different texts and returns the error of the last one.
func (w *world) sayN(token string, n int) (err error) {
	for i := range n {
		_, err = w.send(chat.SendRequest{Token: token, Text: fmt.Sprintf("text %d at %s", i, w.clock.Now())})
	}
	return err
}

func TestLimits_messages_arePerCallerAndMinute(t *testing.T) {
	w := limited(t, ratelimit.Limits{Messages: 6})
	p := w.pair()
	if err := w.sayN(p.ann.Token, 6); err != nil {
		t.Fatal(err)
	}
	again := func() error { return w.sayN(p.ann.Token, 1) }
	err := w.changesNothing(p.ann.Token, again)
	if got := retryAfter(t, err); got != 10*time.Second {
		t.Errorf("try again after %s", got)
	}
	there := ident.WithAddress(t.Context(), "192.0.2.2")
	if _, err := w.Send(there, chat.SendRequest{Token: p.bob.Token, Text: "each for himself"}); err != nil {
		t.Error(err)
	}
	w.exactly(err, again)
	retryAfter(t, again())
	w.clock.Advance(time.Minute)
	if err := w.sayN(p.ann.Token, 6); err != nil {
		t.Errorf("a minute later: %v", err)
	}
	retryAfter(t, again())
}

func TestLimits_newSeat_hasWhatIsLeftOfItsCaller(t *testing.T) {
	w := limited(t, ratelimit.Limits{Messages: 6})
	p := w.pair()
	if err := w.sayN(p.ann.Token, 6); err != nil {
		t.Fatal(err)
	}
	w.leave(p.ann.Token)
	retryAfter(t, w.sayN(w.join("plans", "Ann").Token, 1))
}

// paid returns the context of a call from an address, or a canceled one if the address has spent its budget.
func (w *world) paid(address string) context.Context {
	ctx, err := w.Limits().Begin(ident.WithAddress(w.t.Context(), address), ratelimit.Usual)
	if err != nil {
		ctx, stop := context.WithCancel(w.t.Context())
		stop()
		return ctx
	}
	return ctx
}

// Who has no seat spends what its address has, and nothing of a room that it knows.
func TestLimits_strangers_spendNothingOfARoom(t *testing.T) {
	const units = 240
	w := limited(t, ratelimit.Limits{Units: units})
	ann, err := w.CreateRoom(w.paid("192.0.2.1"), chat.CreateRequest{Room: "plans", AgentName: "Ann",
		Password: "right"})
	if err != nil {
		t.Fatal(err)
	}
	for range units / 3 { // more than a caller may spend that no room refuses
		if _, err := w.RoomInfo(w.paid("192.0.2.1"), chat.InfoRequest{Token: ann.Token}); err != nil {
			t.Fatal(err)
		}
	}
	forged, err := ident.ParseToken(ann.Token)
	if err != nil {
		t.Fatal(err)
	}
	forged.Secret = ident.NewSecret()
	for i := range 12 {
		for range units {
			ctx := w.paid(fmt.Sprint("203.0.113.", i))
			_, waits := w.Wait(ctx, chat.WaitRequest{Token: forged.String()})
			_, looks := w.RoomInfo(ctx, chat.InfoRequest{Room: "plans"})
			_, joins := w.JoinRoom(ctx, chat.JoinRequest{Room: "plans", AgentName: "Mallory"})
			if waits == nil || looks == nil || joins == nil {
				t.Fatalf("a stranger: %v, %v, %v", waits, looks, joins)
			}
		}
	}
	if _, err := w.Send(w.paid("192.0.2.1"), chat.SendRequest{Token: ann.Token, Text: "I am still here."}); err != nil {
		t.Error(err)
	}
}

// Who got hold of a view, which can only look, mutes nobody by it.
func TestLimits_view_spendsNothingOfItsAgentOrPerson(t *testing.T) {
	const units = 240
	w := limited(t, ratelimit.Limits{Units: units})
	p := w.pair()
	view, person, looks := w.view(p.ann.Token), w.person(p.ann), 0
	for i := range 12 {
		for range units {
			_, err := w.ShowRoom(w.paid(fmt.Sprint("203.0.113.", i)), chat.ShowRequest{View: view})
			if err == nil {
				looks++
			}
		}
	}
	if looks == 0 || looks > units {
		t.Errorf("%d looks with one view", looks)
	}
	for n, token := range []string{p.ann.Token, person} {
		if _, err := w.Send(w.paid(fmt.Sprint("192.0.2.", n)), chat.SendRequest{Token: token,
			Text: "I am still here."}); err != nil {
			t.Error(err)
		}
	}
}

func TestLimits_seats_costTheirCaller(t *testing.T) {
	const units, seat = 240, 30
	w := limited(t, ratelimit.Limits{Units: units})
	if _, err := w.CreateRoom(w.paid("192.0.2.1"), chat.CreateRequest{Room: "plans", AgentName: "Ann",
		Capacity: 100}); err != nil {
		t.Fatal(err)
	}
	joins := 0
	for i := range units / 2 {
		got, err := w.JoinRoom(w.paid("203.0.113.66"),
			chat.JoinRequest{Room: "plans", AgentName: fmt.Sprint("Mallory ", i)})
		if err == nil {
			joins++
			w.leave(got.Token)
		}
	}
	if joins == 0 || joins > units/seat {
		t.Errorf("%d joins", joins)
	}
	if _, err := w.JoinRoom(w.paid("192.0.2.2"), chat.JoinRequest{Room: "plans", AgentName: "Bob"}); err != nil {
		t.Errorf("from another address: %v", err)
	}
}

func TestLimits_bytes_arePerCallerAndMinute(t *testing.T) {
	w := limited(t, ratelimit.Limits{Bytes: 60_000})
	p := w.pair()
	text := func(c string, n int) func() error {
		return func() error {
			_, err := w.send(chat.SendRequest{Token: p.ann.Token, Text: strings.Repeat(c, n)})
			return err
		}
	}
	wants(t, text("x", 60_001)(), fault.MessageTooLong) // which takes nothing
	for i, n := range []int{30_000, 20_000, 10_000} {
		if err := text(string(rune('a'+i)), n)(); err != nil {
			t.Fatal(err)
		}
	}
	err := text("d", 5_000)()
	if got := retryAfter(t, err); got != 5*time.Second {
		t.Errorf("try again after %s", got)
	}
	w.exactly(err, text("d", 5_000))
}

// What a caller says that does not wait for the answer is said, and counts.
func TestLimits_callersThatGo_haveTheSameAllowance(t *testing.T) {
	w := newWorld(t)
	var gone atomic.Pointer[context.CancelFunc]
	h := &tabletest.Hooks{Table: w.table, Before: func(_ context.Context, c tabletest.Call) error {
		if leave := gone.Load(); leave != nil && c.Method == tabletest.Write {
			(*leave)()
		}
		return nil
	}}
	w = onTable(t, w.clock, h, chat.Options{SingleProcess: true, MinBatch: 1, Limits: ratelimit.Limits{Messages: 5}})
	p := w.pair()
	for i := range 40 {
		ctx, leave := context.WithCancel(t.Context())
		gone.Store(&leave)
		_, err := w.Send(ctx, chat.SendRequest{Token: p.ann.Token, Text: fmt.Sprintf("text %d", i)})
		if err == nil && ctx.Err() == nil {
			t.Fatal("its caller has not gone")
		}
		leave()
	}
	gone.Store(nil)
	if n := len(w.history(p.bob.Token, chat.HistoryRequest{}).Messages); n > 7 {
		t.Errorf("%d messages within a minute, of which 5 are allowed", n)
	}
}

func TestLimits_callThatSendsNothing_isNotCounted(t *testing.T) {
	w := limited(t, ratelimit.Limits{Messages: 4, Bytes: 41_000})
	p := w.pair()
	w.say(p.bob.Token, "read this first")
	text := strings.Repeat("a long text ", 1000)
	first := w.say(p.ann.Token, text)
	for range 20 {
		if again := w.say(p.ann.Token, text); !again.Duplicate || again.ID != first.ID {
			t.Fatalf("again: %+v", again)
		}
		for _, req := range []chat.SendRequest{
			{Text: text + "!", ReplyTo: "m000000"}, {Text: text + "!", To: []string{"Zoe"}}, {Text: " "},
			{Text: text + "!", Kind: "shout"},
		} {
			req.Token = p.ann.Token
			_, err := w.send(req)
			wants(t, err, fault.InvalidArgument)
		}
	}
	held, err := w.send(chat.SendRequest{Token: p.ann.Token, Text: "held back", Cursor: p.ann.Cursor})
	if err != nil || held.Sent {
		t.Fatalf("behind the news: %+v, %v", held, err)
	}
	w.say(p.ann.Token, text+"2")
	w.say(p.ann.Token, text+"3")
	retryAfter(t, w.sayN(p.ann.Token, 1))
}

func TestLimits_rooms_arePerCallerAndHour(t *testing.T) {
	w := limited(t, ratelimit.Limits{Rooms: 4})
	here, there := ident.WithAddress(t.Context(), "192.0.2.1"), ident.WithAddress(t.Context(), "192.0.2.2")
	made := 0
	create := func(ctx context.Context) error {
		made++
		_, err := w.CreateRoom(ctx, chat.CreateRequest{Room: fmt.Sprintf("room %d", made), AgentName: "Ann"})
		return err
	}
	for range 3 {
		if err := create(here); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 10 { // calls that create no room do not count
		if _, err := w.JoinRoom(here, chat.JoinRequest{Room: "room 1",
			AgentName: fmt.Sprintf("Bob %d", i)}); err != nil {
			wants(t, err, fault.RoomFull)
		}
		_, err := w.JoinRoom(here, chat.JoinRequest{Room: "none", AgentName: "Bob", OnlyExisting: true})
		wants(t, err, fault.RoomNotFound)
		_, err = w.CreateRoom(here, chat.CreateRequest{Room: "room 1", AgentName: "Bob"})
		wants(t, err, fault.RoomExists)
	}
	w.clock.Advance(20 * time.Minute)
	if _, err := w.JoinRoom(here, chat.JoinRequest{Room: "by joining", AgentName: "Ann"}); err != nil {
		t.Fatal(err)
	}
	err := create(here)
	if got := retryAfter(t, err); got != 40*time.Minute {
		t.Errorf("try again after %s", got)
	}
	_, err = w.JoinRoom(here, chat.JoinRequest{Room: "another", AgentName: "Ann"})
	retryAfter(t, err)
	if err := create(there); err != nil {
		t.Errorf("from another address: %v", err)
	}
	if err := create(ident.WithPrincipal(here, ident.Principal{ID: ident.Local})); err != nil {
		t.Errorf("of a principal: %v", err)
	}
	if _, err := w.RoomInfo(t.Context(), chat.InfoRequest{Room: "another"}); fault.CodeOf(err) != fault.RoomNotFound {
		t.Errorf("a refused room is there: %v", err)
	}
	w.exactly(err, func() error { return create(here) })
}

// A room is counted once, whoever wins its name and whichever reply is lost.
func TestLimits_roomThatAnotherCallCreates_isNotCounted(t *testing.T) {
	w := newWorld(t)
	const limit = 20
	all := w.processes(5, ratelimit.Limits{Rooms: limit})
	got := tally(atOnce(limit, func(i int) (chat.Seated, error) {
		return all[i%5].CreateRoom(t.Context(), chat.CreateRequest{Room: "plans", AgentName: "Ann"})
	}))
	if got[""] != 1 || got[fault.RoomExists] != limit-1 {
		t.Errorf("of %d calls for one name: %v", limit, got)
	}
	lost := all[0].losingReplies("LOG#", chat.Options{Clock: hurriedClock{w.clock},
		Limits: ratelimit.Limits{Rooms: limit}})
	for range 2 {
		_, err := lost.JoinRoom(t.Context(), chat.JoinRequest{Room: "ideas", AgentName: "Ann"})
		if code := fault.CodeOf(err); code != fault.Unavailable && code != fault.NameTaken {
			t.Errorf("a room whose reply is lost: %v", err)
		}
	}
	for i := range limit - 2 {
		all[1].create(chat.CreateRequest{Room: fmt.Sprintf("room %d", i), AgentName: "Ann"})
	}
	_, err := all[2].CreateRoom(t.Context(), chat.CreateRequest{Room: "one more", AgentName: "Ann"})
	retryAfter(t, err)
}

// processes returns services on the table of w, like those of so many processes.
func (w *world) processes(n int, l ratelimit.Limits) (all []*world) {
	for range n {
		o := chat.Options{Clock: hurriedClock{w.clock}, Limits: l}
		all = append(all, &world{t: w.t, clock: w.clock, table: w.table, Service: chat.New(w.table, o)})
	}
	return all
}

// The rules are tested with package password.
func TestLimits_wrongPasswords_arePerCallerAndRoom(t *testing.T) {
	w := newWorld(t)
	here, there := ident.WithAddress(t.Context(), "192.0.2.1"), ident.WithAddress(t.Context(), "192.0.2.2")
	w.create(chat.CreateRequest{Room: "plans", AgentName: "Ann", Password: "right", Capacity: 100})
	w.create(chat.CreateRequest{Room: "ideas", AgentName: "Ann", Password: "right", Capacity: 100})
	agents := 0
	try := func(ctx context.Context, room, password string) error {
		agents++
		_, err := w.JoinRoom(ctx, chat.JoinRequest{Room: room, Password: password,
			AgentName: fmt.Sprintf("Agent %d", agents)})
		return err
	}
	for range 9 {
		wants(t, try(here, "plans", "wrong"), fault.WrongPassword)
		wants(t, try(here, "plans", ""), fault.WrongPassword) // no guess
	}
	if err := try(here, "plans", "right"); err != nil {
		t.Error(err)
	}
	_, err := w.RoomInfo(here, chat.InfoRequest{Room: "plans:wrong"}) // another way to guess
	wants(t, err, fault.WrongPassword)
	err = try(here, "plans", "right")
	if got := retryAfter(t, err); got != time.Minute {
		t.Errorf("try again after %s", got)
	}
	if err := errors.Join(try(there, "plans", "right"), try(here, "ideas", "right")); err != nil {
		t.Errorf("from another address, and in another room: %v", err)
	}
	w.exactly(err, func() error { return try(here, "plans", "right") })
}

// The agents of a room are known by where they joined from, whatever strangers do.
func TestLimits_wrongPasswordsOfStrangers_doNotKeepOutWhoeverHasASeat(t *testing.T) {
	w := newWorld(t)
	here := ident.WithAddress(t.Context(), "192.0.2.1")
	ann, err := w.CreateRoom(here, chat.CreateRequest{Room: "plans", AgentName: "Ann", Password: "right",
		Capacity: 100})
	if err != nil {
		t.Fatal(err)
	}
	bob, err := w.JoinRoom(ident.WithAddress(t.Context(), "192.0.2.2"),
		chat.JoinRequest{Room: "plans", Password: "right", AgentName: "Bob"})
	if err != nil {
		t.Fatal(err)
	}
	w.fillGuesses(ann.Token)
	for _, other := range []*world{w, w.elsewhere()} {
		for _, from := range []string{"192.0.2.1", "192.0.2.2"} {
			if _, err := other.RoomInfo(ident.WithAddress(t.Context(), from),
				chat.InfoRequest{Room: "plans:right"}); err != nil {
				t.Errorf("from where an agent has a seat: %v", err)
			}
		}
		_, err = other.RoomInfo(ident.WithAddress(t.Context(), "192.0.2.3"), chat.InfoRequest{Room: "plans:right"})
		retryAfter(t, err)
		if _, err := other.JoinRoom(t.Context(), chat.JoinRequest{Token: bob.Token}); err != nil {
			t.Errorf("with a token: %v", err)
		}
	}
}

// fillGuesses takes all slots for wrong passwords of the room of a token.
func (w *world) fillGuesses(token string) {
	w.t.Helper()
	parsed, err := ident.ParseToken(token)
	if err != nil {
		w.t.Fatal(err)
	}
	slots, now := w.Store().Guesses(parsed.Room), w.clock.Now()
	for i := range 200 {
		if ok, err := slots.Acquire(w.t.Context(), fmt.Sprintf("%03d", i), "zzzz", now,
			now.Add(time.Minute)); err != nil || !ok {
			w.t.Fatal(ok, err)
		}
	}
}

// Each change of the list of tasks counts as a message, with words or without: it is an event that all read.
func TestLimits_tasks_countAsMessages(t *testing.T) {
	w := limited(t, ratelimit.Limits{Messages: 3})
	p := w.pair()
	w.adds(p.ann.Token, "sand")
	for range 4 { // the first counts
		w.task(p.bob.Token, chat.CommandTake, "t1")
		w.lists(chat.TaskListRequest{Token: p.ann.Token})
	}
	w.task(p.bob.Token, chat.CommandRelease, "t1")
	_, err := w.Task(t.Context(), chat.TaskRequest{Token: p.bob.Token, Action: chat.CommandTake})
	wants(t, err, fault.RateLimited)
	same(t, "the list", w.tasks(p.ann.Token), []string{"t1 sand open"})
}

// One guest's seat, from many networks, says as much as one caller may, and all guests of an invite twice as much.
func TestLimits_guests_countBySeatAndByInvite(t *testing.T) {
	w := limited(t, ratelimit.Limits{Messages: 20})
	ann := w.create(chat.CreateRequest{Room: "plans", AgentName: "Ann", Capacity: 9})
	by, said := guest(t, ann.Invite), 0
	says := func(token string) (n int) {
		for range 24 {
			for range 30 {
				said++
				ctx := ident.WithAddress(by, fmt.Sprintf("2001:db8:%x::/64", said))
				if _, err := w.Send(ctx, chat.SendRequest{Token: token, Text: fmt.Sprint("word ", said)}); err == nil {
					n++
				} else {
					wants(t, err, fault.RateLimited)
				}
			}
		}
		return n
	}
	total := 0
	for i := range 5 {
		seat, err := w.arrives(by, fmt.Sprint("Guest ", i))
		if err != nil {
			t.Fatal(err)
		}
		got := says(seat.Token)
		total += got
		if i == 0 && got != 20 {
			t.Errorf("one seat said %d, want 20", got)
		}
	}
	if total != 40 {
		t.Errorf("five seats of one invite said %d, want 40", total)
	}
	w.say(ann.Token, "the admin speaks")
}

// An agent that runs away, from many networks, leaves its person the calls that stop it.
func TestLimits_personOfARunawayAgent_stopsIt(t *testing.T) {
	w := limited(t, ratelimit.Limits{Units: 100})
	ann := w.create(chat.CreateRequest{Room: "plans", AgentName: "Ann"})
	p, calls, refused := w.person(ann), 0, error(nil)
	for ; refused == nil && calls < 1000; calls++ {
		network := ident.WithAddress(t.Context(), fmt.Sprintf("2001:db8:%x::/64", calls))
		call, err := w.Limits().Begin(network, ratelimit.Vital)
		if err != nil {
			t.Fatal(err)
		}
		_, refused = w.Send(call, chat.SendRequest{Token: ann.Token, Text: fmt.Sprint("word ", calls)})
	}
	wants(t, refused, fault.RateLimited)
	paused := true
	call, err := w.Limits().Begin(ident.WithAddress(t.Context(), "192.0.2.1"), ratelimit.Usual)
	if err == nil {
		_, err = w.Service.Supervise(call, chat.SuperviseRequest{Token: p, Paused: &paused})
	}
	if err != nil {
		t.Errorf("its person pauses it: %v", err)
	}
}
