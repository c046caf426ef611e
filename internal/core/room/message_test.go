package room_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/room"
)

func TestProposeMessage_proposal_asksEveryoneWhoMaySpeak(t *testing.T) {
	for what, c := range map[string]struct {
		happen  func(l *timeline)
		to, ask []int
		want    []int
	}{
		"to all":                     {func(*timeline) {}, nil, nil, []int{bob, cid, dora}},
		"asks Cid":                   {func(*timeline) {}, nil, []int{cid}, []int{cid}},
		"to Bob and Dora":            {func(*timeline) {}, []int{bob, dora}, nil, []int{bob, dora}},
		"to Bob and Dora, asks Dora": {func(*timeline) {}, []int{bob, dora}, []int{dora}, []int{dora}},
		"to all, Cid is muted":       {func(l *timeline) { l.manage(room.Mute, cid) }, nil, nil, []int{bob, dora}},
		"to all, Bob has left":       {func(l *timeline) { l.leave(bob) }, nil, nil, []int{cid, dora}},
		"to all, in a channel with admin Cid": {func(l *timeline) {
			l.manage(room.Promote, cid)
			l.set(func(s *room.Settings) { s.Type = room.Channel })
		}, nil, nil, []int{cid}},
	} {
		l := newRoom(t, "Ann", "Bob", "Cid", "Dora")
		c.happen(l)
		e := l.send(ann, room.Event{Kind: room.Proposal, Text: "tea", To: c.to, Ask: c.ask})
		if !slices.Equal(e.Ask, c.want) {
			t.Errorf("%s: it asks %v, want %v", what, e.Ask, c.want)
		}
	}
	l := newRoom(t, "Ann")
	if _, err := l.head.ProposeMessage(l.agent(ann), room.Event{Kind: room.Proposal, Text: "tea"},
		l.now); fault.CodeOf(err) != fault.InvalidArgument {
		t.Errorf("to nobody: %v", err)
	}
}

func TestProposeMessage_proposal_asksAPersonAloneOnlyByName(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Pam")
	l.alone(3)
	if e := l.propose(ann); !slices.Equal(e.Ask, []int{bob}) {
		t.Errorf("a proposal to all asks %v", e.Ask)
	}
	if e := l.send(
		ann,
		room.Event{Kind: room.Proposal, Text: "cake", Ask: []int{bob, 3}},
	); !slices.Equal(
		e.Ask,
		[]int{bob, 3},
	) {
		t.Errorf("by name it asks %v", e.Ask)
	}
	l.leave(bob)
	if _, err := l.head.ProposeMessage(
		l.agent(ann),
		room.Event{Kind: room.Proposal, Text: "milk"},
		l.now,
	); fault.CodeOf(
		err,
	) != fault.InvalidArgument {
		t.Errorf("where nobody but Pam is there: %v", err)
	}
	if _, err := l.head.ProposeMessage(
		l.agent(3),
		room.Event{Person: true, Text: "a note", To: []int{3}},
		l.now,
	); fault.CodeOf(
		err,
	) != fault.InvalidArgument {
		t.Errorf("a note to itself: %v", err)
	}
}

func TestProposeMessage_voteWithoutReplyTo_isForTheOnlyProposalThatAsks(t *testing.T) {
	for what, c := range map[string]struct {
		happen func(l *timeline)
		kind   room.Kind
		want   int64 // the answered event; 0: refused
	}{
		"no proposal":                  {func(*timeline) {}, room.Agree, 0},
		"a proposal of Ann":            {func(l *timeline) { l.propose(ann) }, room.Agree, 4},
		"a proposal of Ann, objection": {func(l *timeline) { l.propose(ann) }, room.Object, 4},
		"a proposal of Bob":            {func(l *timeline) { l.propose(bob) }, room.Agree, 0},
		"a proposal to Cid": {func(l *timeline) {
			l.send(ann, room.Event{Kind: room.Proposal, Text: "tea", Ask: []int{cid}})
		}, room.Agree, 0},
		"two proposals": {func(l *timeline) { l.propose(ann); l.propose(cid) }, room.Agree, 0},
		"two proposals, one agreed to": {func(l *timeline) { l.propose(ann); l.agree(bob); l.propose(cid) },
			room.Agree, 6},
		"a proposal, agreed to":            {func(l *timeline) { l.propose(ann); l.agree(bob) }, room.Agree, 0},
		"a proposal, agreed to, objection": {func(l *timeline) { l.propose(ann); l.agree(bob) }, room.Object, 4},
		"a proposal that Cid objects to": {func(l *timeline) {
			l.propose(ann)
			l.send(cid, room.Event{Kind: room.Object, Text: "no"})
		}, room.Agree, 0},
		"a proposal beside a request": {func(l *timeline) { l.propose(ann); l.ask(cid, bob) }, room.Agree, 4},
	} {
		l := newRoom(t, "Ann", "Bob", "Cid")
		c.happen(l)
		e, err := l.head.ProposeMessage(l.agent(bob), room.Event{Kind: c.kind, Text: "so"}, l.now)
		if (err == nil) != (c.want != 0) || err != nil && fault.CodeOf(err) != fault.InvalidArgument ||
			err == nil && e.ReplyTo != c.want {
			t.Errorf("%s: answers %d, %v", what, e.ReplyTo, err)
		}
	}
}

