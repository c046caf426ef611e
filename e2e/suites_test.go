package e2e

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/internal/tlsfront"
)

// conformance.txt has the checks that do not pass, with the reasons. A check that fails and is not there, and one that
// is there and passes, both fail the test.
func TestConformance_allButWhatIsExplained_passes(t *testing.T) {
	t.Parallel()
	tools := installNode(t)
	explained, err := filepath.Abs("conformance.txt")
	if err != nil {
		t.Fatal(err)
	}
	p := start(t)
	for name, version := range map[string][]string{
		"every scenario":     nil, // as of 2025-11-25, if it is about that
		"the new generation": {"--spec-version", "2026-07-28"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := tools.command("conformance", append([]string{"server", "--url", p.url, "--suite", "all",
				"--expected-failures", explained}, version...)...)
			cmd.Dir = t.TempDir() // where it leaves its results
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// The suite signs in as a program, and a person pastes a key where it says.
func TestConformance_authorization_passes(t *testing.T) {
	tools := installNode(t)
	f := tlsfront.New(t)
	s := &signsIn{program: start(t, "--access", "keys", "--sign-in", "auto", "--public-url", f.URL), origin: f.URL}
	f.Leads(s.url)
	port := freePort(t)
	made, err := s.post(t.Context(), 1, "/oauth/register", "application/json",
		`{"client_name":"Suite","redirect_uris":["http://127.0.0.1:`+port+`/callback"]}`)
	if err != nil {
		t.Fatal(err)
	}
	cmd := tools.command("conformance", "authorization", "--url", f.URL+"/oauth", "--client-id", made.Client,
		"--resource", f.URL+"/mcp", "--port", port)
	cmd.Dir, cmd.Env = t.TempDir(), append(cmd.Env, f.Environment()...)
	if said := allowed(t, f, cmd, s.newKey("Ann")); !strings.Contains(said, "authorization-code-grant: 1 passed") ||
		!strings.Contains(said, "Total: 3 passed, 0 failed") {
		t.Error(said)
	}
}

func TestInspector_strict_findsNothingInTheTools(t *testing.T) {
	t.Parallel()
	tools := installNode(t)
	p := start(t)
	for _, era := range []string{"legacy", "modern"} {
		t.Run(era, func(t *testing.T) {
			cmd := tools.command("mcp-inspector", "--cli", p.url, "--transport", "http",
				"--method", "tools/list", "--strict", "--protocol-era", era, "--format", "json")
			cmd.Env = append(cmd.Env, "HOME="+t.TempDir()) // where it keeps a catalog
			var complaints strings.Builder
			cmd.Stderr = &complaints
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("%v\n%s%s", err, out, &complaints)
			}
			var list struct {
				Result struct {
					Tools []struct {
						Name string `json:"name"`
					} `json:"tools"`
				} `json:"result"`
			}
			if err := json.Unmarshal(out, &list); err != nil || len(list.Result.Tools) < len(theTools()) {
				t.Errorf("the inspector lists %+v, %v, from %s", list, err, out)
			}
		})
	}
}

// It reads the document by what the tool names, and tells what a host has to hold back. On the command line it shows no
// views, as a client of 2026-07-28 says with each request.
func TestInspector_view_isFoundWhereTheToolIsListed(t *testing.T) {
	t.Parallel()
	tools := installNode(t)
	p := start(t)
	found := regexp.MustCompile(`"toolName":"show_room","resourceUri":"ui://parley/room-[0-9a-f]{16}","csp":{},` +
		`"prefersBorder":true,"resourceMimeType":"text/html;profile=mcp-app"}`)
	for era, want := range map[string]int{"legacy": 1, "modern": 0} {
		t.Run(era, func(t *testing.T) {
			cmd := tools.command("mcp-inspector", "--cli", p.url, "--transport", "http",
				"--method", "tools/list", "--app-info", "--protocol-era", era)
			cmd.Env = append(cmd.Env, "HOME="+t.TempDir()) // where it keeps a catalog
			out, err := cmd.Output()
			if err != nil || len(found.FindAll(out, -1)) != want || bytes.Count(out, []byte(`"hasApp":true`)) != want ||
				!bytes.Contains(out, []byte("create_room")) {
				t.Errorf("%v: it finds %s", err, out)
			}
		})
	}
}
