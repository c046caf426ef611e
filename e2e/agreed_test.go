package e2e

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/internal/parts"
	"github.com/parley-chat/parley/internal/base/results"
)

// project is a repository of a person, with one file.
type project struct {
	*talker
	folder string
}

// newProject makes an empty repository of a person with a key of their own.
func newProject(t *testing.T, p *program, name string) project {
	t.Helper()
	w := project{visitor(t, p), t.TempDir()}
	w.env = append(w.env, "PARLEY_KEY="+p.newKey(name))
	if out, err := exec.Command(parts.Need(t, "git", "it makes the repository"), "init", "--quiet",
		w.folder).CombinedOutput(); err != nil {
		t.Fatalf("%v, %s", err, out)
	}
	w.does("join", "tea", "--as", name, "--capacity", "3")
	return w
}

// ends runs a command in the repository, which must end with code and say words, and returns what it says.
func (w project) ends(code int, words string, arguments ...string) string {
	w.t.Helper()
	got := w.inFolder(w.folder, "", arguments...)
	if got.code != code || !strings.Contains(got.out+got.err, words) {
		w.t.Errorf("parley %q: exit code %d, %s%s; want %d and %q", arguments, got.code, got.out, got.err, code, words)
	}
	return got.out + got.err
}

// writes writes a file of the repository.
func (w project) writes(name, text string) {
	w.t.Helper()
	path := filepath.Join(w.folder, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
		w.t.Fatal(err)
	}
}

// sums runs sha256sum in the repository, and reports whether it ends with 0.
func (w project) sums(arguments ...string) (out string, ok bool) {
	w.t.Helper()
	cmd := exec.Command(parts.Need(w.t, "sha256sum", "it is the check"), arguments...)
	cmd.Dir = w.folder
	text, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		w.t.Fatal(err)
	}
	return string(text), err == nil
}

// isGreen fails unless the check of the list ends as it should.
func (w project) isGreen(want bool) {
	w.t.Helper()
	if out, ok := w.sums("--strict", "-c", ".parley/agreed"); ok != want {
		w.t.Errorf("sha256sum accepts: %t, %s", ok, out)
	}
}

