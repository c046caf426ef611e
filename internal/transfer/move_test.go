package transfer_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/transfer"
)

// moves are the ways between two kinds of table, with what a house of each is
// opened by.
func moves() map[string][]func(*testing.T) house {
	return map[string][]func(*testing.T) house{
		"file to file":                 {inFile, inFile},
		"file to DynamoDB and back":    {inFile, inDynamoDB, inFile},
		"DynamoDB to another DynamoDB": {inDynamoDB, inDynamoDB},
	}
}

func TestMove_conversationGoesOnWhereItMovesTo(t *testing.T) {
	for name, way := range moves() {
		t.Run(name, func(t *testing.T) {
			at := way[0](t)
			ann, bob := at.join("tea:with milk", "Ann"), at.join("tea:with milk", "Bob")
			var said []string
			for i, next := range append(way[1:], nil) {
				for n := range 70 { // more than one page of what is read and written
					text := fmt.Sprintf("word %d in house %d", n, i)
					at.say([]*speaker{ann, bob}[n%2], text)
					said = append(said, text)
				}
				if i%2 == 0 {
					at.listen(ann) // Bob's cursor stays where it was
				}
				if next == nil {
					break
				}
				to := next(t)
				if did := to.imports(at.export("tea")); did.Rooms != 1 || did.There != 0 {
					t.Fatalf("imported %+v", did)
				}
				at = to
			}
			at.listen(ann)
			at.listen(bob)
			wantHalves(t, said, ann, bob)
		})
	}
}

// wantHalves fails unless each of the two heard what the other said, in order.
func wantHalves(t *testing.T, said []string, ann, bob *speaker) {
	t.Helper()
	var even, odd []string
	for n, text := range said {
		if n%2 == 0 {
			even = append(even, text)
		} else {
			odd = append(odd, text)
		}
	}
	if !slices.Equal(ann.heard, odd) || !slices.Equal(bob.heard, even) {
		t.Errorf("Ann heard %d and Bob %d, want %d and %d:\n%q\n%q", len(ann.heard), len(bob.heard), len(odd), len(even), ann.heard, bob.heard)
	}
}

func TestMove_allRooms_areTheSameToTheByte(t *testing.T) {
	for name, way := range moves() {
		t.Run(name, func(t *testing.T) {
			from := way[0](t)
			from.furnish()
			want := from.content()
			for _, next := range way[1:] {
				to := next(t)
				to.imports(from.export(""))
				from = to
			}
			back := inFile(t) // files alone have an order of rooms
			back.imports(from.export(""))
			inOrder := inFile(t)
			inOrder.imports([]byte(want))
			if got := back.content(); got != inOrder.content() {
				t.Errorf("the rooms are\n%s\nand were\n%s", got, want)
			}
		})
	}
}

// furnish makes rooms of every kind.
func (h house) furnish() {
	h.t.Helper()
	for n := range 5 {
		s := h.join(fmt.Sprint("room ", n), "Ann")
		h.say(s, "<hello> & \u2028 \"quoted\" ☕")
	}
	listed, err := h.CreateRoom(h.t.Context(), chat.CreateRequest{Room: "the Öffentliche", AgentName: "Eve", Password: "a quiet garden", Public: true, Description: "Two\nlines."})
	if err != nil {
		h.t.Fatal(err)
	}
	h.say(&speaker{token: listed.Token}, "Welcome.")
	gone := h.join("room 0", "Dan")
	if _, err := h.LeaveRoom(h.t.Context(), gone.token); err != nil {
		h.t.Fatal(err)
	}
	// A deserted room whose name begins anew: the old one is reached by tokens only.
	for range 2 {
		s := h.join("deserted", "Ann")
		h.say(s, "Nobody is here.")
		if _, err := h.LeaveRoom(h.t.Context(), s.token); err != nil {
			h.t.Fatal(err)
		}
	}
}

