package e2e

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/internal/tlsfront"
)

// Up to the point at which a host comes in, the steps of docs/hosted.md are played as they stand there, with a front
// that has TLS in the place of the tunnel.
func TestDocs_stepsOfHosted_leadToASignIn(t *testing.T) {
	page, err := os.ReadFile("../docs/hosted.md")
	if err != nil {
		t.Fatal(err)
	}
	f := tlsfront.New(t)
	step := func(command string) []string {
		t.Helper()
		line := regexp.MustCompile("`parley " + command + "([^`]*)`").FindSubmatch(page)
		if line == nil {
			t.Fatalf("there is no step with parley %s", command)
		}
		return strings.Fields(strings.ReplaceAll(string(line[1]), "URL", f.URL))
	}
	p := start(t, step("serve")...)
	f.Leads(p.url)
	if key, err := p.keys(step("keys")...); err != nil || !keyForm.MatchString(key) {
		t.Fatalf("%q, %v", key, err)
	}
	_, env := newMachine(t)
	said, _ := parleyIn(t, append(env, f.Environment()...),
		append([]string{"doctor", "--wait", "1s"}, step("doctor")...)...)
	if want := regexp.MustCompile("says `(ok: [^`]+)`").FindSubmatch(page); want == nil ||
		!strings.Contains(said, "\n"+string(want[1])) {
		t.Errorf("doctor says, in place of %q,\n%s", want, said)
	}
}
