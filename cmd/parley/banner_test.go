package main

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/server/app"
)

// nobody returns the address of a machine that others cannot reach.
func nobody() netip.Addr { return netip.Addr{} }

func TestBanner_leadsWithThePageAndOneCommand_onOneScreen(t *testing.T) {
	local := endpointOf(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080}, nobody)
	open := endpointOf(&net.TCPAddr{IP: net.IPv4zero, Port: 8080},
		func() netip.Addr { return netip.MustParseAddr("192.168.1.7") })
	const addKey = "  ./parley keys add LABEL --data /home/ann/parley.db --public-url http://192.168.1.7:8080\n"
	for name, c := range map[string]struct {
		greeting
		base string
		says []string
		not  string
	}{
		"local": {greeting{at: local}, "http://127.0.0.1:8080",
			[]string{"listens on http://127.0.0.1:8080/mcp\n",
				"here.\nThe rooms are stored in /home/ann/parley.db. ./parley --help lists all commands. Ctrl-C"},
			"encrypted"},
		"for others": {greeting{at: open}, "http://192.168.1.7:8080",
			[]string{"such as http://192.168.1.7:8080/mcp\n", "here.\nThe connection is not encrypted"},
			"key"},
		"with keys, of which there is none": {greeting{at: open, makeKey: strings.TrimSpace(
			strings.Replace(addKey, "./", "", 1))}, "http://192.168.1.7:8080",
			[]string{"with your name for LABEL:\n\n" + addKey + "\nThen open http://192.168.1.7:8080/ " +
				"in a browser to connect clients, or connect two agents there:\n", "here.\nThe connection"}, ""},
		"with a public address": {greeting{at: local, public: "https://parley.example/mcp"}, "https://parley.example",
			[]string{"listens on http://127.0.0.1:8080/mcp\n"}, "encrypted"},
	} {
		c.rooms, c.exposure, c.io.started = "/home/ann/parley.db", "This server is here.", "./parley"
		var out strings.Builder
		if err := c.banner(&out); err != nil {
			t.Fatal(err)
		}
		text := out.String()
		for _, part := range append(c.says, "\n  ./parley connect claude-code --url "+c.base+
			" --allow\n  ./parley connect codex --url "+c.base+" --allow\n\n"+tellEach+"\n",
			"Parley "+app.Version()+" listens ") {
			if !strings.Contains(text, part) {
				t.Errorf("%s: no %q in\n%s", name, part, text)
			}
		}
		most, begins := 12, "Open "+c.base+"/ in a browser"
		if c.makeKey != "" {
			most, begins = 16, "Nobody can use this server yet"
		}
		if lines := strings.Count(text, "\n"); lines > most || !strings.HasPrefix(text, begins) ||
			c.not != "" && strings.Contains(text, c.not) {
			t.Errorf("%s: %d lines\n%s", name, lines, text)
		}
	}
}

func TestEndpoint_onAllAddresses_isOneThatOthersReach(t *testing.T) {
	own := netip.MustParseAddr("192.168.1.7")
	for _, c := range []struct {
		ip              string
		own             netip.Addr
		want, reachable string
	}{
		{"127.0.0.1", own, "http://127.0.0.1:8080/mcp", ""},
		{"::1", own, "http://[::1]:8080/mcp", ""},
		{"0.0.0.0", own, "http://192.168.1.7:8080/mcp", "192.168.1.7:8080"},
		{"::", own, "http://192.168.1.7:8080/mcp", "192.168.1.7:8080"},
		{"0.0.0.0", netip.Addr{}, "http://127.0.0.1:8080/mcp", "127.0.0.1:8080"}, // no network
		{"192.0.2.7", own, "http://192.0.2.7:8080/mcp", "192.0.2.7:8080"},
	} {
		at := endpointOf(&net.TCPAddr{IP: net.ParseIP(c.ip), Port: 8080}, func() netip.Addr { return c.own })
		if at.url() != c.want || at.reachable() != c.reachable {
			t.Errorf("%s: %s, reachable at %q", c.ip, at.url(), at.reachable())
		}
	}
}

// The machine has an address, unless it has no network at all.
func TestOwnAddress_isNoLoopback(t *testing.T) {
	if own := ownAddress(); own.IsLoopback() || own.IsUnspecified() || own.IsLinkLocalUnicast() {
		t.Errorf("%v", own)
	}
}

func TestOwn_commandsToPaste_nameTheProgramAsItWasStarted(t *testing.T) {
	const text = "Take one with: %s join ROOM (parley wait goes on); parley.example is no parley command.\n" +
		"  with parley     %[1]s connect codex\nfailed; see %[1]s say --help; to fix it: %[1]s doctor"
	for word, want := range map[string]string{
		"parley": "parley", "./parley": "./parley", "/opt/a b/pa": "'/opt/a b/pa'",
		filepath.Join(os.TempDir(), "go-build1", "b001", "exe", "parley"):        "go run ./cmd/parley",
		"/home/ann/.cache/go-build/fc/" + strings.Repeat("fc", 32) + "-d/parley": "go run ./cmd/parley",
	} {
		want := strings.ReplaceAll(fmt.Sprintf(text, want), "go run ./cmd/parley connect",
			"go build ./cmd/parley && ./parley connect")
		if got := (streams{started: startedAs(word)}).own(fmt.Sprintf(text, "parley")); got != want {
			t.Errorf("started as %s:\n%s", word, got)
		}
	}
}
