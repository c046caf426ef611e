package chat_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

func (w *world) renew(token string) chat.Invite {
	w.t.Helper()
	return w.update(chat.UpdateRequest{Token: token, NewInvite: true}).Invite
}

func TestGuest_hasOneRoomAndNothingElse(t *testing.T) {
	w := newWorld(t)
	ann := w.create(chat.CreateRequest{Room: "plans:secret", AgentName: "Ann", Capacity: 4})
	other := w.join("plots", "Bob")
	ctx := guest(t, ann.Invite)
	bob, err := w.JoinRoom(ctx, chat.JoinRequest{AgentName: "Bob", Password: "not the secret"})
	if err != nil || bob.Status != chat.StatusJoined || bob.Room.Name != "plans" {
		t.Fatalf("Bob gets %+v, %v", bob, err)
	}
	if a, ok, err := w.Service.SeatOf(t.Context(), w.token(bob)); !ok || err != nil || !a.IsGuest() ||
		a.Principal != "" || a.Owner != "" {
		t.Errorf("he has %+v, %v", a, err)
	}
	cid, err := w.JoinRoom(ctx, chat.JoinRequest{Room: "Plans:whatever", AgentName: "Cid"})
	if err != nil || cid.Token[:ident.RoomChars] != ann.Token[:ident.RoomChars] {
		t.Fatalf("Cid gets %+v, %v", cid, err)
	}
	refusals := callsOfOthers(ctx, w)
	for what, call := range callsOf(ctx, w, other.Token) {
		refusals[what+" in another room"] = call
	}
	for what, call := range callsOf(ctx, w, ann.Token) {
		refusals[what+" for a seat that no invite gave"] = call
	}
	refusals["open the link of such a seat"] = func() error {
		_, err := w.Service.Supervise(ctx, chat.SuperviseRequest{Token: device(t, ann.Watch, "phone"),
			Claim: ann.Watch})
		return err
	}
	for what, call := range refusals {
		if err := w.changesNothing(ann.Token, call); fault.CodeOf(err) != fault.NotAllowed ||
			!strings.Contains(err.Error(), "invite") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if got, err := w.Send(ctx, chat.SendRequest{Token: bob.Token, Text: "hello"}); err != nil || !got.Sent {
		t.Errorf("Bob speaks: %+v, %v", got, err)
	}
	for _, req := range []chat.InfoRequest{{Room: "plans"}, {Token: cid.Token}} {
		if got, err := w.RoomInfo(ctx, req); err != nil || len(got.Room.Agents) != 3 {
			t.Errorf("the room is %+v, %v", got, err)
		}
	}
}

// Ann's room has three seats, and Eve has its first invite.
func TestInvite_thatGivesNoSeat_isRefusedAndSaysWhy(t *testing.T) {
	closes := func(w *world, ann chat.Seated) { w.update(chat.UpdateRequest{Token: ann.Token, Close: true}) }
	renames := func(w *world, ann chat.Seated) { w.update(chat.UpdateRequest{Token: ann.Token, Room: "plots"}) }
	after := func(d time.Duration) func(*world, chat.Seated) {
		return func(w *world, _ chat.Seated) { w.clock.Advance(d) }
	}
	for name, c := range map[string]struct {
		before func(w *world, ann chat.Seated)
		room   string // that Eve names
		code   fault.Code
		says   string
	}{
		"expired": {before: after(7 * day), code: fault.NotAllowed, says: "2026-03-08T12:00:00Z"},
		"renewed": {before: func(w *world, ann chat.Seated) { w.renew(ann.Token) }, code: fault.NotAllowed,
			says: "renewed"},
		"used up": {before: useUp, code: fault.NotAllowed, says: "Every seat"},
		"closed":  {before: closes, code: fault.RoomClosed, says: "has ended"},
		"left by all": {before: func(w *world, ann chat.Seated) { w.leave(ann.Token) }, code: fault.RoomClosed,
			says: "has ended"},
		"begun anew": {before: func(w *world, ann chat.Seated) {
			w.leave(ann.Token)
			w.join("plans", "Dan")
		}, code: fault.RoomClosed, says: "has ended"},
		"unused for a month":       {before: after(31 * day), code: fault.RoomClosed, says: "30 days"},
		"renamed":                  {before: renames},
		"renamed, by its old name": {before: renames, room: "plans", code: fault.NotAllowed, says: "leave room out"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			ann := w.create(chat.CreateRequest{Room: "plans", AgentName: "Ann", Capacity: 3})
			c.before(w, ann)
			for _, w := range []*world{w.elsewhere(), w} {
				got, err := w.JoinRoom(guest(t, ann.Invite), chat.JoinRequest{Room: c.room, AgentName: "Eve"})
				if fault.CodeOf(err) != c.code || err != nil && !strings.Contains(err.Error(), c.says) {
					t.Fatalf("got %+v, %v", got, err)
				}
				if c.code == "" {
					return
				}
			}
		})
	}
}

