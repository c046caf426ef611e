package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/internal/parts"
)

// TestDocs_everyClientOfA2A_talksAsWritten runs the programs of docs/a2a.md: each joins as Bob, and prints what Ann
// answers to two texts.
func TestDocs_everyClientOfA2A_talksAsWritten(t *testing.T) {
	t.Parallel()
	p := startKeyed(t)
	for _, language := range []struct {
		name, file string
		command    func(t *testing.T, program string) *exec.Cmd
	}{
		{"go", "bob.go", compiled},
		{"js", "bob.mjs", inNode},
		{"python", "bob.py", func(t *testing.T, program string) *exec.Cmd {
			return exec.Command(installPython(t), program)
		}},
		{"py", "adk.py", func(t *testing.T, program string) *exec.Cmd {
			return exec.Command(filepath.Join(parts.ADK.In(t), "bin", "python"), program)
		}},
	} {
		t.Run(language.name, func(t *testing.T) {
			t.Parallel()
			cmd := language.command(t, programOf(t, "a2a.md", language.name, language.file))
			ann := p.host(t, roomName(language.name))
			const second, answer = "And who writes it down?", "You do."
			cmd.Args = append(cmd.Args, ann.base+"as/Bob/", opening, second)
			var printed, complaints bytes.Buffer
			cmd.Stdout, cmd.Stderr = &printed, &complaints
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				_, _ = cmd.Process.Kill(), cmd.Wait() // it has ended, unless the test failed
				if t.Failed() {
					t.Logf("it printed\n%s%s", &printed, &complaints)
				}
			})
			awaitLonger(t, 3*patience, "Bob joins, whose program loads much before", func() bool {
				return len(ann.ok("room_info", args{"agent_token": ann.token}).Room.Agents) > 1
			})
			for _, talk := range [][2]string{{opening, reply}, {second, answer}} {
				if from := ann.hears(talk[0]); from != "Bob" {
					t.Errorf("%q was said by %s", talk[0], from)
				}
				ann.says(talk[1])
			}
			if err := cmd.Wait(); err != nil {
				t.Fatal(err)
			}
			said := slices.DeleteFunc(strings.Split(printed.String(), "\n"), func(line string) bool {
				return !strings.HasPrefix(line, "Ann: ")
			})
			if want := []string{"Ann: " + reply, "Ann: " + answer}; !slices.Equal(said, want) {
				t.Errorf("it heard %q, want %q", said, want)
			}
		})
	}
}

// programOf writes the one program in a language that a page has, and returns its path.
func programOf(t *testing.T, page, language, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "docs", page))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllSubmatch(text, -1)
	if len(found) != 1 {
		t.Fatalf("%s has %d programs in %s", page, len(found), language)
	}
	return written(t, t.TempDir(), file, found[0][1])
}

// compiled is a program in Go, compiled in this module, which has the SDK.
func compiled(t *testing.T, program string) *exec.Cmd {
	t.Helper()
	parts.Need(t, "go", "it compiles the program")
	at := program + ".exe" // which Windows wants
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", at, program).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return exec.Command(at)
}

// inNode is a program in JavaScript beside the packages of the clients: an import looks nowhere else.
func inNode(t *testing.T, program string) *exec.Cmd {
	t.Helper()
	node := installNode(t)
	err := os.Symlink(filepath.Join(string(node), "node_modules"), filepath.Join(filepath.Dir(program), "node_modules"))
	if err != nil {
		t.Fatal(err)
	}
	return node.command("node", program)
}
