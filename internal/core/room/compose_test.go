package room_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/room"
)

func TestProposal_asksEveryoneSeatedWhoMaySpeak(t *testing.T) {
	for what, c := range map[string]struct {
		happen  func(l *timeline)
		to, ask []int
		want    []int
	}{
		"all others":             {func(*timeline) {}, nil, nil, []int{2, 3, 4}},
		"those in ask":           {func(*timeline) {}, nil, []int{3}, []int{3}},
		"those in to":            {func(*timeline) {}, []int{2, 4}, nil, []int{2, 4}},
		"those in ask within to": {func(*timeline) {}, []int{2, 4}, []int{4}, []int{4}},
		"not the muted":          {func(l *timeline) { l.manage(room.Mute, 3) }, nil, nil, []int{2, 4}},
		"not those that left":    {func(l *timeline) { l.leave(2) }, nil, nil, []int{3, 4}},
		"admins of a channel": {func(l *timeline) {
			l.manage(room.Promote, 3)
			l.set(func(s *room.Settings) { s.Type = room.Channel })
		}, nil, nil, []int{3}},
	} {
		l := newRoom(t, "Ann", "Bob", "Cid", "Dora")
		c.happen(l)
		e := l.send(1, room.Event{Kind: room.Proposal, Text: "tea", To: c.to, Ask: c.ask})
		if !slices.Equal(e.Ask, c.want) {
			t.Errorf("%s: it asks %v, want %v", what, e.Ask, c.want)
		}
	}
	l := newRoom(t, "Ann")
	if _, err := l.head.Compose(l.agent(1), room.Event{Kind: room.Proposal, Text: "tea"},
		l.now); fault.CodeOf(err) != fault.InvalidArgument {
		t.Errorf("to nobody: %v", err)
	}
}

func TestAlone_proposal_asksItOnlyByName(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Pam")
	l.alone(3)
	if e := l.propose(1); !slices.Equal(e.Ask, []int{2}) {
		t.Errorf("a proposal to all asks %v", e.Ask)
	}
	if e := l.send(
		1,
		room.Event{Kind: room.Proposal, Text: "cake", Ask: []int{2, 3}},
	); !slices.Equal(
		e.Ask,
		[]int{2, 3},
	) {
		t.Errorf("by name it asks %v", e.Ask)
	}
	l.leave(2)
	if _, err := l.head.Compose(
		l.agent(1),
		room.Event{Kind: room.Proposal, Text: "milk"},
		l.now,
	); fault.CodeOf(
		err,
	) != fault.InvalidArgument {
		t.Errorf("where nobody but Pam is there: %v", err)
	}
	if _, err := l.head.Compose(
		l.agent(3),
		room.Event{Person: true, Text: "a note", To: []int{3}},
		l.now,
	); fault.CodeOf(
		err,
	) != fault.InvalidArgument {
		t.Errorf("a note to itself: %v", err)
	}
}

func TestAgree_withoutReplyTo_isForTheOnlyProposalThatAsks(t *testing.T) {
	for what, c := range map[string]struct {
		happen func(l *timeline)
		kind   room.Kind
		want   int64 // the event that it answers; 0: it is refused
	}{
		"none":             {func(*timeline) {}, room.Agree, 0},
		"one":              {func(l *timeline) { l.propose(1) }, room.Agree, 4},
		"one, to object":   {func(l *timeline) { l.propose(1) }, room.Object, 4},
		"one of one's own": {func(l *timeline) { l.propose(2) }, room.Agree, 0},
		"one for others": {func(l *timeline) {
			l.send(1, room.Event{Kind: room.Proposal, Text: "tea", Ask: []int{3}})
		}, room.Agree, 0},
		"two":                       {func(l *timeline) { l.propose(1); l.propose(3) }, room.Agree, 0},
		"two, one agreed to":        {func(l *timeline) { l.propose(1); l.agree(2); l.propose(3) }, room.Agree, 6},
		"one, agreed to":            {func(l *timeline) { l.propose(1); l.agree(2) }, room.Agree, 0},
		"one, agreed to, to object": {func(l *timeline) { l.propose(1); l.agree(2) }, room.Object, 4},
		"one, objected to": {func(l *timeline) {
			l.propose(1)
			l.send(3, room.Event{Kind: room.Object, Text: "no"})
		}, room.Agree, 0},
		"one beside a request": {func(l *timeline) { l.propose(1); l.ask(3, 2) }, room.Agree, 4},
	} {
		l := newRoom(t, "Ann", "Bob", "Cid")
		c.happen(l)
		e, err := l.head.Compose(l.agent(2), room.Event{Kind: c.kind, Text: "so"}, l.now)
		if (err == nil) != (c.want != 0) || err != nil && fault.CodeOf(err) != fault.InvalidArgument ||
			err == nil && e.ReplyTo != c.want {
			t.Errorf("%s: answers %d, %v", what, e.ReplyTo, err)
		}
	}
}

func TestAgree_whereSeveralAsk_isRefusedWithTheirIDs(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	one, two := l.propose(1), l.propose(3)
	_, err := l.head.Compose(l.agent(2), room.Event{Kind: room.Agree}, l.now)
	for _, e := range []room.Event{one, two} {
		if id := l.head.MessageID(e.N); err == nil || !strings.Contains(err.Error(), id) {
			t.Errorf("%v does not name %s", err, id)
		}
	}
}

