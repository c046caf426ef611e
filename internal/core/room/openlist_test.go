package room_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
)

// guests makes agents the guests of one invite.
func (l *timeline) guests(seats ...int) {
	l.set(func(*room.Settings) {})
	for _, seat := range seats {
		agent := l.agent(seat)
		agent.Invite = 7
		l.apply(agent.Regain())
	}
}

// whisper has a seat ask another in private.
func (l *timeline) whisper(seat, other int) room.Event {
	return l.send(seat, room.Event{Text: "psst?", Ask: []int{other}, To: []int{other}})
}

// proposes has a seat propose something to others, who alone see it if it is private, and returns the event, or why it
// was refused.
func (l *timeline) proposes(private bool, seat int, asks ...int) (room.Event, error) {
	l.Helper()
	e := room.Event{Kind: room.Proposal, Text: "tea", Ask: asks}
	if private {
		e.To = asks
	}
	e, err := l.head.ProposeMessage(l.agent(seat), e, l.now)
	if err != nil {
		return e, err
	}
	return l.apply(e), nil
}

// ended returns the request that the last event of l ends for a full list; 0 for none.
func (l *timeline) ended() int64 {
	if e := l.events[len(l.events)-1]; e.IsByFullList() {
		return e.Withdraws
	}
	return 0
}

func (l *timeline) isOpen(e room.Event) bool {
	_, open := l.head.Talk.Find(e.N, l.now)
	return open
}

// The cases are those of Head.EndOverfull, in public and in private.
func TestEndOverfull_question_endsTheOldestOfWhoHasMost(t *testing.T) {
	for _, c := range []struct {
		what string
		ask  func(l *timeline, seat int) room.Event
		size int
	}{
		{"in public", func(l *timeline, seat int) room.Event { return l.ask(seat, dora) }, 16},
		{"in private", func(l *timeline, seat int) room.Event { return l.whisper(seat, dora) }, 4},
	} {
		l := newRoom(t, "Ann", "Bob", "Cid", "Dora")
		l.guests(ann, cid)
		bobs := []room.Event{c.ask(l, bob)}
		var anns []room.Event
		for len(anns)+len(bobs) < c.size {
			anns = append(anns, c.ask(l, ann))
		}
		want := func(what string, first *[]room.Event) {
			t.Helper()
			if got := l.ended(); got != (*first)[0].N {
				t.Errorf("%s, %s: request %d ends, not %d", c.what, what, got, (*first)[0].N)
			}
			*first = (*first)[1:]
			for _, still := range slices.Concat(bobs, anns) {
				if !l.isOpen(still) {
					t.Errorf("%s, %s: request %d is over", c.what, what, still.N)
				}
			}
		}
		if l.ended() != 0 {
			t.Errorf("%s: a list that is just full ends %d", c.what, l.ended())
		}
		anns = append(anns, c.ask(l, ann))
		want("Ann asks a 17th question: her first one ends.", &anns)
		anns = append(anns, c.ask(l, cid)) // a guest of the same invite
		want("Cid asks for Ann", &anns)
		for len(bobs) < c.size/2 {
			bobs = append(bobs, c.ask(l, bob))
			want("Bob asks his second question, and most are Ann's: her first one ends.", &anns)
		}
		anns = append(anns, c.ask(l, ann))
		want("Ann and Bob have 8 each, and Ann asks: her first one ends, though Bob's first is older.", &anns)
	}
}

// Neither questions nor proposals end each other, nor what is private what all see.
func TestEndOverfull_otherLists_stay(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid", "Dora", "Eve")
	var kept []room.Event
	proposal := func(private bool, seat, asks int) {
		e, err := l.proposes(private, seat, asks)
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, e)
	}
	for range 4 {
		proposal(true, ann, bob)
		proposal(false, bob, ann)
		proposal(false, cid, ann)
	}
	kept = append(kept, l.ask(bob, ann), l.whisper(bob, ann))
	seen := l.head.Talk.OpenTo(dora, l.now)
	for range 2 * core.MaxOpen {
		l.whisper(ann, bob)
	}
	if !reflect.DeepEqual(l.head.Talk.OpenTo(dora, l.now), seen) {
		t.Error("who sees nothing private sees a change")
	}
	for range 2 * core.MaxOpen {
		l.ask(ann, bob)
	}
	for _, e := range kept {
		if !l.isOpen(e) {
			t.Errorf("request %d is over", e.N)
		}
	}
	if n := len(l.head.Talk.Open); n != core.MaxOpen {
		t.Errorf("%d are open", n)
	}
}

