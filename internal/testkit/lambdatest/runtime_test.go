package lambdatest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/testkit/lambdatest"
)

// recorder is a test that takes down what fails in it.
type recorder struct {
	testing.TB
	failures chan string
}

func (r recorder) Errorf(format string, args ...any) { r.failures <- fmt.Sprintf(format, args...) }

func newRecorder(t *testing.T) recorder { return recorder{t, make(chan string, 16)} }

// process speaks the Runtime API as the process of an instance does.
type process struct {
	t   *testing.T
	api *lambdatest.Runtime
}

func (r process) do(method, path string, header http.Header, body io.Reader) *http.Response {
	r.t.Helper()
	q, err := http.NewRequestWithContext(r.t.Context(), method, "http://"+r.api.Addr()+path, body)
	if err != nil {
		r.t.Fatal(err)
	}
	q.Header = header
	resp, err := http.DefaultClient.Do(q)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { resp.Body.Close() })
	return resp
}

// next returns the id of the next invocation and its event.
func (r process) next() (id, event string, header http.Header) {
	r.t.Helper()
	resp := r.do("GET", "/2018-06-01/runtime/invocation/next", http.Header{}, nil)
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 {
		r.t.Fatal(resp.Status, err)
	}
	return resp.Header.Get("Lambda-Runtime-Aws-Request-Id"), string(text), resp.Header
}

func (r process) answer(id, kind string, body io.Reader) *http.Response {
	return r.do("POST", "/2018-06-01/runtime/invocation/"+id+"/response", http.Header{"Content-Type": {kind}}, body)
}

// begin is answer beside the test; it tells the status when it has ended, 0 for
// none.
func (r process) begin(id string, body io.Reader) <-chan int {
	status := make(chan int, 1)
	q, err := http.NewRequestWithContext(r.t.Context(), "POST",
		"http://"+r.api.Addr()+"/2018-06-01/runtime/invocation/"+id+"/response", body)
	if err != nil {
		r.t.Fatal(err)
	}
	q.Header = http.Header{"Content-Type": {"text/plain"}}
	go func() {
		resp, err := http.DefaultClient.Do(q)
		if err != nil {
			status <- 0
			return
		}
		resp.Body.Close()
		status <- resp.StatusCode
	}()
	return status
}

func (r process) fail(id, body string) *http.Response {
	return r.do("POST", "/2018-06-01/runtime/invocation/"+id+"/error", http.Header{}, strings.NewReader(body))
}

// invoked is what an Invoke returned.
type invoked struct {
	*lambdatest.Response
	err error
}

// invoke begins an invocation.
func invoke(ctx context.Context, api *lambdatest.Runtime, event string) <-chan invoked {
	got := make(chan invoked, 1)
	go func() {
		response, err := api.Invoke(ctx, []byte(event))
		got <- invoked{response, err}
	}()
	return got
}

func await[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(20 * time.Second):
		t.Fatal("nothing came")
	}
	var none T
	return none
}

func TestInvoke_noAnswerByTheDeadline_timesOut(t *testing.T) {
	api := lambdatest.Listen(t)
	api.Timeout = 20 * time.Millisecond
	got := invoke(t.Context(), api, `{}`)
	if err := await(t, got).err; !errors.Is(err, lambdatest.ErrTimedOut) {
		t.Errorf("never asked for: %v", err)
	}
	api.Timeout = time.Second // so that it is asked for before
	got = invoke(t.Context(), api, `{}`)
	process{t, api}.next()
	if err := await(t, got).err; !errors.Is(err, lambdatest.ErrTimedOut) {
		t.Errorf("never answered: %v", err)
	}
}

func TestInvoke_answerStillUnderWayAtTheDeadline_endsWithTimedOut(t *testing.T) {
	t.Parallel()
	api := lambdatest.Listen(t)
	api.Timeout = time.Second
	got := invoke(t.Context(), api, `{}`)
	rt := process{t, api}
	id, _, _ := rt.next()
	body, pipe := io.Pipe()
	status := rt.begin(id, body)
	_, _ = io.WriteString(pipe, "half")
	response := await(t, got)
	if response.err != nil {
		t.Fatal(response.err)
	}
	if text, err := io.ReadAll(response.Body); string(text) != "half" || !errors.Is(err, lambdatest.ErrTimedOut) {
		t.Errorf("%q, %v", text, err)
	}
	pipe.Close()
	await(t, status)
}

func TestRuntime_brokenRule_failsTheTest(t *testing.T) {
	const invocation = "/2018-06-01/runtime/invocation/"
	const extension = "/2020-01-01/extension/"
	for name, c := range map[string]struct {
		begun        bool
		method, path string
		header       http.Header
	}{
		"a path of none of the APIs":  {false, "GET", "/2018-06-01/runtime/next", http.Header{}},
		"an answer to nothing":        {false, "POST", invocation + "none/response", http.Header{}},
		"an error for nothing":        {false, "POST", invocation + "none/error", http.Header{}},
		"an extension without a name": {false, "POST", extension + "register", http.Header{}},
		"an extension after the start": {true, "POST", extension + "register",
			http.Header{"Lambda-Extension-Name": {"x"}}},
		"events for an unknown extension":     {false, "GET", extension + "event/next", http.Header{}},
		"a method that the API does not have": {false, "PUT", invocation + "next", http.Header{}},
	} {
		t.Run(name, func(t *testing.T) {
			rec := newRecorder(t)
			api := lambdatest.Listen(rec)
			rt := process{t, api}
			if c.begun {
				invoke(t.Context(), api, `{}`)
				rt.next()
			}
			if resp := rt.do(c.method, c.path, c.header, strings.NewReader("{}")); resp.StatusCode < 400 {
				t.Error(resp.Status)
			}
			await(t, rec.failures)
		})
	}
}

func TestRuntime_secondAnswer_isABrokenRule(t *testing.T) {
	rec := newRecorder(t)
	api := lambdatest.Listen(rec)
	got := invoke(t.Context(), api, `{}`)
	rt := process{t, api}
	id, _, _ := rt.next()
	rt.fail(id, `{}`)
	await(t, got)
	if resp := rt.answer(id, "text/plain", strings.NewReader("late")); resp.StatusCode != http.StatusBadRequest {
		t.Error(resp.Status)
	}
	await(t, rec.failures)
}

func TestRuntime_extension_registersAndGetsNoEvent(t *testing.T) {
	api := lambdatest.Listen(t)
	rt := process{t, api}
	resp := rt.do("POST", "/2020-01-01/extension/register", http.Header{"Lambda-Extension-Name": {"x"}},
		strings.NewReader(`{"events":null}`))
	id := resp.Header.Get("Lambda-Extension-Identifier")
	if resp.StatusCode != 200 || id == "" || api.Extensions() != 1 {
		t.Fatalf("%s, identifier %q, %d registered", resp.Status, id, api.Extensions())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, "GET", "http://"+api.Addr()+"/2020-01-01/extension/event/next", nil)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Lambda-Extension-Identifier", id)
	if resp, err := http.DefaultClient.Do(q); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v %v", resp, err)
	}
}
