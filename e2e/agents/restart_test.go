package agents

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	parley "github.com/parley-chat/parley/internal/cli/client"
)

// seats returns the list of those whose session is known.
func (m *machine) seats() []parley.Seat {
	m.t.Helper()
	var file struct{ Seats []parley.Seat }
	text, err := os.ReadFile(filepath.Join(m.state, "parley", "seats.json"))
	if err != nil || json.Unmarshal(text, &file) != nil {
		m.t.Fatalf("the list of seats is %s, %v", text, err)
	}
	return file.Seats
}

// kill ends a client as a crash does.
func (s *screen) kill(t *testing.T) {
	t.Helper()
	if err := syscall.Kill(-s.process.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-s.ended
}

// restarts is a client whose agent Ann has a seat and rests, in a session that is then killed.
type restarts struct {
	*machine
	model *model
	ann   *screen
	bob   *guest
	seat  parley.Seat
}

// crash kills the session once Ann rests.
func (r *restarts) crash() {
	r.t.Helper()
	r.ann.standsBy(r.t, r.bob, func() bool { return len(r.seats()) == 1 })
	r.seat = r.seats()[0]
	r.ann.kill(r.t)
}

// hears checks what the model is told beside a prompt that is a single word.
func (r *restarts) hears(word, told string) {
	r.t.Helper()
	asked := r.model.await(r.t, r.ann.client, "what it hears "+word, patience,
		func(c conversation) bool { return strings.Contains(c.raw, word) })
	if !strings.Contains(asked.raw, told) || !strings.Contains(asked.raw, r.seat.Token) {
		r.t.Errorf("%s its model hears %s", word, asked.raw)
	}
}

// isWoken says something once Ann rests, and checks that her model is told.
func (r *restarts) isWoken() {
	r.t.Helper()
	r.ann.standsBy(r.t, r.bob, func() bool { return true })
	r.bob.says("Are you there?")
	r.model.await(r.t, r.ann.client, "that there is something to read", patience, func(c conversation) bool {
		return strings.Contains(c.after, "1 new message in the Parley room where you are")
	})
}

// What a session hears that goes on, and one that is new where another has ended.
const (
	goesOn    = "Your agent_token for the Parley room where you are"
	takesOver = "Ask your user before you go on"
)

// Each time that Claude Code has lost the token, its model has it in the next request. A session
// that was killed and resumed is woken as before.
func TestRestart_claudeCode_keepsItsSeat(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.sweep()
	h := newHouse(t)
	dir := m.folder("project")
	m.settle(dir)
	m.says(`"$PARLEY" connect claude-code --allow --url ` + h.URL)
	r := &restarts{machine: m, model: m.claude, bob: join(t, h.URL, "hello", "Bob")}
	r.ann = m.sit(dir, "claude", "--", idler(t, 0, plainly))
	r.crash()

	r.ann = m.sit(dir, "claude", "--resume", r.seat.Wake.Session, "--", "after-the-kill")
	r.hears("after-the-kill", goesOn)
	r.isWoken()

	r.ann.types(t, "/compact")
	r.ann.shows(t, "ompacted")
	r.ann.types(t, "after-the-compaction")
	r.hears("after-the-compaction", goesOn)

	r.ann.types(t, "/clear")
	r.ann.types(t, "after-the-clearing")
	r.hears("after-the-clearing", takesOver)
	if list := r.seats(); len(list) != 0 {
		t.Errorf("nobody was asked, and there is %+v", list)
	}
	r.ann.kill(t)

	r.ann = m.sit(dir, "claude", "--", prompt(t,
		do(plainly("join_room", map[string]any{"agent_token": r.seat.Token, "agent_name": "Ann"})), say(resting)))
	r.crash()
	if r.seat.Chosen != "Ann" {
		t.Errorf("it said its name again, and the list has %+v", r.seat)
	}
	r.ann = m.sit(dir, "claude", "--", "after-the-restart")
	r.hears("after-the-restart", takesOver)
}

// A guest has no key by which it could regain its seat, and its invite has no further use. With
// the token it is in again.
func TestRestart_guest_isNotLockedOut(t *testing.T) {
	t.Parallel()
	base, key := keyed(t)
	host, m := newMachine(t), newMachine(t)
	m.sweep()
	host.env = append(host.env, "PARLEY_URL="+base, "PARLEY_KEY="+key)
	host.says(`"$PARLEY" join tea --as Host`)
	link := regexp.MustCompile(`/i/[0-9a-z]+`).FindString(host.says(`"$PARLEY" invite`))
	dir := m.folder("project")
	m.settle(dir)
	m.says(`"$PARLEY" connect claude-code --allow --url ` + base + link)
	as := func(arguments map[string]any) string {
		return prompt(t, do(plainly("join_room", arguments)), say(resting))
	}
	r := &restarts{machine: m, model: m.claude}
	r.ann = m.sit(dir, "claude", "--", as(map[string]any{"agent_name": "Ann"}))
	m.claude.await(t, r.ann.client, "the seat", patience, isSeated)
	r.ann.shows(t, resting)
	r.seat = r.seats()[0]
	r.ann.kill(t)

	r.ann = m.sit(dir, "claude", "--", "after-the-restart "+as(map[string]any{"agent_token": r.seat.Token}))
	r.hears("after-the-restart", takesOver)
	m.claude.await(t, r.ann.client, "its seat", patience, func(c conversation) bool {
		return len(c.turns) == 1 && strings.Contains(c.text(), `"status":"returned"`)
	})
}

// A session that was killed and resumed is woken again once its person has typed a word.
func TestRestart_codex_keepsItsSeat(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.sweep()
	h := newHouse(t)
	dir := m.folder("project")
	m.config(fmt.Sprintf("[projects.%q]\ntrust_level = \"trusted\"\n", dir))
	m.says(`"$PARLEY" connect codex --allow --url ` + h.URL)
	m.trustHooks(dir)
	r := &restarts{machine: m, model: m.codex, bob: join(t, h.URL, "hello", "Bob")}
	r.ann = m.sit(dir, "codex", idler(t, 0, fromCode))
	r.crash()
	r.ann = m.sit(dir, "codex", "resume", r.seat.Wake.Session, "after-the-kill")
	r.hears("after-the-kill", goesOn)
	r.isWoken()
	r.crash()
	m.killLeftBehind() // the background process that goes on with the session for a while
	r.ann = m.sit(dir, "codex", "after-the-restart")
	r.hears("after-the-restart", takesOver)
}
