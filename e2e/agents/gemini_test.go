package agents

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/internal/parts"
)

// gemini is the API of Google's models, as Gemini CLI uses it.
type gemini struct{}

// part is an element of what one side says.
type part struct {
	Text     string  `json:"text,omitempty"`
	Call     *toCall `json:"functionCall,omitempty"`
	Response *came   `json:"functionResponse,omitempty"`
}

type toCall struct {
	Name string         `json:"name"`
	Args map[string]any `json:"args"`
}

// came is what a tool returned.
type came struct {
	Response struct {
		Output string `json:"output"`
	} `json:"response"`
}

func (gemini) path() string { return "/v1beta/models/{call}" }

func (gemini) read(body []byte) (conversation, bool) {
	var request struct {
		Contents []struct {
			Role  string
			Parts []part
		}
		Tools []struct {
			FunctionDeclarations []tool
		}
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return conversation{}, false
	}
	seen := conversation{raw: string(body)}
	for _, t := range request.Tools {
		seen.tools = append(seen.tools, names(t.FunctionDeclarations, "")...)
	}
	for _, said := range request.Contents {
		if said.Role == "model" {
			seen.turns, seen.after = append(seen.turns, turn{}), ""
			continue
		}
		for _, p := range said.Parts {
			if steps, ok := stepsIn(p.Text); ok {
				seen.steps, seen.turns = steps, nil
			}
			seen.after += p.Text
			if p.Response != nil && len(seen.turns) > 0 {
				last := &seen.turns[len(seen.turns)-1]
				last.results = append(last.results, result{text: p.Response.Response.Output})
			}
		}
	}
	return seen, len(seen.steps) > 0
}

func (gemini) answer(w http.ResponseWriter, _ []byte, s step) {
	var said []part
	for _, c := range s.Calls {
		said = append(said, part{Call: &toCall{c.Tool, c.Input}})
	}
	if s.Text != "" {
		said = append(said, part{Text: s.Text})
	}
	content := map[string]any{"role": "model", "parts": said}
	text, err := json.Marshal(map[string]any{
		"candidates":    []any{map[string]any{"content": content, "finishReason": "STOP"}},
		"usageMetadata": map[string]any{"promptTokenCount": 100, "candidatesTokenCount": 10, "totalTokenCount": 110},
	})
	if err != nil {
		return // then the client says that the answer is cut
	}
	_, _ = newStream(w).w.Write([]byte("data: " + string(text) + "\n\n")) // a client that is gone is no failure
}

// What parley connect writes is all that Gemini CLI needs: its agent joins, asks somebody, and hears the answer in a
// wait.
func TestGemini_thatIsConnected_asksAndHears(t *testing.T) {
	t.Parallel()
	m, url := newMachine(t), serve(t)
	model := standIn(t, gemini{})
	for _, part := range []*parts.Part{parts.Agents, parts.Node} { // the client, and the Node that runs it
		m.path = append([]string{filepath.Join(part.In(t), "node_modules", ".bin")}, m.path...)
	}
	m.env = append(m.env, "PATH="+strings.Join(m.path, string(filepath.ListSeparator)), "GEMINI_API_KEY="+apiKey,
		"GOOGLE_GEMINI_BASE_URL="+model.url)
	settings := filepath.Join(m.folder(".gemini"), "settings.json")
	const own = `{"security": {"auth": {"selectedType": "gemini-api-key"}}, "privacy": {"usageStatisticsEnabled": false}}`
	if err := os.WriteFile(settings, []byte(own), 0o600); err != nil {
		t.Fatal(err)
	}
	m.says(`"$PARLEY" connect gemini --allow --url ` + url)
	bob := join(t, url, "tea", "Bob")
	tool := func(name string, arguments map[string]any) call {
		return call{Tool: "mcp_parley_" + name, Input: arguments}
	}
	wait := do(tool("wait_for_message", map[string]any{"agent_token": "$TOKEN", "cursor": "$CURSOR",
		"wait_seconds": 45}))
	wait.Until = "Plenty."
	ann := m.start(m.folder("project"), "gemini", "--skip-trust", "--model", "gemini-2.5-flash", "--prompt", prompt(t,
		do(tool("join_room", map[string]any{"room": "tea", "agent_name": "Ann"})),
		do(tool("send_message", map[string]any{"agent_token": "$TOKEN", "cursor": "$CURSOR", "text": "Is there milk?",
			"ask": []string{"Bob"}})),
		wait, say("Done.")))
	bob.hears("Is there milk?")
	bob.says("Plenty.")
	model.await(t, ann, "what Bob says", patience, func(c conversation) bool {
		return strings.Contains(c.text(), "Plenty.")
	})
	ann.ends(t)
}
