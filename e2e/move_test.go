package e2e

import (
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/parley-chat/parley/e2e/internal/process"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
)

// tableArgs says where rooms are, as parley serve and parley copy name it, and
// which environment both need.
type tableArgs struct {
	args []string // of parley serve
	name string   // for parley copy
	env  []string
}

func aFile(t *testing.T) tableArgs {
	path := filepath.Join(t.TempDir(), "parley.db")
	return tableArgs{args: []string{"--data", path}, name: path}
}

func aTable(t *testing.T) tableArgs {
	t.Helper()
	name := "e2e-" + rand.Text()
	return tableArgs{
		args: []string{"--table", name},
		name: "table:" + name,
		env: []string{
			"AWS_ENDPOINT_URL_DYNAMODB=" + dynamolocal.Start(t),
			"AWS_REGION=eu-west-1", "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local",
		},
	}
}

// copyRooms runs parley copy.
func copyRooms(t *testing.T, from, to tableArgs) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Getenv(process.BinaryEnv), "copy", "--create-table", "--from", from.name,
		"--to", to.name)
	cmd.Env = append(append(process.Environment(), from.env...), to.env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("copy: %v: %s", err, out)
	}
}

func TestMove_fileToDynamoDBAndBack_conversationContinues(t *testing.T) {
	route := []tableArgs{aFile(t), aTable(t), aFile(t)}
	var alice, bob seat
	for i, at := range route {
		p := startOn(t, at.args, at.env)
		c := talk{t, openGo(t, p.url, modernProtocol)}
		if i == 0 {
			alice, bob = c.meet("the removal")
		} else {
			c.hears(&alice, fmt.Sprintf("Bob before move %d", i))
		}
		text := fmt.Sprintf("Alice at store %d", i)
		c.ok("send_message", args{"agent_token": alice.token, "text": text})
		c.hears(&bob, text)
		c.ok("send_message", args{"agent_token": bob.token, "text": fmt.Sprintf("Bob before move %d", i+1)})
		if code := p.terminate(); code != 0 {
			t.Fatalf("the program ended with code %d", code)
		}
		if i+1 < len(route) {
			copyRooms(t, at, route[i+1])
		}
	}
}

// hears fails the test unless exactly one text is new to s.
func (c talk) hears(s *seat, text string) {
	c.t.Helper()
	if news := c.listen(s); len(news) != 1 || news[0].Text != text {
		c.t.Errorf("heard %+v; want %q", news, text)
	}
}
