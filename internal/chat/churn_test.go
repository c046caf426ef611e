package chat

import (
	"fmt"
	"runtime"
	"testing"
	"time"
)

// TestRoom_whoHasLeft_isForgotten has many come, speak and go, as strangers may
// do all day in a room whose name they know.
func TestRoom_whoHasLeft_isForgotten(t *testing.T) {
	s := newService(t, Options{})
	ann, err := s.JoinRoom(t.Context(), JoinRequest{Room: "plans", AgentName: "Ann"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		bob, err := s.JoinRoom(t.Context(), JoinRequest{Room: "plans", AgentName: "Bob"})
		if err != nil {
			t.Fatal(err)
		}
		for _, token := range []string{ann.Token, bob.Token} {
			if _, err := s.Send(t.Context(), SendRequest{Token: token, Text: fmt.Sprintf("hello %d", i)}); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := s.LeaveRoom(t.Context(), bob.Token); err != nil || got != StatusLeft {
			t.Fatal(got, err)
		}
	}
	r := s.room(ann.Token[:roomChars])
	defer r.done()
	if f := r.known(); len(r.memos) != 1 || len(f.spoken) != 1 {
		t.Errorf("%d memos and %d utterances are kept of one agent", len(r.memos), len(f.spoken))
	}
	again := New(s.table, Options{Clock: s.clock})
	cold := again.room(r.id)
	defer cold.done()
	if f, err := cold.warm(t.Context()); err != nil || len(f.spoken) > 1 {
		t.Errorf("%d utterances are recalled, %v", len(f.spoken), err)
	}
}

// TestRoom_whoWasRemovedWhileItWaited_isForgotten: what its wait does at its end
// brings nothing back.
func TestRoom_whoWasRemovedWhileItWaited_isForgotten(t *testing.T) {
	s := newService(t, Options{Alone: true})
	ann, err := s.JoinRoom(t.Context(), JoinRequest{Room: "plans", AgentName: "Ann"})
	if err != nil {
		t.Fatal(err)
	}
	bob, err := s.JoinRoom(t.Context(), JoinRequest{Room: "plans", AgentName: "Bob"})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		got, err := s.Wait(t.Context(), WaitRequest{Token: bob.Token, Cursor: bob.Cursor, Wait: time.Minute})
		if err == nil && got.Status != StatusRemoved {
			err = fmt.Errorf("the wait of Bob ends with %s", got.Status)
		}
		ended <- err
	}()
	r := s.room(ann.Token[:roomChars])
	defer r.done()
	for waits := false; !waits; {
		r.mu.Lock()
		waits = r.waits[2] != nil
		r.mu.Unlock()
		runtime.Gosched()
	}
	if _, err := s.ManageAgent(t.Context(), ManageRequest{Token: ann.Token, AgentName: "Bob", Action: Kick}); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if len(r.memos) != 1 {
		t.Errorf("%d memos are kept of one agent", len(r.memos))
	}
}
