package shell_test

import (
	"encoding/json"
	"fmt"
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
