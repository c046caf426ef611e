package bucket

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/store/files"
	"github.com/parley-chat/parley/internal/store/files/filestest"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
	"github.com/parley-chat/parley/internal/testkit/s3local"
)

// keys are the credentials of an account, or of a session.
func keys(id, secret, session string) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: id, SecretAccessKey: secret, SessionToken: session}, nil
	})
}

// options returns the options for the server's bucket.
func options(s *s3local.Server) Options {
	return Options{Name: s.Bucket, Region: s3local.Region, Endpoint: s.Endpoint,
		Credentials: keys(s3local.AccessKeyID, s3local.SecretAccessKey, "")}
}

// open returns a bucket for the length of the test.
func open(t *testing.T, o Options) *Bucket {
	t.Helper()
	b, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.transport.CloseIdleConnections)
	return b
}

func TestBucket_passesTheSuite(t *testing.T) {
	s := s3local.Start(t)
	b := open(t, options(s))
	filestest.Run(t, func(*testing.T) files.Store { return b })
}

// A failure leaves nothing in the bucket, no temporary file, and no possible secret.
func TestBucket_refusals_changeNothingAndSayWhatToDo(t *testing.T) {
	s := s3local.Start(t)
	k := files.Key{Room: "room", ID: "kept"}
	put(t, open(t, options(s)), k, "here")
	for name, c := range map[string]struct {
		change func(*Options)
		says   string
	}{
		"another secret": {func(o *Options) { o.Credentials = keys(s3local.AccessKeyID, "guessed", "") },
			"credentials must allow"},
		"a session that is over": {func(o *Options) {
			o.Credentials = keys(s3local.AccessKeyID, s3local.SecretAccessKey, "a session")
		}, "the credentials have expired"},
		"another account": {func(o *Options) { o.Credentials = keys("stranger", "guessed", "") },
			"XAdminUserNotFound"}, // the engine's own code
		"another region": {func(o *Options) { o.Region = "us-east-1" }, "is not in the region us-east-1"},
		"no such bucket": {func(o *Options) { o.Name = "missing" }, `there is no bucket "missing"`},
		"a wrong clock": {func(o *Options) { o.Clock = clockwork.NewFakeClockAt(time.Now().Add(-time.Hour)) },
			"the clock of this machine is wrong"},
	} {
		t.Run(name, func(t *testing.T) {
			o := options(s)
			c.change(&o)
			b := open(t, o)
			_, stored := b.Put(t.Context(), files.Key{Room: "room", ID: "new"}, strings.NewReader("x"), 9)
			_, opened := b.Open(t.Context(), k, 0, -1)
			for what, err := range map[string]error{
				"put": stored, "open": opened, "delete": b.Delete(t.Context(), k),
			} {
				if err == nil || !strings.Contains(err.Error(), c.says) || errors.Is(err, files.ErrUnavailable) ||
					errors.Is(err, files.ErrNotFound) {
					t.Errorf("%s: %v; want it to say: %s", what, err, c.says)
				} else if strings.Contains(err.Error(), "guessed") || strings.Contains(err.Error(), "a session") {
					t.Errorf("%s: a secret is in %v", what, err)
				}
			}
		})
	}
	if got := s.Objects(t); len(got) != 1 || string(got["file.room.kept"]) != "here" {
		t.Errorf("the bucket has %d objects", len(got))
	}
}

