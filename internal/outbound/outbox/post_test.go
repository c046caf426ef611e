package outbox

import (
	"errors"
	"testing"

	"github.com/parley-chat/parley/internal/outbound/agentcall"
	"github.com/parley-chat/parley/internal/outbound/outcall"
)

// The log has the reason, so the reason must have no words of the agent.
func TestEndpointFailureReason_errorOfTheAgentOrOfTheCall_isOneWord(t *testing.T) {
	for want, err := range map[string]error{
		"":            nil,
		"http_503":    &agentcall.Error{Status: 503},
		"rpc_-32001":  &agentcall.Error{Status: 200, Code: -32001},
		"bad_answer":  &agentcall.Error{Status: 200},
		"timeout":     &outcall.Error{Kind: outcall.Timeout},
		"unreachable": errors.New("the words of an agent"),
	} {
		if got := endpointFailureReason(err); got != want {
			t.Errorf("%v: got %q, want %q", err, got, want)
		}
	}
}
