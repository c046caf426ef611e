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
