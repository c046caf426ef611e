package lambdatest_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/testkit/lambdatest"
)

func readAll(resp *http.Response) (string, error) {
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return string(text), err
}

// waiting starts a wait, and returns when the header of the answer is there.
func waiting(t *testing.T, client *http.Client, seat result, seconds int) *http.Response {
	t.Helper()
	resp, err := post(t, client, toolCall("wait_for_message",
		args{"agent_token": seat.AgentToken, "cursor": seat.Cursor, "wait_seconds": seconds}))
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

// ended reads a wait to its end.
func ended(t *testing.T, resp *http.Response) result {
	t.Helper()
	text, err := readAll(resp)
	if err != nil {
		t.Fatal(err)
	}
	r, err := decode(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestBootstrap_longWait_showsProgressFromEarlyOn(t *testing.T) {
	t.Parallel()
	i := deploy(t).start(0, "PARLEY_KEEP_ALIVE=250ms")
	alice := join(t, i.FunctionURL(), "room", "Alice")
	began := time.Now()
	resp := waiting(t, i.FunctionURL(), alice, 3)
	defer resp.Body.Close()
	if kind := resp.Header.Get("Content-Type"); kind != "text/event-stream" ||
		resp.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("%v", resp.Header)
	}
	var beats []int
	var first time.Duration
	lines := bufio.NewScanner(resp.Body)
	var last string
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var m struct {
			Method string
			Params struct {
				ProgressToken string
				Progress      int
			}
		}
		if err := json.Unmarshal([]byte(data), &m); err != nil {
			t.Fatal(err)
		}
		last = data
		if m.Method != "notifications/progress" {
			continue
		}
		beats = append(beats, m.Params.Progress)
		if first == 0 {
			first = time.Since(began)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	whole := time.Since(began)
	if len(beats) < 5 || !slices.IsSorted(beats) || first > whole/2 {
		t.Errorf("beats %v, the first after %v, the end after %v", beats, first, whole)
	}
	if r, err := decode("data: " + last); err != nil || r.Status != "quiet" || whole < 3*time.Second {
		t.Errorf("%+v after %v, %v", r, whole, err)
	}
	t.Logf("%d beats, the first after %v, the end after %v", len(beats), first.Round(time.Millisecond),
		whole.Round(time.Millisecond))
}

func TestBootstrap_deadline_endsTheWaitInTime(t *testing.T) {
	t.Parallel()
	i := deploy(t).start(0)
	for name, client := range map[string]*http.Client{"Function URL": i.FunctionURL(), "HTTP API": i.HTTPAPI()} {
		i.Timeout = time.Minute
		alice := join(t, client, "room", "Alice")
		i.Timeout = 6 * time.Second
		began := time.Now()
		r := ended(t, waiting(t, client, alice, 50))
		if left := i.Timeout - time.Since(began); r.Status != "quiet" || left < 0 || left > 5*time.Second {
			t.Errorf("%s: %+v with %v left", name, r, left)
		}
		i.Timeout = time.Minute
		call(t, client, "leave_room", args{"agent_token": alice.AgentToken})
	}
}

func TestBootstrap_wait_isCutToTheLongest(t *testing.T) {
	t.Parallel()
	i := deploy(t).start(0, "PARLEY_LONGEST_WAIT=1s")
	alice := join(t, i.FunctionURL(), "room", "Alice")
	i.Timeout = 20 * time.Second // or the wait of 50 seconds would fail the test slowly
	if r := ended(t, waiting(t, i.FunctionURL(), alice, 50)); r.Status != "quiet" {
		t.Errorf("%+v", r)
	}
}

func TestBootstrap_SIGTERM_answersWaitersAndEnds(t *testing.T) {
	f := deploy(t)
	i := f.start(4, "PARLEY_KEEP_ALIVE=100ms")
	alice := join(t, i.FunctionURL(), "room", "Alice")
	bob := join(t, i.FunctionURL(), "room", "Bob")
	waits := []*http.Response{waiting(t, i.FunctionURL(), bob, 50), waiting(t, i.FunctionURL(), alice, 50)}
	if i.Extensions() != 1 {
		t.Error("no extension is registered: Lambda sends no SIGTERM")
	}
	i.Signal(syscall.SIGTERM)
	for _, w := range waits {
		if r := ended(t, w); r.Status == "" || r.Cursor == "" {
			t.Errorf("%+v", r)
		}
	}
	if code := i.Wait(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestBootstrap_manyAtOnce_wakeEachOtherInOneProcess(t *testing.T) {
	t.Parallel()
	i := deploy(t).start(8, "PARLEY_KEEP_ALIVE=100ms", "PARLEY_UNITS_PER_MINUTE=3000")
	client := i.FunctionURL()
	host := call(t, client, "create_room", args{"room": "hall", "agent_name": "Host", "capacity": 7})
	var seats []result
	for _, name := range []string{"Ann", "Ben", "Cleo", "Dan", "Eve", "Fay"} {
		seats = append(seats, join(t, client, "hall", name))
	}
	var waits []*http.Response
	for k, seat := range seats {
		seat.Cursor = seats[len(seats)-1].Cursor
		if k < len(seats)-1 { // each sees those who came after it
			seat.Cursor = ended(t, waiting(t, client, seats[k], 0)).Cursor
		}
		waits = append(waits, waiting(t, client, seat, 50))
	}
	call(t, client, "send_message", args{"agent_token": host.AgentToken, "text": "hello all"})
	for k, w := range waits {
		r := ended(t, w)
		if len(r.Messages) != 1 || r.Messages[0].Text != "hello all" {
			t.Errorf("waiter %d: %+v", k, r)
		}
	}
}

func TestBootstrap_answersOfEachFront_areTheHandlers(t *testing.T) {
	t.Parallel()
	f := deploy(t)
	i := f.start(0)
	for name, client := range map[string]*http.Client{"Function URL": i.FunctionURL(), "HTTP API": i.HTTPAPI()} {
		for _, c := range []struct {
			method, path, kind, body string
			status                   int
			want                     string
		}{
			{"GET", "/healthz", "", "", 200, `"ready"`},
			{"GET", "/", "", "", 200, "https://"},
			{"HEAD", "/", "", "", 200, ""},
			{"GET", "/mcp", "", "", 405, "Streamable HTTP"},
			{"GET", "/nothing", "", "", 404, "nothing at this address"},
			{"POST", "/mcp", "application/json", "{", 400, "not JSON"},
			{"POST", "/mcp", "application/json", strings.Repeat(" ", 300<<10), 413, "over 262144 bytes"},
			{"POST", "/mcp", "application/x-other", "{}", 415, "application/json"},
		} {
			q, err := http.NewRequestWithContext(t.Context(), c.method, "https://any.example"+c.path,
				strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			q.Header.Set("Accept", "application/json")
			if c.kind != "" {
				q.Header.Set("Content-Type", c.kind)
			}
			resp, err := client.Do(q)
			if err != nil {
				t.Fatal(name, c.path, err)
			}
			body, err := readAll(resp)
			if err != nil || resp.StatusCode != c.status || !strings.Contains(body, c.want) {
				t.Errorf("%s: %s %s: %d %.200q %v", name, c.method, c.path, resp.StatusCode, body, err)
			}
		}
	}
	if strings.Contains(i.Output(), `"level":"ERROR"`) {
		t.Error("the log has errors")
	}
}

func TestBootstrap_invite_namesTheAddressOfTheFront(t *testing.T) {
	t.Parallel()
	i := deploy(t).start(0)
	alice := join(t, i.FunctionURL(), "room", "Alice")
	if !strings.Contains(alice.Invite, "https://"+lambdatest.FunctionURLHost+"/mcp") {
		t.Errorf("%q", alice.Invite)
	}
}
