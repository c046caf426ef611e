package nudge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/client"
)

// The clients that can be woken, as Wake.Client names them.
const (
	ClaudeCode = "claude-code"
	Codex      = "codex"
)

// bypass is the permission mode in which Claude Code shows its person a question instead
// of giving the session what came into its inbox.
const bypass = "bypassPermissions"

// TakesInbox reports whether the session takes what comes into its inbox.
func TakesInbox(w *client.Wake) bool { return w.Socket != "" && w.Mode != bypass }

// Agent wakes the session of an agent with a sentence. The error wraps ErrEnded if the
// session no longer exists, and ErrDeaf if it cannot be reached now.
func Agent(ctx context.Context, w *client.Wake, text string) error {
	if Ended(w) {
		return ErrEnded
	}
	switch w.Client {
	case ClaudeCode:
		return wakeClaude(ctx, w, text)
	case Codex:
		return queueCodex(ctx, w, text)
	}
	return fmt.Errorf("%w: nothing is known about waking %q", ErrEnded, w.Client)
}

// Ended reports whether the process of the session is gone. It may also be gone if the
// result is false.
func Ended(w *client.Wake) bool { return w.PID > 0 && !running(w.PID) }

// wakeClaude gives the sentence to the Stop hook of the session that listens, if one
// does, else to the session's inbox.
func wakeClaude(ctx context.Context, w *client.Wake, text string) error {
	err := tellHook(ctx, w.Session, text)
	if !errors.Is(err, ErrDeaf) {
		return err
	}
	if !TakesInbox(w) {
		return fmt.Errorf("%w: it has no inbox or asks its person first, and no Stop hook of it waits", ErrDeaf)
	}
	return putIntoInbox(ctx, w, text)
}

// queueTime bounds a run of codex queue, which takes a tenth of a second.
const queueTime = 20 * time.Second

// unknownThread is in what Codex says about a session that it does not have.
const unknownThread = "no rollout found"

// queueCodex puts the sentence into the queue of a Codex session, which takes it as its
// user's words. A session that works takes it when its turn is over.
func queueCodex(ctx context.Context, w *client.Wake, text string) error {
	ctx, cancel := context.WithTimeout(ctx, queueTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, w.Program, "queue", "--thread", w.Session, "--message", text)
	cmd.Env = append(os.Environ(), w.Env...)
	cmd.WaitDelay = time.Second
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	err := cmd.Run()
	switch {
	case err == nil:
		return nil
	case strings.Contains(said.String(), unknownThread):
		return ErrEnded
	}
	return fmt.Errorf("%w: codex queue: %w: %s", ErrDeaf, err, lastLine(said.String()))
}

// lastLine returns the last line of what a program said.
func lastLine(said string) string {
	lines := strings.Split(strings.TrimSpace(said), "\n")
	return lines[len(lines)-1]
}
