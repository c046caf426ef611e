package archtest

import (
	"cmp"
	"go/ast"
	"io/fs"
	"maps"
	"math"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// pages returns the text of each page for people, by its path from the root.
func pages(t *testing.T) map[string]string {
	t.Helper()
	var names []string
	for _, pattern := range []string{"*.md", "docs/*.md", "plugins/*/README.md", "bench/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, found...)
	}
	all := map[string]string{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.ToSlash(rel)] = string(text)
	}
	return all
}

// TestPages_everyLink_leadsSomewhere checks links to files of this tree, and to headings in them.
func TestPages_everyLink_leadsSomewhere(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)\s:]+)\)`)
	all, links := pages(t), 0
	for page, text := range all {
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			links++
			name, anchor, _ := strings.Cut(m[1], "#")
			at := page
			if name != "" {
				at = filepath.ToSlash(filepath.Join(filepath.Dir(page), name))
			}
			if _, err := os.Stat(filepath.Join(root, at)); err != nil {
				t.Errorf("%s links to %s, which does not exist", page, m[1])
			} else if anchor != "" && !slices.Contains(anchors(all[at]), anchor) {
				t.Errorf("%s links to %s, and %s has no such heading", page, m[1], at)
			}
		}
	}
	if links < 100 {
		t.Errorf("only %d links", links)
	}
}

// anchors returns the anchors that GitHub gives the headings of a page.
func anchors(text string) (all []string) {
	dropped := regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	for _, m := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(text, -1) {
		all = append(all, strings.ReplaceAll(dropped.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-"))
	}
	return all
}

// TestPages_operations_haveEachWarning compares the warnings and errors that the server logs with
// the table of docs/operations.md, which has what their messages begin with.
func TestPages_operations_haveEachWarning(t *testing.T) {
	_, table, _ := strings.Cut(pages(t)["docs/operations.md"], "\nLines of level `warn` and above")
	table, _, _ = strings.Cut(table, "\n## ")
	said := map[string]bool{} // whether the code says so, by what the page has
	for _, m := range regexp.MustCompile("(?m)^\\| ((?:`[^`]+`,? ?)+)").FindAllStringSubmatch(table, -1) {
		for _, name := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(m[1], -1) {
			said[name[1]] = name[1] == "request"
		}
	}
	for _, s := range sources(t) {
		if s.test() || strings.HasPrefix(s.name, "bench/") {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if message := logged(n); message != "" {
				known := false
				for begin := range said {
					if strings.HasPrefix(message, begin) {
						known, said[begin] = true, true
					}
				}
				if !known {
					t.Errorf("%s logs %q, which docs/operations.md does not explain", s.at(n), message)
				}
			}
			return true
		})
	}
	for _, name := range slices.Sorted(maps.Keys(said)) {
		if !said[name] {
			t.Errorf("docs/operations.md explains %q, which nothing logs", name)
		}
	}
	if len(said) < 20 {
		t.Errorf("docs/operations.md explains only %d messages", len(said))
	}
}

// logged returns the message that a call logs at the level of a warning or above; "" for others.
func logged(n ast.Node) string {
	call, isCall := n.(*ast.CallExpr)
	if !isCall {
		return ""
	}
	f, isMethod := call.Fun.(*ast.SelectorExpr)
	if !isMethod {
		return ""
	}
	at := map[string]int{"Warn": 0, "WarnContext": 1, "ErrorContext": 1, "LogAttrs": 2}
	i, logs := at[f.Sel.Name]
	if !logs || i >= len(call.Args) {
		return ""
	}
	if i == 2 { // LogAttrs has the level before the message
		level, named := call.Args[1].(*ast.SelectorExpr)
		if !named || level.Sel.Name != "LevelWarn" && level.Sel.Name != "LevelError" {
			return ""
		}
	}
	text := call.Args[i]
	for sum, broken := text.(*ast.BinaryExpr); broken; sum, broken = text.(*ast.BinaryExpr) {
		text = sum.X // the first line of several
	}
	literal, isLiteral := text.(*ast.BasicLit)
	if !isLiteral {
		return ""
	}
	message, _ := strconv.Unquote(literal.Value)
	return message
}

