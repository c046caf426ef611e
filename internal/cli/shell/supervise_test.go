package shell_test

import (
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/cli/client"
	"github.com/parley-chat/parley/internal/cli/shell"
)

// The question that a draft answers is withdrawn. The drafts say so, and the draft is sent only once its person has
// typed yes, or with the flag where there is no terminal.
func TestSupervise_draftWhoseQuestionWasWithdrawn_isSentOnlyAnyway(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann")
	agent := client.New(base, client.Options{})
	defer agent.Close()
	var bob struct {
		Token string `json:"agent_token"`
		Watch string
	}
	calls := func(tool string, arguments map[string]any, to any) {
		t.Helper()
		if err := agent.Call(t.Context(), tool, arguments, to); err != nil {
			t.Fatal(err)
		}
	}
	calls("join_room", map[string]any{"room": "tea", "agent_name": "Bob"}, &bob)
	person := at(t, base, nil)
	if err := person.Watch(t.Context(), bob.Watch); err != nil {
		t.Fatal(err)
	}
	yes := true
	if err := person.Supervise(t.Context(), as("Bob"), shell.SuperviseRequest{Approve: &yes}); err != nil {
		t.Fatal(err)
	}
	decides := func(answer string, req shell.SuperviseRequest) (said string, err error) {
		t.Helper()
		c := at(t, base, nil)
		if answer != "" {
			c = mover(t, base, answer)
		}
		c.Out.JSON = false
		err = c.Supervise(t.Context(), as("Bob"), req)
		return c.out.String() + c.notes.String(), err
	}
	for answer, sent := range map[string]bool{"": false, "no": false, "yes": true} {
		asked := say(t, base, "Ann", shell.SendRequest{Text: "Shall I\ndelete it?", Ask: []string{"Bob"}})
		var draft struct{ ID string }
		calls("send_message", map[string]any{"agent_token": bob.Token, "text": "Yes, delete it." + answer,
			"reply_to": asked}, &draft)
		say(t, base, "Ann", shell.SendRequest{Text: "Never mind.", Withdraw: asked})
		if said, err := decides(answer, shell.SuperviseRequest{}); err != nil || !strings.Contains(said,
			"It answers Ann (withdrawn): Shall I delete it?\n1 message of others came since.\n") {
			t.Errorf("the drafts: %v, %s", err, said)
		}
		send := shell.SuperviseRequest{Draft: draft.ID, Decision: "send"}
		said, err := decides(answer, send)
		if (err == nil) != sent || strings.Contains(said,
			"What this draft answers was withdrawn. Send it anyway?") != (answer != "") {
			t.Errorf("%q: %v, %s", answer, err, said)
		}
		if answer == "" && !strings.Contains(err.Error(), "--anyway sends it all the same") {
			t.Errorf("without a terminal: %v", err)
		}
		if sent {
			continue
		}
		send.Anyway = true
		if said, err := decides("", send); err != nil || !strings.HasPrefix(said, "Sent.") {
			t.Errorf("%q, with the flag: %v, %s", answer, err, said)
		}
	}
}
