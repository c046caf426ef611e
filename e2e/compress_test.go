package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/parley-chat/parley/e2e/internal/parts"
)

// evening is what Alice says: twice in an answer of MCP, and two of them make one that is compressed.
var evening = strings.Repeat("We meet at eight. ", 40)

// overheard is a way to p, and how many of its answers came compressed along it.
func overheard(t *testing.T, p *program) (url string, zipped *gzips) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	zipped = new(gzips)
	go func() {
		for {
			client, err := ln.Accept()
			if err != nil {
				return // the test is over
			}
			server, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(p.url, "http://"), "/mcp"))
			if err != nil {
				_ = client.Close()
				continue
			}
			between := func(to, from net.Conn, heard io.Writer) {
				defer to.Close()
				_, _ = io.Copy(io.MultiWriter(to, heard), from)
			}
			go between(server, client, io.Discard)
			go between(client, server, zipped)
		}
	}()
	return "http://" + ln.Addr().String(), zipped
}

// gzips counts the compressed answers in what is written.
type gzips struct{ atomic.Int64 }

func (g *gzips) Write(p []byte) (int, error) {
	g.Add(int64(bytes.Count(p, []byte("\r\nContent-Encoding: gzip\r\n")))) // net/http writes a header at once
	return len(p), nil
}

// The SDKs ask for gzip unbidden.
func TestCompress_everyClient_readsWhatItAskedFor(t *testing.T) {
	t.Parallel()
	for _, k := range allKinds(t) {
		t.Run(k.name, func(t *testing.T) {
			k.needs(t)
			url, zipped := overheard(t, start(t))
			c := talk{t, k.open(t, url+"/mcp")}
			alice, bob := c.join("tea", "Alice"), c.join("tea", "Bob")
			for range 3 {
				c.ok("send_message", args{"agent_token": alice.token, "text": evening})
			}
			before := zipped.Load()
			await(t, "a compressed answer", func() bool { // one that comes late is a stream
				a := c.ok("message_history", args{"agent_token": bob.token})
				if last := a.Messages[len(a.Messages)-1]; last.Text != evening {
					t.Fatalf("the last message is %+v", last)
				}
				return zipped.Load() > before
			})
		})
	}
}

// An agent with nothing but a shell, and a program of JavaScript.
func TestCompress_curlAndFetch_readWhatTheyAskedFor(t *testing.T) {
	t.Parallel()
	for name, command := range map[string]func(address, body string) []string{
		"curl": func(address, body string) []string {
			return []string{"--silent", "--compressed", "-H", "Content-Type: application/json", "-d", body, address}
		},
		"node": func(address, body string) []string {
			return []string{"-e", `fetch(process.argv[1], { method: "POST", body: process.argv[2],
				headers: { "Content-Type": "application/json" } }).then(async (r) => console.log(await r.text()))`,
				address, body}
		},
	} {
		t.Run(name, func(t *testing.T) {
			parts.Need(t, name, "it is the client")
			p := start(t)
			url, zipped := overheard(t, p)
			c := talk{t, openGo(t, p.url, modernProtocol)}
			alice := c.join("tea", "Alice")
			c.ok("send_message", args{"agent_token": alice.token, "text": evening + evening})
			body, err := json.Marshal(args{"agent_token": alice.token})
			if err != nil {
				t.Fatal(err)
			}
			var errors bytes.Buffer
			call := exec.CommandContext(t.Context(), name, command(url+"/tools/message_history", string(body))...)
			call.Stderr = &errors
			out, err := call.Output()
			var got answer
			if err := json.Unmarshal(out, &got); err != nil || zipped.Load() != 1 {
				t.Fatalf("%v in %s, %d compressed", err, out, zipped.Load())
			}
			if last := got.Messages[len(got.Messages)-1]; err != nil || last.Text != evening+evening {
				t.Errorf("%v: %s; %+v", err, &errors, last)
			}
		})
	}
}
