package access

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"
	"golang.org/x/sync/singleflight"

	"github.com/parley-chat/parley/internal/auth/signin"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/store/table"
)

// ErrSignedOut is the cause when the context of a call ends because the sign-in is gone: a *fault.Error for the caller.
var ErrSignedOut error = errSignedOut()

func errSignedOut() *fault.Error {
	return fault.Refuse(fault.KeyInvalid, "Your sign-in to this server has ended. Press Connect in your program "+
		"again, or use a key or an invite.")
}

// errAgentSignedOut is the refusal of the token of an agent whose program had signed in. Where people sign in with an
// account, the holder of the token can get no key.
func errAgentSignedOut() *fault.Error {
	return fault.Refuse(fault.KeyInvalid, "The sign-in of the agent whose token you sent has ended. Press Connect "+
		"again in the program of that agent, and let the agent join its room again.")
}

// halfSeen is how long reads may see the renewal of a token in part. Within this time after a renewal, a refused token
// is not remembered as wrong.
const halfSeen = 10 * time.Second

// signInKnown is a sign-in as the table had it.
type signInKnown struct {
	signin.Stored
	read time.Time // when the read began
}

// signIns are what a process knows of the sign-ins in its table, as a register is of the keys. The methods may be
// called concurrently.
type signIns struct {
	table    table.Table
	clock    clockwork.Clock
	resource string // for which sign-ins must have been made; "": none admits
	reads    singleflight.Group

	mu sync.Mutex
	of map[string]signInKnown // by id
}

// cached returns a sign-in as of the last read; ok is false if the read is not fresh. cached never reads.
func (s *signIns) cached(id string) (known signin.Stored, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, there := s.of[id]
	now := s.clock.Now()
	return k.Stored, there && now.Before(k.Expires) && now.Sub(k.read) < believed
}

// find reports whether there is a sign-in of a key. It reads the sign-in unless the last read is fresh.
func (s *signIns) find(ctx context.Context, key, id string) (bool, error) {
	if k, fresh := s.cached(id); fresh {
		return k.Key == key, nil
	}
	_, ok, err := s.read(ctx, key, id, "")
	return ok, err
}

// read reads a sign-in. Calls for the same sign-in with the same token share a read, since the token was there when the
// read began.
func (s *signIns) read(ctx context.Context, key, id, token string) (got signin.Stored, ok bool, err error) {
	type answer struct {
		got signin.Stored
		ok  bool
	}
	done := s.reads.DoChan(key+id+token, func() (any, error) {
		got, ok, err := s.get(context.WithoutCancel(ctx), key, id)
		return answer{got, ok}, err
	})
	select {
	case <-ctx.Done():
		return signin.Stored{}, false, ctx.Err()
	case result := <-done:
		a, _ := result.Val.(answer)
		return a.got, a.ok, result.Err
	}
}

// get reads a sign-in, and remembers or forgets it.
func (s *signIns) get(ctx context.Context, key, id string) (signin.Stored, bool, error) {
	began := s.clock.Now()
	it, err := s.table.Get(ctx, signin.KeyOf(key, id), table.Strong)
	if err != nil && !errors.Is(err, table.ErrNotFound) {
		return signin.Stored{}, false, err
	}
	var got signin.Stored
	if err == nil {
		got, err = signin.Decode(it)
		if err != nil {
			return signin.Stored{}, false, err
		}
	}
	there := err == nil && got.Resource == s.resource
	s.mu.Lock()
	defer s.mu.Unlock()
	if !there {
		delete(s.of, id)
		return signin.Stored{}, false, nil
	}
	if _, known := s.of[id]; !known {
		makeRoom(s.of)
	}
	s.of[id] = signInKnown{got, began}
	return got, true, nil
}

// signIn admits by an access token. The sign-in is read if this process has not read it for 30 seconds or knows another
// of its tokens, since another process may have renewed the token. The key of the sign-in is checked as the key of a
// call.
func (g *Gate) signIn(ctx context.Context, t ident.SignInSecret, address string) (ident.Principal, error) {
	if s, fresh := g.signIns.cached(t.ID); !fresh || !s.Admits(t, g.o.Clock.Now()) {
		err := g.lookUps.lookUp(ctx, t.String(), address, func() error { return g.checkSignIn(ctx, t) })
		if err != nil {
			return ident.Principal{}, g.outward(err)
		}
	}
	k, ok, err := g.keys.find(ctx, t.Key)
	if err == nil && !ok {
		err = errSignedOut()
	}
	if err != nil {
		return ident.Principal{}, g.outward(err)
	}
	g.keys.recordUse(ctx, k)
	return ident.Principal{ID: ident.KeyPrincipal(k.ID), Owner: k.Label, SignIn: t.ID}, nil
}

// checkSignIn reads the sign-in of a token, and refuses a token that the sign-in does not admit.
func (g *Gate) checkSignIn(ctx context.Context, t ident.SignInSecret) error {
	s, ok, err := g.signIns.read(ctx, t.Key, t.ID, t.Secret)
	now := g.o.Clock.Now()
	switch {
	case err != nil:
		return err
	case ok && s.Admits(t, now):
		return nil
	case ok && now.Sub(s.Turned) < halfSeen:
		return passing{error: errSignedOut()}
	}
	out := errSignedOut()
	if ok && s.Expired(t, now) {
		_, valid, err := g.keys.find(ctx, t.Key)
		if err != nil {
			return err
		}
		if valid {
			out.Reason = fault.ReasonExpired
		}
	}
	return out
}

// Guess calls f, which looks up a secret of a sign-in, when a turn of the network address comes. The error is the error
// of f, of the context, or RateLimited. What Bearer knows of the secret does not count, since Bearer admits by access
// tokens alone. A secret that f refuses waits for a turn before each further look-up. A secret is right if its holder
// has spent its limits.
func (g *Gate) Guess(ctx context.Context, secret, address string, f func() error) error {
	var spent error
	err := g.lookUps.lookUp(ctx, "sign-in "+secret, address, func() error {
		err := f()
		switch {
		case errors.Is(err, signin.ErrGrant) || errors.Is(err, signin.ErrTarget):
			return passing{error: err}
		case fault.CodeOf(err) == fault.RateLimited:
			spent = err
			return nil
		}
		return err
	})
	if err != nil {
		return err
	}
	return spent
}

// KeyEnds returns when the key or the account with an id ends, zero for never; ok is false if there is none.
func (g *Gate) KeyEnds(ctx context.Context, id string) (ends time.Time, ok bool, err error) {
	find := g.keys.find
	if ident.IsAccount(id) { // the account may have been confirmed again since the last read
		find = g.keys.get
	}
	k, ok, err := find(ctx, id)
	return k.Expires, ok, err
}
