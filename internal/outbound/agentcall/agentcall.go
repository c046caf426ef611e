// Package agentcall calls agents that speak A2A 1.0 by JSON-RPC: it reads the card of an agent, sends a message, and
// reads the answer or, later, the state of the agent's task.
//
// An agent is a stranger, at an address that a person gave. Package outcall makes the calls. An answer is a text that
// somebody wrote: the text is limited, and decides only what is said in the agent's name.
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

// patience is how long an agent may take for an answer. A model writes for a while, even when asked to return at once.
const patience = time.Minute

// Client calls agents. The methods may be called concurrently.
type Client struct {
	calls *outcall.Caller
}

// New returns a client that calls by calls.
func New(calls *outcall.Caller) *Client { return &Client{calls} }

// Message is a message to an agent.
type Message struct {
	ID      string   // the same for each try; fit for a header
	Context string   // of the last reply; "": a new conversation
	Task    string   // in which the agent has asked back; "": none
	Texts   []string // a part for each
}

// Reply is an agent's reply. It has a Text, or is Working, or says why it Failed.
type Reply struct {
	Text    string // "": the agent had nothing to say
	Context string // of the conversation, for the next message; "" if neither side has named one
	Task    string // the agent is Working on the task (see Client.Task), or asks back in the task (see Message)
	Working bool
	Failed  string // a sentence for the agent's person, with words of the agent, so it belongs in no log
}

// Send sends a message to the agent at url, signed with secret (see outcall.ParseSecret). The message asks the agent to
// return at once, but the agent may take a minute. The error is an *outcall.Error or an *Error: see Retry.
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

// Task reads the state of the task that an agent was working on. The error is as of Send.
func (c *Client) Task(ctx context.Context, url, secret, task string, at time.Time) (Reply, error) {
	history := outbound.MaxHistory
	answer, err := c.call(ctx, call{url, secret, "msg_task_" + rand.Text(), at}, "GetTask",
		a2a.GetTaskRequest{ID: a2a.TaskID(task), HistoryLength: &history})
	if err != nil {
		return Reply{}, err
	}
	return readTask(answer)
}

// call is where a request goes, and how the request is signed.
type call struct {
	url, secret, id string
	at              time.Time
}

// request is a request of JSON-RPC 2.0.
type request struct {
	JSONRPC string `json:"jsonrpc"`
	ID      int    `json:"id"`
	Method  string `json:"method"`
	Params  any    `json:"params"`
}

// asJSON returns the headers that ask for an answer in A2A 1.0, in one piece.
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
