package results

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// Failure is an error that the caller reads.
type Failure struct {
	Code              string `json:"code"`
	Message           string `json:"message"`
	RetryAfterSeconds int64  `json:"retry_after_seconds,omitempty"` // when the call can succeed
	ID                string `json:"id,omitempty"`                  // of an internal failure, as logged
	Untrusted         string `json:"untrusted,omitempty"`           // says that the following is others' words
	By                string `json:"by,omitempty"`                  // the name of the agent that prevents the call
	Reason            string `json:"reason,omitempty"`              // why the seat of a person is gone, or a draft not sent
	Note              string `json:"note,omitempty"`                // what the agent in By gave as the reason
	Next              string `json:"next,omitempty"`                // what to do next
}

// Error implements error. The text has everything that the JSON of f has, since some clients show a model only the
// text. The text may contain a token, so never log it.
func (f *Failure) Error() string {
	var b strings.Builder
	b.WriteString(f.Code + ": " + f.Message)
	if f.RetryAfterSeconds > 0 {
		fmt.Fprintf(&b, " (retry_after_seconds: %d)", f.RetryAfterSeconds)
	}
	if f.By != "" {
		fmt.Fprintf(&b, " (by: %s, %s)", JSON(f.By), f.Untrusted)
	}
	if f.Reason != "" {
		fmt.Fprintf(&b, " (reason: %s)", f.Reason)
	}
	if f.Note != "" {
		fmt.Fprintf(&b, " (note: %s, %s)", JSON(f.Note), f.Untrusted)
	}
	if f.Next != "" {
		b.WriteString(" " + f.Next)
	}
	return b.String()
}

// JSON returns v as JSON without escapes for HTML, which a model would have to read.
// v must be of a type that encoding/json accepts.
func JSON(v any) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
