package access

import (
	"context"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/ident"
)

// watchEvery is how often the key of a call that lasts is looked after. The key may have
// been read just before it was revoked, and is then believed for a while, so that both
// together stay under a minute.
const watchEvery = 20 * time.Second

// ErrRevoked is why the context of a call ends whose key is gone. It is a *fault.Error that
// the caller may see.
var ErrRevoked error = fault.Refuse(fault.KeyInvalid,
	"The key that admitted you was revoked, or has expired. Ask the person who runs the server for another one.")

// watches look after the keys of calls that last: one check for all calls of a key.
type watches struct {
	keys *register

	mu sync.Mutex
	of map[string]*watch // by the id of the key
}

// watch is about one key. It ends with the last of its calls.
type watch struct {
	id    string
	calls map[*context.CancelCauseFunc]struct{}
	timer clockwork.Timer
}

func newWatches(keys *register) *watches { return &watches{keys: keys, of: map[string]*watch{}} }

// Watch returns a context for a call of asker. It ends with the cause [ErrRevoked] within a
// minute after the key that admitted asker is gone, or later while the table does not answer. The
// caller must call stop when the call is over.
func (g *Gate) Watch(ctx context.Context, asker ident.Principal) (watched context.Context, stop func()) {
	id := ident.KeyOf(asker.ID)
	if id == "" {
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	w := g.watches.add(id, &cancel)
	return ctx, func() {
		g.watches.remove(w, &cancel)
		cancel(nil)
	}
}

// Admits reports whether a principal that was admitted earlier would still be: its key is there.
func (g *Gate) Admits(ctx context.Context, principal string) (bool, error) {
	id := ident.KeyOf(principal)
	if id == "" {
		return true, nil
	}
	_, ok, err := g.keys.find(ctx, id)
	return ok, err
}

func (s *watches) add(id string, call *context.CancelCauseFunc) *watch {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.of[id]
	if w == nil {
		w = &watch{id: id, calls: map[*context.CancelCauseFunc]struct{}{}}
		w.timer = s.keys.clock.AfterFunc(watchEvery, func() { s.check(w) })
		s.of[id] = w
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

// end ends a watch. s.mu is held.
func (s *watches) end(w *watch) {
	w.timer.Stop()
	if s.of[w.id] == w {
		delete(s.of, w.id)
	}
}

// check ends the calls of a watch if the key is gone, and looks again later otherwise.
func (s *watches) check(w *watch) {
	_, ok, err := s.keys.find(context.Background(), w.id)
	gone := err == nil && !ok
	s.mu.Lock()
	calls := w.calls
	switch {
	case gone:
		w.calls = nil
		s.end(w)
	case len(calls) > 0:
		w.timer.Reset(watchEvery)
	}
	s.mu.Unlock()
	if gone {
		for cancel := range calls {
			(*cancel)(ErrRevoked)
		}
	}
}