// The host made the room. It only votes: nothing here needs an admin, but what an admin does to the others.
func TestAgreed_twoRepositories_holdWhatBothAgreedOn(t *testing.T) {
	p := startKeyed(t)
	host := newProject(t, p, "Host")
	ann, bob := newProject(t, p, "Ann"), newProject(t, p, "Bob")
	propose := func(by project, arguments ...string) string {
		id := by.idIn(by.ends(0, "", append([]string{"put", "--propose"}, arguments...)...))
		for _, w := range []project{host, ann, bob} {
			if w.folder != by.folder {
				w.ends(0, "", "say", "--kind", "agree", "--reply-to", id)
			}
		}
		return id
	}

	// From an empty folder to a green check, in five acts: propose, agree, list, get and list, check.
	ann.writes("api.json", "{\n}\n")
	id := propose(ann, "api.json")
	ann.ends(0, `"api.json": agreed by "Ann", `, "agreed", "--write", "api.json")
	bob.ends(0, "", "get", id, "-o", "api.json")
	bob.ends(0, id, "agreed", "--write", "api.json")
	for _, w := range []project{ann, bob} {
		w.isGreen(true)
		w.ends(0, id, "agreed")
	}

	// Other bytes.
	bob.writes("api.json", "{\r\n}\r\n")
	bob.isGreen(false)
	bob.ends(3, `"api.json" differs only by line ends, or by the last one, from what was agreed by "Ann"`, "agreed")
	bob.ends(3, "so none was listed", "agreed", "--write", "api.json")
	bob.writes("api.json", "{}")
	bob.ends(3, " is not what was agreed", "agreed")
	line := "get " + id + " -o api.json --force"
	bob.ends(3, line, "agreed", "--write", "api.json")
	bob.ends(0, "", strings.Fields(line)...)
	bob.isGreen(true)

	// The file has another name here, and the first line stays.
	ours := filepath.Join(bob.folder, "it's ours.json")
	if err := os.Rename(filepath.Join(bob.folder, "api.json"), ours); err != nil {
		t.Fatal(err)
	}
	bob.ends(0, id, "agreed", "--write", "it's ours.json")
	bob.ends(3, `"api.json" is missing, and was agreed`, "agreed")
	bob.ends(0, id, "agreed", "it's ours.json")
	bob.ends(0, "", "get", id, "-o", "api.json")
	bob.isGreen(true)

	// Several files, by the output of sha256sum at the top.
	for _, w := range []project{ann, bob} {
		w.writes("a/one", "1\n")
		w.writes("a/two", "2\n")
	}
	sums, _ := ann.sums("a/one", "a/two")
	ann.writes("sums", sums)
	list := propose(ann, "sums", "--name", "agreed on Monday")
	bob.ends(0, list, "agreed", "--write", "a/one", "a/two")
	bob.isGreen(true)
	bob.writes("a/two", "3\n")
	bob.ends(3, `"a/two" is not what was agreed by`, "agreed", "--write", "a/one", "a/two")
	bob.ends(3, "get "+list, "agreed", "a/two")
	bob.writes("a/two", "2\n")

	// A newer agreement replaces the one on the file. Once Bob was kicked, one replaces it without him, and says so.
	ann.writes("api.json", "[]\n")
	ann.ends(3, "put api.json --propose --reply-to "+id, "agreed", "--write", "api.json")
	newer := propose(ann, "api.json", "--reply-to", id)
	bob.ends(0, "replaces "+id+`, "api.json", 4 bytes, SHA-256 `+digestOf("{\n}\n"), "history", "--agreed")
	bob.ends(3, `"api.json" was replaced by what was agreed by "Ann"`, "agreed", "api.json")
	bob.ends(0, "", "get", newer, "-o", "api.json", "--force")
	bob.ends(3, "agreed --write api.json", "agreed", "api.json")
	bob.ends(0, "", "agreed", "--write", "api.json")
	bob.ends(0, newer, "agreed", "api.json")
	ann.ends(0, "", "remove", list)
	bob.ends(0, list+`; by "Ann", "Host", "Bob"; removed by "Ann"`, "history", "--agreed")
	bob.ends(6, "Something that was agreed on was removed", "agreed", "a/one")
	host.does("manage", "kick", "Bob")
	host.writes("api.json", "null\n")
	alone := host.idIn(host.ends(0, "", "put", "--propose", "api.json", "--reply-to", newer))
	ann.ends(0, "", "say", "--kind", "agree", "--reply-to", alone)
	ann.ends(3, `without "Bob", who had no say`, "agreed", "--write", "api.json")
	bob.ends(4, "", "agreed")

	// The room is over, and then the server is.
	ann.writes("api.json", "null\n")
	host.does("room", "--close")
	ann.ends(0, alone, "agreed", "--write", "api.json")
	p.terminate()
	ann.ends(5, "", "agreed")
	ann.isGreen(true)
	ann.forges(t)
}

// forges makes a pull request that changes a file and the list together, and runs the lines of docs/agreed.md.
func (w project) forges(t *testing.T) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "docs", "agreed.md"))
	lines := regexp.MustCompile(`(?m)^- run: (.*)$`).FindAllStringSubmatch(string(page), -1)
	if err != nil || len(lines) != 2 {
		t.Fatalf("%v, the steps are %q", err, lines)
	}
	runs := func(script string) error {
		cmd := exec.Command(parts.Need(t, "bash", "it runs the steps"), "-ec", script)
		cmd.Dir, cmd.Env = w.folder, append(os.Environ(), "GITHUB_BASE_REF=main")
		return cmd.Run()
	}
	const commits = "git add . && git -c user.name=a -c user.email=a@parley.example commit -qm one"
	if err := runs("git checkout -qB main && " + commits + " && git clone -q . .git/base && git remote add origin " +
		".git/base && " + lines[0][1] + " && " + lines[1][1]); err != nil {
		t.Errorf("before it: %v", err)
	}
	if err := runs("git checkout -qb change && echo forged > api.json && sha256sum api.json > .parley/agreed && " +
		commits + " && " + lines[0][1]); err != nil {
		t.Errorf("the first step: %v", err)
	}
	if runs(lines[1][1]) == nil {
		t.Error("the second step accepts it")
	}
}

