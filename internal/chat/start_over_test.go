package chat_test

import (
	"testing"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/view"
)

func TestStartOver_desertedRoom_isNewAtTheNextJoin(t *testing.T) {
	w := newWorld(t)
	ann := w.enter(chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: 5})
	said := w.say(ann.Token, "for nobody else")
	w.leave(ann.Token)
	bob := w.join("Plans", "Bob")
	if bob.Status != chat.StatusCreated || bob.Token[:7] == ann.Token[:7] {
		t.Fatalf("Bob got %+v", bob)
	}
	if bob.Room.Name != "Plans" || bob.Room.Capacity != 2 {
		t.Errorf("the new room is %+v", bob.Room)
	}
	same(t, "seats", seats(bob.Room), []string{"Bob (admin)"})
	w.sees(bob, []view.Message{{ID: said.ID}})
	for _, w := range []*world{w, w.elsewhere()} {
		if got, err := w.LeaveRoom(t.Context(), chat.LeaveRequest{Token: ann.Token}); err != nil || got.Status != chat.StatusAlreadyLeft {
			t.Errorf("Ann leaves again: %+v, %v", got, err)
		}
		_, err := w.History(t.Context(), chat.HistoryRequest{Token: ann.Token})
		wants(t, err, fault.Removed)
	}
}

// What the process has cached of the old room no longer counts.
func TestStartOver_inAnotherProcess_isNoticed(t *testing.T) {
	w := newWorld(t)
	here, there := w.elsewhere(), w.elsewhere()
	ann := here.join("plans", "Ann")
	there.leave(ann.Token)
	bob := there.join("plans", "Bob")
	cid := here.join("plans", "Cid")
	if cid.Status != chat.StatusJoined || cid.Token[:7] != bob.Token[:7] {
		t.Fatalf("Cid got %+v", cid)
	}
	_, err := here.Send(t.Context(), chat.SendRequest{Token: ann.Token, Text: "hello?"})
	wants(t, err, fault.Removed)
}

func TestStartOver_roomWithPassword_goesOn(t *testing.T) {
	w := newWorld(t)
	ann := w.join("plans:pw", "Ann")
	w.say(ann.Token, "for those who know the word")
	w.leave(ann.Token)
	_, err := w.tryJoin("plans", "Eve")
	wants(t, err, fault.WrongPassword)
	_, err = w.CreateRoom(t.Context(), chat.CreateRequest{Room: "plans", AgentName: "Eve"})
	wants(t, err, fault.RoomExists)
	bob := w.join("plans:pw", "Bob")
	if bob.Status != chat.StatusJoined || bob.Token[:7] != ann.Token[:7] {
		t.Fatalf("Bob got %+v", bob)
	}
	same(t, "seats", seats(bob.Room), []string{"Bob (admin)"})
	w.sees(bob, w.all(bob.Token), "for those who know the word")
}

func TestStartOver_desertedRoom_mayBeCreatedWithOtherSettings(t *testing.T) {
	w := newWorld(t)
	for _, first := range []bool{false, true} {
		for _, then := range []bool{false, true} {
			w.leave(w.create(chat.CreateRequest{Room: "plans", AgentName: "Ann", Public: first}).Token)
			bob := w.create(chat.CreateRequest{Room: "plans", AgentName: "Bob", Public: then, Description: "new"})
			if bob.Status != chat.StatusCreated || bob.Room.Public != then || bob.Room.Description != "new" {
				t.Errorf("public %v, then %v: %+v", first, then, bob)
			}
			list, err := w.ListRooms(t.Context(), chat.ListRequest{})
			if err != nil || len(list.Rooms) == 1 != then {
				t.Errorf("public %v, then %v: listed %+v, %v", first, then, list.Rooms, err)
			}
			w.leave(bob.Token)
		}
	}
}

func TestStartOver_publicRoomByJoin_isUnlisted(t *testing.T) {
	w := newWorld(t)
	w.leave(w.create(chat.CreateRequest{Room: "plans", AgentName: "Ann", Public: true}).Token)
	w.join("plans", "Bob")
	if list, err := w.ListRooms(t.Context(), chat.ListRequest{}); err != nil || len(list.Rooms) != 0 {
		t.Fatalf("listed %+v, %v", list.Rooms, err)
	}
}

func TestStartOver_joinWithAPassword_protectsTheNewRoom(t *testing.T) {
	w := newWorld(t)
	w.leave(w.join("plans", "Ann").Token)
	if got := w.join("plans:pw", "Bob"); got.Status != chat.StatusCreated || !got.Room.PasswordProtected {
		t.Fatalf("Bob got %+v", got)
	}
	_, err := w.tryJoin("plans", "Cid")
	wants(t, err, fault.WrongPassword)
}

func TestStartOver_desertedPublicRoom_isNeitherListedNorDescribed(t *testing.T) {
	w := newWorld(t)
	ann, err := w.CreateRoom(t.Context(), chat.CreateRequest{Room: "lounge", AgentName: "Ann", Public: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.LeaveRoom(t.Context(), chat.LeaveRequest{Token: ann.Token}); err != nil {
		t.Fatal(err)
	}
	list, err := w.ListRooms(t.Context(), chat.ListRequest{})
	if err != nil || len(list.Rooms) != 0 {
		t.Errorf("listed: %+v, %v", list, err)
	}
	_, err = w.RoomInfo(t.Context(), chat.InfoRequest{Room: "lounge"})
	wants(t, err, fault.RoomNotFound)
}
