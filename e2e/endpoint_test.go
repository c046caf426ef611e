package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/a2aproject/a2a-go/v2/a2a"

	"github.com/parley-chat/parley/e2e/internal/parts"
	"github.com/parley-chat/parley/e2e/internal/process"
	"github.com/parley-chat/parley/internal/outbound/agentcall"
	"github.com/parley-chat/parley/internal/outbound/outcall"
)

// endpoint is an agent of A2A on this machine, served by an SDK in its usual form: an executor with a store of tasks in
// memory. The test speaks for it.
type endpoint struct {
	*driver
	t    *testing.T
	url  string                       // below which its card is
	tell func(n int, event a2a.Event) // nil ends the turn of the agent
}

// asked is a message that came to an endpoint. Tasks and context are those that the SDK has found or made for it.
type asked struct {
	N         int    `json:"n"`
	Text      string `json:"text"`
	MessageID string `json:"messageId"`
	ContextID string `json:"contextId"`
	TaskID    string `json:"taskId"`
}

// endpointKind is an SDK of A2A that serves.
type endpointKind struct {
	name  string
	serve func(t *testing.T, port string) *endpoint // port "0" is a free one
}

// allEndpoints are the SDKs that serve an agent: the one in Go, and in make test-clients the others, too.
func allEndpoints(t *testing.T) []endpointKind {
	t.Helper()
	drivesClients(t)
	kinds := []endpointKind{{"Go", serveGo}}
	if os.Getenv(parts.ClientsEnv) == "" {
		return kinds
	}
	return append(kinds,
		endpointKind{"JavaScript", func(t *testing.T, port string) *endpoint {
			return driveEndpoint(t, installNode(t).command("node", filepath.Join("clients", "node", "endpoint.cjs"),
				port))
		}},
		endpointKind{"Python", func(t *testing.T, port string) *endpoint {
			return driveEndpoint(t, exec.Command(installPython(t), filepath.Join("clients", "python", "endpoint.py"),
				port))
		}})
}

// serveGo starts the endpoint of spoken_test.go.
func serveGo(t *testing.T, port string) *endpoint {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program)
	cmd.Env = append(process.Environment(), spokenEnv+"="+port)
	return driveEndpoint(t, cmd)
}

// driveEndpoint starts an endpoint in a process of its own.
func driveEndpoint(t *testing.T, cmd *exec.Cmd) *endpoint {
	t.Helper()
	d, hello := startDriver(t, cmd)
	return &endpoint{driver: d, t: t, url: hello.Ready.URL, tell: func(n int, event a2a.Event) {
		line := map[string]any{"n": n, "event": nil}
		if event != nil {
			line["event"] = a2a.StreamResponse{Event: event}
		}
		if err := d.write(line); err != nil && !d.killed.Load() {
			t.Error(err)
		}
	}}
}

// hears waits for a message to the endpoint.
func (e *endpoint) hears() turn {
	e.t.Helper()
	select {
	case q := <-e.asked:
		return e.turn(q)
	case <-time.After(patience):
		e.t.Fatal("the agent was not called")
		return turn{}
	}
}

// turn is the turn of an endpoint after a message.
type turn struct {
	*endpoint
	asked
	info a2a.TaskInfo
}

func (e *endpoint) turn(q asked) turn {
	return turn{e, q, a2a.TaskInfo{TaskID: a2a.TaskID(q.TaskID), ContextID: q.ContextID}}
}

func (a turn) words(text string) *a2a.Message {
	if text == "" {
		return nil
	}
	return a2a.NewMessageForTask(a2a.MessageRoleAgent, a.info, a2a.NewTextPart(text))
}

// answers answers with a message, and makes no task.
func (a turn) answers(text string) {
	a.tell(a.N, &a2a.Message{ID: a2a.NewMessageID(), ContextID: a.ContextID, Role: a2a.MessageRoleAgent,
		Parts: a2a.ContentParts{a2a.NewTextPart(text)}})
	a.tell(a.N, nil)
}

