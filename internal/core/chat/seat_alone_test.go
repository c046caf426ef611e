package chat_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table/dynamotable"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
)

// sits takes a seat for a person without an agent.
func (w *world) sits(ctx context.Context, name string) chat.Seated {
	w.t.Helper()
	got, err := w.JoinRoom(ctx, chat.JoinRequest{Room: "plans", AgentName: name, Person: true})
	if err != nil {
		w.t.Fatalf("%s joins: %v", name, err)
	}
	if t, err := ident.ParseToken(got.Token); err != nil || !t.Person || got.Watch != "" {
		w.t.Fatalf("%s gets %+v, %v", name, got, err)
	}
	return got
}

// withPam is a room of two agents and Pam, a person without one.
func (w *world) withPam() (p pair, pam chat.Seated) {
	w.t.Helper()
	p.ann = w.enter(chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: 5})
	p.bob = w.join("plans", "Bob")
	return p, w.sits(w.t.Context(), "Pam")
}

func TestAlone_whatItSays_isAPersons(t *testing.T) {
	w := newWorld(t)
	p, pam := w.withPam()
	limit := 1
	w.update(chat.UpdateRequest{Token: p.ann.Token, AgentMessages: &limit})
	w.say(p.ann.Token, "tea?")
	_, err := w.Send(t.Context(), chat.SendRequest{Token: p.bob.Token, Text: "coffee"})
	wants(t, err, fault.Paused)
	w.say(pam.Token, "tea")
	w.say(p.bob.Token, "coffee") // a person has spoken
	for _, m := range w.all(p.bob.Token) {
		if m.Type == chat.EventSaid && m.Person != (m.From == "Pam") {
			t.Errorf("%q of %s: person %v", m.Text, m.From, m.Person)
		}
	}
	got := w.look(pam.Token, pam.Cursor)
	same(t, "Pam hears", texts(got.Messages), []string{"tea?", "tea", "coffee"})
	for name, alone := range map[string]bool{"Ann": false, "Pam": true} {
		if a := agentIn(t, w.info(p.bob.Token).Room, name); a.Alone != alone || a.Person != alone {
			t.Errorf("%s is seen as %+v", name, a)
		}
	}
}

// Nothing but its own calls keeps its seat, and they do.
func TestAlone_itsCalls_keepItsSeat(t *testing.T) {
	onFiles(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p, pam := w.withPam()
		calls := []func(){
			func() { w.look(pam.Token, pam.Cursor) },
			func() { w.say(pam.Token, "I am here") },
			func() { w.history(pam.Token, chat.HistoryRequest{}) },
			func() { w.info(pam.Token) },
		}
		for _, call := range calls {
			w.clock.Advance(room.Lease - time.Minute - time.Second)
			call()
			w.look(p.ann.Token, p.ann.Cursor)
			if a := agentIn(t, there.info(p.ann.Token).Room, "Pam"); a.State != room.AgentBusy || a.PersonHere {
				t.Errorf("Pam is %s, here %v", a.State, a.PersonHere)
			}
		}
		w.clock.Advance(room.Lease + time.Minute)
		there.look(p.ann.Token, p.ann.Cursor)
		for _, name := range []string{"Cid", "Dan", "in Bob's seat", "in Pam's seat"} {
			there.join("plans", name)
		}
		_, err := w.Wait(t.Context(), chat.WaitRequest{Token: pam.Token})
		wants(t, err, fault.Removed)
	})
}

func TestAlone_itsWaits_showThatItIsHereAndKeepItsSeat(t *testing.T) {
	t.Run("file", func(t *testing.T) { waitsAlone(t, newWorld(t)) })
	t.Run("DynamoDB", func(t *testing.T) {
		clock := clockwork.NewFakeClockAt(time.Date(2100, 3, 1, 12, 0, 0, 0, time.UTC))
		db, _ := dynamolocal.NewTable(t, dynamotable.Options{Clock: clock})
		waitsAlone(t, onTable(t, clock, db, chat.Options{}))
	})
}

