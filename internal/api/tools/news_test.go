package tools_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/api/tools"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/pairing"
	"github.com/parley-chat/parley/internal/core/ratelimit"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
	"github.com/parley-chat/parley/internal/testkit/secretscan"
)

// newsroom is a server with the rooms of one person, whose agent is Ann in each.
type newsroom struct {
	t     *testing.T
	clock *timers
	table *readTable
	rooms *chat.Service
	set   *tools.Set
	seats []*newsSeat
}

// newsSeat is a seat of the person, with what its page knows.
type newsSeat struct {
	room     string
	ann, bob chat.Seated
	person   string
	after    string
	tag      string
}

// timers is a clock that counts the timers that were made.
type timers struct {
	*clockwork.FakeClock
	made atomic.Int64
}

func (c *timers) NewTimer(d time.Duration) clockwork.Timer {
	defer c.made.Add(1)
	return c.FakeClock.NewTimer(d)
}

// readTable counts reads.
type readTable struct {
	table.Table
	reads atomic.Int64
}

func (t *readTable) Get(ctx context.Context, k table.Key, c table.Consistency) (table.Item, error) {
	t.reads.Add(1)
	return t.Table.Get(ctx, k, c)
}

func (t *readTable) Query(ctx context.Context, r table.Range) (table.Page, error) {
	t.reads.Add(1)
	return t.Table.Query(ctx, r)
}

// newNewsroom returns a server with n rooms. Each has Ann, with the person, Bob and Cid.
func newNewsroom(t *testing.T, n int, o chat.Options) *newsroom {
	t.Helper()
	clock := &timers{FakeClock: clockwork.NewFakeClockAt(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))}
	w := &newsroom{t: t, clock: clock, table: &readTable{Table: sqlitetest.Open(t, clock)}}
	o.Clock, o.MinBatch, o.Logger = clock, 1, slog.New(slog.NewTextHandler(secretscan.NewBuffer(t), nil))
	w.rooms = chat.New(w.table, o)
	w.set = tools.New(w.rooms, pairing.New(w.rooms, pairing.Options{}), tools.Options{
		Address: func(context.Context) string { return "https://parley.example/mcp" }, Log: o.Logger})
	for i := range n {
		name := fmt.Sprint("room ", i)
		seat := &newsSeat{room: name, ann: w.join(name, "Ann"), bob: w.join(name, "Bob")}
		claim, _ := ident.ParseLinkCode(seat.ann.Watch)
		seat.person = ident.Token{Room: claim.Room, Seat: claim.Seat, Secret: strings.Repeat("7", ident.SecretChars),
			Person: true}.String()
		if _, err := w.rooms.Supervise(t.Context(), chat.SuperviseRequest{Token: seat.person,
			Claim: seat.ann.Watch}); err != nil {
			t.Fatal(err)
		}
		w.seats = append(w.seats, seat)
	}
	return w
}

func (w *newsroom) join(room, name string) chat.Seated {
	w.t.Helper()
	seat, err := w.rooms.JoinRoom(w.t.Context(), chat.JoinRequest{Room: room, AgentName: name, Capacity: 3})
	if err != nil {
		w.t.Fatal(err)
	}
	return seat
}

func (w *newsroom) say(token, text string, more ...func(*chat.SendRequest)) string {
	w.t.Helper()
	req := chat.SendRequest{Token: token, Text: text}
	for _, f := range more {
		f(&req)
	}
	got, err := w.rooms.Send(w.t.Context(), req)
	if err != nil || !got.Sent {
		w.t.Fatalf("%q: %+v, %v", text, got, err)
	}
	return got.ID
}

func asks(name string) func(*chat.SendRequest) {
	return func(req *chat.SendRequest) { req.Ask, req.Kind = []string{name}, room.Request }
}

func privately(to string) func(*chat.SendRequest) {
	return func(req *chat.SendRequest) { req.To = []string{to} }
}

