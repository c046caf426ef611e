package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/parley-chat/parley/e2e/internal/plain"
)

// args are the arguments of a tool.
type args map[string]any

// answer is what tools answer with, as far as this program looks at it.
type answer struct {
	Code    string `json:"code"` // of a refusal
	Message string `json:"message"`
	By      string `json:"by"` // who has the task

	AgentToken string    `json:"agent_token"`
	Watch      string    `json:"watch"`
	Status     string    `json:"status"`
	Sent       bool      `json:"sent"`
	ID         string    `json:"id"`
	Cursor     string    `json:"cursor"`
	HasMore    bool      `json:"has_more"`
	Messages   []message `json:"messages"`
	Task       *task     `json:"task"`
	Tasks      []task    `json:"tasks"`
}

type message struct {
	ID       string   `json:"id"`
	Type     string   `json:"type"`
	From     string   `json:"from"`
	Text     string   `json:"text"`
	Kind     string   `json:"kind"`
	ReplyTo  string   `json:"reply_to"`
	Finished []string `json:"finished"`
	AgreedBy []string `json:"agreed_by"`
	Agent    string   `json:"agent"` // of a change of tasks
	Action   string   `json:"action"`
	Reason   string   `json:"reason"`
	Draft    string   `json:"draft"`
	Task     *task    `json:"task"`
}

type task struct {
	ID       string    `json:"id"`
	Title    string    `json:"title"`
	State    string    `json:"state"`
	By       string    `json:"by"`
	Result   string    `json:"result"`
	Evidence evidence  `json:"evidence"`
	Checks   []checked `json:"checks"`
}

type evidence struct {
	Ran string `json:"ran"`
}

type checked struct {
	By      string `json:"by"`
	Verdict string `json:"verdict"`
}

// connections are those of all agents. More agents than servers call at once.
var connections = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 200}}

// call makes a call of MCP. The error says that no answer came.
func call(ctx context.Context, url, tool string, in args) (answer, error) {
	r, err := plain.Request(ctx, url, tool, in)
	if err != nil {
		return answer{}, err
	}
	r.Header.Set("MCP-Protocol-Version", "2025-11-25")
	result, err := plain.Result(connections, r)
	if err != nil {
		return answer{}, fmt.Errorf("%s: %w", tool, err)
	}
	var got struct {
		Structured *answer `json:"structuredContent"`
	}
	if err := json.Unmarshal(result, &got); err != nil || got.Structured == nil {
		return answer{}, fmt.Errorf("%s was answered %.300s", tool, result)
	}
	return *got.Structured, nil
}

// patience bounds the time without any answer after which an agent gives up.
const patience = 2 * time.Minute

// once calls a tool at any of the servers. Without an answer the call may have taken effect.
func (s *store) once(ctx context.Context, tool string, in args) (answer, error) {
	got, err := call(ctx, s.servers[rand.IntN(len(s.servers))].url, tool, in)
	if err == nil && got.Code == "unavailable" {
		err = refused(got, nil)
	}
	return got, err
}

// soon is the longest pause before a call is repeated: a server that was killed takes a moment to be there again.
const soon = 20 * time.Millisecond

// pause waits for a part of a time.
func pause(ctx context.Context, most time.Duration) {
	over := time.NewTimer(rand.N(most))
	defer over.Stop()
	select {
	case <-over.C:
	case <-ctx.Done():
	}
}

// ask calls a tool until an answer came and was not thrown away. note is told of each call that ended otherwise;
// without it no answer is thrown away.
func (s *store) ask(ctx context.Context, tool string, in args, note func(step) error) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		got, err := s.once(ctx, tool, in)
		outcome := thrown
		switch {
		case ctx.Err() != nil:
			return answer{}, fmt.Errorf("%s: %w, after %v", tool, ctx.Err(), err)
		case err != nil:
			outcome = cut
			pause(ctx, soon)
		case got.Code == "internal":
			return got, refused(got, nil)
		case note == nil || rand.IntN(2) == 0:
			return got, nil
		}
		if note == nil {
			continue
		}
		if err := note(outcome); err != nil {
			return answer{}, err
		}
	}
}
