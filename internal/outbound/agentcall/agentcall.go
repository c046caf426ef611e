// Package agentcall calls agents that speak A2A 1.0 by JSON-RPC: it reads the card of an agent, sends it a message, and
// reads what it answers at once or, by asking again, what became of its task.
//
// An agent is a stranger, at an address that a person gave. Package outcall makes the calls. What an agent answers is a
// text that somebody wrote: it is bounded, and it decides nothing but what is said in the agent's name.
package agentcall

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"time"

	"github.com/a2aproject/a2a-go/v2/a2a"

	"github.com/parley-chat/parley/internal/outbound"
	"github.com/parley-chat/parley/internal/outbound/outcall"
)

// patience is how long an agent may take for an answer. A model writes for a while, also where it was asked to return
// at once.
const patience = time.Minute

// Client calls agents. Many goroutines may use it at once.
type Client struct {
	calls *outcall.Caller
}

// New returns a client that calls by calls.
func New(calls *outcall.Caller) *Client { return &Client{calls} }

// Message is what an agent is sent.
type Message struct {
	ID      string   // the same for each try; fit for a header
	Context string   // of the last reply; "": a new conversation
	Task    string   // in which the agent has asked back; "": none
	Texts   []string // a part for each
}

// Reply is what an agent answered. It has a Text, or is Working, or says why it Failed.
type Reply struct {
	Text    string // "": the agent had nothing to say
	Context string // of the conversation, for the next message; "" if neither side has named one
	Task    string // that the agent is Working on (see Client.Task), or in which it asks back (see Message)
	Working bool
	Failed  string // a sentence for the person whose agent it is, with words of the agent; it belongs in no log
}

// Send sends a message to the agent that takes calls at url, signed with secret (see outcall.ParseSecret). The agent is
// asked to return at once, and may take a minute. An error is an *outcall.Error or an *Error: see Retry.
func (c *Client) Send(ctx context.Context, url, secret string, m Message, at time.Time) (Reply, error) {
	message := &a2a.Message{ID: m.ID, ContextID: m.Context, TaskID: a2a.TaskID(m.Task),
		Role: a2a.MessageRoleUser}
	for _, text := range m.Texts {
		message.Parts = append(message.Parts, a2a.NewTextPart(text))
	}
	history := outbound.MaxHistory
	answer, err := c.call(ctx, call{url, secret, m.ID, at}, "SendMessage", a2a.SendMessageRequest{
		Message: message,
		Config: &a2a.SendMessageConfig{ReturnImmediately: true, HistoryLength: &history,
			AcceptedOutputModes: []string{"text/plain"}},
	})
	if err != nil {
		return Reply{}, err
	}
	reply, err := readSent(answer, m.Context+m.Task != "")
	if err == nil && reply.Context == "" {
		reply.Context = m.Context
	}
	return reply, err
}

// Task asks what became of the task that an agent was working on. The error is as of Send.
func (c *Client) Task(ctx context.Context, url, secret, task string, at time.Time) (Reply, error) {
	history := outbound.MaxHistory
	answer, err := c.call(ctx, call{url, secret, "msg_task_" + rand.Text(), at}, "GetTask",
		a2a.GetTaskRequest{ID: a2a.TaskID(task), HistoryLength: &history})
	if err != nil {
		return Reply{}, err
	}
	return readTask(answer)
}

// call is where a request goes, and how it is signed.
type call struct {
	url, secret, id string
	at              time.Time
}

// request is one of JSON-RPC 2.0.
type request struct {
	JSONRPC string `json:"jsonrpc"`
	ID      int    `json:"id"`
	Method  string `json:"method"`
	Params  any    `json:"params"`
}

// asJSON has an agent answer in A2A 1.0, and in one piece.
func asJSON() map[string]string {
	return map[string]string{"A2A-Version": string(a2a.Version), "Accept": "application/json"}
}

func (c *Client) call(ctx context.Context, to call, method string, params any) (outcall.Answer, error) {
	body, err := json.Marshal(request{"2.0", 1, method, params})
	if err != nil {
		return outcall.Answer{}, err
	}
	return c.calls.Post(ctx, outcall.Call{URL: to.url, Secret: to.secret, ID: to.id, At: to.at, Header: asJSON(),
		Body: body, Time: patience})
}
