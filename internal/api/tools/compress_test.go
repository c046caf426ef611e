package tools

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/base/results"
)

// aboutSecrets finds the fields whose name or documentation speaks of a secret.
var aboutSecrets = regexp.MustCompile(`(?i)token|secret|link|invite|ticket|password|credential|key|address|url|load`)

// holdNoSecret are the fields that speak of a secret and hold none.
var holdNoSecret = []string{
	"Message.Type", "Message.Reason", // one of a few words
	"Changes.Password", "Changes.Invite", // set, removed or renewed
	"Agent.Owner",     // the label of a key
	"Sent.Credential", // the kind of a credential
}

// A new field of a result that is compressed is no token, no key, no link, and no address of a file: see
// [mcp.AllowCompression]. ask looks for secrets in what the fields hold, such as in the sentences of next.
func TestCompress_fieldsOfResults_holdNoSecret(t *testing.T) {
	compressed := []reflect.Type{reflect.TypeFor[results.News]()}
	for _, tool := range usual().all() {
		if !tool.Compress {
			continue
		}
		compressed = append(compressed, tool.out)
		if tool.out.Implements(reflect.TypeFor[mcp.Illustrated]()) {
			t.Errorf("%s: nothing looks at what stands beside the result", tool.Name)
		}
	}
	listed := map[string]bool{}
	for _, name := range holdNoSecret {
		listed[name] = true
	}
	for _, kind := range structsOf(compressed...) {
		for field := range kind.Fields() {
			of := field.Type
			for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
				of = of.Elem()
			}
			name := kind.Name() + "." + field.Name
			said := strings.ReplaceAll(field.Name+" "+string(field.Tag), "a person's token", "")
			switch {
			case of.Kind() == reflect.Interface, of.Kind() == reflect.Map, of.Kind() == reflect.Uint8:
				t.Errorf("%s may hold anything", name)
			case of.Kind() == reflect.String && aboutSecrets.MatchString(said) && !listed[name]:
				t.Errorf("%s may hold a secret: %s", name, field.Tag.Get("doc"))
			}
			delete(listed, name)
		}
	}
	for name := range listed {
		t.Errorf("there is no %s", name)
	}
}