func TestEndOverfull_proposal_endsTheNewestOfWhoHasMostThatNobodyElseAgreedTo(t *testing.T) {
	for _, c := range []struct {
		what       string
		private    bool
		anns, bobs int // in this order; agreed are those of Ann, by their index, to which Dora agrees
		agreed     []int
		want       int // of Ann's, the index of the one that ends when Eve proposes
	}{
		{"Ann has most", false, 4, 4, nil, 3}, // as has Bob, but hers are newer
		{"in private", true, 4, 0, nil, 3},
		{"Dora has agreed to the newest", true, 4, 0, []int{3}, 2},
		{"Dora has agreed to the newest two", true, 4, 0, []int{3, 2}, 1},
	} {
		l := newRoom(t, "Ann", "Bob", "Cid", "Dora", "Eve")
		l.guests(ann, cid)
		var anns []room.Event
		propose := func(seat int) room.Event {
			e, err := l.proposes(c.private, seat, cid, dora)
			if err != nil {
				t.Fatalf("%s: %v", c.what, err)
			}
			return e
		}
		for range c.bobs {
			propose(bob)
		}
		for range c.anns {
			anns = append(anns, propose(ann))
		}
		l.send(cid, room.Event{Kind: room.Agree, ReplyTo: anns[0].N}) // of the same invite, it protects nothing
		for _, i := range c.agreed {
			l.send(dora, room.Event{Kind: room.Agree, ReplyTo: anns[i].N})
		}
		newest, err := l.proposes(c.private, eve, dora)
		if err != nil || l.ended() != anns[c.want].N || !l.isOpen(newest) || l.isOpen(anns[c.want]) {
			t.Errorf("%s: %d ends, %v", c.what, l.ended(), err)
		}
	}
}

// All who were asked see that it is over, and so does the one who proposed it. Others do not.
func TestEndOverfull_itsEvent_isForThoseWhoSawTheRequest(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid", "Dora", "Eve")
	var last room.Event
	for range 4 {
		last, _ = l.proposes(true, ann, bob, cid)
	}
	run := l.head.Run
	if _, err := l.proposes(true, eve, dora); err != nil || l.ended() != last.N {
		t.Fatalf("%d ends: %v", l.ended(), err)
	}
	end := l.events[len(l.events)-1]
	for seat, want := range map[int]bool{ann: true, bob: true, cid: true, dora: false, eve: false} {
		if who := l.agent(seat); who.IsNews(end) != want || who.Sees(end) != want {
			t.Errorf("agent %d hears of it: %v", seat, who.IsNews(end))
		}
	}
	if said, _ := l.head.Recent.Said(ann); said.N != last.N || l.head.Run != run {
		t.Errorf("Ann counts as having said %d, not %d, and the run is %d", said.N, last.N, l.head.Run)
	}
	_, err := l.head.ProposeMessage(l.agent(bob), room.Event{Kind: room.Agree, ReplyTo: last.N}, l.now)
	if !strings.Contains(fmt.Sprint(err), "the list of open proposals was full") {
		t.Errorf("a vote is refused so: %v", err)
	}
	l.now = l.now.Add(room.DebtLife)
	l.ask(ann, bob)
	if len(l.head.Talk.Gone) != 0 {
		t.Errorf("after a day the room remembers %+v", l.head.Talk.Gone)
	}
}

