package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/parley-chat/parley/e2e/internal/process"
)

// TestDocs_everyClientOfWebhooks_verifiesAsWritten runs the receivers of docs/webhooks.md, each with the library of
// Standard Webhooks in its language.
func TestDocs_everyClientOfWebhooks_verifiesAsWritten(t *testing.T) {
	t.Parallel()
	p := start(t)
	for _, language := range []struct {
		name, file string
		command    func(t *testing.T, program string) *exec.Cmd
	}{
		{"go", "receiver.go", compiled},
		{"js", "receiver.mjs", inNode},
		{"python", "receiver.py", func(t *testing.T, program string) *exec.Cmd {
			return exec.Command(installPython(t), program)
		}},
	} {
		t.Run(language.name, func(t *testing.T) {
			t.Parallel()
			tea := roomName(language.name)
			ann, bob := watchedRoom(t, p, tea)

			r := receive(t, language.command(t, programOf(t, "webhooks.md", language.name, language.file)))
			added := strings.Fields(ann.does("hooks", "add", r.url, tea)) // which the challenge has to reach
			secret := added[len(added)-1]
			const early = `{"type":"room.message"}`
			if status := r.post("evt_1", early, forged{"", time.Now(), early}); status != http.StatusUnauthorized {
				t.Errorf("before it has a secret it answers with %d", status)
			}
			written(t, r.folder, "secret.txt", []byte(secret+"\n"))

			const first, second = "Tea?", "Grüße, 世界 👩🏽‍🚀 שלום: <&> \"\\\" \u2028 Ω\u0323"
			bob.does("say", first)
			removed := r.comes("room.message").Data.Message
			bob.does("say", second)
			said := r.comes("room.message").Data.Message
			if removed.Text != first || said.Text != second || said.From != "Bob" {
				t.Errorf("came %+v and %+v", removed, said)
			}
			bob.does("put", written(t, t.TempDir(), "plan.txt", []byte("Water. Leaves.")))
			if m := r.comes("room.message").Data.Message; m.File.Name != "plan.txt" || m.File.Size != 14 {
				t.Errorf("of the file came %+v", m)
			}
			bob.does("remove", removed.ID)
			last := r.comes("room.room")
			if m := last.Data.Message; m.Changes.Redacted != removed.ID || m.By != "Bob" {
				t.Errorf("of the removal came %+v", m)
			}

			now, body := time.Now(), last.body
			for what, x := range map[string]forged{
				"a byte is another":     {secret, now, strings.Replace(body, "Bob", "Rob", 1)},
				"the secret is another": {"whsec_c29tZWJvZHkgZWxzZSdzIHNlY3JldA==", now, body},
				"it is old":             {secret, now.Add(-time.Hour), body},
			} {
				if status := r.post(last.id, body, x); status != http.StatusUnauthorized {
					t.Errorf("%s: answered with %d", what, status)
				}
			}
			if status := r.post(last.id, body, forged{secret, now, body}); status/100 != 2 {
				t.Errorf("as it was: answered with %d", status)
			}
			if again := r.comes("room.room"); again.body != body || again.id != last.id {
				t.Errorf("printed %+v, want only what is signed", again)
			}
		})
	}
}

