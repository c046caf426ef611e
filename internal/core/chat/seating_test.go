package chat_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// local is the context of a caller on the server's own machine.
func (w *world) local() context.Context {
	return ident.WithPrincipal(w.t.Context(), ident.Principal{ID: ident.Local})
}

// joinAs joins as the caller of ctx.
func (w *world) joinAs(ctx context.Context, room, agent string) chat.Seated {
	w.t.Helper()
	got, err := w.JoinRoom(ctx, chat.JoinRequest{Room: room, AgentName: agent})
	if err != nil {
		w.t.Fatalf("%s joins: %v", agent, err)
	}
	return got
}

// refusal returns the refusal of a join by the caller of ctx.
func (w *world) refusal(ctx context.Context, room, agent string, code fault.Code) *fault.Error {
	w.t.Helper()
	_, err := w.JoinRoom(ctx, chat.JoinRequest{Room: room, AgentName: agent})
	wants(w.t, err, code)
	var refused *fault.Error
	errors.As(err, &refused)
	return refused
}

// Bob does something and falls silent. Then an agent joins as Bob: as its principal, or
// as a stranger. The times count from the end of what Bob does.
//
// talk: the way back
func TestWayBack_nameOfASilentAgent_isFreeAfterThisTime(t *testing.T) {
	wait := func(w *world, req chat.WaitRequest) {
		open := w.open(w.t.Context(), req)
		w.clock.Advance(req.Wait)
		take(w.t, open)
	}
	for name, c := range map[string]struct {
		does          func(w *world, bob chat.Seated)
		own, stranger time.Duration
	}{
		"has never used its token": {func(*world, chat.Seated) {}, 20 * time.Second, room.UnusedLease},
		"looked in": {func(w *world, bob chat.Seated) { w.look(bob.Token, "") }, 2 * time.Minute,
			room.Lease},
		"spoke, then waited": {func(w *world, bob chat.Seated) {
			w.say(bob.Token, "hello")
			wait(w, chat.WaitRequest{Token: bob.Token, Wait: longWait})
		}, 2 * time.Minute, room.Lease},
		"said that it would be away": {func(w *world, bob chat.Seated) { w.leaves(bob, time.Hour) }, 2 * time.Minute,
			time.Hour + room.Lease},
		"left a program on standby": {func(w *world, bob chat.Seated) {
			w.look(bob.Token, "")
			wait(w, chat.WaitRequest{Token: bob.Token, Wait: time.Minute, Standby: true})
		}, time.Minute, room.Lease},
	} {
		t.Run(name, func(t *testing.T) {
			for who, ctx := range map[string]func(w *world) context.Context{
				"its principal": (*world).local, "a stranger": func(w *world) context.Context { return w.t.Context() },
			} {
				w := newWorld(t)
				w.enter(chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: 3})
				bob := w.joinAs(w.local(), "plans", "Bob")
				c.does(w, bob)
				safe, retry, status := c.stranger, time.Minute, chat.StatusJoined
				if who == "its principal" {
					safe, retry, status = c.own, c.own, chat.StatusReturned
				}
				if e := w.refusal(ctx(w), "plans", "bob", fault.NameTaken); e.RetryAfter != retry {
					t.Errorf("%s may retry after %s, want %s", who, e.RetryAfter, retry)
				}
				w.elsewhere().refusal(ctx(w), "plans", "bob", fault.NameTaken)
				w.clock.Advance(safe - time.Second)
				w.refusal(ctx(w), "plans", "bob", fault.NameTaken)
				w.clock.Advance(time.Second)
				if got := w.joinAs(ctx(w), "plans", "bob"); got.Status != status {
					t.Errorf("%s gets %q", who, got.Status)
				}
			}
		})
	}
}

