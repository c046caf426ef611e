package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// Agents share files until the program is killed, again and again. In the end each file that was
// acknowledged is there, and each message that carries a file has all of its bytes: the message and
// its bytes, or neither.
func TestCrash_whileFilesAreShared_leavesTheMessageAndItsBytesOrNeither(t *testing.T) {
	shareAndCrash(t, 6)
}

func TestSoak_crashesWhileFilesAreShared_leaveTheMessageAndItsBytesOrNeither(t *testing.T) {
	soak(t)
	shareAndCrash(t, 60) // more would fill the room
}

func shareAndCrash(t *testing.T, times int) {
	const room = "the shelf"
	at := aFile(t)
	p := startOn(t, at.args, nil)
	c := talk{t, openGo(t, p.url, modernProtocol)}
	reader := c.ok("create_room", args{"room": room, "agent_name": "Reader", "capacity": 100}).AgentToken
	acknowledged := map[string]string{} // names of files, by the ids of their messages
	for round := range times {
		for id, name := range shareUntilKilled(t, p, room, round) {
			acknowledged[id] = name
		}
		p.again()
	}
	c = talk{t, openGo(t, p.url, modernProtocol)}
	there := c.files(reader)
	for id, name := range acknowledged {
		if there[id] != name {
			t.Errorf("%s was acknowledged as %s and is not there", name, id)
		}
	}
	for id, name := range there {
		if got := c.download(reader, id); !bytes.Equal(got, contentOf(name)) {
			t.Errorf("of %s there are %d bytes, or others; it has %d", name, len(got), len(contentOf(name)))
		}
	}
	if len(acknowledged) < times/2 {
		t.Errorf("only %d files were acknowledged: the kills met one that had nothing to do", len(acknowledged))
	}
	t.Logf("killed %d times: %d files were acknowledged, and %d are there", times, len(acknowledged), len(there))
	backup := aFile(t)
	if out, code := parley(t, "backup", "--data", at.name, backup.name); code != 0 {
		t.Errorf("backup: code %d, %s", code, out)
	}
	for _, name := range []string{at.name, backup.name} {
		holds := fmt.Sprintf("and %d file", len(there))
		if out, code := parley(t, "check", name); code != 0 || !strings.Contains(out, holds) {
			t.Errorf("check of %d files: code %d, %s", len(there), code, out)
		}
	}
}

// shareUntilKilled lets agents share files, kills the program at a random moment, and returns what
// was acknowledged.
func shareUntilKilled(t *testing.T, p *program, room string, round int) map[string]string {
	t.Helper()
	c := talk{t, openGo(t, p.url, modernProtocol)}
	acknowledged := map[string]string{}
	var mu sync.Mutex
	live(t, 60*time.Millisecond, p.kill, func(l *life) {
		for n := range 3 {
			s := c.join(room, fmt.Sprintf("Sharer %d of %d", n, round)) // an upload that was cut off keeps its slot
			l.parts.Go(func() {
				for k := 0; ; k++ {
					name := fmt.Sprintf("%d-%d-%d.bin", round, n, k)
					id, err := upload(l.ctx, c.c, s.token, name)
					if err != nil {
						return
					}
					mu.Lock()
					acknowledged[id] = name
					mu.Unlock()
					l.begun()
				}
			})
		}
	})
	return acknowledged
}

// contentOf returns what the file of a name holds: up to 1.2 MiB.
func contentOf(name string) []byte {
	size := 0
	for _, b := range []byte(name) {
		size = (size*131 + int(b)*7919) % (1200 << 10)
	}
	return bytes.Repeat([]byte(name+"\x00"), size/(len(name)+1)+1)
}

// upload shares a file; without an error it was acknowledged.
func upload(ctx context.Context, c client, token, name string) (id string, err error) {
	data := contentOf(name)
	a, err := c.call(ctx, "share_file", args{"agent_token": token, "name": name, "size": len(data)})
	if err != nil {
		return "", err
	}
	if a.Upload.Page == "" {
		return "", fmt.Errorf("share_file was answered %+v", a)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, a.Upload.Page, bytes.NewReader(data))
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return "", err
	}
	var sent answer
	if err := json.Unmarshal(text, &sent); err != nil || !sent.Sent || response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("the upload was answered %s: %s", response.Status, text)
	}
	return sent.ID, nil
}

// files returns the names of all files in the room of a, by the ids of their messages.
func (c talk) files(token string) map[string]string {
	c.t.Helper()
	names := map[string]string{}
	for in := (args{"agent_token": token, "files": true}); ; {
		a := c.ok("message_history", in)
		for _, m := range a.Messages {
			if m.File != nil {
				names[m.ID] = m.File.Name
			}
		}
		if !a.HasMore || len(a.Messages) == 0 {
			return names
		}
		in["before"] = a.Messages[0].ID
	}
}

// address returns where a file is downloaded: it stands in the command that get_file gives.
func (c talk) address(token, id string) string {
	c.t.Helper()
	parts := strings.Split(c.ok("get_file", args{"agent_token": token, "id": id}).Download, "'")
	if len(parts) < 2 {
		c.t.Fatalf("there is no address in %q", parts)
	}
	return parts[len(parts)-2]
}

// download returns the bytes of a file.
func (c talk) download(token, id string) []byte {
	c.t.Helper()
	response, err := http.Get(c.address(token, id))
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		c.t.Fatalf("%s: %s, %v", id, response.Status, err)
	}
	return data
}
