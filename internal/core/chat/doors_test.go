package chat_test

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

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
		chat.ManageRequest{Token: helper, AgentName: name, Action: room.Kick}); err != nil {
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
func TestDoors_attackerInEachRow(t *testing.T) {
	for what, c := range map[string]doorAttack{
		"token: made up": {attack: func(d *doors) (chat.Seated, error) {
			forged := ident.Token{Room: d.ann.Token[:7], Seat: 1, Secret: ident.NewSecret()}
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
		t.Run(what, func(t *testing.T) {
			d := newDoors(t, cmp.Or(c.capacity, 5))
			d.say(d.ann.Token, "to all who are here")
			d.alive(c.silent, d.cid.Token, d.mallory.Token)
			before := d.ann.Token[:7]
			got, err := c.attack(d)
			if fault.CodeOf(err) != c.code || got.Status != c.status ||
				err != nil && !strings.Contains(err.Error(), c.says) {
				t.Fatalf("he gets %q, %v", got.Status, err)
			}
			if refused := (*fault.Error)(nil); errors.As(err, &refused) && len(refused.Yours) > 0 {
				t.Errorf("he is told of the seats %q", refused.Yours)
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
			chat.ManageRequest{Token: got.Token, AgentName: "Ann", Action: action}); err == nil {
			d.t.Errorf("he may %s Ann", action)
		}
	}
}
