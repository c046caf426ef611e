package shell_test

import (
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/prove"
	"github.com/parley-chat/parley/internal/cli/shell"
)

// clones returns two clones of one repository, for Ann and Bob.
func clones(t *testing.T) (ann, bob string) {
	t.Helper()
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", home)
	ann, bob = filepath.Join(t.TempDir(), "ann"), filepath.Join(t.TempDir(), "bob")
	for path, text := range map[string]string{
		filepath.Join(home, ".gitconfig"): "[user]\nname = Ann\nemail = ann@parley.example\n",
		filepath.Join(ann, ".gitignore"):  "ignored\n", filepath.Join(ann, "sub", "kept"): "kept\n"} {
		err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600))
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, line := range []string{"init --quiet", "add .", "commit --quiet -m one"} {
		git(t, ann, strings.Fields(line)...)
	}
	git(t, ann, "clone", "--quiet", ann, bob)
	return ann, bob
}

// git runs Git in a folder.
func git(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %q: %v, %s", args, err, out)
	}
}

// proving returns a request to prove a task by what act does at these words, in a folder.
func proving(id, dir string, words ...string) shell.ProveRequest {
	return shell.ProveRequest{ID: id, Args: append([]string{os.Args[0], doesWord}, words...), In: dir, Limit: time.Hour}
}

// added puts a task on the list.
func added(t *testing.T, base, title string) {
	t.Helper()
	req := shell.TaskRequest{Action: "add", Title: title}
	if err := at(t, base, nil).Task(t.Context(), as("Ann"), req); err != nil {
		t.Fatal(err)
	}
}

// taskOf returns a task as the server shows it whole.
func taskOf(t *testing.T, base, id string) results.Task {
	t.Helper()
	c := at(t, base, nil)
	var got results.Tasks
	if err := calls(t, c, "Ann", "list_tasks", map[string]any{"id": id}, &got); err != nil || got.Task == nil {
		t.Fatalf("%v, %+v", err, got)
	}
	return *got.Task
}

// calls calls a tool with the token of a seat.
func calls(t *testing.T, c *command, name, tool string, args map[string]any, result any) error {
	t.Helper()
	all, err := c.Seats.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, seat := range all {
		if seat.Name == name {
			args["agent_token"] = seat.Token
			return c.Dial(c.Usual, seat.Token).Call(t.Context(), tool, args, result)
		}
	}
	t.Fatalf("%s has no seat", name)
	return nil
}

