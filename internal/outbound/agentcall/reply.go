package agentcall

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/a2aproject/a2a-go/v2/a2a"

	"github.com/parley-chat/parley/internal/base/sanitize"
	"github.com/parley-chat/parley/internal/outbound"
	"github.com/parley-chat/parley/internal/outbound/outcall"
)

// response is a response of JSON-RPC 2.0.
type response struct {
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

// readSent returns the reply in an answer to SendMessage. known says that the message named a context or a task.
func readSent(answer outcall.Answer, known bool) (Reply, error) {
	var told a2a.StreamResponse
	if err := readResult(answer, known, &told); err != nil {
		return Reply{}, err
	}
	switch e := told.Event.(type) {
	case *a2a.Message:
		return Reply{Text: textOf(e.Parts), Context: idOf(e.ContextID)}, nil
	case *a2a.Task:
		return replyOf(e, answer.Status)
	}
	return Reply{}, notA2A(answer.Status)
}

// readTask returns the reply in an answer to GetTask.
func readTask(answer outcall.Answer) (Reply, error) {
	var task a2a.Task
	if err := readResult(answer, true, &task); err != nil {
		return Reply{}, err
	}
	return replyOf(&task, answer.Status)
}

// readResult reads the result of an answer. An error of JSON-RPC counts with each status. The error is an *Error.
func readResult(answer outcall.Answer, known bool, result any) error {
	if answer.Status == outcall.StatusTooLarge {
		return refusedBy(answer.Status)
	}
	var got response
	switch err := json.Unmarshal(answer.Body, &got); {
	case err == nil && got.Error != nil:
		said := fmt.Sprintf("The agent answered with the error %d: %s", got.Error.Code,
			line(got.Error.Message, outbound.MaxAgentWords))
		return &Error{Status: answer.Status, Code: got.Error.Code, said: said, next: nextAfter(got.Error.Code, known)}
	case answer.Status/100 != 2:
		return refusedBy(answer.Status)
	case err != nil || got.Result == nil:
		return notJSONRPC(answer.Status)
	}
	if err := json.Unmarshal(got.Result, result); err != nil {
		return notA2A(answer.Status)
	}
	return nil
}

// replyOf returns the reply of a task. A task that needs input is a reply: the agent asks, and the next message in the
// context answers.
func replyOf(t *a2a.Task, status int) (Reply, error) {
	reply := Reply{Context: idOf(t.ContextID)}
	switch t.Status.State {
	case a2a.TaskStateSubmitted, a2a.TaskStateWorking:
		reply.Task, reply.Working = idOf(string(t.ID)), true
		if reply.Task == "" {
			return Reply{}, notA2A(status)
		}
	case a2a.TaskStateCompleted:
		reply.Text = answerOf(t)
	case a2a.TaskStateInputRequired:
		reply.Text, reply.Task = answerOf(t), idOf(string(t.ID))
	case a2a.TaskStateFailed:
		reply.Failed = failed("The agent could not answer", t)
	case a2a.TaskStateRejected:
		reply.Failed = failed("The agent refused to answer", t)
	case a2a.TaskStateCanceled:
		reply.Failed = failed("The agent's task was canceled", t)
	case a2a.TaskStateAuthRequired: // the request, often for an address to log in, is for the agent's person alone
		reply.Failed = failed("The agent wants to be given access to something before it answers", t)
	default:
		return Reply{}, notA2A(status)
	}
	return reply, nil
}

func failed(what string, t *a2a.Task) string {
	if said := line(statusOf(t), outbound.MaxAgentWords); said != "" {
		return what + ": " + said
	}
	return what + "."
}

// answerOf returns the answer of a task: the artifacts and the message of its status, each once. If there is neither,
// the answer is what the agent said last after the question.
func answerOf(t *a2a.Task) string {
	var texts []string
	for _, a := range t.Artifacts {
		if a == nil {
			continue
		}
		if text := textOf(a.Parts); text != "" && !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	all := strings.Join(texts, "\n\n")
	if said := statusOf(t); said != "" && said != all && !slices.Contains(texts, said) {
		texts = append(texts, said)
	}
	if len(texts) > 0 {
		return strings.Join(texts, "\n\n")
	}
	for _, m := range slices.Backward(t.History) {
		if m == nil {
			continue
		}
		if m.Role == a2a.MessageRoleUser {
			break
		}
		if text := textOf(m.Parts); text != "" {
			return text
		}
	}
	return ""
}

// statusOf returns the agent's message about the state of its task.
func statusOf(t *a2a.Task) string {
	if m := t.Status.Message; m != nil && m.Role != a2a.MessageRoleUser {
		return textOf(m.Parts)
	}
	return ""
}

// thought is the metadata by which Google's Agent Development Kit (2.13) marks what a model thinks before it answers.
const thought = "adk_thought"

// textOf returns the text of parts: texts, data as JSON, files of text, and the names of all other files. A model's
// thoughts are left out.
func textOf(parts a2a.ContentParts) string {
	var texts []string
	for _, p := range parts {
		if p == nil || p.Metadata[thought] == true {
			continue
		}
		var text string
		switch c := p.Content.(type) {
		case a2a.Text:
			text = string(c)
		case a2a.Data:
			text = jsonOf(c.Value)
		case a2a.Raw:
			text = fileOf(p, "")
			if strings.HasPrefix(p.MediaType, "text/") && utf8.Valid(c) {
				text = string(c)
			}
		case a2a.URL:
			text = fileOf(p, line(string(c), outbound.MaxAgentFile))
		}
		text = strings.TrimSpace(text)
		if text != "" {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, "\n\n")
}

func jsonOf(value any) string {
	var text strings.Builder
	to := json.NewEncoder(&text)
	to.SetEscapeHTML(false) // nobody shows it as HTML
	if err := to.Encode(value); err != nil {
		return "" // value was JSON a moment ago
	}
	return text.String()
}

// fileOf returns the words for a file, with the address if there is one.
func fileOf(p *a2a.Part, address string) string {
	words := "[a file"
	for _, about := range []string{line(p.Filename, outbound.MaxAgentFile), address} {
		if about != "" {
			words += ": " + about
		}
	}
	return words + "]"
}

// idOf returns an id that an agent gave; "" for an id that is too long to store.
func idOf(id string) string {
	if len(id) > outbound.MaxAgentID {
		return ""
	}
	return id
}

// line returns a text in one line of at most some characters, in which nothing is hidden.
func line(text string, most int) string {
	runes := []rune(sanitize.Escape(strings.Join(strings.Fields(text), " "), ""))
	if len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return string(runes)
}
