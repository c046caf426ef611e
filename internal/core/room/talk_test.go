package room_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/room"
)

// owed returns how a seat sees who owes an answer to e: the seats, "anyone", or
// "nothing" where e is not open to it.
func (l *timeline) owed(e room.Event, seat int) string {
	for _, r := range l.head.Talk.OpenTo(seat, l.now) {
		switch {
		case r.N != e.N:
		case r.Any:
			return "anyone"
		default:
			return fmt.Sprint(r.Owed)
		}
	}
	return "nothing"
}

func TestDebt_ofThoseWhoAreAsked_lastsUntil(t *testing.T) {
	for what, c := range map[string]struct {
		happen func(l *timeline, e room.Event)
		want   string
	}{
		"nothing happens":               {func(*timeline, room.Event) {}, "[2 3]"},
		"one replies":                   {func(l *timeline, e room.Event) { l.reply(2, e) }, "[3]"},
		"both reply":                    {func(l *timeline, e room.Event) { l.reply(2, e); l.reply(3, e) }, "nothing"},
		"one replies twice":             {func(l *timeline, e room.Event) { l.reply(2, e); l.reply(2, e) }, "[3]"},
		"another replies":               {func(l *timeline, e room.Event) { l.reply(4, e) }, "[2 3]"},
		"the asker replies":             {func(l *timeline, e room.Event) { l.reply(1, e) }, "[2 3]"},
		"one says something else":       {func(l *timeline, _ room.Event) { l.say(2, "well") }, "[2 3]"},
		"one replies to something else": {func(l *timeline, e room.Event) { l.reply(2, l.say(1, "and")) }, "[2 3]"},
		"one replies by a request": {func(l *timeline, e room.Event) {
			l.send(2, room.Event{Text: "why?", ReplyTo: e.N, ReSeat: 1, Ask: []int{1}})
		}, "[3]"},
		"one leaves":                    {func(l *timeline, _ room.Event) { l.leave(2) }, "[3]"},
		"one leaves, the other replies": {func(l *timeline, e room.Event) { l.leave(2); l.reply(3, e) }, "nothing"},
		"both leave":                    {func(l *timeline, _ room.Event) { l.leave(2); l.leave(3) }, "nothing"},
		"one is muted":                  {func(l *timeline, _ room.Event) { l.manage(room.Mute, 2) }, "[3]"},
		"one is muted and unmuted": {func(l *timeline, _ room.Event) {
			l.manage(room.Mute, 2)
			l.manage(room.Unmute, 2)
		}, "[3]"},
		"one gets its seat again": {func(l *timeline, _ room.Event) { l.regain(2) }, "[2 3]"},
		"the room becomes a channel": {func(l *timeline, _ room.Event) {
			l.set(func(s *room.Settings) { s.Type = room.Channel })
		}, "nothing"},
		"the asker leaves":            {func(l *timeline, _ room.Event) { l.leave(1) }, "nothing"},
		"the asker withdraws":         {func(l *timeline, e room.Event) { l.withdraw(e) }, "nothing"},
		"the asker withdraws another": {func(l *timeline, _ room.Event) { l.withdraw(l.ask(1, 4)) }, "[2 3]"},
		"the asker is muted":          {func(l *timeline, _ room.Event) { l.manage(room.Mute, 1) }, "[2 3]"},
		"somebody joins":              {func(l *timeline, _ room.Event) { l.join("Eve") }, "[2 3]"},
		"a day less a second": {func(l *timeline, e room.Event) {
			l.now = e.At().Add(room.DebtLife - time.Second)
		}, "[2 3]"},
		"a day": {func(l *timeline, e room.Event) { l.now = e.At().Add(room.DebtLife) },
			"nothing"},
		"a reply out of the asker's ear": {func(l *timeline, e room.Event) { l.reply(2, e, 3) }, "[2 3]"},
	} {
		l := newRoom(t, "Ann", "Bob", "Cid", "Dora")
		e := l.ask(1, 2, 3)
		c.happen(l, e)
		if got := l.owed(e, 4); got != c.want {
			t.Errorf("%s: %s owe, want %s", what, got, c.want)
		}
	}
}

