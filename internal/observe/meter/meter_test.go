package meter

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/sqlite"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// of returns the account of a request of a caller.
func (m *Meter) of(caller string) *Account {
	a := m.Open()
	a.Of(caller)
	return a
}

func TestBeginWait_atTheLimit_isRefusedUntilAWaitEnds(t *testing.T) {
	m := New(Options{MaxWaits: 2})
	one, two, three := m.of("a"), m.of("a"), m.of("a")
	end, err := one.BeginWait()
	if err != nil || begin(two) != nil || begin(three) != ErrFull {
		t.Error("two of three waits should be accepted")
	}
	end()
	if err := begin(three); err != nil {
		t.Errorf("a wait has ended, but the next is refused: %v", err)
	}
	if got := m.Totals(); got.OpenWaits != 2 || got.RefusedWaits != 1 {
		t.Errorf("%+v", got)
	}
}

// begin begins a wait that does not end.
func begin(a *Account) error {
	_, err := a.BeginWait()
	return err
}

// fill begins waits of a caller until one is refused, and returns the ends of those that were not.
func fill(m *Meter, caller string) (ends []func(), err error) {
	for {
		end, err := m.of(caller).BeginWait()
		if err != nil {
			return ends, err
		}
		ends = append(ends, end)
	}
}

func TestBeginWait_ofCrowds_leavesATenthForCallersWithFew(t *testing.T) {
	m, open := New(Options{MaxWaits: 100, MaxWaitsPerAddress: 60}), map[string][]func(){}
	for _, c := range []struct {
		caller string
		waits  int
		err    error
	}{
		{"a", 60, ErrShare}, // its own bound
		{"b", 30, ErrShare}, // the rest, but for the last tenth
		{"c", 3, ErrShare},  // the last tenth
		{"a", 0, ErrShare},  // a crowd gets none of it
		{"d", 3, ErrShare},
		{"e", 3, ErrShare},
		{"f", 1, ErrFull}, // the last place
	} {
		ends, err := fill(m, c.caller)
		if len(ends) != c.waits || err != c.err {
			t.Errorf("%s: %d waits and then %v; want %d and %v", c.caller, len(ends), err, c.waits, c.err)
		}
		if len(ends) > 0 {
			open[c.caller] = ends
		}
	}
	for _, caller := range []string{"c", "a"} {
		open[caller][0]()
	}
	if begin(m.of("g")) != nil || begin(m.of("a")) != ErrShare || begin(m.of("c")) != nil {
		t.Error("what has ended is not free for those who have few")
	}
	if got := m.Totals().OpenWaits; got != 100 {
		t.Errorf("%d waits are open", got)
	}
}

// A household of IPv6 has 256 networks of a caller, and a host 65,536.
func TestBeginWait_ofManyNetworksOfOneHost_isBoundedAndLeavesATenth(t *testing.T) {
	m := New(Options{MaxWaits: 1000, MaxWaitsPerAddress: 100})
	of := func(n int) string { return fmt.Sprintf("address 2001:db8:1:%x::/64", n) }
	total := func(from, to, step int) (sum int) {
		for n := from; n < to; n += step {
			ends, _ := fill(m, of(n))
			sum += len(ends)
		}
		return sum
	}
	if one, rest := total(0, 1, 1), total(1, 256, 1); one != 100 || rest != 100 {
		t.Errorf("a /64 has %d waits, and the others of its /56 %d", one, rest)
	}
	if got := total(256, 65536, 128); got != 200 {
		t.Errorf("the others of its /48 have %d", got)
	}
	for other := range 5 {
		_, _ = fill(m, fmt.Sprint("address 192.0.2.", other))
	}
	if got := m.Totals().OpenWaits; got != 900 {
		t.Fatalf("%d waits are open", got)
	}
	other := func(n int) string { return fmt.Sprintf("address 2001:db8:2:%x::/64", n) }
	sum := 0
	for n := range 256 {
		ends, _ := fill(m, other(n<<8))
		sum += len(ends)
	}
	if sum != 20 {
		t.Errorf("a /48 has %d of the last places, want a twentieth of its 400", sum)
	}
}

