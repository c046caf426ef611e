//go:build unix

package shell_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/shell"
)

// repository makes a repository the current folder, in which Ann has api.json. outside is a folder beside it.
func repository(t *testing.T) (outside string) {
	t.Helper()
	top := filepath.Join(t.TempDir(), "top")
	outside = filepath.Join(filepath.Dir(top), "outside")
	if err := errors.Join(os.MkdirAll(filepath.Join(top, ".git"), 0o700), os.Mkdir(outside, 0o700)); err != nil {
		t.Fatal(err)
	}
	t.Chdir(top)
	writes(t, "api.json", "{}\n")
	writes(t, filepath.Join(outside, "agreed"), "mine\n")
	return outside
}

func writes(t *testing.T, path, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
}

// agreeOn has Ann propose the file at path, and Bob agree.
func agreeOn(t *testing.T, base, path string) {
	t.Helper()
	agree(t, base, shell.PutRequest{Path: path}, "Bob")
}

// agree has Ann propose a file, and others agree, and returns the id.
func agree(t *testing.T, base string, file shell.PutRequest, others ...string) string {
	t.Helper()
	c := at(t, base, nil)
	file.Kind = "proposal"
	if err := c.Put(t.Context(), as("Ann"), file); err != nil {
		t.Fatal(err)
	}
	var sent results.Sent
	read(t, c.out.String(), &sent)
	for _, name := range others {
		say(t, base, name, shell.SendRequest{Kind: "agree", ReplyTo: sent.ID})
	}
	return sent.ID
}

// agreed runs parley agreed, and returns the exit code with what is said.
func agreed(t *testing.T, c *command, write bool, files ...string) (code int, says string) {
	t.Helper()
	err := c.Agreed(t.Context(), as("Ann"), files, write)
	if wrong := new(shell.Failure); errors.As(err, &wrong) {
		code = wrong.Code
	} else if err != nil {
		code = 1
	}
	if err != nil {
		says = err.Error()
	}
	return code, c.out.String() + says
}

