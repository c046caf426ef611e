package lambdatest_test

import (
	"bufio"
	"bytes"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/testkit/lambdatest"
)

// machine is the program on a machine of its own, on the table of f.
type machine struct {
	at   string // its host and port
	name string // by which people reach it
}

// RoundTrip sends what Caddy passes on.
func (m machine) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host, r.Host = "http", m.at, m.name
	r.Header.Set("X-Forwarded-For", "203.0.113.7")
	return http.DefaultTransport.RoundTrip(r)
}

// settingsOfMachine are those that the unit of systemd and docs/deploy.md give the program, with the table of f, and
// those of env.
func (f *function) settingsOfMachine(env ...string) []string {
	f.t.Helper()
	var all []string
	for _, line := range strings.Split(readPage(f.t, "deploy", "self-hosted", "parley.service"), "\n") {
		if pair, found := strings.CutPrefix(line, "Environment="); found {
			all = append(all, strings.ReplaceAll(pair, "%S", f.t.TempDir()))
		}
	}
	_, page, _ := strings.Cut(readPage(f.t, "docs", "deploy.md"), "`/etc/parley.env`")
	written := regexp.MustCompile(`\n\n((?:    [A-Z_]+=.*\n)+)`).FindStringSubmatch(page)
	if written == nil {
		f.t.Fatal("docs/deploy.md has no settings of a machine")
	}
	all = append(all, strings.Fields(written[1])...)
	return append(append(all, "PARLEY_ADDR=127.0.0.1:0", "PARLEY_TABLE="+f.table, "PARLEY_PUBLIC_URL="+ownURL,
		"AWS_REGION=eu-west-1"), env...)
}

// serve starts the program, which may do with the table what the roles allow. It returns a client and the wiretap.
func (f *function) serve(roles []string, env ...string) (*http.Client, *wiretap) {
	f.t.Helper()
	w := tap(f.t, roles[0], f.engine)
	w.mu.Lock()
	for _, role := range roles[1:] {
		w.grants = append(w.grants, grants(f.t, role)...)
	}
	w.mu.Unlock()
	settings := f.settingsOfMachine(append(env, "AWS_ENDPOINT_URL_DYNAMODB="+w.URL, "AWS_ACCESS_KEY_ID=local",
		"AWS_SECRET_ACCESS_KEY=local")...)
	cmd := exec.Command(build(f.t, "cmd/parley"), "serve")
	cmd.Env = append(os.Environ(), settings...)
	var log bytes.Buffer
	cmd.Stderr = &log
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if f.t.Failed() {
			f.t.Logf("the machine's log: %s", &log)
		}
	})
	listens := regexp.MustCompile(`http://(127\.0\.0\.1:\d+)/mcp`)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if found := listens.FindStringSubmatch(lines.Text()); found != nil {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return &http.Client{Transport: machine{found[1], lambdatest.FunctionURLHost}}, w
		}
	}
	_ = cmd.Wait()
	f.t.Fatalf("the machine does not listen: %s", &log)
	return nil, nil
}

// The function and a machine serve one table at the same time, with the settings that docs/deploy.md has for a machine
// and the permissions of the roles that it names.
func TestMachine_besideTheFunction_servesTheSameRooms(t *testing.T) {
	t.Parallel()
	f := deploy(t)
	_, bucket := f.withBucket()
	f.asked("https://endpoint.invalid/", ownURL) // the machine calls it, in vain
	lambda := f.start(0, append(bucket, signsInAt(ownURL)...)...).FunctionURL()
	ec2, tap := f.serve([]string{"Role", "OutboxRole"}, bucket...)

	key := f.newKey("ann").String()
	at := func(client *http.Client, path, bearer string) visitor {
		return visitor{client: client, path: path, bearer: bearer}
	}
	ann := at(lambda, "/mcp", key).call(t, "create_room", args{"room": "both", "agent_name": "Ann"})
	code := regexp.MustCompile(`/i/\w+`).FindString(ann.Invite)
	bob := at(ec2, code+"/mcp", "").call(t, "join_room", args{"room": "both", "agent_name": "Bob"})
	signedIn := connect(t, lambda, ownURL, key)

	// Each waits at its server, and hears what is said at the other.
	for _, c := range []struct {
		from, to *http.Client
		by, of   *result
		text     string
	}{{lambda, ec2, &ann, &bob, "from the function"}, {ec2, lambda, &bob, &ann, "from the machine"}} {
		heard := make(chan result, 1)
		waits := at(c.to, "/mcp", c.of.AgentToken)
		c.of.Cursor = caughtUp(t, waits, *c.of)
		go func() {
			r, err := waits.try(t, "wait_for_message",
				args{"agent_token": c.of.AgentToken, "cursor": c.of.Cursor, "wait_seconds": 50})
			if err != nil {
				t.Error(err)
			}
			heard <- r
		}()
		at(c.from, "/mcp", c.by.AgentToken).call(t, "send_message",
			args{"agent_token": c.by.AgentToken, "text": c.text})
		if r := <-heard; len(r.Messages) != 1 || r.Messages[0].Text != c.text {
			t.Errorf("%s: %+v", c.text, r)
		}
	}
	file := at(lambda, "/mcp", key).call(t, "share_file",
		args{"agent_token": ann.AgentToken, "name": "a", "text": "plan"})
	if got := at(ec2, "/mcp", bob.AgentToken).call(t, "get_file",
		args{"agent_token": bob.AgentToken, "id": file.ID}); got.Text != "plan" {
		t.Errorf("the machine gives %+v of the function's file", got)
	}

	// The machine has taken over the address: a program that signed in goes on, and agents that were asked are called.
	moved := signedIn.at(ec2)
	moved.caller().call(t, "room_info", args{"agent_token": ann.AgentToken})
	moved.refresh()
	everyTool(t, &http.Client{Transport: byKey{ec2.Transport, key}})
	awaitUse(t, tap, "dynamodb:PutItem CALLING#*")
}

// byKey sends requests with a key.
type byKey struct {
	http.RoundTripper
	key string
}

func (b byKey) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.key)
	return b.RoundTripper.RoundTrip(r)
}

// caughtUp has an agent read all there is, and returns its cursor.
func caughtUp(t *testing.T, v visitor, of result) string {
	t.Helper()
	for {
		r := v.call(t, "wait_for_message", args{"agent_token": of.AgentToken, "cursor": of.Cursor, "wait_seconds": 0})
		of.Cursor = r.Cursor
		if len(r.Messages) == 0 {
			return r.Cursor
		}
	}
}

// awaitUse returns once a grant of the roles was used.
func awaitUse(t *testing.T, w *wiretap, grant string) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(20 * time.Second); ; <-tick.C {
		w.mu.Lock()
		used := slices.Sorted(maps.Keys(w.used))
		w.mu.Unlock()
		switch {
		case slices.Contains(used, grant):
			return
		case time.Now().After(deadline):
			t.Fatalf("%s was not used: %q", grant, used)
		}
	}
}
