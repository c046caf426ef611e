package shell

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/cli/client"
)

// unsaid are sentences that no agent in a shell gets.
var unsaid = regexp.MustCompile(`^(The address is called with|Give secret|What needs you is told|Decide about each|` +
	`You have this seat without an agent|Nothing waits for a decision|This device has|Open watch|The agent is called|` +
	`secret signs|No partner yet|You are no longer in the queue)`)

// TestNext_eachSentenceOfTheServer_namesCommands writes each sentence of the server as an agent in a shell reads
// it. Read the golden file after an update: each sentence must be good English for who knows no tools.
func TestNext_eachSentenceOfTheServer_namesCommands(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "api", "tools", "testdata", "next.golden"))
	if err != nil {
		t.Fatal(err)
	}
	ofTools := regexp.MustCompile(`\b[a-z]+_[a-z_]+\b|\bcursor\b|\b[Cc]all “|upload\.|\bmessages\b.*\bis in\b|[{}\x01\x02]`)
	var golden strings.Builder
	for next := range strings.Lines(string(text)) {
		next = strings.TrimSuffix(next, "\n")
		if unsaid.MatchString(next) {
			continue
		}
		said := inCommands(next, (&session{file: new(client.TokenStore), by: new(Shell)}).command)
		fmt.Fprintf(&golden, "- %s\n", next)
		if said != next {
			fmt.Fprintf(&golden, "+ %s\n", said)
		}
		if left := ofTools.FindString(said); left != "" {
			t.Errorf("%q stays in %s", left, said)
		}
	}
	path := filepath.Join("testdata", "next.golden")
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(path, []byte(golden.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(path); err != nil || string(want) != golden.String() {
		t.Errorf("the sentences are others than in %s (%v): run with -update, and read each that is new", path, err)
	}
}