func TestBody_countsWhatHasArrivedThen16KiBUntilItsCallWaits(t *testing.T) {
	m := New(Options{MaxBodies: 4 << 14})
	a := m.Open()
	held := func(what string, err, wanted error, want int64) {
		t.Helper()
		if got := m.Totals().BodyBytes; err != wanted || got != want {
			t.Errorf("%s: %v, %d bytes are held, want %d", what, err, got, want)
		}
	}
	held("the first byte", a.Arrive(), nil, 0)
	held("a free part", a.Grow(FreeBody), nil, 0)
	held("more", a.Grow(3000), nil, 3000)
	held("the rest", a.Arrived(3001), nil, 1<<14)
	held("a wait", begin(a), nil, 0)
	a.Close(0)
	b, c := m.Open(), m.Open()
	held("a large one", b.Arrived(20_000), nil, 20_000)
	held("one that reaches into the reserve", c.Grow(30_000), ErrFull, 20_000)
	held("one that fits beside it", c.Grow(29_000), nil, 49_000)
	held("a small one that is complete", m.Open().Arrived(10), nil, 49_000+1<<14)
	held("one more", m.Open().Arrived(10), ErrFull, 49_000+1<<14)
	b.Close(0)
	b.Close(0)
	held("two ends", nil, nil, 29_000+1<<14)
	if got := m.Totals().RefusedBodies; got != 2 {
		t.Errorf("%d refusals", got)
	}
}

func TestBody_ofACallerBeyondItsShare_isRefusedWhileOthersGetIn(t *testing.T) {
	m := New(Options{MaxBodies: 64 << 20, MaxWaitsPerAddress: 1})
	for k := range arrivingMax + 1 {
		if err := m.of("slow").Arrive(); (err == nil) != (k < arrivingMax) {
			t.Fatalf("body %d: %v", k, err)
		}
	}
	for k := range 33 {
		if err := m.of("much").Arrived(256 << 10); (err == nil) != (k < 32) {
			t.Fatalf("body %d of 256 KiB: %v", k, err)
		}
	}
	arriving, complete := 0, 0
	for n := range 2000 {
		network := m.of(fmt.Sprintf("address 2001:db8:1:%x::/64", n))
		if network.Arrive() == nil {
			arriving++
		}
		if m.of(fmt.Sprintf("address 2001:db8:2:%x::/64", n%256)).Arrived(64<<10) == nil {
			complete++
		}
	}
	if arriving != 4*arrivingMax || complete != 2*8<<20>>16 {
		t.Errorf("the networks of a host have %d bodies that arrive, those of a household %d of 64 KiB", arriving,
			complete)
	}
	other := m.of("other")
	if other.Arrive() != nil || other.Grow(100_000) != nil || other.Arrived(100_000) != nil {
		t.Error("another caller is refused")
	}
}

func TestLimits_concurrentRequests_areNeverExceeded(t *testing.T) {
	m := New(Options{MaxWaits: 3, MaxBodies: 5 << 14, MaxWaitsPerAddress: 2})
	var group sync.WaitGroup
	for k := range 8 {
		group.Go(func() {
			for range 200 {
				a := m.of(fmt.Sprint(k % 3))
				in := a.Arrive() == nil && a.Arrived(10) == nil
				if got := m.Totals(); in && got.BodyBytes < 1<<14 || got.BodyBytes > 5<<14 {
					t.Errorf("%v, and %+v are held", in, got)
				}
				if !in {
					a.Close(0)
					continue
				}
				if end, err := a.BeginWait(); err == nil {
					if got := m.Totals().OpenWaits; got < 1 || got > 3 {
						t.Errorf("%d waits are open", got)
					}
					end()
				}
				a.Close(0)
			}
		})
	}
	group.Wait()
	held := m.bodies.bytes.Len() + m.bodies.arriving.Len() + m.waits.taken.Len()
	if got := m.Totals(); got.OpenWaits != 0 || got.BodyBytes != 0 || held > 0 {
		t.Errorf("in the end %+v are held", got)
	}
}

