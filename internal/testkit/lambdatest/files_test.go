package lambdatest_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/parley-chat/parley/internal/testkit/lambdatest"
	"github.com/parley-chat/parley/internal/testkit/s3local"
)

// mostBytes is the largest file that passes the function.
const mostBytes = 4 << 20

// withBucket gives the function a bucket, and returns it with the settings for it.
func (f *function) withBucket() (*s3local.Server, []string) {
	f.t.Helper()
	s := s3local.Start(f.t)
	return s, bucketEnv(s, s.Endpoint)
}

func bucketEnv(s *s3local.Server, endpoint string) []string {
	return []string{"PARLEY_FILES_BUCKET=" + s.Bucket, "AWS_ENDPOINT_URL_S3=" + endpoint,
		"AWS_SESSION_TOKEN="} // the gateway has no sessions
}

// randomBytes returns n bytes.
func randomBytes(n int) []byte {
	data := make([]byte, n)
	rand.Read(data)
	return data
}

// address returns the address in a command that the server gave.
func address(t *testing.T, line string) string {
	t.Helper()
	found := regexp.MustCompile(`https://[^' ]+/v1/[^' ]+`).FindString(line)
	if found == "" {
		t.Fatalf("no address in %q", line)
	}
	return found
}

// exchange makes a request, and returns what came.
func exchange(t *testing.T, client *http.Client, method, target string, body []byte,
	header http.Header) (*http.Response, []byte, error) {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), method, target, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	q.Header = header
	resp, err := client.Do(q)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	return resp, got, err
}

// offer opens an upload for a file of the bytes, and returns its address.
func offer(t *testing.T, client *http.Client, token string, size int) string {
	t.Helper()
	return address(t, call(t, client, "share_file",
		args{"agent_token": token, "name": "a/b/some.bin", "size": size}).Upload.Line)
}

// upload uploads the bytes as curl -T does: without a type.
func upload(t *testing.T, client *http.Client, target string, data []byte) (result, error) {
	t.Helper()
	resp, body, err := exchange(t, client, http.MethodPut, target, data, nil)
	if err != nil {
		return result{}, err
	}
	var got result
	if err := json.Unmarshal(body, &got); err != nil || resp.StatusCode != http.StatusOK {
		return got, fmt.Errorf("%d %s, %v", resp.StatusCode, body, err)
	}
	return got, nil
}

// download returns the bytes of the file that message id carries.
func download(t *testing.T, client *http.Client, token, id string) []byte {
	t.Helper()
	target := address(t, call(t, client, "get_file", args{"agent_token": token, "id": id}).Download)
	resp, data, err := exchange(t, client, http.MethodGet, target, nil, nil)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("download: %+v, %v", resp, err)
	}
	return data
}

