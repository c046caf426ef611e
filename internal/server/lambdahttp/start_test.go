package lambdahttp_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/testkit/lambdatest"
)

func TestStart_write_isSentAtOnce(t *testing.T) {
	client := start(t, "plain", 2).FunctionURL()
	resp := open(t, client, "/parts?a")
	if got := read(t, resp, 3); got != "one" {
		t.Errorf("%q", got)
	}
	get(t, client, "/open?a")
	if got := rest(t, resp); got != "two" {
		t.Errorf("%q", got)
	}
}

func TestStart_flushedHeader_isSentBeforeTheBody(t *testing.T) {
	client := start(t, "plain", 2).FunctionURL()
	resp := open(t, client, "/header?a")
	if resp.StatusCode != 200 || resp.Header.Get("X-A") != "1" {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
	get(t, client, "/open?a")
	if got := rest(t, resp); got != "" {
		t.Errorf("%q", got)
	}
}

func TestStart_panicBeforeTheAnswer_is500AndLogged(t *testing.T) {
	i := start(t, "plain", 0)
	for name, client := range map[string]*http.Client{"Function URL": i.FunctionURL(), "HTTP API": i.HTTPAPI()} {
		resp, body := get(t, client, "/panic")
		if resp.StatusCode != 500 || resp.Header.Get("X-Meant") != "" || !strings.Contains(body, "quote the id ") {
			t.Errorf("%s: %d %v %q", name, resp.StatusCode, resp.Header, body)
		}
		id, _, _ := strings.Cut(body[strings.Index(body, "quote the id ")+len("quote the id "):], " ")
		if !strings.Contains(i.Output(), `"msg":"panic","id":"`+id+`","panic":"string","stack":"goroutine`) {
			t.Errorf("%s: no line for %q", name, id)
		}
	}
	if strings.Contains(i.Output(), secret) {
		t.Error("the value of the panic is shown")
	}
	checkAlive(t, i)
}

func TestStart_panicDuringTheAnswer_cutsItOff(t *testing.T) {
	i := start(t, "plain", 0)
	resp := open(t, i.FunctionURL(), "/panic-late")
	body, err := io.ReadAll(resp.Body)
	var failed *lambdatest.FunctionError
	if !errors.As(err, &failed) || !failed.Begun || failed.Type != "Handler.Panic" || string(body) != "half" {
		t.Errorf("%q, %v", body, err)
	}
	if !strings.Contains(i.Output(), "nil pointer dereference") {
		t.Error("no line in the log")
	}
	checkAlive(t, i)
}

func TestStart_handlerAborts_cutsTheAnswerOffWithoutALine(t *testing.T) {
	i := start(t, "plain", 0)
	resp := open(t, i.FunctionURL(), "/abort")
	body, err := io.ReadAll(resp.Body)
	var failed *lambdatest.FunctionError
	if !errors.As(err, &failed) || !failed.Begun || string(body) != "half" || strings.Contains(i.Output(), "panic") {
		t.Errorf("%q, %v; it printed %q", body, err, i.Output())
	}
	checkAlive(t, i)
}

func TestStart_panicDuringABufferedAnswer_failsTheInvocation(t *testing.T) {
	i := start(t, "plain", 0)
	_, err := request(t, i.HTTPAPI(), "/panic-late", "")
	var failed *lambdatest.FunctionError
	if !errors.As(err, &failed) || failed.Begun || failed.Type != "Handler.Panic" {
		t.Errorf("%v", err)
	}
	checkAlive(t, i)
}

// checkAlive checks that the instance has not ended.
func checkAlive(t *testing.T, i *lambdatest.Instance) {
	t.Helper()
	if resp, err := request(t, i.FunctionURL(), "/echo", "alive"); err != nil || rest(t, resp) != "alive" {
		t.Error(err)
	}
}

func TestStart_panic_leavesOtherRequestsAlone(t *testing.T) {
	client := start(t, "plain", 2).FunctionURL()
	resp := open(t, client, "/parts?a")
	get(t, client, "/panic")
	get(t, client, "/open?a")
	if got := rest(t, resp); got != "onetwo" {
		t.Errorf("%q", got)
	}
}

func TestStart_concurrentRequests_eachGetItsAnswer(t *testing.T) {
	client := start(t, "plain", 8).FunctionURL()
	var wg sync.WaitGroup
	for n := range 16 {
		wg.Go(func() {
			for k := range 10 {
				want := strings.Repeat(fmt.Sprint(n, k, " "), 1000)
				resp, err := request(t, client, "/echo", want)
				if err != nil {
					t.Error(err)
					return
				}
				if got, err := io.ReadAll(resp.Body); err != nil || string(got) != want {
					t.Errorf("%d %d: %d bytes, %v", n, k, len(got), err)
				}
			}
		})
	}
	wg.Wait()
}

func TestStart_deadline_endsTheContextASecondEarlier(t *testing.T) {
	i := start(t, "plain", 0)
	i.Timeout = 1500 * time.Millisecond
	for name, client := range map[string]*http.Client{"Function URL": i.FunctionURL(), "HTTP API": i.HTTPAPI()} {
		if _, body := get(t, client, "/until-deadline"); body != "context deadline exceeded" {
			t.Errorf("%s: %q", name, body)
		}
	}
}

func TestStart_HTTPAPI_shortensTheDeadline(t *testing.T) {
	i := start(t, "plain", 0)
	for name, c := range map[string]struct {
		client      *http.Client
		timeout     time.Duration
		least, most time.Duration
	}{
		"Function URL":               {i.FunctionURL(), 300 * time.Second, 294 * time.Second, 299 * time.Second},
		"HTTP API":                   {i.HTTPAPI(), 300 * time.Second, 23 * time.Second, 28 * time.Second},
		"HTTP API, function of less": {i.HTTPAPI(), 20 * time.Second, 14 * time.Second, 19 * time.Second},
	} {
		i.Timeout = c.timeout
		_, body := get(t, c.client, "/deadline")
		ms, err := strconv.Atoi(body)
		if left := time.Duration(ms) * time.Millisecond; err != nil || left < c.least || left > c.most {
			t.Errorf("%s: the context ends in %v, want %v at most; %v", name, left, c.most, err)
		}
	}
}

func TestStart_bufferingFront_getsOnePiece(t *testing.T) {
	// A front that streams does not understand the form of the answer.
	for name, i := range map[string]*lambdatest.Instance{
		"by its setting":     start(t, "buffered", 0),
		"by its environment": start(t, "plain", 0, "AWS_SAM_LOCAL=true"),
	} {
		q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://any.example/deadline", nil)
		if err != nil {
			t.Fatal(err)
		}
		event, err := lambdatest.Event(lambdatest.FunctionURLHost, q)
		if err != nil {
			t.Fatal(err)
		}
		response, err := i.Invoke(t.Context(), event)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(response.Body)
		if err != nil || response.ContentType != "application/json" ||
			!strings.HasPrefix(string(text), `{"statusCode":200,`) {
			t.Errorf("%s: %s %s %v", name, response.ContentType, text, err)
		}
		if !strings.Contains(string(text), `"body":"29`) {
			t.Errorf("%s: %s; want waits as long as the function's time allows", name, text)
		}
	}
}

func TestStart_eventWithoutRequest_failsTheInvocation(t *testing.T) {
	i := start(t, "plain", 0)
	for _, event := range []string{`{}`, `null`, `[]`, `"text"`, `{"version":"2.0"}`, `{"key1":"value1"}`} {
		_, err := i.Invoke(t.Context(), []byte(event))
		var failed *lambdatest.FunctionError
		if !errors.As(err, &failed) {
			t.Errorf("%s: %v", event, err)
		}
		if strings.HasPrefix(event, "{") && !strings.Contains(fmt.Sprint(err),
			"invoke the function by its Function URL") {
			t.Errorf("%s: %v", event, err)
		}
	}
	checkAlive(t, i)
}

func TestStart_SIGTERM_answersOpenRequestsAndEnds(t *testing.T) {
	i := start(t, "plain", 2)
	if resp, err := request(t, i.FunctionURL(), "/echo", ""); err != nil || i.Extensions() != 1 {
		t.Fatalf("%v %v, %d extensions: Lambda sends the signal to processes with one only", resp, err, i.Extensions())
	}
	resp := open(t, i.FunctionURL(), "/until-stop")
	i.Signal(syscall.SIGTERM)
	if got := rest(t, resp); got != "waiting, stopped with <nil>" {
		t.Errorf("%q", got)
	}
	if code := i.Wait(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestStart_SIGTERM_doesNotWaitForAHangingRequest(t *testing.T) {
	i := start(t, "plain", 0)
	resp := open(t, i.FunctionURL(), "/parts?never")
	i.Signal(syscall.SIGTERM)
	if code := i.Wait(); code != 3 || !strings.Contains(i.Output(), "still being answered") {
		t.Errorf("exit code %d, %s", code, i.Output())
	}
	if body, err := io.ReadAll(resp.Body); !errors.Is(err, lambdatest.ErrExited) {
		t.Errorf("%q, %v", body, err)
	}
}

// Files of the greatest size pass, with any content and any name.
func TestStart_binaryBody_comesBackWhole(t *testing.T) {
	const most = 4 << 20
	random := make([]byte, most)
	rand.Read(random)
	i := start(t, "plain", 0)
	for front, client := range map[string]*http.Client{"Function URL": i.FunctionURL(), "HTTP API": i.HTTPAPI()} {
		for name, c := range map[string]struct {
			kind string
			body []byte
		}{
			"bytes":          {"application/octet-stream", random},
			"without a type": {"", random},
			"a picture":      {"image/png", random[:most-1]},
			"zeros":          {"application/octet-stream", make([]byte, most)},
			"no text at all": {"text/plain", nil},
			"a text":         {"text/plain", []byte("Zürich \ufffd")},
		} {
			q, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "https://any.example/echo",
				bytes.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			if c.kind != "" {
				q.Header.Set("Content-Type", c.kind)
			}
			resp, err := client.Do(q)
			if err != nil {
				t.Errorf("%s, %s: %v", front, name, err)
				continue
			}
			if got := rest(t, resp); resp.StatusCode != 200 || got != string(c.body) {
				t.Errorf("%s, %s: %d, %d of %d bytes, or others", front, name, resp.StatusCode, len(got), len(c.body))
			}
		}
	}
}

// A front takes a body with the type of a text for UTF-8, and replaces all other bytes.
func TestStart_textThatIsNotUTF8_isRefused(t *testing.T) {
	i := start(t, "plain", 0)
	for name, client := range map[string]*http.Client{"Function URL": i.FunctionURL(), "HTTP API": i.HTTPAPI()} {
		resp, err := request(t, client, "/echo", "Z\xfcrich")
		if err != nil {
			t.Fatal(err)
		}
		if said := rest(t, resp); resp.StatusCode != 400 || !strings.Contains(said, "application/octet-stream") {
			t.Errorf("%s: %d %q", name, resp.StatusCode, said)
		}
	}
}
