package room_test

import (
	"os"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/core/room"
)

func TestKind_meansWhatItsTableSays(t *testing.T) {
	source, err := os.ReadFile("kind.go")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(source), "//\tkind ")
	table, _, _ = strings.Cut(table, "\ntype Kind")
	rows := strings.Split(table, "\n//\t")[1:]
	if len(rows) != len(room.Kinds()) {
		t.Fatalf("%d rows for %d kinds", len(rows), len(room.Kinds()))
	}
	mark := map[bool]string{true: "yes", false: "-"}
	for i, k := range room.Kinds() {
		want := []string{string(k), mark[k.Asks()], mark[k.IsVote()], mark[k.TakesAsk()], mark[k.NeedsText()],
			mark[k.WantsNothing()], mark[k.Interrupts()]}
		if got := strings.Fields(rows[i]); strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("the table says %q, the methods say %q", got, want)
		}
	}
}
