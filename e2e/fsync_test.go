//go:build linux

package e2e

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/internal/parts"
	"github.com/parley-chat/parley/e2e/internal/process"
)

// traced makes the program one whose reads, writes and syncs are written to a file.
func traced(t *testing.T) (trace string) {
	t.Helper()
	return tracedFor(t, "read,write,pwrite64,fsync,fdatasync")
}

// tracedFor makes the program one whose system calls of these names are written to a
// file.
func tracedFor(t *testing.T, calls string) (trace string) {
	t.Helper()
	strace := parts.Need(t, "strace", "it shows what the program has asked of the kernel")
	dir := t.TempDir()
	trace = filepath.Join(dir, "trace")
	// -D makes strace the child, so that signals reach the program; -y names files.
	if out, err := exec.Command(strace, "-D", "-f", "-o", filepath.Join(dir, "try"),
		"true").CombinedOutput(); err != nil {
		parts.Missing(t, "strace may not trace: %v: %s", err, out)
	}
	wrapper := filepath.Join(dir, "parley")
	script := fmt.Sprintf("#!/bin/sh\nexec '%s' -D -f -y -s 8192 -e trace=%s -o '%s' '%s' \"$@\"\n",
		strace, calls, trace, os.Getenv(process.BinaryEnv))
	if err := os.WriteFile(wrapper, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv(process.BinaryEnv, wrapper)
	return trace
}

// syscalled is a system call. Its line in the trace is where it began and where it
// returned, which are two lines if another thread made a call between.
type syscalled struct {
	name         string
	file         string // path of the descriptor; socket:[N] for a connection
	text         string // with arguments and result
	began, ended int
}

var (
	callLine    = regexp.MustCompile(`^(\d+) +(\w+)\(\d+<([^>]*)>(.*)$`)
	resumedLine = regexp.MustCompile(`^(\d+) +<\.\.\. \w+ resumed>(.*)$`)
)

// readTrace returns the calls of a trace, in the order in which they began. What
// causes another call is in the trace before it, since strace holds a thread
// before and after each call.
func readTrace(t *testing.T, path string) (calls []*syscalled) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	open := map[string]*syscalled{} // by thread
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for n := 0; lines.Scan(); n++ {
		if m := resumedLine.FindStringSubmatch(lines.Text()); m != nil {
			if c := open[m[1]]; c != nil {
				c.text, c.ended = c.text+m[2], n
				delete(open, m[1])
			}
		} else if m := callLine.FindStringSubmatch(lines.Text()); m != nil {
			text, unfinished := strings.CutSuffix(m[4], " <unfinished ...>")
			c := &syscalled{name: m[2], file: m[3], text: text, began: n, ended: n}
			calls = append(calls, c)
			if unfinished {
				open[m[1]] = c
			}
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return calls
}

// first returns the first call that began after that line and is wanted.
func first(calls []*syscalled, after int, wanted func(*syscalled) bool) *syscalled {
	for _, c := range calls {
		if c.began > after && wanted(c) {
			return c
		}
	}
	return &syscalled{text: "no such call"}
}

func TestFsync_beforeEachAnswer_isOneOfTheLogThatHoldsTheMessage(t *testing.T) {
	trace := traced(t)
	p := start(t)
	c := talk{t, openGo(t, p.url, modernProtocol)}
	alice, _ := c.meet("the slow pen")
	const messages = 20
	for n := range messages {
		// Without a cursor the first send would also note what it hands out.
		c.ok("send_message", args{"agent_token": alice.token, "text": marked(n), "cursor": alice.cursor})
	}
	p.terminate()
	await(t, "strace has seen the end", func() bool {
		text, err := os.ReadFile(trace)
		return err == nil && strings.Contains(string(text[max(0, len(text)-200):]), "+++ exited with")
	})
	calls := readTrace(t, trace)
	log := p.args[1] + "-wal"
	for n := range messages {
		checkSynced(t, calls, log, marked(n))
	}
}

func marked(n int) string { return fmt.Sprintf("Mark %04d of the slow pen.", n) }

// checkSynced fails unless between the request with the text and its answer the
// text was written to the log, which then reached the disk in one fsync.
func checkSynced(t *testing.T, calls []*syscalled, log, text string) {
	t.Helper()
	asked := first(calls, -1, func(c *syscalled) bool { return c.name == "read" && strings.Contains(c.text, text) })
	answered := first(calls, asked.ended, func(c *syscalled) bool {
		return c.name == "write" && c.file == asked.file && strings.Contains(c.text, "sent") // not the header
	})
	written := first(calls, asked.ended, func(c *syscalled) bool {
		return c.name == "pwrite64" && c.file == log && strings.Contains(c.text, text)
	})
	if answered.name == "" || written.name == "" || written.ended > answered.began {
		t.Fatalf("%q: asked %+v, written %+v, answered %+v", text, asked, written, answered)
	}
	var synced []*syscalled
	for _, c := range calls {
		if (c.name == "fsync" || c.name == "fdatasync") && c.ended > asked.ended && c.began < answered.began {
			synced = append(synced, c)
		}
	}
	if len(synced) != 1 {
		t.Fatalf("%q: between the request and its answer there were %d fsyncs, want 1", text, len(synced))
	}
	if s := synced[0]; s.file != log || s.began < written.ended || s.ended > answered.began ||
		!strings.HasSuffix(s.text, "= 0") {
		t.Errorf("%q: written at line %d, answered at %d, fsync was %+v", text, written.ended, answered.began, *s)
	}
}
