package mcp

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// The card is what its schema takes, says of Parley what server.json says, and of a server what a client finds there.
func TestCard_isWhatItsSchemaTakes_andAgreesWithServerJSONAndTheServer(t *testing.T) {
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	schema, err := compiler.Compile("../../testkit/archtest/testdata/server-card.schema.json#/$defs/ServerCard")
	if err != nil {
		t.Fatal(err)
	}
	text := string(Card("1.2.3", "https://parley.example/mcp"))
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(document); err != nil {
		t.Error(err)
	}
	if schema.Validate(map[string]any{"name": "parley"}) == nil {
		t.Error("the schema takes anything")
	}

	type identity struct{ Name, Title, Description, Version, Repository any }
	var card, registered identity
	server, err := os.ReadFile("../../../server.json")
	if err != nil {
		t.Fatal(err)
	}
	for from, to := range map[string]*identity{text: &card,
		strings.ReplaceAll(string(server), "${VERSION}", "1.2.3"): &registered} {
		if err := json.Unmarshal([]byte(from), to); err != nil {
			t.Fatal(err)
		}
	}
	if fmt.Sprint(card) != fmt.Sprint(registered) {
		t.Errorf("the card has\n%v, and server.json\n%v", card, registered)
	}

	var offered struct {
		Remotes []struct {
			Type, URL string
			Versions  json.RawMessage `json:"supportedProtocolVersions"`
		}
	}
	if err := json.Unmarshal([]byte(text), &offered); err != nil {
		t.Fatal(err)
	}
	_, discovered := newWire(t).post(modern, "1", "server/discover", "", `{}`)
	if r := offered.Remotes[0]; len(offered.Remotes) != 1 || r.Type != "streamable-http" ||
		r.URL != "https://parley.example/mcp" ||
		!strings.Contains(discovered.body, `"supportedVersions":`+string(r.Versions)) {
		t.Errorf("the card offers %s, and the server\n%s", text, discovered.body)
	}
}

// The members are those that docs/discovery.md of the card's repository wants of an entry.
func TestCatalog_listsTheCardUnderTheHost(t *testing.T) {
	for address, identifier := range map[string]string{
		"https://parley.example/mcp":         "urn:air:parley.example:mcp:parley",
		"https://Parley.Example:8443/at/mcp": "urn:air:parley.example:mcp:parley",
	} {
		want := `{"entries":[{"identifier":"` + identifier + `","type":"application/mcp-server-card+json","url":"` +
			address + `/server-card"}],"specVersion":"1.0"}`
		if got := string(Catalog(address)); got != want {
			t.Errorf("%s: %s", address, got)
		}
	}
}
