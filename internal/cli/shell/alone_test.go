package shell_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/testkit/alone"
)

// doesWord makes this program a command that prove runs: the words behind it say what the command does.
const doesWord = "does"

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == doesWord {
		os.Exit(act(os.Args[2:]))
	}
	alone.Main(m)
}

// act does what a command of a test does, and returns its exit code.
func act(words []string) int {
	switch words[0] {
	case "exit":
		code, _ := strconv.Atoi(words[1])
		return code
	case "say":
		fmt.Print(words[1])
	case "show":
		text, err := os.ReadFile(words[1])
		if err != nil {
			return 1
		}
		fmt.Print(string(text))
	case "environment":
		fmt.Println(strings.Join(os.Environ(), "\n"))
	case "write":
		if os.WriteFile(words[1], nil, 0o600) != nil {
			return 1
		}
		fmt.Println("written")
	case "need":
		if _, err := os.Stat(words[1]); err != nil {
			return 7
		}
	}
	return 0
}
