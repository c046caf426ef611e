package chat_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

func TestPerson_waitsBesideItsAgent_andBothHearWhatComes(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	person := w.person(p.bob)
	cursor := w.look(person, "").Cursor
	p.bob.Cursor = w.look(p.bob.Token, p.bob.Cursor).Cursor
	agent := w.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: longWait})
	beside := w.open(t.Context(), chat.WaitRequest{Token: person, Cursor: cursor, Wait: longWait})
	w.say(p.ann.Token, "tea?")
	for who, waiting := range map[string]<-chan answer{"the agent": agent, "the person": beside} {
		same(t, who+" hears", lines(take(t, waiting).Messages), []string{"Ann: tea?"})
	}
}

func TestPerson_fifthWait_endsItsOldestAndNoneOfItsAgent(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	person := w.person(p.bob)
	agent := w.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: w.look(p.bob.Token, "").Cursor,
		Wait: longWait})
	req := chat.WaitRequest{Token: person, Cursor: w.look(person, "").Cursor, Wait: longWait}
	var open []<-chan answer
	for range core.MaxWatches {
		open = append(open, w.open(t.Context(), req))
	}
	newest := w.open(t.Context(), req)
	if got := take(t, open[0]); got.Status != chat.StatusSuperseded {
		t.Errorf("the oldest ends with %s", got.Status)
	}
	w.say(p.ann.Token, "tea?")
	for i, waiting := range append(open[1:], newest, agent) {
		if got := take(t, waiting); got.Status != chat.StatusMessages {
			t.Errorf("wait %d ends with %s", i, got.Status)
		}
	}
}

func TestPerson_allAreSilent_getsNoTurnAndKeepsNobodyFromOne(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	person := w.person(p.bob)
	w.say(p.ann.Token, "tea?")
	reading := w.look(person, "").Cursor
	bob := w.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: w.look(p.bob.Token, "").Cursor,
		Wait: longWait})
	watching := w.open(t.Context(), chat.WaitRequest{Token: person, Cursor: reading, Wait: longWait})
	ann := w.open(t.Context(), chat.WaitRequest{Token: p.ann.Token, Cursor: w.look(p.ann.Token, "").Cursor,
		Wait: longWait})
	w.pass(room.TurnAfter + time.Second)
	if got := take(t, bob); got.Status != chat.StatusTurn {
		t.Fatalf("Bob gets %s", got.Status)
	}
	w.pass(room.TurnPasses)
	if got := take(t, ann); got.Status != chat.StatusTurn {
		t.Errorf("Ann gets %s", got.Status)
	}
	if len(watching) > 0 {
		t.Errorf("the person's wait ends with %+v", <-watching)
	}
}

// A person watches on where an agent stops, and never polls.
func TestPerson_nobodyIsLeft_watchesOn(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	person := w.person(p.bob)
	w.leave(p.ann.Token)
	cursor := w.look(person, "").Cursor
	wantStatus(t, "the person", w.look(person, cursor), chat.StatusQuiet)
	watching := w.open(t.Context(), chat.WaitRequest{Token: person, Cursor: cursor, Wait: longWait, Polls: true})
	w.stillWaits("the person", watching)
	wantStatus(t, "the agent", w.look(p.bob.Token, w.look(p.bob.Token, "").Cursor), chat.StatusAllDone)
}

// An agent whose person alone is there is silent, and loses its seat like any other.
func TestPerson_calls_areNoSignOfItsAgent(t *testing.T) {
	onBoth(t, func(t *testing.T, w, there *world) {
		p := w.pair()
		person := w.person(p.bob)
		w.say(p.bob.Token, "I am off")
		for i := range 16 {
			w.clock.Advance(time.Minute)
			w.say(person, "I am not")
			w.approves(person, i%2 == 0)
			w.info(person)
			w.history(person, chat.HistoryRequest{})
			w.look(person, "")
			there.look(p.ann.Token, "")
		}
		bob := agentIn(t, there.info(p.ann.Token).Room, "Bob")
		if bob.State != room.AgentSilent || bob.Idle < 15*time.Minute {
			t.Errorf("Bob is %s, and was heard %s ago", bob.State, bob.Idle)
		}
		if got := there.join("plans", "Cid"); got.Status != chat.StatusJoined {
			t.Errorf("Cid's join: %s", got.Status)
		}
		_, err := w.Wait(t.Context(), chat.WaitRequest{Token: person})
		wants(t, err, fault.Removed)
	})
}

