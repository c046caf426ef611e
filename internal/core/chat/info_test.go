package chat_test

import (
	"context"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

func TestInfo_byName_needsThePassword(t *testing.T) {
	w := newWorld(t)
	w.join("plans:pw", "Ann")
	for name, c := range map[string]struct {
		req  chat.InfoRequest
		code fault.Code
	}{
		"right":          {chat.InfoRequest{Room: "Plans", Password: "pw"}, ""},
		"after the name": {chat.InfoRequest{Room: "Plans:pw"}, ""},
		"none":           {chat.InfoRequest{Room: "plans"}, fault.WrongPassword},
		"wrong":          {chat.InfoRequest{Room: "plans:px"}, fault.WrongPassword},
		"two":            {chat.InfoRequest{Room: "plans:pw", Password: "px"}, fault.InvalidArgument},
		"no such room":   {chat.InfoRequest{Room: "plots"}, fault.RoomNotFound},
		"no name at all": {chat.InfoRequest{}, fault.InvalidArgument},
	} {
		got, err := w.RoomInfo(t.Context(), c.req)
		if fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil {
			same(t, name, seats(got.Room), []string{"Ann (admin)"})
		}
	}
}

// Who holds an invite learns the name of a person who runs the room, and who is a person without an agent. Who has no
// invite learns of no person.
func TestInfo_withoutASeat_tellsOfPersonsToTheInvitedAlone(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	if err := w.capacity(p.ann.Token, 3); err != nil {
		t.Fatal(err)
	}
	w.sits(t.Context(), "Pam")
	for person, name := range map[string]string{w.person(p.ann): "Anna", w.person(p.bob): "Robert"} {
		if err := w.names(person, name); err != nil {
			t.Fatal(err)
		}
	}
	shown := func(ctx context.Context) (out []string) {
		got, err := w.RoomInfo(ctx, chat.InfoRequest{Room: "plans"})
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range got.Room.Agents {
			out = append(out, a.Name+"/"+string(a.Role)+"/"+a.PersonName)
		}
		return out
	}
	invited := guest(t, w.info(p.ann.Token).Invite)
	same(t, "an agent runs it", shown(invited), []string{"Ann/admin/Anna", "Bob//", "Pam//Pam"})
	same(t, "to a stranger", shown(t.Context()), []string{"Ann/admin/", "Bob//", "Pam//"})
	w.manage(p.ann.Token, room.Promote, "Pam", chat.StatusPromoted)
	same(t, "a person without an agent, too", shown(invited), []string{"Ann/admin/Anna", "Bob//", "Pam/admin/Pam"})
	same(t, "to a stranger, too", shown(t.Context()), []string{"Ann/admin/", "Bob//", "Pam/admin/"})
}

func TestInfo_roomStartedOverDuringIt_describesTheNewOne(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	ann := w.join("plans", "Ann")
	looker := w.onTop(&interrupted{afterName: func() {
		w.leave(ann.Token)
		w.join("plans", "Bob")
	}})
	got, err := looker.RoomInfo(t.Context(), chat.InfoRequest{Room: "plans"})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "seats", seats(got.Room), []string{"Bob (admin)"})
}