// useUp seats guests until Ann's first invite gives none.
func useUp(w *world, ann chat.Seated) {
	for n := range ann.Invite.Uses {
		if _, err := w.arrives(guest(w.t, ann.Invite), fmt.Sprint("G", n+1)); err != nil {
			w.t.Fatal(err)
		}
	}
}

func TestRace_manyGuestsForFewUses_exactlySoManyAreSeated(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		w := services[0]
		ann := w.create(chat.CreateRequest{Room: "plans", AgentName: "Ann", Capacity: 4})
		if err := w.capacity(ann.Token, 60); err != nil {
			t.Fatal(err)
		}
		ctx := guest(t, ann.Invite)
		out := atOnce(20, func(i int) (chat.Seated, error) {
			return services[i%len(services)].arrives(ctx, fmt.Sprint("Guest ", i))
		})
		expect(t, out, map[fault.Code]int{"": 3, fault.NotAllowed: 17})
		if got := w.info(ann.Token).Room.Agents; len(got) != 4 {
			t.Errorf("%d have a seat", len(got))
		}
	})
}

// Of guests that come while the invite is renewed, those whose join is later than that get
// no seat by the old one.
func TestRace_guestsAgainstARenewal_theOldInviteGivesNothingAfterIt(t *testing.T) {
	for name, renew := range map[string]func(*world, string) error{
		"order": func(w *world, token string) error {
			_, err := w.UpdateRoom(w.t.Context(), chat.UpdateRequest{Token: token, NewInvite: true})
			return err
		},
		"new password": func(w *world, token string) error {
			_, err := w.UpdateRoom(w.t.Context(), chat.UpdateRequest{Token: token, Password: "other"})
			return err
		},
		"ban": func(w *world, token string) error {
			_, err := w.ManageAgent(w.t.Context(),
				chat.ManageRequest{Token: token, Agents: []string{"Mal"}, Action: room.BanName})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			onEachTable(t, func(t *testing.T, services ...*world) {
				w := services[0]
				ann := w.create(chat.CreateRequest{Room: "plans", AgentName: "Ann", Capacity: 20})
				ctx := guest(t, ann.Invite)
				if _, err := w.arrives(ctx, "Mal"); err != nil {
					t.Fatal(err)
				}
				atOnce(10, func(i int) (chat.Seated, error) {
					if i == 5 {
						return chat.Seated{}, renew(services[0], ann.Token)
					}
					got, err := services[i%len(services)].arrives(ctx, fmt.Sprint("Guest ", i))
					if code := fault.CodeOf(err); code != "" && code != fault.NotAllowed {
						t.Errorf("guest %d: %v", i, err)
					}
					return got, err
				})
				renewed := 0
				for _, m := range w.elsewhere().history(ann.Token, chat.HistoryRequest{Limit: 100}).Messages {
					switch {
					case m.Changes != nil && m.Changes.Invite == "renewed":
						renewed++
					case m.Type == chat.EventJoined && renewed > 0:
						t.Errorf("%s joined after the renewal", m.Agent)
					}
				}
				if renewed != 1 {
					t.Errorf("the room shows %d renewals", renewed)
				}
			})
		})
	}
}

