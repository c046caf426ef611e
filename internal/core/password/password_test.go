package password

import (
	"context"
	"testing"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
)

func TestPassword_wrongMissingOrUnwanted_isRefused(t *testing.T) {
	clock := clockwork.NewFakeClock()
	p := New(storeOn(sqlitetest.Open(t, clock), clock), free)
	hash, err := p.Hash(t.Context(), "open sesame")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		hash, password string
		code           fault.Code
	}{
		{hash, "open sesame", ""}, {hash, "", fault.WrongPassword}, {hash, "open", fault.WrongPassword},
		{"", "", ""}, {"", "open sesame", fault.WrongPassword}, {"malformed", "open sesame", fault.Internal},
	} {
		h := &room.Head{State: room.State{ID: "room", Settings: room.Settings{Password: c.hash}}}
		if err := p.Check(t.Context(), h, c.password); fault.CodeOf(err) != c.code {
			t.Errorf("%q: %v, want %q", c.password, err, c.code)
		}
	}
	if none, err := p.Hash(t.Context(), ""); none != "" || err != nil {
		t.Errorf("the hash of no password is %q, %v", none, err)
	}
}

func TestPassword_whileTwoAreHashed_aThirdWaitsAndCanBeCanceled(t *testing.T) {
	v := newVault(t)
	p := v.process()
	var leave func()
	for range core.MaxHashes {
		var err error
		leave, err = p.hashing.enter(t.Context(), false)
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	got := make(chan error, 1)
	go func() {
		_, err := p.Hash(ctx, "open sesame")
		got <- err
	}()
	cancel()
	if err := <-got; err != context.Canceled {
		t.Fatalf("got %v", err)
	}
	late, end := context.WithTimeout(t.Context(), 0)
	defer end()
	if _, err := p.Hash(late, "open sesame"); fault.CodeOf(err) != fault.Unavailable {
		t.Errorf("who waited too long: %v", err)
	}
	if err := p.Check(late, v.room, "right"); fault.CodeOf(err) != fault.Unavailable {
		t.Errorf("who waited too long for a check: %v", err)
	}
	leave()
	if _, err := p.Hash(t.Context(), "open sesame"); err != nil {
		t.Fatal(err)
	}
}
