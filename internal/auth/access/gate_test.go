package access_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/auth/access"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

func TestToken_isAdmittedAsLongAsWhatAdmittedItsAgent(t *testing.T) {
	w := newWorld(t)
	key := w.add("Ann", 0)
	p := w.process()
	token := func(seat int, a room.Agent) ident.Token {
		t := ident.Token{Room: ident.NewRoomID(), Seat: seat, Secret: ident.NewSecret(), Person: seat == 2}
		p.set(func() { p.seats[t.String()] = a })
		return t
	}
	of := func(principal string) room.Agent { return room.Agent{Principal: principal} }
	agent, person, guest := token(1, of("key:"+key.ID)), token(2, of("key:"+key.ID)), token(3, room.Agent{Invite: 1})
	admits := func(token ident.Token, want ident.Principal) {
		t.Helper()
		want.Room, want.Seat = token.Room, token.Seat
		if got, err := p.Bearer(t.Context(), token.String(), "192.0.2.1"); err != nil || got != want {
			t.Errorf("%+v, %v; want %+v", got, err, want)
		}
	}
	refuses := func(text string, code fault.Code) {
		t.Helper()
		if got, err := p.Bearer(t.Context(), text, "192.0.2.1"); fault.CodeOf(err) != code {
			t.Errorf("%+v, %v; want %s", got, err, code)
		}
	}
	keyed := token(6, room.Agent{Principal: "key:" + key.ID, Invite: 1}) // gave the invite as the room
	admits(keyed, ident.Principal{ID: "key:" + key.ID, Owner: "Ann"})
	admits(agent, ident.Principal{ID: "key:" + key.ID, Owner: "Ann"})
	admits(person, ident.Principal{ID: "key:" + key.ID, Owner: "Ann"})
	admits(guest, ident.Principal{})
	claim := ident.NewLinkCode("key of a log", ident.NewRoomID(), 5, 7, 0)
	p.set(func() { p.seats[claim.String()] = of("key:" + key.ID) })
	opens := ident.Principal{Room: claim.Room, Seat: claim.Seat, ID: "key:" + key.ID, Owner: "Ann", ByLink: true}
	if got, err := p.Bearer(t.Context(), claim.String(), "192.0.2.1"); err != nil || got != opens {
		t.Errorf("who opens a link: %+v, %v", got, err)
	}
	refuses(ident.NewLinkCode("key of another", claim.Room, 5, 7, 0).String(), fault.KeyInvalid)
	for _, a := range []room.Agent{of(""), of(ident.Local), of("key:" + ident.NewKey().ID)} {
		refuses(token(4, a).String(), fault.KeyInvalid)
	}
	for _, person := range []bool{false, true} { // at once, once its agent has shown a key: the refusal is not kept
		before := ident.Token{Room: ident.NewRoomID(), Seat: 5, Secret: ident.NewSecret(), Person: person}
		p.set(func() { p.seats[before.String()] = of(ident.Local) })
		var refused *fault.Error
		if _, err := p.Token(t.Context(), before.String(), "192.0.2.1"); !errors.As(err, &refused) ||
			refused.Reason != fault.ReasonUnadmitted {
			t.Errorf("an agent from before the keys: %v", err)
		}
		p.set(func() { p.seats[before.String()] = of("key:" + key.ID) })
		admits(before, ident.Principal{ID: "key:" + key.ID, Owner: "Ann"})
	}
	w.revoke("Ann")
	w.pass(30 * time.Second)
	refuses(keyed.String(), fault.KeyInvalid)
	refuses(agent.String(), fault.KeyInvalid)
	refuses(person.String(), fault.KeyInvalid)
	refuses(claim.String(), fault.KeyInvalid)
	admits(guest, ident.Principal{})
}