// regain gives a seat a new token.
func (l *timeline) regain(seat int) {
	a := l.agent(seat)
	a.Hash = "regained"
	l.apply(room.Event{Type: room.Joined, Seat: seat, Name: a.Name, Agent: &a.Agent, Regains: true})
}

func TestDebt_ofAnOpenRequest_isClosedByTheFirstReplyOfAnother(t *testing.T) {
	for what, c := range map[string]struct {
		happen func(l *timeline, e room.Event)
		want   string // as Dora sees it
	}{
		"nothing happens":            {func(*timeline, room.Event) {}, "anyone"},
		"the asker replies":          {func(l *timeline, e room.Event) { l.reply(1, e) }, "anyone"},
		"another replies":            {func(l *timeline, e room.Event) { l.reply(2, e) }, "nothing"},
		"another speaks":             {func(l *timeline, e room.Event) { l.say(2, "well") }, "anyone"},
		"another replies in private": {func(l *timeline, e room.Event) { l.reply(2, e, 1) }, "anyone"},
		"one in private, another to all": {func(l *timeline, e room.Event) { l.reply(2, e, 1); l.reply(3, e) },
			"nothing"},
		"one in private, and to all": {func(l *timeline, e room.Event) { l.reply(2, e, 1); l.reply(2, e) },
			"nothing"},
		"two in private": {func(l *timeline, e room.Event) { l.reply(2, e, 1); l.reply(3, e, 1) },
			"anyone"},
		"another asks a third in private": {func(l *timeline, e room.Event) { l.reply(2, e, 3) }, "anyone"},
		"all but the asker leave":         {func(l *timeline, _ room.Event) { l.leave(2); l.leave(3) }, "anyone"},
		"one in private, who then leaves": {func(l *timeline, e room.Event) { l.reply(2, e, 1); l.leave(2) }, "anyone"},
		"the asker leaves":                {func(l *timeline, _ room.Event) { l.leave(1) }, "nothing"},
		"the asker withdraws":             {func(l *timeline, e room.Event) { l.withdraw(e) }, "nothing"},
		"answered in private, withdrawn": {func(l *timeline, e room.Event) { l.reply(2, e, 1); l.withdraw(e) },
			"nothing"},
		"a day passes": {func(l *timeline, e room.Event) { l.now = e.At().Add(room.DebtLife) }, "nothing"},
	} {
		l := newRoom(t, "Ann", "Bob", "Cid", "Dora")
		e := l.sayAs(1, room.Request, "who?")
		c.happen(l, e)
		if got := l.owed(e, 4); got != c.want {
			t.Errorf("%s: %s, want %s", what, got, c.want)
		}
	}
}

func TestDebt_answeredInPrivate_isClosedForTheTwoAndOpenForOthers(t *testing.T) {
	for what, c := range map[string]struct {
		ask                    room.Event
		asker, answerer, other string
		otherAfterLeaving      string
	}{
		"asks Cid and Bob": {room.Event{Text: "well?", Ask: []int{3, 2}}, "[3]", "[3]", "[2 3]", "[3]"},
		"asks Bob":         {room.Event{Text: "well?", Ask: []int{2}}, "nothing", "nothing", "[2]", "nothing"},
		"asks anyone":      {room.Event{Text: "well?", Kind: room.Request}, "nothing", "nothing", "anyone", "anyone"},
		"asks in private": {room.Event{Text: "well?", Ask: []int{2}, To: []int{2, 4}}, "nothing", "nothing", "[2]",
			"nothing"},
	} {
		l := newRoom(t, "Ann", "Bob", "Cid", "Dora")
		e := l.send(1, c.ask)
		before := l.owed(e, 4)
		l.reply(2, e, 1)
		for seat, want := range map[int]string{1: c.asker, 2: c.answerer, 4: c.other} {
			if got := l.owed(e, seat); got != want {
				t.Errorf("%s: seat %d sees %s, want %s", what, seat, got, want)
			}
		}
		if before != c.other {
			t.Errorf("%s: Dora saw %s, and then %s", what, before, c.other)
		}
		if _, owes := l.head.Talk.Owes(2, l.now); owes {
			t.Errorf("%s: Bob still owes", what)
		}
		l.leave(2)
		if got := l.owed(e, 4); got != c.otherAfterLeaving {
			t.Errorf("%s: after Bob left, Dora sees %s", what, got)
		}
	}
}

