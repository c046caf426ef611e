package archtest

import (
	"go/ast"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDocs_everyPath_exists checks the paths in the docs, so that nobody is sent to a
// file that has moved.
func TestDocs_everyPath_exists(t *testing.T) {
	path := regexp.MustCompile("`((?:internal|cmd|functions|bench|deploy|docs|e2e|scripts)/[A-Za-z0-9_/.*-]+)`")
	for doc, text := range pages(t) {
		if doc == "CHANGELOG.md" { // it names what was there once
			continue
		}
		found := path.FindAllStringSubmatch(text, -1)
		if doc == "docs/where.md" && len(found) < 50 {
			t.Errorf("%s names only %d paths", doc, len(found))
		}
		for _, m := range found {
			if places, err := filepath.Glob(filepath.Join("../../..", strings.TrimSuffix(m[1], "/"))); err != nil ||
				len(places) == 0 {
				t.Errorf("%s names %s, which does not exist", doc, m[1])
			}
		}
	}
}

// TestDocs_functions_areInTheirFiles checks each `file`: `function`, `function` of docs/design.md and
// docs/where.md, so that a line leads to the code that it is about.
func TestDocs_functions_areInTheirFiles(t *testing.T) {
	const file, names = "`((?:internal|cmd|functions)/[a-z0-9_/-]+\\.(?:go|js))`", "((?:`[A-Za-z]+`(?:, )?)+)"
	cell := regexp.MustCompile(file + ": " + names)
	name := regexp.MustCompile("`([A-Za-z]+)`")
	checked := 0
	for _, c := range cell.FindAllStringSubmatch(read(t, "docs/design.md")+read(t, "docs/where.md"), -1) {
		code := read(t, c[1])
		for _, n := range name.FindAllStringSubmatch(c[2], -1) {
			checked++
			const before = `(?m)^(?:(?:export )?(?:func (?:\([^)]*\) )?|type |const |var |class )`
			declared := regexp.MustCompile(before + n[1] + `\b|\t` + n[1] + ` +(?:[A-Za-z0-9]+ +)?= )`)
			if !declared.MatchString(code) {
				t.Errorf("the docs say that %s is in %s, which does not declare it", n[1], c[1])
			}
		}
	}
	if checked < 200 {
		t.Errorf("the docs name only %d functions with their files", checked)
	}
}

// TestDocs_testsOfDefenses_exist checks that each defense in docs/security.md, and each fault in docs/reliability.md,
// has its tests, in the package that the page names.
func TestDocs_testsOfDefenses_exist(t *testing.T) {
	cell := regexp.MustCompile("`([a-z0-9/]+)`: ((?:`(?:Test|Fuzz)[A-Za-z0-9_*]+`(?:, )?)+)")
	name := regexp.MustCompile("`([A-Za-z0-9_]+)(\\*?)`")
	for page, least := range map[string]int{"docs/security.md": 300, "docs/reliability.md": 25} {
		checked := 0
		for _, c := range cell.FindAllStringSubmatch(read(t, page), -1) {
			code := testsIn(t, page, c[1])
			for _, n := range name.FindAllStringSubmatch(c[2], -1) {
				end := "("
				checked++
				if n[2] != "" {
					end = ""
				}
				if !strings.Contains(code, "\nfunc "+n[1]+end) {
					t.Errorf("%s names %s of %s, which does not exist", page, n[0], c[1])
				}
			}
		}
		if checked < least {
			t.Errorf("%s names only %d tests", page, checked)
		}
	}
}

// TestDocs_pastedCommand_hasNoComment: zsh, the shell of macOS, hands a comment at its prompt to the command as words.
func TestDocs_pastedCommand_hasNoComment(t *testing.T) {
	block := regexp.MustCompile("(?ms)^ *```sh\n(.*?)^ *```$")
	behind := regexp.MustCompile(`(?m)^.*\S\s+#(?: .*)?$`)
	blocks := 0
	for name, text := range pages(t) {
		for _, b := range block.FindAllStringSubmatch(text, -1) {
			blocks++
			for _, line := range behind.FindAllString(b[1], -1) {
				t.Errorf("%s: say this beside the commands: %s", name, line)
			}
		}
	}
	if blocks < 20 {
		t.Errorf("only %d blocks of commands", blocks)
	}
}

// testsIn returns the code of the tests of a package of internal or e2e. pkg is the end of its path.
func testsIn(t *testing.T, page, pkg string) string {
	t.Helper()
	var all strings.Builder
	for _, s := range sources(t) {
		known := within(s.dir(), "internal") || within(s.dir(), "e2e")
		if s.test() && known && strings.HasSuffix("/"+s.dir(), "/"+pkg) {
			all.WriteString(read(t, s.name))
		}
	}
	if all.Len() == 0 {
		t.Fatalf("%s names the package %s, which has no tests", page, pkg)
	}
	return all.String()
}

// TestDocs_noCommandLine_holdsAToken checks what people and agents are told to type:
// everybody on a machine can read command lines, and addresses are written to logs.
func TestDocs_noCommandLine_holdsAToken(t *testing.T) {
	const (
		fromFile = `TOKEN=$(cat `
		variable = `--header 'Authorization: Bearer ${PARLEY_KEY}'` // a shell leaves it, and the client puts the key in
	)
	shown := regexp.MustCompile(
		`(?:-H|--header)[ =]?["']?Authorization(?:: Bearer \$\{PARLEY_KEY\}')?|(?:^|[^A-Z_])TOKEN=\S+(?: \S+)?|--(?:agent-)?token\b|[?&](?:agent_)?token=`)
	told := 0
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name != root && skipped(name) {
				return filepath.SkipDir
			}
			return nil
		}
		switch ext := filepath.Ext(name); {
		case strings.HasSuffix(name, "_test.go"), ext != ".md" && ext != ".go" && ext != ".frame" && ext != ".sh":
			return nil
		}
		text, err := os.ReadFile(name)
		for _, hit := range shown.FindAllString(string(text), -1) {
			told++
			if !strings.Contains(hit, fromFile) && hit != variable {
				t.Errorf("%s: %q shows a token to everybody on the machine: read it from a file, and give it to curl "+
					"with -H @-", name, hit)
			}
		}
		return err
	})
	if err != nil || told < 3 {
		t.Errorf("%d places say how to pass a token, %v; want the page at /, next and docs/tools.md", told, err)
	}
}