func TestMove_passwordListingAndSettings_comeAlong(t *testing.T) {
	from, to := inFile(t), inFile(t)
	from.furnish()
	to.imports(from.export("THE ÖFFENTLICHE"))
	list, err := to.ListRooms(t.Context(), chat.ListRequest{})
	if err != nil || len(list.Rooms) != 1 || list.Rooms[0].Name != "the Öffentliche" || !list.Rooms[0].PasswordProtected {
		t.Fatalf("listed are %+v, %v", list, err)
	}
	for password, want := range map[string]chat.Code{"guess": chat.WrongPassword, "a quiet garden": ""} {
		_, err := to.JoinRoom(t.Context(), chat.JoinRequest{Room: "the Öffentliche", AgentName: "Fay", Password: password})
		if chat.CodeOf(err) != want {
			t.Errorf("with the password %q: %v, want %q", password, err, want)
		}
	}
}

func TestMove_repeatedMessage_isKnownInTheNewHouse(t *testing.T) {
	from, to := inFile(t), inFile(t)
	ann := from.join("tea", "Ann")
	first := from.say(ann, "the reply to this was lost")
	from.say(ann, "another one")
	to.imports(from.export("tea"))
	if again := to.say(ann, "the reply to this was lost"); again != first {
		t.Errorf("said once more it is message %d, and was %d", again, first)
	}
}

func TestMove_backToTheOldHouse_bringsItForward(t *testing.T) {
	old, other := inFile(t), inFile(t)
	ann, bob := old.join("tea", "Ann"), old.join("tea", "Bob")
	old.say(ann, "first")
	other.imports(old.export(""))
	other.say(ann, "second")
	carol := other.join("tea", "Carol")
	other.say(carol, "third")
	if did := old.imports(other.export("")); did.Rooms != 1 {
		t.Fatalf("imported %+v", did)
	}
	old = old.opened()
	old.say(ann, "fourth")
	old.listen(bob)
	old.listen(carol)
	if want := []string{"first", "second", "third", "fourth"}; !slices.Equal(bob.heard, want) {
		t.Errorf("Bob heard %q, want %q", bob.heard, want)
	}
	if want := []string{"fourth"}; !slices.Equal(carol.heard, want) {
		t.Errorf("Carol heard %q, want %q", carol.heard, want)
	}
}

func TestMove_olderExport_leavesTheRoomAsItIs(t *testing.T) {
	h := inFile(t)
	ann := h.join("tea", "Ann")
	old := h.export("")
	h.say(ann, "since then")
	before := h.content()
	if did := h.imports(old); did != (transfer.Summary{There: 1}) {
		t.Errorf("imported %+v", did)
	}
	if h.content() != before {
		t.Error("the room was changed")
	}
}

func TestMove_backUnderAnotherName_freesTheOldOne(t *testing.T) {
	old, other := inFile(t), inFile(t)
	ann := old.join("tea", "Ann")
	other.imports(old.export(""))
	if _, err := other.UpdateRoom(t.Context(), chat.UpdateRequest{Token: ann.token, Room: "coffee"}); err != nil {
		t.Fatal(err)
	}
	other.join("tea", "Zoe") // a new room of the old name comes along
	old.imports(other.export(""))
	if got, want := old.content(), other.content(); got != want {
		t.Errorf("the rooms are\n%s\nwant\n%s", got, want)
	}
	old = old.opened()
	for room, agent := range map[string]string{"coffee": "Ann", "tea": "Zoe"} {
		if _, err := old.JoinRoom(t.Context(), chat.JoinRequest{Room: room, AgentName: agent}); chat.CodeOf(err) != chat.NameTaken {
			t.Errorf("%s joins %s: %v, want that the name is taken there", agent, room, err)
		}
	}
}

func TestMove_closedRoom_staysClosed(t *testing.T) {
	from, to := inFile(t), inFile(t)
	ann := from.join("tea", "Ann")
	if _, err := from.UpdateRoom(t.Context(), chat.UpdateRequest{Token: ann.token, Close: true}); err != nil {
		t.Fatal(err)
	}
	to.imports(from.export(""))
	if _, err := to.Send(t.Context(), chat.SendRequest{Token: ann.token, Text: "Is anybody here?"}); chat.CodeOf(err) != chat.RoomClosed {
		t.Errorf("%v, want that the room is closed", err)
	}
	to.join("tea", "Bob") // its name is free
}
