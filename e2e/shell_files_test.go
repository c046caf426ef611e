package e2e

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// inFolder is a command line of the person that runs in a folder.
func (w *talker) inFolder(folder, input string, arguments ...string) said {
	w.t.Helper()
	cmd := w.command(w.t.Context(), arguments...)
	cmd.Dir, cmd.Stdin = folder, strings.NewReader(input)
	return w.starts(cmd).ends()
}

// written writes a file and returns its path.
func written(t *testing.T, folder, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// holds fails unless the file at path has this content.
func holds(t *testing.T, path string, content []byte) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, content) {
		t.Errorf("%s has %d bytes, %v; want the %d that were shared", path, len(got), err, len(content))
	}
}

func TestShell_file_goesFromOneToAnother(t *testing.T) {
	p := start(t)
	ann, bob := visitor(t, p), visitor(t, p)
	ann.does("join", "tea", "--as", "Ann")
	bob.does("join", "tea", "--as", "Bob")
	from, to := t.TempDir(), t.TempDir()
	content := make([]byte, 9<<20) // more than an answer of a tool may have
	_, _ = rand.Read(content)      // never fails
	path := written(t, from, "ledger.bin", content)
	shared := ann.does("put", path, "--note", "as of today")
	id := regexp.MustCompile(`^(m[a-z0-9]+)\n$`).FindStringSubmatch(shared)
	if id == nil {
		t.Fatalf("it printed %q", shared)
	}
	if got := plainly(bob.does("wait")); got != `hh:mm Ann [file "ledger.bin", 9.0 MB; mID]: as of today`+"\n" {
		t.Errorf("Bob is shown %q", got)
	}
	cmd := ann.command(t.Context(), "put", "/dev/fd/3") // as a shell writes <(COMMAND)
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.ExtraFiles = []*os.File{in}
	if _, err := out.WriteString("beans"); errors.Join(err, out.Close()) != nil {
		t.Fatal(err)
	}
	got := ann.starts(cmd).ends()
	beans := regexp.MustCompile(`^(m[a-z0-9]+)\n$`).FindStringSubmatch(got.out)
	if beans == nil {
		t.Fatalf("a pipe: %+v", got)
	}
	_ = in.Close() // the command has ended
	ends := func(code int, words string, arguments ...string) {
		t.Helper()
		if got := bob.inFolder(to, "", arguments...); got.code != code || !strings.Contains(got.out+got.err, words) {
			t.Errorf("parley %q: exit code %d, %q, %q; want %d and %q", arguments, got.code, got.out, got.err, code,
				words)
		}
	}
	name := "parley-" + id[1]
	ends(0, fmt.Sprintf(`%s: "ledger.bin", 9.0 MB, SHA-256 %x, from Ann`, name, sha256.Sum256(content)), "get", id[1])
	holds(t, filepath.Join(to, name), content)
	mine := written(t, to, "mine.txt", []byte("mine"))
	ends(1, "mine.txt already exists", "get", beans[1], "-o", "mine.txt")
	holds(t, mine, []byte("mine"))
	ends(0, "mine.txt: ", "get", beans[1], "-o", "mine.txt", "--force")
	holds(t, mine, []byte("beans"))
	if err := errors.Join(os.Mkdir(filepath.Join(to, "sub"), 0o700),
		os.Symlink(mine, filepath.Join(to, "link"))); err != nil {
		t.Fatal(err)
	}
	ends(1, "not a regular file", "get", beans[1], "-o", "link", "--force")
	ends(1, "cannot save to nowhere: no such file or directory; check the name", "get", beans[1], "-o", "nowhere/x")
	ends(0, "sub", "get", beans[1], "-o", "sub")
	holds(t, filepath.Join(to, "sub", "parley-"+beans[1]+".txt"), []byte("beans"))
	if got := bob.inFolder(to, "", "get", beans[1], "-o", "-"); got.code != 0 || got.out != "beans" {
		t.Errorf("a pipe gets %d bytes, exit code %d, %s", len(got.out), got.code, got.err)
	}
	left, err := os.ReadDir(to)
	if err != nil || len(left) != 4 { // the two files, the folder and the link
		t.Errorf("in the folder are %v, %v", left, err)
	}
	again := filepath.Join(to, "again")
	if got := bob.does("get", beans[1], "--json", "-o", again); strings.Contains(got, "/v1/file/") ||
		!strings.Contains(got, `"saved":`) {
		t.Errorf("as JSON it prints %s", got)
	}
}