func TestProposeMessage_voteWhereSeveralProposalsAsk_isRefusedWithTheirIDs(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	one, two := l.propose(ann), l.propose(cid)
	_, err := l.head.ProposeMessage(l.agent(bob), room.Event{Kind: room.Agree}, l.now)
	for _, e := range []room.Event{one, two} {
		if id := l.head.MessageID(e.N); err == nil || !strings.Contains(err.Error(), id) {
			t.Errorf("%v does not name %s", err, id)
		}
	}
}

func TestProposeMessage_voteOnWhatDoesNotAsk_isRefused(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	p := l.propose(ann)
	eve := l.join("Eve").Seat
	request := l.ask(ann, bob)
	for what, c := range map[string]struct {
		seat int
		e    room.Event
	}{
		"newcomer, on a proposal":       {eve, room.Event{ReplyTo: p.N}},
		"newcomer, without reply_to":    {eve, room.Event{}},
		"proposer, on the own proposal": {1, room.Event{ReplyTo: p.N}},
		"on a request":                  {2, room.Event{ReplyTo: request.N}},
		"with a private reason":         {2, room.Event{ReplyTo: p.N, Text: "psst", To: []int{ann}}},
		"on a later event":              {2, room.Event{ReplyTo: 99}},
		"on a plain message":            {2, room.Event{ReplyTo: l.say(cid, "hello").N}},
	} {
		for _, kind := range []room.Kind{room.Agree, room.Object} {
			c.e.Kind = kind
			if _, err := l.head.ProposeMessage(l.agent(c.seat), c.e,
				l.now); fault.CodeOf(err) != fault.InvalidArgument {
				t.Errorf("%s, %s: %v", what, kind, err)
			}
		}
	}
	l.agree(bob)
	l.agree(cid)
	if _, err := l.head.ProposeMessage(l.agent(bob), room.Event{Kind: room.Agree, ReplyTo: p.N},
		l.now); fault.CodeOf(err) != fault.InvalidArgument {
		t.Errorf("to an agreement: %v", err)
	}
	old := l.propose(ann)
	if _, err := l.head.ProposeMessage(l.agent(bob), room.Event{Kind: room.Agree, ReplyTo: old.N},
		l.now.Add(24*time.Hour)); fault.CodeOf(err) != fault.InvalidArgument {
		t.Errorf("a day later: %v", err)
	}
}

func TestProposeMessage_questionThatNobodyCouldAnswer_isRefused(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid", "Dora")
	l.manage(room.Mute, cid)
	asked := l.ask(bob, ann)
	l.leave(dora)
	for what, e := range map[string]room.Event{
		"asks the sender":            {Text: "well?", Ask: []int{ann}},
		"asks Dora, who left":        {Text: "well?", Ask: []int{dora}},
		"tells Dora, who left":       {Text: "well", To: []int{dora}},
		"asks Cid, who is muted":     {Text: "well?", Ask: []int{cid}},
		"asks Bob, outside of to":    {Text: "well?", Ask: []int{bob}, To: []int{cid}},
		"status that asks":           {Text: "well?", Kind: room.Status, Ask: []int{bob}},
		"done that asks":             {Text: "well?", Kind: room.Done, Ask: []int{bob}},
		"withdraws a request of Bob": {Withdraws: asked.N},
		"withdraws a message":        {Withdraws: l.say(ann, "hello").N},
		"withdraws a later event":    {Withdraws: 99},
	} {
		if got, err := l.head.ProposeMessage(l.agent(ann), e, l.now); fault.CodeOf(err) != fault.InvalidArgument {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
}

func TestProposeMessage_withdrawal_goesToTheReadersAndNamesThoseWhoOwe(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid", "Dora")
	private := l.send(ann, room.Event{Kind: room.Request, Text: "well?", To: []int{bob, cid}})
	l.reply(cid, private, ann, bob)
	got := l.withdraw(private)
	if !slices.Equal(got.To, []int{bob, cid}) || !slices.Equal(got.Named, []int{bob}) ||
		l.owed(private, ann) != "nothing" {
		t.Errorf("got %+v", got)
	}
	bobsAgent, cidsAgent := l.agent(bob), l.agent(cid)
	got.To = nil
	if !bobsAgent.WokenBy(got, 4, true) || cidsAgent.WokenBy(got, 4, true) {
		t.Error("it wakes others than Bob")
	}
	public := l.ask(ann, dora)
	if e, err := l.head.ProposeMessage(l.agent(ann), room.Event{Withdraws: public.N, Text: "psst", To: []int{bob}},
		l.now); fault.CodeOf(err) != fault.InvalidArgument {
		t.Errorf("a private reason becomes public: %+v", e)
	}
	if got := l.withdraw(public); got.To != nil || !slices.Equal(got.Named, []int{dora}) {
		t.Errorf("got %+v", got)
	}
}
