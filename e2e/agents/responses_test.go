package agents

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
)

// responses is the Responses API of OpenAI, as Codex uses it.
type responses struct{ calls atomic.Int64 }

// item is an element of the input: a message, a call or what came of it.
type item struct {
	Type      string          `json:"type"`
	Role      string          `json:"role"`
	CallID    string          `json:"call_id"`
	Content   json.RawMessage `json:"content"`
	Output    json.RawMessage `json:"output"`
	Arguments json.RawMessage `json:"arguments"`
	Tools     []tool          `json:"tools"`
}

// tool is a tool or a namespace of tools.
type tool struct {
	Name  string `json:"name"`
	Tools []tool `json:"tools"`
}

func names(tools []tool, prefix string) []string {
	var all []string
	for _, t := range tools {
		if len(t.Tools) > 0 {
			all = append(all, names(t.Tools, prefix+t.Name+"/")...)
		} else {
			all = append(all, prefix+t.Name)
		}
	}
	return all
}

func (i item) isCall() bool   { return strings.HasSuffix(i.Type, "_call") }
func (i item) isResult() bool { return strings.HasSuffix(i.Type, "_output") }

func (*responses) path() string { return "/v1/responses" }

func (*responses) read(body []byte) (conversation, bool) {
	var asked struct {
		Tools []tool
		Input []item
		Text  struct{ Format json.RawMessage }
	}
	if err := json.Unmarshal(body, &asked); err != nil || asked.Text.Format != nil { // a title has a format
		return conversation{}, false
	}
	seen := conversation{raw: string(body), tools: names(asked.Tools, "")}
	queries, speaking := map[string]string{}, false
	for _, i := range asked.Input {
		seen.tools = append(seen.tools, names(i.offered(), "")...)
		mine := i.isCall() || i.Role == "assistant"
		if mine && !speaking {
			seen.turns, seen.after = append(seen.turns, turn{}), ""
		}
		speaking = mine
		seen.takeItem(i, queries)
	}
	return seen, true
}

// offered returns the tools that an item adds to the prompt.
func (i item) offered() []tool {
	if i.Type == "additional_tools" {
		return i.Tools
	}
	return nil
}

func (c *conversation) takeItem(i item, queries map[string]string) {
	switch {
	case i.Type == "tool_search_call":
		var search struct{ Query string }
		_ = json.Unmarshal(i.Arguments, &search) // the stand-in wrote it
		queries[i.CallID] = search.Query
	case i.isResult() && len(c.turns) > 0:
		r := result{query: queries[i.CallID], found: names(i.Tools, "")}
		for _, b := range blocks(i.Output) {
			r.text += b.Text
		}
		last := &c.turns[len(c.turns)-1]
		last.results = append(last.results, r)
	case i.Role == "user":
		for _, b := range blocks(i.Content) {
			if steps, ok := stepsIn(b.Text); ok {
				c.steps, c.turns = steps, nil
			}
			c.after += b.Text
		}
	}
}

func (r *responses) answer(w http.ResponseWriter, _ []byte, s step) {
	id := r.calls.Add(1)
	var items []map[string]any
	for n, c := range s.Calls {
		items = append(items, callItem(c, fmt.Sprintf("call_%d_%d", id, n)))
	}
	if s.Text != "" {
		items = append(items, map[string]any{
			"type": "message", "id": fmt.Sprintf("msg_%d", id), "role": "assistant",
			"content": []any{map[string]any{"type": "output_text", "text": s.Text, "annotations": []any{}}},
		})
	}
	reply := map[string]any{"id": fmt.Sprintf("resp_%d", id), "object": "response", "status": "completed",
		"output": items, "usage": map[string]any{
			"input_tokens": 100, "input_tokens_details": map[string]any{"cached_tokens": 0},
			"output_tokens": 10, "output_tokens_details": map[string]any{"reasoning_tokens": 0}, "total_tokens": 110,
		}}
	out := newStream(w)
	out.send("response.created", map[string]any{"response": map[string]any{"id": reply["id"], "object": "response",
		"status": "in_progress", "output": []any{}}})
	for n, one := range items {
		out.send("response.output_item.added", map[string]any{"output_index": n, "item": one})
		out.send("response.output_item.done", map[string]any{"output_index": n, "item": one})
	}
	out.send("response.completed", map[string]any{"response": reply})
}

// callItem writes a call in the form that the tool has: a search, text or JSON.
func callItem(c call, id string) map[string]any {
	if c.Tool == "tool_search" {
		return map[string]any{"type": "tool_search_call", "id": "ts_" + id, "call_id": id, "execution": "client",
			"status": "completed", "arguments": c.Input}
	}
	if c.Code != "" {
		return map[string]any{"type": "custom_tool_call", "id": "ct_" + id, "call_id": id, "name": c.Tool,
			"input": c.Code}
	}
	input, err := json.Marshal(c.Input)
	if err != nil {
		input = []byte("{}")
	}
	one := map[string]any{"type": "function_call", "id": "fc_" + id, "call_id": id, "name": c.Tool,
		"arguments": string(input)}
	if namespace, name, ok := strings.Cut(c.Tool, "/"); ok {
		one["namespace"], one["name"] = namespace, name
	}
	return one
}
