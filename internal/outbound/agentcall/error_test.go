package agentcall_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/outbound/agentcall"
)

func TestRetry_answerWithoutAReply_saysWhatComesNext(t *testing.T) {
	rpc := func(code int) string { return fmt.Sprintf(`{"error":{"code":%d,"message":"Oh\u202e\nno."}}`, code) }
	const first, known = "", "c1"
	e := newEndpoint(t)
	for _, c := range []struct {
		status  int
		body    string
		context string
		next    agentcall.Next
		reason  string
	}{
		{503, "<html>", first, agentcall.Later, "http_503"},
		{404, "", first, agentcall.Later, "http_404"},
		{401, `{"error":"Unauthorized"}`, first, agentcall.Later, "http_401"},
		{410, "{}", first, agentcall.Later, "http_410"},
		{413, rpc(-32603), first, agentcall.Never, "http_413"},
		{500, `{"result":{"message":{"parts":[{"text":"Yes."}]}}}`, first, agentcall.Later, "http_500"},
		{200, rpc(-32603), first, agentcall.Later, "rpc_-32603"},
		{500, rpc(-32000), known, agentcall.Later, "rpc_-32000"},
		{200, rpc(7), known, agentcall.Later, "rpc_7"},
		{404, rpc(-32601), first, agentcall.Never, "rpc_-32601"},
		{400, rpc(-32009), known, agentcall.Never, "rpc_-32009"},
		{200, rpc(-32602), first, agentcall.Never, "rpc_-32602"},
		{200, rpc(-32602), known, agentcall.Anew, "rpc_-32602"},
		{200, rpc(-32001), known, agentcall.Anew, "rpc_-32001"},
		{400, rpc(-32004), known, agentcall.Anew, "rpc_-32004"},
		{200, "", first, agentcall.Later, "bad_answer"},
		{204, "", first, agentcall.Later, "bad_answer"},
		{200, "<!doctype html>\n\n<p>data: no", first, agentcall.Later, "bad_answer"},
		{200, `{"result":null}`, first, agentcall.Never, "bad_answer"},
		{200, `{"result":{"task":{"id":"t1"`, first, agentcall.Later, "bad_answer"},
		{200, `{"result":{}}`, first, agentcall.Never, "bad_answer"},
		{200, `{"result":{"task":null}}`, first, agentcall.Never, "bad_answer"},
		{200, `{"result":{"kind":"message","parts":[{"kind":"text","text":"A2A 0.3"}]}}`, first, agentcall.Never,
			"bad_answer"},
		{200, `{"result":{"message":{"parts":[{}]}}}`, first, agentcall.Never, "bad_answer"},
		{200, `{"result":{"task":` + task("DREAMING", "}") + `}}`, first, agentcall.Never, "bad_answer"},
		{200, `{"result":{"task":{"id":"` + strings.Repeat("a", 513) + `","status":{"state":"TASK_STATE_WORKING"}}}}`,
			first, agentcall.Never, "bad_answer"},
	} {
		e.answers(c.status, c.body)
		got, err := e.sends(t, c.context)
		var failed *agentcall.Error
		if !errors.As(err, &failed) || agentcall.Retry(err) != c.next || failed.Reason() != c.reason ||
			got != (agentcall.Reply{}) {
			t.Errorf("%d %s: %+v %v %v", c.status, c.body, got, err, agentcall.Retry(err))
			continue
		}
		if failed.Code != 0 && !strings.HasSuffix(err.Error(), `: Oh\u202e no.`) {
			t.Errorf("said %q", err)
		}
	}
	e.answers(200, rpc(-32001))
	if _, err := e.client.Task(t.Context(), e.url, secret, "t1", at); agentcall.Retry(err) != agentcall.Anew {
		t.Errorf("a task that is gone: %v", err)
	}
	e.answers(200, `{"result":{"message":{"parts":[{"text":"`+strings.Repeat("a", 64<<10)+`"}]}}}`)
	if _, err := e.sends(t, ""); agentcall.Retry(err) != agentcall.Never {
		t.Errorf("too large: %v", err)
	}
	e.answers(302, "")
	if _, err := e.sends(t, ""); agentcall.Retry(err) != agentcall.Later {
		t.Errorf("a redirect: %v", err)
	}
}
