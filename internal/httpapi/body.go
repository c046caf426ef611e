package httpapi

import (
	"errors"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/meter"
)

// readBody returns the whole body, if it has at most MaxBody bytes, arrives in time, and
// there is room for it beside those of other requests.
func (a *api) readBody(x *exchange, r *http.Request) ([]byte, *refusal) {
	a.readers.enter(x)
	body, err := io.ReadAll(&inflow{http.MaxBytesReader(x.ResponseWriter, r.Body, a.MaxBody), x.account})
	a.readers.leave(x)
	var over *http.MaxBytesError
	switch {
	case err == nil:
		// From here on reading only notices that the client leaves.
		x.readBy(time.Time{})
		return body, nil
	case errors.As(err, &over):
		return nil, a.tooLarge()
	case errors.Is(err, errCrowded):
		x.readBy(time.Now().Add(time.Second)) // the rest is not worth waiting for
		x.Header().Set("Retry-After", "2")
		return nil, &refusal{http.StatusServiceUnavailable, codeRefused, "The server has as many requests as it can hold. Nothing was done: repeat this one in 2 seconds."}
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, &refusal{http.StatusRequestTimeout, codeRefused, "The body did not arrive in time."}
	default:
		return nil, &refusal{http.StatusBadRequest, codeRefused, "The body ended too early."}
	}
}

var errCrowded = errors.New("no room for the body")

// inflow counts a body as it arrives.
type inflow struct {
	io.Reader
	account *meter.Account
}

// Read implements [io.Reader].
func (f *inflow) Read(p []byte) (int, error) {
	n, err := f.Reader.Read(p)
	if !f.account.Grow(n) {
		return n, errCrowded
	}
	return n, err
}

// readers are the requests whose body is still arriving.
type readers struct {
	mu       sync.Mutex
	open     map[*exchange]struct{}
	expiring bool
}

// lastBody is how long a body may take once the server is shutting down.
const lastBody = time.Second

func (s *readers) enter(x *exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = map[*exchange]struct{}{}
	}
	s.open[x] = struct{}{}
	if s.expiring {
		x.readBy(time.Now().Add(lastBody))
	}
}

func (s *readers) leave(x *exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, x)
}

// expireSoon leaves bodies little time, those that are arriving and those that follow.
func (s *readers) expireSoon() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expiring = true
	for x := range s.open {
		x.readBy(time.Now().Add(lastBody))
	}
}
