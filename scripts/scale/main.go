// Command scale says what Parley costs, and where it breaks, past one machine. It plays the
// pollers by the rule of the code (roomlog.PollEvery), reads what docs/scale.md assumes and the
// prices of docs/cost.md, and writes the other tables and the pictures of docs/scale.md:
//
//	go run ./scripts/scale
//
// It gives the same each time. A test fails if the page is not what it would write.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, "scale:", err)
		os.Exit(1)
	}
}

// run writes the files that the tree at root should have.
func run(root string) error {
	files, err := written(root)
	if err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}
