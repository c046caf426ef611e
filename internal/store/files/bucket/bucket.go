// Package bucket keeps files as objects of a private S3 bucket. Only the server writes and reads the bucket. The
// package signs requests with the signer of the SDK's core and sends them with net/http: service/s3 would make the
// function a megabyte larger.
//
// The bucket must not keep versions: a deleted file must be gone. A lifecycle rule should expire objects after the
// longest life of a message, 32 days, and one day more: the rule deletes what a crash left behind. template.yaml has
// such a bucket.
package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/store/files"
)

// EndpointEnv is the AWS SDKs' variable with the address of another S3 server.
const EndpointEnv = "AWS_ENDPOINT_URL_S3"

// Options configures a Bucket.
type Options struct {
	Name        string
	Region      string
	Credentials aws.CredentialsProvider
	// Endpoint is the address of an S3 server, such as http://127.0.0.1:9000. Empty: AWS.
	Endpoint string
	// Clock dates the signatures. If nil, the system clock does. Timeouts use real time.
	Clock clockwork.Clock
}

// Bucket is a [files.Store] over an S3 bucket. A Bucket is safe for concurrent use.
type Bucket struct {
	name, region string
	base         *url.URL // above the objects
	credentials  aws.CredentialsProvider
	signer       *v4.Signer
	clock        clockwork.Clock
	transport    *http.Transport
	limits       limits
}

var _ files.Store = (*Bucket)(nil)

// New returns the bucket. New does not call S3.
func New(o Options) (*Bucket, error) {
	if o.Region == "" || o.Credentials == nil {
		return nil, errors.New("bucket: AWS_REGION or the credentials are missing")
	}
	base, err := baseOf(o)
	if err != nil {
		return nil, err
	}
	if o.Clock == nil {
		o.Clock = clockwork.NewRealClock()
	}
	return &Bucket{
		name: o.Name, region: o.Region, base: base, credentials: o.Credentials, clock: o.Clock,
		signer:    v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }), // S3 alone needs this
		transport: newTransport(),
		limits:    limits{fresh: 10 * time.Second, reused: 1500 * time.Millisecond, last: 15 * time.Second},
	}, nil
}

// baseOf returns the address above the objects. AWS has a host for each bucket; another server has one host, and takes
// the bucket as the first part of the path.
func baseOf(o Options) (*url.URL, error) {
	if o.Name == "" || strings.Trim(o.Name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return nil, fmt.Errorf("bucket: %q is no name of a bucket: it has small letters, digits and hyphens, "+
			"and no dots, which certificates of AWS do not cover", o.Name)
	}
	if o.Endpoint == "" {
		domain := "amazonaws.com"
		if strings.HasPrefix(o.Region, "cn-") {
			domain += ".cn"
		}
		return &url.URL{Scheme: "https", Host: o.Name + ".s3." + o.Region + "." + domain}, nil
	}
	base, err := url.Parse(o.Endpoint)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
		return nil, fmt.Errorf("bucket: %s must be an address such as http://127.0.0.1:9000", EndpointEnv)
	}
	return base.JoinPath(o.Name), nil
}

// Put implements [files.Store]. Put first writes the bytes to a temporary file, because S3 wants their number and
// digest first. S3 stores an object whole or not at all, and refuses an object with another digest. An attempt without
// an answer may have stored the object: the next attempt stores the same. If no attempt is answered, Put deletes the
// object, as far as S3 can be reached.
func (b *Bucket) Put(ctx context.Context, k files.Key, r io.Reader, limit int64) (size int64, err error) {
	s, err := newSpool()
	if err != nil {
		return 0, err
	}
	defer s.close()
	if err := s.fill(r, limit); err != nil {
		return 0, err
	}
	a, err := b.do(ctx, request{method: http.MethodPut, key: k, spool: s})
	if err == nil {
		return s.size, a.close()
	}
	if a.unclear {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), b.limits.reused)
		defer cancel()
		_ = b.Delete(ctx, k) // an object that stays expires, and nothing claims it
	}
	return 0, err
}

// Open implements [files.Store]. The reader of a whole file compares the bytes with the stored digest, and fails before
// the last bytes if the digests differ. An offset behind the end gives no bytes.
func (b *Bucket) Open(ctx context.Context, k files.Key, offset, length int64) (io.ReadCloser, error) {
	q := request{method: http.MethodGet, key: k}
	switch {
	case length >= 0: // a range is never empty
		q.ranged = fmt.Sprintf("bytes=%d-%d", offset, offset+max(length, 1)-1)
	case offset > 0:
		q.ranged = fmt.Sprintf("bytes=%d-", offset)
	}
	a, err := b.do(ctx, q)
	switch {
	case err != nil:
		return nil, err
	case length == 0 || a.StatusCode == http.StatusRequestedRangeNotSatisfiable:
		return http.NoBody, a.close()
	}
	return newReader(ctx, a, q.ranged == ""), nil
}

// Delete implements [files.Store].
func (b *Bucket) Delete(ctx context.Context, k files.Key) error {
	a, err := b.do(ctx, request{method: http.MethodDelete, key: k})
	if errors.Is(err, files.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return a.close()
}

// Free implements [files.Store]: a bucket has no bounds of its own.
func (b *Bucket) Free(context.Context) (int64, error) { return math.MaxInt64, nil }

// address returns where an object is. A key has only letters, digits, - and _, so no part of a key means something else
// in an address. An object's key has no slash: an S3 server on a file system makes folders of slashes, and removes a
// folder with its last object while the next object is put.
func (b *Bucket) address(k files.Key) (string, error) {
	for _, part := range []string{k.Room, k.ID} {
		if part == "" || strings.ContainsFunc(part, func(r rune) bool {
			return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_')
		}) {
			return "", errors.New("bucket: a key is of letters, digits, - and _")
		}
	}
	return b.base.JoinPath("file." + k.Room + "." + k.ID).String(), nil
}
