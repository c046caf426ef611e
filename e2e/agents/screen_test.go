package agents

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

// screen is a client in a terminal with a person in front of it.
type screen struct {
	*client
	tty *os.File
}

// types lets the person enter a line, as soon as the client shows what was typed.
func (s *screen) types(t *testing.T, line string) {
	t.Helper()
	from := len(s.String())
	if _, err := io.WriteString(s.tty, line); err != nil {
		t.Fatal(err)
	}
	s.showsAfter(t, from, line)
	if _, err := io.WriteString(s.tty, "\r"); err != nil {
		t.Fatal(err)
	}
}

// answers is what is typed when a text appears. Codex asks the terminal where the cursor
// is, and does not start without an answer. In its plan mode Claude Code asks its person
// before each call that changes something.
var answers = map[string]string{
	"\x1b[6n":  "\x1b[1;1R",
	"proceed?": "\r",
}

// sit runs a client in a terminal in which a person sits who says yes.
func (m *machine) sit(dir, name string, args ...string) *screen {
	m.t.Helper()
	cmd := m.command(dir, name, args...)
	c := &client{args: cmd.Args, ended: make(chan struct{})}
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 50, Cols: 160})
	if err != nil {
		m.t.Fatal(err)
	}
	go func() {
		text := make([]byte, 1<<16)
		for {
			n, err := tty.Read(text)
			_, _ = c.Write(text[:n])
			for asked, answer := range answers {
				for range bytes.Count(text[:n], []byte(asked)) {
					_, _ = io.WriteString(tty, answer)
				}
			}
			if err != nil { // the client has ended
				return
			}
		}
	}()
	m.endLater(c, cmd)
	m.t.Cleanup(func() { _ = tty.Close() }) // nothing is left in it
	return &screen{c, tty}
}

// shows waits until one of the words was on the screen, and returns it. A word is drawn
// in one piece; several may not be.
func (s *screen) shows(t *testing.T, words ...string) string {
	t.Helper()
	return s.showsAfter(t, 0, words...)
}

// showsAfter is shows for what is drawn after so many bytes.
func (s *screen) showsAfter(t *testing.T, from int, words ...string) string {
	t.Helper()
	late := time.After(patience)
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		text := s.String()[from:]
		for _, word := range words {
			if strings.Contains(text, word) {
				return word
			}
		}
		select {
		case <-look.C:
		case <-s.ended:
			t.Fatalf("the client ended, and %q were never on the screen", words)
		case <-late:
			t.Fatalf("after %v none of %q was on the screen", patience, words)
		}
	}
}

// sweep keeps what the program stores for a person in a folder with a short name, since
// the names of sockets have at most about a hundred bytes. When the test ends, it kills
// what clients and hooks have left behind on this machine.
func (m *machine) sweep() {
	m.t.Helper()
	if runtime.GOOS != "linux" {
		m.t.Skip("only Linux shows which processes a client has left behind")
	}
	var err error
	m.state, err = os.MkdirTemp("", "parley-state-")
	if err != nil {
		m.t.Fatal(err)
	}
	m.env = append(m.env, "XDG_STATE_HOME="+m.state)
	m.t.Cleanup(func() {
		if m.t.Failed() {
			log, _ := os.ReadFile(filepath.Join(m.state, "parley", "standby.log")) // if there was a standby
			m.t.Logf("the standby wrote:\n%s", log)
		}
		m.killLeftBehind()
		if err := os.RemoveAll(m.state); err != nil {
			m.t.Error(err)
		}
	})
}

// killLeftBehind returns when no process of this machine is left.
func (m *machine) killLeftBehind() {
	late := time.After(patience)
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for pids := m.processes(); len(pids) > 0; pids = m.processes() {
		for _, pid := range pids {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && err != syscall.ESRCH {
				m.t.Error(fmt.Errorf("process %d: %w", pid, err))
			}
		}
		select {
		case <-look.C:
		case <-late:
			m.t.Errorf("the processes %v do not end", pids)
			return
		}
	}
}

// processes returns the processes with the HOME of this machine. One that has ended has
// no environment any more.
func (m *machine) processes() (pids []int) {
	found, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		m.t.Error(err)
	}
	for _, path := range found {
		text, err := os.ReadFile(path)
		if err != nil || !slices.Contains(strings.Split(string(text), "\x00"), "HOME="+m.home) {
			continue // gone, or somebody else's
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			m.t.Error(err)
			continue
		}
		pids = append(pids, pid)
	}
	return pids
}
