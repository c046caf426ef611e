package bucket

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"time"

	"github.com/parley-chat/parley/internal/store/files"
)

const (
	attempts   = 3                      // of one call, at most
	firstPause = 100 * time.Millisecond // upper bound after the first attempt, four times as much after each
)

// limits are how long an attempt may hear nothing: of an answer, or of bytes taken or given. The size of
// a file does not count.
type limits struct {
	fresh  time.Duration // on a new connection, the handshake included
	reused time.Duration // on a used connection, until the connection shows that it is alive
	last   time.Duration // since the call began, the last moment for another attempt
}

// S3's names of headers.
const (
	contentDigest = "X-Amz-Content-Sha256"
	checksum      = "X-Amz-Checksum-Sha256"
	checksumMode  = "X-Amz-Checksum-Mode"
)

// noContent is the SHA-256 of nothing.
const noContent = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// request is a call of S3. A repeated call leaves the same state.
type request struct {
	method string
	key    files.Key
	ranged string // the value of Range
	spool  *spool // of a PUT
}

// answer is the answer to a call. The caller must close it.
type answer struct {
	*http.Response
	watch *watch
	// unclear says that an attempt without an answer may have taken effect.
	unclear bool
}

func (a answer) close() error {
	defer a.watch.end()
	return a.Body.Close()
}

// newTransport returns connections for one Bucket, so that the Bucket can close them. The environment sets proxies and
// certificates.
func newTransport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConns, t.MaxIdleConnsPerHost = 64, 64
	t.DisableCompression = true // the bytes must come unchanged
	return t
}

// do sends a request until S3 answers, at most three times. The error is ErrNotFound, ErrUnavailable, the context's
// error, or says what the operator must change.
func (b *Bucket) do(ctx context.Context, q request) (a answer, err error) {
	address, err := b.address(q.key)
	if err != nil {
		return answer{}, err
	}
	began, unclear := time.Now(), false
	for n := 1; ; n++ {
		a, err := b.attempt(ctx, address, q)
		if err == nil {
			again, refusal := b.checkStatus(a.Response)
			if refusal == nil {
				a.watch.timer.Stop()
				return a, nil
			}
			a.close()
			unclear = unclear || a.StatusCode >= http.StatusInternalServerError
			if !again {
				return answer{unclear: unclear}, refusal
			}
			err = refusal
		} else {
			unclear = true
		}
		if ctx.Err() != nil {
			return answer{unclear: unclear}, fmt.Errorf("bucket: %s: %w", q.method, ctx.Err())
		}
		if errors.Is(err, errCredentials) {
			return answer{}, err
		}
		if n == attempts || time.Since(began) > b.limits.last || !pause(ctx, n) {
			return answer{unclear: unclear}, fmt.Errorf("%w: %s after %d attempts: %w", files.ErrUnavailable, q.method,
				n, err)
		}
	}
}

// pause waits for a random time that grows with the attempts. pause returns false if ctx ends first.
func pause(ctx context.Context, attempt int) bool {
	timer := time.NewTimer(rand.N(firstPause << (2 * (attempt - 1))))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// errCredentials means that a request cannot be signed.
var errCredentials = errors.New("bucket: no AWS credentials")

// attempt sends the request once. If a used connection is silent, the connection may have died while the process was
// frozen: then attempt closes all idle connections, and the next attempt makes a new connection.
func (b *Bucket) attempt(ctx context.Context, address string, q request) (answer, error) {
	w := &watch{limits: b.limits}
	ctx, w.cancel = context.WithCancelCause(ctx)
	w.silence.Store(int64(b.limits.fresh))
	w.timer = time.AfterFunc(b.limits.fresh, func() { w.cancel(errSilence) })
	r, err := b.signed(httptrace.WithClientTrace(ctx, w.trace()), address, q, w)
	if err != nil {
		w.end()
		return answer{}, err
	}
	response, err := b.transport.RoundTrip(r) // a redirect is an error of the settings
	if err != nil {
		silent := w.silent(ctx)
		w.end()
		if silent && w.reused.Load() {
			b.transport.CloseIdleConnections()
		}
		if silent {
			return answer{}, errSilence
		}
		return answer{}, err
	}
	w.heard()
	return answer{Response: response, watch: w}, nil
}

// signed returns the request with its signature (Amazon S3 API Reference, "Authenticating requests").
func (b *Bucket) signed(ctx context.Context, address string, q request, w *watch) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, q.method, address, nil)
	if err != nil {
		return nil, err
	}
	digest := noContent
	switch {
	case q.spool != nil:
		sum := q.spool.sum.Sum(nil)
		digest = hex.EncodeToString(sum)
		r.Header.Set(checksum, base64.StdEncoding.EncodeToString(sum)) // S3 stores the checksum for Open
		r.Header.Set("Content-Type", "application/octet-stream")
		if q.spool.size > 0 {
			r.ContentLength, r.Body = q.spool.size, io.NopCloser(watched{q.spool.body(), w})
			r.Header.Set("Expect", "100-continue") // a refusal comes before the bytes are sent
		}
	case q.ranged != "":
		r.Header.Set("Range", q.ranged)
	case q.method == http.MethodGet:
		r.Header.Set(checksumMode, "ENABLED") // S3 has a digest of the whole alone
	}
	r.Header.Set(contentDigest, digest)
	credentials, err := b.credentials.Retrieve(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errCredentials, err)
	}
	return r, b.signer.SignHTTP(ctx, credentials, r, digest, "s3", b.region, b.clock.Now())
}

