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

// host is a client for which it is known, or at least said, how long it lets a call take.
type host struct {
	agent string // what its User-Agent begins with
	name  string

	longest time.Duration // it ends a call after that time
	renewed bool          // it counts anew at each notification of progress, for which it asks

	source string // where that is from: measured, a document or reports
	tried  bool   // somebody had that client wait
}

// hosts are the clients by what their User-Agent begins with. The last one is any other: of those, one that gives up
// after four minutes is the quickest that lets a call take longer than a minute. docs/clients.md has the same table.
var hosts = []host{
	{"claude-code/", "Claude Code", 300 * time.Second, true, "measured with 2.1.329", true},
	{"codex-mcp-client/", "Codex", 300 * time.Second, false, "measured with 0.169.0", true},
	{"parley/", "Parley's own commands", 300 * time.Second, true, "their code", true},
	{"Claude-User", "Claude.ai, Claude Desktop", 240 * time.Second, false, "reports: 240 s " +
		"([claude-code#64614](https://github.com/anthropics/claude-code/issues/64614)); its " +
		"[document](https://claude.com/docs/connectors/faq): 300 s", false},
	{"openai-mcp/", "ChatGPT", 60 * time.Second, false, "reports about its [Agent Builder](https://community.openai." +
		"com/t/call-remote-mcp-server-tool-timed-out-resulting-in-error-424/1364167)", false},
	{"", "any other", unknownLongest, false, "the shortest of these that is over a minute", false},
}

const (
	// unknownLongest is how long a call of a client may take that is not known.
	unknownLongest = 240 * time.Second
	// beforeEnd is how long before its client ends it a call returns: its answer has to arrive.
	beforeEnd = 10 * time.Second
	// unseen is the longest wait of a client that is not known.
	unseen = unknownLongest - beforeEnd
)

// mostOf returns how long a call of a client may wait.
func mostOf(c mcp.Client) time.Duration {
	h := hosts[slices.IndexFunc(hosts, func(h host) bool { return strings.HasPrefix(c.Agent, h.agent) })]
	if h.renewed && c.Progress {
		return forever
	}
	return h.longest - beforeEnd
}

// habits are how a client is known to treat a call that waits.
type habits struct {
	wait time.Duration // what next suggests for a wait
	send time.Duration // and for a send
	most time.Duration // what the client lets a call take: see hosts

	// background says that the client moves a long call to the background and wakes its
	// model when the call returns, so that the wait costs no turns.
	background bool
	// deaf says that the end of a background command does not wake its model.
	deaf bool
	// shows is how many bytes of a result it shows its model: it cuts what is longer in the middle. 0: of all results
	// all.
	shows int
	// hint is a sentence for the model when it takes a seat and is to wait.
	hint string
}

// usualHabits are those of a client that is not known. Most clients end a call after a
// minute. A send gets less time than a wait because its call does more.
var usualHabits = habits{wait: 50 * time.Second, send: 45 * time.Second, most: unseen}

// habitsOf returns the habits of a client, as they were measured with the clients themselves (see
// e2e/agents): Claude Code 2.1 and Codex 0.169. It knows a client by its User-Agent and its
// progress token.
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

// besideText is how many bytes a result of get_file has at most beside its text.
const besideText = 2000

// fits reports whether a client shows a result of get_file with this text whole.
func (h habits) fits(text string) bool {
	return h.shows == 0 || len(results.JSON(results.Text(text)))+besideText <= h.shows
}

// inCode reports whether a client calls tools from code that its model writes: Codex.
func inCode(c mcp.Client) bool {
	name, _, _ := strings.Cut(c.Agent, "/")
	return name == "codex-mcp-client"
}

// foreground is how long a call takes before it goes to the background.
const foreground = 2 * time.Minute

// measured is the version of Claude Code whose habits these are.
var measured = [3]int{2, 1, 329}

// older reports whether a text does not begin with a version, or with one before v.
func older(text string, v [3]int) bool {
	var is [3]int
	n, _ := fmt.Sscanf(text, "%d.%d.%d", &is[0], &is[1], &is[2])
	return n < len(is) || slices.Compare(is[:], v[:]) < 0
}

// beCalled says how to do without waiting.
const beCalled = "To be called when something comes instead of waiting, subscribe to the event room.message with " +
	"your agent_token, and end your turn. "

// forever is longer than any server lets a call wait.
const forever = 1 << 62

// backgroundWait says that waiting is free.
const backgroundWait = "A wait that lasts goes on in the background and wakes you when it ends: do other work " +
	"meanwhile, or end your turn. "

// codeMode says how to print a result, which is in it twice, and how to wait from within a program: there a call
// that takes long is left behind after 30 s, and coming back to it costs a turn.
const codeMode = `In code print structuredContent of a result alone, and begin a cell that waits with ` +
	`// @exec: {"yield_time_ms": 290000}, so that it ends with the answer. `

// clients knows how long to let calls wait: as long as their clients stand, within what
// this server allows.
type clients struct {
	longest time.Duration
	calls   bool // the server calls clients of others that subscribe
}

// of returns the habits of the client that makes the call of ctx.
func (c clients) of(ctx context.Context) habits {
	client := mcp.ClientFrom(ctx)
	h := c.within(habitsOf(client))
	if c.calls && IsChatGPT(client) && ident.KeyOf(ident.PrincipalOf(ctx).ID) != "" { // guests may not subscribe
		h.hint = beCalled
	}
	return h
}

// within returns h without what this server does not allow.
func (c clients) within(h habits) habits {
	h.wait, h.send, h.most = min(h.wait, c.longest), min(h.send, c.longest), min(h.most, c.longest)
	if h.background && h.most <= foreground {
		h.background, h.hint = false, ""
	}
	return h
}

// usual returns the habits of a client that is not known.
func (c clients) usual() habits { return c.within(usualHabits) }

// cap shortens the wait of a call of ctx to what its client stands, and returns it.
func (c clients) cap(ctx context.Context, wait *time.Duration) time.Duration {
	*wait = min(*wait, c.of(ctx).most)
	return *wait
}

// advisor returns the one for the client that makes the call of ctx.
func (c clients) advisor(ctx context.Context) advisor { return advisor{habits: c.of(ctx)} }