func TestNew_settings_areChecked(t *testing.T) {
	for name, o := range map[string]Options{
		"a name with a dot": {Name: "a.b", Region: "eu-west-1"}, "a path": {Name: "a/b", Region: "eu-west-1"},
		"no name": {Region: "eu-west-1"}, "no region": {Name: "a"},
		"no address":     {Name: "a", Region: "eu-west-1", Endpoint: "127.0.0.1:9000"},
		"another scheme": {Name: "a", Region: "eu-west-1", Endpoint: "file:///tmp"},
	} {
		o.Credentials = keys("id", "secret", "")
		if b, err := New(o); err == nil {
			t.Errorf("%s: %v", name, b.base)
		}
	}
	for region, want := range map[string]string{
		"eu-west-1":  "https://a-1.s3.eu-west-1.amazonaws.com/file.r.i",
		"cn-north-1": "https://a-1.s3.cn-north-1.amazonaws.com.cn/file.r.i",
	} {
		b := open(t, Options{Name: "a-1", Region: region, Credentials: keys("id", "secret", "")})
		if got, err := b.address(files.Key{Room: "r", ID: "i"}); err != nil || got != want {
			t.Errorf("%s, %v; want %s", got, err, want)
		}
		for _, k := range []files.Key{{Room: "r"}, {ID: "i"}, {Room: "..", ID: "i"}, {Room: "r", ID: "a/b"},
			{Room: "r", ID: "a?b"}, {Room: "r", ID: "ä"}} {
			if got, err := b.address(k); err == nil {
				t.Errorf("%+v is at %s", k, got)
			}
		}
	}
}

// between returns the bucket behind a proxy that calls meet for each request of this method. If meet returns false, the
// answer is lost: the connection breaks after S3 has done the request.
func between(t *testing.T, s *s3local.Server, method string, meet func(n int64, q *http.Request,
	a *http.Response) bool) (*Bucket, *atomic.Int64) {
	t.Helper()
	target, err := url.Parse(s.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	var count atomic.Int64
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) { p.Out.URL.Scheme, p.Out.URL.Host = target.Scheme, target.Host },
		ModifyResponse: func(a *http.Response) error {
			if a.Request.Method != method || meet(count.Add(1), a.Request, a) {
				return nil
			}
			return errors.New("lost")
		},
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	})
	t.Cleanup(proxy.Close)
	o := options(s)
	o.Endpoint = proxy.URL
	return open(t, o), &count
}

func put(t *testing.T, b *Bucket, k files.Key, text string) {
	t.Helper()
	if n, err := b.Put(t.Context(), k, strings.NewReader(text), 1<<20); err != nil || n != int64(len(text)) {
		t.Fatalf("%d, %v", n, err)
	}
}

func read(b *Bucket, k files.Key) (string, error) {
	r, err := b.Open(context.Background(), k, 0, -1)
	if err != nil {
		return "", err
	}
	defer r.Close()
	text, err := io.ReadAll(r)
	return string(text), err
}

func TestBucket_lostReply_isAskedAgain(t *testing.T) {
	s := s3local.Start(t)
	k, text := files.Key{Room: "room", ID: "id"}, strings.Repeat("all of it ", 10_000)
	first := func(n int64, _ *http.Request, _ *http.Response) bool { return n > 1 }
	b, puts := between(t, s, http.MethodPut, first)
	put(t, b, k, text)
	if got := s.Objects(t); len(got) != 1 || string(got["file.room.id"]) != text || puts.Load() != 2 {
		t.Errorf("%d objects after %d attempts", len(got), puts.Load())
	}
	b, gets := between(t, s, http.MethodGet, first)
	if got, err := read(b, k); err != nil || got != text || gets.Load() != 2 {
		t.Errorf("%d bytes after %d attempts, %v", len(got), gets.Load(), err)
	}
	b, deletes := between(t, s, http.MethodDelete, first)
	if err := b.Delete(t.Context(), k); err != nil || len(s.Objects(t)) != 0 || deletes.Load() != 2 {
		t.Errorf("%d objects after %d attempts, %v", len(s.Objects(t)), deletes.Load(), err)
	}
}

// Put deletes an object that S3 stored without an answer.
func TestPut_allRepliesLost_leavesNothing(t *testing.T) {
	s := s3local.Start(t)
	b, puts := between(t, s, http.MethodPut, func(int64, *http.Request, *http.Response) bool { return false })
	_, err := b.Put(t.Context(), files.Key{Room: "room", ID: "id"}, strings.NewReader("x"), 9)
	if !errors.Is(err, files.ErrUnavailable) || puts.Load() != attempts || len(s.Objects(t)) != 0 {
		t.Errorf("%v; %d objects after %d attempts", err, len(s.Objects(t)), puts.Load())
	}
}

