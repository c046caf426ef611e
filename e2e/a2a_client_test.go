package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/a2aproject/a2a-go/v2/a2a"
	"github.com/a2aproject/a2a-go/v2/a2aclient"
	"github.com/a2aproject/a2a-go/v2/a2aclient/agentcard"

	"github.com/parley-chat/parley/e2e/internal/parts"
)

// a2aClient is a client of A2A that has read a card.
type a2aClient interface {
	// call begins a method. What it brings comes as it comes; the last line has no event. It is given up as ctx ends.
	call(ctx context.Context, method string, arguments args) <-chan driverLine
}

// a2aKind is an SDK of A2A, with a method for sending that streams or that blocks.
type a2aKind struct {
	name      string
	byDefault bool // a caller who asks for nothing else sends like this
	open      func(t *testing.T, base string) a2aClient
}

// allA2A are the SDKs that a conversation is held with: the one in Go, and in make test-clients the others, too.
func allA2A(t *testing.T) []a2aKind {
	t.Helper()
	drivesClients(t)
	kinds := []a2aKind{goA2A("blocks", true), goA2A("streams", false)}
	if os.Getenv(parts.ClientsEnv) == "" {
		return kinds
	}
	return append(kinds, nodeA2A("blocks", true), nodeA2A("streams", false),
		pythonA2A("streams", true), pythonA2A("blocks", false))
}

func nodeA2A(mode string, byDefault bool) a2aKind {
	return a2aKind{"JavaScript " + mode, byDefault,
		func(t *testing.T, base string) a2aClient {
			agent := filepath.Join("clients", "node", "agent.cjs")
			return driveA2A(t, installNode(t).command("node", agent, base, mode))
		}}
}

func pythonA2A(mode string, byDefault bool) a2aKind {
	return a2aKind{"Python " + mode, byDefault,
		func(t *testing.T, base string) a2aClient {
			return driveA2A(t, exec.Command(installPython(t), filepath.Join("clients", "python", "agent.py"), base,
				mode))
		}}
}

// drivenA2A is an SDK in a process of its own.
type drivenA2A struct {
	t *testing.T
	d *driver
}

func driveA2A(t *testing.T, cmd *exec.Cmd) drivenA2A {
	t.Helper()
	d, _ := startDriver(t, cmd)
	return drivenA2A{t, d}
}

func (c drivenA2A) call(ctx context.Context, method string, arguments args) <-chan driverLine {
	c.t.Helper()
	id, lines, err := c.d.begin(method, arguments)
	if err != nil {
		c.t.Fatal(err)
	}
	context.AfterFunc(ctx, func() { _ = c.d.write(map[string]any{"cancel": id}) }) // it may have ended
	return lines
}

// goA2A is the SDK in Go, in this process.
func goA2A(mode string, byDefault bool) a2aKind {
	return a2aKind{"Go " + mode, byDefault, func(t *testing.T, base string) a2aClient {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		card, err := agentcard.DefaultResolver.Resolve(ctx, base)
		if err != nil {
			t.Fatal(err)
		}
		c, err := a2aclient.NewFromCard(ctx, card)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Destroy() }) // the program may be gone
		return inGoA2A{c, mode == "streams"}
	}}
}

type inGoA2A struct {
	client  *a2aclient.Client
	streams bool
}

func (c inGoA2A) call(ctx context.Context, method string, arguments args) <-chan driverLine {
	lines := make(chan driverLine, 100)
	go func() {
		result, err := c.run(ctx, method, arguments, lines)
		switch {
		case err != nil:
			lines <- driverLine{Error: err.Error(), Code: codeOf(err)}
		default:
			lines <- driverLine{Result: result}
		}
	}()
	return lines
}

// run makes a call, puts the events that it brings into lines, and returns its result.
func (c inGoA2A) run(ctx context.Context, method string, arguments args, lines chan<- driverLine) (json.RawMessage,
	error) {
	switch method {
	case "GetTask":
		return asks(ctx, c.client.GetTask, arguments)
	case "ListTasks":
		return asks(ctx, c.client.ListTasks, arguments)
	case "CancelTask":
		return asks(ctx, c.client.CancelTask, arguments)
	case "SubscribeToTask":
		id, _ := arguments["id"].(string)
		return brings(c.client.SubscribeToTask(ctx, &a2a.SubscribeToTaskRequest{ID: a2a.TaskID(id)}), lines)
	}
	text, _ := arguments["text"].(string)
	message := a2a.NewMessage(a2a.MessageRoleUser, a2a.NewTextPart(text))
	message.ContextID, _ = arguments["contextId"].(string)
	if id, ok := arguments["taskId"].(string); ok {
		message.TaskID = a2a.TaskID(id)
	}
	request := &a2a.SendMessageRequest{Message: message}
	if c.streams {
		return brings(c.client.SendStreamingMessage(ctx, request), lines)
	}
	return brings(func(yield func(a2a.Event, error) bool) {
		result, err := c.client.SendMessage(ctx, request)
		yield(result, err)
	}, lines)
}

// asks makes a call whose request has the fields in arguments.
func asks[Request, Result any](ctx context.Context, method func(context.Context, *Request) (Result, error),
	arguments args) (json.RawMessage, error) {
	text, err := json.Marshal(arguments)
	if err != nil {
		return nil, err
	}
	var request Request
	if err := json.Unmarshal(text, &request); err != nil {
		return nil, err
	}
	result, err := method(ctx, &request)
	if err != nil {
		return nil, err
	}
	return json.Marshal(result)
}

