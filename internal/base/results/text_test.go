package results_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/results"
)

func TestText_whatHides_isSeen(t *testing.T) {
	const text, seen = results.Text("a\u200bb\x1b[2J\tc\n"), "a\\u200bb\\x1b[2J\tc\n"
	written, err := json.Marshal(results.Message{Note: text, Changes: &results.Changes{Description: new(text)}})
	if err != nil {
		t.Fatal(err)
	}
	var read results.Message
	if err := json.Unmarshal(written, &read); err != nil || read.Note != seen || *read.Changes.Description != seen {
		t.Errorf("%s, %v", written, err)
	}
	if text.String() != seen || read.Note.String() != seen { // a second escape changes nothing
		t.Errorf("it is printed as %q, and once read as %q", text, read.Note)
	}
}

// A part made by PartOf keeps the joiner at its start. Any other Part keeps no more hidden characters than the joiner.
func TestPart_isEscapedAsWithinTheWhole(t *testing.T) {
	const rest = "\u200c\u062e\u200d\u200d\u202e"
	for what, c := range map[string]struct {
		part results.Part
		want string
	}{
		"behind a letter that joins": {results.PartOf("\u0645\u06cc", rest), "\u200c\u062e\u200d" + `\u200d\u202e`},
		"behind another":             {results.PartOf("a", rest), `\u200c` + "\u062e\u200d" + `\u200d\u202e`},
		"at the beginning":           {results.PartOf("", rest), `\u200c` + "\u062e\u200d" + `\u200d\u202e`},
		"not made":                   {results.Part(rest), "\u200c\u062e\u200d" + `\u200d\u202e`},
		"behind a selector":          {results.PartOf("\u2764\ufe0f", "\u200d\u200d"), "\u200d" + `\u200d`},
		"behind a vowel's letter":    {results.PartOf("\u182e", "\u180b\u180b"), "\u180b" + `\u180b`},
	} {
		written, err := json.Marshal(results.Message{Text: c.part})
		if err != nil {
			t.Fatal(err)
		}
		var read results.Message
		if err := json.Unmarshal(written, &read); err != nil || string(read.Text) != c.want ||
			read.Text.String() != c.want {
			t.Errorf("%s: %+q, %v; want %+q", what, string(read.Text), err, c.want)
		}
	}
	if written, err := json.Marshal(results.Message{}); err != nil || strings.Contains(string(written), "text") {
		t.Errorf("without a text: %s, %v", written, err)
	}
}