// Mal and Gil are guests by one invite; Cid has a key.
func TestGuest_thatIsToStayOut_hasNoInviteThatSeatsIt(t *testing.T) {
	ban := func(w *world, token, name string) chat.Invite {
		got := w.manage(token, room.BanName, name, chat.StatusBanned)
		if !got.Renewed || len(got.Room.Agents) != 3 {
			w.t.Errorf("the ban gives %+v", got)
		}
		return got.Invite
	}
	for what, keepOut := range map[string]func(w *world, ann, mal chat.Seated) chat.Invite{
		"banned": func(w *world, ann, _ chat.Seated) chat.Invite { return ban(w, ann.Token, "mal") },
		"left, and banned": func(w *world, ann, mal chat.Seated) chat.Invite {
			w.leave(mal.Token)
			return ban(w, ann.Token, "Mal")
		},
		"a new password": func(w *world, ann, mal chat.Seated) chat.Invite {
			w.leave(mal.Token)
			return w.update(chat.UpdateRequest{Token: ann.Token, Password: "other"}).Invite
		},
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t)
			key := asking(t, ident.Principal{ID: ident.KeyPrincipal("a1")})
			ann := w.create(chat.CreateRequest{Room: "plans:secret", AgentName: "Ann", Capacity: 9})
			old := guest(t, ann.Invite)
			mal, errMal := w.arrives(old, "Mal")
			gil, errGil := w.arrives(old, "Gil")
			if errMal != nil || errGil != nil {
				t.Fatal(errMal, errGil)
			}
			gils := w.person(gil)
			w.joinAs(key, "plans:secret", "Cid")
			w.clock.Advance(day)
			fresh := keepOut(w, ann, mal)
			if want := (chat.Invite{Code: fresh.Code, Uses: 6, Until: ann.Invite.Until}); fresh != want ||
				fresh.Code == ann.Invite.Code {
				t.Errorf("the admin gets %+v, want %+v", fresh, want)
			}
			for _, w := range []*world{w, w.elsewhere()} {
				_, err := w.arrives(old, "Somebody new")
				says(t, err, fault.NotAllowed, "renewed")
				_, err = w.RoomInfo(old, chat.InfoRequest{})
				says(t, err, fault.NotAllowed, "renewed")
				for _, token := range []string{gil.Token, gils} {
					if _, err := w.Wait(old, withCursor(chat.WaitRequest{Token: token})); err != nil {
						t.Errorf("a seat that the old invite gave is not admitted by it: %v", err)
					}
				}
			}
			if what != "a new password" {
				_, err := w.arrives(guest(t, fresh), "Ma1")
				says(t, err, fault.NotAllowed, "banned")
			}
			eve, err := w.arrives(guest(t, fresh), "Eve")
			if err != nil {
				t.Fatal(err)
			}
			for what, call := range callsOf(old, w, eve.Token) {
				if err := w.changesNothing(ann.Token, call); fault.CodeOf(err) != fault.NotAllowed ||
					!strings.Contains(err.Error(), "different invite") {
					t.Errorf("the old invite admits to a seat that the new one gave, to %s: %v", what, err)
				}
			}
			if _, err := w.Send(guest(t, fresh),
				chat.SendRequest{Token: gil.Token, Text: "moved to the new address"}); err != nil {
				t.Errorf("the new invite does not admit to an older seat: %v", err)
			}
		})
	}
}

// The seat of an agent that comes back is its own: what admitted it counts from then on.
func TestReturn_byOtherMeans_changesWhatAdmitsToTheSeat(t *testing.T) {
	w := newWorld(t)
	key := asking(t, ident.Principal{ID: ident.KeyPrincipal("a1"), Owner: "Bob's key"})
	ann := w.create(chat.CreateRequest{Room: "plans", AgentName: "Ann", Capacity: 3})
	w.joinAs(key, "plans", "Bob")
	ctx := guest(t, ann.Invite)
	w.refusal(ctx, "plans", "Bob", fault.NameTaken)
	w.manage(ann.Token, room.Kick, "Bob", chat.StatusKicked)
	bob, err := w.arrives(ctx, "Bob")
	if err != nil {
		t.Fatal(err)
	}
	a, _, err := w.Service.SeatOf(t.Context(), w.token(bob))
	if err != nil || !a.IsGuest() || a.Principal != "" || a.Owner != "" {
		t.Errorf("the seat is %+v, %v", a, err)
	}
	if got, err := w.Send(ctx, chat.SendRequest{Token: bob.Token, Text: "back"}); err != nil || !got.Sent {
		t.Errorf("he speaks: %+v, %v", got, err)
	}
}

