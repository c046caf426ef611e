package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/mcp"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/sqlite"
	"github.com/parley-chat/parley/internal/testkit/secretscan"
)

// command runs the program and returns its output.
func command(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	atHome(t)
	var out, err bytes.Buffer
	code = run(t.Context(), args, streams{in: strings.NewReader(""), out: &out, err: &err})
	return code, out.String(), err.String()
}

func TestServe_portTaken_leavesNoFileBehind(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for flag, args := range map[string][]string{
		"--addr":         {"--addr", taken.Addr().String()},
		"--metrics-addr": {"--addr", "127.0.0.1:0", "--metrics-addr", taken.Addr().String()},
	} {
		file := filepath.Join(t.TempDir(), "parley.db")
		code, _, says := command(t, append(args, "--data", file)...)
		if code != 1 || !strings.Contains(says, "Stop the program that listens there, or choose another "+flag+
			", such as "+flag+" 127.0.0.1:") {
			t.Errorf("%s: code %d, %q", flag, code, says)
		}
		if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: there is a file: %v", flag, err)
		}
	}
}

// A server on all addresses admits only callers with a key, and so refuses to say what it is.
func TestServe_portOfAParleyThatWantsKeys_namesIt(t *testing.T) {
	atHome(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out, ended := secretscan.NewBuffer(t), make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"--addr", "0.0.0.0:0", "--data", emptyFile(t)},
			streams{in: strings.NewReader(""), out: out, err: out})
	}()
	listens := regexp.MustCompile(`such as http://\S+:(\d+)/mcp\n`)
	await(t, out, listens)
	port := listens.FindStringSubmatch(out.String())[1]
	for _, addr := range []string{"127.0.0.1:" + port, "0.0.0.0:" + port, ":" + port} {
		code, _, says := command(t, "--addr", addr, "--data", emptyFile(t))
		if code != 1 || !strings.Contains(says, ". A Parley server runs there already: use it at http://127.0.0.1:"+
			port) {
			t.Errorf("%s: code %d, %q", addr, code, says)
		}
	}
	stop()
	if code := <-ended; code != 0 {
		t.Errorf("exit code %d\n%s", code, out)
	}
}

func TestServe_addressOfAnotherMachine_saysSo(t *testing.T) {
	// 192.0.2.0/24 belongs to no machine (RFC 5737).
	code, _, says := command(t, "--addr", "192.0.2.1:8080", "--data", filepath.Join(t.TempDir(), "parley.db"))
	if code != 1 || !strings.Contains(says, "This machine does not have that address") {
		t.Errorf("code %d, %q", code, says)
	}
}

// A mistyped path starts no server with other rooms, and leaves nothing.
func TestFiles_missingFolder_isNotMade(t *testing.T) {
	none := filepath.Join(t.TempDir(), "none", "such")
	want := "there is no folder " + none + ". Nothing was done: name another file, or make the folder: mkdir -p " + none
	for _, line := range [][]string{
		{"serve", "--addr", "127.0.0.1:0", "--data", filepath.Join(none, "parley.db")},
		{"copy", "--from", emptyFile(t), "--to", filepath.Join(none, "parley.db")},
	} {
		if code, _, says := command(t, line...); code != exitUsage || !strings.Contains(says, want) {
			t.Errorf("%q: code %d, %q", line, code, says)
		}
	}
	if _, err := os.Stat(filepath.Dir(none)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder is there: %v", err)
	}
}

func TestServe_fileInUse_freesThePort(t *testing.T) {
	file := filepath.Join(t.TempDir(), "parley.db")
	tab, err := sqlite.Open(file, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer tab.Close()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := free.Addr().String()
	free.Close()
	if code, _, says := command(t, "--addr", addr, "--data", file); code != 1 ||
		!strings.Contains(says, "another process has the file open") ||
		!strings.Contains(says, "which has printed its address; stop it or choose another file with --data") {
		t.Errorf("code %d, %q", code, says)
	}
	again, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatalf("the port is still taken: %v", err)
	}
	again.Close()
}

