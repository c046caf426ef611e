package access

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
)

// watchEvery is how often a process checks the key of a call that lasts. watchEvery and believed together are less than
// a minute: a key that was read just before its revocation is believed until then.
const watchEvery = 20 * time.Second

// ErrRevoked is the cause when the context of a call ends because the key is gone: a *fault.Error for the caller.
var ErrRevoked error = fault.Refuse(fault.KeyInvalid,
	"The key that admitted you was revoked, or has expired. Ask the person who runs the server for another one.")

// watches check the keys and sign-ins of calls that last, with one check for all calls of a key or a sign-in.
type watches struct {
	keys    *register
	signIns *signIns

	mu sync.Mutex
	of map[admission]*watch
}

// admission is what admitted a caller: a key, and the sign-in with that key, if there is one.
type admission struct{ key, signIn string }

// watch checks one admission, until the last of its calls ends.
type watch struct {
	by    admission
	calls map[*context.CancelCauseFunc]struct{}
	timer clockwork.Timer
}

func newWatches(keys *register, signIns *signIns) *watches {
	return &watches{keys: keys, signIns: signIns, of: map[admission]*watch{}}
}

// Watch returns a context for a call of asker. The context ends with the cause [ErrRevoked] or [ErrSignedOut] within a
// minute after the key or the sign-in that admitted asker is gone, or later while the table does not answer. The caller
// must call stop when the call is over.
func (g *Gate) Watch(ctx context.Context, asker ident.Principal) (watched context.Context, stop func()) {
	by := admission{ident.KeyOf(asker.ID), asker.SignIn}
	if by.key == "" {
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	w := g.watches.add(by, &cancel)
	return ctx, func() {
		g.watches.remove(w, &cancel)
		cancel(nil)
	}
}

// Admits reports whether a principal that was admitted earlier would be admitted now: its key and its sign-in are
// there. signIn is "" for a principal without a sign-in.
func (g *Gate) Admits(ctx context.Context, principal, signIn string) (bool, error) {
	by := admission{ident.KeyOf(principal), signIn}
	if by.key == "" {
		return true, nil
	}
	gone, err := g.watches.gone(ctx, by)
	return err == nil && gone == nil, err
}

// gone returns why an admission is no longer valid; nil if it is valid.
func (s *watches) gone(ctx context.Context, by admission) (why, err error) {
	if _, ok, err := s.keys.find(ctx, by.key); err != nil || !ok {
		if ident.IsAccount(by.key) {
			return ErrSignedOut, err
		}
		return ErrRevoked, err
	}
	if by.signIn == "" {
		return nil, nil
	}
	if ok, err := s.signIns.find(ctx, by.key, by.signIn); err != nil || !ok {
		return ErrSignedOut, err
	}
	return nil, nil
}

func (s *watches) add(by admission, call *context.CancelCauseFunc) *watch {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.of[by]
	if w == nil {
		w = &watch{by: by, calls: map[*context.CancelCauseFunc]struct{}{}}
		w.timer = s.keys.clock.AfterFunc(watchEvery, func() { s.check(w) })
		s.of[by] = w
	}
	w.calls[call] = struct{}{}
	return w
}

func (s *watches) remove(w *watch, call *context.CancelCauseFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(w.calls, call)
	if len(w.calls) == 0 {
		s.end(w)
	}
}

// end ends a watch. The caller holds s.mu.
func (s *watches) end(w *watch) {
	w.timer.Stop()
	if s.of[w.by] == w {
		delete(s.of, w.by)
	}
}

// check ends the calls of a watch if their admission is gone; else it runs again after watchEvery.
func (s *watches) check(w *watch) {
	why, err := s.gone(context.Background(), w.by)
	gone := err == nil && why != nil
	var calls []*context.CancelCauseFunc
	s.mu.Lock()
	switch {
	case gone:
		calls = slices.Collect(maps.Keys(w.calls))
		s.end(w)
	case len(w.calls) > 0:
		w.timer.Reset(watchEvery)
	}
	s.mu.Unlock()
	for _, cancel := range calls { // without s.mu, since a call that ends acquires s.mu
		(*cancel)(why)
	}
}
