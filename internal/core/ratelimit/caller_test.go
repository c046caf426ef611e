package ratelimit_test

import (
	"fmt"
	"testing"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/ratelimit"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
)

// guest returns guest n, which calls from a network of its own.
func guest(t *testing.T, network, n int) (who room.Agent, caller func(id string) ratelimit.Caller) {
	who = room.Agent{Seat: n, Invite: 1}
	return who, func(id string) ratelimit.Caller {
		return ratelimit.CallerFor(from(t, fmt.Sprintf("2001:db8:%x::/64", network)), id, room.Caller{Agent: who})
	}
}

// taken returns how often call succeeds in a row, at most 10,000 times.
func taken(call func() error) (n int) {
	for ; n < 10_000 && call() == nil; n++ {
	}
	return n
}

// spenders are what a caller in a room may do 240 times in a minute or an hour.
func spenders(l *ratelimit.Limiter) map[string]func(ratelimit.Caller) error {
	return map[string]func(ratelimit.Caller) error{
		"messages": func(c ratelimit.Caller) error { _, err := l.Message(c, 0); return err },
		"bytes":    func(c ratelimit.Caller) error { _, err := l.Message(c, 1000); return err },
		"uploads":  func(c ratelimit.Caller) error { _, err := l.Upload(c, 1000); return err },
	}
}

func limitsOf(what string) ratelimit.Limits {
	return map[string]ratelimit.Limits{"messages": {Messages: 240}, "bytes": {Bytes: 240_000},
		"uploads": {FilesIn: 240_000}}[what]
}

// From 24 networks one seat wrote 28 MB in ten seconds.
func TestGuest_seatFromManyNetworks_hasAsMuchAsOneCaller(t *testing.T) {
	for what := range spenders(nil) {
		l := ratelimit.New(limitsOf(what), begun())
		spend, total := spenders(l)[what], 0
		for network := range 24 {
			_, caller := guest(t, network, 2)
			total += taken(func() error { return spend(caller("abcdefg")) })
		}
		if total != 240 {
			t.Errorf("%s: %d, want 240", what, total)
		}
	}
}

// The last quarter is for seats that have spent little, so that two guests do not mute all others.
func TestGuest_ofOneInvite_haveTwiceAsMuchTogetherAndAPartIsForEach(t *testing.T) {
	for what := range spenders(nil) {
		l := ratelimit.New(limitsOf(what), begun())
		spend, got := spenders(l)[what], []int{}
		for n := range 6 {
			_, caller := guest(t, n, n+2)
			got = append(got, taken(func() error { return spend(caller("abcdefg")) }))
		}
		if want := "[240 120 61 59 0 0]"; fmt.Sprint(got) != want {
			t.Errorf("%s: %v, want %s", what, got, want)
		}
		_, elsewhere := guest(t, 99, 2)
		keyed := ident.WithPrincipal(from(t, "192.0.2.1"), ident.Principal{ID: ident.KeyPrincipal("abcd")})
		for _, c := range []ratelimit.Caller{elsewhere("hijklmn"),
			ratelimit.CallerFor(keyed, "abcdefg", room.Caller{Agent: room.Agent{Seat: 1}})} {
			if err := spend(c); err != nil {
				t.Errorf("%s: %v: %v", what, c, err)
			}
		}
	}
}

// A room's budget limits all that its guests do, however modest each guest is.
func TestEnter_guestsOfManyNetworks_spendNoMoreThanARoomMay(t *testing.T) {
	l := ratelimit.New(ratelimit.Limits{Units: 240}, begun())
	tab := l.Table(sqlitetest.Open(t, begun()))
	enter := func(c ratelimit.Caller, network string, k ratelimit.Kind) error {
		call, err := l.Begin(from(t, network), k)
		if err == nil {
			err = l.Enter(call, "abcdefg", c)
		}
		if err == nil {
			err = tab.Write(call, put("LOG#1", 900))
		}
		return err
	}
	total := 0
	for n := range 24 {
		_, caller := guest(t, n, n+2)
		total += taken(func() error {
			return enter(caller("abcdefg"), fmt.Sprintf("2001:db8:%x::/64", n), ratelimit.Usual)
		})
	}
	if total < 200 || total > 210 { // of two units, and an eighth of 480 is for calls that hear
		t.Errorf("%d calls of two units, of which a room may have 210", total)
	}
	keyed := ident.WithPrincipal(from(t, "192.0.2.1"), ident.Principal{ID: ident.KeyPrincipal("abcd")})
	call, err := l.Begin(keyed, ratelimit.Vital)
	if err == nil {
		err = l.Enter(call, "abcdefg", ratelimit.CallerFor(keyed, "abcdefg", room.Caller{Agent: room.Agent{Seat: 1}}))
	}
	if err != nil {
		t.Errorf("the one who can throw them out: %v", err)
	}
}
