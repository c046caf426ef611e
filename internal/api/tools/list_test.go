package tools

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	library "github.com/mark3labs/mcp-go/mcp"
	"github.com/tiktoken-go/tokenizer"

	"github.com/parley-chat/parley/internal/base/results"
)

// update rewrites the golden files in testdata and docs/tools.md.
var update = flag.Bool("update", false, "rewrite the golden files")

// showsViews are the capabilities of a client that shows views.
var showsViews = map[string]any{"extensions": map[string]any{
	"io.modelcontextprotocol/ui": map[string]any{"mimeTypes": []string{"text/html;profile=mcp-app"}}}}

// ask sends one JSON-RPC request to h and returns its result. Its client shows views.
func ask(t *testing.T, h http.Handler, generation, method string, params map[string]any) json.RawMessage {
	t.Helper()
	if params == nil {
		params = map[string]any{}
	}
	if generation == modern {
		params["_meta"] = map[string]any{
			"io.modelcontextprotocol/protocolVersion":    modern,
			"io.modelcontextprotocol/clientCapabilities": showsViews,
		}
	}
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/mcp", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("MCP-Protocol-Version", generation)
	if generation == modern {
		r.Header.Set("Mcp-Method", method)
		if name, ok := params["name"].(string); ok {
			r.Header.Set("Mcp-Name", name)
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var answer struct {
		Result json.RawMessage `json:"result"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || answer.Result == nil {
		t.Fatalf("%s in %s: status %d, %s", method, generation, w.Code, w.Body)
	}
	return answer.Result
}

// toolsOnly is a server that lists its tools, without rooms.
func toolsOnly() http.Handler { return New(nil, nil, Options{ViewURI: ViewURI}).Handler() }

// golden compares got with the file, and rewrites the file with -update.
func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the program returns. Read the difference; if it is intended, run this test with "+
			"-update.\n%s", file, firstDifference(got, want))
	}
}

func firstDifference(got, want []byte) string {
	a, b := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return "got:  " + a[i] + "\nwant: " + b[i]
		}
	}
	return "one is longer"
}

func TestToolsList_bothGenerations_matchTheGoldenFiles(t *testing.T) {
	for _, generation := range []string{legacy, modern} {
		var pretty bytes.Buffer
		if err := json.Indent(&pretty, ask(t, toolsOnly(), generation, "tools/list", nil), "", "  "); err != nil {
			t.Fatal(err)
		}
		pretty.WriteByte('\n')
		golden(t, filepath.Join("testdata", "tools-list-"+generation+".json"), pretty.Bytes())
	}
}

// toolListing is a tools/list result, as a client reads it.
type toolListing struct {
	Tools []listedTool `json:"tools"`
}

type listedTool struct {
	Name         string                     `json:"name"`
	Title        string                     `json:"title"`
	Description  string                     `json:"description"`
	InputSchema  listedSchema               `json:"inputSchema"`
	OutputSchema *listedSchema              `json:"outputSchema,omitempty"`
	Annotations  map[string]json.RawMessage `json:"annotations,omitempty"`
}

type listedSchema struct {
	Type                 string                     `json:"type"`
	Properties           map[string]json.RawMessage `json:"properties"`
	Required             []string                   `json:"required,omitempty"`
	AdditionalProperties *bool                      `json:"additionalProperties,omitempty"`
}

func listTools(t *testing.T) toolListing {
	t.Helper()
	var list toolListing
	if err := json.Unmarshal(ask(t, toolsOnly(), legacy, "tools/list", nil), &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Tools) != 16 {
		t.Fatalf("%d tools are listed, want 16", len(list.Tools))
	}
	return list
}

// tokens counts as models of the o200k family do.
func tokens(t *testing.T, v any) int {
	t.Helper()
	codec, err := tokenizer.Get(tokenizer.O200kBase)
	if err != nil {
		t.Fatal(err)
	}
	n, err := codec.Count(string(results.JSON(v)))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestToolsList_staysWithinTheTokenBudget(t *testing.T) {
	// Every conversation pays for the list, used or not. Many clients leave out the
	// output schemas, and no model sees the annotations.
	const most, mostBare, mostBytes = 4900, 3999, 20 << 10
	list := listTools(t)
	all := tokens(t, ask(t, toolsOnly(), legacy, "tools/list", nil))
	each := map[string]int{}
	for i, tool := range list.Tools {
		list.Tools[i].OutputSchema, list.Tools[i].Annotations = nil, nil
		each[tool.Name] = tokens(t, list.Tools[i])
	}
	bare := tokens(t, list)
	t.Logf("tools/list: %d tokens, %d bare, by tool %v", all, bare, each)
	if all > most || bare > mostBare {
		t.Errorf("tools/list has %d tokens, %d bare; at most %d and %d may be", all, bare, most, mostBare)
	}
	for _, agent := range []string{"", "openai-mcp/1.0.0"} { // which sees more arguments
		for _, generation := range []string{legacy, modern} {
			raw := ask(t, agentIs(agent, toolsOnly()), generation, "tools/list", nil)
			t.Logf("%q, %s: %d bytes", agent, generation, len(raw))
			if len(raw) > mostBytes {
				t.Errorf("%q, %s: tools/list has %d bytes, at most %d may be", agent, generation, len(raw), mostBytes)
			}
		}
	}
}

// agentIs returns h for a client with a User-Agent.
func agentIs(agent string, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("User-Agent", agent)
		h.ServeHTTP(w, r)
	})
}

func TestToolsList_everyTool_isFullyDescribed(t *testing.T) {
	for _, tool := range listTools(t).Tools {
		if tool.Title == "" || tool.Description == "" {
			t.Errorf("%s lacks a title or a description", tool.Name)
		}
	}
}

// Each argument says in a sentence what it is for.
func TestToolsList_everyArgument_hasASentence(t *testing.T) {
	for _, tool := range listTools(t).Tools {
		for name, raw := range tool.InputSchema.Properties {
			var p struct{ Description string }
			err := json.Unmarshal(raw, &p)
			said := regexp.MustCompile(`^(?:[0-9]+-[0-9]+\W*)?(?:default \w+\W*)?`).ReplaceAllString(p.Description, "")
			if err != nil || !strings.HasSuffix(said, ".") {
				t.Errorf("%s.%s says %q, %v", tool.Name, name, p.Description, err)
			}
		}
	}
}

// By the hints, clients decide whether to ask their users. hints_test.go compares the hints with what calls do.
func TestToolsList_annotations_haveTheTitleAndTheHints(t *testing.T) {
	tools := map[string]tool{}
	for _, tool := range New(nil, nil, Options{ViewURI: "ui://parley/room-test"}).all() {
		tools[tool.Name] = tool
	}
	for _, listed := range listTools(t).Tools {
		is := tools[listed.Name]
		for name, want := range map[string]string{
			"title":           string(results.JSON(is.Title)),
			"readOnlyHint":    fmt.Sprint(is.ReadOnly),
			"destructiveHint": fmt.Sprint(is.Destructive),
			"idempotentHint":  fmt.Sprint(is.Idempotent),
			"openWorldHint":   fmt.Sprint(is.OpenWorld),
		} {
			if got := string(listed.Annotations[name]); got != want {
				t.Errorf("%s: %s is %s, want %s", listed.Name, name, got, want)
			}
		}
		if len(listed.Annotations) != 5 || listed.Title != is.Title {
			t.Errorf("%s: %+v", listed.Name, listed)
		}
	}
}

// Whoever submits a server to a directory pastes a sentence about the tools that may take something away.
func TestToolsList_reasonsOfHosted_nameTheToolsThatTakeAway(t *testing.T) {
	page, err := os.ReadFile("../../../docs/hosted.md")
	if err != nil {
		t.Fatal(err)
	}
	sentence := regexp.MustCompile(`[^.]* can take away `).Find(page)
	for _, listed := range listTools(t).Tools {
		named := regexp.MustCompile(`\b` + listed.Name + `\b`).Match(sentence)
		if takes := string(listed.Annotations["destructiveHint"]) == "true"; named != takes {
			t.Errorf("%s is destructive: %t, and docs/hosted.md says %q", listed.Name, takes, sentence)
		}
	}
}

func TestToolsList_schemas_areFlatAndPortable(t *testing.T) {
	for _, tool := range listTools(t).Tools {
		in, out := tool.InputSchema, tool.OutputSchema
		if in.Type != "object" || len(in.Properties) == 0 || in.AdditionalProperties != nil {
			t.Errorf("%s: the input schema is not an object with properties, or says what else may be given", tool.Name)
		}
		if tool.Name == "get_file" && out == nil { // clients would not show pictures: see mcp.Illustrated
			out = &listedSchema{}
		} else if out == nil || out.Type != "object" || len(out.Properties) == 0 {
			t.Errorf("%s: the output schema is not an object with properties", tool.Name)
			continue
		}
		// Clients also check the structured content of errors against the schema.
		if len(out.Required) > 0 || out.AdditionalProperties != nil {
			t.Errorf("%s: the output schema would refuse the structured content of an error", tool.Name)
		}
		for _, properties := range []map[string]json.RawMessage{in.Properties, out.Properties} {
			for name, raw := range properties {
				checkProperty(t, tool.Name+"."+name, raw)
			}
		}
	}
}

// checkProperty checks that every client understands a schema: one type, and nothing nested but the type of the items
// of a list with their plain fields.
func checkProperty(t *testing.T, where string, raw json.RawMessage) {
	t.Helper()
	var p map[string]json.RawMessage
	if err := json.Unmarshal(raw, &p); err != nil {
		t.Fatalf("%s: %v", where, err)
	}
	var kind string
	if err := json.Unmarshal(p["type"], &kind); err != nil ||
		!slices.Contains([]string{"string", "integer", "boolean", "array", "object"}, kind) {
		t.Errorf("%s: type is %s, not one plain type", where, p["type"])
	}
	if items := p["items"]; items != nil && (kind != "array" || !plainItems(items)) {
		t.Errorf("%s: a %s of %s", where, kind, items)
	}
	for key := range p {
		if !slices.Contains([]string{"type", "items", "description", "enum"}, key) {
			t.Errorf("%s: a schema with %s", where, key)
		}
	}
}

// Some clients drop ranges and defaults from the schemas for a model, and others refuse calls by them.
func TestToolsList_rangesAndDefaults_standInTheDescriptions(t *testing.T) {
	list := string(ask(t, toolsOnly(), legacy, "tools/list", nil))
	for _, said := range []string{`"2-100, default 2. Seats for all, you too."`, `"2-100. Seats."`,
		`"0-32768. With id: the text from this byte on, as more says."`, `"default true. false: make no room."`} {
		if !strings.Contains(list, said) {
			t.Errorf("no argument says %s", said)
		}
	}
}

// plainItems reports whether the items of a list are texts, or objects of texts and lists of texts.
func plainItems(raw json.RawMessage) bool {
	var p struct {
		Type       string
		Properties map[string]struct {
			Type  string
			Items struct{ Type string }
		}
	}
	if json.Unmarshal(raw, &p) != nil || p.Type != "string" && p.Type != "object" {
		return false
	}
	for _, field := range p.Properties {
		if field.Type != "string" && (field.Type != "array" || field.Items.Type != "string") {
			return false
		}
	}
	return true
}

func TestToolsList_fitsTheClientsTypes(t *testing.T) {
	var list library.ListToolsResult
	if err := json.Unmarshal(ask(t, toolsOnly(), modern, "tools/list", nil), &list); err != nil {
		t.Fatal(err)
	}
	for _, tool := range New(nil, nil, Options{ViewURI: ViewURI}).all() {
		if listed := slices.ContainsFunc(list.Tools,
			func(x library.Tool) bool { return x.Name == tool.Name }); listed == tool.Hidden {
			t.Errorf("%s: hidden %v, listed %v", tool.Name, tool.Hidden, listed)
		}
	}
	for _, tool := range list.Tools {
		if len(tool.InputSchema.Properties) == 0 || len(tool.OutputSchema.Properties) == 0 && tool.Name != "get_file" {
			t.Errorf("%s reaches the client without a schema", tool.Name)
		}
	}
}
