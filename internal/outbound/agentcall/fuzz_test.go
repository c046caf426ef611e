package agentcall

import (
	"errors"
	"testing"

	"github.com/parley-chat/parley/internal/outbound"
	"github.com/parley-chat/parley/internal/outbound/outcall"
)

// Every answer of an agent is one kind of reply or one error, and the stored part is limited.
func FuzzReply_anyAnswer_isOneKindOfReply(f *testing.F) {
	for _, body := range []string{
		`{"result":{"message":{"contextId":"c","parts":[{"text":"a"},{"data":{"b":1e99}},{"raw":"AA==","filename":"a"}]}}}`,
		` {"result":{"task":{"id":"t","status":{"state":"TASK_STATE_WORKING"}}}}`,
		`{"result":{"id":"t","status":{"state":"TASK_STATE_COMPLETED","message":{"parts":[{"url":"a:b"}]}},` +
			`"artifacts":[null,{"parts":[null,{"text":"a"}]}],"history":[null,{"role":"ROLE_AGENT"}]}}`,
		`{"error":{"code":-32001,"message":"\u202e"}}`, "", `[]`, `{"result":{"task":{}}}`,
	} {
		f.Add(200, []byte(body))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		answer := outcall.Answer{Status: status, Body: body}
		for _, read := range []func() (Reply, error){
			func() (Reply, error) { return readSent(answer, false) },
			func() (Reply, error) { return readTask(answer) },
		} {
			got, err := read()
			var failed *Error
			if err != nil && (!errors.As(err, &failed) || failed.Error() == "" || got != Reply{}) {
				t.Fatalf("%+v %v", got, err)
			}
			if status/100 != 2 && err == nil {
				t.Fatalf("status %d: %+v", status, got)
			}
			if got.Working && got.Task == "" || got.Text != "" && (got.Working || got.Failed != "") ||
				got.Working && got.Failed != "" {
				t.Fatalf("several kinds: %+v", got)
			}
			if len(got.Context) > outbound.MaxAgentID || len(got.Task) > outbound.MaxAgentID ||
				len(got.Failed) > 5*outbound.MaxAgentWords {
				t.Fatalf("too long: %+v", got)
			}
		}
	})
}