func TestWayBack_samePrincipal_hasTheWholeSeatAgain(t *testing.T) {
	onFiles(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		ann := w.joinAs(w.local(), "plans", "Ann") // the admin
		bob := w.join("plans", "Bob")
		w.tell(bob.Token, "for Ann's eyes", "Ann")
		cursor := w.look(ann.Token, ann.Cursor).Cursor
		w.clock.Advance(time.Minute) // so that its position is stored
		w.look(ann.Token, cursor)
		w.say(ann.Token, "my own words")
		w.adds(bob.Token, "sand")
		w.task(ann.Token, chat.CommandTake, "t1")
		id := w.ask(bob.Token, "are you there?", "Ann")
		w.clock.Advance(2 * time.Minute)
		back := there.joinAs(there.local(), "plans", "Ann")
		if back.Status != chat.StatusReturned || back.Token == ann.Token || back.Hidden != 0 ||
			back.Situation.Owes != id {
			t.Errorf("Ann gets %+v", back)
		}
		same(t, "seats", seats(back.Room), []string{"Ann (admin)", "Bob (member)"})
		same(t, "after the cursor she receives", texts(back.Messages), []string{"my own words", "are you there?"})
		same(t, "and reads back", texts(there.all(back.Token)),
			[]string{"for Ann's eyes", "my own words", "are you there?"})
		for _, w := range services {
			tasks := w.lists(chat.TaskListRequest{Token: back.Token}).Tasks
			same(t, "the list", board(tasks), []string{"t1 sand taken Ann"})
			if !tasks[0].Mine {
				t.Error("her task is no longer hers")
			}
			_, err := w.send(chat.SendRequest{Token: ann.Token, Text: "it is me"})
			wants(t, err, fault.TokenInvalid)
			if !strings.Contains(err.Error(), "an agent of the same user") {
				t.Errorf("the ended token is told: %v", err)
			}
		}
	})
}

func TestWayBack_strangerAfterTheLease_getsANewSeatThatShowsNothing(t *testing.T) {
	onFiles(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		ann, bob := w.enter(chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: 3}), w.join("plans", "Bob")
		w.say(ann.Token, "the plan is secret")
		w.say(bob.Token, "Bob agrees with it")
		w.tell(bob.Token, "for Ann's eyes", "Ann")
		w.clock.Advance(room.Lease)
		heir := there.join("plans", "BOB")
		if heir.Status != chat.StatusJoined || heir.Token[7:12] == bob.Token[7:12] || heir.Hidden != 2 {
			t.Errorf("the new Bob gets %+v", heir)
		}
		same(t, "seats", seats(heir.Room), []string{"Ann (admin)", "BOB (member)"})
		same(t, "it reads back", texts(there.all(heir.Token)), nil)
		for _, w := range services {
			_, err := w.send(chat.SendRequest{Token: bob.Token, Text: "it is me"})
			wants(t, err, fault.Removed)
		}
		same(t, "Ann sees", lines(w.look(ann.Token, ann.Cursor).Messages[3:]),
			[]string{"left Bob (timeout)", "joined BOB"})
	})
}

// A program on standby keeps waiting with the old token.
func TestWayBack_openWaitOfTheEndedToken_endsAndGetsNothing(t *testing.T) {
	w := newWorld(t)
	ann := w.join("plans", "Ann")
	bob := w.joinAs(w.local(), "plans", "Bob")
	bob.Cursor = w.look(bob.Token, "").Cursor
	w.clock.Advance(2 * time.Minute)
	shell := w.shell(bob)
	w.joinAs(w.local(), "plans", "Bob")
	w.tell(ann.Token, "for the true Bob", "Bob")
	got := take(t, shell)
	if got.Status != chat.StatusRemoved || got.Situation.Reason != room.ReasonReturned || len(got.Messages) != 0 {
		t.Errorf("the program gets %+v", got)
	}
	w.clock.Advance(20 * time.Minute)
	back := w.joinAs(w.local(), "plans", "Bob")
	same(t, "the third Bob receives", texts(back.Messages), []string{"for the true Bob"})
	if got := w.look(back.Token, ""); got.Status == chat.StatusRemoved {
		t.Error("the third Bob is removed by the return of the second")
	}
}

