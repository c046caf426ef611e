package e2e

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
)

// Eve guesses refresh tokens, all from one address. She knows the ids in one of Ann's, whose program comes from
// another.
func TestAttack_signIn_guesses(t *testing.T) {
	s := newSignsIn(t, "https://parley.example")
	pair := s.signedInBy(s.newKey("Ann"))
	known, ok := ident.ParseSignIn(pair.Refresh)
	if !ok {
		t.Fatal("the token has another form")
	}
	const ann, eve = 1, 66
	reads := func() float64 { return s.metric(`parley_table_operations_total{kind="read"}`) }
	n, before, began := max(100, scaled(800)), reads(), time.Now()
	ctx, stop := context.WithCancel(t.Context())
	var guesses sync.WaitGroup
	for range n {
		guesses.Go(func() {
			guess := ident.NewSignInSecret(ident.RefreshToken, known.Key, known.ID).String()
			got, err := s.refresh(ctx, eve, guess)
			if err == nil && got.Error != "invalid_grant" && got.Status != http.StatusTooManyRequests {
				t.Errorf("a guess gets %d %s", got.Status, got.Error)
			}
		})
	}
	await(t, "the guesses come in", func() bool { return reads() >= before+20 })
	asked := time.Now()
	if next, err := s.refresh(t.Context(), ann, pair.Refresh); err != nil || next.Access == "" {
		t.Errorf("Ann's program gets %d %s, %v", next.Status, next.Error, err)
	}
	took := time.Since(asked)
	stop()
	guesses.Wait()
	cost, most := reads()-before, 2*(25+time.Since(began).Seconds()) // two reads for each turn, and for Ann
	if cost > most || took > 2*time.Second {
		t.Errorf("%d guesses cost %v reads, want %v at most; Ann's program waited %v", n, cost, most, took)
	}
	attacks(t, "%d guesses of tokens where programs sign in cost %v reads; beside them another program waited %d ms", n,
		cost, took.Milliseconds())
}