// A clone brings what its owner wants but .git, and its list may be anything.
var hostileClones = map[string]struct {
	make  func(outside string) error
	file  string // that is to be listed; "" is api.json
	says  string
	check bool // without --write it is refused, too
}{
	"a folder that is a link": {func(outside string) error { return os.Symlink(outside, ".parley") }, "",
		"no plain file in a plain folder", true},
	"a folder that is a link within": {func(string) error {
		return errors.Join(os.Mkdir("in", 0o700), os.Symlink("in", ".parley"))
	}, "", "no plain file in a plain folder", true},
	"a folder that is a link to nothing": {func(outside string) error {
		return os.Symlink(filepath.Join(outside, "new"), ".parley")
	}, "", "no plain file in a plain folder", true},
	"a folder that is a file": {func(string) error { return os.WriteFile(".parley", nil, 0o600) }, "",
		"no plain file in a plain folder", true},
	"a folder that is a pipe": {func(string) error { return syscall.Mkfifo(".parley", 0o600) }, "",
		"no plain file in a plain folder", true},
	"a list that is a link": {func(outside string) error {
		return errors.Join(os.Mkdir(".parley", 0o700), os.Symlink(filepath.Join(outside, "agreed"), ".parley/agreed"))
	}, "", "no plain file in a plain folder", true},
	"a list that is a pipe": {func(string) error {
		return errors.Join(os.Mkdir(".parley", 0o700), syscall.Mkfifo(".parley/agreed", 0o600))
	}, "", "no plain file in a plain folder", true},
	"a list that is a folder": {func(string) error { return os.MkdirAll(".parley/agreed", 0o700) }, "",
		"no plain file in a plain folder", true},
	"a list without end": {list(strings.Repeat("# long\n", 1<<20)), "", "is larger than 1.0 MB", true},
	"a line of words":    {list("# mine\n\nwords\n"), "", "Line 3 of .parley/agreed is no line of sha256sum", true},
	"a line with one blank, after which sha256sum reads all names with a blank": {
		list(digest + " x\n" + digest + "  api.json\n"), "", "Line 1 of", true},
	"a comment behind a blank":       {list(" # x\n"), "", "Line 1 of", true},
	"a byte order mark":              {list("\ufeff# x\n"), "", "Line 1 of", true},
	"a name that ends in the middle": {list(digest + "  x\x00y\n"), "", "Line 1 of", true},
	"a name of another form":         {list(`\` + digest + "  x\n"), "", "Line 1 of", true},
	"the input as a file":            {list(digest + "  -\n"), "", "Line 1 of", true},
	"a file that is a link": {func(outside string) error {
		return os.Symlink(filepath.Join(outside, "agreed"), "link")
	}, "link", "it is a link, or no plain file", false},
	"a file behind a link": {func(string) error {
		return errors.Join(os.Mkdir("in", 0o700), os.Symlink("in", "link"), os.WriteFile("in/x", nil, 0o600))
	}, "link/x", "it is a link, or no plain file", false},
	"a file that is a pipe": {func(string) error { return syscall.Mkfifo("pipe", 0o600) }, "pipe", "no plain file",
		false},
	"a file that is a folder": {func(string) error { return os.Mkdir("in", 0o700) }, "in", "no plain file", false},
	"a file above":            {list(""), "../outside/agreed", "without ..", false},
	"a file by way of ..":     {list(""), "in/../api.json", "without ..", false},
	"a file by its full path": {list(""), "/etc/passwd", "in or below the current folder", false},
	"a name with a backslash": {list(""), `a\b`, "a line end or a backslash", false},
	"a name with a line end":  {list(""), "a\nb", "a line end or a backslash", false},
}

const digest = "ca3d163bab055381827226140568f3bef7eaac187cebd76878e0b63e9e442356" // of api.json

// list returns a function that makes the list.
func list(text string) func(string) error {
	return func(string) error {
		return errors.Join(os.Mkdir(".parley", 0o700), os.WriteFile(".parley/agreed", []byte(text), 0o600))
	}
}

func TestAgreed_hostileClone_isRefusedAndNothingIsWritten(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Bob")
	repository(t)
	agreeOn(t, base, "api.json")
	for name, clone := range hostileClones {
		t.Run(name, func(t *testing.T) {
			outside := repository(t)
			if err := clone.make(outside); err != nil {
				t.Fatal(err)
			}
			before := tree(t, filepath.Dir(outside))
			file := clone.file
			if file == "" {
				file = "api.json"
			}
			if code, says := agreed(t, at(t, base, nil), true, file); code == 0 || !strings.Contains(says, clone.says) {
				t.Errorf("--write: exit code %d, %s", code, says)
			}
			if clone.check {
				if code, says := agreed(t, at(t, base, nil), false); code != 1 || !strings.Contains(says, clone.says) {
					t.Errorf("exit code %d, %s", code, says)
				}
			}
			if after := tree(t, filepath.Dir(outside)); after != before {
				t.Errorf("it has changed\n%s to\n%s", before, after)
			}
		})
	}
}

// tree lists what is in a folder, with the sizes of files.
func tree(t *testing.T, folder string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		about, err := d.Info()
		if err == nil {
			all.WriteString(path + " " + about.Mode().String())
			if about.Mode().IsRegular() {
				text, _ := os.ReadFile(path)
				all.Write(text[:min(len(text), 100)])
			}
			all.WriteString("\n")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// The list of a clone may name files anywhere, and nothing of them is read.
func TestAgreed_listedPathsThatLeadOut_areNoPlainFiles(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Bob")
	outside := repository(t)
	agreeOn(t, base, "api.json")
	writes(t, filepath.Join(outside, "api.json"), "{}\n")
	if err := errors.Join(os.Symlink(outside, "link"), syscall.Mkfifo("pipe", 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"../outside/api.json", filepath.Join(outside, "api.json"), "link/api.json", "pipe"} {
		writes(t, ".parley/agreed", digest+"  "+path+"\n")
		if code, says := agreed(t, at(t, base, nil), false); code != 3 || !strings.Contains(says,
			"is no plain file that can be read here") {
			t.Errorf("%s: exit code %d, %s", path, code, says)
		}
	}
}

func TestAgreed_write_keepsOtherLinesAndIsReadBySha256sum(t *testing.T) {
	sha256sum, err := exec.LookPath("sha256sum")
	if err != nil {
		t.Skip("sha256sum is not installed")
	}
	base := serve(t)
	meet(t, base, "Ann", "Bob")
	repository(t)
	agreeOn(t, base, "api.json")
	files := []string{"a b", "'q' \"q\" $(id)", "*star", " * ", "#x", "-x", "überall/\u202e%::y", "##[error]z",
		"trailing "}
	for _, file := range files {
		writes(t, file, "{}\n")
	}
	writes(t, ".parley/.agreed.part", "of a killed command")
	other := "# mine\r\n\r\n" + strings.ToUpper(digest) + " *a b\r\n# in a room of x\n"
	writes(t, ".parley/agreed", other+digest+"  *star\n# agreed by me\n# in a room of x\n"+digest+"  #x\n"+digest+
		"  .//#x\n"+digest+"  api.json") // without a line end
	if code, says := agreed(t, at(t, base, nil), true, files[1:]...); code != 0 {
		t.Fatalf("exit code %d, %s", code, says)
	}
	text, err := os.ReadFile(".parley/agreed")
	kept := other + digest + "  api.json\n# agreed by "
	if err != nil || !strings.HasPrefix(string(text), kept) || strings.Count(string(text), "#x\n") != 1 {
		t.Errorf("the list is now\n%s, %v", text, err)
	}
	out, err := exec.Command(sha256sum, "--strict", "-c", ".parley/agreed").CombinedOutput()
	if err != nil || strings.Count(string(out), ": OK") != len(files)+1 {
		t.Errorf("%v, %s", err, out)
	}
	if code, says := agreed(t, at(t, base, nil), false); code != 0 {
		t.Errorf("exit code %d, %s", code, says)
	}
	if left, err := os.ReadDir(".parley"); err != nil || len(left) != 1 {
		t.Errorf("left are %v, %v", left, err)
	}
	sub := filepath.Join("überall", "deep")
	writes(t, filepath.Join(sub, "x"), "{}\n")
	t.Chdir(sub)
	if code, says := agreed(t, at(t, base, nil), true, "x"); code != 0 || !strings.Contains(says, `überall/deep/x`) {
		t.Errorf("from below: exit code %d, %s", code, says)
	}
	if code, says := agreed(t, at(t, base, nil), false, "x", "y"); code != 6 || !strings.Contains(says,
		`does not list "überall/deep/y". To list it, once it is agreed on: parley agreed --write y`) {
		t.Errorf("one is not listed: exit code %d, %s", code, says)
	}
	odd := "a\n" + digest + "  b" // a clone can bring a folder whose name is a line
	writes(t, filepath.Join(odd, "x"), "{}\n")
	t.Chdir(odd)
	if code, says := agreed(t, at(t, base, nil), true, "x"); code != 2 || !strings.Contains(says, "a line end or a") {
		t.Errorf("below an odd folder: exit code %d, %s", code, says)
	}
}

func TestAgreed_whoHadNoSay_isNamed(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Bob", "Cy")
	repository(t)
	old := agree(t, base, shell.PutRequest{Path: "api.json"}, "Bob", "Cy")
	if err := at(t, base, nil).Leave(t.Context(), as("Cy"), ""); err != nil {
		t.Fatal(err)
	}
	writes(t, "api.json", "[]\n")
	agree(t, base, shell.PutRequest{Path: "api.json", ReplyTo: old}, "Bob")
	code, says := agreed(t, at(t, base, nil), true, "api.json")
	text, err := os.ReadFile(".parley/agreed")
	if err != nil || code != 0 || !strings.HasPrefix(string(text),
		`# agreed by "Ann", "Bob", without "Cy", who had no say, `) {
		t.Errorf("exit code %d, %s; %v, the list is\n%s", code, says, err, text)
	}
}

func TestAgreed_writesAtOnce_loseNoLine(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Bob")
	repository(t)
	agreeOn(t, base, "api.json")
	const n = 10
	var all sync.WaitGroup
	for i := range n {
		file := fmt.Sprintf("%d.json", i)
		writes(t, file, "{}\n")
		c := at(t, base, nil)
		all.Go(func() {
			if code, says := agreed(t, c, true, file); code != 0 {
				t.Errorf("exit code %d, %s", code, says)
			}
		})
	}
	all.Wait()
	if text, err := os.ReadFile(".parley/agreed"); err != nil || strings.Count(string(text), ".json\n") != n {
		t.Errorf("the list is\n%s, %v", text, err)
	}
}

// A list that is removed while the command asks the room is gone: none of its lines comes back.
func TestAgreed_listRemovedMeanwhile_staysRemoved(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Bob")
	repository(t)
	agreeOn(t, base, "api.json")
	writes(t, ".parley/agreed", strings.Repeat("0", 64)+"  old.json\n")
	c := at(t, base, &crossing{call: []byte("message_history"), before: func() {
		if err := os.Remove(".parley/agreed"); err != nil {
			t.Error(err)
		}
	}})
	if code, says := agreed(t, c, true, "api.json"); code != 0 {
		t.Errorf("exit code %d, %s", code, says)
	}
	if text, err := os.ReadFile(".parley/agreed"); err != nil || strings.Contains(string(text), "old.json") {
		t.Errorf("the list is\n%s, %v", text, err)
	}
}

// The agent that votes last is told how to list the agreed file, and so is the one that proposed it.
func TestAgreement_onAFile_namesTheCommandThatListsIt(t *testing.T) {
	base := serve(t)
	marked(t, base, "Ann", "Bob")
	repository(t)
	id := agree(t, base, shell.PutRequest{Path: "api.json"})
	drain(t, base)
	bob := at(t, base, nil)
	bob.Out.JSON = false
	ann := byAgent(t, base)
	err := errors.Join(bob.Send(t.Context(), as("Bob"), shell.SendRequest{Kind: "agree", ReplyTo: id}),
		ann.Wait(t.Context(), as("Ann"), shell.WaitRequest{}))
	for name, c := range map[string]*command{"Ann": ann, "Bob": bob} {
		want := "parley: To list the file of " + id + " in a repository: parley agreed --write FILE --room tea --as " +
			name + "\n"
		if err != nil || !strings.Contains(c.notes.String(), want) {
			t.Errorf("%v, %s is told %q, want %q", err, name, &c.notes, want)
		}
	}
}

// otherBytes answers each download of the bytes of with others.
type otherBytes struct {
	http.RoundTripper
	of string
}

func (o otherBytes) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := o.RoundTripper.RoundTrip(r)
	if err == nil && strings.HasPrefix(r.URL.Path, "/v1/file/") {
		text, _ := io.ReadAll(resp.Body)
		resp.Body = io.NopCloser(bytes.NewReader(bytes.Replace(text, []byte(o.of), []byte("abc"), 1)))
	}
	return resp, err
}