// TestComments_everyFile_exists reads the files that comments name: of their own folder, or of the
// path that they give.
func TestComments_everyFile_exists(t *testing.T) {
	name := regexp.MustCompile(`(?:[a-z0-9_]+/)*[a-z0-9_]+\.go\b`)
	n := 0
	for _, s := range sources(t) {
		for _, group := range s.file.Comments {
			for _, file := range name.FindAllString(group.Text(), -1) {
				n++
				dir := filepath.Join(root, filepath.FromSlash(s.dir()))
				if strings.Contains(file, "/") {
					dir = root
				}
				if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(file))); err != nil {
					t.Errorf("%s names %s, which is not there", s.at(group), file)
				}
			}
		}
	}
	if n < 50 {
		t.Errorf("only %d files are named", n)
	}
}

// TestComments_ofPackages_nameWhatIsThere reads the lists and walks in the comments of packages: each name with a
// capital within, such as someName, occurs in the package.
func TestComments_ofPackages_nameWhatIsThere(t *testing.T) {
	name := regexp.MustCompile(`(?:^|[^.\w])([A-Za-z][a-z]+[A-Z][A-Za-z]*)`)
	said := map[string]string{}           // the comment, by folder
	there := map[string]map[string]bool{} // the names, by folder
	for _, s := range sources(t) {
		if s.test() {
			continue
		}
		if there[s.dir()] == nil {
			there[s.dir()] = map[string]bool{}
		}
		for n := range ast.Preorder(s.file) {
			if id, ok := n.(*ast.Ident); ok {
				there[s.dir()][id.Name] = true
			}
		}
		said[s.dir()] += s.file.Doc.Text()
	}
	checked := 0
	for dir, text := range said {
		for line := range strings.Lines(text) {
			if !strings.HasPrefix(line, "  - ") && !strings.HasPrefix(line, "    ") {
				continue
			}
			for _, n := range name.FindAllStringSubmatch(line, -1) {
				checked++
				if !there[dir][n[1]] {
					t.Errorf("the comment of %s names %s, which the package does not have", dir, n[1])
				}
			}
		}
	}
	if checked < 30 {
		t.Errorf("only %d names", checked)
	}
}
