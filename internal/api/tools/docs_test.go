package tools

import (
	"bytes"
	_ "embed"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/api/tools/spec"
	"github.com/parley-chat/parley/internal/base"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/core"
)

// docsFrame is docs/tools.md without the generated parts. Each part replaces a word in braces.
//
//go:embed testdata/tools.md.frame
var docsFrame string

// The reference is generated from the definitions of the tools, so both always agree.
func TestDocs_toolsPage_isWhatTheToolsAre(t *testing.T) {
	var b, hidden bytes.Buffer
	shown := map[reflect.Type]string{}
	for _, tool := range New(nil, nil, Options{ViewURI: ViewURI}).all() {
		if tool.Hidden {
			writeTool(&hidden, tool, shown)
			continue
		}
		writeTool(&b, tool, shown)
	}
	b.WriteString("## What results hold\n\n")
	for _, part := range []struct {
		name string
		kind reflect.Type
	}{
		{"A room", reflect.TypeFor[results.Room]()},
		{"An agent", reflect.TypeFor[results.Agent]()},
		{"A message", reflect.TypeFor[results.Message]()},
		{"`more` of a message", reflect.TypeFor[results.More]()},
		{"A room in a list", reflect.TypeFor[results.Listed]()},
		{"`changes` of a message", reflect.TypeFor[results.Changes]()},
		{"`waits_for_user` of show_room", reflect.TypeFor[results.Waiting]()},
		{"`open` of show_room", reflect.TypeFor[results.ShownOpen]()},
		{"A request", reflect.TypeFor[results.Request]()},
		{"An agreement", reflect.TypeFor[results.Agreement]()},
		{"A file", reflect.TypeFor[results.File]()},
		{"`files` of get_file", reflect.TypeFor[results.Got]()},
		{"`upload` of share_file", reflect.TypeFor[results.Upload]()},
		{"A task", reflect.TypeFor[results.Task]()},
		{"`tasks` of other results", reflect.TypeFor[results.TaskBrief]()},
		{"`unfinished` of send_message", reflect.TypeFor[results.Unfinished]()},
		{"A partner", reflect.TypeFor[results.Partner]()},
		{"A draft", reflect.TypeFor[results.Draft]()},
		{"`answers` of a draft", reflect.TypeFor[results.Answered]()},
		{"`hooks` of supervise", reflect.TypeFor[results.Hook]()},
	} {
		fmt.Fprintf(&b, "### %s\n\n", part.name)
		writeFields(&b, part.kind)
	}
	page := strings.NewReplacer("{{tools}}\n", strings.TrimSuffix(b.String(), "\n"), "{{limits}}\n", limits(),
		"{{supervise}}\n", hidden.String(),
		"{{standby}}", StandbyLine("$URL", "$CURSOR")).Replace(docsFrame)
	golden(t, filepath.Join("..", "..", "..", "docs", "tools.md"), []byte(page))
}

func TestDocs_everyField_isExplained(t *testing.T) {
	var outs []reflect.Type
	for _, tool := range New(nil, nil, Options{ViewURI: ViewURI}).all() {
		outs = append(outs, tool.out)
	}
	for _, kind := range structsOf(outs...) {
		for f := range kind.Fields() {
			if f.IsExported() && !f.Anonymous && (f.Tag.Get("json") == "" || f.Tag.Get("doc") == "") {
				t.Errorf("%s.%s has no json or doc tag", kind, f.Name)
			}
		}
	}
}