// Its principal has the seat whichever way it comes, and the seat ends with the last way.
func TestSeat_carriesTheSignInByWhichItWasTakenOrRegained(t *testing.T) {
	w := newWorld(t)
	bob := ident.Principal{ID: ident.KeyPrincipal("a1"), Owner: "Bob's key"}
	w.joinAs(t.Context(), "plans", "Ann")
	for _, signIn := range []string{"s1", ""} {
		bob.SignIn = signIn
		got := w.joinAs(asking(t, bob), "plans", "Bob")
		a, _, err := w.Service.SeatOf(t.Context(), w.token(got))
		if err != nil || a.Principal != bob.ID || a.SignIn != signIn {
			t.Errorf("by %q: %+v, %v", signIn, a, err)
		}
		w.clock.Advance(room.RegainSilent)
	}
}

func TestMadeInvite_isAnyThatARoomHasMade(t *testing.T) {
	w := newWorld(t)
	ann := w.create(chat.CreateRequest{Room: "plans", AgentName: "Ann"})
	other := w.create(chat.CreateRequest{Room: "plots", AgentName: "Ann"})
	second := w.renew(ann.Token)
	code := func(v chat.Invite) ident.Invite {
		parsed, _ := ident.ParseInvite(v.Code)
		return parsed
	}
	moved, nowhere := code(other.Invite), ident.NewInvite("key", ident.NewRoomID(), 1)
	moved.Room = ann.Token[:ident.RoomChars]
	check := func(what string, v ident.Invite, want bool) {
		t.Helper()
		for _, w := range []*world{w, w.elsewhere()} {
			if got, err := w.Service.MadeInvite(t.Context(), v); got != want || err != nil {
				t.Errorf("%s: %t, %v", what, got, err)
			}
		}
	}
	check("the first", code(ann.Invite), true)
	check("the second", code(second), true)
	check("that of another room", moved, false)
	check("of no room", nowhere, false)
	w.update(chat.UpdateRequest{Token: ann.Token, Close: true})
	check("of a closed room, which its guests may read", code(second), true)
	w.clock.Advance(room.Life + time.Minute)
	check("of a room that has expired", code(other.Invite), false)
}

// An agent is told "join here" and given a link. It makes no room of the link, and joins.
func TestJoin_inviteAsRoomOrPassword_isThatInvite(t *testing.T) {
	onFiles(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		ann := w.create(chat.CreateRequest{Room: "plans:secret", AgentName: "Ann", Capacity: 20})
		code := ann.Invite.Code
		for i, given := range []string{code, strings.ToUpper(code), "  " + code + ".", "<" + code + ">",
			"https://parley.example/i/" + code, "HTTP://127.0.0.1:8080/I/" + strings.ToUpper(code) + "/MCP/",
			"parley.example:8443/i/" + code + "/mcp", "/i/" + code + "/mcp", "https%3A%2F%2Fh%2Fi%2F" + code + "%2Fmcp",
			code[:20] + "\n" + code[20:], "[join](https://h/i/" + code + "?a=b#c), please",
			"Add the MCP server https://h/i/" + code + "/mcp and call join_room with your agent_name."} {
			name := fmt.Sprint("G", i)
			req := chat.JoinRequest{Room: given, AgentName: name, Password: "not the secret", OnlyExisting: i%2 == 0}
			if i%3 == 1 {
				req.Room, req.Password = "plan", given // mistyped: no room has the name
			}
			got, err := there.JoinRoom(asks(there, ident.KeyPrincipal("b2")), req)
			if err != nil || got.Status != chat.StatusJoined || got.Room.Name != "plans" {
				t.Fatalf("%q: %+v, %v", given, got, err)
			}
			if a, ok, err := w.Service.SeatOf(t.Context(), w.token(got)); err != nil || !ok || a.Invite != 1 ||
				a.Principal != ident.KeyPrincipal("b2") {
				t.Errorf("%q: the seat is %+v, %v", given, a, err)
			}
			if sent, err := there.Send(asks(there, ident.KeyPrincipal("b2")), chat.SendRequest{Token: got.Token,
				Text: "hello from " + name}); err != nil || !sent.Sent {
				t.Errorf("%q: %+v, %v", given, sent, err)
			}
			if i == 0 {
				back, err := there.JoinRoom(asks(there, ident.KeyPrincipal("b2")), chat.JoinRequest{Token: got.Token,
					Room: "https://h/i/" + code})
				if err != nil || back.Status != chat.StatusReturned {
					t.Errorf("with its token: %+v, %v", back, err)
				}
			}
		}
		if got := w.info(ann.Token); got.Invite.Uses != 19-12 {
			t.Errorf("the invite gives %d more seats", got.Invite.Uses)
		}
	})
}

