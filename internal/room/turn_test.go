package room_test

import (
	"testing"

	"github.com/parley-chat/parley/internal/room"
)

func nobody(int) bool { return false }

// speakers fails unless the turns go to these seats: each one speaks when it has the
// turn.
func (l *timeline) speakers(want ...int) {
	l.Helper()
	for i, seat := range want {
		if got := l.head.NextSpeaker(nobody); got != seat {
			l.Fatalf("turn %d: seat %d, want %d", i, got, seat)
		}
		if seat != 0 {
			l.say(seat, "my turn")
		}
	}
}

func TestNextSpeaker_everybodySpeaks_goesRoundTheRoom(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	l.say(1, "hello")
	l.speakers(2, 3, 1, 2, 3)
}

func TestNextSpeaker_nobodyHasSpoken_isTheNewcomer(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	l.speakers(3, 1, 2, 3)
}

func TestNextSpeaker_pairedRoomWhereNobodyHasSpoken_isTheOneThatWaitedLonger(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	l.set(func(s *room.Settings) { s.Paired = true })
	l.speakers(1, 2, 1)
}

func TestNextSpeaker_lastSpeakerLeft_isTheNewcomer(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	l.say(2, "goodbye")
	l.leave(2)
	l.speakers(3, 1)
}

func TestNextSpeaker_lastMessagePrivate_isItsAddressee(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	l.say(1, "for Cid", 3)
	l.speakers(3, 1)
	l.say(2, "for both", 1, 3)
	if got := l.head.NextSpeaker(nobody); got != 1 {
		t.Errorf("of two addressees: seat %d, want the longest seated", got)
	}
	l.say(3, "for Bob", 2)
	if got := l.head.NextSpeaker(nobody); got != 2 {
		t.Errorf("of two private messages: seat %d, want the addressee of the later", got)
	}
}

func TestNextSpeaker_addresseeMayNotSpeak_isTheAddresseeBefore(t *testing.T) {
	for what, hinder := range map[string]func(l *timeline) func(int) bool{
		"left":       func(l *timeline) func(int) bool { l.leave(4); return nobody },
		"muted":      func(l *timeline) func(int) bool { l.manage(room.Mute, 4); return nobody },
		"on standby": func(*timeline) func(int) bool { return func(seat int) bool { return seat == 4 } },
	} {
		l := newRoom(t, "Ann", "Bob", "Cid", "Dora")
		l.say(1, "for Cid", 3)
		l.say(1, "for Dora", 4)
		if got := l.head.NextSpeaker(hinder(l)); got != 3 {
			t.Errorf("%s: seat %d, want 3", what, got)
		}
	}
}

func TestNextSpeaker_publicMessageAfterAPrivateOne_goesRoundTheRoom(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	l.say(1, "for Cid", 3)
	l.say(1, "for all")
	l.speakers(2)
}

func TestNextSpeaker_agentThatCannotSpeak_isSkipped(t *testing.T) {
	for what, c := range map[string]struct {
		hinder   func(l *timeline)
		standsBy int
		want     int
	}{
		"muted":             {func(l *timeline) { l.manage(room.Mute, 2) }, 0, 3},
		"on standby":        {func(*timeline) {}, 2, 3},
		"done":              {func(l *timeline) { l.sayAs(2, room.Done, "that is all"); l.say(1, "really?") }, 0, 3},
		"others are done":   {func(l *timeline) { l.sayAs(3, room.Done, "me too"); l.sayAs(1, room.Done, "that is all") }, 0, 0},
		"left":              {func(l *timeline) { l.leave(2) }, 0, 3},
		"room is a channel": {func(l *timeline) { l.set(func(s *room.Settings) { s.Type = room.Channel }) }, 0, 1},
	} {
		l := newRoom(t, "Ann", "Bob", "Cid")
		l.say(1, "hello")
		c.hinder(l)
		if got := l.head.NextSpeaker(func(seat int) bool { return seat == c.standsBy }); got != c.want {
			t.Errorf("%s: seat %d, want %d", what, got, c.want)
		}
	}
}

func TestNextSpeaker_nobodyMaySpeak_isNobody(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	if got := l.head.NextSpeaker(func(int) bool { return true }); got != 0 {
		t.Errorf("all on standby: seat %d", got)
	}
	if got := newTimeline(t).head.NextSpeaker(nobody); got != 0 {
		t.Errorf("empty room: seat %d", got)
	}
}

func TestEndedFor(t *testing.T) {
	for what, c := range map[string]struct {
		names  string // of seats 1, 2, ...; the question is asked for seat 1
		happen func(l *timeline)
		want   bool
	}{
		"nobody else came":          {"A", func(*timeline) {}, false},
		"the other is here":         {"AB", func(*timeline) {}, false},
		"the other is done":         {"AB", func(l *timeline) { l.sayAs(2, room.Done, "bye") }, true},
		"the other resumed":         {"AB", func(l *timeline) { l.sayAs(2, room.Done, "bye"); l.say(2, "and") }, false},
		"only oneself is done":      {"AB", func(l *timeline) { l.sayAs(1, room.Done, "bye") }, false},
		"one of two others is done": {"ABC", func(l *timeline) { l.sayAs(2, room.Done, "bye") }, false},
		"both others are done":      {"ABC", func(l *timeline) { l.sayAs(2, room.Done, "bye"); l.sayAs(3, room.Done, "bye") }, true},
		"one is done, one left":     {"ABC", func(l *timeline) { l.sayAs(2, room.Done, "bye"); l.leave(3) }, true},
		"one is done, one is muted": {"ABC", func(l *timeline) { l.sayAs(2, room.Done, "bye"); l.manage(room.Mute, 3) }, true},
		"the only other is muted":   {"AB", func(l *timeline) { l.manage(room.Mute, 2) }, false},
		"the other left":            {"AB", func(l *timeline) { l.leave(2) }, true},
		"the other was replaced": {"AB", func(l *timeline) {
			l.apply(room.Event{Type: room.Left, Seat: 2, Reason: room.ReasonReplaced})
		}, false},
		"the other left, another came": {"AB", func(l *timeline) { l.leave(2); l.join("Cid") }, false},
		"admin of a channel": {"AB", func(l *timeline) {
			l.set(func(s *room.Settings) { s.Type = room.Channel })
		}, false},
	} {
		l := newTimeline(t)
		for _, name := range c.names {
			l.join(string(name))
		}
		c.happen(l)
		if got := l.head.EndedFor(l.agent(1)); got != c.want {
			t.Errorf("%s: %v", what, got)
		}
	}
}

func TestEndedFor_otherLeftBeforeTheJoin_isFalse(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	l.leave(2)
	l.leave(3)
	l.join("Dora")
	l.leave(1)
	l.join("Eve")
	l.leave(4)
	if !l.head.EndedFor(l.agent(5)) {
		t.Error("Dora left since Eve joined")
	}
	l.leave(5)
	l.join("Finn")
	if l.head.EndedFor(l.agent(6)) {
		t.Error("nobody left since Finn joined")
	}
}

func TestEndedFor_listenerOfAChannel_dependsOnTheAdmins(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	l.set(func(s *room.Settings) { s.Type = room.Channel })
	if l.head.EndedFor(l.agent(2)) {
		t.Error("the admin is not done")
	}
	l.sayAs(1, room.Done, "that is all")
	if !l.head.EndedFor(l.agent(2)) || l.head.EndedFor(l.agent(1)) {
		t.Error("the admin is done, the listeners never speak")
	}
}