func TestProve_commandThatSucceeds_finishesTheTaskWithWhatRanAndOnWhichFiles(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Bob")
	ann, _ := clones(t)
	added(t, base, "test it")
	added(t, base, "change it")
	clean := prove.FilesAt(t.Context(), ann)
	c := at(t, base, nil)
	c.Out.JSON = false
	if err := c.Prove(t.Context(), as("Ann"), proving("t1", filepath.Join(ann, "sub"), "say", "it's ok")); err != nil {
		t.Fatal(err)
	}
	line := prove.Join([]string{os.Args[0], doesWord, "say", "it's ok"})
	got := taskOf(t, base, "t1")
	if got.State != "done" || got.Result != "it's ok" || got.Evidence == nil {
		t.Fatalf("%+v", got)
	}
	if got.Evidence.Ms < 0 || got.Evidence.Ms > time.Hour.Milliseconds() {
		t.Errorf("it ran for %d ms", got.Evidence.Ms)
	}
	got.Evidence.Ms = 0
	if want := (results.Evidence{Ran: results.Text(line), Commit: clean.Commit, Tree: clean.Tree, Dir: "sub",
		// of "it's ok", as sha256sum writes it
		Output: "e1d73d76b620b5f0c04a9307301c15ced68e9da7f3c6529af3929ef04a3b17d4", OutputBytes: 7,
		System: results.Text(runtime.GOOS + "/" + runtime.GOARCH)}); *got.Evidence != want {
		t.Errorf("%+v\n%+v", *got.Evidence, want)
	}
	if shown := c.out.String(); !strings.HasPrefix(shown, "it's ok\n") || !strings.Contains(shown, "done by you") ||
		!strings.Contains(shown, "reported: "+line+", exit 0, at "+clean.Commit[:7]+"\n") {
		t.Errorf("it shows %q", shown)
	}

	// The command changes files that already have changes.
	if err := os.WriteFile(filepath.Join(ann, "new"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	before := prove.FilesAt(t.Context(), ann)
	c = at(t, base, nil)
	if err := c.Prove(t.Context(), as("Ann"), proving("t2", ann, "write", "newer")); err != nil {
		t.Fatal(err)
	}
	if got := taskOf(t, base, "t2").Evidence; got == nil || !got.Dirty || !got.Moved || got.Tree != before.Tree ||
		got.Tree == clean.Tree || got.Commit != clean.Commit || got.Dir != "" {
		t.Errorf("%+v", got)
	}
	if !strings.Contains(c.notes.String(), "in no commit") {
		t.Errorf("it notes %q", &c.notes)
	}
}

// Nothing is finished, the exit code says why, and with a task that the seat cannot finish nothing even runs.
func TestProve_commandThatFails_finishesNothing(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Bob", "Cid")
	for _, title := range []string{"test it", "Bob's", "canceled", "left"} {
		added(t, base, title)
	}
	if err := errors.Join(
		at(t, base, nil).Task(t.Context(), as("Cid"), shell.TaskRequest{Action: "take", ID: "t4"}),
		at(t, base, nil).Leave(t.Context(), as("Cid"), ""),
		at(t, base, nil).Task(t.Context(), as("Bob"), shell.TaskRequest{Action: "take", ID: "t2"}),
		at(t, base, nil).Task(t.Context(), as("Ann"), shell.TaskRequest{Action: "drop", ID: "t3"})); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	late := proving("t1", dir)
	late.Args, late.Limit = []string{"sleep", "600"}, time.Millisecond
	missing := proving("t1", dir)
	missing.Args = []string{"./missing"}
	for _, c := range []struct {
		req  shell.ProveRequest
		code int
		says string
	}{
		{proving("t1", dir, "exit", "3"), 3, "exit code 3. Nothing was finished."},
		{late, 124, "after 1ms. Nothing was finished."},
		{missing, 127, "no command ./missing. Nothing was finished."},
		{proving("t2", dir, "write", "ran"), 1, `t2 is with "Bob" now. Nothing was run.`},
		{proving("t3", dir, "write", "ran"), 1, "t3 is canceled already. Nothing was run."},
		{proving("t4", dir, "write", "ran"), 1, `t4 stalled with "Cid". Nothing was run: take it first, with parley task take t4`},
	} {
		err := at(t, base, nil).Prove(t.Context(), as("Ann"), c.req)
		if told := new(shell.Failure); !errors.As(err, &told) || told.Code != c.code ||
			!strings.Contains(told.Text, c.says) {
			t.Errorf("%q: %v, want %d, %q", c.req.Args, err, c.code, c.says)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "ran")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a command ran: %v", err)
	}
	if got := taskOf(t, base, "t1"); got.State != "open" || got.Evidence != nil {
		t.Errorf("%+v", got)
	}
}

// The server refuses words with a likely credential. Outside a repository the evidence has words alone.
func TestProve_secretInTheOutput_goesWithoutTheTail(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Bob")
	added(t, base, "test it")
	r, token := rand.New(rand.NewPCG(4, 7)), "ghp_"
	for range 36 {
		token += string("abcdefghijklmnopqrstuvwxyz0123456789"[r.IntN(36)])
	}
	t.Chdir(t.TempDir())
	if err := os.WriteFile("out", []byte("the token is "+token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := at(t, base, nil)
	req := proving("t1", "", "show", "out")
	if err := c.Prove(t.Context(), as("Ann"), req); err != nil {
		t.Fatal(err)
	}
	got := taskOf(t, base, "t1")
	if got.State != "done" || got.Result != "" || got.Evidence == nil || got.Evidence.OutputBytes != 54 ||
		got.Evidence.Tree+got.Evidence.Commit != "" || got.Evidence.Dirty {
		t.Errorf("%+v, %+v", got, got.Evidence)
	}
	for _, want := range []string{"The end of the output did not go along: ", "a GitHub token",
		"no Git repository is here"} {
		if !strings.Contains(c.notes.String(), want) {
			t.Errorf("it notes %q, without %q", &c.notes, want)
		}
	}
	if !strings.Contains(c.notes.String(), token) { // the person sees the output as it is
		t.Errorf("it shows %q", &c.notes)
	}
}

// The tail is the second half of a key, which nobody knows for one.
func TestProve_secretThatTheCutDivides_goesWithoutTheTail(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Bob")
	added(t, base, "test it")
	r, key := rand.New(rand.NewPCG(4, 7)), ""
	for i := range 1_600 {
		key += string("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/"[r.IntN(64)])
		if i%64 == 63 {
			key += "\n"
		}
	}
	t.Chdir(t.TempDir())
	const begin, end = "-----BEGIN RSA PRIVATE KEY-----\n", "-----END RSA PRIVATE KEY-----\n"
	if err := os.WriteFile("out", []byte(begin+key+end), 0o600); err != nil {
		t.Fatal(err)
	}
	c := at(t, base, nil)
	if err := c.Prove(t.Context(), as("Ann"), proving("t1", "", "show", "out")); err != nil {
		t.Fatal(err)
	}
	if got := taskOf(t, base, "t1"); got.State != "done" || got.Result != "" || got.Evidence == nil {
		t.Errorf("%+v, %+v", got, got.Evidence)
	}
	const want = "The end of the output did not go along: It holds what looks like a private key."
	if !strings.Contains(c.notes.String(), want) {
		t.Errorf("it notes %q", &c.notes)
	}
}

// The command has run when the server refuses the name.
func TestProve_folderWhoseNameTheRoomDoesNotKeep_goesWithoutTheFiles(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Bob")
	added(t, base, "test it")
	ann, _ := clones(t)
	in := filepath.Join(ann, strings.Repeat("long", 30), strings.Repeat("long", 30))
	if err := os.MkdirAll(in, 0o700); err != nil {
		t.Fatal(err)
	}
	c := at(t, base, nil)
	if err := c.Prove(t.Context(), as("Ann"), proving("t1", in, "write", "ran")); err != nil {
		t.Fatal(err)
	}
	if got := taskOf(t, base, "t1"); got.State != "done" || got.Result != "written" || got.Evidence == nil ||
		got.Evidence.Tree+got.Evidence.Commit+string(got.Evidence.Dir) != "" || got.Evidence.Moved {
		t.Errorf("%+v, %+v", got, got.Evidence)
	}
	if !strings.Contains(c.notes.String(), "the room does not keep the name of their folder") ||
		strings.Contains(c.notes.String(), "did not go along") {
		t.Errorf("it notes %q", &c.notes)
	}
}

// A reader such as head has stopped, or a pager takes nothing. The task has changed all the same.
func TestProve_outputThatNobodyReads_saysBesideItWhatBecameOfTheTask(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Bob")
	ann, bob := clones(t)
	added(t, base, "test it")
	added(t, base, "test more")
	c := at(t, base, nil)
	c.Out.JSON, c.out.broken = false, &fs.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.EPIPE}
	if err := c.Prove(t.Context(), as("Ann"), proving("t1", ann, "need", ".gitignore")); err != nil ||
		!strings.Contains(c.notes.String(), "t1  done by you") {
		t.Errorf("%v, it notes %q", err, &c.notes)
	}
	git(t, bob, "rm", "--quiet", ".gitignore")
	git(t, ann, "rm", "--quiet", ".gitignore")
	if err := calls(t, at(t, base, nil), "Ann", "task", map[string]any{"action": "finish", "id": "t2", "exit": 0,
		"ran": prove.Join(proving("", "", "need", ".gitignore").Args), "tree": prove.FilesAt(t.Context(), ann).Tree},
		new(results.Tasks)); err != nil {
		t.Fatal(err)
	}
	c = at(t, base, nil)
	c.Out.JSON, c.out.broken = false, syscall.EPIPE
	_, err := again(t, c, bob, "t2", "yes")
	wants(t, "another result", err, 7, "exit code 7 here")
	if !strings.Contains(c.notes.String(), "Bob: not the same (exit 7)") {
		t.Errorf("it notes %q", &c.notes)
	}
}

// hung is an output that takes nothing.
type hung struct{ ends <-chan struct{} }

func (h hung) Write(p []byte) (int, error) {
	<-h.ends
	return len(p), nil
}

func TestProve_outputThatHangs_finishesTheTaskAllTheSame(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Bob")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for n, asJSON := range []bool{false, true} {
		id := "t" + strconv.Itoa(n+1)
		added(t, base, "test it "+id)
		c, clock := at(t, base, nil), clockwork.NewFakeClock()
		c.Clock, c.Out.JSON = clock, asJSON
		if asJSON {
			c.Out.Notes = hung{ctx.Done()}
		} else {
			c.Out.Screen = shell.ScreenOn(hung{ctx.Done()})
		}
		ended := begin(func() error { return c.Prove(ctx, as("Ann"), proving(id, t.TempDir(), "say", "ok")) })
		if err := clock.BlockUntilContext(ctx, 3); err != nil { // for the limit, for the group, and for the output
			t.Fatal(err)
		}
		clock.Advance(time.Second)
		select {
		case err := <-ended:
			if err != nil {
				t.Error(err)
			}
		case <-ctx.Done():
			t.Fatal("it waits for its reader")
		}
		if got := taskOf(t, base, id); got.State != "done" || got.Result != "ok" {
			t.Errorf("%+v", got)
		}
		if said := c.out.String() + c.notes.String(); asJSON != strings.Contains(said, `"task":`) ||
			!asJSON && (!strings.Contains(said, "nobody was reading it") || !strings.Contains(said, "done by you")) {
			t.Errorf("it says %q", said)
		}
	}
}

// again runs prove --again as Bob, who answers so at the terminal. It returns all that he was asked.
func again(t *testing.T, c *command, dir, id, answer string) (asked string, err error) {
	t.Helper()
	c.AskHere = func(_ context.Context, prompt string) (string, error) {
		asked += prompt
		return answer, nil
	}
	err = c.ProveAgain(t.Context(), as("Bob"), shell.ProveRequest{ID: id, In: dir, Limit: time.Hour})
	return asked, err
}

// wants fails the test unless a command has failed so.
func wants(t *testing.T, what string, err error, code int, says ...string) {
	t.Helper()
	told := new(shell.Failure)
	if !errors.As(err, &told) || told.Code != code {
		t.Errorf("%s: %v, want the code %d", what, err, code)
		return
	}
	for _, words := range says {
		if !strings.Contains(told.Text, words) {
			t.Errorf("%s: %q, without %q", what, told.Text, words)
		}
	}
}

func TestProveAgain_onTheSameFiles_reportsWhatBobHad(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Bob")
	ann, bob := clones(t)
	tree := prove.FilesAt(t.Context(), ann).Tree
	if err := os.WriteFile(filepath.Join(ann, "sub", "ignored"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for n, words := range [][]string{{"environment"}, {"need", "ignored"}, {"say", "kept"}} {
		added(t, base, "test it "+strconv.Itoa(n))
		if err := at(t, base, nil).Prove(t.Context(), as("Ann"),
			proving("t"+strconv.Itoa(n+1), filepath.Join(ann, "sub"), words...)); err != nil {
			t.Fatal(err)
		}
	}

	// The same: the command has the environment of Bob without secrets of seats.
	c := at(t, base, nil)
	seats, err := c.Seats.All()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PARLEY_OTHER", "seen-by-the-command")
	t.Setenv("BOT", "Bearer "+seats[0].Token)
	asked, err := again(t, c, bob, "t1", "yes")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"Ann" ran for t1, and reported exit code 0:`, strconv.Quote(prove.Join([]string{
		os.Args[0], doesWord, "environment"})), "in " + strconv.Quote(filepath.Join(bob, "sub")),
		"its files: tree " + tree, "yours:     tree " + tree, "decided by what the files do",
		"task check t1 same --exit 0", "Type yes to run it: "} {
		if !strings.Contains(strings.ReplaceAll(asked, "/private/", "/"), want) {
			t.Errorf("it asks %q, without %q", asked, want)
		}
	}
	if shown := c.notes.String(); !strings.Contains(shown, "PATH=") || strings.Contains(shown, "PARLEY_") ||
		strings.Contains(shown, seats[0].Token) {
		t.Errorf("the command has the environment %q", shown)
	}
	c = at(t, base, nil)
	_, err = again(t, c, bob, "t3", " yes ")
	if err != nil || !strings.Contains(c.notes.String(), "output is the same") {
		t.Errorf("%v, it notes %q", err, &c.notes)
	}

	// Another result: what Git ignores is not part of the files.
	_, err = again(t, at(t, base, nil), bob, "t2", "yes")
	wants(t, "another result", err, 7, "exit code 7 here, and 0 was reported")
	for id, want := range map[string]results.Check{"t1": {By: "Bob", Verdict: "same", Tree: tree},
		"t2": {By: "Bob", Verdict: "differs", Tree: tree}} {
		got := taskOf(t, base, id).Checks
		if len(got) != 1 || got[0].By != want.By || got[0].Verdict != want.Verdict || got[0].Tree != want.Tree {
			t.Errorf("%s: %+v", id, got)
		}
	}
	list := at(t, base, nil)
	list.Out.JSON = false
	if err := list.Tasks(t.Context(), as("Ann"), true); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`checked by Bob: same result`, `Bob: not the same (exit 7)`, ", exit 0, at "} {
		if !strings.Contains(list.out.String(), want) {
			t.Errorf("the list is\n%s\nwithout %q", &list.out, want)
		}
	}
	if lines := strings.Count(list.out.String(), "\n"); lines != 9 {
		t.Errorf("the list has %d lines:\n%s", lines, &list.out)
	}
}

// Nothing runs. A command would write the file.
func TestProveAgain_withoutTheFilesOrAPerson_runsNothing(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Bob")
	ann, bob := clones(t)
	added(t, base, "test it")
	if err := at(t, base, nil).Prove(t.Context(), as("Ann"), proving("t1", ann, "write", "ignored")); err != nil {
		t.Fatal(err)
	}
	for n, a := range []map[string]any{{"ran": "make test | tee log", "tree": strings.Repeat("0", 40)},
		{"ran": "git init ignored"}, {}} {
		finishes(t, base, "t"+strconv.Itoa(n+2), a)
	}
	added(t, base, "open")
	run := func(dir, id, answer string) (string, error) { return again(t, at(t, base, nil), dir, id, answer) }

	asked, err := run(bob, "t1", "y")
	wants(t, "no yes", err, 5, "Nothing was run.")
	if asked == "" {
		t.Error("nobody was asked")
	}
	alone := at(t, base, nil)
	alone.NoPerson = func() string { return "there is no terminal here" }
	asked, err = again(t, alone, bob, "t1", "yes")
	wants(t, "no person", err, 5, "Nothing was run", "there is no terminal here",
		"parley task check t1 --as Bob -- COMMAND")
	nobody := asked
	for _, c := range []struct {
		what, dir, id string
		code          int
		says          string
	}{
		{"no repository", t.TempDir(), "t1", 4, "no Git repository is here"},
		{"needs a shell", bob, "t2", 1, `"make test | tee log" needs a shell`},
		{"no tree", bob, "t3", 4, "does not say on which files"},
		{"no command", bob, "t4", 1, "t4 says nothing of what was run"},
		{"open", bob, "t5", 1, "t5 is not done"},
	} {
		asked, err = run(c.dir, c.id, "yes")
		wants(t, c.what, err, c.code, c.says)
		nobody += asked
	}
	if err := os.WriteFile(filepath.Join(bob, "new"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	asked, err = run(bob, "t1", "yes")
	wants(t, "other files", err, 4, "are not those of t1", "its files: tree "+prove.FilesAt(t.Context(), ann).Tree,
		"yours:     tree "+prove.FilesAt(t.Context(), bob).Tree, "Here are changes")
	nobody += asked
	if nobody != "" {
		t.Errorf("it asks %q", nobody)
	}
	err = at(t, base, nil).ProveAgain(t.Context(), as("Ann"), shell.ProveRequest{ID: "t1", In: ann})
	wants(t, "the own task", err, 1, "You have finished t1 yourself")
	if _, err := os.Stat(filepath.Join(bob, "ignored")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a command ran: %v", err)
	}
	if got := taskOf(t, base, "t1").Checks; len(got) > 0 {
		t.Errorf("%+v was reported", got)
	}
}

// Where the command runs is a word of the finisher. A link leads out of the files that were compared.
func TestProveAgain_folderThatIsALink_isNoneOfTheFiles(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Bob")
	ann, bob := clones(t)
	for _, dir := range []string{ann, bob} {
		if err := os.Symlink(ann, filepath.Join(dir, "away")); err != nil {
			t.Fatal(err)
		}
	}
	added(t, base, "test it")
	if err := calls(t, at(t, base, nil), "Ann", "task", map[string]any{"action": "finish", "id": "t1", "exit": 0,
		"ran": "git init ignored", "dir": "away", "tree": prove.FilesAt(t.Context(), bob).Tree},
		new(results.Tasks)); err != nil {
		t.Fatal(err)
	}
	asked, err := again(t, at(t, base, nil), bob, "t1", "yes")
	wants(t, "a link", err, 4, `the folder "away" of t1 leads elsewhere here`)
	if _, err := os.Stat(filepath.Join(ann, "ignored")); asked != "" || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it asks %q, and a command ran: %v", asked, err)
	}
}

// A person may be asked for long. Files that change meanwhile are others.
func TestProveAgain_filesThatChangeBeforeTheAnswer_areOthers(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Bob")
	ann, bob := clones(t)
	added(t, base, "test it")
	if err := at(t, base, nil).Prove(t.Context(), as("Ann"), proving("t1", ann, "exit", "0")); err != nil {
		t.Fatal(err)
	}
	c := at(t, base, nil)
	c.AskHere = func(context.Context, string) (string, error) {
		return "yes", os.WriteFile(filepath.Join(bob, "new"), nil, 0o600)
	}
	err := c.ProveAgain(t.Context(), as("Bob"), shell.ProveRequest{ID: "t1", In: bob, Limit: time.Hour})
	wants(t, "a change", err, 4, "Nothing was run")

	// Ctrl-C at the question, or while the command runs, is no result.
	git(t, bob, "clean", "--quiet", "--force")
	c.AskHere = func(context.Context, string) (string, error) { return "", context.Canceled }
	err = c.ProveAgain(t.Context(), as("Bob"), shell.ProveRequest{ID: "t1", In: bob, Limit: time.Hour})
	if got := taskOf(t, base, "t1").Checks; !errors.Is(err, context.Canceled) || len(got) > 0 {
		t.Errorf("%v, %+v", err, got)
	}
}

// typed runs task check -- COMMAND as Bob, for whom no person is there: an agent.
func typed(t *testing.T, c *command, id, dir string, words ...string) error {
	t.Helper()
	c.NoPerson = func() string { return "CLAUDECODE is set" }
	return c.ProveTyped(t.Context(), as("Bob"), shell.ProveRequest{ID: id, Args: words, In: dir, Limit: time.Hour})
}

// Nothing runs, and no refusal has the words that would have to be typed.
func TestProveTyped_whatIsNotTheTasks_runsNothing(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Bob")
	ann, bob := clones(t)
	words := proving("", "", "write", "ignored").Args
	line := prove.Join(words)
	tree := prove.FilesAt(t.Context(), bob).Tree
	for n, a := range []map[string]any{{"ran": line, "tree": tree}, {"ran": line + " | tee log", "tree": tree},
		{"ran": line}, {}, {"ran": line, "tree": tree, "dir": "sub"}} {
		finishes(t, base, "t"+strconv.Itoa(n+1), a)
	}
	added(t, base, "open")
	other := filepath.Join(ann, "new")
	if err := os.WriteFile(other, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what, id, dir string
		words         []string
		code          int
		says          string
	}{
		{"fewer words", "t1", bob, words[:2], 2, "word for word"},
		{"more words", "t1", bob, append(slices.Clone(words), ""), 2, "parley tasks --closed"},
		{"one word", "t1", bob, []string{line}, 2, "word for word"},
		{"other files", "t1", ann, words, 4, "are not those of t1"},
		{"no repository", "t1", t.TempDir(), words, 4, "no Git repository is here"},
		{"another folder", "t1", filepath.Join(bob, "sub"), words, 4, `another folder of the repository, "/"`},
		{"needs a shell", "t2", bob, append(slices.Clone(words), "|", "tee", "log"), 1, "needs a shell"},
		{"no tree", "t3", bob, words, 4, "does not say on which files"},
		{"no command", "t4", bob, words, 1, "t4 says nothing of what was run"},
		{"the top", "t5", bob, words, 4, `another folder of the repository, "/sub"`},
		{"open", "t6", bob, words, 1, "t6 is not done"},
	} {
		err := typed(t, at(t, base, nil), c.id, c.dir, c.words...)
		wants(t, c.what, err, c.code, c.says, "othing")
		if err != nil && strings.Contains(err.Error(), "ignored") {
			t.Errorf("%s: it shows the command: %v", c.what, err)
		}
		for _, dir := range []string{c.dir, filepath.Join(bob, "sub")} {
			if _, err := os.Stat(filepath.Join(dir, "ignored")); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: a command ran: %v", c.what, err)
			}
		}
	}
	err := at(t, base, nil).ProveTyped(t.Context(), as("Ann"), shell.ProveRequest{ID: "t1", In: bob, Args: words})
	wants(t, "the own task", err, 1, "You have finished t1 yourself")
}

func TestTask_checkByHand_isReported(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Bob")
	added(t, base, "test it")
	if err := at(t, base, nil).Prove(t.Context(), as("Ann"), proving("t1", t.TempDir(), "exit", "0")); err != nil {
		t.Fatal(err)
	}
	exit, c := 2, at(t, base, nil)
	c.Out.JSON = false
	if err := c.Task(t.Context(), as("Bob"), shell.TaskRequest{Action: "check", ID: "t1", Verdict: "differs",
		Exit: &exit}); err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(c.out.String(), " Bob: not the same (exit 2)\n") {
		t.Errorf("it shows %q", &c.out)
	}
	if err := at(t, base, nil).Task(t.Context(), as("Bob"), shell.TaskRequest{Action: "check", ID: "t1",
		Verdict: "cannot"}); err != nil {
		t.Fatal(err)
	}
	var got results.Tasks
	if err := calls(t, at(t, base, nil), "Ann", "list_tasks", map[string]any{"id": "t1"}, &got); err != nil {
		t.Fatal(err)
	}
	if err := at(t, base, nil).Remove(t.Context(), as("Ann"), got.Task.Checks[0].ID); err != nil {
		t.Fatal(err)
	}
	tail := at(t, base, nil)
	tail.Out.JSON = false
	if err := tail.History(t.Context(), as("Ann"), shell.HistoryRequest{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`* task done: t1 "test it"; by Ann; reported: "`, " does exit 0\", exit 0\n",
		`* task t1 "test it", done by "Ann"; reported: "`, `", exit 0: Bob: not the same (exit 2)` + "\n",
		`", exit 0: the check by Bob was removed` + "\n", `* check removed: t1 "test it", done by "Ann"; reported: "`} {
		if !strings.Contains(tail.out.String(), want) {
			t.Errorf("the history is\n%s\nwithout %q", &tail.out, want)
		}
	}
}

// finishes has Ann add a task, which gets the id, and finish it with the evidence in a.
func finishes(t *testing.T, base, id string, a map[string]any) {
	t.Helper()
	added(t, base, "by an agent "+id)
	a["action"], a["id"] = "finish", id
	if a["ran"] != nil {
		a["exit"] = 0
	}
	if err := calls(t, at(t, base, nil), "Ann", "task", a, new(results.Tasks)); err != nil {
		t.Fatal(err)
	}
}
