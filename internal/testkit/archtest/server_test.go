package archtest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// TestServerJSON_filledIn_isWhatTheRegistryTakes checks the file that the release
// workflow publishes in the MCP registry: against its schema, and against what the
// registry demands of images beyond that.
func TestServerJSON_filledIn_isWhatTheRegistryTakes(t *testing.T) {
	text := strings.ReplaceAll(read(t, "server.json"), "${VERSION}", "1.2.3")
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	schema, err := compiler.Compile(filepath.Join("testdata", "server.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(document); err != nil {
		t.Error(err)
	}

	var server struct {
		Schema   string `json:"$schema"`
		Name     string
		Version  string
		Packages []map[string]any
	}
	if err := json.Unmarshal([]byte(text), &server); err != nil {
		t.Fatal(err)
	}
	if server.Schema != schemaID(t) {
		t.Errorf("$schema is %s, the test has %s", server.Schema, schemaID(t))
	}
	if server.Version != "1.2.3" || len(server.Packages) != 1 {
		t.Fatalf("version %q, %d packages", server.Version, len(server.Packages))
	}
	image := server.Packages[0]
	for _, field := range []string{"version", "registryBaseUrl", "fileSha256"} {
		if image[field] != nil {
			t.Errorf("the registry refuses the field %s of an image", field)
		}
	}
	// The image has to be the one that the release builds, and to name the server.
	repository, isVersion := strings.CutSuffix(image["identifier"].(string), ":1.2.3")
	release := read(t, ".goreleaser.yaml")
	for _, line := range []string{"repositories: [" + repository + "]\n",
		"io.modelcontextprotocol.server.name: " + server.Name + "\n"} {
		if !isVersion || !strings.Contains(release, line) {
			t.Errorf("%s: .goreleaser.yaml lacks %s", image["identifier"], line)
		}
	}
}

func schemaID(t *testing.T) string {
	t.Helper()
	var schema struct {
		ID string `json:"$id"`
	}
	text := read(t, "internal/testkit/archtest/testdata/server.schema.json")
	if err := json.Unmarshal([]byte(text), &schema); err != nil {
		t.Fatal(err)
	}
	return schema.ID
}

// read returns a file of the repository.
func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