func TestAgree_toWhatDoesNotAsk_isRefused(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	p := l.propose(1)
	eve := l.join("Eve").Seat
	request := l.ask(1, 2)
	for what, c := range map[string]struct {
		seat int
		e    room.Event
	}{
		"a newcomer":            {eve, room.Event{ReplyTo: p.N}},
		"a newcomer, unsaid":    {eve, room.Event{}},
		"its sender":            {1, room.Event{ReplyTo: p.N}},
		"a request":             {2, room.Event{ReplyTo: request.N}},
		"a private reason":      {2, room.Event{ReplyTo: p.N, Text: "psst", To: []int{1}}},
		"a message to come":     {2, room.Event{ReplyTo: 99}},
		"a message, no request": {2, room.Event{ReplyTo: l.say(3, "hello").N}},
	} {
		for _, kind := range []room.Kind{room.Agree, room.Object} {
			c.e.Kind = kind
			if _, err := l.head.Compose(l.agent(c.seat), c.e, l.now); fault.CodeOf(err) != fault.InvalidArgument {
				t.Errorf("%s, %s: %v", what, kind, err)
			}
		}
	}
	l.agree(2)
	l.agree(3)
	if _, err := l.head.Compose(l.agent(2), room.Event{Kind: room.Agree, ReplyTo: p.N},
		l.now); fault.CodeOf(err) != fault.InvalidArgument {
		t.Errorf("to an agreement: %v", err)
	}
	old := l.propose(1)
	if _, err := l.head.Compose(l.agent(2), room.Event{Kind: room.Agree, ReplyTo: old.N},
		l.now.Add(24*time.Hour)); fault.CodeOf(err) != fault.InvalidArgument {
		t.Errorf("a day later: %v", err)
	}
}

func TestCompose_questionThatNobodyCouldAnswer_isRefused(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid", "Dora")
	l.manage(room.Mute, 3)
	asked := l.ask(2, 1)
	l.leave(4)
	for what, e := range map[string]room.Event{
		"asks itself":               {Text: "well?", Ask: []int{1}},
		"asks one that left":        {Text: "well?", Ask: []int{4}},
		"tells one that left":       {Text: "well", To: []int{4}},
		"asks one that is muted":    {Text: "well?", Ask: []int{3}},
		"asks one outside of to":    {Text: "well?", Ask: []int{2}, To: []int{3}},
		"status that asks":          {Text: "well?", Kind: room.Status, Ask: []int{2}},
		"done that asks":            {Text: "well?", Kind: room.Done, Ask: []int{2}},
		"withdraws another's":       {Withdraws: asked.N},
		"withdraws a message":       {Withdraws: l.say(1, "hello").N},
		"withdraws what is to come": {Withdraws: 99},
	} {
		if got, err := l.head.Compose(l.agent(1), e, l.now); fault.CodeOf(err) != fault.InvalidArgument {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
}

func TestCompose_withdrawal_goesToTheReadersAndNamesThoseWhoOwe(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid", "Dora")
	private := l.send(1, room.Event{Kind: room.Request, Text: "well?", To: []int{2, 3}})
	l.reply(3, private, 1, 2)
	got := l.withdraw(private)
	if !slices.Equal(got.To, []int{2, 3}) || !slices.Equal(got.Named, []int{2}) || l.owed(private, 1) != "nothing" {
		t.Errorf("got %+v", got)
	}
	bob, cid := l.agent(2), l.agent(3)
	got.To = nil
	if !bob.WokenBy(got, 4, true) || cid.WokenBy(got, 4, true) {
		t.Error("it wakes others than Bob")
	}
	public := l.ask(1, 4)
	if e, err := l.head.Compose(l.agent(1), room.Event{Withdraws: public.N, Text: "psst", To: []int{2}},
		l.now); fault.CodeOf(err) != fault.InvalidArgument {
		t.Errorf("a private reason becomes public: %+v", e)
	}
	if got := l.withdraw(public); got.To != nil || !slices.Equal(got.Named, []int{4}) {
		t.Errorf("got %+v", got)
	}
}

func TestCompose_mention_namesOthersThatSeeTheMessageAndAreNotAskedAnyway(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	for what, c := range map[string]struct {
		e    room.Event
		want []int
	}{
		"both":           {room.Event{Text: "@Cid and @Bob"}, []int{2, 3}},
		"twice":          {room.Event{Text: "@Cid? @Cid!"}, []int{3}},
		"oneself":        {room.Event{Text: "ask @Ann"}, nil},
		"one is asked":   {room.Event{Text: "@Cid and @Bob?", Ask: []int{3}}, []int{2}},
		"one is outside": {room.Event{Text: "@Cid and @Bob", To: []int{3}}, []int{3}},
	} {
		e, err := l.head.Compose(l.agent(1), c.e, l.now)
		if err != nil || !slices.Equal(e.Named, c.want) {
			t.Errorf("%s: %v, %v; want %v", what, e.Named, err, c.want)
		}
	}
}