func TestDebt_answeredInPrivateAndThenToAll_isClosedForAll(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	e := l.ask(1, 2)
	l.reply(2, e, 1)
	l.reply(2, e)
	if got := l.owed(e, 3); got != "nothing" {
		t.Errorf("Cid sees %s", got)
	}
}

func TestDebt_ofAPrivateRequest_isSeenByItsReadersOnly(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid", "Dora")
	e := l.send(1, room.Event{Kind: room.Request, Text: "well?", To: []int{2, 3}})
	if !slices.Equal(e.Ask, []int{2, 3}) || !slices.Equal(e.AskNames, []string{"Bob", "Cid"}) {
		t.Errorf("it asks %v, %v", e.Ask, e.AskNames)
	}
	for seat, want := range map[int]string{1: "[2 3]", 2: "[2 3]", 3: "[2 3]", 4: "nothing"} {
		if got := l.owed(e, seat); got != want {
			t.Errorf("seat %d sees %s, want %s", seat, got, want)
		}
	}
	l.reply(2, e, 1, 3)
	if l.owed(e, 1) != "[3]" || l.owed(e, 3) != "[3]" {
		t.Errorf("after an answer to all readers: %s, %s", l.owed(e, 1), l.owed(e, 3))
	}
	if n := l.head.OwedTo(1, l.now); n != 1 || l.head.OwedTo(3, l.now) != 0 {
		t.Errorf("%d answers are owed to Ann", n)
	}
}

func TestOwes_isTheOldestDebt(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	first := l.ask(1, 2)
	second := l.ask(3, 2)
	if r, owes := l.head.Talk.Owes(2, l.now); !owes || r.N != first.N || r.Seat != 1 {
		t.Errorf("got %+v, %v", r, owes)
	}
	l.reply(2, first)
	if r, owes := l.head.Talk.Owes(2, l.now); !owes || r.N != second.N {
		t.Errorf("got %+v, %v", r, owes)
	}
	if _, owes := l.head.Talk.Owes(1, l.now); owes {
		t.Error("the asker owes")
	}
}

func TestOpen_atMost32_dropsTheOldestOfTheAgentThatHasMost(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	bobs := l.ask(2, 1)
	anns := l.ask(1, 2)
	for len(l.head.Talk.Open) < room.MaxOpen {
		l.ask(1, 3)
	}
	last := l.ask(3, 1)
	if n := len(l.head.Talk.Open); n != room.MaxOpen {
		t.Errorf("%d are open", n)
	}
	if l.owed(bobs, 3) != "[1]" || l.owed(anns, 3) != "nothing" || l.owed(last, 3) != "[1]" {
		t.Errorf("Bob's %s, Ann's first %s, the last %s", l.owed(bobs, 3), l.owed(anns, 3), l.owed(last, 3))
	}
	l.now = last.At().Add(room.DebtLife)
	l.ask(1, 3)
	if len(l.head.Talk.Open) != 1 {
		t.Errorf("a day later %d are open", len(l.head.Talk.Open))
	}
}

func TestOpen_privateRequests_neverDropAPublicOne(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	public := l.ask(1, 2)
	for range 2 * room.MaxOpen {
		l.send(1, room.Event{Text: "psst?", Ask: []int{2}, To: []int{2}})
	}
	for range room.MaxOpen - 1 {
		l.ask(2, 1)
	}
	seen := l.head.Talk.OpenTo(3, l.now)
	l.send(1, room.Event{Text: "psst?", Ask: []int{2}, To: []int{2}})
	if n := len(l.head.Talk.Open); n != room.MaxOpen || l.owed(public, 3) != "[2]" ||
		!reflect.DeepEqual(l.head.Talk.OpenTo(3, l.now), seen) {
		t.Errorf("%d are open, and Ann's is %s", n, l.owed(public, 3))
	}
}