func digestOf(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }

// obeyed matches what a runner of GitHub Actions takes for a command.
var obeyed = regexp.MustCompile(`(?m)^[^!-~]*::|##\[`)

func TestActions_wordsOfOthers_areCommandsNowhere(t *testing.T) {
	p := start(t)
	bob, mallory := project{visitor(t, p), t.TempDir()}, project{visitor(t, p), t.TempDir()}
	if err := os.Mkdir(filepath.Join(bob.folder, ".git"), 0o700); err != nil {
		t.Fatal(err)
	}
	const words = "x\n::error::owned\n  ::stop-commands::x\r##[error]owned"
	mallory.does("join", "tea", "--as", "Mallory", "--new", "--public", "--description", "##[error]owned")
	bob.does("join", "tea", "--as", "Bob")
	bob.env = append(bob.env, "GITHUB_ACTIONS=true")
	mallory.writes("f", words)
	id := mallory.idIn(mallory.ends(0, "", "put", "f", "--propose", "--name", "##[error]f,::%", "--note", words))
	mallory.does("task", "add", "##[error]owned", "--text", words)
	mallory.does("task", "add", "one more")
	mallory.does("task", "finish", "t2", words)
	mallory.does("say", "--ask", "Bob", words)
	for _, arguments := range []string{"wait", "history", "history --json", "history --minutes", "history --markdown",
		"history --files", "history --search owned", "tasks", "tasks --json", "tasks --closed", "room", "rooms",
		"rooms --mine", "who", "who --json", "get " + id, "task take t1", "say --kind agree --reply-to " + id,
		"history --agreed",
		"history --agreed --json", "say Yes"} {
		got := bob.inFolder(bob.folder, "", strings.Fields(arguments)...)
		bad := obeyed.FindString(got.out + "\n" + got.err)
		if got.code != 0 || bad != "" {
			t.Errorf("parley %s: exit code %d, %q in\n%s%s", arguments, got.code, bad, got.out, got.err)
		}
	}
	if got := jsonLines[results.History](t, bob.ends(0, "", "history", "--agreed", "--json")); len(got) != 1 ||
		got[0].Messages[0].File.Name != "##[error]f,::%" {
		t.Errorf("as JSON it is %+v", got)
	}
	if got := bob.inFolder(bob.folder, "", "get", id, "-o", "-"); got.out != words {
		t.Errorf("the bytes of a file are %q", got.out)
	}

	// The command of Parley itself is one line, whatever the name of the file.
	writesIn := func(name, text string) string {
		bob.writes(name, text)
		return digestOf(text) + "  " + name + "\n"
	}
	bob.writes(".parley/agreed", writesIn("##[error]f,::%", "other")+writesIn("::error::x", "none"))
	got := bob.inFolder(bob.folder, "", "agreed")
	own := regexp.MustCompile(`(?m)^::error file=([^:]*)::"(##\[error\]f,::%25|::error::x)"[^\n]*\n`)
	if n := len(own.FindAllString(got.err, -1)); got.code != 3 || n != 2 ||
		!strings.Contains(got.err, "file=##[error]f%2C%3A%3A%25::") || obeyed.MatchString(got.out+
		own.ReplaceAllString(got.err, "")) {
		t.Errorf("exit code %d, %s%s", got.code, got.out, got.err)
	}
}