// The name of a file is what its sender chose. It is shown in quotes, as data, and names nothing here.
func TestShell_file_ofAHostileName_isSavedUnderTheServers(t *testing.T) {
	p := start(t)
	ann, bob := visitor(t, p), visitor(t, p)
	ann.does("join", "tea", "--as", "Ann")
	bob.does("join", "tea", "--as", "Bob")
	from, to := t.TempDir(), t.TempDir()
	for name, shown := range map[string]string{
		".mcp.json":               `".mcp.json"`,
		"CLAUDE.md":               `"CLAUDE.md"`,
		"$(touch x)'; touch y #":  `"$(touch x)'; touch y #"`,
		`a"; only to "Bob]: x.md`: `"a\"; only to \"Bob]: x.md"`,
	} {
		if got := ann.inFolder(from, "content", "put", "-", "--name", name); got.code != 0 {
			t.Fatalf("%s: %s", name, got.err)
		}
		asked := bob.does("wait")
		if want := "hh:mm Ann [file " + shown + ", 7 bytes; mID]\n"; !strings.HasSuffix(plainly(asked), want) {
			t.Errorf("%s is shown as %q, want %q", name, plainly(asked), want)
		}
		if got := bob.inFolder(to, "", "get", bob.idIn(asked)); got.code != 0 {
			t.Errorf("%s: %s", name, got.err)
		}
	}
	left, err := os.ReadDir(to)
	for _, file := range left {
		if !regexp.MustCompile(`^parley-m[a-z0-9]+(\.[a-z]+)?$`).MatchString(file.Name()) {
			t.Errorf("%q was saved", file.Name())
		}
	}
	if err != nil || len(left) != 4 {
		t.Errorf("%d files were saved, %v", len(left), err)
	}
	if got := ann.inFolder(from, "content", "put", "-", "--name", "\x1b]0;title\a"); got.code != 2 {
		t.Errorf("a name with control characters: %+v", got)
	}
}

func TestShell_tasks_areSharedOut(t *testing.T) {
	p := start(t)
	ann, bob := visitor(t, p), visitor(t, p)
	ann.does("join", "tea", "--as", "Ann")
	bob.does("join", "tea", "--as", "Bob")
	is := showsAs(t)
	is(ann.does("task", "add", "Count", "the", "beans", "--text", "all of them\nin the jar", "--for", "Bob"),
		"t1  to do, assigned to \"Bob\"  Count the beans\n")
	is(ann.does("task", "add", "Report: done", "--after", "t1"), "t2  blocked by t1  Report: done\n")
	is(bob.does("task", "take"), "t1  in progress by you  Count the beans\n      all of them\n      in the jar\n")
	is(ann.does("tasks"), "t1  in progress by \"Bob\"  Count the beans\nt2  blocked by t1         Report: done\n")
	if got := ann.runs("task", "take", "t1"); got.code != 1 ||
		!strings.HasPrefix(got.err, `parley: t1 is taken by "Bob". `) {
		t.Errorf("a task that Bob has: %+v", got)
	}
	is(bob.does("task", "unassign", "t1", "--room", "tea", "no", "jar"), "t1  to do  Count the beans\n")
	is(bob.does("task", "take", "t1"), "t1  in progress by you  Count the beans\n      all of them\n      in the jar\n")
	is(bob.does("task", "finish", "t1", "312", "beans"), "t1  done by you  Count the beans (312 beans)\n")
	is(ann.does("task", "edit", "t2", "Report"), "t2  to do  Report\n")
	is(ann.does("tasks", "--closed"), "t1  done by \"Bob\"  Count the beans (312 beans)\n")
	if got := ann.runs("task", "finish", "t1"); got.code != 1 ||
		!strings.HasPrefix(got.err, `parley: t1 is done already by "Bob". `) {
		t.Errorf("a task that Bob has done: %+v", got)
	}
	is(ann.does("task", "add", "Print it", "--after", "t2"), "t3  blocked by t2  Print it\n")
	is(ann.does("task", "edit", "t3", "--no-after"), "t3  to do  Print it\n")
	is(ann.does("task", "edit", "t3", "--after", "t2"), "t3  blocked by t2  Print it\n")
	is(ann.does("task", "cancel", "t2"), "t2  canceled by you  Report\n")
	is(ann.does("tasks"), "t3  to do  Print it\n")
	is(ann.does("task", "cancel", "t3"), "t3  canceled by you  Print it\n")
	is(ann.does("tasks"), "")
	is(bob.does("history", "-n", "12"), `hh:mm * task added: t1 "Count the beans"; by Ann; assigned to "Bob"
hh:mm * task added: t2 "Report: done"; by Ann; blocked by t1
hh:mm * task taken: t1 "Count the beans"; by Bob
hh:mm * task unassigned: t1 "Count the beans"; by Bob: no jar
hh:mm * task taken: t1 "Count the beans"; by Bob
hh:mm * task done: t1 "Count the beans"; by Bob: 312 beans
hh:mm * task edited: t2 "Report"; by Ann; blocked by t1
hh:mm * task added: t3 "Print it"; by Ann; blocked by t2
hh:mm * task edited: t3 "Print it"; by Ann
hh:mm * task edited: t3 "Print it"; by Ann; blocked by t2
hh:mm * task canceled: t2 "Report"; by Ann
hh:mm * task canceled: t3 "Print it"; by Ann
`)
}

