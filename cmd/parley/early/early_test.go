package early_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestEarly_whatTakesLongest_isNotLast: go list -deps prints packages in the order in which the go command compiles
// them. SQLite takes as long as some hundred of the others.
func TestEarly_whatTakesLongest_isNotLast(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "github.com/parley-chat/parley/cmd/parley").Output()
	if err != nil {
		t.Fatal(err)
	}
	order := strings.Fields(string(out))
	at := slices.Index(order, "modernc.org/sqlite/lib")
	if after := len(order) - at; at < 0 || after < len(order)/3 {
		t.Errorf("%d of %d packages are compiled beside SQLite or after it, want a third", after, len(order))
	}
}