// works makes a task, and goes on with it when the test tells.
func (a turn) works(text string) {
	question := a2a.NewMessageForTask(a2a.MessageRoleUser, a.info, a2a.NewTextPart(a.Text))
	a.tell(a.N, a2a.NewSubmittedTask(a.info, question))
	a.tell(a.N, a2a.NewStatusUpdateEvent(a.info, a2a.TaskStateWorking, a.words(text)))
}

// makes adds an artifact to a task.
func (a turn) makes(text string) { a.tell(a.N, a2a.NewArtifactEvent(a.info, a2a.NewTextPart(text))) }

// ends ends the work on a task. The words may be "".
func (a turn) ends(state a2a.TaskState, text string) {
	a.tell(a.N, a2a.NewStatusUpdateEvent(a.info, state, a.words(text)))
	a.tell(a.N, nil)
}

// solves answers with a task that is done as it is made.
func (a turn) solves(text string) {
	a.tell(a.N, &a2a.Task{ID: a.info.TaskID, ContextID: a.ContextID,
		Status:    a2a.TaskStatus{State: a2a.TaskStateCompleted},
		Artifacts: []*a2a.Artifact{{ID: a2a.NewArtifactID(), Parts: a2a.ContentParts{a2a.NewTextPart(text)}}}})
	a.tell(a.N, nil)
}

const endpointSecret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

// sent is what became of a message to an endpoint.
type sent struct {
	agentcall.Reply
	err error
}

// The agents are the SDKs'. Each way of answering reaches Parley as the text that was meant, and as one conversation.
func TestEndpoint_everyClientOfA2AThatServes_isCalledAndUnderstood(t *testing.T) {
	for _, kind := range allEndpoints(t) {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			e := kind.serve(t, "0")
			c := agentcall.New(outcall.New(outcall.Options{Loopback: true, Time: patience}))
			agent, err := c.Card(t.Context(), e.url)
			ida := agentcall.Agent{Name: "Ida", URL: e.url + "rpc"}
			if err != nil || agent != ida {
				t.Fatalf("%+v %v, want %+v", agent, err, ida)
			}
			context, task := "", ""
			// asks sends a message, has the agent act, and returns what came at once, which keeps the context.
			asks := func(id string, act func(turn)) agentcall.Reply {
				t.Helper()
				done := make(chan sent, 1)
				send := func() {
					reply, err := c.Send(t.Context(), agent.URL, endpointSecret,
						agentcall.Message{ID: id, Context: context, Task: task, Texts: []string{"Ann: ", id}},
						time.Now())
					done <- sent{reply, err}
				}
				go send()
				var on turn
				await(t, "the agent is called", func() bool {
					select {
					case q := <-e.asked:
						on = e.turn(q)
						return true
					case refused := <-done: // an SDK may be at the end of the turn before
						if agentcall.Retry(refused.err) != agentcall.Later {
							t.Fatalf("%s: %v", id, refused.err)
						}
						go send()
					default:
					}
					return false
				})
				if on.MessageID != id || context != "" && on.ContextID != context ||
					task != "" && on.TaskID != task {
					t.Errorf("%s came as %+v, in the context %q and the task %q", id, on.asked, context, task)
				}
				act(on)
				got := <-done
				if got.err != nil || got.Context != on.ContextID {
					t.Fatalf("%s: %+v %v, want the context %s", id, got.Reply, got.err, on.ContextID)
				}
				context = got.Context
				return got.Reply
			}
			// becomes asks for a task until it is what it must be. The SDKs store what an agent does a moment later.
			becomes := func(task string, want agentcall.Reply) {
				t.Helper()
				want.Context = context
				var got agentcall.Reply
				var err error
				await(t, "the task is what it must be", func() bool {
					got, err = c.Task(t.Context(), agent.URL, endpointSecret, task, time.Now())
					return err != nil || got == want
				})
				if err != nil {
					t.Fatal(err)
				}
			}

			if got := asks("evt_1", func(on turn) { on.answers("At once.") }); got.Text != "At once." {
				t.Errorf("a message: %+v", got)
			}
			if got := asks("evt_2", func(on turn) { on.solves("Solved.") }); got.Text != "Solved." {
				t.Errorf("a task that is done: %+v", got)
			}
			var on turn
			works := func(next turn) {
				on = next
				on.works("Thinking.")
			}
			got := asks("evt_3", works)
			if want := (agentcall.Reply{Working: true, Task: on.TaskID, Context: context}); got != want {
				t.Errorf("a task that goes on: %+v, want %+v", got, want)
			}
			becomes(on.TaskID, agentcall.Reply{Working: true, Task: on.TaskID})
			on.makes("A plan.")
			on.ends(a2a.TaskStateCompleted, "Here it is.")
			becomes(on.TaskID, agentcall.Reply{Text: "A plan.\n\nHere it is."})
			asks("evt_4", works)
			on.ends(a2a.TaskStateFailed, "So.")
			becomes(on.TaskID, agentcall.Reply{Failed: "The agent could not answer: So."})
			asks("evt_5", works)
			on.ends(a2a.TaskStateInputRequired, "Which?")
			becomes(on.TaskID, agentcall.Reply{Text: "Which?", Task: on.TaskID})
			task = on.TaskID
			asks("evt_6", func(next turn) { next.ends(a2a.TaskStateCompleted, "That.") })
			becomes(task, agentcall.Reply{Text: "That."})
			task = ""
			asks("evt_7", works)
			on.ends(a2a.TaskStateCompleted, "")
			becomes(on.TaskID, agentcall.Reply{Text: "Thinking."}) // what it said last

			const nobody = "00000000-0000-0000-0000-000000000000"
			_, err = c.Task(t.Context(), agent.URL, endpointSecret, nobody, time.Now())
			if agentcall.Retry(err) != agentcall.Anew {
				t.Errorf("an unknown task: %v", err)
			}
		})
	}
}

