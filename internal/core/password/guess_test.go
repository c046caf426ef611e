package password

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
	"golang.org/x/crypto/argon2"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

const logKey = "the key of the log"

func storeOn(tbl table.Table, clock clockwork.Clock) *roomlog.Store {
	return roomlog.NewStore(tbl, roomlog.Options{Clock: clock, Logger: slog.New(slog.DiscardHandler)})
}

// vault is a room whose password is "right". The hash costs next to nothing, so that hundreds of guesses can be
// checked.
type vault struct {
	t     *testing.T
	clock *clockwork.FakeClock
	table *tabletest.Hooks
	room  *room.Head
}

func newVault(t *testing.T) *vault {
	t.Helper()
	clock := clockwork.NewFakeClockAt(time.Unix(1_800_000_000, 300_000_000))
	salt, b64 := []byte("salt and pepper"), base64.RawStdEncoding
	hash := fmt.Sprintf("$argon2id$v=%d$m=8,t=1,p=1$%s$%s", argon2.Version, b64.EncodeToString(salt),
		b64.EncodeToString(argon2.IDKey([]byte("right"), salt, 1, 8, 1, 32)))
	return &vault{t, clock, &tabletest.Hooks{Table: sqlitetest.Open(t, clock)}, &room.Head{State: room.State{
		ID: "room", LogKey: logKey, Settings: room.Settings{Password: hash},
		Agents: []room.Agent{{Seat: 1, TakenFrom: ident.CallerDigest(logKey, "address known")}},
	}}}
}

// free charges nobody.
func free(context.Context, string) {}

// process returns a Checker of its own on the table.
func (v *vault) process() *Checker { return New(storeOn(v.table, v.clock), free) }

// from returns a context of the caller with an address.
func (v *vault) from(address string) context.Context {
	return ident.WithAddress(v.t.Context(), address)
}

// fails fails unless a guess ends with the code.
func (v *vault) fails(p *Checker, from, password string, code fault.Code) time.Duration {
	v.t.Helper()
	err := p.Check(v.from(from), v.room, password)
	if fault.CodeOf(err) != code {
		v.t.Fatalf("%s says %s: %v; want %q", from, password, err, code)
	}
	var e *fault.Error
	if errors.As(err, &e) {
		return e.RetryAfter
	}
	return 0
}

// guess has every caller give a wrong password so many times in each process, all at
// once, and returns how many were checked.
func (v *vault) guess(processes []*Checker, callers, times int) (checked int) {
	v.t.Helper()
	var wrong atomic.Int64
	var all sync.WaitGroup
	for _, p := range processes {
		for c := range callers {
			all.Go(func() {
				for range times {
					err := p.Check(v.from(fmt.Sprint(c)), v.room, "wrong")
					switch fault.CodeOf(err) {
					case fault.WrongPassword:
						wrong.Add(1)
					case fault.RateLimited:
					default:
						v.t.Errorf("a wrong password: %v", err)
					}
				}
			})
		}
	}
	all.Wait()
	return int(wrong.Load())
}

func (v *vault) processes(n int) (all []*Checker) {
	for range n {
		all = append(all, v.process())
	}
	return all
}

func TestCheck_ofOneCaller_findsTenWrongInAMinuteAcrossProcesses(t *testing.T) {
	v := newVault(t)
	here, there := v.process(), v.process()
	for range 5 {
		v.fails(here, "ann", "wrong", fault.WrongPassword)
		v.fails(here, "ann", "right", "") // a right password does not count
	}
	v.clock.Advance(20 * time.Second)
	for range 5 {
		v.fails(there, "ann", "wrong", fault.WrongPassword)
	}
	for _, p := range []*Checker{here, there} {
		// The first five began at 0.3 s, and an item lives for whole seconds.
		if after := v.fails(p, "ann", "right", fault.RateLimited); after != 40*time.Second+700*time.Millisecond {
			t.Errorf("try again after %s", after)
		}
	}
	v.fails(there, "bob", "right", "")
	v.fails(there, "bob", "wrong", fault.WrongPassword)
	v.clock.Advance(40*time.Second + 699*time.Millisecond)
	v.fails(here, "ann", "right", fault.RateLimited)
	v.clock.Advance(time.Millisecond)
	v.fails(here, "ann", "right", "")
	for range 5 {
		v.fails(there, "ann", "wrong", fault.WrongPassword)
	}
	v.fails(here, "ann", "wrong", fault.RateLimited)
}

// Otherwise the networks of a household, or of a host, could use up the guesses of the room.
func TestCheck_ofTheNetworksOfOne_findsTwiceOrFourTimesAsMany(t *testing.T) {
	for network, want := range map[string]int{"2001:db8:1:1%02x::/64": 20, "2001:db8:1:%02x00::/64": 40} {
		v := newVault(t)
		p := v.process()
		v.fails(p, "bob", "wrong", fault.WrongPassword) // from now on the room is watched
		checked := 0
		for n := range 256 {
			if fault.CodeOf(p.Check(v.from(fmt.Sprintf(network, n)), v.room, "wrong")) == fault.WrongPassword {
				checked++
			}
		}
		if checked != want {
			t.Errorf("%s: %d guesses were checked, want %d", network, checked, want)
		}
		v.fails(p, "2001:db8:2:1::/64", "right", "")
	}
}

