package e2e

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/parley-chat/parley/e2e/internal/process"
)

func TestStop_openWait_isAnsweredAndTheSeatStays(t *testing.T) {
	for _, protocol := range []string{modernProtocol, legacyProtocol} {
		t.Run(protocol, func(t *testing.T) {
			p := start(t)
			c := talk{t, openGo(t, p.url, protocol)}
			alice, bob := c.meet("the closing time")
			answered := c.waiting(bob)
			c.awaitWaiting(alice.token, "Bob")
			if code := p.terminate(); code != 0 {
				t.Errorf("the program ended with code %d, want 0", code)
			}
			if a := <-answered; a.Status != "quiet" || a.Cursor == "" || a.Next == "" {
				t.Errorf("the open wait was answered %+v, want quiet", a)
			}
			p.again()
			c = talk{t, openGo(t, p.url, protocol)}
			c.hearsNext(alice, bob)
		})
	}
}

// longestDrain is longer than the program lets the drain of its open calls last.
const longestDrain = 100 * time.Second

// A server with a crowd is restarted: every wait gets its answer, and none is closed without one.
func TestSoak_stopBesideThousandsOfWaits_answersEach(t *testing.T) {
	soak(t)
	const waits = 4000
	p := start(t, "--metrics-addr", "127.0.0.1:0")
	var open []<-chan waitEnd
	for _, his := range p.waitAlone(waits) {
		open = append(open, p.held(t.Context(), his))
	}
	awaitLonger(t, longestDrain, "all wait", func() bool { return p.metric("parley_open_waits") == waits })
	began, server := time.Now(), p.server
	p.cmd = nil
	code, err := server.EndWithin(longestDrain, syscall.SIGTERM)
	if err != nil || code != 0 {
		t.Errorf("the program ended with code %d, %v", code, err)
	}
	t.Logf("%d waits ended in %.1f s", waits, time.Since(began).Seconds())
	for k, w := range open {
		if end := <-w; end.status != http.StatusServiceUnavailable || end.Status != "quiet" || end.Cursor == "" {
			t.Fatalf("wait %d ended with %+v", k, end)
		}
	}
}

func TestStart_whatItNeedsIsInUse_saysWhat(t *testing.T) {
	first := start(t)
	addr := strings.TrimSuffix(strings.TrimPrefix(first.url, "http://"), "/mcp")
	for _, c := range []struct{ name, addr, data, says string }{
		{"file", "127.0.0.1:0", first.args[1], first.args[1]},
		{"address", addr, filepath.Join(t.TempDir(), "parley.db"), addr},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			cmd := exec.CommandContext(ctx, os.Getenv(process.BinaryEnv), "serve", "--addr", c.addr, "--data", c.data)
			cmd.Env = process.Environment()
			out, err := cmd.CombinedOutput()
			if err == nil || ctx.Err() != nil {
				t.Fatalf("a second program ended with %v, want a failure at once\n%s", err, out)
			}
			if !strings.Contains(string(out), c.says) || strings.Contains(string(out), "goroutine") {
				t.Errorf("the second program said %q, want a sentence that names %s", out, c.says)
			}
		})
	}
	if status := first.health(); status != http.StatusOK {
		t.Errorf("the first program is no longer healthy: /healthz answered %d", status)
	}
}

func TestLog_atItsMostTalkative_holdsNoSecretAndNoText(t *testing.T) {
	p := start(t, "--log-level", "debug")
	c := talk{t, openGo(t, p.url, modernProtocol)}
	c.lockedRoom("tea for two")
	alice, bob := c.meet("tea for two")
	id := c.sayAndHear(alice, bob)
	c.answer(alice, bob, id)
	c.mistakes(alice)
	p.terminate()
	for _, secret := range []string{alice.token, bob.token, mistyped(alice.token), password, opening[:20], reply[:20]} {
		if strings.Contains(p.out.String(), secret) {
			t.Errorf("the program printed %q", secret)
		}
	}
}