// The agent is served as Google's kit does it, with its sessions. Parley names no task, only the context.
func TestEndpoint_everyClientOfADKThatServes_keepsTheConversationAndItsThoughts(t *testing.T) {
	drivesClients(t)
	t.Parallel()
	d, hello := startDriver(t, exec.Command(filepath.Join(parts.ADK.In(t), "bin", "python"),
		filepath.Join("clients", "adk", "endpoint.py")))
	c := agentcall.New(outcall.New(outcall.Options{Loopback: true, Time: patience}))
	agent, err := c.Card(t.Context(), hello.Ready.URL)
	if err != nil || agent.Name != "ida" {
		t.Fatalf("%+v %v", agent, err)
	}
	e := &endpoint{driver: d, t: t}
	context, shown := "", ""
	for _, said := range []string{"One.", "Two.", "Three."} {
		text := "Ann: " + said
		got, err := c.Send(t.Context(), agent.URL, endpointSecret,
			agentcall.Message{ID: "evt_" + said, Context: context, Texts: []string{text}}, time.Now())
		if err != nil || !got.Working || context != "" && got.Context != context {
			t.Fatalf("%+v %v", got, err)
		}
		context = got.Context
		on := e.hears()
		shown += text
		if on.Text != shown {
			t.Errorf("the model is shown %q, want %q", on.Text, shown)
		}
		if err := d.write(map[string]any{"n": on.N, "thinks": "Hm.", "says": said}); err != nil {
			t.Fatal(err)
		}
		task := got.Task
		await(t, "the agent has answered", func() bool {
			got, err = c.Task(t.Context(), agent.URL, endpointSecret, task, time.Now())
			return err != nil || !got.Working
		})
		if err != nil || got != (agentcall.Reply{Text: said, Context: context}) {
			t.Errorf("%+v %v, want %q", got, err, said)
		}
		shown += "\nHm.\n" + said + "\n" // it remembers its own thoughts
	}
}