func TestCheck_whileStrangersFillTheRoom_looksAtThoseWhoAreKnown(t *testing.T) {
	v := newVault(t)
	p := v.process()
	checked := 0
	for i := range 260 {
		if fault.CodeOf(p.Check(v.from(fmt.Sprint(i)), v.room, "wrong")) == fault.WrongPassword {
			checked++
		}
	}
	if checked < 190 || checked > 201 {
		t.Errorf("of 260 strangers, %d guesses were checked", checked)
	}
	after := v.fails(p, "another stranger", "right", fault.RateLimited)
	v.fails(p, "known", "right", "")
	v.fails(p, "known", "wrong", fault.WrongPassword)
	v.fails(p, "known", "right", fault.RateLimited)
	v.clock.Advance(after)
	v.fails(p, "another stranger", "right", "")
}

func TestCheck_manyAtOnceInManyProcesses_exceedsTheLimitsOnceAnHourAtMost(t *testing.T) {
	v := newVault(t)
	all := v.processes(4)
	if n := v.guess(all, 1, 20); n < 10 || n > 10+4*core.MaxHashes {
		t.Errorf("in a room that nobody watches, %d guesses of one caller were checked", n)
	}
	v.clock.Advance(61 * time.Second)
	if n := v.guess(all, 1, 20); n != 10 {
		t.Errorf("a minute later, %d guesses of one caller were checked", n)
	}
	v.clock.Advance(61 * time.Second)
	if n := v.guess(all, 60, 1); n > 200 || n < 150 {
		t.Errorf("another minute later, %d guesses of sixty callers were checked", n)
	}
	v.clock.Advance(time.Hour)
	v.fails(all[0], "1", "right", "")
}

func TestCheck_ofARightPassword_writesOnlyInARoomThatIsWatched(t *testing.T) {
	v := newVault(t)
	var queries, writes int
	v.table.Before = func(_ context.Context, c tabletest.Call) error {
		switch c.Method {
		case tabletest.Query:
			queries++
		case tabletest.Write:
			writes++
		}
		return nil
	}
	p := v.process()
	costs := func(what, password string, wantQueries, wantWrites int) {
		t.Helper()
		queries, writes = 0, 0
		_ = p.Check(v.from("ann"), v.room, password)
		if queries != wantQueries || writes != wantWrites {
			t.Errorf("%s: %d queries and %d writes, want %d and %d", what, queries, writes, wantQueries, wantWrites)
		}
	}
	costs("right", "right", 1, 0)
	costs("none", "", 0, 0)
	costs("wrong", "wrong", 1, 1)
	costs("wrong again", "wrong", 1, 1)
	costs("right in a room that is watched", "right", 1, 2)
	v.clock.Advance(roomlog.WatchLife - time.Second)
	costs("right at the end of the watch", "right", 1, 2)
	v.clock.Advance(time.Second)
	costs("right after it", "right", 1, 0)
}

func TestCheck_callerLeavesBeforeTheAnswer_isCounted(t *testing.T) {
	v := newVault(t)
	p := v.process()
	ctx, leave := context.WithCancel(v.from("ann"))
	v.table.After = func(_ context.Context, c *tabletest.Call) {
		if c.Method == tabletest.Query {
			leave()
		}
	}
	err := p.Check(ctx, v.room, "wrong")
	if got, other := storeOn(v.table, v.clock).Guesses("room").Read(t.Context(), table.Strong); len(got) != 1 ||
		other != nil {
		t.Errorf("%v; counted are %v, %v", err, got, other)
	}
}

func TestCheck_onATableThatLosesReplies_checksNoMoreThanTen(t *testing.T) {
	for _, faults := range []tabletest.Faults{{Repeated: 1}, {Lost: 0.3}, tabletest.Rough()} {
		v := newVault(t)
		tbl := tabletest.NewFaulty(v.table, v.clock, 1, faults)
		p := New(storeOn(tbl, v.clock), free)
		v.fails(v.process(), "bob", "wrong", fault.WrongPassword) // from now on the room is watched
		wrong := 0
		for range 60 {
			switch code := fault.CodeOf(p.Check(v.from("ann"), v.room, "wrong")); code {
			case fault.WrongPassword:
				wrong++
			case "":
				t.Error("a wrong password was taken for right")
			}
		}
		if wrong > 10 || faults.Lost == 0 && wrong != 10 {
			t.Errorf("%+v: %d guesses were checked", faults, wrong)
		}
		tbl.Settle()
		v.clock.Advance(time.Minute + time.Second)
		v.fails(p, "ann", "right", "")
	}
}