// A held agent stays held, and an invite of elsewhere makes no room. No refusal shows the invite.
func TestJoin_inviteThatDoesNotAdmit_isRefusedAndChangesNothing(t *testing.T) {
	w := newWorld(t)
	ann := w.create(chat.CreateRequest{Room: "plans", AgentName: "Ann", Capacity: 9})
	other := w.create(chat.CreateRequest{Room: "plots", AgentName: "Dan", Capacity: 9})
	first := ann.Invite
	held := asks(w, ident.KeyPrincipal("b2"))
	bob, err := w.JoinRoom(held, chat.JoinRequest{Room: first.Code, AgentName: "Bob"})
	wants(t, err, "")
	w.pauses(w.person(bob), true)
	w.manage(ann.Token, room.BanName, "Eve", chat.StatusBanned)
	newest := w.renew(ann.Token)
	foreign := ident.NewInvite("another key", bob.Token[:ident.RoomChars], 1).String()
	none := ident.NewInvite("another key", ident.NewRoomID(), 1).String()
	anybody := asks(w, ident.KeyPrincipal("c3"))
	for name, c := range map[string]struct {
		ctx   context.Context
		given string
		req   chat.JoinRequest
		code  fault.Code
		says  string
	}{
		"held":          {held, newest.Code, chat.JoinRequest{AgentName: "Rob"}, fault.Paused, "holds you"},
		"held, by name": {held, "plans", chat.JoinRequest{AgentName: "Rob"}, fault.Paused, "holds you"},
		"banned":        {anybody, newest.Code, chat.JoinRequest{AgentName: "Eve"}, fault.NotAllowed, "banned"},
		"renewed":       {anybody, first.Code, chat.JoinRequest{AgentName: "Cid"}, fault.NotAllowed, "renewed"},
		"made up":       {anybody, foreign, chat.JoinRequest{AgentName: "Cid"}, fault.InvalidArgument, "/mcp"},
		"elsewhere": {anybody, "https://h/i/" + none, chat.JoinRequest{AgentName: "Cid"}, fault.InvalidArgument,
			"/mcp"},
		"elsewhere, as password": {anybody, "plan", chat.JoinRequest{AgentName: "Cid", Password: none},
			fault.InvalidArgument, "/mcp"},
		"guest elsewhere": {guest(t, newest), none, chat.JoinRequest{AgentName: "Cid"}, fault.InvalidArgument, "/mcp"},
		"guest, another": {guest(t, newest), other.Invite.Code, chat.JoinRequest{AgentName: "Cid"}, fault.NotAllowed,
			"/mcp"},
		"guest, newer": {guest(t, first), newest.Code, chat.JoinRequest{AgentName: "Cid"}, fault.NotAllowed, "/mcp"},
		"seat of another": {anybody, other.Invite.Code, chat.JoinRequest{Token: ann.Token}, fault.InvalidArgument,
			"another room"},
		"the agent's name": {anybody, "plans", chat.JoinRequest{AgentName: newest.Code}, fault.InvalidArgument,
			"no name"},
	} {
		t.Run(name, func(t *testing.T) {
			c.req.Room = c.given
			err := w.changesNothing(ann.Token, func() error { _, err := w.JoinRoom(c.ctx, c.req); return err })
			if fault.CodeOf(err) != c.code || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v; want %s with %q", err, c.code, c.says)
			}
			if _, shown := ident.InviteIn(err.Error()); shown {
				t.Errorf("the refusal shows the invite: %v", err)
			}
		})
	}
	for what, do := range map[string]func() error{
		"create": func() error {
			_, err := w.CreateRoom(anybody, chat.CreateRequest{AgentName: "Cid", Password: "https://h/i/" + none})
			return err
		},
		"update": func() error {
			_, err := w.UpdateRoom(t.Context(), chat.UpdateRequest{Token: ann.Token, Password: newest.Code})
			return err
		},
	} {
		err := w.changesNothing(ann.Token, do)
		if fault.CodeOf(err) != fault.InvalidArgument || !strings.Contains(err.Error(), "the invite as room") {
			t.Errorf("%s with an invite as the password: %v", what, err)
		}
	}
	if got, err := w.JoinRoom(guest(t, newest), chat.JoinRequest{Room: first.Code, AgentName: "Cid"}); err != nil {
		t.Errorf("a guest names an older invite of its room: %+v, %v", got, err)
	}
}

