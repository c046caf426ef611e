package agents

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
)

// step is one answer of a stand-in model: calls of tools, or words that end the
// turn. With until, the model gives the same answer again until the results of its
// calls contain that text.
type step struct {
	Calls []call `json:"calls,omitempty"`
	Text  string `json:"text,omitempty"`
	Until string `json:"until,omitempty"`
}

// call is a call of a tool. $TOKEN, $CURSOR, $LINE, $DOWNLOAD and $FILE in it stand for
// the newest agent_token, cursor, line, download and id of a file that the model has seen
// in a result.
type call struct {
	Tool  string         `json:"tool"` // for Codex also "namespace/tool"
	Input map[string]any `json:"input,omitempty"`
	Code  string         `json:"code,omitempty"` // instead of Input, where the tool takes text
}

// say is a step that ends the turn.
func say(text string) step { return step{Text: text} }

// do is a step with one or more calls.
func do(calls ...call) step { return step{Calls: calls} }

// The steps stand in a prompt between these two. JSON never contains them, because
// Go escapes its angle brackets.
const opening, closing = "<steps>", "</steps>"

// prompt puts the steps into words for the client.
func prompt(t *testing.T, steps ...step) string {
	t.Helper()
	text, err := json.Marshal(steps)
	if err != nil {
		t.Fatal(err)
	}
	return "Do this: " + opening + string(text) + closing
}

// stepsIn returns the steps in a prompt; ok is false if it has none.
func stepsIn(text string) (steps []step, ok bool) {
	_, rest, found := strings.Cut(text, opening)
	inside, _, ended := strings.Cut(rest, closing)
	if !found || !ended || json.Unmarshal([]byte(inside), &steps) != nil {
		return nil, false
	}
	return steps, true
}

// next returns the answer to a conversation: the step after those that were played. A wait is left out if the step
// before has brought its words: the answer to a send has what came meanwhile.
func next(seen conversation) step {
	at := 0
	for _, turn := range seen.turns {
		text := turn.text()
		if at == len(seen.steps) || !strings.Contains(text, seen.steps[at].Until) {
			continue
		}
		played := seen.steps[at].Until
		at++
		for at < len(seen.steps) {
			words := seen.steps[at].Until
			if words == "" || words == played || !strings.Contains(text, words) {
				break
			}
			at++
		}
	}
	if at >= len(seen.steps) {
		return say("Noted.")
	}
	return filled(seen.steps[at], seen)
}

// filled returns the step with what its variables stand for.
func filled(s step, seen conversation) step {
	results := ""
	for _, turn := range seen.turns {
		results += turn.text()
	}
	text, err := json.Marshal(s)
	if err != nil {
		return say(err.Error())
	}
	values := strings.NewReplacer(
		"$TOKEN", newest(results, `"agent_token":\s*"([^"]+)`),
		"$CURSOR", newest(results, `"cursor":\s*"([^"]+)`),
		"$LINE", newest(results, `"line":\s*"([^"]+)`),
		"$DOWNLOAD", newest(results, `"download":\s*"([^"]+)`),
		"$FILE", newest(results, `"id":\s*"(m[0-9a-z]{6})"[^{}]*"file":`),
	)
	var out step
	if err := json.Unmarshal([]byte(values.Replace(string(text))), &out); err != nil {
		return say(err.Error())
	}
	return out
}

func newest(text, pattern string) string {
	all := regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1)
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1][1]
}

func TestNext_wordsOfAWaitCameWithTheSend_goesOn(t *testing.T) {
	t.Parallel()
	wait := step{Calls: []call{{Tool: "wait"}}, Until: "Plenty."}
	steps := []step{do(call{Tool: "send"}), wait, say("Done.")}
	for text, want := range map[string]string{"sent": "", "sent. Plenty.": "Done."} {
		seen := conversation{steps: steps, turns: []turn{{results: []result{{text: text}}}}}
		if got := next(seen); got.Text != want {
			t.Errorf("after %q: %+v, want %q", text, got, want)
		}
	}
}