func TestAgreed_list_countsOnlyAsItWasAgreedOnAndWithoutDoubt(t *testing.T) {
	none := strings.Repeat("0", 64)
	for shared, code := range map[string]int{
		digest + "  api.json\n":                                0,
		digest + " *./api.json\r\n":                            0,
		"# a comment\n" + digest + "  api.json\n":              0,
		digest + "  docs/api.json\n":                           6,
		none + "  api.json\n":                                  3,
		digest + "  api.json\n" + none + "  api.json\n":        6,
		digest + "  api.json\nSHA256 (api.json) = " + none:     6,
		"words that only quote\n" + digest + "  api.json\n":    6,
		digest + "  api.json\n\\" + none + "  api.json\n":      6,
		digest + "  api.json\n" + strings.Repeat("#\n", 1<<20): 6,
	} {
		base := serve(t)
		meet(t, base, "Ann", "Bob")
		repository(t)
		writes(t, "notes", "old")
		agreeOn(t, base, "notes")
		writes(t, "sums", shared)
		agreeOn(t, base, "sums")
		if got, says := agreed(t, at(t, base, nil), true, "api.json"); got != code {
			t.Errorf("%.200q: exit code %d, %s", shared, got, says)
		}
		if code == 0 {
			c := at(t, base, otherBytes{http.DefaultTransport, "old"})
			if got, says := agreed(t, c, true, "api.json"); got != 0 {
				t.Errorf("an older file is read: exit code %d, %s", got, says)
			}
			c = at(t, base, otherBytes{http.DefaultTransport, "api"})
			if got, says := agreed(t, c, true, "api.json"); got != 1 || !strings.Contains(says, "gives other bytes") {
				t.Errorf("other bytes: exit code %d, %s", got, says)
			}
		}
	}
}