func waitsAlone(t *testing.T, w *world) {
	here, there := w.another(), w.another()
	p, pam := here.withPam()
	ctx, cancel := context.WithCancel(t.Context())
	req := chat.WaitRequest{Token: pam.Token, Cursor: pam.Cursor, Wait: time.Hour}
	long := here.open(ctx, req)
	req.Wait = 30 * time.Second
	short := here.open(ctx, req)
	isHere := func() bool {
		a := agentIn(t, there.info(p.ann.Token).Room, "Pam")
		return a.State == room.AgentWaiting && a.PersonHere && a.Unread == nil
	}
	if !isHere() {
		t.Error("while two of its waits are open, it is not shown")
	}
	for range 3 {
		w.clock.Advance(5 * time.Minute)
		w.passUntil("the longer wait is announced again", isHere)
	}
	if got := take(t, short); got.Status != chat.StatusQuiet {
		t.Errorf("the short wait ends with %s", got.Status)
	}
	for _, name := range []string{"Cid", "Dan", "in Bob's seat"} {
		there.join("plans", name)
	}
	_, err := there.tryJoin("plans", "Eve")
	wants(t, err, fault.RoomFull)
	cancel()
	<-long
	w.clock.Advance(room.AnnounceWait + time.Minute)
	if isHere() {
		t.Error("it is gone, and shown as here")
	}
}

func TestAlone_superviseOrNote_isRefused(t *testing.T) {
	w := newWorld(t)
	_, pam := w.withPam()
	yes := true
	for name, req := range map[string]chat.SuperviseRequest{"pauses": {Paused: &yes}, "approves": {Approve: &yes},
		"decides": {Draft: "m000000", Decision: "send"}} {
		req.Token = pam.Token
		if _, err := w.Service.Supervise(t.Context(), req); fault.CodeOf(err) != fault.NotAllowed {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := w.Send(t.Context(), chat.SendRequest{Token: pam.Token, Text: "note", To: []string{"Pam"}})
	wants(t, err, fault.InvalidArgument)
	phone, err := w.opens(w.newLink(pam.Token), "phone")
	if err != nil {
		t.Fatal(err)
	}
	w.say(phone, "from the phone")
	if got := w.look(pam.Token, pam.Cursor); len(texts(got.Messages)) != 1 {
		t.Errorf("the first device hears %q", lines(got.Messages))
	}
}

// Whoever shares its principal, as its own agent does, neither reads nor speaks for it. That
// it has only listened, and that nothing stored says so any more, makes no difference.
func TestAlone_sharedPrincipal_getsAnotherSeat(t *testing.T) {
	for name, person := range map[string]bool{"a person": true, "an agent": false} {
		onBoth(t, func(t *testing.T, w, there *world) {
			w.enter(chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: 5})
			bob := w.join("plans", "Bob")
			ctx := asking(t, ident.Principal{ID: "key:team"})
			pam := w.sits(ctx, "Pam")
			w.tell(bob.Token, "for Pam", "Pam")
			w.look(pam.Token, pam.Cursor)
			w.clock.Advance(room.RegainUnused)
			_, err := there.JoinRoom(ctx, chat.JoinRequest{Room: "plans", AgentName: "Pam", Person: person})
			wants(t, err, fault.NameTaken)
			w.clock.Advance(room.Lease + time.Hour)
			got, err := there.JoinRoom(ctx, chat.JoinRequest{Room: "plans", AgentName: "Pam", Person: person})
			if err != nil || got.Status != chat.StatusJoined {
				t.Fatalf("%s gets %+v, %v", name, got, err)
			}
			if read := texts(there.all(got.Token)); slices.Contains(read, "for Pam") {
				t.Errorf("%s reads %q", name, read)
			}
			_, err = w.Send(t.Context(), chat.SendRequest{Token: pam.Token, Text: "it is me"})
			wants(t, err, fault.Removed)
		})
	}
}

// What its page asks again gets the seat, and for that page alone.
func TestAlone_replyOfItsJoinWasLost_getsTheSeat(t *testing.T) {
	onBoth(t, func(t *testing.T, w, there *world) {
		w.enter(chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: 5})
		ctx := asking(t, ident.Principal{ID: "key:pam"})
		lost := w.sits(ctx, "Pam")
		w.clock.Advance(room.RegainUnused)
		_, err := there.JoinRoom(ctx, chat.JoinRequest{Room: "plans", AgentName: "Pam"})
		wants(t, err, fault.NameTaken) // an agent is not Pam
		again := there.sits(ctx, "Pam")
		if again.Status != chat.StatusReturned {
			t.Errorf("Pam gets %+v", again)
		}
		there.say(again.Token, "here I am")
		_, err = w.Send(t.Context(), chat.SendRequest{Token: lost.Token, Text: "me, too"})
		wants(t, err, fault.TokenInvalid)
	})
}