// asked returns the call of the page, and the JSON of its body.
func (w *newsroom) asked(wait int) (asked tools.NewsAsked, body []byte) {
	w.t.Helper()
	type seat struct {
		Token string `json:"token"`
		After string `json:"after,omitempty"`
		Tag   string `json:"tag,omitempty"`
	}
	page := struct {
		Wait  int    `json:"wait_seconds"`
		Seats []seat `json:"seats"`
	}{Wait: wait}
	for _, s := range w.seats {
		page.Seats = append(page.Seats, seat{s.person, s.after, s.tag})
	}
	body, err := json.Marshal(page)
	if err == nil {
		err = json.Unmarshal(body, &asked)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return asked, body
}

// ask makes a call for news of all seats.
func (w *newsroom) ask(ctx context.Context, wait int) mcp.Outcome {
	asked, _ := w.asked(wait)
	return w.set.News(ctx, asked, tools.Admission{})
}

// news is ask for a call that is answered. The page then knows what was told.
func (w *newsroom) news(wait int) results.News {
	w.t.Helper()
	return w.learn(w.ask(w.t.Context(), wait))
}

func (w *newsroom) learn(o mcp.Outcome) results.News {
	w.t.Helper()
	told, ok := o.Value.(results.News)
	if !ok {
		w.t.Fatalf("%+v", o.Failure)
	}
	if size := len(results.JSON(told)); size > 1<<20 {
		w.t.Errorf("an answer of %d bytes", size)
	}
	for _, one := range told.Seats {
		seat := w.seats[one.N]
		if n := len(one.Messages); n > 0 {
			seat.after = one.Messages[n-1].ID
		}
		if one.Tag != "" {
			seat.tag = one.Tag
		}
	}
	return told
}

// waiting begins a call for news that waits, and returns when it does.
func (w *newsroom) waiting(ctx context.Context) <-chan mcp.Outcome {
	w.t.Helper()
	before, got := w.clock.made.Load(), make(chan mcp.Outcome, 1)
	asked, _ := w.asked(25)
	go func() { got <- w.set.News(ctx, asked, tools.Admission{}) }()
	w.awaitTimers(before + 1)
	return got
}

// awaitTimers returns when n timers were made: each round of a wait makes one.
func (w *newsroom) awaitTimers(n int64) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	for w.clock.made.Load() < n {
		if ctx.Err() != nil {
			w.t.Fatalf("%d timers, want %d", w.clock.made.Load(), n)
		}
		runtime.Gosched()
	}
}

func (w *newsroom) take(from <-chan mcp.Outcome) results.News {
	w.t.Helper()
	select {
	case o := <-from:
		return w.learn(o)
	case <-time.After(patience):
		w.t.Fatal("the call does not end")
		panic("unreachable")
	}
}

// numbers returns the seats of an answer.
func numbers(told results.News) (list []int) {
	for _, one := range told.Seats {
		list = append(list, one.N)
	}
	return list
}

func single() chat.Options { return chat.Options{SingleProcess: true} }

// A wait ends with the first thing that the person of one of the seats can see, and tells that alone.
func TestNews_waits_untilSomethingComesInOneOfTheRooms(t *testing.T) {
	w := newNewsroom(t, 4, single())
	w.news(0)
	began, quiet := w.clock.Now(), w.seats[3]
	waits := w.waiting(t.Context())
	dan := w.join(quiet.room, "Dan")
	told := w.take(waits)
	if !slices.Equal(numbers(told), []int{3}) || told.Seats[0].Info == nil {
		t.Errorf("a join: %+v", told)
	}

	waits = w.waiting(t.Context())
	for range 3 {
		made := w.clock.made.Load()
		w.say(quiet.bob.Token, fmt.Sprint("psst ", made), privately("Dan"))
		w.awaitTimers(made + 1) // it has looked, and waits on
	}
	asked := w.say(quiet.bob.Token, "blue?", asks("Ann"))
	told = w.take(waits)
	if !slices.Equal(numbers(told), []int{3}) || len(told.Seats[0].Messages) != 1 ||
		told.Seats[0].Needs.Asks[0].ID != asked || told.PollAfter != 2 {
		t.Errorf("a question: %+v", told)
	}
	if !w.clock.Now().Equal(began) {
		t.Error("it took its time")
	}

	waits = w.waiting(t.Context())
	w.clock.Advance(25 * time.Second)
	if told := w.take(waits); len(told.Seats) > 0 || len(told.HasMore) > 0 || told.PollAfter != 2 {
		t.Errorf("nothing: %+v", told)
	}

	waits = w.waiting(t.Context())
	if _, err := w.rooms.LeaveRoom(t.Context(), chat.LeaveRequest{Token: dan.Token}); err != nil {
		t.Fatal(err)
	}
	if told := w.take(waits); !slices.Equal(numbers(told), []int{3}) {
		t.Errorf("a leave: %+v", told)
	}
}