func TestFunction_files_comeAndGo(t *testing.T) {
	t.Parallel()
	f := deploy(t)
	bucket, env := f.withBucket()
	i := f.start(0, env...)
	for front, client := range map[string]*http.Client{"Function URL": i.FunctionURL(), "HTTP API": i.HTTPAPI()} {
		room := "files " + strings.ToLower(strings.Fields(front)[0])
		alice, bob := join(t, client, room, "Alice"), join(t, client, room, "Bob")
		for name, data := range map[string][]byte{"random": randomBytes(mostBytes), "zeros": make([]byte, mostBytes)} {
			sent, err := upload(t, client, offer(t, client, alice.AgentToken, len(data)), data)
			if err != nil || !sent.Sent {
				t.Fatalf("%s, %s: %+v, %v", front, name, sent, err)
			}
			if got := download(t, client, bob.AgentToken, sent.ID); !bytes.Equal(got, data) {
				t.Errorf("%s, %s: %d bytes came, or others", front, name, len(got))
			}
			target := address(t, call(t, client, "get_file",
				args{"agent_token": bob.AgentToken, "id": sent.ID}).Download)
			resp, part, err := exchange(t, client, http.MethodGet, target, nil,
				http.Header{"Range": {"bytes=1000000-1000009"}})
			if err != nil || resp.StatusCode != http.StatusPartialContent || !bytes.Equal(part, data[1e6:1e6+10]) {
				t.Errorf("%s, %s: a range: %+v, %d bytes, %v", front, name, resp, len(part), err)
			}
			call(t, client, "update_room", args{"agent_token": alice.AgentToken, "redact": sent.ID})
			if resp, _, err := exchange(t, client, http.MethodGet, target, nil, nil); err != nil ||
				resp.StatusCode != http.StatusNotFound {
				t.Errorf("%s, %s: after its removal: %+v, %v", front, name, resp, err)
			}
			if n := len(bucket.Objects(t)); n != 0 {
				t.Errorf("%s, %s: after its removal the bucket has %d objects", front, name, n)
			}
		}
		text := call(t, client, "share_file",
			args{"agent_token": alice.AgentToken, "name": "notes.txt", "text": "eins\n"})
		got := call(t, client, "get_file", args{"agent_token": bob.AgentToken, "id": text.ID})
		if got.Text != "eins\n" {
			t.Errorf("%s: %+v", front, got)
		}
		call(t, client, "update_room", args{"agent_token": alice.AgentToken, "redact": text.ID})
		got, err := try(t, client, "share_file", args{"agent_token": alice.AgentToken, "name": "x",
			"size": mostBytes + 1})
		if err != nil || got.Code == "" {
			t.Errorf("%s: a file that is too large: %+v, %v", front, got, err)
		}
	}
	if said := i.Output(); strings.Contains(said, `"WARN"`) || strings.Contains(said, `"ERROR"`) {
		t.Error("the function complained")
	}
}

// A function without a bucket says so, and one whose bucket does not answer says to try again.
func TestFunction_withoutItsBucket_saysSo(t *testing.T) {
	t.Parallel()
	f := deploy(t)
	gone := httptest.NewServer(nil)
	gone.Close()
	for want, env := range map[string][]string{
		"not_allowed": nil,
		"unavailable": {"PARLEY_FILES_BUCKET=bucket", "AWS_ENDPOINT_URL_S3=" + gone.URL},
	} {
		client := f.start(0, env...).FunctionURL()
		alice := join(t, client, want, "Alice")
		got, err := try(t, client, "share_file", args{"agent_token": alice.AgentToken, "name": "x", "text": "x"})
		if err != nil || got.Code != want {
			t.Errorf("%+v, %v; want %s", got, err, want)
		}
		call(t, client, "send_message", args{"agent_token": alice.AgentToken, "text": "messages go on"})
	}
}

// crossing is what requests to the table and to the bucket pass. It strikes one of them: before it gets there,
// or its answer.
type crossing struct {
	mu     sync.Mutex
	count  int
	at     int // which request is struck, from 1 on; 0: none
	answer bool
	strike func()
}

// aim strikes the request number at from now on, or its answer.
func (x *crossing) aim(at int, answer bool, strike func()) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.count, x.at, x.answer, x.strike = 0, at, answer, strike
}

// struck reports whether a request was struck since aim.
func (x *crossing) struck() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.at > 0 && x.count >= x.at
}

// meet counts a request, and reports whether it is the one.
func (x *crossing) meet() (hit, answer bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.count++
	return x.count == x.at, x.answer
}

// errStruck ends a connection whose answer was struck.
var errStruck = errors.New("struck")

type struckKey struct{}

// serve returns the address of a server through the crossing.
func (x *crossing) serve(t *testing.T, endpoint string) string {
	t.Helper()
	proxy := &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) { passTo(p, endpoint) },
		ModifyResponse: func(a *http.Response) error {
			if a.Request.Context().Value(struckKey{}) != nil {
				x.strike()
				return errStruck
			}
			return nil
		},
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		hit, answer := x.meet()
		if hit && !answer {
			x.strike()
			panic(http.ErrAbortHandler)
		}
		if hit {
			q = q.WithContext(context.WithValue(q.Context(), struckKey{}, true))
		}
		proxy.ServeHTTP(w, q)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// The instance is killed at each request that a share makes, and at each answer: then the message is there with its
// bytes, or neither is; and the same once more ends with one message that has them.
func TestFunction_killedWhileAFileArrives_hasMessageAndBytesOrNeither(t *testing.T) {
	t.Parallel()
	strikeShares(t, func(i *lambdatest.Instance) func() { return func() { i.Signal(syscall.SIGKILL) } })
}

