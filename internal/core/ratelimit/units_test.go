package ratelimit_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/ratelimit"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/dynamotable"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
)

// put stores so many bytes in a room.
func put(sort string, bytes int) table.Op {
	key := table.Key{Partition: "ROOM#abcdefg", Sort: sort}
	return table.Put(table.Item{Key: key, Data: []byte(strings.Repeat("x", bytes))}, table.Always)
}

// admitted returns how many calls of a kind ctx may make in a row, at most most, and the
// error that ended them.
func admitted(ctx context.Context, l *ratelimit.Limiter, k ratelimit.Kind, most int) (n int, err error) {
	for ; n < most; n++ {
		_, err = l.Begin(ctx, k)
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

func TestBegin_callerThatHasSpentItsBudget_hearsOnAndMayCallAgainLater(t *testing.T) {
	clock := begun()
	l := ratelimit.New(ratelimit.Limits{Units: 240}, clock)
	ann, bob := from(t, "192.0.2.1"), from(t, "192.0.2.2")
	n, err := admitted(ann, l, ratelimit.Usual, 1000)
	if wait := refusedFor(t, err); n != 210 || wait != time.Second {
		t.Errorf("%d calls, then %v", n, err)
	}
	if n, err := admitted(ann, l, ratelimit.Vital, 1000); n != 30 || refusedFor(t, err) == 0 {
		t.Errorf("%d calls to hear or leave, then %v", n, err)
	}
	if n, err := admitted(bob, l, ratelimit.Usual, 210); n != 210 {
		t.Errorf("another caller: %d calls, then %v", n, err)
	}
	_, err = l.Begin(ann, ratelimit.Usual)
	wait := refusedFor(t, err)
	clock.Advance(wait - 250*time.Millisecond)
	if _, err := l.Begin(ann, ratelimit.Usual); err == nil {
		t.Errorf("admitted before %v were over", wait)
	}
	clock.Advance(250 * time.Millisecond)
	if _, err := l.Begin(ann, ratelimit.Usual); err != nil {
		t.Errorf("%v later: %v", wait, err)
	}
	clock.Advance(time.Hour)
	if n, _ := admitted(ann, l, ratelimit.Usual, 1000); n != 210 {
		t.Errorf("%d calls at once an hour later: what was not spent must not add up", n)
	}
}

// A call for many seats is paid for at once, and a seat that a key has admitted by that key.
func TestBeginSeveral_isPaidBeforeItReads_byTheKeysOfItsParts(t *testing.T) {
	l := ratelimit.New(ratelimit.Limits{Units: 240}, begun())
	ann := from(t, "192.0.2.1")
	_, err := l.BeginSeveral(ann, ratelimit.Usual, 211)
	if spent := l.Spent("address 192.0.2.1"); refusedFor(t, err) == 0 || spent > 0 {
		t.Errorf("more than there is: %v, %v units", err, spent)
	}
	all, err := l.BeginSeveral(ann, ratelimit.Usual, 10)
	if err != nil {
		t.Fatal(err)
	}
	keyed := ident.WithPrincipal(all, ident.Principal{ID: ident.KeyPrincipal("k1")})
	tab := l.Table(sqlitetest.Open(t, begun()))
	for _, ctx := range []context.Context{all, keyed, keyed} {
		one, err := l.BeginOne(ctx)
		if err == nil {
			err = tab.Write(one, put("LOG#1", 1500))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for who, want := range map[string]float64{"address 192.0.2.1": 10 - 2 + 2, "principal key:k1": 2 + 4} {
		if got := l.Spent(who); got < want-1e-6 || got > want+1e-6 {
			t.Errorf("%s has spent %v units, want %v", who, got, want)
		}
	}
	_, err = l.BeginSeveral(ident.WithPrincipal(t.Context(), ident.PrincipalOf(keyed)), ratelimit.Usual, 204)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.BeginOne(keyed); refusedFor(t, err) == 0 {
		t.Error("a key without a budget pays for a seat")
	}
}

// Three callers at once cost a room no more than two of them may, and a quarter of the
// budget of the third, whom no room refuses before.
func TestEnter_roomThatHasSpentItsBudget_isClosedToThoseWhoHaveSpent(t *testing.T) {
	l := ratelimit.New(ratelimit.Limits{Units: 240}, begun())
	total := 0
	for i := range 3 {
		ctx := from(t, fmt.Sprintf("192.0.2.%d", i))
		for n := 0; ; n++ {
			call, err := l.Begin(ctx, ratelimit.Usual)
			if err == nil {
				err = l.Enter(call, "abcdefg", ratelimit.CallerOf(call))
			}
			if err != nil {
				refusedFor(t, err)
				break
			}
			total++
		}
	}
	if total != 420+60 {
		t.Errorf("%d calls in a room, of which 480 are allowed", total)
	}
	for _, try := range []struct {
		from string
		kind ratelimit.Kind
		room string
	}{
		{"192.0.2.2", ratelimit.Vital, "abcdefg"}, {"192.0.2.2", ratelimit.Usual, "hijklmn"},
		{"192.0.2.9", ratelimit.Usual, "abcdefg"},
	} {
		call, err := l.Begin(from(t, try.from), try.kind)
		if err == nil {
			err = l.Enter(call, try.room, ratelimit.CallerOf(call))
		}
		if err != nil {
			t.Errorf("%+v: %v", try, err)
		}
	}
}

// However many have overdrawn a room's budget, it is closed no longer than a minute.
func TestTable_manyCallersAtOnce_closeARoomForAMinuteAtMost(t *testing.T) {
	clock := begun()
	l := ratelimit.New(ratelimit.Limits{Units: 240}, clock)
	tab := l.Table(sqlitetest.Open(t, begun()))
	for i := range 20 {
		call, err := l.Begin(from(t, fmt.Sprintf("192.0.2.%d", i)), ratelimit.Usual)
		if err == nil {
			err = l.Enter(call, "abcdefg", ratelimit.CallerOf(call))
		}
		if err == nil {
			err = tab.Write(call, put("LOG#1", 300_000))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := l.SpentIn("abcdefg"); got > 480+1e-6 {
		t.Errorf("%v of a room's 480 units are spent", got)
	}
}

// Whatever others have put into a room, looking into it once cuts nobody off.
func TestTable_callThatReadsMuch_leavesMostOfTheBudget(t *testing.T) {
	clock := begun()
	l := ratelimit.New(ratelimit.Limits{Units: 240}, clock)
	tab, ann := l.Table(sqlitetest.Open(t, clock)), from(t, "192.0.2.1")
	if err := tab.Write(t.Context(), put("LOG#1", 300_000)); err != nil {
		t.Fatal(err)
	}
	for n := range 4 {
		call, err := l.BeginSeveral(ann, ratelimit.Usual, n+1)
		for range n + 1 {
			one := call
			if n > 0 && err == nil {
				one, err = l.BeginOne(call)
			}
			for range 100 {
				if err == nil {
					_, err = tab.Get(one, put("LOG#1", 1).Item.Key, table.Strong)
				}
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		if got, want := l.Spent("address 192.0.2.1"), float64(n+1)+60; got > want+1e-6 || got < want-1e-6 {
			t.Errorf("for %d seats it has spent %v units, want one each and a quarter of 240", n+1, got)
		}
		clock.Advance(time.Hour)
	}
}

// A call that has entered no room, such as that of a stranger with a wrong token, costs
// none.
func TestTable_callOutsideOfARoom_costsTheCallerAlone(t *testing.T) {
	l := ratelimit.New(ratelimit.Limits{Units: 240}, begun())
	call, err := l.Begin(from(t, "192.0.2.1"), ratelimit.Usual)
	if err == nil {
		err = l.Enter(call, "hijklmn", ratelimit.CallerOf(call))
	}
	if err == nil {
		err = l.Table(sqlitetest.Open(t, begun())).Write(call, put("LOG#1", 10_000))
	}
	if err != nil {
		t.Fatal(err)
	}
	if got := l.SpentIn("abcdefg"); got > 0 {
		t.Errorf("it cost the room %v units", got)
	}
}

// However many calls of one caller are under way, and whatever they then cost, others have
// their half of the room.
func TestTable_callerThatOverdraws_leavesHalfOfTheRoomToOthers(t *testing.T) {
	l := ratelimit.New(ratelimit.Limits{Units: 240}, begun())
	tab := l.Table(sqlitetest.Open(t, begun()))
	var calls []context.Context
	for range 50 {
		call, err := l.Begin(from(t, "192.0.2.1"), ratelimit.Usual)
		if err == nil {
			err = l.Enter(call, "abcdefg", ratelimit.CallerOf(call))
		}
		if err != nil {
			t.Fatal(err)
		}
		calls = append(calls, call)
	}
	for _, call := range calls {
		if err := tab.Write(call, put("LOG#1", 30_000)); err != nil {
			t.Fatal(err)
		}
	}
	if got := l.SpentIn("abcdefg"); got > 240+1e-6 {
		t.Errorf("one caller has spent %v of a room's 480 units", got)
	}
	if got := l.Spent("address 192.0.2.1"); got < 50*30 {
		t.Errorf("it owes %v units, less than it has cost", got)
	}
}

func TestSeat_manyAtTheSameMoment_takeNoMoreThanIsThere(t *testing.T) {
	l := ratelimit.New(ratelimit.Limits{Units: 240}, begun())
	seats, undone := 0, func() {}
	for range 100 {
		call, err := l.Begin(from(t, "192.0.2.1"), ratelimit.Usual)
		if err != nil {
			break
		}
		if undo, err := l.Seat(call, "abcdefg", ratelimit.CallerOf(call)); err == nil {
			seats, undone = seats+1, undo
		}
	}
	if seats != 6 {
		t.Errorf("%d seats, of which there is room for 6", seats)
	}
	before := l.Spent("address 192.0.2.1")
	undone()
	if got := before - l.Spent("address 192.0.2.1"); got < 30-1e-6 || got > 30+1e-6 {
		t.Errorf("a seat that was not given gave %v units back", got)
	}
}

func TestTable_whatACallDoes_isChargedByItsSize(t *testing.T) {
	l := ratelimit.New(ratelimit.Limits{Units: 1000}, begun())
	tab := l.Table(sqlitetest.Open(t, begun()))
	ann, err := l.Begin(from(t, "192.0.2.1"), ratelimit.Usual)
	if err == nil {
		err = l.Enter(ann, "abcdefg", ratelimit.CallerOf(ann))
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := tab.Write(t.Context(), put("LOG#1", 5000)); err != nil { // as a poll is: of no call
		t.Fatal(err)
	}
	if err := tab.Write(ann, put("LOG#2", 5000), put("LOG#3", 10)); err != nil {
		t.Fatal(err)
	}
	if _, err := tab.Get(ann, put("LOG#2", 1).Item.Key, table.Strong); err != nil {
		t.Fatal(err)
	}
	const want = 1 + 2*(5+1) + 0.4
	if got := l.Spent("address 192.0.2.1"); got < want-1e-6 || got > want+1e-6 {
		t.Errorf("%v units, want %v", got, want)
	}
	if got := l.SpentIn("abcdefg"); got < want-1e-6 || got > want+1e-6 {
		t.Errorf("%v units of the room, want %v", got, want)
	}
}

func TestTable_onDynamoDBLocal_chargesWhatTheServiceBills(t *testing.T) {
	var billed float64
	tab, _ := dynamolocal.NewTable(t, dynamotable.Options{Clock: begun(),
		Observe: func(_ context.Context, c dynamotable.Call) {
			billed += c.WriteUnits + c.ReadUnits/5
		}})
	l := ratelimit.New(ratelimit.Limits{Units: 10_000}, begun())
	charged := l.Table(tab)
	ann, err := l.Begin(from(t, "192.0.2.1"), ratelimit.Usual)
	if err != nil {
		t.Fatal(err)
	}
	before, billedBefore := l.Spent("address 192.0.2.1"), billed
	same := func(what string, err error) {
		t.Helper()
		now := l.Spent("address 192.0.2.1")
		if got, want := now-before, billed-billedBefore; err != nil || got < want-0.01 || got > want+0.01 {
			t.Errorf("%s: charged %v, billed %v, %v", what, got, want, err)
		}
		before, billedBefore = now, billed
	}
	for _, bytes := range []int{1, 900, 1000, 5000, 30_000} {
		same("a put", charged.Write(ann, put("LOG#1", bytes)))
		_, err := charged.Get(ann, put("LOG#1", 1).Item.Key, table.Strong)
		same("a get", err)
		_, err = charged.Query(ann, table.Range{Partition: "ROOM#abcdefg", Limit: 10})
		same("a query", err)
		// Of ops with equal cost DynamoDB Local counts only one, unlike the service.
		same("a transaction", charged.Write(ann, put("LOG#2", bytes), put("META", bytes+2000)))
	}
}

func TestPicture_costsByItsPixelsAndAPartOfTheBudgetAtMost(t *testing.T) {
	const largest = 2000 * 2000
	for _, c := range []struct {
		units, pixels, most int // of a minute
	}{
		{3000, largest, 13}, {3000, 1920 * 1080, 25}, {3000, 200, 2624 * 100}, {300, largest, 6}, {40, largest, 6},
	} {
		clock := begun()
		l := ratelimit.New(ratelimit.Limits{Units: c.units}, clock)
		begin := func(address string) context.Context {
			t.Helper()
			ctx, err := l.Begin(from(t, address), ratelimit.Usual)
			if err != nil {
				t.Fatal(err)
			}
			return ctx
		}
		one, n := begin("192.0.2.1"), 0
		for l.Picture(one, c.pixels) == nil {
			n++
		}
		refusedFor(t, l.Picture(one, c.pixels))
		if n > c.most || n < c.most-1 {
			t.Errorf("%d units, %d pixels: %d pictures, want %d", c.units, c.pixels, n, c.most)
		}
		if err := l.Picture(begin("192.0.2.2"), c.pixels); err != nil {
			t.Errorf("another caller: %v", err)
		}
	}
	l := ratelimit.New(ratelimit.Limits{}, begun())
	ctx, err := l.Begin(from(t, "192.0.2.1"), ratelimit.Usual)
	if err != nil || l.Picture(ctx, largest) != nil {
		t.Error("without limits one is refused")
	}
}

// The page counts by its size, so that its scripts cost an address no less than calls do.
func TestFetch_countsByItsSize(t *testing.T) {
	l := ratelimit.New(ratelimit.Limits{Units: 800}, clockwork.NewFakeClock())
	one, other := ident.WithAddress(t.Context(), "192.0.2.1"), ident.WithAddress(t.Context(), "192.0.2.2")
	fetched := 0
	for ; l.Fetch(one, 13*ratelimit.FetchStep) == nil; fetched++ { // 14 units each
		if fetched > 100 {
			t.Fatal("no fetch is refused")
		}
	}
	if fetched != 50 { // an eighth is kept
		t.Errorf("%d fetches", fetched)
	}
	if err := l.Fetch(one, 13*ratelimit.FetchStep); fault.CodeOf(err) != fault.RateLimited {
		t.Errorf("%v", err)
	}
	if err := l.Fetch(other, 13*ratelimit.FetchStep); err != nil {
		t.Errorf("another address: %v", err)
	}
}