// A seat that is none, or ends in a wait, is told when the call ends.
func TestNews_refusedSeat_endsNoWait(t *testing.T) {
	for what, c := range map[string]struct {
		end  func(w *newsroom, s *newsSeat) error
		code fault.Code
	}{
		"kicked": {func(w *newsroom, s *newsSeat) error {
			_, err := w.rooms.ManageAgent(t.Context(), chat.ManageRequest{Token: s.bob.Token, Action: room.Kick,
				Agents: []string{"Ann"}})
			return err
		}, fault.Removed},
		"closed": {func(w *newsroom, s *newsSeat) error {
			_, err := w.rooms.UpdateRoom(t.Context(), chat.UpdateRequest{Token: s.bob.Token, Close: true})
			return err
		}, ""},
	} {
		w := newNewsroom(t, 3, single())
		if _, err := w.rooms.ManageAgent(t.Context(), chat.ManageRequest{Token: w.seats[1].ann.Token,
			Action: room.Promote, Agents: []string{"Bob"}}); err != nil {
			t.Fatal(err)
		}
		agent := w.seats[0].ann.Token
		w.seats[0].person = agent
		told := w.news(25) // something is new, so it does not wait
		if !slices.Equal(numbers(told), []int{0, 1, 2}) || told.Seats[0].Refused.Code != string(fault.NotAllowed) ||
			strings.Contains(string(results.JSON(told)), agent) {
			t.Errorf("at first: %+v", told)
		}
		waits := w.waiting(t.Context())
		w.clock.Advance(25 * time.Second)
		if told := w.take(waits); !slices.Equal(numbers(told), []int{0}) {
			t.Errorf("an agent's token, after the wait: %+v", told)
		}
		waits = w.waiting(t.Context())
		made := w.clock.made.Load()
		if err := c.end(w, w.seats[1]); err != nil {
			t.Fatal(err)
		}
		if c.code != "" {
			w.awaitTimers(made + 1) // it has looked, and waits on
			w.clock.Advance(25 * time.Second)
		}
		told = w.take(waits)
		one := results.NewsSeat{}
		if i := slices.Index(numbers(told), 1); i >= 0 {
			one = told.Seats[i]
		}
		if c.code != "" && (one.Refused == nil || one.Refused.Code != string(c.code)) ||
			c.code == "" && (one.Info == nil || !one.Info.Room.Closed) {
			t.Errorf("%s: %+v", what, told)
		}
	}
	w := newNewsroom(t, 1, single())
	w.seats[0].person = w.seats[0].ann.Token
	if told := w.news(25); !slices.Equal(numbers(told), []int{0}) { // there is nothing to wait for
		t.Errorf("refused alone: %+v", told)
	}
}

// The wait of a page is over with the page and with the server.
func TestNews_wait_endsWithItsCallerAndTheServer(t *testing.T) {
	w := newNewsroom(t, 2, single())
	w.news(0)
	ctx, leave := context.WithCancel(t.Context())
	waits := w.waiting(ctx)
	leave()
	if o := <-waits; !o.Canceled {
		t.Errorf("who has left gets %+v", o)
	}
	waits = w.waiting(t.Context())
	w.rooms.Stop()
	if told := w.take(waits); len(told.Seats) > 0 {
		t.Errorf("%+v", told)
	}
}

// A seat ends with the key that admitted it, and refuses itself alone.
func TestNews_seatWhoseKeyIsRevokedInAWait_isRefused(t *testing.T) {
	w := newNewsroom(t, 2, single())
	revoked := fault.Refuse(fault.KeyInvalid, "The key was revoked.")
	watched, revoke := context.WithCancelCause(t.Context())
	by := tools.Admission{
		Admit: func(_ context.Context, own ident.Token) (ident.Principal, error) {
			return ident.Principal{Room: own.Room, Seat: own.Seat}, nil
		},
		Watch: func(ctx context.Context, asker ident.Principal) (context.Context, func()) {
			if own, _ := ident.ParseToken(w.seats[1].person); own.Room != asker.Room {
				return ctx, func() {}
			}
			ctx, cancel := context.WithCancelCause(ctx)
			stop := context.AfterFunc(watched, func() { cancel(context.Cause(watched)) })
			return ctx, func() { stop(); cancel(nil) }
		},
	}
	asked, _ := w.asked(0)
	w.learn(w.set.News(t.Context(), asked, by))
	asked, _ = w.asked(25)
	before, waits := w.clock.made.Load(), make(chan mcp.Outcome, 1)
	go func() { waits <- w.set.News(t.Context(), asked, by) }()
	w.awaitTimers(before + 1)
	revoke(revoked)
	w.say(w.seats[1].bob.Token, "not for the person")
	w.awaitTimers(before + 2) // it has looked, and waits on
	w.clock.Advance(25 * time.Second)
	if told := w.take(waits); !slices.Equal(numbers(told), []int{1}) || told.Seats[0].Refused == nil ||
		told.Seats[0].Refused.Code != string(fault.KeyInvalid) {
		t.Errorf("%+v", told)
	}
}

