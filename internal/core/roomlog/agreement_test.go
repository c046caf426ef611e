package roomlog

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// do appends an event of a seat and returns it as it was written.
func (l *Log) do(t *testing.T, e room.Event) room.Event {
	t.Helper()
	done, err := Append(t.Context(), l, l.store.now(), func(at Place) (Change, error) {
		if a, here := at.Head.Seated(e.Seat); here {
			e.Name = a.Name
		}
		return Change{Events: []room.Event{e}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return done.Events[0]
}

// newCompany returns a store, and a room with Ann, Bob and Cid in the seats 1 to 3.
func newCompany(t *testing.T) (*Store, *Log) {
	t.Helper()
	s := newStore(t)
	l, err := s.newRoom(t, "tea", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Release)
	for i, name := range []string{"Bob", "Cid"} {
		l.do(t, room.Event{Type: room.Joined, Seat: i + 2, Name: name, Agent: &room.Agent{
			Seat: i + 2, Name: name, Key: strings.ToLower(name), Role: room.Member, Joined: int64(i + 2),
			Since: room.Mark{N: 1},
		}})
	}
	return s, l
}

// propose has Ann make a proposal to some seats; e says more about it.
func (l *Log) propose(t *testing.T, text string, asked []int, e room.Event) room.Event {
	t.Helper()
	e.Type, e.Seat, e.Kind, e.Text, e.Ask = room.Said, 1, room.Proposal, text, asked
	return l.do(t, e)
}

// agree has a seat agree to a proposal.
func (l *Log) agree(t *testing.T, seat int, p room.Event) room.Event {
	t.Helper()
	return l.do(t, room.Event{Type: room.Said, Seat: seat, Kind: room.Agree, ReplyTo: p.N, ReSeat: p.Seat, ReFor: p.To,
		To: p.To})
}

// agreements returns the texts of those that a seat sees, the newest first.
func (l *Log) agreements(t *testing.T, seat, limit int) (texts []string, more bool) {
	t.Helper()
	a, here := l.Peek().Seated(seat)
	if !here {
		t.Fatalf("nobody is in seat %d", seat)
	}
	list, more, err := l.Items().Agreements(t.Context(), room.Caller{Agent: a}, 0, limit)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range list {
		texts = append(texts, x.By+": "+x.Text)
	}
	return texts, more
}

func TestAgreements_completedByTheLastWhoWasAsked_areOnRecord(t *testing.T) {
	_, l := newCompany(t)
	p := l.propose(t, "noon", []int{2, 3}, room.Event{})
	if done := l.agree(t, 2, p); len(done.Agreed) != 0 {
		t.Errorf("one of two completes it: %+v", done)
	}
	if texts, _ := l.agreements(t, 1, 5); len(texts) != 0 {
		t.Errorf("already on record: %q", texts)
	}
	if done := l.agree(t, 3, p); !slices.Equal(done.Agreed, []int64{p.N}) {
		t.Errorf("the last answer completes %v", done.Agreed)
	}
	if texts, more := l.agreements(t, 2, 5); !slices.Equal(texts, []string{"Ann: noon"}) || more {
		t.Errorf("on record: %q, more %v", texts, more)
	}
}

func TestAgreements_whoeverWasAskedLeaves_completesThem(t *testing.T) {
	_, l := newCompany(t)
	first, second := l.propose(t, "noon", []int{2, 3}, room.Event{}), l.propose(t, "here", []int{2, 3}, room.Event{})
	l.agree(t, 2, first)
	l.agree(t, 2, second)
	left := l.do(t, room.Event{Type: room.Left, Seat: 3, Reason: room.ReasonLeft})
	if !slices.Equal(left.Agreed, []int64{first.N, second.N}) {
		t.Errorf("it completes %v", left.Agreed)
	}
	texts, _ := l.agreements(t, 1, 5)
	if !slices.Equal(texts, []string{"Ann: here", "Ann: noon"}) {
		t.Errorf("one event completes both: %q", texts)
	}
}

func TestAgreements_privateOnes_areForTheirAddresseesOnly(t *testing.T) {
	_, l := newCompany(t)
	l.agree(t, 2, l.propose(t, "between us", []int{2}, room.Event{To: []int{2}}))
	for seat, want := range map[int]int{1: 1, 2: 1, 3: 0} {
		if texts, _ := l.agreements(t, seat, 5); len(texts) != want {
			t.Errorf("seat %d sees %q", seat, texts)
		}
	}
}

func TestAgreements_replacedByANewerOne_stayOnRecord(t *testing.T) {
	_, l := newCompany(t)
	old := l.propose(t, "noon", []int{2}, room.Event{})
	l.agree(t, 2, old)
	newer := l.propose(t, "one o'clock", []int{2}, room.Event{ReplyTo: old.N, ReSeat: 1, Replaces: old.N})
	l.agree(t, 2, newer)
	bob, _ := l.Peek().Seated(2)
	list, _, err := l.Items().Agreements(t.Context(), room.Caller{Agent: bob}, 0, 5)
	if err != nil || len(list) != 2 || list[0].Replaces != old.N || list[0].ReplacedBy != 0 ||
		list[1].ReplacedBy != newer.N || list[1].Replaces != 0 {
		t.Errorf("on record: %+v, %v", list, err)
	}
}

func TestAgreements_moreThanThePage_areTheNewest(t *testing.T) {
	_, l := newCompany(t)
	for n := range 7 {
		l.agree(t, 2, l.propose(t, fmt.Sprint("point ", n), []int{2}, room.Event{}))
		l.agree(t, 3, l.propose(t, fmt.Sprint("aside ", n), []int{3}, room.Event{To: []int{3}}))
	}
	texts, more := l.agreements(t, 2, 3)
	if !slices.Equal(texts, []string{"Ann: point 6", "Ann: point 5", "Ann: point 4"}) || !more {
		t.Errorf("%q, more %v", texts, more)
	}
	if texts, more := l.agreements(t, 2, 7); len(texts) != 7 || more {
		t.Errorf("%q, more %v", texts, more)
	}
}

func TestAgreements_outliveTheEvents(t *testing.T) {
	s, l := newCompany(t)
	clock := s.opts.Clock.(*clockwork.FakeClock)
	l.agree(t, 2, l.propose(t, "for good", []int{2}, room.Event{}))
	for range 3 {
		clock.Advance(20 * 24 * time.Hour)
		l.do(t, room.Event{Type: room.Said, Seat: 1, Text: "still here"})
	}
	if texts, _ := l.agreements(t, 2, 5); !slices.Equal(texts, []string{"Ann: for good"}) {
		t.Errorf("on record: %q", texts)
	}
	if n, err := Verify(t.Context(), s.table, l.ID()); n != 2 || err != nil {
		t.Errorf("%d messages are left, %v", n, err)
	}
}

func TestVerify_agreementIsMissing_isDamage(t *testing.T) {
	s, l := newCompany(t)
	p := l.propose(t, "noon", []int{2}, room.Event{})
	done := l.agree(t, 2, p)
	if n, err := Verify(t.Context(), s.table, l.ID()); n != 2 || err != nil {
		t.Errorf("%d messages, %v", n, err)
	}
	if err := s.table.Write(t.Context(), table.Delete(agreementKey(l.ID(), done.N, p.N), table.Always)); err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(t.Context(), s.table, l.ID()); !errors.Is(err, ErrDamaged) ||
		!strings.Contains(err.Error(), agreedPrefix) {
		t.Errorf("without the agreement: %v", err)
	}
}

// Each row changes one event of a log into one that could not have followed.
func TestVerify_eventThatCannotFollow_isDamage(t *testing.T) {
	for name, change := range map[string]func(*room.Event){
		"another talk state": func(e *room.Event) { e.LastTalk-- },
		"no talk state":      func(e *room.Event) { e.LastTalk = 0 },
		"miscounted":         func(e *room.Event) { e.Messages++ },
	} {
		s, l := newCompany(t)
		l.propose(t, "noon", []int{2}, room.Event{})
		e := l.do(t, room.Event{Type: room.Said, Seat: 1, Text: "hello"})
		change(&e)
		op := putEvent(l.ID(), e)
		if err := s.table.Write(t.Context(), table.Put(op.Item, table.Always)); err != nil {
			t.Fatal(err)
		}
		if _, err := Verify(t.Context(), s.table, l.ID()); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
