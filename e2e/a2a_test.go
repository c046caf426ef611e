package e2e

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/e2e/internal/parts"
	"github.com/parley-chat/parley/internal/base/ident"
)

// thinking is how long an answer takes. The SDK for Python gives a call up after 5 seconds of silence, and 20 are
// within what a blocking call waits. The SDK for Go needs no such test.
func thinking() time.Duration {
	if os.Getenv(parts.ClientsEnv) == "" {
		return 0
	}
	return 20 * time.Second
}

// roomName makes the name of a kind of client one of a room.
func roomName(kind string) string { return "tea with " + kind }

// host is the agent of MCP that has made a room, and what an agent of A2A needs to come in.
type host struct {
	talk
	seat
	base string // below which the card of the room is
}

func (p *program) host(t *testing.T, room string) *host {
	t.Helper()
	c := talk{t, openGo(t, p.door(p.newKey(room)), modernProtocol)}
	made := c.ok("create_room", args{"room": room, "agent_name": "Ann", "capacity": 3})
	link := regexp.MustCompile(`http://\S+/i/[0-9a-z]+`).FindString(made.Invite)
	if link == "" {
		t.Fatalf("the invite is %q", made.Invite)
	}
	return &host{c, seat{made.AgentToken, made.Cursor}, link + "/"}
}

// hears listens until a text has come, and returns who said it.
func (h *host) hears(text string) string {
	h.t.Helper()
	for {
		news := h.listen(&h.seat)
		if at := slices.IndexFunc(news, func(m message) bool { return m.Text == text }); at >= 0 {
			return news[at].From
		}
	}
}

func (h *host) says(text string) {
	h.t.Helper()
	h.cursor = h.ok("send_message",
		args{"agent_token": h.token, "text": text, "cursor": h.cursor, "wait_seconds": 0}).Cursor
}

// asks begins to send, with the contextId if there is one, and returns when the host has heard it, from whom.
func (a a2aAgent) asks(h *host, contextID, text string) (*a2aCall, string) {
	a.t.Helper()
	send := args{"text": text}
	if contextID != "" {
		send["contextId"] = contextID
	}
	call := a.begins("SendMessage", send)
	defer func() {
		if a.t.Failed() && len(call.lines) > 0 {
			a.t.Logf("the call brought %+v", <-call.lines)
		}
	}()
	return call, h.hears(text)
}

// answered lets the host answer a call, which must end with that answer alone.
func (c *a2aCall) answered(h *host, text string) a2aTask {
	c.t.Helper()
	h.says(text)
	return c.endsWith("Ann: " + text)
}

// endsWith waits for the end of a call, which must ask for input with what was said, and returns the task.
func (c *a2aCall) endsWith(said ...string) a2aTask {
	c.t.Helper()
	task := c.ends(patience)
	if task.Status.State != "TASK_STATE_INPUT_REQUIRED" || !slices.Equal(task.Status.Message.said(), said) {
		c.t.Fatalf("the task is %+v, want one that asks for input with %q", task, said)
	}
	return task
}

// The calls wait side by side, so that the test takes as long as one of them.
func TestA2A_everyClient_hearsALateAnswerAndGoesOnWithOthersOfItsInvite(t *testing.T) {
	t.Parallel()
	p := startKeyed(t)
	type talking struct {
		a2aKind
		ann  *host
		bob  a2aAgent
		call *a2aCall
		name string

		heard time.Time // when Ann had heard Bob
	}
	var all []*talking
	for _, k := range allA2A(t) {
		ann := p.host(t, roomName(k.name))
		all = append(all, &talking{a2aKind: k, ann: ann, bob: a2aAgent{t, k.open(t, ann.base)}})
	}
	for _, k := range all {
		k.call, k.name = k.bob.asks(k.ann, "", opening)
		k.heard = time.Now()
	}
	for _, k := range all {
		<-time.After(thinking() - time.Since(k.heard))
		k.ann.says(reply)
	}
	for _, k := range all {
		t.Run(k.a2aKind.name, func(t *testing.T) {
			k.ann.t, k.bob.t, k.call.t = t, t, t
			first := k.call.endsWith("Ann: " + reply)
			if first.Metadata["agentName"] != k.name || first.Metadata["room"] != roomName(k.a2aKind.name) {
				t.Errorf("%s is in the room, and the task has the metadata %v", k.name, first.Metadata)
			}
			call, name := k.bob.asks(k.ann, first.ContextID, "And who writes it down?")
			second := call.answered(k.ann, "You do.")
			if name != k.name || second.ID != first.ID || second.ContextID != first.ContextID {
				t.Errorf("%s of task %s came back as %s of task %s", k.name, first.ID, name, second.ID)
			}

			call, _ = k.bob.asks(k.ann, first.ContextID, "Who else is coming?")
			carol := a2aAgent{t, k.open(t, k.ann.base)}
			hers, guest := carol.asks(k.ann, "", "I am here.")
			call.endsWith(guest + ": I am here.")
			call, _ = k.bob.asks(k.ann, first.ContextID, "Then let us begin.")
			other := hers.endsWith(name+": "+opening, "Ann: "+reply, name+": And who writes it down?", "Ann: You do.",
				name+": Who else is coming?", name+": Then let us begin.")
			if guest == name || other.ID == first.ID || other.ContextID == first.ContextID {
				t.Errorf("a second client is %s of task %s, the first %s of task %s", guest, other.ID, name, first.ID)
			}
			call.answered(k.ann, "At noon.")
		})
	}
}