// Of many calls by which a person joins at once one gets the seat.
func TestRace_personAlone_joinsOnce(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		w := services[0]
		ann := w.enter(chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: 5})
		ctx := asking(t, ident.Principal{ID: "key:pam"})
		join := func(i int) (chat.Seated, error) {
			return services[i%len(services)].JoinRoom(ctx, chat.JoinRequest{Room: "plans", AgentName: "Pam",
				Person: true})
		}
		var first string
		for _, got := range atOnce(6, join) {
			switch {
			case got.err != nil:
				wants(t, got.err, fault.NameTaken)
			case first != "":
				t.Errorf("two have the seat: %+v", got)
			default:
				first = got.Token
			}
		}
		w.say(first, "I am Pam")
		same(t, "seats", seats(services[len(services)-1].info(ann.Token).Room), []string{"Ann (admin)", "Pam (member)"})
	})
}

func TestAlone_whoseGhostIsKicked_isAPersonAgain(t *testing.T) {
	onFiles(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p, pam := w.withPam()
		w.say(pam.Token, "I am Pam")
		w.clock.Advance(time.Second)
		ask := chat.JoinRequest{Room: "plans", AgentName: "Pam", Person: true}
		_, err := there.JoinRoom(t.Context(), ask)
		wants(t, err, fault.NameTaken)
		w.manage(p.ann.Token, room.Kick, "Pam", chat.StatusKicked)
		there.say(there.enter(ask).Token, "thank you")
		_, err = there.Send(t.Context(), chat.SendRequest{Token: pam.Token, Text: "and me?"})
		wants(t, err, fault.Removed)
		if a := agentIn(t, w.info(p.ann.Token).Room, "Pam"); !a.Alone {
			t.Errorf("Pam is %+v", a)
		}
	})
}

func TestAlone_asAdmin_runsTheRoom(t *testing.T) {
	w := newWorld(t)
	pam := w.create(chat.CreateRequest{Room: "plans", AgentName: "Pam", Capacity: 3, Person: true})
	bob := w.join("plans", "Bob")
	w.manage(pam.Token, room.Mute, "Bob", chat.StatusMuted)
	_, err := w.Send(t.Context(), chat.SendRequest{Token: bob.Token, Text: "hm"})
	wants(t, err, fault.NotAllowed)
	w.manage(pam.Token, room.Unmute, "Bob", chat.StatusUnmuted)
	w.manage(pam.Token, room.Promote, "Bob", chat.StatusPromoted)
	w.manage(bob.Token, room.Kick, "Pam", chat.StatusKicked)
	_, err = w.Wait(t.Context(), chat.WaitRequest{Token: pam.Token})
	wants(t, err, fault.Removed)
}