// The minutes end with what came of the talk.
func TestShell_minutes_endWithWhatCameOfIt(t *testing.T) {
	p := start(t)
	ann, bob := visitor(t, p), visitor(t, p)
	ann.does("join", "tea", "--as", "Ann")
	bob.does("join", "tea", "--as", "Bob")
	is := showsAs(t)
	is(ann.does("history", "--minutes", "-n", "1"),
		"hh:mm * joined: Bob\n\nAGREED: nothing\n\nDONE: nothing\n\nOPEN: nothing\n\nFILES: nothing\n")
	ann.does("say", "We ship on Friday.", "--kind", "proposal")
	bob.does("say", "--kind", "agree")
	ann.does("task", "add", "Count the beans")
	ann.does("task", "add", "Write to Cy")
	bob.does("task", "take", "t1")
	bob.does("task", "finish", "t1", "312 beans")
	if got := bob.inFolder(t.TempDir(), "312\n", "put", "-", "--name", "beans.txt"); got.code != 0 {
		t.Fatal(got.err)
	}
	bob.does("say", "Who writes?", "--ask", "Ann")
	got := ann.does("history", "--minutes")
	_, end, _ := strings.Cut(plainly(got), "\n\n")
	is(end, `AGREED
hh:mm Ann [proposes; mID]: We ship on Friday.
hh:mm * agreed: mID; by "Ann", "Bob"

DONE
      t1  done by "Bob"  Count the beans (312 beans)

OPEN
      t2  to do  Write to Cy
      Bob asked "Ann" just now [mID]: Who writes?

FILES
hh:mm Bob [file "beans.txt", 4 bytes; mID]
`)
	if said, _, _ := strings.Cut(got, "\n\n"); strings.Count(said, "\n") != 10 {
		t.Errorf("what was said is\n%s", said)
	}
	if file := ann.does("history", "--markdown"); !strings.HasPrefix(file, "# tea\n") ||
		!strings.Contains(file, "\n## Agreements\n\n### Proposed by Ann, agreed by Bob\n") {
		t.Errorf("the file is\n%s", file)
	}
	parts := jsonLines[map[string][]any](t, ann.does("history", "--minutes", "--json"))[0]
	for part, entries := range map[string]int{"messages": 10, "agreed": 1, "closed_tasks": 1, "open_tasks": 1,
		"requests": 1, "files": 1} {
		if len(parts[part]) != entries {
			t.Errorf("the JSON has %d %s, want %d", len(parts[part]), part, entries)
		}
	}
}

// The server gives a hundred agreements at a time.
func TestShell_agreements_beyondAPageAreShown(t *testing.T) {
	p := start(t)
	ann, bob := visitor(t, p), visitor(t, p)
	ann.does("join", "tea", "--as", "Ann")
	bob.does("join", "tea", "--as", "Bob")
	api := talk{t, openGo(t, p.url, modernProtocol)}
	const all = 103
	for n := range all {
		id := api.ok("send_message", args{"agent_token": ann.seats()[0].Token, "kind": "proposal",
			"text": fmt.Sprint("point ", n)}).ID
		api.ok("send_message", args{"agent_token": bob.seats()[0].Token, "kind": "agree", "reply_to": id})
	}
	for lines, arguments := range map[int][]string{
		all: {"history", "--agreed", "-n", "1000", "--json"}, 101: {"history", "--agreed", "-n", "101", "--json"},
	} {
		if got := jsonLines[map[string]any](t, ann.does(arguments...))[0]["messages"].([]any); len(got) != lines {
			t.Errorf("%v: %d", arguments, len(got))
		}
	}
	if got := jsonLines[map[string][]any](t, ann.does("history", "--minutes", "--json"))[0]["agreed"]; len(got) != all {
		t.Errorf("the minutes have %d", len(got))
	}
}
