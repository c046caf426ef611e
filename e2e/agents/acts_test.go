package agents

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/internal/parts"
)

// pushes puts a program git into the PATH that only notes its pushes and, in another file, that it was asked for a
// log. It returns the file of the pushes.
func (m *machine) pushes() (notes string) {
	m.t.Helper()
	dir := m.folder("bin")
	notes = filepath.Join(dir, "pushes")
	sh := parts.Need(m.t, "sh", "the stand-in for git is a script")
	script := "#!" + sh + "\ncase \" $* \" in\n*' push '*) echo \"$*\" >> '" + notes +
		"' ;;\n*' log '*) : > '" + notes + ".free' ;;\nesac\n"
	if err := os.WriteFile(filepath.Join(dir, "git"), []byte(script), 0o755); err != nil {
		m.t.Fatal(err)
	}
	for i, variable := range m.env {
		if path, ok := strings.CutPrefix(variable, "PATH="); ok {
			m.env[i] = "PATH=" + dir + string(filepath.ListSeparator) + path
		}
	}
	return notes
}

// bash is a step with a command of the shell.
func bash(line string) step {
	return do(call{Tool: "Bash", Input: map[string]any{"command": line, "description": "Does it"}})
}

// After connect --ask-acts a push needs a person, whatever the session allows else: at a terminal Claude Code asks, and
// without one it refuses. Other commands run as before.
func TestAskActs_claudeCode_asksBeforeAPushInEveryMode(t *testing.T) {
	t.Parallel()
	for mode, line := range map[string]string{"default": "git push origin main", "acceptEdits": "git -C . push origin",
		"bypassPermissions": "cd . && git push origin main", "auto": "git push --force origin main"} {
		t.Run(mode, func(t *testing.T) {
			m := newMachine(t)
			m.sweep()
			notes := m.pushes()
			dir := m.folder("project")
			m.settle(dir)
			if said := m.says(`"$PARLEY" connect claude-code --allow --ask-acts --dry-run`); !strings.Contains(said,
				`+ "Bash(git push *)"`) || strings.Contains(m.read(".claude/settings.json"), "git push") {
				t.Errorf("a dry run says\n%s", said)
			}
			m.says(`"$PARLEY" connect claude-code --allow --ask-acts --url ` + serve(t))
			m.env = append(m.env, "IS_SANDBOX=1") // without it root may not bypass questions
			settings := `{"skipDangerousModePermissionPrompt":true,"permissions":{"allow":["Bash"]}}`
			options := []string{"--permission-mode", mode, "--settings", settings}

			steps := prompt(t, bash("git log -1"), bash(line), say("Done."))
			person := &screen{client: m.terminal(dir, nil, "claude", append(options, "--", steps)...)}
			person.shows(t, "proceed?")
			if !isFile(notes+".free") || isFile(notes) {
				t.Errorf("in mode %s another command was asked about, or the push was not", mode)
			}

			printed := m.start(dir, "claude", append([]string{"--print", steps}, options...)...)
			printed.ends(t)
			heard, _ := m.claude.after(0)
			if last := heard[len(heard)-1]; isFile(notes) || len(last.turns) != 2 || last.turns[1].text() == "" {
				t.Errorf("with --print the push was not refused: %q\n%s", last.text(), printed)
			}
		})
	}
}