// A flood in some rooms delays no question in another, and each message comes once.
func TestNews_flood_comesInTurnsAfterWhatWaitsForThePerson(t *testing.T) {
	w := newNewsroom(t, 6, single())
	quiet := w.seats[5]
	w.news(0)
	asked := w.say(quiet.bob.Token, "blue?", asks("Ann"))
	for i := range 200 {
		w.say(quiet.bob.Token, fmt.Sprint("well ", i))
	}
	want := map[int]int{5: 201}
	for n := range w.seats[:5] {
		for i := range 150 - 30*n {
			w.say(w.seats[n].bob.Token, fmt.Sprint(i, strings.Repeat(" long", 1200)))
			want[n]++
		}
	}
	got := map[int]int{}
	for more, first := true, true; more; first = false {
		told := w.news(25)
		for _, one := range told.Seats {
			got[one.N] += len(one.Messages)
			if first && one.N == 5 && (one.Needs == nil || one.Needs.Asks[0].ID != asked) {
				t.Errorf("the question is not in the first answer: %+v", one.Needs)
			}
		}
		if first && (len(told.Seats) != 6 || !slices.Equal(told.HasMore, numbers(told))) {
			t.Errorf("seats %v, more at %v", numbers(told), told.HasMore)
		}
		more = len(told.HasMore) > 0
	}
	for n := range want {
		if got[n] != want[n] {
			t.Errorf("%d messages of room %d, want %d", got[n], n, want[n])
		}
	}
}

// What waits in a hundred rooms may be more than an answer holds. It comes whole, by further calls, the shortest first,
// and so do the latest messages of each room.
func TestNews_needsOfManyRooms_comeByFurtherCalls(t *testing.T) {
	w := newNewsroom(t, 100, single())
	for n, seat := range w.seats {
		for i := range 7 {
			w.say(seat.bob.Token, fmt.Sprint(i, strings.Repeat(" long", min(500, 10*(99-n)))), asks("Ann"))
		}
	}
	calls := 0
	known := map[int]bool{}
	for more := true; more; calls++ {
		told := w.news(0)
		for _, one := range told.Seats {
			if one.Needs != nil && (len(one.Needs.Asks) != 7 || known[one.N]) {
				t.Errorf("call %d, seat %d: %+v", calls, one.N, one.Needs)
			}
			known[one.N] = true
		}
		more = len(told.HasMore) > 0
		if !known[99] {
			t.Error("the room with the shortest is not in the first answer")
		}
	}
	without := slices.IndexFunc(w.seats, func(s *newsSeat) bool { return s.after == "" || s.tag == "" })
	if len(known) != 100 || without >= 0 || calls < 2 || calls > 4 {
		t.Errorf("%d seats by %d calls; nothing of room %d", len(known), calls, without)
	}
}

func TestNews_pollAfter_growsWithTheSeats(t *testing.T) {
	for _, c := range []struct {
		seats int
		o     chat.Options
		want  int64
	}{{1, single(), 2}, {20, single(), 2}, {41, single(), 5}, {100, single(), 10}, {1, chat.Options{}, 20},
		{100, chat.Options{}, 20}} {
		w := newNewsroom(t, 1, c.o)
		one := w.seats[0]
		for len(w.seats) < c.seats { // each counts, also one that is refused
			w.seats = append(w.seats, &newsSeat{person: fmt.Sprint("none ", len(w.seats))})
		}
		if told := w.news(25); told.PollAfter != c.want {
			t.Errorf("%d seats: after %d seconds, want %d", c.seats, told.PollAfter, c.want)
		}
		w.seats = append(w.seats[:0:0], one, &newsSeat{person: strings.ToUpper(one.person) + " "})
		one.after, one.tag = "", ""
		if told := w.news(25); !slices.Equal(numbers(told), []int{0}) {
			t.Errorf("the same token twice: %v", numbers(told))
		}
	}
}