// A person whose seat is gone is admitted, so that it is told why.
func TestPerson_withoutItsSeat_isToldSo(t *testing.T) {
	for what, c := range map[string]struct {
		loses func(w *world, p pair, pam chat.Seated)
		why   room.Reason
	}{
		"kicked": {func(w *world, p pair, pam chat.Seated) {
			w.manage(p.ann.Token, room.Kick, pam.Name, chat.StatusKicked)
		}, room.ReasonKicked},
		"its agent left": {func(w *world, _ pair, pam chat.Seated) { w.leave(pam.Token) }, room.ReasonLeft},
	} {
		onBoth(t, func(t *testing.T, w, there *world) {
			p, pam := w.withPam()
			tokens := map[string]chat.Seated{"Pam": pam, "Bob": p.bob}
			mine := map[string]string{"Pam": pam.Token, "Bob": w.person(p.bob)}
			for name, seat := range tokens {
				c.loses(w, p, seat)
				own, err := ident.ParseToken(mine[name])
				if err != nil {
					t.Fatal(err)
				}
				forged := own
				forged.Secret = ident.NewSecret()
				if _, known, err := there.Service.SeatOf(t.Context(), forged); known || err != nil {
					t.Errorf("%s, %s, a token that was made up: %v, %v", what, name, known, err)
				}
				_, known, err := there.Service.SeatOf(t.Context(), own)
				if want := room.RefuseRemoved(c.why, room.Way{}).Error(); known || err == nil || err.Error() != want {
					t.Errorf("%s, %s: %v, %v; want %s", what, name, known, err, want)
				}
			}
		})
	}
}

// The page of a person says who took its seat and why, also if it was not open then. Nobody else is told.
func TestPerson_withoutItsSeat_isToldWhoTookItAndWhy(t *testing.T) {
	manage := func(action room.Action) func(w *world, p pair, claim string) {
		return func(w *world, p pair, _ string) {
			order := chat.ManageRequest{Token: p.ann.Token, Agents: []string{"Bob"}, Action: action,
				Note: "too\u200bloud"}
			if _, err := w.ManageAgent(t.Context(), order); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, c := range map[string]struct {
		loses func(w *world, p pair, claim string)
		want  fault.Error
	}{
		"kicked": {manage(room.Kick), fault.Error{Code: fault.Removed, Reason: "kicked", By: "Ann",
			Note: `too\u200bloud`}},
		"banned": {manage(room.BanName), fault.Error{Code: fault.Removed, Reason: "banned", By: "Ann",
			Note: `too\u200bloud`}},
		"its agent left": {func(w *world, p pair, _ string) { w.leave(p.bob.Token) },
			fault.Error{Code: fault.Removed, Reason: "left"}},
		"silent, and another has the name": {func(w *world, p pair, _ string) {
			w.clock.Advance(room.AdminSilent)
			w.join("plans", "Bob")
		}, fault.Error{Code: fault.Removed, Reason: "timeout"}},
		"another has the number of the seat": {func(w *world, p pair, claim string) {
			manage(room.Kick)(w, p, claim)
			for n := range 8 {
				w.join("plans", fmt.Sprint("Guest", n))
			}
		}, fault.Error{Code: fault.Removed, Reason: "kicked", By: "Ann", Note: `too\u200bloud`}},
		"four more devices": {func(w *world, p pair, claim string) {
			person := claim
			for n := range core.MaxDevices {
				var err error
				person, err = w.opens(w.newLink(person), fmt.Sprint("device", n))
				if err != nil {
					t.Fatal(err)
				}
			}
		}, fault.Error{Code: fault.TokenInvalid, Reason: fault.ReasonDevice}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := pair{ann: w.enter(chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: 10})}
			p.bob = w.join("plans", "Bob")
			person := w.person(p.bob)
			c.loses(w, p, person)
			_, err := w.Service.Supervise(t.Context(), chat.SuperviseRequest{Token: person})
			var got *fault.Error
			if !errors.As(err, &got) {
				t.Fatal(err)
			}
			told := fault.Error{Code: got.Code, Reason: got.Reason, By: got.By, Note: got.Note}
			if !reflect.DeepEqual(told, c.want) {
				t.Errorf("the person is told %+v; want %+v", told, c.want)
			}
			_, err = w.Send(t.Context(), chat.SendRequest{Token: p.bob.Token, Text: "hm"})
			if errors.As(err, &got) && (got.By+got.Note != "" || got.Reason != "" && name != "banned") {
				t.Errorf("the agent is told %+v", got)
			}
		})
	}
}