// Each request of a share fails once, or its answer is lost: the share succeeds all the same, and leaves no object
// of another attempt.
func TestFunction_lostRepliesWhileAFileArrives_loseNothing(t *testing.T) {
	t.Parallel()
	shares, objects := strikeShares(t, func(*lambdatest.Instance) func() { return func() {} })
	if shares != objects {
		t.Errorf("%d files were shared, and the bucket has %d objects", shares, objects)
	}
}

// ways are how a file is shared. Each returns what shares it, as often as it is called.
var ways = map[string]func(t *testing.T, client *http.Client, token string, data []byte) func(*http.Client) (result,
	error){
	"upload": func(t *testing.T, client *http.Client, token string, data []byte) func(*http.Client) (result, error) {
		target := offer(t, client, token, len(data))
		return func(client *http.Client) (result, error) { return upload(t, client, target, data) }
	},
	"text": func(t *testing.T, _ *http.Client, token string, data []byte) func(*http.Client) (result, error) {
		return func(client *http.Client) (result, error) {
			return try(t, client, "share_file", args{"agent_token": token, "name": "some.txt", "text": string(data),
				"idempotency_key": "k"})
		}
	},
}

// strikeShares strikes each request of a share, and each answer to one, in a room of its own.
func strikeShares(t *testing.T, with func(*lambdatest.Instance) func()) (shares, objects int) {
	f := deploy(t)
	x := &crossing{}
	bucket := s3local.Start(t)
	many := []string{"PARLEY_UNITS_PER_MINUTE=0", "PARLEY_ROOMS_PER_HOUR=0"}
	calm := f.start(0, append(bucketEnv(bucket, bucket.Endpoint), many...)...).FunctionURL()
	f.endpoint = x.serve(t, f.endpoint)
	env := append(bucketEnv(bucket, x.serve(t, bucket.Endpoint)), many...)
	i := f.start(0, env...)
	for way, prepare := range ways {
		for _, answer := range []bool{false, true} {
			struck := true
			for at := 1; struck; at++ {
				room := fmt.Sprintf("%s %v %d", way, answer, at)
				alice, bob := join(t, calm, room, "Alice"), join(t, calm, room, "Bob")
				data := []byte(hex.EncodeToString(randomBytes(5000)))
				share := prepare(t, i.FunctionURL(), alice.AgentToken, data)
				x.aim(at, answer, with(i))
				sent, err := share(i.FunctionURL())
				struck = x.struck()
				x.aim(0, false, nil)
				shares++
				killed := errors.Is(err, lambdatest.ErrExited)
				if killed {
					i.Wait()
					i = f.start(0, env...)
				} else if err != nil || !sent.Sent {
					t.Errorf("%s: %+v, %v", room, sent, err)
				}
				if n := shared(t, calm, bob.AgentToken, data); n > 1 || !killed && n != 1 {
					t.Errorf("%s: %d messages", room, n)
				}
				again, err := share(i.FunctionURL())
				if err != nil || !again.Sent || !killed && again.ID != sent.ID {
					t.Errorf("%s: repeated: %+v, %v", room, again, err)
				}
				if n := shared(t, calm, bob.AgentToken, data); n != 1 {
					t.Errorf("%s: repeated, there are %d messages", room, n)
				}
				if !struck && at < 4 { // the claims of the room, the object, the message
					t.Errorf("%s: only %d requests were struck", room, at-1)
				}
			}
		}
	}
	return shares, len(bucket.Objects(t))
}

// shared returns how many messages with a file an agent sees, and checks that each has the bytes.
func shared(t *testing.T, client *http.Client, token string, data []byte) (n int) {
	t.Helper()
	for _, m := range call(t, client, "message_history", args{"agent_token": token}).Messages {
		if m.File == nil {
			continue
		}
		n++
		if got := download(t, client, token, m.ID); !bytes.Equal(got, data) {
			t.Errorf("the message has %d bytes of %d, or others", len(got), len(data))
		}
	}
	return n
}
