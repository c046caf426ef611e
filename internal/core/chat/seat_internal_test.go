package chat

import (
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
)

// The tokens have a guessed secret or a seat that was never given.
func TestToken_wellFormedButWrong_isRefused(t *testing.T) {
	s := newService(t, Options{})
	got, err := s.JoinRoom(t.Context(), JoinRequest{Room: "plans", AgentName: "Ann"})
	if err != nil {
		t.Fatal(err)
	}
	own, _ := ident.ParseToken(got.Token)
	for _, wrong := range []ident.Token{
		{Room: own.Room, Seat: own.Seat, Secret: ident.NewSecret()},
		{Room: own.Room, Seat: own.Seat - 1, Secret: own.Secret},
		{Room: own.Room, Seat: own.Seat + 1, Secret: own.Secret},
	} {
		token := wrong.String()
		_, join := s.JoinRoom(t.Context(), JoinRequest{Token: token})
		_, send := s.Send(t.Context(), SendRequest{Token: token, Text: "hello"})
		_, wait := s.Wait(t.Context(), WaitRequest{Token: token})
		_, history := s.History(t.Context(), HistoryRequest{Token: token})
		_, info := s.RoomInfo(t.Context(), InfoRequest{Token: token})
		_, leave := s.LeaveRoom(t.Context(), LeaveRequest{Token: token})
		for i, err := range []error{join, send, wait, history, info, leave} {
			if fault.CodeOf(err) != fault.TokenInvalid {
				t.Errorf("call %d with seat %d: %v", i, wrong.Seat, err)
			}
		}
	}
	if info, err := s.RoomInfo(t.Context(), InfoRequest{Token: got.Token}); err != nil || info.Earlier != 0 {
		t.Errorf("afterwards the room is %+v, %v", info, err)
	}
}

func TestCursor_beyondTheHead_isIgnored(t *testing.T) {
	s := newService(t, Options{})
	got, err := s.JoinRoom(t.Context(), JoinRequest{Room: "plans", AgentName: "Ann"})
	if err != nil {
		t.Fatal(err)
	}
	own, _ := ident.ParseToken(got.Token)
	for n, ignored := range map[int64]bool{0: false, 1: false, 2: true, 1 << 29: true} {
		w, err := s.Wait(t.Context(), WaitRequest{Token: got.Token, Cursor: ident.Cursor{N: n}.String(own)})
		if err != nil || w.Situation.CursorIgnored != ignored {
			t.Errorf("at %d: %+v, %v", n, w, err)
		}
	}
}

// Later messages up to such a cursor must still be delivered.
func TestCursor_beyondTheHeadInASend_acknowledgesNothing(t *testing.T) {
	s := newService(t, Options{SingleProcess: true})
	var seats [2]Seated
	for i, name := range []string{"Ann", "Bob"} {
		var err error
		seats[i], err = s.JoinRoom(t.Context(), JoinRequest{Room: "plans", AgentName: name})
		if err != nil {
			t.Fatal(err)
		}
	}
	bob, _ := ident.ParseToken(seats[1].Token)
	if _, err := s.Wait(t.Context(), WaitRequest{Token: seats[1].Token}); err != nil {
		t.Fatal(err)
	}
	got, err := s.Send(t.Context(), SendRequest{Token: seats[1].Token, Text: "from ahead",
		Cursor: ident.Cursor{N: 50}.String(bob)})
	if err != nil || !got.Waited.Situation.CursorIgnored {
		t.Fatalf("%+v, %v", got, err)
	}
	if _, err := s.Send(t.Context(), SendRequest{Token: seats[0].Token, Text: "for Bob"}); err != nil {
		t.Fatal(err)
	}
	w, err := s.Wait(t.Context(), WaitRequest{Token: seats[1].Token})
	if err != nil || len(w.Messages) != 1 || w.Messages[0].Text != "for Bob" {
		t.Errorf("Bob receives %+v, %v", w, err)
	}
}

// An agent can compute any cursor of its seat, so a cursor must not decide what the
// agent sees.
func TestCursor_beforeTheJoin_showsNothingOfThatTime(t *testing.T) {
	s := newService(t, Options{})
	seated := func(name string) Seated {
		got, err := s.JoinRoom(t.Context(), JoinRequest{Room: "plans", AgentName: name})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	ann, bob := seated("Ann"), seated("Bob")
	for _, text := range []string{"between the two of us", "really"} {
		if _, err := s.Send(t.Context(), SendRequest{Token: ann.Token, Text: text}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.LeaveRoom(t.Context(), LeaveRequest{Token: bob.Token}); err != nil {
		t.Fatal(err)
	}
	cid, _ := ident.ParseToken(seated("Cid").Token)
	got, err := s.Wait(t.Context(), WaitRequest{Token: cid.String(), Cursor: ident.Cursor{N: 0}.String(cid)})
	if err != nil || len(got.Messages) != 0 {
		t.Errorf("Cid got %+v, %v", got, err)
	}
}