// A mistyped path makes a server without the expected rooms.
func TestServe_newFile_isSaidToBeNew(t *testing.T) {
	atHome(t)
	file := filepath.Join(t.TempDir(), "parley.db")
	for _, is := range []string{file + ", a new file. ", file + ". "} {
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		out, ended := secretscan.NewBuffer(t), make(chan int, 1)
		go func() {
			ended <- run(ctx, []string{"--addr", "127.0.0.1:0", "--data", file}, streams{in: strings.NewReader(""),
				out: out, err: out})
		}()
		await(t, out, regexp.MustCompile(`the rooms stay\.\n`))
		if !strings.Contains(out.String(), "The rooms are stored in "+is) {
			t.Errorf("it does not say %q:\n%s", is, out)
		}
		stop()
		if code := <-ended; code != 0 {
			t.Errorf("exit code %d\n%s", code, out)
		}
	}
}

// Its rooms answer only that they are unavailable, so a person must learn it at the start.
func TestServe_fileWithARoomOfAnotherVersion_saysSoInOneLine(t *testing.T) {
	atHome(t)
	for version, want := range map[int]int{room.Version - 1: 1, room.Version: 0, room.Version + 1: 1} {
		file := filepath.Join(t.TempDir(), "parley.db")
		tab, err := sqlite.Open(file, sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range []int{room.Version, version, version} {
			item := table.Item{Key: roomlog.MetaKey(fmt.Sprintf("room%03d", i)), Data: fmt.Appendf(nil, `{"v":%d}`, v)}
			if err := tab.Write(t.Context(), table.Put(item, table.Always)); err != nil {
				t.Fatal(err)
			}
		}
		if err := tab.Close(); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		out, ended := secretscan.NewBuffer(t), make(chan int, 1)
		go func() {
			ended <- run(ctx, []string{"--addr", "127.0.0.1:0", "--data", file}, streams{in: strings.NewReader(""),
				out: out, err: out})
		}()
		await(t, out, regexp.MustCompile(`the rooms stay\.\n`))
		stop()
		if code := <-ended; code != 0 {
			t.Errorf("exit code %d\n%s", code, out)
		}
		line := regexp.MustCompile(`(?m)^.*another version of Parley stored rooms of this file.*` +
			regexp.QuoteMeta(file) + `.*$`)
		if n := len(line.FindAllString(out.String(), -1)); n != want || strings.Count(out.String(), "WARN") != want {
			t.Errorf("version %d: %d lines say so, want %d\n%s", version, n, want, out)
		}
	}
}

func TestServe_untilInterrupted_answersAndEndsWell(t *testing.T) {
	atHome(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out, ended := secretscan.NewBuffer(t), make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"--addr", "127.0.0.1:0", "--metrics-addr", "127.0.0.1:0", "--data",
			filepath.Join(t.TempDir(), "parley.db")}, streams{in: strings.NewReader(""), out: out, err: out})
	}()
	listens := regexp.MustCompile(`listens on (http://\S+)/mcp\n`)
	await(t, out, listens)
	base := listens.FindStringSubmatch(out.String())[1]
	figures := regexp.MustCompile(`http://\S+/metrics`).FindString(out.String())
	for url, want := range map[string]string{base + "/healthz": `"ready"`, figures: "parley_file_commits_total"} {
		if body := get(t, url); !strings.Contains(body, want) {
			t.Errorf("%s answers %.200q", url, body)
		}
	}
	stop()
	if code := <-ended; code != 0 {
		t.Errorf("exit code %d\n%s", code, out)
	}
}