// TestPages_deploy_hasEachParameter compares the parameters of the template with the table of
// docs/deploy.md. A deployment proposes its own ReservedConcurrency.
func TestPages_deploy_hasEachParameter(t *testing.T) {
	_, text, _ := strings.Cut(pages(t)["docs/deploy.md"], "\n## Parameters\n")
	said := map[string]string{} // the default, by name
	for _, row := range regexp.MustCompile("(?m)^\\| (`[^|]+) \\| ([^|]*)\\|").FindAllStringSubmatch(text, -1) {
		names, defaults := strings.Split(row[1], ", "), strings.Split(row[2], ", ")
		for i, name := range names {
			said[strings.Trim(name, "`")] = strings.TrimSpace(defaults[min(i, len(defaults)-1)])
		}
	}
	template, err := os.ReadFile(filepath.Join(root, "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	parameter := regexp.MustCompile(`(?m)^  (\w+):\n    Type: \w+\n    Default: (.*)$`)
	parameters := parameter.FindAllStringSubmatch(string(template), -1)
	if len(parameters) != len(said) {
		t.Errorf("the template has %d parameters, and docs/deploy.md %d", len(parameters), len(said))
	}
	for _, p := range parameters {
		got, there := said[p[1]]
		if want := strings.Trim(p[2], `"`); !there || got != want && p[1] != "ReservedConcurrency" {
			t.Errorf("docs/deploy.md says %q of %s, whose default is %q", got, p[1], want)
		}
	}
}

// TestPages_listOfThem_hasEachOne: docs/README.md says which page answers which question.
func TestPages_listOfThem_hasEachOne(t *testing.T) {
	all := pages(t)
	for page := range all {
		name, in := strings.CutPrefix(page, "docs/")
		if in && name != "README.md" && strings.Count(all["docs/README.md"], "]("+name+")") != 1 {
			t.Errorf("docs/README.md does not list %s once", name)
		}
	}
}

// TestPages_questions_haveTheLinesOfEachPart compares the table of docs/questions.md with the tree. Each file of code
// counts for one row, and a row is true to a tenth, or to a hundred lines.
func TestPages_questions_haveTheLinesOfEachPart(t *testing.T) {
	_, table, _ := strings.Cut(pages(t)["docs/questions.md"], "\n## What do its lines buy?\n")
	said, found := map[string]float64{}, map[string]int{} // by the first cell of the row
	cells := regexp.MustCompile(`(?m)^\| (.*` + "`" + `.*) \| ([0-9.]+) \|`)
	for _, row := range cells.FindAllStringSubmatch(table, -1) {
		lines, err := strconv.ParseFloat(row[2], 64)
		if err != nil {
			t.Fatal(err)
		}
		said[row[1]] = 1000 * lines
	}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		at, in := strings.CutPrefix(filepath.ToSlash(name), root+"/")
		if err != nil || in && d.IsDir() && (skipped(name) || at == "bench" || at == "scripts" || at == "plugins") {
			return cmp.Or(err, filepath.SkipDir)
		}
		made := strings.HasPrefix(d.Name(), "vendor") // by a program
		if kinds := []string{".go", ".js", ".css"}; d.IsDir() || made || !slices.Contains(kinds, filepath.Ext(name)) {
			return nil
		}
		text, err := os.ReadFile(name)
		row := rowOf(strings.TrimPrefix(at, "internal/"), slices.Collect(maps.Keys(said)))
		found[row] += strings.Count(string(text), "\n")
		return err
	})
	if err != nil || len(said) < 10 {
		t.Fatalf("%d rows, %v", len(said), err)
	}
	for _, part := range slices.Sorted(maps.Keys(found)) {
		t.Logf("%7d %s", found[part], part)
		if off := math.Abs(said[part] - float64(found[part])); off > max(100, float64(found[part])/10) {
			t.Errorf("docs/questions.md says %.0f lines of %q, and there are %d", said[part], part, found[part])
		}
	}
}

// rowOf returns the row for a file: of the folders that the rows name, the innermost that it is in.
func rowOf(name string, rows []string) string {
	row, innermost := "in no row: "+path.Dir(name), ""
	isTest := within(name, "e2e") || within(name, "testkit") || strings.Contains(name, "_test.") ||
		strings.HasPrefix(name, "web/test/")
	for _, r := range rows {
		if isTest && strings.HasPrefix(r, "tests") {
			return r
		}
		for _, folder := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(r, -1) {
			if !isTest && within(name, folder[1]) && len(folder[1]) > len(innermost) {
				row, innermost = r, folder[1]
			}
		}
	}
	return row
}

// TestPages_firstOnes_areShort bounds what a newcomer reads first.
func TestPages_firstOnes_areShort(t *testing.T) {
	all := pages(t)
	if words := len(strings.Fields(all["README.md"])); words > 1200 {
		t.Errorf("README.md has %d words, at most 1,200: details go to docs/", words)
	}
	if words := len(strings.Fields(all["docs/hosted.md"])); words > 700 {
		t.Errorf("docs/hosted.md has %d words, at most 700: it is a list to work through", words)
	}
	if words := len(strings.Fields(all["docs/where.md"])); words > 2299 {
		t.Errorf("docs/where.md has %d words, at most 2,299: leave out what the name of a file says", words)
	}
	// From the second release on, its part alone.
	_, first, _ := strings.Cut(all["CHANGELOG.md"], "\n## ")
	first, _, _ = strings.Cut(first, "\n## ")
	if lines := strings.Count(first, "\n"); lines > 20 {
		t.Errorf("CHANGELOG.md has %d lines about the next release, at most 20", lines)
	}
}