func TestClose_twice_reportsTheCallOnce(t *testing.T) {
	var seen []Call
	m := New(Options{Observe: func(c Call) { seen = append(seen, c) }})
	a := m.Open()
	ctx := With(t.Context(), a)
	From(ctx).Begin("send_message")
	m.Spend(ctx, 2, 0.5, 1)
	m.Spend(ctx, 1, 0, 2)
	From(ctx).End(CodeOK, func() string { return "abcdefg" })
	a.Close(time.Second)
	a.Close(time.Minute)
	m.Open().Close(time.Second) // called no tool
	want := Call{Tool: "send_message", Code: CodeOK, Took: time.Second, ReadUnits: 0.5, WriteUnits: 3}
	if len(seen) != 1 || seen[0] != want {
		t.Errorf("the observer received %+v, want %+v", seen, want)
	}
	if got := m.Totals(); got.Requests != 3 || got.ReadUnits != 0.5 || got.WriteUnits != 3 {
		t.Errorf("%+v", got)
	}
}

func TestClose_withoutEnd_isGone(t *testing.T) {
	a := New(Options{}).Open()
	a.Begin("wait_for_message")
	if call := a.Close(0); call.Code != CodeGone {
		t.Errorf("%+v", call)
	}
}

func TestRoom_isAHashOfTheID(t *testing.T) {
	name := func(id string) string {
		a := New(Options{}).Open()
		a.End(CodeOK, func() string { return id })
		return a.Room()
	}
	one, two := name("abcdefg"), name("abcdefh")
	if len(one) != 8 || one == two || one != name("abcdefg") || name("") != "" {
		t.Errorf("%q, %q, %q", one, two, name(""))
	}
	if got := New(Options{}).Open().Room(); got != "" {
		t.Errorf("without a room: %q", got)
	}
}

func TestAccount_nil_limitsNothing(t *testing.T) {
	a := From(t.Context())
	a.Begin("x")
	a.End(CodeOK, nil)
	end, err := a.BeginWait()
	if err != nil || a.Arrive() != nil || a.Arrived(1<<40) != nil {
		t.Error("a request without an account is limited")
	}
	end()
}

func TestTable_readsAndWrites_areCounted(t *testing.T) {
	store, err := sqlite.Open(filepath.Join(t.TempDir(), "parley.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	m := New(Options{})
	tab := m.Table(store)
	key := table.Key{Partition: "a", Sort: "b"}
	put := table.Put(table.Item{Key: key, Data: []byte("{}")}, table.IfAbsent)
	for range 2 {
		if err := tab.Write(t.Context(), put); err != nil && !errors.As(err, new(*table.ConflictError)) {
			t.Fatal(err)
		}
	}
	if item, err := tab.Get(t.Context(), key, table.Strong); err != nil || string(item.Data) != "{}" {
		t.Errorf("%+v, %v", item, err)
	}
	if page, err := tab.Query(t.Context(), table.Range{Partition: "a", Limit: 1}); err != nil || len(page.Items) != 1 {
		t.Errorf("%+v, %v", page, err)
	}
	if _, err := tab.Get(t.Context(), table.Key{Partition: "a", Sort: "c"},
		table.Strong); !errors.Is(err, table.ErrNotFound) {
		t.Error(err)
	}
	if got := m.Totals(); got.Reads != 3 || got.Writes != 2 || got.Failures != 0 {
		t.Errorf("%+v", got)
	}
}

func TestTable_failedCall_isCounted(t *testing.T) {
	for err, want := range map[error]int64{
		table.ErrUnavailable: 3, table.ErrNotFound: 0, context.Canceled: 0, context.DeadlineExceeded: 3,
	} {
		m := New(Options{})
		failing := &tabletest.Hooks{Before: func(context.Context, tabletest.Call) error {
			return fmt.Errorf("wrapped: %w", err)
		}}
		tab := m.Table(failing)
		_, one := tab.Get(t.Context(), table.Key{}, table.Strong)
		_, two := tab.Query(t.Context(), table.Range{})
		three := tab.Write(t.Context())
		if got := m.Totals().Failures; got != want || !errors.Is(errors.Join(one, two, three), err) {
			t.Errorf("%v: %d failures, want %d", err, got, want)
		}
	}
}
