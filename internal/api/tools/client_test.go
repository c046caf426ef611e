package tools

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/core/chat"
)

// Clients as they introduce themselves.
var (
	claudeCode = mcp.Client{Agent: "claude-code/2.1.332 (cli)", Progress: true}
	headless   = mcp.Client{Agent: "claude-code/2.1.332 (sdk-cli)", Progress: true}
	codex      = mcp.Client{Agent: "codex-mcp-client/0.171.0", Progress: true}
)

// adviseFor returns the advisor of a client.
func adviseFor(c mcp.Client) advisor {
	return usual().clients.advisor(mcp.WithClient(context.Background(), c))
}

func TestHabits_ofEachClient(t *testing.T) {
	const longest = 12 * time.Hour
	deaf, old, newer, odd := claudeCode, claudeCode, claudeCode, claudeCode
	deaf.Progress = false
	old.Agent, newer.Agent, odd.Agent = "claude-code/2.1.99 (cli)", "claude-code/3.0.1 (cli)", "claude-code/next (cli)"
	for _, c := range []struct {
		name       string
		client     mcp.Client
		wait, most time.Duration
		background bool
	}{
		{"Claude Code with a person before it", claudeCode, longest, longest, true},
		{"Claude Code in a script, which has no background", headless, 50 * time.Second, longest, false},
		{"a newer Claude Code", newer, longest, longest, true},
		{"an older one, which may end a call after a minute", old, 50 * time.Second, longest, false},
		{"one that does not say its version", odd, 50 * time.Second, longest, false},
		{"Claude Code without progress", deaf, 50 * time.Second, 290 * time.Second, false},
		{"Codex, which ends every call after 300 s", codex, 280 * time.Second, 290 * time.Second, false},
		{"a command of Parley", mcp.Client{Agent: "parley/1.0.0", Progress: true}, 50 * time.Second, longest, false},
		{"Claude.ai, whatever it asks for", mcp.Client{Agent: "Claude-User", Progress: true}, 50 * time.Second,
			230 * time.Second, false},
		{"ChatGPT", mcp.Client{Agent: "openai-mcp/1.0.0", Progress: true}, 50 * time.Second, 50 * time.Second, false},
		{"a client that is not known, with progress", mcp.Client{Agent: "anything/1", Progress: true},
			50 * time.Second, 230 * time.Second, false},
		{"and without", mcp.Client{Agent: "anything/1"}, 50 * time.Second, 230 * time.Second, false},
		{"one that says nothing of itself", mcp.Client{}, 50 * time.Second, 230 * time.Second, false},
	} {
		if h := adviseFor(c.client); h.wait != c.wait || h.most != c.most || h.background != c.background {
			t.Errorf("%s: %+v", c.name, h.habits)
		}
	}
	lambda := New(nil, nil, Options{LongestWait: 50 * time.Second})
	if h := lambda.clients.of(mcp.WithClient(t.Context(), claudeCode)); h != (habits{wait: 50 * time.Second,
		send: 50 * time.Second, most: 50 * time.Second}) {
		t.Errorf("where calls end before they go to the background: %+v", h)
	}
}

// The page about clients has the table of hosts.
func TestHosts_docs_haveTheSameTable(t *testing.T) {
	page, err := os.ReadFile("../../../docs/clients.md")
	if err != nil {
		t.Fatal(err)
	}
	table := "| client | its `User-Agent` begins | ends a call after | its waits end after | from | tried |\n" +
		"|---|---|---|---|---|---|\n"
	for i, h := range hosts {
		agent, tried := "`"+h.agent+"`", "no"
		ends := fmt.Sprintf("%.0f s", h.longest.Seconds())
		answers := fmt.Sprintf("%.0f s", (h.longest - beforeEnd).Seconds())
		if h.agent == "" {
			agent = ""
		}
		if h.renewed {
			ends, answers = ends+" without progress", "any time; "+answers+" without progress"
		}
		if h.tried {
			tried = "yes"
		}
		if (h.agent == "") != (i == len(hosts)-1) {
			t.Errorf("only the last row may stand for any client: %+v", h)
		}
		table += fmt.Sprintf("| %s | %s | %s | %s | %s | %s |\n", h.name, agent, ends, answers, h.source, tried)
	}
	if !strings.Contains(string(page), "\n\n"+table+"\n") {
		t.Errorf("docs/clients.md lacks the table\n%s", table)
	}
}

// The sentence stands where Codex can use it: before an imperative to wait.
func TestSeated_codex_learnsHowToWaitFromCode(t *testing.T) {
	seat := seatedWith(1, func(s *chat.Seated) {
		s.Opens, s.Watch, s.Room.Capacity = true, "https://parley.example/r/x#y", 2
	})
	if next := adviseFor(codex).seated(seat); !strings.HasPrefix(next, codeMode+"Nobody has spoken yet: you begin, so "+
		"call send_message (cursor c5, wait_seconds 280). If your user is there") {
		t.Error(next)
	}
	for _, word := range []string{"structuredContent", `"yield_time_ms": 290000`} {
		if !strings.Contains(codeMode, word) {
			t.Errorf("%s: %s", word, codeMode)
		}
	}
	seat.HasMore = true
	if next := adviseFor(codex).seated(seat); strings.Contains(next, codeMode) {
		t.Errorf("it is to look in: %s", next)
	}
}

// An agent that a program wakes need not wait. next names what wakes the agent: a task that anyone may take does not.
func TestNext_programWakesTheAgent_itMayEndItsTurn(t *testing.T) {
	const program = " A program wakes you when something is said or a task is yours"
	const may = program + ": instead of waiting you may end your turn."
	a := advise()
	a.address = "https://parley.example/mcp"
	lull := quietFor(1)
	lull.Situation.Quiet = longQuiet
	away, paused := quietFor(1), quietFor(1)
	away.AwayUntil, paused.Situation.Paused = time.Unix(9, 0), true
	more := newsFor(1, came("m9"))
	more.HasMore = true
	asked := chat.WaitRequest{Wait: time.Minute}
	for name, c := range map[string]struct {
		waited chat.Waited
		asked  chat.WaitRequest
		want   string
	}{
		"it is not its turn": {newsFor(1, came("m9")), asked, may},
		"nothing came":       {quietFor(1), asked, may},
		"it is paused":       {paused, asked, may},
		"it has announced a return, and is to wait then": {away, chat.WaitRequest{Absence: absence}, may},
		"it is to answer":       {newsFor(1, said("m9")), asked, ""},
		"nothing came for long": {lull, asked, may},
		"there is more to read": {more, asked, ""},
	} {
		for _, woken := range []bool{false, true} {
			c.waited.Situation.Woken = woken
			next := a.waited(c.waited, c.asked)
			hint := woken && c.want != ""
			if strings.Contains(next, program) != hint || hint && !strings.HasSuffix(next, c.want) {
				t.Errorf("%s, woken %v: %s", name, woken, next)
			}
			if woken && strings.Contains(next, StandbyLine(a.address, "c9")) {
				t.Errorf("%s: it is given a line to wait by: %s", name, next)
			}
		}
	}
	sent := advise().sent(chat.Sent{Sent: true, Waited: chat.Waited{Cursor: "c9", Situation: chat.Situation{
		Standing: chat.Standing{Others: 1, Woken: true}}}}, chat.SendRequest{})
	if !strings.HasSuffix(sent, may) {
		t.Errorf("after a send: %s", sent)
	}
}
