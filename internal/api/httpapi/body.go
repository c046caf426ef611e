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

// readBody returns the body without a byte order mark. It refuses a body that has more than most bytes, that does not
// arrive in time, or that has no place beside the bodies of other requests. So memory is bounded, and a client that
// sends a byte and stops blocks nobody.
func (s *server) readBody(ex *exchange, r *http.Request, most int64) ([]byte, *refusal) {
	var body []byte
	err := ex.account.Arrive()
	if err == nil {
		s.bodies.add(ex)
		body, err = arrive(ex.account, http.MaxBytesReader(ex.ResponseWriter, r.Body, most), r.ContentLength)
		s.bodies.remove(ex)
	}
	var over *http.MaxBytesError
	switch {
	case err == nil:
		// From here on reading only notices that the client leaves.
		ex.setReadDeadline(time.Time{})
		return bytes.TrimPrefix(body, []byte(sanitize.ByteOrderMark)), nil
	case errors.As(err, &over):
		return nil, tooLarge(most)
	case errors.Is(err, meter.ErrFull):
		return nil, ex.refuseBody("The server has as many requests as it can hold. Nothing was done: repeat this one " +
			"in 2 seconds.")
	case errors.Is(err, meter.ErrShare):
		return nil, ex.refuseBody("Your address has as many open requests as the server allows. Nothing was " +
			"done: repeat this one in 2 seconds, and send fewer at once.")
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, &refusal{http.StatusRequestTimeout, codeRefused, "The body did not arrive in time."}
	default:
		return nil, &refusal{http.StatusBadRequest, codeRefused, "The body ended too early."}
	}
}

// refuseBody refuses a body for which the server has no memory left.
func (ex *exchange) refuseBody(sentence string) *refusal {
	ex.setReadDeadline(time.Now().Add(time.Second)) // the server drops the rest
	ex.Header().Set("Retry-After", "2")
	return &refusal{http.StatusServiceUnavailable, codeRefused, sentence}
}

// arrive reads a body of the announced length, -1 if the length is not known. The buffer grows with the bytes that have
// arrived: a client that only announces a large body occupies no memory.
func arrive(account *meter.Account, body io.Reader, announced int64) ([]byte, error) {
	// A buffer of one byte more than the body sees the end without growing.
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
			if err := account.Grow(size); err != nil {
				return nil, err
			}
			text = append(make([]byte, 0, size), text...)
		}
	}
}

// roomFor returns the size of a buffer: at most what a body of the announced length needs.
func roomFor(size int, announced int64) int {
	if announced >= 0 && announced < int64(size) {
		return int(announced) + 1
	}
	return size
}

// arrivingBodies are the requests whose body has not arrived as a whole.
type arrivingBodies struct {
	mu       sync.Mutex
	of       map[*exchange]struct{}
	stopping bool // the server is shutting down
}

// lastBody is how long a body may take once the server is shutting down.
const lastBody = time.Second

func (b *arrivingBodies) add(ex *exchange) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.of == nil {
		b.of = map[*exchange]struct{}{}
	}
	b.of[ex] = struct{}{}
	if b.stopping {
		ex.setReadDeadline(time.Now().Add(lastBody))
	}
}

func (b *arrivingBodies) remove(ex *exchange) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.of, ex)
}

// expireSoon leaves lastBody to each body that is arriving, and to each later one.
func (b *arrivingBodies) expireSoon() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stopping = true
	for ex := range b.of {
		ex.setReadDeadline(time.Now().Add(lastBody))
	}
}

// setReadDeadline sets when the body of ex must have arrived, unless the server is shutting down.
func (b *arrivingBodies) setReadDeadline(ex *exchange, t time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.stopping {
		ex.setReadDeadline(t)
	}
}
