package agentcall_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/outbound/agentcall"
)

// task returns a task in a state, and what else it has.
func task(state, more string) string {
	return `{"id":"t1","contextId":"c1","status":{"state":"TASK_STATE_` + state + `"` + more + `}`
}

// says returns the message of a status, which closes it.
func says(text string) string {
	return `,"message":{"role":"ROLE_AGENT","parts":[{"text":"` + text + `"}]}}`
}

const history = `,"history":[{"role":"ROLE_AGENT","parts":[{"text":"Before."}]},` +
	`{"role":"ROLE_USER","parts":[{"text":"Well?"}]}`

// Each answer is read in the same way to SendMessage and, if it is a task, to GetTask.
func TestSend_answer_isRead(t *testing.T) {
	done := func(text string) agentcall.Reply { return agentcall.Reply{Text: text, Context: "c1"} }
	failed := func(text string) agentcall.Reply { return agentcall.Reply{Failed: text, Context: "c1"} }
	works := agentcall.Reply{Working: true, Task: "t1", Context: "c1"}
	tasks := map[string]struct {
		task string
		want agentcall.Reply
	}{
		"begins":               {task("SUBMITTED", "}"), works},
		"works":                {task("WORKING", says("Thinking")), works},
		"says it in its state": {task("COMPLETED", says("Yes.")), done("Yes.")},
		"asks": {task("INPUT_REQUIRED", says("Which?")),
			agentcall.Reply{Text: "Which?", Context: "c1", Task: "t1"}},
		"an artifact": {task("COMPLETED", `},"artifacts":[{"artifactId":"a","parts":[{"text":"Yes."}]}]`),
			done("Yes.")},
		"artifacts, and a last word": {task("COMPLETED", says("Done.")+
			`,"artifacts":[{"parts":[{"text":"One"}]},{"parts":[{"text":"Two"}]}]`), done("One\n\nTwo\n\nDone.")},
		"an artifact, and the same": {task("COMPLETED", says("Yes.")+`,"artifacts":[{"parts":[{"text":" Yes.\n"}]}]`),
			done("Yes.")},
		"artifacts, and the same": {task("COMPLETED", says(`One\n\nTwo`)+
			`,"artifacts":[{"parts":[{"text":"One"}]},{"parts":[{"text":"Two"}]},{"parts":[{"text":"One"}]}]`),
			done("One\n\nTwo")},
		"history": {task("COMPLETED", "}"+history+
			`,{"role":"ROLE_AGENT","parts":[{"text":"Hm."}]},{"role":"ROLE_AGENT","parts":[{"text":"Yes."}]}]`),
			done("Yes.")},
		"an answer is no history": {task("COMPLETED", says("Yes.")+history+
			`,{"role":"ROLE_AGENT","parts":[{"text":"Hm."}]}]`), done("Yes.")},
		"nothing since the question": {task("COMPLETED", "}"+history+`]`), done("")},
		"nothing at all":             {task("COMPLETED", "}"), done("")},
		"null wherever it can be":    {task("COMPLETED", `,"message":null},"artifacts":[null],"history":[null]`), done("")},
		"the question as its state":  {task("COMPLETED", strings.Replace(says("Well?"), "AGENT", "USER", 1)), done("")},
		"fails": {task("FAILED", says(`Out of\nmoney\u202e.`)),
			failed(`The agent could not answer: Out of money\u202e.`)},
		"fails without a word": {task("FAILED", "}"), failed("The agent could not answer.")},
		"refuses":              {task("REJECTED", says("No.")), failed("The agent refused to answer: No.")},
		"is canceled":          {task("CANCELED", "}"), failed("The agent's task was canceled.")},
		"wants access to other things": {task("AUTH_REQUIRED", says("Log in.")),
			failed("The agent wants to be given access to something before it answers: Log in.")},
	}
	e := newEndpoint(t)
	check := func(of, body string, got agentcall.Reply, err error, want agentcall.Reply) {
		t.Helper()
		if err != nil || got != want {
			t.Errorf("%s: %+v %v, want %+v, of %s", of, got, err, want, body)
		}
	}
	for of, c := range tasks {
		for _, form := range []string{`{"jsonrpc":"2.0","id":1,"result":%s}`, "   \n  {\"result\":%s,\"error\":null}"} {
			body := fmt.Sprintf(form, `{"task":`+c.task+`}`)
			e.answers(200, body)
			got, err := e.sends(t, "")
			check(of, body, got, err, c.want)
			body = fmt.Sprintf(form, c.task)
			e.answers(200, body)
			got, err = e.client.Task(t.Context(), e.url, secret, "t1", at)
			check(of, body, got, err, c.want)
		}
	}
	for parts, want := range map[string]string{
		`{"text":"Hm.","metadata":{"adk_thought":true}},{"text":"Yes.","metadata":{"adk_thought":false}}`: "Yes.",
		`{"text":"One"},{"text":""},{"text":"Two"}`:                                                       "One\n\nTwo",
		`{"data":{"a":[1,"<b>"]}},{"data":"c"}`:                                                           "{\"a\":[1,\"<b>\"]}\n\n\"c\"",
		`{"raw":"SGVsbG8=","mediaType":"text/csv"},{"raw":"//8=","mediaType":"text/csv"},{"raw":"SGVsbG8="}`: "Hello" +
			"\n\n[a file]\n\n[a file]",
		`{"raw":"AA==","filename":"a\n\u0000.png"},{"url":"https://a.example/b","filename":"b"}`: `[a file: a \x00.png]` +
			"\n\n[a file: b: https://a.example/b]",
		``: "",
	} {
		body := `{"result":{"message":{"messageId":"m","role":"ROLE_AGENT","parts":[` + parts + `]}}}`
		e.answers(200, body)
		got, err := e.sends(t, "c0") // which an agent that names none keeps
		check("a message", body, got, err, agentcall.Reply{Text: want, Context: "c0"})
	}
}
