package password

import (
	"context"
	"testing"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/ratelimit"
)

func testPasswords() *Checker {
	return New(ratelimit.New(ratelimit.Limits{}, 0, clockwork.NewFakeClock()))
}

func TestPassword_wrongMissingOrUnwanted_isRefused(t *testing.T) {
	p := testPasswords()
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
		if err := p.Check(t.Context(), c.hash, c.password); fault.CodeOf(err) != c.code {
			t.Errorf("%q: %v, want %q", c.password, err, c.code)
		}
	}
	if none, err := p.Hash(t.Context(), ""); none != "" || err != nil {
		t.Errorf("the hash of no password is %q, %v", none, err)
	}
}

func TestPassword_whileTwoAreHashed_aThirdWaitsAndCanBeCanceled(t *testing.T) {
	p := testPasswords()
	if !p.slots.TryAcquire(2) || p.slots.TryAcquire(1) {
		t.Fatal("not two at once")
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
	p.slots.Release(2)
	if _, err := p.Hash(t.Context(), "open sesame"); err != nil {
		t.Fatal(err)
	}
}
