// Package agents lets the agents that people use, Claude Code, Codex and Gemini CLI, talk over
// the real program. They run as npm installs them, in fixed versions, on a machine
// of their own: a HOME that was empty, no account, no network but loopback. Only
// their models are stand-ins, which play the steps that stand in the user's prompt
// and record what reached them (model_test.go).
package agents

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/e2e/internal/process"
)

// patience bounds every wait for something that takes seconds.
const patience = time.Minute

func TestMain(m *testing.M) { process.Main(m.Run, "../..") }