func TestPerson_watching_isShownForAsLong(t *testing.T) {
	w := newWorld(t)
	here, there := w.another(), w.another()
	p := here.company()
	shown := func(when string, person, here bool) {
		t.Helper()
		for reader, token := range map[string]string{"Ann": p.ann.Token, "Bob": p.bob.Token} {
			bob := agentIn(t, there.info(token).Room, "Bob")
			if bob.Person != person || bob.PersonHere != here {
				t.Errorf("%s %s sees a person %v, here %v", when, reader, bob.Person, bob.PersonHere)
			}
		}
	}
	shown("before the link is opened,", false, false)
	person := here.person(p.bob)
	here.look(person, "")
	shown("before it waits,", true, false)
	ctx, cancel := context.WithCancel(t.Context())
	watching := here.open(ctx, chat.WaitRequest{Token: person, Wait: time.Hour, Cursor: here.look(person, "").Cursor})
	shown("at once", true, true)
	fiveMinutes := w.clock.Now().Add(5 * time.Minute)
	w.passUntil("it is shown beyond what was announced at first", func() bool {
		return w.clock.Now().After(fiveMinutes) && agentIn(t, there.info(p.ann.Token).Room, "Bob").PersonHere
	})
	cancel()
	<-watching
	w.clock.Advance(90 * time.Second)
	shown("afterwards", true, false)
}

func TestPerson_readsByItself_andOnEachDevice(t *testing.T) {
	onBoth(t, func(t *testing.T, w, there *world) {
		p := w.company()
		w.say(p.ann.Token, "before")
		phone := w.person(p.bob)
		var others []string
		for _, name := range []string{"tablet", "desktop"} {
			other, err := w.opens(w.newLink(phone), name)
			if err != nil {
				t.Fatal(err)
			}
			others = append(others, other)
		}
		p.bob.Cursor = w.look(p.bob.Token, p.bob.Cursor).Cursor
		w.say(p.bob.Token, "my own words")
		w.say(others[1], "and mine")
		all := []string{"Ann: before", "Bob: my own words", "Bob: and mine"}
		for i, token := range []string{phone, others[0]} {
			got := there.enter(chat.JoinRequest{Token: token})
			same(t, "at first a device sees", lines(got.Messages), all)
			if got.Messages[2].Person != true ||
				got.Messages[1].Person {
				t.Errorf("who said it: %+v", got.Messages)
			}
			w.say(p.ann.Token, fmt.Sprint("later ", i))
			got = there.enter(chat.JoinRequest{Token: token})
			same(t, "then it sees", lines(got.Messages), []string{fmt.Sprint("Ann: later ", i)})
			all = append(all, fmt.Sprint("Ann: later ", i))
		}
		same(t, "what came after the agent's own words", lines(w.look(p.bob.Token, p.bob.Cursor).Messages),
			all[2:])
	})
}

// The wait of a device without a cursor marks what it brings again, whatever the agent and the other devices read.
func TestPerson_waitsWithoutACursor_missesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, w, there *world) {
		p := w.pair()
		person := w.person(p.bob)
		fresh := func(got chat.Waited) []string {
			return texts(slices.DeleteFunc(got.Messages, func(m chat.Message) bool { return m.Repeated }))
		}
		var got []string
		for i := range 6 {
			w.say([]string{p.ann.Token, p.bob.Token}[i%2], fmt.Sprint("word ", i))
			w.look(p.bob.Token, "")
			if i%2 == 0 {
				got = append(got, fresh(there.look(person, ""))...)
			}
		}
		got = append(got, fresh(w.look(person, ""))...)
		same(t, "the person reads", got, []string{"word 0", "word 1", "word 2", "word 3", "word 4", "word 5"})
	})
}