// Of two writers that append to one head, neither changes what the other published.
func TestDebt_answeredInPrivateByTwoAtOnce_isClosedForEachInItsOwnBranch(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid", "Dora", "Eve", "Finn")
	e := l.ask(1, 2, 3, 4, 5, 6)
	for seat := 2; seat <= 4; seat++ {
		l.reply(seat, e, 1)
	}
	eves, finns := *l, *l
	eves.reply(5, e, 1)
	finns.reply(6, e, 1)
	if got := eves.owed(e, 5); got != "[6]" {
		t.Errorf("Eve sees that %s owe", got)
	}
	if got := finns.owed(e, 6); got != "[5]" {
		t.Errorf("Finn sees that %s owe", got)
	}
}

func TestDone_isTheLastWordToAll(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	for _, c := range []struct {
		what string
		kind room.Kind
		to   []int
		done bool
	}{
		{"done to one of two others", room.Done, []int{2}, false},
		{"done to both others", room.Done, []int{2, 3}, true},
		{"status", room.Status, nil, true},
		{"private message", "", []int{2}, true},
		{"message", "", nil, false},
		{"done to all", room.Done, nil, true},
		{"done once more to one", room.Done, []int{3}, true},
		{"request", room.Request, nil, false},
	} {
		l.sayAs(1, c.kind, c.what, c.to...)
		if l.head.Talk.IsDone(1) != c.done {
			t.Errorf("after %s: done is %v", c.what, !c.done)
		}
		if l.head.Talk.IsDone(2) {
			t.Errorf("after %s: another is done", c.what)
		}
	}
	l.sayAs(2, room.Done, "bye")
	l.leave(2)
	if l.head.Talk.IsDone(2) {
		t.Error("an agent that left is done")
	}
}

func TestCompose_questionThatNobodyCouldAnswer_isRefused(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid", "Dora")
	l.manage(room.Mute, 3)
	asked := l.ask(2, 1)
	l.leave(4)
	for what, e := range map[string]room.Event{
		"asks itself":               {Text: "well?", Ask: []int{1}},
		"asks one that left":        {Text: "well?", Ask: []int{4}},
		"tells one that left":       {Text: "well", To: []int{4}},
		"asks one that is muted":    {Text: "well?", Ask: []int{3}},
		"asks one outside of to":    {Text: "well?", Ask: []int{2}, To: []int{3}},
		"status that asks":          {Text: "well?", Kind: room.Status, Ask: []int{2}},
		"done that asks":            {Text: "well?", Kind: room.Done, Ask: []int{2}},
		"withdraws another's":       {Withdraws: asked.N},
		"withdraws a message":       {Withdraws: l.say(1, "hello").N},
		"withdraws what is to come": {Withdraws: 99},
	} {
		if got, err := l.head.Compose(l.agent(1), e, l.now); fault.CodeOf(err) != fault.InvalidArgument {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
}

func TestCompose_withdrawal_goesToTheReadersAndNamesThoseWhoOwe(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid", "Dora")
	private := l.send(1, room.Event{Kind: room.Request, Text: "well?", To: []int{2, 3}})
	l.reply(3, private, 1, 2)
	got := l.withdraw(private)
	if !slices.Equal(got.To, []int{2, 3}) || !slices.Equal(got.Named, []int{2}) || l.owed(private, 1) != "nothing" {
		t.Errorf("got %+v", got)
	}
	bob, cid := l.agent(2), l.agent(3)
	got.To = nil
	if !bob.WokenBy(got, 4, true) || cid.WokenBy(got, 4, true) {
		t.Error("it wakes others than Bob")
	}
	public := l.ask(1, 4)
	if e, err := l.head.Compose(l.agent(1), room.Event{Withdraws: public.N, Text: "psst", To: []int{2}},
		l.now); fault.CodeOf(err) != fault.InvalidArgument {
		t.Errorf("a private reason becomes public: %+v", e)
	}
	if got := l.withdraw(public); got.To != nil || !slices.Equal(got.Named, []int{4}) {
		t.Errorf("got %+v", got)
	}
}
