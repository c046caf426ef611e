package chat

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/table"
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
	for waits, late := false, time.Now().Add(20*time.Second); !waits; runtime.Gosched() {
		r.mu.Lock()
		waits = r.waits[2] != nil
		r.mu.Unlock()
		if time.Now().After(late) {
			t.Fatal("Bob does not wait")
		}
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

// TestPresence_behindAThousandOfThoseWhoLeft_isRead: what they said that they were
// doing lies before it, for an hour.
func TestPresence_behindAThousandOfThoseWhoLeft_isRead(t *testing.T) {
	s := newService(t, Options{})
	room, soon := newRoomID(), s.now().Add(time.Hour)
	put := func(k table.Key, data any) table.Op {
		return table.Put(table.Item{Key: k, Expires: soon, Data: encode(data)}, table.Always)
	}
	const last = table.MaxLimit + 1
	for seat := 1; seat < last; seat += table.MaxOps {
		var ops []table.Op
		for i := range table.MaxOps {
			ops = append(ops, put(activityKey(room, seat+i), activityItem{V: version, Text: "gone"}))
		}
		if err := s.table.Write(t.Context(), ops...); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.table.Write(t.Context(), put(seenKey(room, last), seenItem{V: version, AtMs: 1}), put(activityKey(room, last), activityItem{V: version, Text: "here"})); err != nil {
		t.Fatal(err)
	}
	r := s.room(room)
	defer r.done()
	seen, err := r.presence(t.Context(), table.Strong)
	if err != nil || len(seen) != 1 || seen[last].activity != "here" {
		t.Errorf("got %v, %v", seen, err)
	}
}
