package connect_test

import (
	"flag"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/cli/connect"
)

var update = flag.Bool("update", false, "write the golden files")

const server = "https://parley.example/team"

// computer is a home folder with files, and with a space in its path.
type computer struct {
	t *testing.T
	connect.Machine
}

func newComputer(t *testing.T) *computer {
	t.Helper()
	home := filepath.Join(t.TempDir(), "Ann's home")
	c := &computer{t: t, Machine: connect.Machine{
		Home: home, Config: filepath.Join(home, ".config"), State: filepath.Join(t.TempDir(), "state"),
		Program: "/opt/my tools/parley", Getenv: func(string) string { return "" },
		Sleep: func(time.Duration) {},
	}}
	for _, dir := range []string{c.Home, c.State} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func (c *computer) put(name, text string) {
	c.t.Helper()
	path := filepath.Join(c.Home, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		c.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o640); err != nil {
		c.t.Fatal(err)
	}
}

// files returns the whole home folder: the texts of files, "/" for a folder.
func (c *computer) files() map[string]string {
	c.t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(c.Home, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == c.Home {
			return err
		}
		name, err := filepath.Rel(c.Home, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			all[filepath.ToSlash(name)] = "/"
			return nil
		}
		text, err := os.ReadFile(path)
		all[filepath.ToSlash(name)] = string(text)
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return all
}

func (c *computer) connect(o connect.Options) connect.Report {
	c.t.Helper()
	if o.Server == "" {
		o.Server = server
	}
	report, err := c.Machine.Connect(o)
	if err != nil {
		c.t.Fatal(err)
	}
	return report
}

func (c *computer) undo(client string) connect.Report {
	c.t.Helper()
	report, err := c.Machine.Undo(client, false)
	if err != nil {
		c.t.Fatal(err)
	}
	return report
}

func (c *computer) is(want map[string]string, when string) {
	c.t.Helper()
	got := c.files()
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if text, ok := want[name]; !ok || text != got[name] {
			c.t.Errorf("%s, %s is\n%s\nnot\n%s", when, name, got[name], want[name])
		}
	}
	for name := range want {
		if _, ok := got[name]; !ok {
			c.t.Errorf("%s, %s is gone", when, name)
		}
	}
}

// A key and an invite's code, each in its true form.
const (
	key    = "pk_0123456789abcdefghjkmnpqrstvwxyz4d"
	invite = "abcdefg010123456789abcdefh5"
)

// An entry of JSON is one line, also one that was kept since it was written: of a new address a person sees one line
// out and one in for each, and of what stays none.
func TestConnect_anotherAddress_showsALineForEachEntry(t *testing.T) {
	c := newComputer(t)
	o := connect.Options{Client: "claude-code", Allow: true, Wake: true}
	c.connect(o)
	o.Server = "https://other.example"
	said := c.shown(c.connect(o))
	if strings.Count(said, "\n- ") != 5 || strings.Count(said, "\n+ ") != 5 || strings.Count(said, "\n") != 2+2*2*5 ||
		!strings.Contains(said, "\n- \"parley\": {\"type\":\"http\",\"url\":\""+server+"/mcp\"}\n") {
		t.Errorf("it shows\n%s", said)
	}
	if said := c.shown(c.undo("claude-code")); strings.Count(said, "\n") != 2+2*6 {
		t.Errorf("--undo shows\n%s", said)
	}
}

// shown returns the changes as a person sees them.
func (c *computer) shown(r connect.Report) string {
	var out strings.Builder
	for _, change := range r.Changes {
		if _, err := change.WriteTo(&out); err != nil {
			c.t.Fatal(err)
		}
	}
	return strings.ReplaceAll(out.String(), c.Home, "HOME")
}

// sections reads a golden file: "-- NAME --" begins a section.
func sections(t *testing.T, path string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	parts, name := map[string]string{}, ""
	for line := range strings.Lines(string(text)) {
		if inner, ok := strings.CutPrefix(line, "-- "); ok {
			name = strings.TrimSuffix(strings.TrimSpace(inner), " --")
			parts[name] = ""
			continue
		}
		parts[name] += line
	}
	return parts
}

// compare compares the files after connect, and the output, with the golden file.
func compare(t *testing.T, path string, parts, after map[string]string, shown string) {
	t.Helper()
	want, got := map[string]string{}, map[string]string{"shown": shown}
	for name, text := range parts {
		if !strings.HasPrefix(name, "before ") {
			want[name] = text
		}
	}
	for name, text := range after {
		if text != "/" {
			got["after "+name] = text
		}
	}
	if *update {
		var out strings.Builder
		for _, name := range slices.Sorted(maps.Keys(parts)) {
			if strings.HasPrefix(name, "before ") {
				out.WriteString("-- " + name + " --\n" + parts[name])
			}
		}
		for _, name := range slices.Sorted(maps.Keys(got)) {
			out.WriteString("-- " + name + " --\n" + got[name])
		}
		if err := os.WriteFile(path, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if got[name] != want[name] {
			t.Errorf("%s: %s is\n%s\nnot\n%s", path, name, got[name], want[name])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%s has %d files, not %d", path, len(got), len(want))
	}
}