// Whoever has a seat gets the seat back by an invite as by the name of the room, whatever has become of the invite.
// Nobody else does, and no use is spent.
func TestJoin_inviteInPlaceOfTheRoom_givesItsOwnSeatBack(t *testing.T) {
	for what, change := range map[string]func(w *world, ann chat.Seated){
		"good": func(*world, chat.Seated) {},
		"used up": func(w *world, ann chat.Seated) {
			for w.info(ann.Token).Invite.Uses > 0 {
				g, err := w.arrives(guest(w.t, ann.Invite), "G")
				wants(w.t, err, "")
				w.leave(g.Token)
			}
		},
		"renewed": func(w *world, ann chat.Seated) { w.renew(ann.Token) },
		"ended":   func(w *world, _ chat.Seated) { w.clock.Advance(room.InviteLife) },
	} {
		for _, byName := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, by name %t", what, byName), func(t *testing.T) {
				w := newWorld(t)
				ann := w.create(chat.CreateRequest{Room: "plans:secret", AgentName: "Ann", Capacity: 4})
				join := func(key string, given chat.JoinRequest) (chat.Seated, error) {
					given.AgentName = "Bob"
					return w.JoinRoom(asks(w, ident.KeyPrincipal(key)), given)
				}
				first := chat.JoinRequest{Room: ann.Invite.Code}
				if byName {
					first.Room = "plans:secret"
				}
				bob, err := join("b2", first)
				wants(t, err, "")
				change(w, ann)
				w.clock.Advance(room.RegainSilent)
				uses := w.info(ann.Token).Invite.Uses
				link := chat.JoinRequest{Room: "https://parley.example/i/" + ann.Invite.Code}
				back, err := join("b2", link)
				if err != nil || back.Status != chat.StatusReturned || w.token(back).Seat != w.token(bob).Seat {
					t.Errorf("Bob gets %+v, %v", back, err)
				}
				if _, err := join("c3", link); err == nil {
					t.Error("another gets the seat")
				}
				if got := w.info(ann.Token).Invite.Uses; got != uses {
					t.Errorf("of %d uses %d are left", uses, got)
				}
			})
		}
	}
}

