package room_test

import (
	"testing"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
)

// turnTo makes n the next seat in turn.
func (l *timeline) turnTo(n int) {
	h := *l.head
	h.NextSeat, l.head = n, &h
}

func TestNewSeat_afterTheLastNumber_isTheNextThatNobodyHas(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	l.leave(2)
	l.turnTo(ident.MaxSeat)
	for _, want := range []int{ident.MaxSeat, 2, 4} {
		if got := l.join("Agent " + string(rune('A'+want%26))).Seat; got != want {
			t.Errorf("the next seat is %d, want %d", got, want)
		}
	}
	if l.head.NextSeat != ident.MaxSeat+5 {
		t.Errorf("the next one in turn is %d", l.head.NextSeat)
	}
}

// Eve gets the number of Bob, who has just left, in a room that shows newcomers the past.
func TestSeatNumber_givenAgain_givesNothingOfItsFormerOwner(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid", "Dan")
	l.set(func(s *room.Settings) { s.Public = true })
	public := l.say(2, "hello all")
	told, said := l.say(1, "psst", 2), l.say(2, "never", 1)
	l.send(1, room.Event{Kind: room.Request, Text: "who does it?", To: []int{2, 3}, Ask: []int{3}})
	proposal := l.propose(1, 2, 3)
	knock := l.apply(room.Event{Type: room.Knocked, Seat: 2, Name: "Bob", Key: "bob", Reason: room.ReasonNameTaken})
	l.agree(2)
	l.leave(2)
	before := l.head
	l.turnTo(ident.MaxSeat + 2)
	l.join("Eve")
	eve := l.agent(2)

	if !eve.Sees(public) || !eve.IsNews(public) {
		t.Error("she does not see what Bob said to all, as what another said")
	}
	for _, e := range []room.Event{told, said, proposal} {
		if eve.Sees(e) || eve.IsFor(e) {
			t.Errorf("she sees event %d", e.N)
		}
	}
	if open := l.head.Talk.OpenTo(2, l.now); len(open) > 0 {
		t.Errorf("she sees %+v", open)
	}
	if dan := l.head.Talk.OpenTo(4, l.now); len(dan) > 0 || len(l.head.Talk.OpenTo(3, l.now)) != 2 {
		t.Errorf("Dan sees %+v, and Cid %+v", dan, l.head.Talk.OpenTo(3, l.now))
	}
	if answer := l.reply(1, said); eve.SeesAnswered(answer) {
		t.Error("she is told what an answer to Bob's private message answers")
	}
	if answer := l.reply(1, public); eve.HoldOf(answer, room.Event{}) == room.HoldsAlways ||
		eve.WokenBy(answer, 4, true) {
		t.Error("an answer to what Bob said to all is meant for her")
	}
	if done := l.agree(3); len(done.Agreed) != 1 || len(eve.AgreedIn(done)) > 0 || eve.Sees(done) ||
		len(l.agent(3).AgreedIn(done)) != 1 {
		t.Errorf("she is told of %v", eve.AgreedIn(done))
	}
	if gone := (room.Event{N: proposal.N + 1, Type: room.Left, Agreed: []int64{proposal.N},
		AgreedTo: [][]int{{2, 3, 1}}}); len(eve.AgreedIn(gone)) > 0 {
		t.Error("she is told what was agreed in Bob's time")
	}
	if u, known := l.head.Recall(public).Recent.Said(2); known {
		t.Errorf("her last message is %+v", u)
	}
	if u, known := before.Recall(l.say(1, "and now")).Recent.Said(1); !known {
		t.Errorf("Ann's last message is %+v", u)
	}
	if _, _, err := l.head.LetGo(knock.N, l.agent(1), l.now); err == nil {
		t.Error("Ann can let her name go for who knocked for Bob's")
	}
	if !l.head.ArrivedSince(before.AsOf, []int{1, 2}) || l.head.ArrivedSince(before.AsOf, []int{1, 3}) {
		t.Error("a message that was for Bob would reach her")
	}
}