// TestDocs_everyClientOfWebhooks_inPythonForwardsToAMessenger runs the receiver with the address of a channel, which a
// server of the test stands for.
func TestDocs_everyClientOfWebhooks_inPythonForwardsToAMessenger(t *testing.T) {
	t.Parallel()
	p := start(t)
	python := installPython(t)
	for name, x := range map[string]struct{ path, field, want string }{
		"Slack":   {"/services/T0/B0/x", "text", "Bob: &lt;!channel&gt; &amp; *tea*?"},
		"Discord": {"/api/v10/webhooks/1/x", "content", `Bob\: \<!channel\> & \*tea\*?`},
	} {
		posted := make(chan map[string]any, 9)
		channel := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			var body map[string]any
			if r.URL.Path == x.path && json.NewDecoder(r.Body).Decode(&body) == nil {
				posted <- body
			}
		}))
		t.Cleanup(channel.Close)
		room := roomName(strings.ToLower(name))
		ann, bob := watchedRoom(t, p, room)
		r := receive(t, exec.Command(python, programOf(t, "webhooks.md", "python", "receiver.py")),
			channel.URL+x.path)
		added := strings.Fields(ann.does("hooks", "add", r.url, room))
		written(t, r.folder, "secret.txt", []byte(added[len(added)-1]+"\n"))
		bob.does("say", "<!channel> & *tea*?")
		r.comes("room.message")
		select {
		case body := <-posted:
			if body[x.field] != x.want {
				t.Errorf("%s gets %v, want %s", name, body, x.want)
			}
		case <-time.After(patience):
			t.Errorf("%s gets nothing", name)
		}
	}
}

// receiver is a program of docs/webhooks.md that runs.
type receiver struct {
	t           *testing.T
	url, folder string
	lines       <-chan string // that it prints for each call that it has verified
}

func receive(t *testing.T, cmd *exec.Cmd, more ...string) *receiver {
	t.Helper()
	r := &receiver{t: t, folder: t.TempDir()}
	cmd.Dir = r.folder
	cmd.Args = append(append(cmd.Args, "0"), more...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	complaints := &process.Output{}
	cmd.Stderr = complaints
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines, ended := make(chan string, 100), make(chan struct{})
	r.lines = lines
	go func() {
		defer close(ended)
		for text := bufio.NewReader(out); ; {
			line, err := text.ReadString('\n')
			if err != nil {
				return // it has ended
			}
			lines <- strings.TrimSpace(line)
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		<-ended
		_ = cmd.Wait() // it was killed
		if t.Failed() {
			complaints.Report(t, "the receiver")
		}
	})
	r.url = "http://127.0.0.1:" + strings.TrimPrefix(r.line(), "at port ") + "/"
	return r
}

// line returns what the receiver prints next.
func (r *receiver) line() string {
	r.t.Helper()
	select {
	case line := <-r.lines:
		return line
	case <-time.After(patience):
		r.t.Fatal("the receiver prints nothing")
		return ""
	}
}

// received is a call that a receiver has verified.
type received struct {
	id, body string
	Type     string
	Data     struct {
		Message struct {
			ID, From, Text, By string
			File               struct {
				Name string
				Size int
			}
			Changes struct{ Redacted string }
		}
	}
}

// comes returns the next call, which must have this type and an id of its own.
func (r *receiver) comes(kind string) (got received) {
	r.t.Helper()
	got.id, got.body, _ = strings.Cut(r.line(), " ")
	if err := json.Unmarshal([]byte(got.body), &got); err != nil || got.Type != kind ||
		!strings.HasPrefix(got.id, "evt_") {
		r.t.Fatalf("%q printed %s, %v; want %s", got.id, got.body, err, kind)
	}
	return got
}

// forged is what a call is signed by, and what is sent.
type forged struct {
	secret string
	at     time.Time
	sent   string
}

// post makes a call with the signature of body, and returns the status of the answer.
func (r *receiver) post(id, body string, x forged) int {
	r.t.Helper()
	by, err := standardwebhooks.NewWebhook(x.secret)
	if err != nil {
		r.t.Fatal(err)
	}
	signature, err := by.Sign(id, x.at, []byte(body))
	if err != nil {
		r.t.Fatal(err)
	}
	q, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.url, strings.NewReader(x.sent))
	if err != nil {
		r.t.Fatal(err)
	}
	q.Header.Set(standardwebhooks.HeaderWebhookID, id)
	q.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	q.Header.Set(standardwebhooks.HeaderWebhookTimestamp, fmt.Sprint(x.at.Unix()))
	resp, err := http.DefaultClient.Do(q)
	if err != nil {
		r.t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, resp.Body) // it has none
	_ = resp.Body.Close()
	return resp.StatusCode
}