// checkStatus returns nil for an answer that the caller wants, else the error, and whether another attempt may succeed.
// An error names S3's code, and no other part of the answer, which can hold a key.
func (b *Bucket) checkStatus(r *http.Response) (again bool, err error) {
	ranged := r.Request.Header.Get("Range") != ""
	if r.StatusCode/100 == 2 || ranged && r.StatusCode == http.StatusRequestedRangeNotSatisfiable {
		return false, nil
	}
	code := codeOf(r.Body)
	if code == "NoSuchKey" {
		return false, files.ErrNotFound
	}
	err = fmt.Errorf("bucket: %s: S3 says %d %s%s (request %s)", r.Request.Method, r.StatusCode, code, b.advice(code),
		r.Header.Get("X-Amz-Request-Id"))
	switch {
	case r.StatusCode >= http.StatusInternalServerError, r.StatusCode == http.StatusTooManyRequests,
		code == "RequestTimeout", code == "OperationAborted":
		return true, err
	}
	return false, err
}

// codeOf returns the code in an error of S3 ("Error responses" in the API Reference).
func codeOf(body io.Reader) string {
	text, _ := io.ReadAll(io.LimitReader(body, 8<<10)) // a cut answer has no code
	_, rest, _ := strings.Cut(string(text), "<Code>")
	code, _, found := strings.Cut(rest, "</Code>")
	if !found || len(code) > 64 {
		return ""
	}
	return code
}

// advice says what the operator can do about an S3 error code.
func (b *Bucket) advice(code string) string {
	switch code {
	case "NoSuchBucket":
		return fmt.Sprintf(": there is no bucket %q", b.name)
	case "PermanentRedirect", "AuthorizationHeaderMalformed":
		return fmt.Sprintf(": the bucket %q is not in the region %s", b.name, b.region)
	case "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch":
		return fmt.Sprintf(": the credentials must allow s3:GetObject, s3:PutObject and s3:DeleteObject on the "+
			"objects of the bucket %q, and s3:ListBucket on the bucket", b.name)
	case "ExpiredToken", "InvalidToken":
		return ": the credentials have expired, or their session token is wrong"
	case "RequestTimeTooSkewed":
		return ": the clock of this machine is wrong"
	}
	return ""
}

// errSilence reports that an attempt got no bytes for too long.
var errSilence = errors.New("bucket: no answer to an attempt")

// watch ends an attempt without a sign of life.
type watch struct {
	limits  limits
	timer   *time.Timer
	cancel  context.CancelCauseFunc
	silence atomic.Int64 // the allowed silence, a time.Duration
	reused  atomic.Bool
}

// trace records whether the connection was used before, and when the connection shows that it is alive.
func (w *watch) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GotConn: func(c httptrace.GotConnInfo) {
			if c.Reused {
				w.reused.Store(true)
				w.allow(w.limits.reused)
			}
		},
		Got100Continue: func() { w.allow(w.limits.fresh) },
	}
}

// allow lets so much time pass from now on until something is heard.
func (w *watch) allow(silence time.Duration) {
	w.silence.Store(int64(silence))
	w.timer.Reset(silence)
}

// heard begins the time of silence again.
func (w *watch) heard() { w.timer.Reset(time.Duration(w.silence.Load())) }

// silent reports whether ctx has ended because nothing was heard.
func (w *watch) silent(ctx context.Context) bool { return errors.Is(context.Cause(ctx), errSilence) }

// end releases the resources of the attempt.
func (w *watch) end() {
	w.timer.Stop()
	w.cancel(nil)
}

// watched is the body of a request: each part that the connection takes is a sign of life.
type watched struct {
	io.Reader
	watch *watch
}

func (r watched) Read(p []byte) (int, error) {
	r.watch.heard()
	return r.Reader.Read(p)
}
