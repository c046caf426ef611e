package client_test

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"sync"
	"testing"

	"github.com/parley-chat/parley/internal/cli/client"
)

// The old and the new address of a server.
const before, after = "https://one.example", "https://two.example"

// person is a person's state, as the commands find it.
type person struct {
	seats           []client.Seat
	keyThen, keyNow string
	server          string
}

func kept(t *testing.T) (p person) {
	t.Helper()
	seats, errSeats := client.OpenTokens()
	all, errAll := seats.All()
	then, errThen := client.KeptKey(before)
	now, errNow := client.KeptKey(after)
	own, errOwn := client.Server()
	if err := errors.Join(errSeats, errAll, errThen, errNow, errOwn); err != nil {
		t.Fatal(err)
	}
	return person{all, then, now, own.Base}
}

// lives stores seats of all kinds of owners at the old address. The new address has one of them, too.
func lives(t *testing.T) (seats []client.Seat) {
	t.Helper()
	t.Setenv("PARLEY_URL", "")
	t.Setenv("PARLEY_KEY", "")
	f := open(t)
	seats = []client.Seat{
		{Server: before, Room: "tea", Name: "Ann", Token: "t1", Cursor: "c1"},
		{Server: "https://other.example", Room: "tea", Name: "Ann", Token: "t2"},
		{Server: before, Room: "tea", Name: "Bob", Token: "t3", Person: true},
		{Server: before, Room: "tea", Name: "Cy", Token: "t4", Wake: &client.Wake{Client: "codex", Session: "s"}},
		{Server: before, Room: "tea", Name: "Cy", Token: "t4", Bridged: true},
		{Server: before, Room: "abcdefg", Token: "t5", Person: true, Claim: "w1"},
		{Server: after, Room: "Pie", Name: "ann", Token: "t6"},
		{Server: before, Room: "pie", Name: "Ann", Token: "t7"},
	}
	_, err := client.KeepKey(before, "pk_one")
	if err := errors.Join(err, f.Update(func([]client.Seat) ([]client.Seat, error) { return seats, nil }),
		client.SaveServer(before)); err != nil {
		t.Fatal(err)
	}
	return seats
}

// movedSeats returns the seats of lives as they are after the move.
func movedSeats(seats []client.Seat) []client.Seat {
	seats = slices.Clone(seats)
	for i := range seats {
		if seats[i].Server == before && seats[i].Token != "t7" {
			seats[i].Server = after
		}
	}
	return seats
}

func move(t *testing.T, clients func() error) (client.Moving, error) {
	t.Helper()
	m, err := client.ReadMove(before, after)
	if err != nil {
		t.Fatal(err)
	}
	return m, m.Move(clients)
}

func none() error { return nil }

func TestMove_takesAllAlongButWhatTheNewAddressHas(t *testing.T) {
	seats := lives(t)
	m, err := move(t, none)
	if err != nil || len(m.Seats) != 5 || len(m.Stay) != 1 || m.Stay[0].Token != "t7" || !m.Key || !m.Saved {
		t.Fatalf("%+v, %v", m, err)
	}
	got := kept(t)
	if !reflect.DeepEqual(got.seats, movedSeats(seats)) || got.keyNow != "pk_one" || got.server != after {
		t.Errorf("%+v", got)
	}
	if got.keyThen != "pk_one" {
		t.Error("the seat that stays has lost its key")
	}
	f, err := client.OpenTokens()
	if err := errors.Join(err, f.Remove("t6")); err != nil {
		t.Fatal(err)
	}
	if m, err := move(t, none); err != nil || len(m.Seats) != 1 || m.Key || m.Saved {
		t.Errorf("the last seat: %+v, %v", m, err)
	}
	if got := kept(t); got.keyThen != "" || got.keyNow != "pk_one" {
		t.Errorf("the old address keeps a key that nothing uses: %+v", got)
	}
}

func TestMove_newAddressHasAnotherKey_bothStay(t *testing.T) {
	lives(t)
	if _, err := client.KeepKey(after, "pk_two"); err != nil {
		t.Fatal(err)
	}
	if _, err := move(t, none); err != nil {
		t.Fatal(err)
	}
	if got := kept(t); got.keyThen != "pk_one" || got.keyNow != "pk_two" {
		t.Errorf("%+v", got)
	}
}

// A move that ends between two files has lost nothing, and the next move goes on.
func TestMove_thatIsInterrupted_losesNothingAndGoesOn(t *testing.T) {
	inTheWay := func(name string) func(t *testing.T) (clients func() error, mend func() error) {
		return func(t *testing.T) (func() error, func() error) {
			path, err := client.StatePath(name + ".lock")
			if err == nil {
				err = errors.Join(os.Remove(path), os.Mkdir(path, 0o700)) // not even root can lock a folder
			}
			if err != nil {
				t.Fatal(err)
			}
			return none, func() error { return os.Remove(path) }
		}
	}
	for name, c := range map[string]struct {
		breaks func(t *testing.T) (clients func() error, mend func() error)
		seats  bool // have moved
		key    bool // is there
	}{
		"before the keys":    {inTheWay("keys.json"), false, false},
		"before the seats":   {inTheWay("seats.json"), false, true},
		"before the clients": {func(*testing.T) (func() error, func() error) { return failing, none }, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			seats := lives(t)
			clients, mend := c.breaks(t)
			if _, err := move(t, clients); err == nil {
				t.Fatal("nothing was in the way")
			}
			want := map[bool][]client.Seat{false: seats, true: movedSeats(seats)}[c.seats]
			got := kept(t)
			if !reflect.DeepEqual(got.seats, want) || got.keyThen != "pk_one" || (got.keyNow != "") != c.key ||
				got.server != before {
				t.Errorf("in between: %+v", got)
			}
			if err := mend(); err != nil {
				t.Fatal(err)
			}
			if _, err := move(t, none); err != nil {
				t.Fatal(err)
			}
			if got := kept(t); !reflect.DeepEqual(got.seats, movedSeats(seats)) || got.keyNow != "pk_one" ||
				got.server != after {
				t.Errorf("at the end: %+v", got)
			}
		})
	}
}

func failing() error { return errors.New("the file of a client cannot be written") }

// Commands of the same person go on meanwhile.
func TestMove_besideOtherCommands_losesNoSeat(t *testing.T) {
	const each = 8
	lives(t)
	f, err := client.OpenTokens()
	if err != nil {
		t.Fatal(err)
	}
	errs := make(chan error, 3*each)
	var all sync.WaitGroup
	for i := range each {
		all.Go(func() {
			errs <- f.Put(client.Seat{Server: before, Room: fmt.Sprint("room ", i), Name: "Ann",
				Token: fmt.Sprint("n", i)})
			errs <- f.Read("t1", fmt.Sprint("c", i))
		})
		all.Go(func() {
			m, err := client.ReadMove(before, after)
			if err == nil {
				err = m.Move(none)
			}
			errs <- err
		})
	}
	all.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	if _, err := move(t, none); err != nil {
		t.Fatal(err)
	}
	got := kept(t)
	if len(got.seats) != 8+each {
		t.Errorf("there are %d seats, and not %d", len(got.seats), 8+each)
	}
	for _, s := range got.seats {
		if s.Server == before && s.Token != "t7" {
			t.Errorf("%+v is still at the old address", s)
		}
	}
}
