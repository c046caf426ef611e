package lambdatest_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/testkit/lambdatest"
)

// outsider is an agent that speaks A2A.
type outsider struct {
	t       *testing.T
	client  *http.Client
	base    string // its address
	context string // its contextId, once it has one
}

// outside returns an agent that may come into the room of an invite.
func outside(t *testing.T, client *http.Client, invite string) *outsider {
	t.Helper()
	code := regexp.MustCompile(`/i/\w+`).FindString(invite)
	if code == "" {
		t.Fatalf("the invite is %q", invite)
	}
	base := "https://" + lambdatest.FunctionURLHost + code + "/as/H%C3%A9l%C3%A8ne/"
	return &outsider{t: t, client: client, base: base}
}

// ask makes a call.
func (o *outsider) ask(method string, params any) *http.Response {
	o.t.Helper()
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 7, "method": method, "params": params})
	if err != nil {
		o.t.Fatal(err)
	}
	q, err := http.NewRequestWithContext(o.t.Context(), http.MethodPost, o.base+"a2a", strings.NewReader(string(body)))
	if err != nil {
		o.t.Fatal(err)
	}
	q.Header = http.Header{"Content-Type": {"application/json"}, "A2a-Version": {"1.0"}}
	resp, err := o.client.Do(q)
	if err != nil {
		o.t.Fatal(err)
	}
	return resp
}

// says are the params of a message.
func (o *outsider) says(id, text string) any {
	return map[string]any{"message": map[string]any{"messageId": id, "contextId": o.context, "role": "ROLE_USER",
		"parts": []any{map[string]any{"text": text}}}}
}

// task is a task, or a change of its status.
type task struct {
	ContextID string `json:"contextId"`
	Status    struct {
		State   string
		Message struct{ Parts []struct{ Text string } }
	}
}

// heard reports whether the task brings a text.
func (k task) heard(text string) bool {
	return slices.ContainsFunc(k.Status.Message.Parts, func(p struct{ Text string }) bool { return p.Text == text })
}

// read returns the task of an answer, or of a line of a stream.
func (o *outsider) read(text string) task {
	o.t.Helper()
	var rpc struct {
		Result struct{ Task, StatusUpdate *task }
		Error  any
	}
	if err := json.Unmarshal([]byte(text), &rpc); err != nil {
		o.t.Fatalf("%v in %q", err, text)
	}
	k := rpc.Result.Task
	if k == nil {
		k = rpc.Result.StatusUpdate
	}
	if k == nil {
		o.t.Fatalf("%q has no task", text)
	}
	o.context = k.ContextID
	return *k
}

// events returns the tasks of a whole stream, and how many signs of life it has.
func (o *outsider) events(resp *http.Response) (tasks []task, signs int) {
	o.t.Helper()
	text, err := readAll(resp)
	if err != nil || resp.Header.Get("Content-Type") != "text/event-stream" {
		o.t.Fatalf("%v %q %v", resp.Header, text, err)
	}
	for line := range strings.Lines(text) {
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			tasks = append(tasks, o.read(data))
		}
	}
	return tasks, strings.Count(text, ": still here\n\n")
}

// The time of an invocation is up before somebody answers: the client hears so in time, and misses nothing.
func TestA2A_deadline_endsCallsInTimeAndLosesNothing(t *testing.T) {
	t.Parallel()
	f := deploy(t)
	i, key := f.start(0, "PARLEY_ACCESS=keys"), f.newKey("ann").String()
	for name, client := range map[string]*http.Client{"Function URL": i.FunctionURL(), "HTTP API": i.HTTPAPI()} {
		i.Timeout = time.Minute
		host := visitor{client: client, path: "/mcp", bearer: key}
		ann := host.call(t, "create_room", args{"room": name, "agent_name": "Ann"})
		o := outside(t, client, ann.Invite)
		i.Timeout = 8 * time.Second // of which 4 are for the end
		began := time.Now()
		inTime := func(what string) {
			t.Helper()
			if left := i.Timeout - time.Since(began); left < 0 || left > 5*time.Second {
				t.Errorf("%s: %s with %v left", name, what, left)
			}
		}
		tasks, signs := o.events(o.ask("SendStreamingMessage", o.says("m1", "Is the build green?")))
		inTime("the stream ends")
		if len(tasks) != 2 || tasks[0].Status.State != "TASK_STATE_WORKING" ||
			tasks[1].Status.State != "TASK_STATE_WORKING" || signs == 0 {
			t.Errorf("%s: the stream has %+v and %d signs of life", name, tasks, signs)
		}
		host.call(t, "send_message", args{"agent_token": ann.AgentToken, "text": "It is."})
		text, err := readAll(o.ask("SendMessage", o.says("m2", "And the tests?")))
		if k := o.read(text); err != nil || k.Status.State != "TASK_STATE_WORKING" || !k.heard("Ann: It is.") {
			t.Errorf("%s: what came between the calls is not in %s, %v", name, text, err)
		}
		began = time.Now()
		resp := o.ask("SendMessage", o.says("m3", "And the tests?"))
		text, err = readAll(resp)
		inTime("the message is answered")
		if k := o.read(text); err != nil || resp.Header.Get("Content-Type") != "application/json" ||
			k.Status.State != "TASK_STATE_WORKING" || !strings.HasPrefix(text, " {") {
			t.Errorf("%s: %v %s, %v", name, resp.Header, text, err)
		}
	}
}

// A Function URL passes each event on as it is written.
func TestA2A_stream_showsWhatIsSaidWhileItIsOpen(t *testing.T) {
	t.Parallel()
	f := deploy(t)
	i := f.start(4, "PARLEY_ACCESS=keys")
	client := i.FunctionURL()
	host := visitor{client: client, path: "/mcp", bearer: f.newKey("ann").String()}
	ann := host.call(t, "create_room", args{"room": "hall", "agent_name": "Ann"})
	o := outside(t, client, ann.Invite)
	resp := o.ask("SendStreamingMessage", o.says("m1", "Is the build green?"))
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	event := func() task {
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				return o.read(data)
			}
		}
		t.Fatalf("the stream has ended: %v", lines.Err())
		return task{}
	}
	if k := event(); k.Status.State != "TASK_STATE_WORKING" {
		t.Errorf("%+v", k)
	}
	host.call(t, "send_message", args{"agent_token": ann.AgentToken, "text": "It is."})
	if k := event(); k.Status.State != "TASK_STATE_INPUT_REQUIRED" || !k.heard("Ann: It is.") {
		t.Errorf("%+v", k)
	}
	for lines.Scan() {
		if lines.Text() != "" {
			t.Errorf("%q after the end", lines.Text())
		}
	}
}