// The escapes are those of JSON, so JSON stays what it is.
func TestActionsLog_whatARunnerWouldObey_isEscaped(t *testing.T) {
	for text, want := range map[string]string{
		"::error::x":               `:\u003aerror::x`,
		"a\n \t::error::x":         "a\n \t:\\u003aerror::x",
		"a\r::error::x":            "a\r:\\u003aerror::x",
		"\u00a0\u3000::error::x":   "\u00a0\u3000:\\u003aerror::x",
		":\u200d:error::x":         ":\u200d\\u003aerror::x",
		"see a::b, ::error::":      "see a::b, ::error::",
		": :":                      `: \u003a`,
		`{"text":"x ##[error] y"}`: `{"text":"x ##\u005berror] y"}`,
		"###[a] #\u200d#[b] #[c]":  "###\\u005ba] #\u200d#\\u005bb] #[c]",
		"\x00##\n[":                "\x00##\n[",
	} {
		for _, size := range []int{len(text), 1} {
			var got bytes.Buffer
			log := &shell.ActionsLog{Out: &got}
			for rest := text; rest != ""; rest = rest[min(size, len(rest)):] {
				if n, err := io.WriteString(log, rest[:min(size, len(rest))]); err != nil || n != min(size, len(rest)) {
					t.Fatalf("%d, %v", n, err)
				}
			}
			if got.String() != want {
				t.Errorf("%q becomes %q, want %q", text, &got, want)
			}
		}
	}
}