// A sender is kicked between its message and the wait for an answer. What it has not read shows only by a cursor.
func TestSend_kickedBeforeItsWait_getsWhatWasUnread(t *testing.T) {
	for _, blind := range []bool{false, true} {
		w := newWorld(t)
		ann := w.join("plans", "Ann")
		bob := w.join("plans", "Bob")
		w.sayAs(ann.Token, room.Status, "unread")
		req, want := chat.SendRequest{Token: bob.Token, Text: "tea?", Wait: time.Minute, Said: func() {
			w.manage(ann.Token, room.Kick, "Bob", chat.StatusKicked)
		}}, []string(nil)
		if !blind {
			req.Cursor, want = bob.Cursor, []string{"unread"}
		}
		got := w.sends(req).Waited
		if got.Status != chat.StatusRemoved || got.Situation.Reason != room.ReasonKicked {
			t.Errorf("blind %t: %+v", blind, got)
		}
		same(t, fmt.Sprintf("blind %t: Bob hears", blind), texts(got.Messages), want)
	}
}

// The token ends between the message and the wait for an answer.
func TestSend_tokenEndsBeforeItsWait_waitsNotAndGetsNothing(t *testing.T) {
	for _, cursor := range []bool{false, true} {
		for _, person := range []bool{false, true} {
			w := newWorld(t)
			ann := w.join("plans", "Ann")
			bob := w.joinAs(w.local(), "plans", "Bob")
			token, newer := bob.Token, chat.Seated{}
			if person {
				token = w.person(bob)
			}
			req := chat.SendRequest{Token: token, Text: "tea?", Wait: time.Minute}
			if cursor {
				req.Cursor = w.look(token, "").Cursor
			}
			var wait <-chan answer
			req.Said = func() {
				if person {
					for i := range core.MaxDevices {
						newer.Token, _ = w.opens(w.newLink(token), fmt.Sprint("device ", i))
					}
				} else {
					w.clock.Advance(room.RegainSilent)
					newer = w.joinAs(w.local(), "plans", "Bob")
				}
				w.tell(ann.Token, "for the newer one", "Bob")
				newer.Cursor = w.look(newer.Token, "").Cursor
				wait = w.hold(newer)[0]
			}
			sent := make(chan chat.Sent, 1)
			go func() { sent <- w.sends(req) }()
			select {
			case got := <-sent:
				if got.Waited.Status != chat.StatusRemoved || got.Waited.Situation.Reason != room.ReasonReturned ||
					texts(got.Waited.Messages) != nil {
					t.Errorf("person %t, cursor %t: %+v", person, cursor, got.Waited)
				}
			case <-time.After(chat.Patience):
				t.Errorf("person %t, cursor %t: it waits", person, cursor)
			}
			w.stillWaits("the newer one", wait)
			w.say(ann.Token, "tea")
			same(t, "the newer one hears", texts(take(t, wait).Messages), []string{"tea"})
		}
	}
}

// doors is a room with its attacker. Ann, its admin, and Bob have the local principal. Cid
// and Mallory are guests behind a proxy, who share one link: they have no principal, though
// their calls come from the address of Ann's. Ann and Bob talk in private.
type doors struct {
	*world
	ann, bob, cid, mallory chat.Seated
}

const betweenTwo = "between Ann and Bob"

// guest and key are callers that are not the local principal.
func (d *doors) guest() context.Context { return ident.WithAddress(d.t.Context(), "127.0.0.1") }
func (d *doors) key() context.Context {
	return ident.WithPrincipal(d.guest(), ident.Principal{ID: "key:mallory"})
}

