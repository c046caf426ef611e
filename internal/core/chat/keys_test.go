package chat_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

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
