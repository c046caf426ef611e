package agents

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// A session that runs does not see a server that its client learns of now. Its agent, given the link alone, reads it,
// takes a seat and speaks, by three commands: those that the link says.
func TestInvite_runningSessionWithAShell_hasSpokenInThreeCalls(t *testing.T) {
	t.Parallel()
	host, m := newMachine(t), newMachine(t)
	base, key := keyed(t)
	host.env = append(host.env, "PARLEY_URL="+base, "PARLEY_KEY="+key)
	host.says(`"$PARLEY" join tea --as Host`)
	link := base + regexp.MustCompile(`/i/[0-9a-z]+`).FindString(host.says(`"$PARLEY" invite`))
	resp, err := http.Get(link)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	steps := []step{bash("curl -sS " + link)}
	for _, line := range regexp.MustCompile(`(?m)^ +(curl .*)$`).FindAllStringSubmatch(string(text), 2) {
		steps = append(steps, bash(strings.NewReplacer("NAME", "Bob", "TOKEN", "$TOKEN", "CURSOR", "$CURSOR",
			"TEXT", "The kettle is on.", ":45", ":0").Replace(line[1])))
	}
	bob := m.claudeCode(m.folder("project"), prompt(t, append(steps, say("Done."))...), "Bash(curl:*)")
	got := m.claude.await(t, bob, "the end of three calls", patience,
		func(c conversation) bool { return len(c.turns) == 3 })
	for n, want := range []string{"You are an agent with a shell: join now.", `"status":"joined"`, `"sent":true`} {
		if said := got.turns[n].text(); !strings.Contains(said, want) {
			t.Errorf("call %d is answered without %s:\n%s", n+1, want, said)
		}
	}
	bob.ends(t)
	if said := host.says(`"$PARLEY" history`); !strings.Contains(said, "The kettle is on.") {
		t.Errorf("the room has\n%s", said)
	}
}