// newDoors seats all four and as many as capacity leaves seats for free.
func newDoors(t *testing.T, capacity int) *doors {
	w := newWorld(t)
	d := &doors{world: w}
	local := ident.WithAddress(w.local(), "127.0.0.1")
	got, err := w.JoinRoom(local, chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: capacity})
	if err != nil {
		t.Fatal(err)
	}
	d.ann, d.bob = got, d.joinAs(local, "plans", "Bob")
	d.cid, d.mallory = d.joinAs(d.guest(), "plans", "Cid"), d.joinAs(d.guest(), "plans", "Mallory")
	d.tell(d.ann.Token, betweenTwo, "Bob")
	d.tell(d.bob.Token, betweenTwo, "Ann")
	d.alive(0, d.cid.Token, d.mallory.Token)
	return d
}

// alive lets so much time pass, in which these agents call every minute or, if that is
// often, before their leases end.
func (d *doors) alive(long time.Duration, tokens ...string) {
	step := max(time.Minute, long/100)
	for end := d.clock.Now().Add(long); ; d.clock.Advance(min(step, end.Sub(d.clock.Now()))) {
		for _, token := range tokens {
			d.look(token, "")
		}
		if !d.clock.Now().Before(end) {
			return
		}
	}
}

// as joins under a name, as the caller of ctx.
func (d *doors) as(ctx context.Context, name string) (chat.Seated, error) {
	return d.JoinRoom(ctx, chat.JoinRequest{Room: "plans", AgentName: name})
}

// inPlace knocks under a name that is taken, has an agent kick its owner, and joins.
func (d *doors) inPlace(name, helper string) (chat.Seated, error) {
	d.refusal(d.guest(), "plans", name, fault.NameTaken)
	if _, err := d.ManageAgent(d.guest(),
		chat.ManageRequest{Token: helper, Agents: []string{name}, Action: room.Kick}); err != nil {
		return chat.Seated{}, err
	}
	return d.as(d.guest(), name)
}

const minute = time.Minute

// doorAttack is what an attacker does, and what comes of it.
type doorAttack struct {
	capacity int           // 5, with one free seat, if it is 0
	silent   time.Duration // of Ann and Bob, while the others call
	attack   func(d *doors) (chat.Seated, error)
	code     fault.Code      // that refuses him; "": he gets a seat
	status   chat.JoinStatus // if he does
	says     string          // in the refusal
	alone    bool            // nobody else is left, so the room is his
}