// An id is as good as a token: who does not have it learns nothing by it and changes nothing.
func TestA2A_everyClientWithAnInvite_knowsNoTaskOfAnother(t *testing.T) {
	t.Parallel()
	p := startKeyed(t)
	for _, k := range allA2A(t) {
		if !k.byDefault {
			continue // what is refused does not depend on how its client sends
		}
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			ann, eve := p.host(t, roomName(k.name)), p.host(t, "another "+roomName(k.name))
			bob, mallory := a2aAgent{t, k.open(t, ann.base)}, a2aAgent{t, k.open(t, ann.base)}
			theirs := goA2A("blocks", true) // the task is another's, whichever client began it
			his, foreign := bob.seated(ann), a2aAgent{t, theirs.open(t, eve.base)}.seated(eve)

			for _, try := range []struct{ name, context, task string }{
				{"of another room", foreign.ContextID, foreign.ID},
				{"guessed", guessed(his.ContextID), guessed(his.ID)},
				{"mistyped", mistyped(his.ContextID), mistyped(his.ID)},
				{"made up", "0d4f6b7e-2a55-4f0e-8a60-1f7a6a5d0c11", "0d4f6b7e-2a55-4f0e-8a60-1f7a6a5d0c12"},
			} {
				t.Run(try.name, func(t *testing.T) {
					mallory.t = t
					mallory.knowsNothing(try.context, try.task, his)
				})
			}

			var mine struct{ Tasks []a2aTask }
			bob.result("ListTasks", args{"contextId": his.ContextID}, &mine)
			if len(mine.Tasks) != 1 || mine.Tasks[0].ID != his.ID {
				t.Errorf("in the end his tasks are %+v", mine)
			}
			bob.follows(ann, his)
			room := ann.ok("room_info", args{"agent_token": ann.token}).Room
			if len(room.Agents) != 2 {
				t.Errorf("the room has %+v, want nobody who came by an id", room.Agents)
			}
		})
	}
}

// follows subscribes to its task, and hears what is said meanwhile.
func (a a2aAgent) follows(h *host, task a2aTask) {
	a.t.Helper()
	call := a.begins("SubscribeToTask", args{"id": task.ID})
	defer call.giveUp()
	call.goesOn(patience)
	if call.task.ID != task.ID || call.task.Status.State != "TASK_STATE_INPUT_REQUIRED" || len(call.task.History) != 2 {
		a.t.Errorf("its own task is %+v, want one with what was said", call.task)
	}
	h.says("Are you still there?")
	call.goesOn(patience)
	if !slices.Equal(call.task.Status.Message.said(), []string{"Ann: Are you still there?"}) {
		a.t.Errorf("who follows the task hears %+v", call.task.Status)
	}
}

// guessed returns an id with another secret, which is none that was mistyped.
func guessed(id string) string {
	kind, body, _ := strings.Cut(id, "-")
	other := body[:len(body)-6] + "7000" // before the check characters
	return kind + "-" + other + ident.Check(other)
}

// seated joins by saying something that is answered, and returns the task.
func (a a2aAgent) seated(h *host) a2aTask {
	a.t.Helper()
	call, _ := a.asks(h, "", opening)
	return call.answered(h, reply)
}

// knowsNothing tries ids that are not its own. No answer may tell more than that.
func (a a2aAgent) knowsNothing(contextID, taskID string, his a2aTask) {
	a.t.Helper()
	refusals := []string{
		a.refused(badParams, "SendMessage", args{"text": "I am Bob.", "contextId": contextID}),
		a.refused(taskNotFound, "SendMessage", args{"text": "I am Bob.", "taskId": taskID}),
		a.refused(taskNotFound, "GetTask", args{"id": taskID}),
		a.refused(taskNotFound, "SubscribeToTask", args{"id": taskID}),
		a.refused(taskNotFound, "CancelTask", args{"id": taskID}),
	}
	for _, sentence := range refusals {
		if strings.Contains(sentence, his.ID) || strings.Contains(sentence, his.ContextID) {
			a.t.Errorf("a stranger is told %q", sentence)
		}
	}
	for _, arguments := range []args{{}, {"contextId": contextID}} {
		var list struct{ Tasks []a2aTask }
		a.result("ListTasks", arguments, &list)
		if len(list.Tasks) != 0 {
			a.t.Errorf("of %v a stranger is shown %+v", arguments, list)
		}
	}
}

// The card of the server is found by whoever has its address, and leads into no room.
func TestA2A_everyClientWithoutAnInvite_isToldToAskForOne(t *testing.T) {
	t.Parallel()
	p := startKeyed(t)
	for _, k := range allA2A(t) {
		if !k.byDefault {
			continue // what is refused does not depend on how its client sends
		}
		t.Run(k.name, func(t *testing.T) {
			anybody := a2aAgent{t, k.open(t, strings.TrimSuffix(p.url, "mcp"))}
			sentence := anybody.refused(unsupported, "SendMessage", args{"text": opening})
			if !strings.Contains(sentence, "Ask somebody in the room for its invite") {
				t.Errorf("without an invite a client is told %q", sentence)
			}
		})
	}
}
