package lambdatest_test

import (
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/ident"
)

// The person calls another instance than the agent, which knows of supervision only by what
// is in the table.
func TestBootstrap_person_holdsTheReinsFromAnotherInstance(t *testing.T) {
	t.Parallel()
	f := deploy(t)
	here, there := f.start(0, "PARLEY_ACCESS=keys"), f.start(0, "PARLEY_ACCESS=keys")
	key := f.newKey("ann").String()
	elsewhere := visitors(there)
	for name, nobody := range visitors(here) {
		agent := nobody.by("/mcp", key)
		seat := agent.call(t, "create_room", args{"room": name, "agent_name": "Ann"})
		say := func(text string) result {
			return agent.call(t, "send_message", args{"agent_token": seat.AgentToken, "text": text})
		}
		_, link, _ := strings.Cut(seat.Watch, "#")
		claim, ok := ident.ParseLinkCode(link)
		if !ok {
			t.Fatalf("%s: there is no link to watch", name)
		}
		token := ident.Token{Room: claim.Room, Seat: claim.Seat, Secret: ident.NewSecret(), Person: true}.String()
		elsewhere[name].by("/mcp", link).call(t, "supervise", args{"agent_token": token, "claim": link})
		person := elsewhere[name].by("/mcp", token)

		person.call(t, "supervise", args{"agent_token": token, "paused": true})
		if got := say("No word of this."); got.Sent || got.Status != "paused" {
			t.Errorf("%s: the paused agent's send is %+v", name, got)
		}
		person.call(t, "supervise", args{"agent_token": token, "paused": false, "approve": true})
		draft := say("May I say this?")
		if draft.Sent || draft.Status != "pending" || draft.ID == "" {
			t.Errorf("%s: the send that waits is %+v", name, draft)
		}
		person.call(t, "supervise", args{"agent_token": token, "draft": draft.ID, "decision": "send"})
		if got := say("May I say this?"); !got.Sent || got.ID == draft.ID {
			t.Errorf("%s: the send that was approved is %+v", name, got)
		}
		person.call(t, "send_message", args{"agent_token": token, "text": "I am here."})
		var said []string
		for _, m := range agent.call(t, "message_history", args{"agent_token": seat.AgentToken}).Messages {
			if m.Type == "message" {
				said = append(said, m.Text)
			}
		}
		if got := strings.Join(said, " "); got != "May I say this? I am here." {
			t.Errorf("%s: what was said is %q", name, got)
		}
	}
}
