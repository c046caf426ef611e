package agents

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync/atomic"
)

// messages is the Messages API of Anthropic, as Claude Code uses it.
type messages struct{ calls atomic.Int64 }

// block is a part of a message; content is a text or a list of blocks.
type block struct {
	Type      string          `json:"type"`
	Text      string          `json:"text"`
	ID        string          `json:"id"`
	Input     map[string]any  `json:"input"`
	ToolUseID string          `json:"tool_use_id"`
	ToolName  string          `json:"tool_name"`
	Content   json.RawMessage `json:"content"`
}

func blocks(content json.RawMessage) []block {
	var text string
	if json.Unmarshal(content, &text) == nil {
		return []block{{Type: "text", Text: text}}
	}
	var list []block
	_ = json.Unmarshal(content, &list) // what has no blocks has no text
	return list
}

func (*messages) path() string { return "/v1/messages" }

func (*messages) read(body []byte) (conversation, bool) {
	var asked struct {
		Tools    []struct{ Name string }
		Messages []struct {
			Role    string
			Content json.RawMessage
		}
	}
	if err := json.Unmarshal(body, &asked); err != nil || len(asked.Tools) == 0 {
		return conversation{}, false
	}
	seen := conversation{raw: string(body)}
	for _, tool := range asked.Tools {
		seen.tools = append(seen.tools, tool.Name)
	}
	queries := map[string]string{}
	for _, m := range asked.Messages {
		if m.Role == "assistant" {
			seen.turns, seen.after = append(seen.turns, turn{}), ""
		}
		for _, b := range blocks(m.Content) {
			seen.take(m.Role, b, queries)
		}
	}
	return seen, true
}

// take adds a block of a message. queries holds what was searched for, by call.
func (c *conversation) take(role string, b block, queries map[string]string) {
	switch {
	case b.Type == "tool_use":
		if query, ok := b.Input["query"].(string); ok {
			queries[b.ID] = query
		}
	case b.Type == "tool_result" && len(c.turns) > 0:
		r := result{query: queries[b.ToolUseID]}
		for _, inner := range blocks(b.Content) {
			r.text += inner.Text
			if inner.ToolName != "" {
				r.found = append(r.found, inner.ToolName)
			}
		}
		last := &c.turns[len(c.turns)-1]
		last.results = append(last.results, r)
	case b.Type == "text" && role == "user":
		if steps, ok := stepsIn(b.Text); ok {
			c.steps, c.turns = steps, nil
		}
		c.after += b.Text
	}
}

func (m *messages) answer(w http.ResponseWriter, _ []byte, s step) {
	out := newStream(w)
	id := fmt.Sprintf("msg_%d", m.calls.Add(1))
	usage := map[string]any{"input_tokens": 100, "output_tokens": 10, "cache_creation_input_tokens": 0,
		"cache_read_input_tokens": 0}
	out.send("message_start", map[string]any{"message": map[string]any{
		"id": id, "type": "message", "role": "assistant", "model": "stand-in", "content": []any{},
		"stop_reason": nil, "stop_sequence": nil, "usage": usage,
	}})
	reason := "end_turn"
	for i, c := range s.Calls {
		reason = "tool_use"
		input, err := json.Marshal(c.Input)
		if err != nil {
			return
		}
		out.send("content_block_start", map[string]any{"index": i, "content_block": map[string]any{
			"type": "tool_use", "id": fmt.Sprintf("toolu_%s_%d", id, i), "name": c.Tool, "input": map[string]any{},
		}})
		out.send("content_block_delta", map[string]any{"index": i,
			"delta": map[string]any{"type": "input_json_delta", "partial_json": string(input)}})
		out.send("content_block_stop", map[string]any{"index": i})
	}
	if s.Text != "" {
		i := len(s.Calls)
		out.send("content_block_start", map[string]any{"index": i,
			"content_block": map[string]any{"type": "text", "text": ""}})
		out.send("content_block_delta", map[string]any{"index": i,
			"delta": map[string]any{"type": "text_delta", "text": s.Text}})
		out.send("content_block_stop", map[string]any{"index": i})
	}
	out.send("message_delta", map[string]any{"delta": map[string]any{"stop_reason": reason, "stop_sequence": nil},
		"usage": map[string]any{"output_tokens": 10}})
	out.send("message_stop", nil)
}
