package shell

import (
	"testing"

	"github.com/parley-chat/parley/internal/base/results"
)

func TestHooks_line_saysSinceWhenItIsCalledOrFails(t *testing.T) {
	on := session{out: &Output{Screen: &Screen{Now: morning}}}
	const since, later = "2026-03-04T07:41:00Z", "2026-03-05T07:41:00Z"
	for want, k := range map[string]results.Hook{
		"since Mar  4 09:41, not called yet":                                {Since: since},
		"since Mar  4 09:41, last called 09:41":                             {Since: since, LastCall: later},
		"since Mar  4 09:41, not called yet; only for what is meant for it": {Since: since, ForMe: true},
		"since Mar  4 09:41, last called 09:41; a webhook": {Since: since, LastCall: later,
			Webhook: true},
		"since Mar  4 09:41, not called yet; told what needs you": {Since: since, Messenger: true},
		"ended, its push service refuses the calls: http_403; a browser of yours": {Since: since, Push: true,
			Ended: true, FailingSince: since, Error: "http_403"},
		"since Mar  4 09:41, not called yet; the agent itself": {Since: since, Agent: true},
		"since Mar  4 09:41, last called 09:41: The agent refused to answer; the agent itself": {Since: since,
			LastCall: later, Agent: true, Error: "The agent refused to answer."},
		"failing since 09:41: http_503; only for what is meant for it": {Since: since, LastCall: since, ForMe: true,
			FailingSince: later, Error: "http_503"},
	} {
		if got := on.called(k, false); got != want {
			t.Errorf("%+v is shown as %q, want %q", k, got, want)
		}
	}
	const want = "failing since 09:41: The agent's answer is not JSON-RPC"
	if got := on.called(results.Hook{Agent: true, FailingSince: later, Error: "The agent's answer is not JSON-RPC."},
		true); got != want {
		t.Errorf("An agent among agents is shown as %q, want %q", got, want)
	}
}