func TestUploadAndDownload_addressOfAFile_admitsForItsSeatAlone(t *testing.T) {
	w := newWorld(t)
	p := w.process()
	code := ident.NewUploadCode(ident.NewRoomID(), 3)
	ticket := ident.NewTicket("key of a log", ident.NewRoomID(), 4, 7, "m000000", w.clock.Now())
	for name, c := range map[string]struct {
		enter  func(ctx context.Context, text, address string) (ident.Principal, error)
		secret string
		want   ident.Principal
	}{
		"upload":   {p.Upload, code.String(), ident.Principal{Room: code.Room, Seat: code.Seat}},
		"download": {p.Download, ticket.String(), ident.Principal{Room: ticket.Room, Seat: ticket.Seat}},
	} {
		for why, text := range map[string]string{"mistyped": c.secret[1:], "of no file": c.secret} {
			if got, err := c.enter(t.Context(), text, one(0)); fault.CodeOf(err) != fault.KeyInvalid {
				t.Errorf("%s, %s: %+v, %v", name, why, got, err)
			}
		}
		p.set(func() { p.seats[c.secret] = room.Agent{Invite: 1} })
		w.pass(time.Minute)
		if got, err := c.enter(t.Context(), c.secret, one(0)); err != nil || got != c.want {
			t.Errorf("%s: %+v, %v; want %+v", name, got, err, c.want)
		}
	}
}

func TestToken_keyThatCannotBeRead_isNeverTakenForAWrongOne(t *testing.T) {
	w := newWorld(t)
	p := w.process()
	token := p.tokenOf(room.Agent{Principal: ident.KeyPrincipal(w.add("Ann", 0).ID)})
	p.set(func() { p.before = func(tabletest.Call) { p.down = true } })
	if _, err := p.Token(t.Context(), token, one(0)); fault.CodeOf(err) != fault.Unavailable {
		t.Errorf("while the table does not answer: %v", err)
	}
	p.set(func() { p.before, p.down = nil, false })
	p.takes(token)
}

// A token that is right costs no more than a wrong one once its key is gone.
func TestToken_ofAKeyThatIsGone_isLookedUpOnceAMinute(t *testing.T) {
	w := newWorld(t)
	gone, other := w.add("Ann", 0), w.add("Bob", 0)
	p := w.process()
	token := ident.Token{Room: ident.NewRoomID(), Seat: 1, Secret: ident.NewSecret()}.String()
	p.set(func() { p.seats[token] = room.Agent{Principal: "key:" + gone.ID} })
	call := func() fault.Code {
		_, err := p.Token(t.Context(), token, "192.0.2.1")
		return fault.CodeOf(err)
	}
	if code := call(); code != "" {
		t.Fatal(code)
	}
	p.admits(other, "Bob")
	w.revoke("Ann")
	w.pass(30 * time.Second)
	repeated := func() {
		for range 100 {
			if code := call(); code != fault.KeyInvalid {
				t.Fatalf("refused with %q", code)
			}
		}
	}
	asked := p.asked
	p.wantCost("a token whose key is gone", 1, 0, repeated)
	if p.asked != asked+1 {
		t.Errorf("its seat was looked up %d times", p.asked-asked)
	}
	p.admits(other, "Bob")
	w.pass(time.Minute)
	p.wantCost("a minute later", 1, 0, repeated)
}

// guestSeat is the seat of a guest, as a gate looks it up.
type guestSeat struct {
	gone  error // why its agent has it no more; nil: it has it
	asked int   // how often it was looked up
}

// gateTo returns a gate to that seat alone.
func (w *world) gateTo(seat *guestSeat) *access.Gate {
	return access.New(access.Options{
		Table: w.table, Clock: w.clock, Logger: slog.New(slog.NewTextHandler(w.log, nil)),
		Seat: func(context.Context, ident.Token) (room.Agent, bool, error) {
			seat.asked++
			return room.Agent{Invite: 1}, seat.gone == nil, seat.gone
		},
	})
}

// Who has lost its seat is told why, and that is looked up as rarely as a token that never
// had one.
func TestToken_whoseSeatWasTaken_isLookedUpOnceAMinute(t *testing.T) {
	w := newWorld(t)
	seat := &guestSeat{}
	gate := w.gateTo(seat)
	token := ident.Token{Room: ident.NewRoomID(), Seat: 1, Secret: ident.NewSecret()}.String()
	call := func() fault.Code {
		_, err := gate.Token(t.Context(), token, "192.0.2.1")
		return fault.CodeOf(err)
	}
	if code := call(); code != "" {
		t.Fatal(code)
	}
	seat.gone, seat.asked = fault.Refuse(fault.Removed, "An admin has taken your seat."), 0
	for range 100 {
		if code := call(); code != fault.Removed {
			t.Fatalf("refused with %q", code)
		}
	}
	if seat.asked != 1 {
		t.Errorf("looked up %d times", seat.asked)
	}
}