// A hundred rooms in which all talk cost half of what a caller may spend, and nothing is read for who cannot pay.
func TestNews_hundredRooms_costHalfABudgetAtMost(t *testing.T) {
	const units = 3000
	for _, o := range []chat.Options{single(), {}} {
		o.Limits = ratelimit.Limits{Units: units}
		w := newNewsroom(t, 100, o)
		ctx := ident.WithAddress(t.Context(), "192.0.2.1")
		left := func() (n int) {
			for ; ; n++ {
				if _, err := w.rooms.Limits().Begin(ctx, ratelimit.Usual); err != nil {
					return n
				}
			}
		}
		told := w.learn(w.ask(ctx, 25))
		w.clock.Advance(time.Hour)
		full := left()
		w.clock.Advance(time.Hour)
		for range told.PollAfter {
			for _, seat := range w.seats {
				w.say(seat.bob.Token, fmt.Sprint(w.clock.Now(), strings.Repeat(" word", 60)))
			}
			w.clock.Advance(time.Second)
		}
		told = w.learn(w.ask(ctx, 25))
		if got := len(told.Seats); got != 100 || len(told.Seats[99].Messages) < 10 {
			t.Errorf("news of %d seats", got)
		}
		a := left()
		spent := float64(full-a) * 60 / float64(told.PollAfter)
		if spent < 300 || spent > units/2 {
			t.Errorf("a minute costs %v units", spent)
		}
		w.table.reads.Store(0)
		o := w.ask(ctx, 25)
		if o.Failure == nil || o.Failure.Code != string(fault.RateLimited) || o.Failure.RetryAfterSeconds < 1 {
			t.Errorf("without a budget: %+v", o)
		}
		if n := w.table.reads.Load(); n != 0 {
			t.Errorf("without a budget: %d reads", n)
		}
	}
}

// A page with 41 rooms in which nothing happens.
func TestNews_idleRooms_costFewBytes(t *testing.T) {
	w := newNewsroom(t, 41, single())
	w.news(0)
	w.clock.Advance(time.Hour) // all are silent
	w.news(0)
	calls, up, down := 0, 0, 0
	for began := w.clock.Now(); w.clock.Since(began) < 10*time.Minute; calls++ {
		_, body := w.asked(25)
		waits := w.waiting(t.Context())
		w.clock.Advance(25 * time.Second)
		told := w.take(waits)
		up, down = up+len(body), down+len(results.JSON(told))
		w.clock.Advance(time.Duration(told.PollAfter) * time.Second)
		for _, one := range told.Seats {
			if one.Info != nil || len(one.Messages) > 0 {
				t.Fatalf("%+v", one)
			}
		}
	}
	if calls > 40 || up > 10*12<<10 || down > 10*5<<10 {
		t.Errorf("in ten minutes %d calls, %d bytes up, %d bytes down", calls, up, down)
	}
	t.Logf("a minute: %.1f calls, %d bytes up, %d down", float64(calls)/10, up/10, down/10)
}

// A seat that cannot be read now is left, and is not refused: the page would not ask for it any more.
func TestNews_seatThatCannotBeReadNow_isLeftForTheNextCall(t *testing.T) {
	w := newNewsroom(t, 2, single())
	by := tools.Admission{
		Watch: func(ctx context.Context, _ ident.Principal) (context.Context, func()) { return ctx, func() {} },
		Admit: func(_ context.Context, own ident.Token) (ident.Principal, error) {
			if own.String() == w.seats[0].person {
				return ident.Principal{}, fault.RetryLater(fault.RateLimited, time.Second, "Too many tokens.")
			}
			return ident.Principal{Room: own.Room, Seat: own.Seat}, nil
		},
	}
	asked, _ := w.asked(25)
	told := w.learn(w.set.News(t.Context(), asked, by))
	if !slices.Equal(numbers(told), []int{1}) || !slices.Equal(told.HasMore, []int{0}) {
		t.Errorf("%+v", told)
	}
	asked.Seats = asked.Seats[:1]
	if o := w.set.News(t.Context(), asked, by); o.Failure == nil || o.Failure.Code != string(fault.RateLimited) ||
		o.Failure.RetryAfterSeconds != 1 {
		t.Errorf("that one alone: %+v", o)
	}
	for _, n := range []int{101, 0} {
		asked.Seats = slices.Repeat(asked.Seats[:1], n)
		if o := w.set.News(t.Context(), asked, by); o.Failure == nil ||
			o.Failure.Code != string(fault.InvalidArgument) {
			t.Errorf("%d seats: %+v", n, o)
		}
	}
}