// At no way to a seat does an attacker get a role, or read what was private to others.
// How long each name is safe is a matter of room.SeatRequest.
func TestDoors_attacker_getsNoRoleAndReadsNothingPrivate(t *testing.T) {
	for name, c := range map[string]doorAttack{
		"token: made up": {attack: func(d *doors) (chat.Seated, error) {
			forged := d.token(d.ann)
			forged.Secret = ident.NewSecret()
			return d.JoinRoom(d.guest(), chat.JoinRequest{Token: forged.String()})
		}, code: fault.TokenInvalid},
		"token: of a seat that its principal regained": {silent: 2 * minute,
			attack: func(d *doors) (chat.Seated, error) {
				d.joinAs(d.local(), "plans", "Bob")
				return d.JoinRoom(d.guest(), chat.JoinRequest{Token: d.bob.Token})
			}, code: fault.TokenInvalid, says: "an agent of the same user"},
		"principal: the admin's name through a proxy": {silent: 23 * time.Hour,
			attack: func(d *doors) (chat.Seated, error) {
				return d.as(d.guest(), "Ann")
			}, code: fault.NameTaken},
		"principal: the admin's name by another key": {silent: 23 * time.Hour,
			attack: func(d *doors) (chat.Seated, error) {
				return d.as(d.key(), "Ann")
			}, code: fault.NameTaken},
		"principal: a guest's name by another guest of its link": {attack: func(d *doors) (chat.Seated, error) {
			d.alive(15*minute-time.Second, d.mallory.Token)
			return d.as(d.guest(), "Cid")
		}, code: fault.NameTaken},
		"kicked: by himself, the admin": {silent: 20 * minute, attack: func(d *doors) (chat.Seated, error) {
			return d.inPlace("Ann", d.mallory.Token)
		}, code: fault.NotAllowed},
		"kicked: by the admin, who is taken in by him": {silent: minute,
			attack: func(d *doors) (chat.Seated, error) {
				return d.inPlace("Bob", d.ann.Token)
			}, status: chat.StatusJoined},
		"a member's name: after its lease": {silent: 15 * minute, attack: func(d *doors) (chat.Seated, error) {
			return d.as(d.guest(), "Bob")
		}, status: chat.StatusJoined},
		"an admin's name: after a day": {silent: day, attack: func(d *doors) (chat.Seated, error) {
			return d.as(d.guest(), "Ann")
		}, status: chat.StatusJoined},
		"an admin's name: after a day, and nobody else is left": {attack: func(d *doors) (chat.Seated, error) {
			for _, token := range []string{d.bob.Token, d.cid.Token, d.mallory.Token} {
				d.leave(token)
			}
			d.clock.Advance(day)
			return d.as(d.guest(), "Ann")
		}, status: chat.StatusJoined, alone: true},
		"a full room: the seat of a silent member": {capacity: 4, silent: 15 * minute,
			attack: func(d *doors) (chat.Seated, error) {
				return d.as(d.guest(), "Eve")
			}, status: chat.StatusJoined},
		"a full room: begun anew": {capacity: 4, attack: func(d *doors) (chat.Seated, error) {
			d.clock.Advance(15 * minute)
			return d.as(d.guest(), "Eve")
		}, status: chat.StatusCreated},
		"a full room: made larger for who knocked": {capacity: 4, attack: func(d *doors) (chat.Seated, error) {
			d.refusal(d.guest(), "plans", "Eve", fault.RoomFull)
			if err := d.world.capacity(d.ann.Token, 5); err != nil {
				d.t.Fatal(err)
			}
			return d.as(d.guest(), "Eve")
		}, status: chat.StatusJoined},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDoors(t, cmp.Or(c.capacity, 5))
			d.say(d.ann.Token, "to all who are here")
			d.alive(c.silent, d.cid.Token, d.mallory.Token)
			before := d.ann.Token[:7]
			got, err := c.attack(d)
			if fault.CodeOf(err) != c.code || got.Status != c.status ||
				err != nil && !strings.Contains(err.Error(), c.says) {
				t.Fatalf("he gets %q, %v", got.Status, err)
			}
			if err == nil {
				d.harmless(got, c, before)
			}
		})
	}
}

// harmless fails if a seat of the room, or of one in its place, shows anything that was
// private, or has a role that it must not have.
func (d *doors) harmless(got chat.Seated, c doorAttack, before string) {
	d.t.Helper()
	if read := texts(d.all(got.Token)); slices.Contains(read, betweenTwo) || len(read) > 0 {
		d.t.Errorf("he reads %q", read)
	}
	me := agentIn(d.t, got.Room, got.Name)
	if got.Token[:7] != before { // the room is his, and shows nothing
		return
	}
	if (me.Role == room.Admin) != c.alone {
		d.t.Errorf("he is %+v", me)
	}
	for _, action := range []room.Action{room.BanName, room.Kick, room.Demote} {
		if _, err := d.ManageAgent(d.guest(),
			chat.ManageRequest{Token: got.Token, Agents: []string{"Ann"}, Action: action}); err == nil {
			d.t.Errorf("he may %s Ann", action)
		}
	}
}

func TestTakeover_ownerCallsDuringIt_keepsTheSeat(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	p := w.pair()
	w.clock.Advance(room.UnusedLease)
	newcomer := w.onTop(&interrupted{afterLook: func() { w.look(p.bob.Token, "") }})
	_, err := newcomer.tryJoin("plans", "Cid")
	waitsFor(t, err, fault.RoomFull, 15*time.Minute)
	same(t, "seats", seats(w.info(p.bob.Token).Room), []string{"Ann (admin)", "Bob (member)"})
}