// A page tells the two apart by the reason, and not by a sentence.
func TestToken_withoutASeat_isToldFromAKeyThatIsRevoked(t *testing.T) {
	w := newWorld(t)
	gate := access.New(access.Options{Table: w.table, Clock: w.clock, Logger: slog.New(slog.DiscardHandler),
		Seat: func(context.Context, ident.Token) (room.Agent, bool, error) { return room.Agent{}, false, nil }})
	token := ident.Token{Room: ident.NewRoomID(), Seat: 1, Secret: ident.NewSecret(), Person: true}.String()
	_, err := gate.Token(t.Context(), token, "192.0.2.1")
	var refused *fault.Error
	if !errors.As(err, &refused) || refused.Code != fault.KeyInvalid || refused.Reason != fault.ReasonNoSeat {
		t.Errorf("%v", err)
	}
}

// A page asks for all the rooms that its browser knows, and many have ended: that uses up no guess of its address. A
// token that was made up does.
func TestTokenOfMany_ofARoomOrASeatThatIsGone_isNoGuess(t *testing.T) {
	for _, gone := range []error{fault.Refuse(fault.RoomNotFound, "The room has ended."),
		fault.Refuse(fault.Removed, "An admin has taken your seat."), nil} {
		w := newWorld(t)
		asked := 0
		gate := access.New(access.Options{Table: w.table, Clock: w.clock,
			Logger: slog.New(slog.NewTextHandler(w.log, nil)),
			Seat: func(context.Context, ident.Token) (room.Agent, bool, error) {
				asked++
				return room.Agent{}, false, gone
			}})
		call := func(ctx context.Context) error {
			token := ident.Token{Room: ident.NewRoomID(), Seat: 1, Secret: ident.NewSecret(), Person: true}
			_, err := gate.TokenOfMany(ctx, token, "192.0.2.1")
			return err
		}
		want := fault.CodeOf(gone)
		if gone == nil {
			want = fault.KeyInvalid
		}
		for range 20 {
			if err := call(t.Context()); fault.CodeOf(err) != want {
				t.Fatalf("%v: %v", gone, err)
			}
		}
		impatient, leave := context.WithCancel(t.Context())
		leave()
		if err := call(impatient); (asked == 21) != (gone != nil) || errors.Is(err, context.Canceled) != (gone == nil) {
			t.Errorf("%v: one more after 20: %v, %d look-ups", gone, err, asked)
		}
	}
}

// An agent that has left may come back to its person, whose token is right again at once. Until
// then each look has its turn.
func TestToken_ofAPersonWhoseAgentIsAway_isRightAgainOnceItIsBack(t *testing.T) {
	w := newWorld(t)
	seat := &guestSeat{}
	gate := w.gateTo(seat)
	token := ident.Token{Room: ident.NewRoomID(), Seat: 1, Secret: ident.NewSecret(), Person: true}.String()
	admitted := func(want fault.Code) {
		t.Helper()
		if _, err := gate.Token(t.Context(), token, "192.0.2.1"); fault.CodeOf(err) != want {
			t.Fatalf("%v; want %q", err, want)
		}
	}
	admitted("")
	seat.gone = fault.Refuse(fault.Removed, "The agent has left.")
	admitted(fault.Removed)
	seat.gone = nil
	admitted("")
	seat.gone, seat.asked = fault.Refuse(fault.Removed, "The agent has left."), 0
	for range 21 { // the first one needs no turn, since the token was right
		admitted(fault.Removed)
	}
	impatient, leave := context.WithCancel(t.Context())
	leave()
	if _, err := gate.Token(impatient, token, "192.0.2.1"); !errors.Is(err, context.Canceled) || seat.asked != 21 {
		t.Errorf("after 21 looks one more: %v; %d looks", err, seat.asked)
	}
}