// The types check the scripts of the page against the results.
func TestDocs_typesOfThePage_areThoseOfTheResults(t *testing.T) {
	b := bytes.NewBufferString("// Made by go test ./internal/api/tools -update, from internal/base/results.\n")
	named := strings.NewReplacer("*", "", "results.", "", "Text", "string", "Part", "string", "bool", "boolean",
		"int64", "number", "int", "number")
	for _, kind := range structsOf(reflect.TypeFor[results.Info](), reflect.TypeFor[results.Message](),
		reflect.TypeFor[results.Supervised](), reflect.TypeFor[results.News]()) {
		fmt.Fprintf(b, "\nexport interface %s {\n", kind.Name())
		for _, f := range spec.Fields(kind) {
			is, optional := named.Replace(f.Type.String()), ""
			if of, list := strings.CutPrefix(is, "[]"); list {
				is = of + "[]"
			}
			if f.Optional {
				optional = "?"
			}
			fmt.Fprintf(b, "  %s%s: %s;\n", f.JSON, optional, is)
		}
		b.WriteString("}\n")
	}
	golden(t, filepath.Join("..", "..", "web", "assets", "results.d.ts"), b.Bytes())
}

// structsOf returns the structs in results, each after the structs of its fields.
func structsOf(kinds ...reflect.Type) (all []reflect.Type) {
	var add func(reflect.Type)
	add = func(kind reflect.Type) {
		for kind.Kind() == reflect.Slice || kind.Kind() == reflect.Pointer {
			kind = kind.Elem()
		}
		if kind.Kind() != reflect.Struct || slices.Contains(all, kind) {
			return
		}
		for f := range kind.Fields() {
			if f.IsExported() {
				add(f.Type)
			}
		}
		all = append(all, kind)
	}
	for _, kind := range kinds {
		add(kind)
	}
	return all
}

// limits lists the limits that the schemas do not show.
func limits() string {
	return fmt.Sprintf(`- a name of an agent or a room: 1 to %d letters, digits, spaces and the characters
  `+"`' - _ .`"+`
- a password: 1 to %d bytes
- a description: up to %d characters
- a text: 1 to %d bytes of UTF-8
- a file's name: 1 to %d characters; the files of a room: %d, with %d MiB
- a task's title: 1 to %d characters, its text up to %d; an agent has at most %d, and %d open ones that
  it added; a room has %d
- an idempotency key: up to %d characters, good for a day
- an activity: up to %d characters; an admin's note: up to %d
- interests: up to %d, of %d characters each
`, base.MaxName, base.MaxPassword, core.MaxDescription, core.MaxText,
		core.MaxFileName, core.MaxFiles, core.MaxRoomBytes>>20,
		core.MaxTitle, core.MaxTaskText, core.MaxTaken, core.MaxAdded, core.MaxTasks, core.MaxKey,
		core.MaxActivity, core.MaxNote, core.MaxInterests, core.MaxInterest)
}

// writeTool writes the section of a tool. shown maps each result that is described already to the tool that describes
// it.
func writeTool(b *bytes.Buffer, tool tool, shown map[reflect.Type]string) {
	fmt.Fprintf(b, "### %s\n\n%s\n\n", tool.Name, tool.Description)
	b.WriteString("| argument | takes | default | |\n|---|---|---|---|\n")
	for _, a := range tool.args {
		if a.Hidden { // the prose tells
			continue
		}
		fallback := ""
		switch {
		case a.Required:
			fallback = "required"
		case a.Fallback != nil:
			fallback = fmt.Sprintf("`%v`", a.Fallback)
		}
		takes := a.Want()
		if a.Clamped {
			takes += "; more counts as that"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", a.Name, takes, fallback, a.About)
	}
	if where, ok := shown[tool.out]; ok {
		fmt.Fprintf(b, "\nResult: as that of %s.\n\n", where)
		return
	}
	shown[tool.out] = tool.Name
	b.WriteString("\nResult:\n\n")
	writeFields(b, tool.out)
}

func writeFields(b *bytes.Buffer, kind reflect.Type) {
	b.WriteString("| field | type | |\n|---|---|---|\n")
	for _, f := range spec.Fields(kind) {
		if f.JSON == "untrusted" || f.JSON == "next" { // of every result: the prose tells
			continue
		}
		optional := ""
		if f.Optional {
			optional = "?"
		}
		fmt.Fprintf(b, "| `%s` | %s%s | %s |\n", f.JSON, f.Kind(), optional, f.Tag.Get("doc"))
	}
	b.WriteString("\n")
}
