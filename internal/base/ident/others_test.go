package ident

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
)

// forOthers finds the words by which English names somebody without a name: its personal and
// indefinite pronouns where they stand for a speaker, and the nouns that the page marks people by.
var forOthers = regexp.MustCompile(
	`(?i)\b((?:your|my) agent|you|yourself|me|myself|(?:no|any|some|every) ?(?:body|one)|person|people|humans?|` +
		`an admin)\b`)

// TestOthers_areTheWordsOfPageAndShell goes through the texts of the page and of the commands, and a refusal. Each word
// there that stands for somebody is nobody's name, and so is each word in the section of ui/words.js for words in the
// place of a name.
func TestOthers_areTheWordsOfPageAndShell(t *testing.T) {
	page := wordsOfPage(t)
	section := regexp.MustCompile(`(?s)\nexport const who = \{(.*?)\n\};`).FindStringSubmatch(page)
	if section == nil {
		t.Fatal("ui/words.js has no section who")
	}
	instead := regexp.MustCompile(`\w+: "([^"]+)",`).FindAllStringSubmatch(section[1], -1)
	if len(instead) < 5 {
		t.Errorf("who has only %q", instead)
	}
	found := map[string][]string{"page": nil, "shell": nil}
	for _, word := range instead {
		found["page"] = append(found["page"], word[1])
	}
	for where, text := range map[string]string{"page": page, "shell": wordsOfShell(t),
		"refusal": "to names only yourself"} {
		for _, word := range forOthers.FindAllString(text, -1) {
			found[where] = append(found[where], strings.ToLower(word))
		}
		slices.Sort(found[where])
		found[where] = slices.Compact(found[where])
		for _, word := range found[where] {
			if _, err := AgentName(word); fault.CodeOf(err) != fault.InvalidArgument {
				t.Errorf("the %s says %q, which is the name of an agent: %v", where, word, err)
			}
		}
	}
	if !slices.Contains(found["shell"], "anyone") || !slices.Contains(found["page"], "your agent") {
		t.Errorf("the words are not found: %q", found)
	}
	for _, word := range Others {
		if forOthers.FindString(word) == "" {
			t.Errorf("%q is looked for nowhere", word)
		}
	}
}

// TestOthers_onThePage_comeFromOneSection: a word in the place of a name comes from who, in ui/words.js.
func TestOthers_onThePage_comeFromOneSection(t *testing.T) {
	marked := 0
	for _, file := range glob(t, "../../web/assets/*/*.js") {
		text := read(t, file)
		for _, use := range regexp.MustCompile(`[^.\w]word\(([^()]*)`).FindAllStringSubmatch(text, -1) {
			marked++
			switch {
			case strings.HasPrefix(use[1], "who."), strings.HasPrefix(use[1], "who["), use[1] == "capital",
				use[1] == "ui.others":
			default:
				t.Errorf("%s: word(%s) is not of who", file, use[1])
			}
		}
	}
	if marked < 6 {
		t.Errorf("only %d words are marked as such", marked)
	}
}

// wordsOfPage returns all words of the page and of the view without their comments.
func wordsOfPage(t *testing.T) string {
	var all strings.Builder
	for _, pattern := range []string{"assets/*words.js", "assets/*/*words.js", "view/words.js"} {
		for _, name := range glob(t, "../../web/"+pattern) {
			all.WriteString(read(t, name))
		}
	}
	return regexp.MustCompile(`(?m)^\s*//.*$|\s// .*$`).ReplaceAllString(all.String(), "")
}

// wordsOfShell returns the texts in the code of the commands.
func wordsOfShell(t *testing.T) string {
	var all strings.Builder
	for _, name := range glob(t, "../../cli/shell/*.go") {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if text, ok := n.(*ast.BasicLit); ok && text.Kind == token.STRING {
				if s, err := strconv.Unquote(text.Value); err == nil {
					all.WriteString(s + "\n")
				}
			}
			return true
		})
	}
	return all.String()
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatal(pattern, err)
	}
	return files
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
