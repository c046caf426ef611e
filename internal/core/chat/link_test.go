package chat_test

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// device returns the token that a device makes to open a link. The same name makes the same
// one.
func device(t *testing.T, claim, name string) string {
	t.Helper()
	c, ok := ident.ParseLinkCode(claim)
	if !ok {
		t.Fatalf("%q is no claim", claim)
	}
	sum := sha256.Sum256([]byte(name))
	secret := ident.Digits(binary.BigEndian.Uint64(sum[:]), ident.SecretChars)
	return ident.Token{Room: c.Room, Seat: c.Seat, Secret: secret, Person: true}.String()
}

// heard lists what a person is told about its links.
func heard(ms []chat.Message) (reasons []room.Reason) {
	for _, m := range ms {
		if m.Type == chat.EventSupervision {
			reasons = append(reasons, m.Reason)
		}
	}
	return reasons
}

func TestLink_openedOnManyDevicesAtOnce_makesOneTheirsAndTellsIt(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		bob := w.company().bob
		const n = 6
		tokens := make([]string, n)
		out := atOnce(n, func(i int) (got chat.Seated, err error) {
			tokens[i], err = services[i%len(services)].opens(bob.Watch, fmt.Sprint("browser", i))
			return got, err
		})
		expect(t, out, map[fault.Code]int{"": 1, fault.NotAllowed: n - 1})
		for i, o := range out {
			got, err := there.Wait(t.Context(), chat.WaitRequest{Token: tokens[i]})
			if o.err != nil {
				wants(t, err, fault.TokenInvalid)
			} else if reasons := heard(got.Messages); !slices.Equal(reasons, []room.Reason{room.ReasonTwice}) {
				t.Errorf("the first device hears %q, %v", reasons, err)
			}
		}
		if got := heard(there.look(bob.Token, "").Messages); len(got) > 0 {
			t.Errorf("the agent hears %q", got)
		}
	})
}

func TestLink_onceOpened_isShownToThePersonAlone(t *testing.T) {
	w := newWorld(t)
	bob := w.company().bob
	if again := w.enter(chat.JoinRequest{Token: bob.Token}); again.Watch != bob.Watch {
		t.Errorf("a return before it was opened shows %q", again.Watch)
	}
	person := w.person(bob)
	further := w.newLink(person)
	if again := w.newLink(person); again != further || further == bob.Watch {
		t.Errorf("asked twice, the person gets %q and %q", further, again)
	}
	if got := w.enter(chat.JoinRequest{Token: bob.Token}); got.Watch != "" {
		t.Errorf("the agent gets %q", got.Watch)
	}
	_, err := w.Service.Supervise(t.Context(), chat.SuperviseRequest{Token: bob.Token, NewLink: true})
	wants(t, err, fault.NotAllowed)
	if got := w.enter(chat.JoinRequest{Token: person}); got.Watch != further {
		t.Errorf("the person's return shows %q", got.Watch)
	}
}