func TestNote_wakesTheAgentAndHoldsItsNextMessageOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, w, there *world) {
		p := w.company()
		person := w.person(p.bob)
		cursor := w.look(p.bob.Token, p.bob.Cursor).Cursor
		note := w.tell(person, "ask about the price", "bob")
		held, err := there.send(chat.SendRequest{Token: p.bob.Token, Text: "I agree", Cursor: cursor})
		if err != nil || held.Sent || len(held.Waited.Messages) != 1 || held.Waited.Messages[0].ID != note.ID ||
			!held.Waited.Messages[0].FromUser {
			t.Fatalf("held back: %+v, %v", held, err)
		}
		got, err := there.send(chat.SendRequest{Token: p.bob.Token, Text: "I agree", Cursor: held.Waited.Cursor})
		if err != nil || !got.Sent {
			t.Errorf("then: %+v, %v", got, err)
		}
		for _, token := range []string{p.ann.Token, p.cid.Token} {
			if all := texts(there.all(token)); slices.Contains(all, "ask about the price") {
				t.Errorf("another sees %q", all)
			}
		}
		if m := there.all(person); m[len(m)-2].ID != note.ID || m[len(m)-2].FromUser ||
			!slices.Equal(m[len(m)-2].To, []string{"Bob"}) {
			t.Errorf("the person sees %+v", m[len(m)-2])
		}
		w.tell(person, "well done", "Bob")
		if got := there.look(p.bob.Token, got.Waited.Cursor); got.Status != chat.StatusMessages ||
			!slices.Contains(texts(got.Messages), "well done") {
			t.Errorf("the agent's wait: %+v", got)
		}
	})
}

// What a person says is said: neither news nor a repetition keeps it back, and its agent's
// keys are not its own.
func TestPerson_sends_areNotHeldBack(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	person := w.person(p.bob)
	cursor := w.look(person, "").Cursor
	w.sends(chat.SendRequest{Token: p.bob.Token, Text: "a long text, which the person says as well, word for word",
		Key: "k"})
	w.tell(p.ann.Token, "wait, Bob", "Bob")
	ids := map[string]bool{}
	for _, key := range []string{"", "", "k", "k", "other"} {
		got, err := w.send(chat.SendRequest{Token: person, Text: "a long text, which the person says as well, word " +
			"for word", Cursor: cursor, Key: key})
		if err != nil || !got.Sent {
			t.Fatalf("key %q: %+v, %v", key, got, err)
		}
		ids[got.ID] = true
		if slices.ContainsFunc(got.Waited.Messages, func(m chat.Message) bool { return m.ID == got.ID }) {
			t.Error("the result of a send has that message")
		}
	}
	if len(ids) != 4 {
		t.Errorf("%d messages were sent", len(ids))
	}
	if got := w.sends(chat.SendRequest{Token: p.bob.Token, Text: "a long text, which the person says as well, word " +
		"for word", Cursor: p.bob.Cursor}); !got.Duplicate {
		t.Error("the agent's own repetition is not recognized after its person has spoken")
	}
}

func TestPerson_acts_andItsAgentSeesThat(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	person := w.person(p.ann)
	before := w.look(p.ann.Token, "").Cursor
	w.manage(person, room.Mute, "Cid", chat.StatusMuted)
	got := w.look(p.ann.Token, before).Messages
	if len(got) != 1 || got[0].Type != chat.EventRole || !got[0].Person || got[0].By != "Ann" {
		t.Errorf("the agent sees %+v", got)
	}
	waiting := w.open(t.Context(), chat.WaitRequest{Token: p.ann.Token, Cursor: w.look(p.ann.Token, "").Cursor,
		Wait: longWait})
	w.leave(person)
	last := take(t, waiting)
	if last.Status != chat.StatusRemoved || last.Situation.Reason != room.ReasonLeft || len(last.Messages) != 1 ||
		!last.Messages[0].Person || !last.Messages[0].Mine {
		t.Errorf("the agent's wait ends with %+v", last)
	}
	left := w.look(p.bob.Token, "").Messages
	if i := slices.IndexFunc(left, func(m chat.Message) bool { return m.Type == chat.EventLeft }); i < 0 ||
		left[i].Agent != "Ann" || left[i].Mine {
		t.Errorf("Bob sees %+v", left)
	}
}

// A room of which only a person's wait is open is polled all the same.
func TestPerson_waitsAlone_hearsWhatIsSaidElsewhere(t *testing.T) {
	w := newWorld(t)
	here, there := w.another(), w.another()
	p := here.pair()
	person := here.person(p.bob)
	watching := here.open(t.Context(), chat.WaitRequest{Token: person, Cursor: here.look(person, "").Cursor,
		Wait: longWait})
	there.say(p.bob.Token, "my agent speaks")
	// the wait's end, its next announcement and the next poll
	if err := w.clock.BlockUntilContext(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Second)
	same(t, "the person hears", texts(take(t, watching).Messages), []string{"my agent speaks"})
}