// However its person holds an agent, an invite in place of the room gives it no further seat. A kick holds nobody.
func TestJoin_inviteInPlaceOfTheRoom_isNoWayAroundItsPerson(t *testing.T) {
	for how, c := range map[string]struct {
		hold func(w *world, ann chat.Seated, person string)
		code fault.Code
	}{
		"approve": {func(w *world, _ chat.Seated, person string) { w.approves(person, true) }, fault.Paused},
		"approve some": {func(w *world, _ chat.Seated, person string) {
			w.approvesSome(person, room.Selection{Private: true})
		}, fault.Paused},
		"kicked": {func(w *world, ann chat.Seated, _ string) {
			w.manage(ann.Token, room.Kick, "Bob", chat.StatusKicked)
		}, ""},
	} {
		t.Run(how, func(t *testing.T) {
			w := newWorld(t)
			ann := w.create(chat.CreateRequest{Room: "plans", AgentName: "Ann", Capacity: 9})
			by := ident.Principal{ID: ident.KeyPrincipal("b2"), Owner: "Bob's key"}
			bob, err := w.JoinRoom(asking(t, by), chat.JoinRequest{Room: ann.Invite.Code, AgentName: "Bob"})
			wants(t, err, "")
			c.hold(w, ann, w.person(bob))
			got, err := w.JoinRoom(asking(t, by), chat.JoinRequest{Room: ann.Invite.Code, AgentName: "Rob"})
			wants(t, err, c.code)
			if err != nil {
				return
			}
			if a, _, err := w.Service.SeatOf(t.Context(), w.token(got)); err != nil || a.Principal != by.ID ||
				a.Owner != by.Owner {
				t.Errorf("the seat is %+v, %v", a, err)
			}
		})
	}
}

// A link of another kind is no room's name, and the refusal does not show it.
func TestJoin_otherLinkInPlaceOfTheRoom_isRefused(t *testing.T) {
	w := newWorld(t)
	ann := w.create(chat.CreateRequest{Room: "plans", AgentName: "Ann", Capacity: 9})
	for what, secret := range map[string]string{"watch": ann.Watch, "view": w.view(ann.Token),
		"person": w.person(ann), "agent": ann.Token} {
		for _, given := range []string{secret, "https://parley.example/r/abcdefg#" + secret, "#" + secret,
			"open https://parley.example/v/" + secret + ", please"} {
			err := w.changesNothing(ann.Token, func() error {
				_, err := w.JoinRoom(t.Context(), chat.JoinRequest{Room: given, AgentName: "Bob"})
				return err
			})
			if fault.CodeOf(err) != fault.InvalidArgument || strings.Contains(strings.ToLower(err.Error()), secret) ||
				!strings.Contains(err.Error(), "to join it, an invite link") {
				t.Errorf("%s, %q: %v", what, given, err)
			}
		}
	}
	if rooms, err := w.ListRooms(t.Context(), chat.ListRequest{}); err != nil || len(rooms.Rooms) > 0 {
		t.Errorf("there is a public room: %+v, %v", rooms, err)
	}
}

func TestInvite_isNoNameInOtherCalls(t *testing.T) {
	w := newWorld(t)
	ann := w.create(chat.CreateRequest{Room: "plans", AgentName: "Ann", Capacity: 4})
	for _, given := range []string{ann.Invite.Code, "https://parley.example/i/" + ann.Invite.Code + "/mcp"} {
		for what, call := range map[string]func() error{
			"create": func() error {
				_, err := w.CreateRoom(t.Context(), chat.CreateRequest{Room: given, AgentName: "Bob"})
				return err
			},
			"look": func() error { _, err := w.RoomInfo(t.Context(), chat.InfoRequest{Room: given}); return err },
			"rename": func() error {
				_, err := w.UpdateRoom(t.Context(), chat.UpdateRequest{Token: ann.Token, Room: given})
				return err
			},
			"a person's name": func() error { return w.names(w.person(ann), given) },
			"manage": func() error {
				_, err := w.ManageAgent(t.Context(), chat.ManageRequest{Token: ann.Token, Agents: []string{given},
					Action: room.BanName})
				return err
			},
		} {
			if err := call(); fault.CodeOf(err) != fault.InvalidArgument || !strings.Contains(err.Error(), "invite") ||
				strings.Contains(err.Error(), ann.Invite.Code) {
				t.Errorf("%s %q: %v", what, given, err)
			}
		}
	}
}