// A guest, whose own proposals end one by one, has the room forget nothing: Bob still hears what became of Ann's.
func TestEndOverfull_manyOfOneInvite_areForgottenFirst(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid", "Dora", "Eve")
	l.guests(dora, eve)
	propose := func(seat int) room.Event {
		e, err := l.proposes(false, seat, bob)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	var last room.Event
	for _, seat := range []int{dora, eve, dora, eve, ann, ann, ann, ann} {
		last = propose(seat)
	}
	propose(cid)
	if l.ended() != last.N {
		t.Fatalf("%d ends, not %d", l.ended(), last.N)
	}
	propose(cid)
	for n := range 20 {
		propose([]int{dora, eve}[n%2])
		if l.ended() == 0 {
			t.Fatalf("the %dth of the guests ends nothing", n)
		}
	}
	gone := l.head.Talk.GoneFor(bob, l.now)
	if len(gone) != 8 || gone[0].N != last.N || !l.head.Talk.EndedByFullList(last.N, l.now) {
		t.Errorf("the room remembers %+v", gone)
	}
}

func TestProposal_fifthOfOneAgentOrInvite_isRefused(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid", "Dora")
	l.guests(ann, cid)
	try := func(what string, private bool, seat int, refused bool, asks ...int) {
		t.Helper()
		before := l.head
		_, err := l.proposes(private, seat, asks...)
		if (err != nil) != refused || refused && !strings.Contains(err.Error(), "At most 4 proposals") {
			t.Errorf("%s: %v", what, err)
		}
		if refused && l.head != before {
			t.Errorf("%s: the room has changed", what)
		}
	}
	for range 4 {
		try("Ann proposes", false, ann, false, bob)
		try("Ann, in private", true, ann, false, bob)
	}
	try("Ann has four", false, ann, true, bob)
	try("Ann has four, in private", true, ann, true, bob)
	try("Cid sees four of his invite", false, cid, true, bob)
	try("Cid sees none in private", true, cid, false, bob)
	for range 3 {
		try("Bob proposes", false, bob, false, dora)
	}
	first := l.head.Talk.Open[len(l.head.Talk.Open)-1]
	try("Bob's fourth", false, bob, false, dora)
	try("Bob's fifth", false, bob, true, dora)
	replacing, err := l.head.ProposeMessage(l.agent(bob), room.Event{Kind: room.Proposal, Text: "coffee",
		ReplyTo: first.N, Ask: []int{dora}}, l.now)
	if err != nil || replacing.Replaces != first.N {
		t.Errorf("one in place of his third: %v", err)
	}
}

// Nobody loses what somebody has agreed to, so a list may have no place.
func TestProposal_listOfWhatOthersAgreedTo_isRefused(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid", "Dora", "Eve")
	for _, seat := range []int{ann, bob} {
		for range 4 {
			e, err := l.proposes(false, seat, cid, dora)
			if err != nil {
				t.Fatal(err)
			}
			l.send(cid, room.Event{Kind: room.Agree, ReplyTo: e.N})
		}
	}
	if _, err := l.proposes(false, eve, dora); !strings.Contains(fmt.Sprint(err), "8 proposals are open") {
		t.Errorf("got %v", err)
	}
	if _, err := l.proposes(true, eve, dora); err != nil {
		t.Errorf("in private: %v", err)
	}
}

// A room from before these lists keeps what it has.
func TestEndOverfull_longerListOfAnOlderProgram_losesNoMore(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	old := l.whisper(ann, bob)
	talk := l.head.Talk
	for n := range int64(20) {
		request := talk.Open[0]
		request.N = old.N + 1000 + n
		talk.Open = append(slices.Clip(talk.Open), request)
	}
	l.head = l.head.WithTalk(talk, nil)
	l.ask(bob, ann)
	if n := len(l.head.Talk.Open); n != 22 {
		t.Errorf("%d are open", n)
	}
	l.whisper(cid, bob)
	if n := len(l.head.Talk.Open); n != 22 || l.ended() != old.N {
		t.Errorf("%d are open, and %d ended", n, l.ended())
	}
}
