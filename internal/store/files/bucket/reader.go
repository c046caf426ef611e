package bucket

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/parley-chat/parley/internal/store/files"
)

// errDamaged means that the bytes of a file differ from the stored bytes.
var errDamaged = errors.New("bucket: the bytes of a file have another digest than when they were stored")

// reader reads the body of an answer. Silence ends the reader only during a call of Read: the caller may take time
// between the calls.
type reader struct {
	ctx    context.Context // the caller's
	answer answer
	left   int64     // of the announced bytes
	sum    hash.Hash // of the bytes so far; nil: there is nothing to compare with
	want   string    // the stored digest
}

func newReader(ctx context.Context, a answer, whole bool) *reader {
	r := &reader{ctx: ctx, answer: a, left: a.ContentLength}
	r.want = a.Header.Get(checksum)
	if whole && r.want != "" {
		r.sum = sha256.New()
	}
	return r
}

// Read implements [io.Reader].
func (r *reader) Read(p []byte) (int, error) {
	r.answer.watch.allow(r.answer.watch.limits.fresh)
	n, err := r.answer.Body.Read(p)
	r.answer.watch.timer.Stop()
	r.left -= int64(n)
	if r.sum != nil {
		r.sum.Write(p[:n])
		if (r.left == 0 || err == io.EOF) && base64.StdEncoding.EncodeToString(r.sum.Sum(nil)) != r.want {
			return 0, errDamaged
		}
	}
	switch {
	case err == nil || err == io.EOF:
		return n, err
	case r.ctx.Err() != nil:
		return n, fmt.Errorf("bucket: %w", r.ctx.Err())
	default:
		return n, fmt.Errorf("%w: the answer is cut off: %w", files.ErrUnavailable, err)
	}
}

// Close implements [io.Closer].
func (r *reader) Close() error { return r.answer.close() }
