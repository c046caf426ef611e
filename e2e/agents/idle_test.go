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
	"time"

	"github.com/parley-chat/parley/e2e/internal/parts"
	"github.com/parley-chat/parley/e2e/internal/process"
)

// soon is within which an idle agent hears of a message, beside what a busy machine takes: that is
// measured in calls that its client makes then, a tenth of a second each on a quiet one. The shorter
// of two times counts.
const (
	soon = 2 * time.Second
	busy = 20 // calls
)

// house is a server that can be killed and started again.
type house struct {
	t    *testing.T
	data string
	args []string
	*process.Server
}

func newHouse(t *testing.T, args ...string) *house {
	t.Helper()
	installed(t)
	h := &house{t: t, data: filepath.Join(t.TempDir(), "parley.db"), args: args}
	h.start("127.0.0.1:0")
	t.Cleanup(h.kill)
	return h
}

func (h *house) start(addr string) {
	h.t.Helper()
	server, err := process.Start(os.Getenv(process.BinaryEnv),
		append([]string{"--addr", addr, "--data", h.data}, h.args...), process.Environment())
	if err != nil {
		h.t.Fatal(err)
	}
	h.Server = server
}

func (h *house) kill() {
	h.t.Helper()
	if _, err := h.End(syscall.SIGKILL); err != nil {
		h.t.Error(err)
	}
}

// again starts the server at the address where it was.
func (h *house) again() {
	h.t.Helper()
	h.start(strings.TrimSuffix(strings.TrimPrefix(h.URL, "http://"), "/mcp"))
}

// idler is what Ann does: she takes a seat and ends her turn; each time that she is woken
// she reads what there is and ends her turn again.
func idler(t *testing.T, times int, calls func(tool string, arguments map[string]any) call) string {
	t.Helper()
	look := do(calls("wait_for_message", map[string]any{"agent_token": "$TOKEN", "cursor": "$CURSOR",
		"wait_seconds": 0}))
	steps := []step{do(calls("join_room", map[string]any{"room": "hello", "agent_name": "Ann"})), say(resting)}
	for range times {
		steps = append(steps, look, look, say(resting)) // the second says that the first arrived
	}
	return prompt(t, steps...)
}

// plainly calls a tool as Claude Code does, and fromCode as Codex' usual model does.
func plainly(tool string, arguments map[string]any) call {
	return call{Tool: "mcp__parley__" + tool, Input: arguments}
}

func fromCode(tool string, arguments map[string]any) call {
	text, _ := json.Marshal(arguments) // of texts and numbers
	return inCode(tool, string(text))
}

// turnsOf is how many times her model has spoken when she rests for the nth time.
func turnsOf(n int) int { return 2 + 3*(n-1) }

// hears lets Bob speak to an idle Ann for the nth time: her model is asked, with nobody
// typing and without Bob's words, and then reads them. She is told of so many messages, and of nothing else. It
// returns how long that took, without what a busy machine takes.
func hears(t *testing.T, m *model, ann *screen, bob *guest, n int, messages string) (took time.Duration) {
	t.Helper()
	words := fmt.Sprintf("Are you there, for the %d. time?", n)
	began := time.Now()
	bob.says(words)
	notified := m.await(t, ann.client, "that there is something to read", patience, func(c conversation) bool {
		return len(c.turns) == turnsOf(n) && c.after != ""
	})
	took = time.Since(began)
	t.Logf("the model was asked %v after the message", took)
	told := regexp.MustCompile(messages + ` in the Parley room where you are \\?"Ann\\?" \(\d\d:\d\d:\d\d\): call wait_for_message`)
	if !told.MatchString(notified.after) || strings.Count(notified.after, "wait_for_message") != 1 ||
		strings.Contains(notified.after, words) || strings.Contains(notified.after, "Bob") {
		t.Errorf("what woke her is %q", notified.after)
	}
	began = time.Now()
	m.await(t, ann.client, "what Bob said", patience,
		func(c conversation) bool { return strings.Contains(c.text(), words) })
	call := time.Since(began)
	t.Logf("its call took %v", call)
	return took - busy*call
}

// rests returns when Ann has ended her turn for the nth time, and the standby waits.
func rests(t *testing.T, m *model, ann *screen, bob *guest, n int) {
	t.Helper()
	ann.standsBy(t, bob, func() bool {
		heard, _ := m.after(0)
		return len(heard) > 0 && len(heard[len(heard)-1].turns) == turnsOf(n)-1
	})
}

// standsBy returns when Bob sees that the standby waits for Ann, and ok holds.
func (s *screen) standsBy(t *testing.T, bob *guest, ok func() bool) {
	t.Helper()
	late := time.After(patience)
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		var info struct {
			Room struct {
				Agents []struct{ Name, State string }
			}
		}
		bob.call("room_info", map[string]any{"agent_token": bob.token}, &info)
		for _, a := range info.Room.Agents {
			if a.Name == "Ann" && a.State == "standby" && ok() {
				return
			}
		}
		select {
		case <-look.C:
		case <-s.ended:
			t.Fatalf("the client ended: %s", s)
		case <-late:
			t.Fatalf("she does not rest; the room is %+v", info)
		}
	}
}

