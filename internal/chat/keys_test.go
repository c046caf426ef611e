package chat_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/room"
)

// keyed returns the context of a call by the holder of a key.
func keyed(t *testing.T, id string) context.Context {
	return asking(t, ident.Asker{Principal: ident.KeyPrincipal(id), Owner: "key of " + id})
}

// Ann, the admin, and Bob have keys of their own. Somebody comes under the name of one of
// them, who has been silent for so long.
func TestKeys_whoComesUnderANameThatIsTaken(t *testing.T) {
	type caller func(t *testing.T, ann chat.Seated) context.Context
	holder := func(id string) caller {
		return func(t *testing.T, _ chat.Seated) context.Context { return keyed(t, id) }
	}
	others := map[string]caller{
		"the other's key": holder("other"),
		"a guest":         func(t *testing.T, ann chat.Seated) context.Context { return guest(t, ann.Invite) },
		"nobody":          func(t *testing.T, _ chat.Seated) context.Context { return t.Context() },
		"local": func(t *testing.T, _ chat.Seated) context.Context {
			return asking(t, ident.Asker{Principal: ident.Local})
		},
	}
	for who, by := range others {
		for _, c := range []struct {
			name   string
			silent time.Duration
			status chat.JoinStatus // "": the name is taken
		}{
			{"Bob", 15*minute - time.Second, ""}, {"Bob", 15 * minute, chat.StatusJoined},
			{"Ann", day - time.Second, ""}, {"Ann", day, chat.StatusJoined},
		} {
			w, ann := newKeyed(t)
			w.clock.Advance(c.silent)
			got, err := w.JoinRoom(by(t, ann), chat.JoinRequest{Room: "plans", AgentName: c.name})
			if got.Status != c.status || (err == nil) != (c.status != "") || err != nil && fault.CodeOf(err) != fault.NameTaken {
				t.Errorf("%s as %s after %s gets %q, %v", who, c.name, c.silent, got.Status, err)
				continue
			}
			if err != nil {
				continue
			}
			if me := agentIn(t, got.Room, c.name); me.Role != room.Member || me.Owner == "key of "+strings.ToLower(c.name) {
				t.Errorf("%s is %+v", who, me)
			}
			if read := texts(w.all(got.Token)); slices.Contains(read, betweenTwo) {
				t.Errorf("%s reads %q", who, read)
			}
		}
	}
	for _, name := range []string{"Ann", "Bob"} {
		w, _ := newKeyed(t)
		key := keyed(t, strings.ToLower(name))
		w.clock.Advance(2*minute - time.Second)
		w.refusal(key, "plans", name, fault.NameTaken)
		w.clock.Advance(time.Second)
		got := w.joinAs(key, "plans", name)
		if read := texts(w.all(got.Token)); got.Status != chat.StatusReturned || !slices.Contains(read, betweenTwo) {
			t.Errorf("by the key of the seat %s gets %q and reads %q", name, got.Status, read)
		}
		if me := agentIn(t, got.Room, name); (me.Role == room.Admin) != (name == "Ann") || me.Owner != "key of "+strings.ToLower(name) {
			t.Errorf("%s is %+v", name, me)
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

func TestKeys_fullRoom_listsTheSeatsOfTheKey(t *testing.T) {
	w, ann := newKeyed(t)
	eve, err := w.arrives(guest(t, ann.Invite), "Eve")
	if err != nil {
		t.Fatal(err)
	}
	w.say(eve.Token, "hello")
	w.clock.Advance(3 * minute)
	again := w.renew(ann.Token)
	if again.Code != "" {
		t.Errorf("a full room has an invite: %+v", again)
	}
	w.clock.Advance(2 * minute)
	for who, c := range map[string]struct {
		by   context.Context
		want []string
	}{
		"Bob's key": {keyed(t, "bob"), []string{"Bob"}},
		"another":   {keyed(t, "other"), nil},
		"nobody":    {t.Context(), nil},
	} {
		if got := w.refusal(c.by, "plans", "Zoe", fault.RoomFull).Yours; !slices.Equal(got, c.want) {
			t.Errorf("%s is told of %q, want %q", who, got, c.want)
		}
	}
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
