package web

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/evanw/esbuild/pkg/api"
)

// viewPolicy holds in a view, whatever its host allows: no script begins there but the one that sets it.
const viewPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; " +
	"require-trusted-types-for 'script'; trusted-types 'none'"

// builtView returns the document of the view, made of the folder view and of what that imports of the page.
func builtView(t *testing.T) string {
	t.Helper()
	script := bundled(t, api.BuildOptions{EntryPoints: []string{"view/view.js"}, Format: api.FormatIIFE})["view.js"]
	texts, page := textsIn(t, "view"), sources(t)
	style := regexp.MustCompile(`(?s):root \{.*?\n\}`).FindString(page["base.css"]) + texts["view.css"]
	for unused := ""; unused != style; { // one that only another uses goes in the next round
		unused = style
		style = regexp.MustCompile(`(?m)^  (--[\w-]+): [^;]+;`).ReplaceAllStringFunc(style, func(line string) string {
			name, _, _ := strings.Cut(strings.TrimSpace(line), ":")
			if strings.Contains(style, "var("+name+")") || strings.HasPrefix(name, "--who-") {
				return line
			}
			return ""
		})
	}
	style = regexp.MustCompile(`(--[\w-]+:) |, `).ReplaceAllStringFunc(minifiedStyle(t, style), strings.TrimSpace)
	return strings.NewReplacer("{style}", shortNames(strings.TrimSpace(style), script), "{policy}", viewPolicy,
		"{script}", script, ">\n<", "><").Replace(texts["room.html"])
}

// shortNames gives the properties of a style that no script names the shortest names.
func shortNames(style, script string) string {
	short := map[string]string{}
	return regexp.MustCompile(`--[a-z][\w-]*`).ReplaceAllStringFunc(style, func(name string) string {
		if strings.HasPrefix(name, "--who") || strings.Contains(script, `"`+name+`"`) {
			return name
		}
		if short[name] == "" {
			short[name] = "--" + strconv.FormatInt(int64(10+len(short)), 36)
		}
		return short[name]
	})
}

// minifiedStyle returns a style without what browsers do not need.
func minifiedStyle(t *testing.T, style string) string {
	t.Helper()
	made := api.Transform(style, api.TransformOptions{Loader: api.LoaderCSS, MinifyWhitespace: true,
		MinifySyntax: true})
	for _, problem := range append(made.Errors, made.Warnings...) {
		t.Errorf("%s: %+v", problem.Text, problem.Location)
	}
	return string(made.Code)
}

func TestView_isSmallAndLoadsNothing(t *testing.T) {
	text := RoomView()
	if len(packedView) > 18<<10 { // with the words of deeds and tasks, which are the page's, and with tables and lists
		t.Errorf("the view has %d bytes", len(packedView))
	}
	outside := regexp.MustCompile(`(?i)\bsrc=|href=|url\(|@import|\bimport\(|fetch\(|innerHTML|localStorage|\son[a-z]+="`)
	if found := outside.FindString(text); found != "" {
		t.Errorf("the view has %q", found)
	}
	begins := "<script>\ndocument.head.append(Object.assign(document.createElement(\"meta\"), {httpEquiv: " +
		`"Content-Security-Policy", content: "` + viewPolicy + `"}));` + "\n"
	if strings.Count(text, "<script") != 1 || !strings.Contains(text, begins) {
		t.Error("the script does not begin with its policy")
	}
	for _, method := range []string{"ui/message", "ui/update-model-context"} {
		if strings.Contains(text, method) {
			t.Errorf("the view says %s", method)
		}
	}
	for _, tool := range regexp.MustCompile(`name:"(\w+)",arguments`).FindAllStringSubmatch(text, -1) {
		if tool[1] != "show_room" {
			t.Errorf("the view calls %s", tool[1])
		}
	}
}

// Clients keep a document by its URI.
func TestView_uri_changesWithTheDocument(t *testing.T) {
	sum := fmt.Sprintf("%x", sha256.Sum256([]byte(RoomView())))
	if got, want := RoomViewURI(), "ui://parley/room-"+sum[:16]; got != want {
		t.Errorf("the URI is %s, want %s", got, want)
	}
}
