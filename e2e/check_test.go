package e2e

import (
	"crypto/rand"
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestCheck_goodFile_countsRoomsAndMessages(t *testing.T) {
	at := aFile(t)
	p := startOn(t, at.args, nil)
	c := talk{t, openGo(t, p.url, modernProtocol)}
	const rooms, each = 3, 7
	for k := range rooms {
		alice, _ := c.meet(fmt.Sprintf("room %d of the house", k))
		for n := range each {
			c.ok("send_message", args{"agent_token": alice.token, "text": fmt.Sprintf("Note %d.", n)})
		}
	}
	counts := func(when string) {
		t.Helper()
		out, code := parley(t, "check", at.name)
		if want := fmt.Sprintf("%s holds %d rooms with %d messages.\n", at.name, rooms, rooms*each); code != 0 ||
			out != want {
			t.Errorf("%s parley check ended with code %d and said %q, want 0 and %q", when, code, out, want)
		}
	}
	counts("while it is served")
	p.kill()
	counts("after a kill")
	p.again()
	p.terminate()
	counts("after a stop")
}

func TestCheck_emptyFile_countsNothing(t *testing.T) {
	at := aFile(t)
	startOn(t, at.args, nil).terminate()
	if out, code := parley(t, "check", at.name); code != 0 || out != at.name+" holds 0 rooms with 0 messages.\n" {
		t.Errorf("parley check ended with code %d and said %q", code, out)
	}
}

// Whole pages of the file are overwritten, so that it does not matter what was in
// them.
func TestCheck_middleOverwritten_saysDamaged(t *testing.T) {
	at := aFile(t)
	p := startOn(t, at.args, nil)
	c := talk{t, openGo(t, p.url, modernProtocol)}
	alice, _ := c.meet("the worn page")
	for n := range 100 {
		c.ok("send_message", args{"agent_token": alice.token,
			"text": fmt.Sprintf("line %d %s", n, strings.Repeat("x", 800))})
	}
	p.terminate()
	whole, err := os.ReadFile(at.name)
	if err != nil {
		t.Fatal(err)
	}
	noise := make([]byte, 12<<10)
	for n := range 5 {
		rand.Read(noise)
		middle := len(whole)/4 + n*len(whole)/10
		content := append([]byte(nil), whole...)
		copy(content[middle:], noise)
		if err := os.WriteFile(at.name, content, 0o600); err != nil {
			t.Fatal(err)
		}
		out, code := parley(t, "check", at.name)
		if code != 1 || !strings.Contains(out, "damaged") || !strings.Contains(out, at.name) ||
			strings.Contains(out, "goroutine") {
			t.Errorf("overwritten at %d of %d, parley check ended with code %d and said %q, want 1 and damaged", middle,
				len(whole), code, out)
		}
		if now, err := os.ReadFile(at.name); err != nil || string(now) != string(content) {
			t.Errorf("the check changed the file, %v", err)
		}
	}
}