// brings puts events into lines until they end.
func brings(events iter.Seq2[a2a.Event, error], lines chan<- driverLine) (json.RawMessage, error) {
	for event, err := range events {
		if err != nil {
			return nil, err
		}
		text, err := json.Marshal(a2a.StreamResponse{Event: event})
		if err != nil {
			return nil, err
		}
		lines <- driverLine{Event: text}
	}
	return nil, nil
}

// The codes of the refusals that the tests expect.
const (
	badParams    = -32602
	taskNotFound = -32001
	unsupported  = -32004
)

// codeOf returns the code of a JSON-RPC error, which the SDK in Go shows as one of its own.
func codeOf(err error) int {
	switch {
	case errors.Is(err, a2a.ErrInvalidParams):
		return badParams
	case errors.Is(err, a2a.ErrTaskNotFound):
		return taskNotFound
	case errors.Is(err, a2a.ErrUnsupportedOperation):
		return unsupported
	}
	return 0
}

// a2aTask is a task as an SDK shows it, as far as these tests look at it.
type a2aTask struct {
	ID        string         `json:"id"`
	ContextID string         `json:"contextId"`
	Status    a2aStatus      `json:"status"`
	History   []a2aMessage   `json:"history"`
	Metadata  map[string]any `json:"metadata"`
}

type a2aStatus struct {
	State   string     `json:"state"`
	Message a2aMessage `json:"message"`
}

type a2aMessage struct {
	Role  string `json:"role"`
	Parts []struct {
		Text     string         `json:"text"`
		Metadata map[string]any `json:"metadata"`
	} `json:"parts"`
}

// said returns the parts of a message that somebody in the room said. The others are sentences of the server.
func (m a2aMessage) said() (list []string) {
	for _, part := range m.Parts {
		if part.Metadata["from"] != nil {
			list = append(list, strings.TrimSuffix(part.Text, "\n"))
		}
	}
	return list
}

// a2aAgent is an agent that speaks A2A.
type a2aAgent struct {
	t *testing.T
	c a2aClient
}

// a2aCall is a call that goes on.
type a2aCall struct {
	t      *testing.T
	method string
	lines  <-chan driverLine
	giveUp context.CancelFunc
	task   a2aTask // as the events have made it
	events int
}

func (a a2aAgent) begins(method string, arguments args) *a2aCall {
	a.t.Helper()
	ctx, giveUp := context.WithCancel(a.t.Context())
	return &a2aCall{t: a.t, method: method, lines: a.c.call(ctx, method, arguments), giveUp: giveUp}
}

// line returns what comes next, with an event or as the end.
func (c *a2aCall) line(within time.Duration) driverLine {
	c.t.Helper()
	select {
	case line, ok := <-c.lines:
		if !ok {
			c.t.Fatalf("%s: %v", c.method, errDriverGone)
		}
		return line
	case <-time.After(within):
		c.t.Fatalf("%s: nothing came in %v", c.method, within)
		return driverLine{}
	}
}

// goesOn reads the next event into the task, and returns false at the end of the call. The call must not fail.
func (c *a2aCall) goesOn(within time.Duration) bool {
	c.t.Helper()
	line := c.line(within)
	if line.Error != "" {
		c.t.Fatalf("%s: %s (%d)", c.method, line.Error, line.Code)
	}
	if line.Event == nil {
		return false
	}
	var event struct {
		Task         *a2aTask `json:"task"`
		StatusUpdate *struct {
			TaskID    string    `json:"taskId"`
			ContextID string    `json:"contextId"`
			Status    a2aStatus `json:"status"`
		} `json:"statusUpdate"`
	}
	if err := json.Unmarshal(line.Event, &event); err != nil {
		c.t.Fatalf("%v in %s", err, line.Event)
	}
	c.events++
	update := event.StatusUpdate
	switch {
	case event.Task != nil && c.events == 1:
		c.task = *event.Task
	case update != nil && update.TaskID == c.task.ID && update.ContextID == c.task.ContextID:
		c.task.Status = update.Status
	default:
		c.t.Fatalf("%s: event %d is %s; want first the task, then what becomes of it", c.method, c.events, line.Event)
	}
	return true
}

// ends waits for the end of a call, and returns its task.
func (c *a2aCall) ends(within time.Duration) a2aTask {
	c.t.Helper()
	defer c.giveUp()
	for c.goesOn(within) {
	}
	return c.task
}

// result makes a call that must succeed, and reads its result.
func (a a2aAgent) result(method string, arguments args, result any) {
	a.t.Helper()
	line := a.begins(method, arguments).line(patience)
	if line.Error != "" || line.Event != nil {
		a.t.Fatalf("%s: %s (%d) %s", method, line.Error, line.Code, line.Event)
	}
	if err := json.Unmarshal(line.Result, result); err != nil {
		a.t.Fatalf("%s: %v in %s", method, err, line.Result)
	}
}

// refused makes a call that must be refused with a code, and returns the words.
func (a a2aAgent) refused(code int, method string, arguments args) string {
	a.t.Helper()
	call := a.begins(method, arguments)
	defer call.giveUp()
	line := call.line(patience)
	if line.Error == "" || line.Code != code {
		a.t.Errorf("%s %v: answered %+v, want an error with code %d", method, arguments, line, code)
	}
	return line.Error
}