// The caller leaves when S3 has stored the bytes.
func TestPut_callerLeavesBeforeTheReply_leavesNothing(t *testing.T) {
	s := s3local.Start(t)
	ctx, cancel := context.WithCancel(t.Context())
	b, _ := between(t, s, http.MethodPut, func(_ int64, q *http.Request, _ *http.Response) bool {
		cancel()
		<-q.Context().Done() // the proxy notices the caller's leave
		return false
	})
	_, err := b.Put(ctx, files.Key{Room: "room", ID: "id"}, strings.NewReader("x"), 9)
	if !errors.Is(err, context.Canceled) || errors.Is(err, files.ErrUnavailable) || len(s.Objects(t)) != 0 {
		t.Errorf("%v; %d objects", err, len(s.Objects(t)))
	}
}

// S3 asks to slow down, or fails, for a moment.
func TestBucket_failureOfS3_isTriedAgainAFewTimes(t *testing.T) {
	s := s3local.Start(t)
	k := files.Key{Room: "room", ID: "id"}
	put(t, open(t, options(s)), k, "text")
	for failures, want := range map[int64]error{attempts - 1: nil, attempts: files.ErrUnavailable} {
		b, gets := between(t, s, http.MethodGet, func(n int64, _ *http.Request, a *http.Response) bool {
			if n <= failures {
				a.StatusCode, a.Status = http.StatusServiceUnavailable, "503 Slow Down"
				a.Body = io.NopCloser(strings.NewReader("<Error><Code>SlowDown</Code></Error>"))
				a.ContentLength = -1
				a.Header.Del("Content-Length")
			}
			return true
		})
		if got, err := read(b, k); !errors.Is(err, want) || want == nil && got != "text" || gets.Load() != attempts {
			t.Errorf("after %d failures: %q, %v, by %d attempts", failures, got, err, gets.Load())
		}
	}
}

// S3 refuses bytes that changed on their way; Open refuses bytes that changed in S3.
func TestBucket_changedBytes_areRefused(t *testing.T) {
	s := s3local.Start(t)
	k, text := files.Key{Room: "room", ID: "id"}, strings.Repeat("text ", 50_000)
	target, err := url.Parse(s.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*http.Request, []byte) []byte{
		"another byte": func(_ *http.Request, body []byte) []byte { body[1000]++; return body },
		"one byte less": func(q *http.Request, body []byte) []byte {
			q.ContentLength--
			return body[:len(body)-1]
		},
		"another digest": func(q *http.Request, body []byte) []byte {
			q.Header.Set(checksum, strings.Repeat("A", 43)+"=")
			return body
		},
	} {
		proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) {
			p.Out.URL.Scheme, p.Out.URL.Host = target.Scheme, target.Host
			if p.Out.Method == http.MethodPut {
				body, _ := io.ReadAll(p.Out.Body)
				p.Out.Body = io.NopCloser(bytes.NewReader(change(p.Out, body)))
			}
		}})
		o := options(s)
		o.Endpoint = proxy.URL
		if _, err := open(t, o).Put(t.Context(), k, strings.NewReader(text), 1<<20); err == nil {
			t.Errorf("%s: stored", name)
		}
		if got := s.Objects(t); len(got) != 0 {
			t.Errorf("%s: %d objects", name, len(got))
		}
		proxy.Close()
	}
	b, _ := between(t, s, http.MethodGet, func(_ int64, _ *http.Request, a *http.Response) bool {
		body, _ := io.ReadAll(a.Body)
		body[len(body)/2]++
		a.Body = io.NopCloser(bytes.NewReader(body))
		return true
	})
	put(t, b, k, text)
	if got, err := read(b, k); !errors.Is(err, errDamaged) || len(got) >= len(text) {
		t.Errorf("%d of %d bytes, %v", len(got), len(text), err)
	}
}