func TestLink_ofAnotherSeatOrMistyped_changesNothing(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	wrong := []byte(p.bob.Watch)
	wrong[10] ^= 1
	gone := w.join("plans", "Dora")
	w.leave(gone.Token)
	for name, c := range map[string]struct {
		req  chat.SuperviseRequest
		code fault.Code
	}{
		"a mistyped claim": {chat.SuperviseRequest{Token: device(t, p.bob.Watch, "phone"), Claim: string(wrong)},
			fault.TokenInvalid},
		"a claim of a seat that is gone": {chat.SuperviseRequest{Token: device(t, gone.Watch, "phone"),
			Claim: gone.Watch}, fault.TokenInvalid},
		"a token of another seat": {chat.SuperviseRequest{Token: device(t, p.cid.Watch, "phone"), Claim: p.bob.Watch},
			fault.InvalidArgument},
		"the agent's token": {chat.SuperviseRequest{Token: p.bob.Token, Claim: p.bob.Watch}, fault.NotAllowed},
		"a token without a claim": {chat.SuperviseRequest{Token: device(t, p.bob.Watch, "phone"), NewLink: true},
			fault.TokenInvalid},
	} {
		err := w.changesNothing(p.ann.Token, func() error {
			_, err := w.Service.Supervise(t.Context(), c.req)
			return err
		})
		if fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLink_onAFifthDevice_endsTheOldest(t *testing.T) {
	onBoth(t, func(t *testing.T, w, there *world) {
		bob := w.company().bob
		first := w.person(bob)
		waiting := there.waiting(t.Context(),
			chat.WaitRequest{Token: first, Cursor: w.look(first, "").Cursor, Wait: time.Minute})
		last := first
		for i := range 4 {
			var err error
			last, err = w.opens(w.newLink(last), fmt.Sprint("tablet", i))
			if err != nil {
				t.Fatal(err)
			}
		}
		for { // it hears of each device before
			got := <-waiting
			if got.Status == chat.StatusRemoved || fault.CodeOf(got.err) == fault.TokenInvalid {
				break
			}
			if got.err != nil {
				t.Fatal(got.err)
			}
			waiting = there.waiting(t.Context(),
				chat.WaitRequest{Token: first, Cursor: got.Cursor, Wait: time.Minute})
		}
		_, err := there.Send(t.Context(), chat.SendRequest{Token: first, Text: "am I here?"})
		wants(t, err, fault.TokenInvalid)
		if _, err := there.Send(t.Context(), chat.SendRequest{Token: last, Text: "I am"}); err != nil {
			t.Error(err)
		}
	})
}

func TestPerson_ofANameThatChangedHands_losesIt(t *testing.T) {
	w := newWorld(t)
	here, there := w.another(), w.another()
	p := pair{ann: here.join("plans", "Ann"), bob: here.join("plans", "Bob")}
	person := here.person(p.bob)
	note := here.tell(person, "between us", "Bob")
	waits := chat.WaitRequest{Token: person, Cursor: there.look(person, "").Cursor, Wait: 5 * time.Minute}
	waiting := there.open(t.Context(), waits)
	here.manage(p.ann.Token, room.Kick, "Bob", chat.StatusKicked)
	back := here.join("plans", "Bob")
	got, _ := w.until(waiting, time.Minute)
	wantStatus(t, "the person", got, chat.StatusRemoved)
	if agentIn(t, here.info(p.ann.Token).Room, "Bob").PersonHere {
		t.Error("the person of the agent before is shown as that of who has the name now")
	}
	if back.Watch == "" || back.Watch == p.bob.Watch {
		t.Errorf("the link of who has the name now: %q", back.Watch)
	}
	if slices.ContainsFunc(here.all(back.Token), func(m chat.Message) bool { return m.ID == note.ID }) {
		t.Error("who has the name now sees the note")
	}
	_, err := here.Send(t.Context(), chat.SendRequest{Token: person, Text: "hello?"})
	wants(t, err, fault.Removed)
	if _, err := here.opens(p.bob.Watch, "other"); err == nil {
		t.Error("the old link opens the seat of another")
	}
	if _, err := here.opens(back.Watch, "other"); err != nil {
		t.Error(err)
	}
}

// Who opens a link has nothing else to be admitted by, even if the link was used.
func TestLink_knownToItsRoom_tellsWhoseSeatItIs(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	used := p.bob.Watch
	w.person(p.bob)
	w.leave(p.cid.Token)
	elsewhere := newWorld(t).join("plans", "Ann").Watch
	for name, x := range map[string]struct {
		claim string
		known bool
	}{
		"unopened link":               {p.ann.Watch, true},
		"used link":                   {used, true},
		"link of a seat that is gone": {p.cid.Watch, false},
		"link of no room":             {elsewhere, false},
	} {
		c, _ := ident.ParseLinkCode(x.claim)
		a, known, err := w.another().AgentBehind(t.Context(), c)
		if err != nil || known != x.known || known && a.Seat != c.Seat {
			t.Errorf("%s: seat %d, known %v, %v", name, a.Seat, known, err)
		}
	}
}

// The process knows the room, but not yet the seat: what it says of a link is remembered.
func TestLink_ofASeatTakenElsewhere_isKnownAtOnce(t *testing.T) {
	w := newWorld(t)
	other := w.another()
	other.join("plans", "Ann")
	c, _ := ident.ParseLinkCode(w.join("plans", "Bob").Watch)
	if a, known, err := other.AgentBehind(t.Context(), c); err != nil || !known || a.Seat != c.Seat {
		t.Errorf("seat %d, known %v, %v", a.Seat, known, err)
	}
}
