package chat

import (
	"context"
	"strings"
	"testing"
)

func TestPassword_keptForm_holdsNeitherThePasswordNorTheSameTwice(t *testing.T) {
	s := New(nil, Options{})
	one, err1 := s.hashPassword(t.Context(), "open sesame")
	two, err2 := s.hashPassword(t.Context(), "open sesame")
	if err1 != nil || err2 != nil || one == two || strings.Contains(one, "sesame") {
		t.Fatalf("kept as %q and %q, %v, %v", one, two, err1, err2)
	}
	for password, code := range map[string]Code{
		"open sesame": "", "": WrongPassword, "open": WrongPassword, "open sesame ": WrongPassword, "Open sesame": WrongPassword,
	} {
		if err := s.checkPassword(t.Context(), one, password); CodeOf(err) != code {
			t.Errorf("%q: %v", password, err)
		}
	}
	if none, err := s.hashPassword(t.Context(), ""); none != "" || err != nil {
		t.Errorf("no password is kept as %q, %v", none, err)
	}
}

// TestPassword_keptOfLongAgo_stillOpens holds the stored form fast: rooms keep it.
func TestPassword_keptOfLongAgo_stillOpens(t *testing.T) {
	s := New(nil, Options{})
	const kept = "AAAAAAAAAAAAAAAAAAAAAA$6zLoFHNsA8NsgRy0IxW0Edbh+3hGXSdaXjgeGfr64IU"
	if err := s.checkPassword(t.Context(), kept, "open sesame"); err != nil {
		t.Error(err)
	}
}

func TestPassword_twoAreBeingComputed_aThirdWaitsAndMayGiveUp(t *testing.T) {
	s := New(nil, Options{})
	if !s.passwords.TryAcquire(2) || s.passwords.TryAcquire(1) {
		t.Fatal("not two at once")
	}
	ctx, cancel := context.WithCancel(t.Context())
	got := make(chan error, 1)
	go func() {
		_, err := s.hashPassword(ctx, "open sesame")
		got <- err
	}()
	cancel()
	if err := <-got; err != context.Canceled {
		t.Fatalf("got %v", err)
	}
	s.passwords.Release(2)
	if _, err := s.hashPassword(t.Context(), "open sesame"); err != nil {
		t.Fatal(err)
	}
}
