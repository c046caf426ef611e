package tools

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/results"
)

// host is a client with a known, or at least reported, limit on the time of a call.
type host struct {
	agent string // the beginning of the User-Agent
	name  string

	longest time.Duration // the client ends a call after this time
	renewed bool          // each notification of progress, for which the client asks, starts the time again

	source string // of longest: measured, a document or reports
	tried  bool   // somebody had that client wait
}

// hosts are the clients by the beginning of their User-Agent. The last host is any other client: of the other clients
// that let a call take longer than a minute, the quickest gives up after four minutes. docs/clients.md has the same
// table.
var hosts = []host{
	{"claude-code/", "Claude Code", 300 * time.Second, true, "measured with 2.1.329", true},
	{"codex-mcp-client/", "Codex", 300 * time.Second, false, "measured with 0.169.0", true},
	{"parley/", "Parley's own commands", 300 * time.Second, true, "their code", true},
	{"Claude-User", "Claude.ai, Claude Desktop", 240 * time.Second, false, "reports: 240 s " +
		"([claude-code#64614](https://github.com/anthropics/claude-code/issues/64614)); its " +
		"[document](https://claude.com/docs/connectors/faq): 300 s", false},
	{"openai-mcp/", "ChatGPT", 60 * time.Second, false, "reports about its [Agent Builder](https://community.openai." +
		"com/t/call-remote-mcp-server-tool-timed-out-resulting-in-error-424/1364167)", false},
	{"", "any other, such as VS Code, Goose and Cursor", unknownLongest, false, "the shortest of these that is over " +
		"a minute. VS Code ends calls after 300 s by [reports](https://github.com/microsoft/vscode/issues/261734), " +
		"Goose by its [code](https://github.com/block/goose/blob/main/crates/goose/src/config/extensions.rs); of " +
		"Cursor nothing is known", false},
}

const (
	// unknownLongest is how long a call of an unknown client may take.
	unknownLongest = 240 * time.Second
	// beforeEnd is how long before the limit of its client a call returns, so that the answer can arrive.
	beforeEnd = 10 * time.Second
	// unseen is the longest wait of an unknown client.
	unseen = unknownLongest - beforeEnd
)

// isOwnCommand reports whether c is a command of Parley that a person or a script runs, such as "parley leave". A
// command of an agent has the name parley-agent, and an agent behind "parley bridge" that of its own client first.
func isOwnCommand(c mcp.Client) bool { return strings.HasPrefix(c.Agent, "parley/") }

// mostOf returns how long a call of a client may wait.
func mostOf(c mcp.Client) time.Duration {
	h := hosts[slices.IndexFunc(hosts, func(h host) bool { return strings.HasPrefix(c.Agent, h.agent) })]
	if h.renewed && c.Progress {
		return forever
	}
	return h.longest - beforeEnd
}

// habits are how a client treats a call that waits.
type habits struct {
	wait time.Duration // what next suggests for a wait
	send time.Duration // what next suggests for a send
	most time.Duration // the longest time of a call: see hosts

	// background: the client moves a long call to the background, and wakes the model when the call returns. A wait
	// costs no turns.
	background bool
	// deaf: the end of a background command does not wake the model.
	deaf bool
	// shows is how many bytes of a result the client shows its model; it cuts a longer result in the middle. 0: all.
	shows int
	// hint is a sentence for a model that takes a seat and should wait.
	hint string
}

// usualHabits are the habits of an unknown client. Most clients end a call after a minute. A send gets less time than a
// wait because its call does more.
var usualHabits = habits{wait: 50 * time.Second, send: 45 * time.Second, most: unseen}

// habitsOf returns the habits of a client by its User-Agent and its progress token. The habits of Claude Code 2.1 and
// Codex 0.169 were measured with the clients themselves (see e2e/agents).
func habitsOf(c mcp.Client) habits {
	h := usualHabits
	h.most = mostOf(c)
	name, about, _ := strings.Cut(c.Agent, "/")
	switch {
	case name == "claude-code" && c.Progress && strings.Contains(about, "(cli") && !older(about, measured):
		// After some time the call goes to the background. Old versions end it.
		h.wait, h.send, h.background, h.hint = forever, forever, true, backgroundWait
	case inCode(c):
		h.wait, h.send = 280*time.Second, 280*time.Second
		h.deaf, h.shows, h.hint = true, 10_000, codeMode
	}
	h.wait, h.send = min(h.wait, h.most), min(h.send, h.most)
	return h
}

// besideText is how many bytes a result of get_file has at most beside the text.
const besideText = 2000

// fits reports whether a client shows a result of get_file with this text whole.
func (h habits) fits(text string) bool {
	return h.shows == 0 || len(results.JSON(results.Text(text)))+besideText <= h.shows
}

// inCode reports whether a client calls tools from code of the model: Codex.
func inCode(c mcp.Client) bool {
	name, _, _ := strings.Cut(c.Agent, "/")
	return name == "codex-mcp-client"
}

// foreground is how long a call takes before it goes to the background.
const foreground = 2 * time.Minute

// measured is the version of Claude Code with the measured habits.
var measured = [3]int{2, 1, 329}

// older reports whether a text does not begin with a version, or with one before v.
func older(text string, v [3]int) bool {
	var is [3]int
	n, _ := fmt.Sscanf(text, "%d.%d.%d", &is[0], &is[1], &is[2])
	return n < len(is) || slices.Compare(is[:], v[:]) < 0
}

// beCalled tells a model how to do without waits.
const beCalled = "To be called when something comes instead of waiting, subscribe to the event room.message with " +
	"your agent_token, and end your turn. "

// forever is longer than any server lets a call wait.
const forever = 1 << 62

// backgroundWait says that waiting is free.
const backgroundWait = "A wait that lasts goes on in the background and wakes you when it ends: do other work " +
	"meanwhile, or end your turn. "

// codeMode tells a model how to print a result, which an answer has twice, and how to wait within a program: after 30 s
// the program leaves a long call behind, and each look at the call costs a turn.
const codeMode = `In code print structuredContent of a result alone, and begin a cell that waits with ` +
	`// @exec: {"yield_time_ms": 290000}, so that it ends with the answer. `

// clients knows how long calls may wait: as long as their clients allow, within the limit of this server.
type clients struct {
	longest time.Duration
	calls   bool // the server calls clients of others that subscribe
}

// of returns the habits of the client of the call of ctx.
func (c clients) of(ctx context.Context) habits {
	client := mcp.ClientFrom(ctx)
	h := c.within(habitsOf(client))
	if c.calls && IsChatGPT(client) && ident.KeyOf(ident.PrincipalOf(ctx).ID) != "" { // guests may not subscribe
		h.hint = beCalled
	}
	return h
}

// within returns h within the limits of this server.
func (c clients) within(h habits) habits {
	h.wait, h.send, h.most = min(h.wait, c.longest), min(h.send, c.longest), min(h.most, c.longest)
	if h.background && h.most <= foreground {
		h.background, h.hint = false, ""
	}
	return h
}

// usual returns the habits of an unknown client.
func (c clients) usual() habits { return c.within(usualHabits) }

// cap shortens the wait of the call of ctx to the longest wait of its client, and returns the wait.
func (c clients) cap(ctx context.Context, wait *time.Duration) time.Duration {
	*wait = min(*wait, c.of(ctx).most)
	return *wait
}

// advisor returns the advisor for the client of the call of ctx.
func (c clients) advisor(ctx context.Context) advisor { return advisor{habits: c.of(ctx)} }
