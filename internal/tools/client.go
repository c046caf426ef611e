package tools

import (
	"context"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/mcp"
)

// unseen is the longest wait of a call whose client gets no sign of life from it: many
// end such a call after five minutes.
const unseen = 290 * time.Second

// habits are how a client is known to treat a call that waits.
type habits struct {
	wait time.Duration // what next suggests for a wait
	send time.Duration // and for a send
	most time.Duration // what the client lets a call take

	// background says that the client moves a long call to the background and wakes its
	// model when the call returns, so that the wait costs no turns.
	background bool
	// deaf says that the end of a background command does not wake its model.
	deaf bool
	// hint is a sentence for the model when it takes a seat.
	hint string
}

// usualHabits are those of a client that is not known. Most clients end a call after a
// minute. A send gets less time than a wait because its call does more.
var usualHabits = habits{wait: 50 * time.Second, send: 45 * time.Second, most: unseen}

// habitsOf returns the habits of a client, as they were measured with the clients
// themselves (see e2e/agents): Claude Code 2.1 and Codex 0.169.
func habitsOf(c mcp.Client) habits {
	name, about, _ := strings.Cut(c.Agent, "/")
	switch {
	case name == "claude-code" && c.Progress && strings.Contains(about, "(cli"):
		// After two minutes the call goes to the background.
		return habits{wait: forever, send: forever, most: forever, background: true, hint: backgroundWait}
	case name == "codex-mcp-client":
		// It ends a call after 300 s, whatever it hears from it.
		return habits{wait: 280 * time.Second, send: 280 * time.Second, most: unseen, deaf: true, hint: codeMode}
	case c.Progress:
		h := usualHabits
		h.most = forever
		return h
	}
	return usualHabits
}

// forever is longer than any server lets a call wait.
const forever = 1 << 62

// backgroundWait says that waiting is free.
const backgroundWait = "A wait that lasts goes on in the background and wakes you when it ends: do other work meanwhile, or end your turn. "

// codeMode says how to wait from within a program: there a call that takes long is left
// behind after 30 s, and coming back to it costs a turn.
const codeMode = `If you call tools from code, begin a cell that waits with // @exec: {"yield_time_ms": 290000}, so that it ends with the answer. `

// habits returns those of the client that makes the call of ctx, within what this server
// allows.
func (s *Set) habits(ctx context.Context) habits { return s.within(habitsOf(mcp.ClientFrom(ctx))) }

// within returns h without what this server does not allow.
func (s *Set) within(h habits) habits {
	h.wait, h.send, h.most = min(h.wait, s.longest), min(h.send, s.longest), min(h.most, s.longest)
	return h
}

// advisor returns the one for the client that makes the call of ctx.
func (s *Set) advisor(ctx context.Context) advisor { return advisor{s.habits(ctx)} }
