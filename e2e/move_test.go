package e2e

import (
	"bytes"
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/dynamolocal"
)

// tableArgs says where rooms are, and what a program needs to get there.
type tableArgs struct{ args, env []string }

func aFile(t *testing.T) tableArgs {
	return tableArgs{args: []string{"--data", filepath.Join(t.TempDir(), "parley.db")}}
}

func aTable(t *testing.T) tableArgs {
	t.Helper()
	return tableArgs{
		args: []string{"--create-table", "--table", "e2e-" + rand.Text()},
		env: []string{
			"AWS_ENDPOINT_URL_DYNAMODB=" + dynamolocal.Start(t),
			"AWS_REGION=eu-west-1", "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local",
		},
	}
}

// moving prepares one of the commands that move rooms.
func moving(t *testing.T, command string, where tableArgs) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Getenv(binaryEnv), append([]string{command}, where.args...)...)
	cmd.Env = append(cleanEnv(), where.env...)
	return cmd
}

// exported is all rooms of a table.
func exported(t *testing.T, where tableArgs) []byte {
	t.Helper()
	cmd := moving(t, "export", where)
	var says bytes.Buffer
	cmd.Stderr = &says
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("export: %v: %s", err, &says)
	}
	return out
}

func imported(t *testing.T, where tableArgs, export []byte) {
	t.Helper()
	cmd := moving(t, "import", where)
	cmd.Stdin = bytes.NewReader(export)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("import: %v: %s", err, out)
	}
}

func TestMove_fileToDynamoDBAndBack_conversationGoesOn(t *testing.T) {
	way := []tableArgs{aFile(t), aTable(t), aFile(t)}
	var alice, bob seat
	for house, at := range way {
		p := startOn(t, at.args, at.env)
		c := talk{t, openGo(t, p.url, modernProtocol)}
		if house == 0 {
			alice, bob = c.meet("the removal")
		} else {
			c.hears(&alice, fmt.Sprintf("Said by Bob before move %d.", house))
		}
		c.ok("send_message", args{"agent_token": alice.token, "text": fmt.Sprintf("Said by Alice in house %d.", house)})
		c.hears(&bob, fmt.Sprintf("Said by Alice in house %d.", house))
		c.ok("send_message", args{"agent_token": bob.token, "text": fmt.Sprintf("Said by Bob before move %d.", house+1)})
		if code := p.terminate(); code != 0 {
			t.Fatalf("the program ended with code %d", code)
		}
		if house+1 < len(way) {
			imported(t, way[house+1], exported(t, at))
		}
	}
}

// hears fails unless exactly one text is new for s.
func (c talk) hears(s *seat, text string) {
	c.t.Helper()
	if news := c.listen(s); len(news) != 1 || news[0].Text != text {
		c.t.Errorf("heard %+v, want %q", news, text)
	}
}

func TestMove_importIsKilled_isDoneByRepeatingIt(t *testing.T) {
	from := aFile(t)
	p := startOn(t, from.args, nil)
	c := talk{t, openGo(t, p.url, modernProtocol)}
	for room := range 20 {
		s := c.join(fmt.Sprintf("room %d", room), "Alice")
		for word := range 5 {
			c.ok("send_message", args{"agent_token": s.token, "text": fmt.Sprintf("word %d %s", word, strings.Repeat("x", 4000))})
		}
	}
	p.terminate()
	export := exported(t, from)
	for range 10 {
		to := aFile(t)
		killImport(t, to, export, 1+mathrand.IntN(len(export)))
		imported(t, to, export)
		if again := exported(t, to); !bytes.Equal(again, export) {
			t.Fatal("after an import that was killed and repeated, the rooms differ")
		}
	}
}

// killImport kills an import that got so many bytes.
func killImport(t *testing.T, to tableArgs, export []byte, size int) {
	t.Helper()
	cmd := moving(t, "import", to)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := in.Write(export[:size]); err != nil { // returns when nearly all was read
		t.Fatal(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() != -1 {
		t.Fatalf("the import ended by itself: %v", err)
	}
}
