package results_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/parley-chat/parley/internal/results"
)

func TestText_whatHides_isSeenInJSONAndInPrint(t *testing.T) {
	const text, seen = results.Text("a\u200bb\x1b[2J\tc\n\u2028d"), "a\\u200bb\\x1b[2J\tc\n\u2028d"
	for _, m := range []any{results.Message{Text: text}, results.Changes{Description: new(text)},
		results.Partner{Interests: []results.Text{text}}} {
		written, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		var read struct {
			Text, Description string
			Interests         []string
		}
		if err := json.Unmarshal(written, &read); err != nil {
			t.Fatal(err)
		}
		got := read.Text + read.Description
		for _, one := range read.Interests {
			got += one
		}
		if got != seen {
			t.Errorf("%T has %q, want %q", m, got, seen)
		}
	}
	if got := fmt.Sprint(text); got != seen {
		t.Errorf("it is printed as %q, want %q", got, seen)
	}
}

// What a server wrote is read as it stands there: to escape it again would change nothing.
func TestText_read_isWhatWasWritten(t *testing.T) {
	var m results.Message
	if err := json.Unmarshal([]byte(`{"text":"a\\u200bb\n"}`), &m); err != nil || m.Text != "a\\u200bb\n" {
		t.Errorf("%q, %v", m.Text, err)
	}
	if again := m.Text.String(); again != string(m.Text) {
		t.Errorf("escaped again it is %q", again)
	}
}