func TestServe_onAllAddresses_invitesToOneThatOthersReach(t *testing.T) {
	atHome(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out, ended := secretscan.NewBuffer(t), make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"--addr", "0.0.0.0:0", "--access", "open", "--data",
			filepath.Join(t.TempDir(), "parley.db")}, streams{in: strings.NewReader(""), out: out, err: out})
	}()
	paste := regexp.MustCompile(`such as (http://\S+):(\d+)/mcp\n`)
	await(t, out, paste)
	found := paste.FindStringSubmatch(out.String())
	url := found[1] + ":" + found[2]
	if own := ownAddress(); own.IsValid() && strings.Contains(url, "127.0.0.1") {
		t.Errorf("the banner names %s, though this machine has the address %s", url, own)
	}
	if body := get(t, url+"/healthz"); !strings.Contains(body, `"ready"`) {
		t.Errorf("%s answers %q", url, body)
	}
	local, err := client.NewStreamableHttpClient("http://127.0.0.1:" + found[2] + "/mcp")
	if err != nil {
		t.Fatal(err)
	}
	defer local.Close()
	if _, err := local.Initialize(t.Context(), mcp.InitializeRequest{}); err != nil {
		t.Fatal(err)
	}
	var join mcp.CallToolRequest
	join.Params.Name, join.Params.Arguments = "join_room", map[string]any{"room": "tea", "agent_name": "Ann"}
	if joined, err := local.CallTool(t.Context(), join); err != nil ||
		!strings.Contains(fmt.Sprint(joined.Content), "Add the MCP server "+url+"/mcp") {
		t.Errorf("the invite is not to %s: %v, %v", url, joined, err)
	}
	stop()
	if code := <-ended; code != 0 {
		t.Errorf("exit code %d\n%s", code, out)
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(resp.Body); err != nil {
		t.Fatal(err)
	}
	return body.String()
}

func await(t *testing.T, out *secretscan.Buffer, want *regexp.Regexp) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(20 * time.Second); !want.MatchString(out.String()); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("no %v in\n%s", want, out)
		}
	}
}

// Each answer comes 8 s after the one before, which is longer in all than the server waits for one.
func TestServeUntil_answersGoOn_noneIsCutOff(t *testing.T) {
	s := newStopping(t, 20)
	for range 9 {
		s.clock.Advance(8 * time.Second)
		s.answers(t)
	}
	s.clock.Advance(drainPause)
	if err := <-s.ended; err != nil {
		t.Error(err)
	}
	if open := len(s.open); open != 20 {
		t.Errorf("%d requests were open, want 20", open)
	}
}

// Somebody asks for one answer after another.
func TestServeUntil_answersNeverEnd_endsAfterAll(t *testing.T) {
	s := newStopping(t, 20)
	for range 11 {
		s.clock.Advance(8 * time.Second)
		s.answers(t)
	}
	s.clock.Advance(drainTime - 88*time.Second)
	if err := <-s.ended; err != nil {
		t.Error(err)
	}
}

// stopping is a server with open requests that was asked to end.
type stopping struct {
	clock *clockwork.FakeClock
	ended chan error
	open  chan struct{} // has an element for each request that has come
	next  chan struct{} // has one request answered for each element
	got   chan error    // the ends of the requests
}

func newStopping(t *testing.T, requests int) *stopping {
	t.Helper()
	s := &stopping{clock: clockwork.NewFakeClock(), ended: make(chan error, 1), open: make(chan struct{}, requests),
		next: make(chan struct{}), got: make(chan error, requests)}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.open <- struct{}{}
		select {
		case <-s.next:
			fmt.Fprint(w, "answered")
		case <-r.Context().Done():
		}
	})}
	t.Cleanup(func() { server.Close() })
	stopped := make(chan struct{})
	go func() {
		s.ended <- serveUntil(ctx, server, ln, func() { close(stopped) }, s.clock, secretscan.Logger(t))
	}()
	for range requests {
		go func() {
			answer, err := http.Get("http://" + ln.Addr().String())
			if err == nil {
				_, err = io.ReadAll(answer.Body)
				answer.Body.Close()
			}
			s.got <- err
		}()
	}
	for len(s.open) < requests {
		runtime.Gosched()
	}
	stop()
	<-stopped
	return s
}

// answers has one request answered.
func (s *stopping) answers(t *testing.T) {
	t.Helper()
	select {
	case s.next <- struct{}{}:
	case err := <-s.ended:
		t.Fatalf("the server has ended with open requests: %v", err)
	}
	if err := <-s.got; err != nil {
		t.Fatalf("a request was not answered: %v", err)
	}
}