// Made-up tokens and codes are looked up as rarely as keys are. Those that were right are
// looked up all the same, until they are wrong.
func TestTokensAndInvites_wrongOnes_areLookedUpOnceAMinute(t *testing.T) {
	type kind struct {
		call func(p *process, text string) error
		make func(p *process, right bool) string
	}
	for name, k := range map[string]kind{
		"token": {
			func(p *process, text string) error { _, err := p.Token(t.Context(), text, "192.0.2.1"); return err },
			func(p *process, right bool) string {
				token := ident.Token{Room: ident.NewRoomID(), Seat: 1, Secret: ident.NewSecret()}.String()
				p.seats[token] = (room.Agent{Invite: 1})
				if !right {
					delete(p.seats, token)
				}
				return token
			},
		},
		"link": {
			func(p *process, text string) error { _, err := p.Bearer(t.Context(), text, "192.0.2.1"); return err },
			func(p *process, right bool) string {
				claim := ident.NewLinkCode("the log's key", ident.NewRoomID(), 1, 1, 0).String()
				p.seats[claim] = (room.Agent{Invite: 1})
				if !right {
					delete(p.seats, claim)
				}
				return claim
			},
		},
		"invite": {
			func(p *process, text string) error { _, err := p.Invite(t.Context(), text, "192.0.2.1"); return err },
			func(p *process, right bool) string {
				code := ident.NewInvite("the log's key", ident.NewRoomID(), 1).String()
				p.made[code] = right
				return code
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newWorld(t).process()
			right, old := k.make(p, true), k.make(p, false)
			want := func(text string, code fault.Code) {
				t.Helper()
				if err := k.call(p, text); fault.CodeOf(err) != code {
					t.Errorf("%v; want %q", err, code)
				}
			}
			want(right, "")
			for range 100 {
				want(old, fault.KeyInvalid)
			}
			if p.asked != 2 {
				t.Errorf("a right one and a wrong one were looked up %d times", p.asked)
			}
			for range 19 {
				want(k.make(p, false), fault.KeyInvalid)
			}
			want("nonsense", fault.KeyInvalid)
			want(right, "")
			p.set(func() { p.down = true })
			want(right, fault.Unavailable)
			p.set(func() { p.down = false; clear(p.seats); clear(p.made) })
			asked := p.asked
			want(right, fault.KeyInvalid)
			want(right, fault.KeyInvalid)
			if p.asked != asked+1 {
				t.Errorf("one that is no longer right was looked up %d times", p.asked-asked)
			}
		})
	}
}

func TestInvite_admitsToItsRoomAlone(t *testing.T) {
	p := newWorld(t).process()
	v := ident.NewInvite("the log's key", ident.NewRoomID(), 7)
	p.made[v.String()] = true
	got, err := p.Invite(t.Context(), v.String(), "192.0.2.1")
	if want := (ident.Principal{Room: v.Room, Invite: 7}); err != nil || got != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
}

func TestKey_thatIsWrong_costsNoWriteAndFewReads(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		key := w.add("Ann", 0)
		p := w.process()
		mistyped := []byte(key.String())
		mistyped[20] ^= 1
		p.wantCost("a mistyped key, or none", 0, 0, func() {
			for _, text := range []string{string(mistyped), "", "pk_", "Bearer " + key.String()} {
				p.refuses(text, fault.KeyInvalid)
			}
		})
		p.admits(key, "Ann")
		p.wantCost("other secrets of a known key", 0, 0, func() {
			for range 100 {
				p.refuses(altered(key), fault.KeyInvalid)
			}
		})
		var never []string
		for range 20 {
			never = append(never, wrong())
		}
		p.wantCost("keys that never were", 0, 0, func() {
			for _, text := range never {
				p.refuses(text, fault.KeyInvalid)
			}
		})
		w.pass(time.Minute)
		p.wantCost("one of them a minute later, which reads the secrets", 1, 0, func() {
			p.refuses(never[0], fault.KeyInvalid)
		})
		p.wantCost("another one soon after", 0, 0, func() { p.refuses(wrong(), fault.KeyInvalid) })
	})
}

func TestKey_renewed_isTheSameCallerByItsNewSecretAlone(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		key := w.add("Ann", 30*24*time.Hour)
		pair, here := w.signIn(key, resource), w.process()
		here.admits(key, "Ann")
		renewed, err := w.keys.Renew(t.Context(), "ann")
		if err != nil || renewed.ID != key.ID {
			t.Fatal(renewed.ID, err)
		}
		w.process().admits(renewed, "Ann")
		w.pass(30 * time.Second)
		here.admits(renewed, "Ann")
		here.refuses(key.String(), fault.KeyInvalid)
		here.bears(pair.Access, "Ann", "")
		w.pass(30 * 24 * time.Hour)
		here.refuses(renewed.String(), fault.KeyInvalid)
	})
}
