package shell_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/shell"
)

// A call of the server gives a hundred.
func TestTasks_closed_areAllThatEnded(t *testing.T) {
	const all = 110
	base := serve(t)
	meet(t, base, "Ann")
	for n := range all {
		for _, req := range []shell.TaskRequest{{Action: "add", Title: fmt.Sprint("beans ", n)},
			{Action: "drop", ID: fmt.Sprint("t", n+1)}} {
			if err := at(t, base, nil).Task(t.Context(), as("Ann"), req); err != nil {
				t.Fatal(err)
			}
		}
	}
	c := at(t, base, nil)
	if err := c.Tasks(t.Context(), as("Ann"), true); err != nil {
		t.Fatal(err)
	}
	var got results.Tasks
	if err := json.Unmarshal([]byte(c.out.String()), &got); err != nil || len(got.Tasks) != all || got.HasMore ||
		got.Tasks[0].Title != "beans 109" || got.Tasks[all-1].Title != "beans 0" {
		t.Errorf("%v, %d tasks", err, len(got.Tasks))
	}
}

// A command prints a thousand lines, of which people read the last. What somebody has written stays whole.
func TestTasks_resultOfACommand_isItsLastLineAndTheSize(t *testing.T) {
	real := serve(t)
	x := &cheat{}
	server := x.front(real)
	defer server.Close()
	meet(t, server.URL, "Ann")
	for want, task := range map[string]string{
		"t1  done by \"Bob\"  try (PASS; 12 KB of output)": `"result":"ok 1\r\nok 2\nPASS\n","evidence":{"ran":"make",` +
			`"exit":0,"output":"e3b0","output_bytes":12000}`,
		"t1  done by \"Bob\"  try (It holds. See m7.)": `"result":"It holds.\nSee m7.","evidence":{"ran":"make","exit":0}`,
		"t1  done by \"Bob\"  try\n":                   `"evidence":{"ran":"make","exit":0,"output":"e3b0"}`,
	} {
		x.tools = map[string]string{"list_tasks": `{"tasks":[{"id":"t1","title":"try","state":"done","by":"Bob",` +
			task + `}]}`}
		c := at(t, server.URL, nil)
		c.Out.JSON = false
		if err := c.Tasks(t.Context(), as("Ann"), true); err != nil || !strings.Contains(c.out.String(), want) {
			t.Errorf("%v, %q lacks %q", err, &c.out, want)
		}
	}
}
