package httpapi

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/base/sanitize"
	"github.com/parley-chat/parley/internal/observe/meter"
)

// readBody returns the whole body but for a byte order mark at its start, if it has at most so many bytes, arrives in
// time, and there is room for it beside those of other requests. Memory is bounded: a client that sends a byte and
// stops must block nobody.
func (a *api) readBody(x *exchange, r *http.Request, most int64) ([]byte, *refusal) {
	var body []byte
	err := x.account.Arrive()
	if err == nil {
		a.readers.enter(x)
		body, err = arrive(x.account, http.MaxBytesReader(x.ResponseWriter, r.Body, most), r.ContentLength)
		a.readers.leave(x)
	}
	var over *http.MaxBytesError
	switch {
	case err == nil:
		// From here on reading only notices that the client leaves.
		x.readBy(time.Time{})
		return bytes.TrimPrefix(body, []byte(sanitize.ByteOrderMark)), nil
	case errors.As(err, &over):
		return nil, a.tooLarge()
	case errors.Is(err, meter.ErrFull):
		return nil, x.crowded("The server has as many requests as it can hold. Nothing was done: repeat this one in " +
			"2 seconds.")
	case errors.Is(err, meter.ErrShare):
		return nil, x.crowded("Your address has as many open requests as the server allows. Nothing was " +
			"done: repeat this one in 2 seconds, and send fewer at once.")
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, &refusal{http.StatusRequestTimeout, codeRefused, "The body did not arrive in time."}
	default:
		return nil, &refusal{http.StatusBadRequest, codeRefused, "The body ended too early."}
	}
}

// crowded refuses a body for which there is no room.
func (x *exchange) crowded(sentence string) *refusal {
	x.readBy(time.Now().Add(time.Second)) // the rest is not worth waiting for
	x.Header().Set("Retry-After", "2")
	return &refusal{http.StatusServiceUnavailable, codeRefused, sentence}
}

// arrive reads a body of the announced length; -1 if that is not known. Its buffer grows
// with what has arrived: somebody who only announces a large body takes no memory for it.
func arrive(account *meter.Account, body io.Reader, announced int64) ([]byte, error) {
	// With a byte more than the body has, its end is seen without growing.
	text := make([]byte, 0, roomFor(meter.FreeBody, announced))
	for {
		n, err := body.Read(text[len(text):cap(text)])
		text = text[:len(text)+n]
		switch {
		case errors.Is(err, io.EOF):
			return text, account.Arrived(cap(text))
		case err != nil:
			return nil, err
		case len(text) == cap(text):
			size := roomFor(2*cap(text), announced)
			if err := account.Hold(size); err != nil {
				return nil, err
			}
			text = append(make([]byte, 0, size), text...)
		}
	}
}

// roomFor is the size of a buffer: no more than a body of the announced length needs.
func roomFor(size int, announced int64) int {
	if announced >= 0 && announced < int64(size) {
		return int(announced) + 1
	}
	return size
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

// readBy gives the body of x until t, unless the server is shutting down.
func (s *readers) readBy(x *exchange, t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.expiring {
		x.readBy(t)
	}
}
