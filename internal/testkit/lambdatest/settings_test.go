package lambdatest_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestBootstrap_invalidSetting_endsWithItsName(t *testing.T) {
	t.Parallel()
	f := deploy(t)
	for setting, word := range map[string]string{
		"PARLEY_LONGEST_WAIT=soon":    "PARLEY_LONGEST_WAIT",
		"PARLEY_LONGEST_WAIT=13h":     "longest",
		"PARLEY_LOG_LEVEL=loud":       "PARLEY_LOG_LEVEL",
		"PARLEY_CREATE_TABLE=maybe":   "PARLEY_CREATE_TABLE",
		"PARLEY_BUFFERED=maybe":       "PARLEY_BUFFERED",
		"PARLEY_PUBLIC_URL=a.example": "PARLEY_PUBLIC_URL",
		"PARLEY_TABLE=":               "PARLEY_TABLE is missing",
		"AWS_REGION=":                 "AWS_REGION",
		"AWS_ACCESS_KEY_ID=":          "AWS_ACCESS_KEY_ID",
	} {
		i := f.start(0, setting)
		if code := i.Wait(); code == 0 || !strings.Contains(i.Output(), word) {
			t.Errorf("%s: exit code %d, %s", setting, code, i.Output())
		}
	}
}

func TestBootstrap_missingTable_failsTheHealthCheck(t *testing.T) {
	t.Parallel()
	i := deploy(t).start(0, "PARLEY_TABLE=no-such-table")
	resp, err := i.FunctionURL().Get("https://any.example/healthz")
	if err != nil {
		t.Fatal(err)
	}
	if body, err := readAll(resp); err != nil || resp.StatusCode != http.StatusServiceUnavailable ||
		!strings.Contains(body, "unavailable") {
		t.Errorf("%d %s %v", resp.StatusCode, body, err)
	}
	if !strings.Contains(i.Output(), `no table \"no-such-table\"`) {
		t.Errorf("the log does not say why: %s", i.Output())
	}
}

func TestBootstrap_log_holdsNoTextAndNoToken(t *testing.T) {
	t.Parallel()
	i := deploy(t).start(0, "PARLEY_LOG_LEVEL=debug")
	seat := call(t, i.FunctionURL(), "create_room",
		args{"room": "vault", "agent_name": "Alice", "password": "correct horse"})
	call(t, i.FunctionURL(), "send_message", args{"agent_token": seat.AgentToken, "text": "what nobody may read"})
	log := i.Output()
	if !strings.Contains(log, `"path":"/mcp"`) {
		t.Errorf("no line for a request: %s", log)
	}
	for _, secret := range []string{seat.AgentToken, "what nobody may read", "correct horse"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}
