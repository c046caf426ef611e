package presence

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
)

// noon is when Bob's lease was last written, in most cases.
func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// ms returns the time that is so long after noon, as it is stored.
func ms(after time.Duration) int64 { return noon().Add(after).UnixMilli() }

// The cases are those above decideWrite.
func TestLease_decideWrite(t *testing.T) {
	called := room.Presence{AtMs: ms(0)}
	waited := room.Presence{AtMs: ms(0), UntilMs: ms(30 * time.Second)}
	away := room.Presence{AtMs: ms(0), BackMs: ms(10 * time.Minute)}
	written := cachedPresence{latest: called, writtenAt: noon()}
	for _, c := range []struct {
		name   string
		before cachedPresence
		after  time.Duration
		next   room.Presence
		lag    time.Duration
		want   bool
	}{
		{"1. 40 s later Bob calls again: nothing is written for 20 s more.", written, 40 * time.Second, called,
			CallLag, false},
		{"2. 60 s later Bob calls again: his lease is written.", written, time.Minute, called, CallLag, true},
		{"3. 40 s later Bob begins to wait: that is written.", written, 40 * time.Second,
			room.Presence{UntilMs: ms(time.Minute)}, CallLag, true},
		{"4. Bob waited when his lease was written, and waits again 40 s later: nothing is written.",
			cachedPresence{latest: waited, writtenAt: noon(), writtenWait: true}, 40 * time.Second,
			room.Presence{UntilMs: ms(time.Minute)}, CallLag, false},
		{"5. 40 s later Bob says that he will be back in ten minutes: that is written.", written,
			40 * time.Second, away, CallLag, true},
		{"6. Bob was away, and 40 s later he is back: that is written.",
			cachedPresence{latest: away, writtenAt: noon()}, 40 * time.Second, called, CallLag, true},
		{"7. 40 s later a program waits in Bob's place: that is written.", written, 40 * time.Second,
			room.Presence{Standby: true}, CallLag, true},
		{"8. The last write failed: Bob's lease is written at his next call.",
			cachedPresence{latest: called}, time.Second, called, CallLag, true},
		{"9. Bob sends 4 minutes later, and lag is 5 minutes: nothing is written for a minute more.", written,
			4 * time.Minute, called, SendLag, false},
	} {
		if got := c.before.decideWrite(c.next, noon().Add(c.after), c.lag); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}

// The cases are 1 and 2 above decideWrite, with what is cached then.
func TestLease_afterCall(t *testing.T) {
	written := cachedPresence{latest: room.Presence{AtMs: ms(0), BackMs: ms(time.Hour)}, writtenAt: noon()}
	for _, c := range []struct {
		after, due time.Duration
		write      bool
	}{{40 * time.Second, time.Minute, false}, {time.Minute, time.Minute, true}} {
		call := seatCall{Call: Call{Lag: CallLag}, caller: &room.Caller{}}
		next, write, due := written.afterCall(call, room.Presence{}, waitsHere{}, noon().Add(c.after))
		if write != c.write || !due.Equal(noon().Add(c.due)) || next.latest.AtMs != ms(c.after) ||
			next.latest.BackMs != ms(time.Hour) || next.writtenAt.Equal(noon()) == write {
			t.Errorf("%v later: write %v, due %v, %+v", c.after, write, due, next)
		}
	}
}

// The cases are those above decideWait.
func TestLease_decideWait(t *testing.T) {
	bobs := Wait{Began: noon(), Until: noon().Add(time.Hour), announcedUntil: noon().Add(5 * time.Minute)}
	lost, whole, program, passed := bobs, bobs, bobs, bobs
	passed.passedTo = 8
	lost.announcedUntil, whole.announcedUntil, program.Standby = time.Time{}, bobs.Until, true
	waits := room.Presence{WaitMs: ms(0)}
	for _, c := range []struct {
		name  string
		known room.Presence
		wait  Wait
		after time.Duration
		want  announcing
	}{
		{"1. Others see Bob's wait until 12:05, and it is 12:02: nothing is written.", waits, bobs, 2 * time.Minute,
			lasts},
		{"2. Others see Bob's wait until 12:05, and it is 12:04: the wait is announced further.", waits, bobs,
			4 * time.Minute, renewed},
		{"3. The announcement could not be written: the wait is announced.", waits, lost, time.Minute,
			renewed},
		{"4. Others see Bob's wait until its end: nothing is written.", waits, whole, 59*time.Minute + 55*time.Second,
			lasts},
		{"5. Bob began another wait in another process: this wait ends.", room.Presence{WaitMs: ms(time.Minute)}, bobs,
			2 * time.Minute, yields},
		{"6. A program waits in Bob's place, and Bob begins to wait: the program's wait ends.",
			room.Presence{WaitMs: ms(time.Minute), ShellMs: ms(0)}, program, 2 * time.Minute, yields},
		{"7. Bob waits, and a program begins to wait in Bob's place: Bob's wait goes on.",
			room.Presence{WaitMs: ms(0), ShellMs: ms(time.Minute)}, bobs, 2 * time.Minute, lasts},
		{"8. Bob's wait goes on past an answer, so others take the wait for ended: that is written.",
			room.Presence{WaitMs: ms(0), WaitFrom: 7}, passed, 2 * time.Minute, renewed},
	} {
		cached := cachedPresence{latest: c.known}
		if got := cached.decideWait(&c.wait, noon().Add(c.after), time.Minute); got != c.want {
			t.Errorf("%s: decision %d, want %d", c.name, got, c.want)
		}
	}
}

// The cases are those above decideStandby.
func TestLease_decideStandby(t *testing.T) {
	h := room.NewHead(room.State{ID: "abcdefg", NextSeat: 1})
	say := func(e room.Event, at time.Time) {
		t.Helper()
		next, err := h.Preview(e, at)
		if err != nil {
			t.Fatal(err)
		}
		h = next
	}
	for i, name := range []string{"Ann", "Bob"} {
		say(room.Event{Type: room.Joined, Seat: i + 1, Agent: &room.Agent{Name: name}}, noon().Add(-time.Hour))
	}
	quiet := h
	say(room.Event{Type: room.Said, Seat: 1, Text: "Milk?"}, noon().Add(time.Minute))
	program := func(at time.Duration) room.Presence {
		return room.Presence{AtMs: ms(at), Standby: true, UntilMs: ms(at + room.AnnounceWait), WaitFrom: quiet.AsOf}
	}
	waits := room.Presence{AtMs: ms(0), UntilMs: ms(5 * time.Minute), WaitFrom: quiet.AsOf}
	for _, c := range []struct {
		name  string
		known room.Presence
		head  *room.Head
		after time.Duration
		forMe bool
		want  announcing
	}{
		{"1. The program looks in for the first time: the program is announced.", room.Presence{}, quiet, 0, false,
			renewed},
		{"2. The program was announced 100 s ago: nothing is written.", program(0), quiet, 100 * time.Second, false,
			lasts},
		{"3. The program was announced 265 s ago: the program is announced again.", program(0),
			quiet, 265 * time.Second, false, renewed},
		{"4. The program was announced 100 s ago and now wakes Bob only for messages meant for Bob: that is announced.",
			program(0), quiet, 100 * time.Second, true, renewed},
		{"5. Bob called after the announcement: the program is announced again.", room.Presence{AtMs: ms(time.Minute)},
			quiet, 100 * time.Second, false, renewed},
		{"6. Bob waits: the program is not announced.", waits, quiet, 30 * time.Second, false, yields},
		{"7. A message ended Bob's wait 5 s ago, and Bob reads it now: the program is not announced.", waits, h,
			65 * time.Second, false, yields},
		{"8. A message ended Bob's wait 15 s ago: the program is announced.", waits, h, 75 * time.Second, false,
			renewed},
	} {
		a, _ := c.head.Seated(seatOfBob)
		cached := cachedPresence{latest: c.known}
		if got := cached.decideStandby(c.head, a, noon().Add(c.after), c.forMe); got != c.want {
			t.Errorf("%s: decision %d, want %d", c.name, got, c.want)
		}
	}
}

// Bob may have called another process, which then knows better whether he is away.
func TestLease_mustRead(t *testing.T) {
	written := cachedPresence{latest: room.Presence{AtMs: ms(0)}, writtenAt: noon()}
	for _, c := range []struct {
		name   string
		before cachedPresence
		call   Call
		after  time.Duration
		single bool
		want   bool
	}{
		{"the first call here", cachedPresence{}, Call{}, 0, true, true},
		{"40 s later he calls again", written, Call{}, 40 * time.Second, false, false},
		{"60 s later he calls, which is written", written, Call{}, time.Minute, false, true},
		{"a program begins to wait, which is written", written, Call{Standby: true}, time.Second, false, true},
		{"he waits, which ends an absence", written, Call{Returns: true}, time.Second, false, true},
		{"he says that he is back", written, Call{Absence: Absence{Given: true}}, time.Second, false, true},
		{"there is no other process", written, Call{Returns: true}, time.Minute, true, false},
	} {
		call := seatCall{Call: c.call, caller: &room.Caller{}}
		call.Lag = CallLag
		_, writes, _ := c.before.afterCall(call, room.Presence{}, waitsHere{}, noon().Add(c.after))
		if got := c.before.mustRead(call, writes, c.single); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestLease_recordsWritesAndEnds(t *testing.T) {
	here := room.Presence{AtMs: ms(0), UntilMs: ms(time.Minute)}
	var l cachedPresence
	l.cacheToWrite(here, noon())
	if !l.writtenWait || l.decideWrite(here, noon(), CallLag) {
		t.Errorf("it was written: %+v", l)
	}
	l.cacheUnwritten(cachedPresence{}, false, noon())
	if !l.decideWrite(here, noon(), CallLag) {
		t.Errorf("it was not written: %+v", l)
	}
	l.cacheWaitEnd(noon())
	if l.latest.UntilMs != ms(0) {
		t.Errorf("the wait has ended: %+v", l.latest)
	}
}