func TestOpen_answerIsCutOff_fails(t *testing.T) {
	s := s3local.Start(t)
	k, text := files.Key{Room: "room", ID: "id"}, strings.Repeat("text ", 50_000)
	b, _ := between(t, s, http.MethodGet, func(_ int64, _ *http.Request, a *http.Response) bool {
		a.Body = io.NopCloser(io.LimitReader(a.Body, 1000))
		return true
	})
	put(t, b, k, text)
	if got, err := read(b, k); !errors.Is(err, files.ErrUnavailable) || !strings.HasPrefix(text, got) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

// A function sleeps between calls, and gets no sign that its connections are gone.
func TestBucket_connectionsDied_newOnesAreMade(t *testing.T) {
	s := s3local.Start(t)
	wire := dynamolocal.Interpose(t, s.Endpoint)
	o := options(s)
	o.Endpoint = wire.Endpoint
	b := open(t, o)
	b.limits.reused = 100 * time.Millisecond
	k := files.Key{Room: "room", ID: "id"}
	put(t, b, k, "text")
	wire.Drop()
	if got, err := read(b, k); err != nil || got != "text" {
		t.Errorf("open: %q, %v", got, err)
	}
	wire.Drop()
	put(t, b, files.Key{Room: "room", ID: "another"}, strings.Repeat("text ", 50_000))
	wire.Drop()
	if err := b.Delete(t.Context(), k); err != nil {
		t.Error(err)
	}
}

func TestBucket_noAnswer_isUnavailable(t *testing.T) {
	s := s3local.Start(t)
	wire := dynamolocal.Interpose(t, s.Endpoint)
	o := options(s)
	o.Endpoint = wire.Endpoint
	b := open(t, o)
	b.limits.fresh, b.limits.reused = 50*time.Millisecond, 50*time.Millisecond
	for name, fault := range map[string]func(){"hang": wire.Hang, "refuse": wire.Refuse} {
		fault()
		k := files.Key{Room: "room", ID: "id"}
		_, stored := b.Put(t.Context(), k, strings.NewReader("x"), 9)
		_, opened := b.Open(t.Context(), k, 0, -1)
		for what, err := range map[string]error{"put": stored, "open": opened, "delete": b.Delete(t.Context(), k)} {
			if !errors.Is(err, files.ErrUnavailable) {
				t.Errorf("%s, %s: %v", name, what, err)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := b.Open(ctx, k, 0, -1); !errors.Is(err, context.Canceled) || errors.Is(err, files.ErrUnavailable) {
			t.Errorf("%s, the caller left: %v", name, err)
		}
	}
}

// Silence within an answer ends the answer; a slow reader does not.
func TestOpen_bytesStopComing_fails(t *testing.T) {
	s := s3local.Start(t)
	release := make(chan struct{})
	defer close(release)
	b, _ := between(t, s, http.MethodGet, func(_ int64, _ *http.Request, a *http.Response) bool {
		a.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(io.LimitReader(a.Body, 100_000), stopped(release)), a.Body}
		return true
	})
	k := files.Key{Room: "room", ID: "id"}
	put(t, b, k, strings.Repeat("text ", 50_000))
	r, err := b.Open(t.Context(), k, 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	r.(*reader).answer.watch.limits.fresh = 50 * time.Millisecond
	if _, err := io.Copy(io.Discard, r); !errors.Is(err, files.ErrUnavailable) {
		t.Error(err)
	}
}

// stopped is a reader without bytes until it is closed.
type stopped chan struct{}

func (s stopped) Read([]byte) (int, error) { <-s; return 0, io.EOF }

func TestPut_noTemporaryFile_isLeft(t *testing.T) {
	s := s3local.Start(t)
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	b := open(t, options(s))
	during := -1
	r := io.MultiReader(strings.NewReader("text"), look(func() { during = count(t, folder) }))
	if _, err := b.Put(t.Context(), files.Key{Room: "room", ID: "id"}, r, 9); err != nil {
		t.Fatal(err)
	}
	if during != 0 || count(t, folder) != 0 {
		t.Errorf("%d files while it is stored, and %d after", during, count(t, folder))
	}
	t.Setenv("TMPDIR", filepath.Join(folder, "missing"))
	if _, err := b.Put(t.Context(), files.Key{Room: "room", ID: "id"}, strings.NewReader("x"), 9); err == nil ||
		!errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

type look func()

func (l look) Read([]byte) (int, error) { l(); return 0, io.EOF }

func count(t *testing.T, folder string) int {
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Error(err)
	}
	return len(entries)
}