// isOffered lets Bob offer a task to an idle Ann, who was woken n-1 times: her model is asked, without Bob's words, and
// then reads what she may take.
func isOffered(t *testing.T, m *model, ann *screen, bob *guest, n int) {
	t.Helper()
	rests(t, m, ann, bob, n)
	bob.call("task", map[string]any{"agent_token": bob.token, "action": "add",
		"tasks": []any{map[string]any{"title": "sand the door", "for": []string{"Ann"}}}}, &struct{}{})
	notified := m.await(t, ann.client, "that there is a task for her", patience, func(c conversation) bool {
		return len(c.turns) == turnsOf(n) && strings.Contains(c.after, "The list of tasks has news for you in")
	})
	if strings.Contains(notified.after, "sand the door") {
		t.Errorf("what woke her is %q", notified.after)
	}
	m.await(t, ann.client, "what she may take", patience, func(c conversation) bool {
		return strings.Contains(c.text(), "sand the door") && strings.Contains(c.text(), "which is offered to you")
	})
}

// wakes lets Ann be woken before and after the server was killed, and for a task.
func wakes(t *testing.T, m *model, ann *screen, h *house, bob *guest) {
	t.Helper()
	rests(t, m, ann, bob, 1)
	before := hears(t, m, ann, bob, 1, "1 new message")
	rests(t, m, ann, bob, 2)
	h.kill()
	h.again()
	rests(t, m, ann, bob, 2)
	after := hears(t, m, ann, bob, 2, "[12] new messages?") // the server may not know how far she has read
	if min(before, after) > soon {
		t.Errorf("it took %v, and after the restart %v, beside what a busy machine takes", before, after)
	}
	isOffered(t, m, ann, bob, 3)
}

// What parley connect writes is all that an agent needs to be woken, in each way, and
// --undo takes it back.
func TestIdle_claudeCodeThatIsConnected_isWoken(t *testing.T) {
	t.Parallel()
	for way, mode := range map[string]string{"inbox": "default", "stop": "bypassPermissions"} {
		t.Run(way, func(t *testing.T) {
			m := newMachine(t)
			m.sweep()
			h := newHouse(t)
			dir := m.folder("project")
			m.settle(dir)
			m.says(`"$PARLEY" connect claude-code --allow --url ` + h.URL)
			m.env = append(m.env, "IS_SANDBOX=1") // without it root may not bypass questions
			bob := join(t, h.URL, "hello", "Bob")
			ann := m.sit(dir, "claude", "--permission-mode", mode, "--settings",
				`{"skipDangerousModePermissionPrompt":true}`, "--", idler(t, 3, plainly))
			wakes(t, m.claude, ann, h, bob)
			m.says(`"$PARLEY" connect claude-code --undo`)
			if text := m.read(".claude/settings.json") + m.read(".claude.json"); strings.Contains(text, "mcp__") ||
				strings.Contains(text, `parley"`) {
				t.Errorf("after --undo, there is\n%s", text)
			}
		})
	}
}

// Claude Code drops what is word for word the last message of the same sender, for 30 seconds. Without another word in
// it the second notice would start a turn two minutes later, when it is repeated.
func TestIdle_claudeCode_isWokenByEachOfTwoMessages15SecondsApart(t *testing.T) {
	t.Parallel()
	const apart = 15 * time.Second
	m := newMachine(t)
	m.sweep()
	h := newHouse(t)
	dir := m.folder("project")
	m.settle(dir)
	m.says(`"$PARLEY" connect claude-code --allow --url ` + h.URL)
	bob := join(t, h.URL, "hello", "Bob")
	ann := m.sit(dir, "claude", "--", idler(t, 2, plainly))
	rests(t, m.claude, ann, bob, 1)
	second := time.After(apart)
	hears(t, m.claude, ann, bob, 1, "1 new message")
	rests(t, m.claude, ann, bob, 2)
	<-second
	hears(t, m.claude, ann, bob, 2, "1 new message")
}

// By day Codex may do less than by default.
func TestIdle_codexThatIsConnected_isWoken(t *testing.T) {
	t.Parallel()
	modes := map[string][]string{
		"default": nil,
		"strict":  {"--sandbox", "read-only", "--ask-for-approval", "on-request"},
	}
	for mode, flags := range parts.Modes(t, modes, "strict") {
		t.Run(mode, func(t *testing.T) {
			m := newMachine(t)
			m.sweep()
			h := newHouse(t)
			dir := m.folder("project")
			m.config(fmt.Sprintf("# My own folder.\n[projects.%q] # mine\ntrust_level = \"trusted\"\n", dir))
			own := m.read(".codex/config.toml")
			m.says(`"$PARLEY" connect codex --allow --url ` + h.URL)
			doctor := `"$PARLEY" doctor --wait 1s --client codex --url ` + h.URL + `; true`
			if said := m.says(doctor); !strings.Contains(said, "Codex does not run the hooks") {
				t.Errorf("before its hooks are trusted, parley doctor says\n%s", said)
			}
			m.trustHooks(dir)
			if said := m.says(doctor); !strings.Contains(said, "the hook of Codex runs") {
				t.Errorf("once its hooks are trusted, parley doctor says\n%s", said)
			}
			bob := join(t, h.URL, "hello", "Bob")
			ann := m.sit(dir, "codex", append(flags, idler(t, 3, fromCode))...)
			wakes(t, m.codex, ann, h, bob)
			m.says(`"$PARLEY" connect codex --undo`)
			if text := m.read(".codex/config.toml"); !strings.HasPrefix(text, own) ||
				strings.Contains(text, "mcp_servers") {
				t.Errorf("after --undo, there is\n%s", text)
			}
		})
	}
}