func TestTakeover_ownerSpeaksDuringIt_keepsTheSeat(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	p := w.pair()
	w.clock.Advance(room.UnusedLease)
	newcomer := w.onTop(&interrupted{afterLook: func() { w.say(p.bob.Token, "I am back") }})
	_, err := newcomer.tryJoin("plans", "Cid")
	waitsFor(t, err, fault.RoomFull, 15*time.Minute)
}

func TestTakeover_ownerLeavesDuringIt_newcomerGetsTheSeat(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	p := w.pair()
	newcomer := w.onTop(&interrupted{afterLook: func() { w.leave(p.bob.Token) }})
	same(t, "seats", seats(newcomer.join("plans", "Cid").Room), []string{"Ann (admin)", "Cid (member)"})
	same(t, "Ann receives", lines(w.look(p.ann.Token, p.ann.Cursor).Messages),
		[]string{"left Bob (left)", "joined Cid"})
}

// keyed returns the context of a call by the holder of a key.
func keyed(t *testing.T, id string) context.Context {
	return asking(t, ident.Principal{ID: ident.KeyPrincipal(id), Owner: "key of " + id})
}

// Ann, the admin, and Bob have keys of their own and talk in private. Both are silent.
func TestKeys_nameOfASilentAgent_isThatOfItsKey(t *testing.T) {
	for _, name := range []string{"Ann", "Bob"} {
		for _, id := range []string{"ann", "bob", "other"} {
			w, _ := newKeyed(t)
			w.clock.Advance(2 * minute)
			got, err := w.JoinRoom(keyed(t, id), chat.JoinRequest{Room: "plans", AgentName: name})
			own := id == strings.ToLower(name)
			if !own {
				wants(t, err, fault.NameTaken)
				w.clock.Advance(day)
				got = w.joinAs(keyed(t, id), "plans", name)
			}
			read := texts(w.all(got.Token))
			if (got.Status == chat.StatusReturned) != own || slices.Contains(read, betweenTwo) != own {
				t.Errorf("%s as %s gets %q and reads %q", id, name, got.Status, read)
			}
			if me := agentIn(t, got.Room, name); me.Owner != "key of "+id ||
				(me.Role == room.Admin) != (own && name == "Ann") {
				t.Errorf("%s as %s is %+v", id, name, me)
			}
		}
	}
}

// newKeyed is a room of three seats in which Ann and Bob talk in private.
func newKeyed(t *testing.T) (w *world, ann chat.Seated) {
	w = newWorld(t)
	ann, err := w.CreateRoom(keyed(t, "ann"), chat.CreateRequest{Room: "plans", AgentName: "Ann", Capacity: 3})
	if err != nil {
		t.Fatal(err)
	}
	bob := w.joinAs(keyed(t, "bob"), "plans", "Bob")
	w.tell(ann.Token, betweenTwo, "Bob")
	w.tell(bob.Token, betweenTwo, "Ann")
	return w, ann
}

func TestKeys_owner_isShownToThoseWithASeat(t *testing.T) {
	w, ann := newKeyed(t)
	if _, err := w.arrives(guest(t, ann.Invite), "Eve"); err != nil {
		t.Fatal(err)
	}
	var owners []string
	for _, a := range w.elsewhere().info(ann.Token).Room.Agents {
		owners = append(owners, a.Owner)
	}
	same(t, "owners", owners, []string{"key of ann", "key of bob", ""})
	outside, err := w.RoomInfo(t.Context(), chat.InfoRequest{Room: "plans"})
	if err != nil || outside.Room.Agents[0].Owner != "" {
		t.Errorf("from outside: %+v, %v", outside.Room, err)
	}
}
