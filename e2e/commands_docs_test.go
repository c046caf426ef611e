package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/internal/parts"
	"github.com/parley-chat/parley/e2e/internal/process"
)

// TestDocs_examplesOfTheCommands_work runs the lines of docs/commands.md in a shell. Bob is
// an agent that answers what he is asked.
func TestDocs_examplesOfTheCommands_work(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "docs", "commands.md"))
	if err != nil {
		t.Fatal(err)
	}
	examples := regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	if len(examples) != 4 {
		t.Fatalf("%d examples", len(examples))
	}
	shell := parts.Need(t, "sh", "it runs the lines")
	parts.Need(t, "git", "the lines call it")
	p := start(t)
	ann := visitor(t, p)
	folder := t.TempDir()
	runs := func(script string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), shell, "-euc", script)
		cmd.Dir, cmd.Env = folder, append(ann.command(t.Context()).Env,
			"PATH="+filepath.Dir(os.Getenv(process.BinaryEnv))+":"+os.Getenv("PATH"))
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%v in\n%s\n%s", err, script, out)
		}
		return string(out)
	}
	runs("git init -q && echo one > file && git add file && echo two > file")
	answered := make(chan string, 1)
	go answerOnce(t, p, answered)
	runs(examples[0][1])
	if got, err := os.ReadFile(filepath.Join(folder, "answer.txt")); err != nil || string(got) != "Looks good.\n" {
		t.Errorf("the answer is %q, %v", got, err)
	}
	if asked := <-answered; !strings.Contains(asked, "-one\n+two") {
		t.Errorf("Bob was asked %q", asked)
	}
	if got := plainly(runs(examples[1][1])); !strings.Contains(got,
		"hh:mm Ann: Is there milk?\nhh:mm Cy: There is, and sugar.\n") {
		t.Errorf("the second example printed\n%s", got)
	}
	if got := runs(examples[2][1]); !strings.Contains(got, "t1  to do  Run the tests on Windows\n") {
		t.Errorf("the third example printed\n%s", got)
	}
	if got, err := os.ReadFile(filepath.Join(folder, "minutes.txt")); err != nil ||
		!regexp.MustCompile(`(?s)\nOPEN\n +t1 .*\nFILES\n.* Ann \[file "fix.diff", \d+ bytes; m`).Match(got) {
		t.Errorf("the minutes are\n%s%v", got, err)
	}
	if got := runs(examples[3][1]); !strings.Contains(got, "muted: Bob\n") || !strings.Contains(got, "review  as Ann") {
		t.Errorf("the fourth example printed\n%s", got)
	}
}

// answerOnce joins the room review as Bob as soon as it is there, and answers one request.
func answerOnce(t *testing.T, p *program, answered chan<- string) {
	defer close(answered)
	c := talk{t, openGo(t, p.url, modernProtocol)}
	var at answer
	await(t, "Bob joins", func() bool {
		at = c.tool("join_room", args{"room": "review", "agent_name": "Bob", "create_if_missing": false})
		return at.Code == ""
	})
	me := seat{at.AgentToken, at.Cursor}
	for heard := at.Messages; ; heard = c.listen(&me) {
		for _, m := range heard {
			if len(m.Ask) > 0 {
				c.ok("send_message", args{"agent_token": me.token, "text": "Looks good.", "reply_to": m.ID})
				answered <- m.Text
				return
			}
		}
	}
}
