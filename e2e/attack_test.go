package e2e

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"testing"

	"github.com/parley-chat/parley/e2e/internal/plain"
)

// The tests named TestAttack_ play what an attacker with the source would try, each
// against a program of its own that strangers may reach. `make attack` plays them at
// their full scale and prints which hold; otherwise each plays a twentieth.

// scaled returns how much of an attack to play whose full scale is n: at least 1.
func scaled(n int) int {
	if os.Getenv("PARLEY_ATTACK") != "" {
		return n
	}
	return max(1, n/20)
}

// attacks says what an attack found: a line with its measures for `make attack`, which
// begins with "holds" unless the test has failed.
func attacks(t *testing.T, format string, measures ...any) {
	t.Helper()
	verdict := "holds"
	if t.Failed() {
		verdict = "FAILS"
	}
	t.Logf("%s: %s", verdict, fmt.Sprintf(format, measures...))
}

// exposed is a program that strangers can reach: it trusts the last address of
// X-Forwarded-For, so that a test has as many addresses as it wants.
func exposed(t *testing.T, args ...string) *program {
	t.Helper()
	return start(t, append([]string{"--trust-proxy", "--access", "open"}, args...)...)
}

// stranger calls a program from an address. Many goroutines may use one.
type stranger struct {
	program *program
	address string
}

// strangers share their connections: an attack would else run out of ports.
var strangers = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 512}}

// call calls a tool, and returns the answer to a caller that sees no progress.
func (s stranger) call(ctx context.Context, tool string, arguments args) (answer, error) {
	return s.callAt(ctx, s.program.url, tool, arguments)
}

// callAt is call at an address of the server.
func (s stranger) callAt(ctx context.Context, url, tool string, arguments args) (answer, error) {
	r, err := plain.Request(ctx, url, tool, arguments)
	if err != nil {
		return answer{}, err
	}
	r.Header.Set("X-Forwarded-For", s.address)
	result, err := plain.Result(strangers, r)
	if err != nil {
		return answer{}, err
	}
	return readAnswer(result)
}

// must is call, whose answer must be no refusal.
func (s stranger) must(t *testing.T, tool string, arguments args) answer {
	t.Helper()
	got, err := s.call(t.Context(), tool, arguments)
	if err != nil || got.Code != "" {
		t.Fatalf("%s: %+v, %v", tool, got, err)
	}
	return got
}
