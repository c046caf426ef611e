package results_test

import (
	"encoding/json"
	"testing"

	"github.com/parley-chat/parley/internal/base/results"
)

func TestText_whatHides_isSeen(t *testing.T) {
	const text, seen = results.Text("a\u200bb\x1b[2J\tc\n"), "a\\u200bb\\x1b[2J\tc\n"
	written, err := json.Marshal(results.Message{Text: text, Changes: &results.Changes{Description: new(text)}})
	if err != nil {
		t.Fatal(err)
	}
	var read results.Message
	if err := json.Unmarshal(written, &read); err != nil || read.Text != seen || *read.Changes.Description != seen {
		t.Errorf("%s, %v", written, err)
	}
	if text.String() != seen || read.Text.String() != seen { // to escape it again changes nothing
		t.Errorf("it is printed as %q, and once read as %q", text, read.Text)
	}
}
