package tools

import (
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/core/chat"
)

func TestStandbyHint_followsALongSilenceOrAnAbsence(t *testing.T) {
	at := func(address string) advisor { return advisor{habits: advise().habits, address: address} }
	asked := chat.WaitRequest{Wait: time.Minute}
	lull := chat.Waited{Status: chat.StatusQuiet, Cursor: "c9", Situation: chat.Situation{
		Standing: chat.Standing{Quiet: longQuiet, Others: 1}}}
	short := lull
	short.Situation.Quiet -= time.Second
	away, heard, owing := short, newsFor(1, said("m9")), short
	away.AwayUntil, heard.AwayUntil, owing.AwayUntil, owing.Situation.Owes = time.Unix(9, 0), time.Unix(9, 0),
		time.Unix(9, 0),
		"m7"
	gone := chat.WaitRequest{Absence: absence}
	const address = "https://parley.example/mcp"
	for _, c := range []struct {
		name    string
		waited  chat.Waited
		asked   chat.WaitRequest
		address string
		want    bool
	}{
		{"ten quiet minutes", lull, asked, address, true},
		{"an address that ends in a slash", lull, asked, address + "/", true},
		{"no known address", lull, asked, "", false},
		{"an address with a second command for a shell", lull, asked, "https://parley.example;id/mcp", false},
		{"an address with a command whose output a shell puts in", lull, asked, "https://$(id).example/mcp", false},
		{"less than ten quiet minutes", short, asked, address, false},
		{"an agent that only looks in", lull, chat.WaitRequest{}, address, false},
		{"an agent that goes away", away, gone, address, true},
		{"an agent that was away already", away, asked, address, false},
		{"an agent that goes away and has heard something", heard, gone, address, false},
		{"an agent that goes away and owes an answer", owing, gone, address, false},
	} {
		hint := at(c.address).afterWaiting(c.waited, c.asked).standbyHint()
		if got := strings.Contains(hint, StandbyLine(address, "c9")); got != c.want || !c.want && hint != "" {
			t.Errorf("%s: %q", c.name, hint)
		}
	}
	sent := at(address).afterSending(chat.Sent{Sent: true, Waited: away}, chat.SendRequest{Absence: absence}, false)
	if hint := sent.standbyHint(); !strings.Contains(hint, StandbyLine(address, "c9")) ||
		!strings.Contains(hint, "TOKEN=$(cat FILE)") {
		t.Errorf("to an agent that says something and goes away: %q", hint)
	}
}

// The end of a background command does not wake Codex. Claude Code can wait in the
// background itself, but that would end an absence.
func TestStandbyHint_isOnlyForClientsThatItHelps(t *testing.T) {
	const address = "https://parley.example/mcp"
	lull, away := quietFor(1), quietFor(1)
	lull.Situation.Quiet, away.AwayUntil = longQuiet, time.Unix(9, 0)
	gone := chat.WaitRequest{Absence: absence}
	for _, c := range []struct {
		name   string
		client mcp.Client
		waited chat.Waited
		asked  chat.WaitRequest
		want   bool
	}{
		{"Codex, after a lull", codex, lull, chat.WaitRequest{Wait: time.Minute}, false},
		{"Codex, away", codex, away, gone, false},
		{"Claude Code, after a lull", claudeCode, lull, chat.WaitRequest{Wait: time.Minute}, false},
		{"Claude Code, away", claudeCode, away, gone, true},
		{"Claude Code in a script, after a lull", headless, lull, chat.WaitRequest{Wait: time.Minute}, true},
	} {
		a := adviseFor(c.client)
		a.address = address
		if hint := a.afterWaiting(c.waited, c.asked).standbyHint(); (hint != "") != c.want {
			t.Errorf("%s: %q", c.name, hint)
		}
	}
}
