package prove_test

import (
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/testkit/alone"
)

// doesEnv makes this program a command that a test runs: its word says what the command does.
const doesEnv = "PARLEY_TEST_DOES"

func TestMain(m *testing.M) {
	if what := os.Getenv(doesEnv); what != "" {
		os.Exit(act(strings.Fields(what)))
	}
	alone.Main(m)
}

// act does what a command of a test does, and returns its exit code.
func act(words []string) int {
	switch words[0] {
	case "exit":
		fmt.Println("to out")
		fmt.Fprintln(os.Stderr, "to err")
		code, _ := strconv.Atoi(words[1])
		return code
	case "noise":
		_, _ = io.CopyN(os.Stdout, rand.Reader, 3<<20)
	case "ask":
		var answer string
		_, err := fmt.Scanln(&answer)
		tty, opened := os.Open("/dev/tty")
		fmt.Println(err, tty != nil && opened == nil)
	case "hang", "leave": // with a child, which stays connected to the test as long as it lives
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), doesEnv+"=stay "+words[1])
		child.Stdout = os.Stdout
		up, err := child.StderrPipe()
		if err != nil || child.Start() != nil {
			return 1
		}
		_, _ = up.Read(make([]byte, 1)) // it is connected
		fmt.Println("ready")
		if words[0] == "hang" {
			_ = child.Wait()
		}
	case "stay":
		c, err := net.Dial("tcp", words[1])
		if err != nil {
			return 1
		}
		fmt.Fprintln(os.Stderr, "up")
		_, _ = io.Copy(io.Discard, c)
	}
	return 0
}
