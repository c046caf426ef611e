package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/cli/wake"
)

func TestTeller_namesFromAServer_cannotControlTheTerminal(t *testing.T) {
	var out bytes.Buffer
	(&teller{out: &out}).tell(wake.Event{Room: "tea\x1b[2J", Name: "Ann\nroot", What: wake.Lost,
		Error: "bad\x1b]0;x\a"})
	if got := out.String(); strings.ContainsAny(got, "\x1b\a") || strings.Count(got, "\n") != 1 {
		t.Errorf("%q", got)
	}
}
