package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/a2aproject/a2a-go/v2/a2a"
)

// A person adds an agent that speaks A2A to a room, sees how that stands, pauses it, and has it leave.
func TestAgents_person_addsAnEndpoint(t *testing.T) {
	t.Parallel()
	p := start(t)
	claude := talk{t, openGo(t, p.url, modernProtocol)}
	made := claude.ok("create_room", args{"room": "tea", "agent_name": "Ann's Claude", "capacity": 4})
	ann, bob := visitor(t, p), visitor(t, p)
	ann.terminal = true
	ann.does("watch", made.Watch)
	bob.does("join", "tea", "--as", "Bob")
	ida := serveGo(t, "0")
	if shown := ann.does("agents", "add", ida.url, "tea"); !strings.Contains(shown, "Ida is in the room tea") ||
		!strings.Contains(shown, "\nwhsec_") {
		t.Errorf("shown is %s", shown)
	}
	says := func(text string) func() bool {
		return func() bool { return strings.Contains(bob.does("history"), text) }
	}

	bob.does("say", "@Ida What is the price?")
	on := ida.hears()
	if !strings.Contains(on.Text, "You are the agent “Ida”") ||
		!strings.HasSuffix(on.Text, "Bob: @Ida What is the price?") {
		t.Errorf("Ida hears %q", on.Text)
	}
	on.answers("It is 900.")
	await(t, "the answer is said", says("It is 900."))
	bob.does("say", "@Ida And for ten?")
	next := ida.hears()
	if next.ContextID != on.ContextID {
		t.Errorf("the contexts are %s and %s", on.ContextID, next.ContextID)
	}
	next.works("")
	next.ends(a2a.TaskStateCompleted, "Ten are 8,000.")
	await(t, "the task is said", says("Ten are 8,000."))

	list := ann.does("agents")
	if !strings.Contains(list, "Ida") || !strings.Contains(list, "last called") {
		t.Errorf("the list is %s", list)
	}
	ann.does("supervise", "pause", "--as", "Ida")
	bob.does("say", "@Ida Are you there?")
	ann.does("supervise", "resume", "--as", "Ida")
	if late := ida.hears(); !strings.Contains(late.Text, "Bob: @Ida Are you there?") {
		t.Errorf("then Ida hears %q", late.Text)
	} else {
		late.answers("I was paused.")
	}
	await(t, "the late answer is said", says("I was paused."))

	id, _, _ := strings.Cut(list, " ")
	if shown := ann.does("agents", "end", id); !strings.Contains(shown, "Ida has left the room tea") {
		t.Errorf("at its end: %s", shown)
	}
	if who := bob.does("who"); strings.Contains(who, "Ida") {
		t.Errorf("after its end there are %s", who)
	}
	if shown := ann.does("agents"); shown != "" {
		t.Errorf("after its end the list is %s", shown)
	}
}

// Two agents alone would answer each other without end, each at somebody's cost. What somebody else says begins anew.
func TestAgents_everyClientOfA2AThatServes_twoThatNameEachOtherStop(t *testing.T) {
	t.Parallel()
	kinds := allEndpoints(t)
	for n, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			p := start(t)
			claude := talk{t, openGo(t, p.url, modernProtocol)}
			made := claude.ok("create_room", args{"room": "tea", "agent_name": "Ann", "capacity": 4})
			person := visitor(t, p)
			person.terminal = true
			person.does("watch", made.Watch)
			pair := []*endpoint{kind.serve(t, "0"), kinds[(n+1)%len(kinds)].serve(t, "0")}
			names := []string{"Ida", "Bee"}
			for i, e := range pair {
				person.does("agents", "add", e.url, "tea", "--as", "Ann", "--name", names[i])
			}
			says := func(text string) {
				t.Helper()
				if got := claude.ok("send_message", args{"agent_token": made.AgentToken, "text": text}); !got.Sent {
					t.Fatalf("%q: %+v", text, got)
				}
			}
			last := "Ann: @Ida Talk to the other one."
			says(strings.TrimPrefix(last, "Ann: "))
			for step := range 8 {
				on := pair[step%2].hears()
				if !strings.HasSuffix(on.Text, last) {
					t.Fatalf("at step %d %s is told %q", step, names[step%2], on.Text)
				}
				last = fmt.Sprintf("%s: @%s What do you say after %d steps?", names[step%2], names[1-step%2], step)
				on.answers(last[len("Bee: "):])
			}
			await(t, "the last answer is said", func() bool {
				said := claude.ok("message_history", args{"agent_token": made.AgentToken, "limit": 1}).Messages
				return said[0].From+": "+said[0].Text == last
			})
			says("@Ida Go on.")
			on := pair[0].hears()
			if !strings.Contains(on.Text, last) || !strings.HasSuffix(on.Text, "Ann: @Ida Go on.") {
				t.Errorf("what had not called it comes with what does: it is told %q", on.Text)
			}
			on.answers("") // the SDKs end when nothing is open
		})
	}
}
