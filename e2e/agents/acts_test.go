package agents

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/internal/parts"
)

// records puts programs into the PATH that only note how they are called, and returns the file of the notes.
func (m *machine) records(programs ...string) (notes string) {
	m.t.Helper()
	dir := m.folder("bin")
	notes = filepath.Join(dir, "notes")
	sh := parts.Need(m.t, "sh", "the stand-ins for programs are scripts")
	for _, program := range programs {
		script := "#!" + sh + "\necho \"" + program + " $*\" >> '" + notes + "'\n"
		if err := os.WriteFile(filepath.Join(dir, program), []byte(script), 0o755); err != nil {
			m.t.Fatal(err)
		}
	}
	for i, variable := range m.env {
		if path, ok := strings.CutPrefix(variable, "PATH="); ok {
			m.env[i] = "PATH=" + dir + string(filepath.ListSeparator) + path
		}
	}
	return notes
}

// ran returns the calls in the file of records, but for those of git by which a client looks at a folder, or gets its
// own plugins.
func (m *machine) ran(notes string) (calls []string) {
	text, err := os.ReadFile(notes)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		m.t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "git ") || strings.HasPrefix(line, "git log -1") ||
			slices.Contains(strings.Fields(line), "push") {
			calls = append(calls, line)
		}
	}
	return calls
}

// bash is a step with a command of the shell.
func bash(line string) step {
	return do(call{Tool: "Bash", Input: map[string]any{"command": line, "description": "Does it"}})
}

// After connect --ask-acts a push needs a person, whatever the session allows else: at a terminal Claude Code asks, and
// without one it refuses. Other commands run as before. By day these are the mode that asks for nothing else, and
// one with the other form of the line.
func TestAskActs_claudeCode_asksBeforeAPushInEveryMode(t *testing.T) {
	t.Parallel()
	modes := map[string]string{"default": "git push origin main", "acceptEdits": "git -C . push origin",
		"bypassPermissions": "cd . && git push origin main", "auto": "git push --force origin main"}
	for mode, line := range parts.Modes(t, modes, "acceptEdits", "bypassPermissions") {
		t.Run(mode, func(t *testing.T) {
			m := newMachine(t)
			m.sweep()
			notes := m.records("git")
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
			if ran := m.ran(notes); !slices.Equal(ran, []string{"git log -1"}) {
				t.Errorf("in mode %s another command was asked about, or the push was not: %q", mode, ran)
			}

			printed := m.start(dir, "claude", append([]string{"--print", steps}, options...)...)
			printed.ends(t)
			heard, _ := m.claude.after(0)
			ran := m.ran(notes)
			if last := heard[len(heard)-1]; len(ran) != 2 || len(last.turns) != 2 || last.turns[1].text() == "" {
				t.Errorf("with --print the push was not refused, %q ran: %q\n%s", ran, last.text(), printed)
			}
		})
	}
}

// Each act that leaves is refused without a terminal, with arguments and without, and what is near it runs.
func TestAskActs_claudeCode_refusesEachAct(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.sweep()
	notes := m.records("npm", "gh", "scp", "rsync", "kubectl", "terraform")
	dir := m.folder("project")
	m.settle(dir)
	m.says(`"$PARLEY" connect claude-code --allow --ask-acts --url ` + serve(t))
	m.env = append(m.env, "IS_SANDBOX=1") // without it root may not bypass questions
	acts := []string{"npm publish", "npm publish --tag next", "gh pr merge 3 --squash", "gh release create v1",
		"scp a host:b", "rsync -a . host:", "kubectl apply -f a.yaml", "terraform apply",
		"terraform apply -auto-approve", "cd . && kubectl delete pod a", "true; gh release delete v1"}
	free := []string{"npm test", "gh pr view 3", "terraform plan"}
	var steps []step
	for _, line := range append(slices.Clone(acts), free...) {
		steps = append(steps, bash(line))
	}
	printed := m.start(dir, "claude", "--print", prompt(t, append(steps, say("Done."))...), "--permission-mode",
		"bypassPermissions", "--settings", `{"skipDangerousModePermissionPrompt":true,"permissions":{"allow":["Bash"]}}`)
	printed.ends(t)
	if ran := m.ran(notes); !slices.Equal(ran, free) {
		t.Errorf("it ran %q, want %q\n%s", ran, free, printed)
	}
}
