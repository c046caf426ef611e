package main

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/app"
)

// nobody is a machine without an address that others can reach.
func nobody() netip.Addr { return netip.Addr{} }

func TestBanner_everyLine_namesThePort(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var out strings.Builder
	if err := (greeting{at: endpointOf(l.Addr(), nobody), rooms: "/home/ann/parley.db",
		exposure: "This server is local."}).banner(&out); err != nil {
		t.Fatal(err)
	}
	url := "http://" + l.Addr().String() + "/mcp"
	for _, line := range []string{
		"Parley " + app.Version() + " listens on " + url + "\n",
		"/home/ann/parley.db\nThis server is local.\n",
		"claude mcp add --scope user --transport http parley " + url + "\n",
		"codex mcp add parley --url " + url + "\n",
		`code --add-mcp '{"name":"parley","type":"http","url":"` + url + `"}'` + "\n",
		`{"mcpServers":{"parley":{"url":"` + url + `"}}}` + "\n",
		url + " (transport: Streamable HTTP)\n",
	} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("no %q in\n%s", line, &out)
		}
	}
	if strings.Contains(out.String(), "Other machines") {
		t.Errorf("the banner says that others can reach a loopback address:\n%s", &out)
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

func TestBanner_reachableByOthers_givesAnAddressAndWarnsThatNothingIsEncrypted(t *testing.T) {
	var out strings.Builder
	at := endpointOf(&net.TCPAddr{IP: net.IPv4zero, Port: 8080},
		func() netip.Addr { return netip.MustParseAddr("192.168.1.7") })
	if err := (greeting{at: at, rooms: "DynamoDB table rooms"}).banner(&out); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"not\nencrypted", "parley http://192.168.1.7:8080/mcp\n",
		`"--url","http://192.168.1.7:8080"]`} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("no %q in\n%s", part, &out)
		}
	}
}

func TestBanner_withAPublicAddress_givesThat(t *testing.T) {
	var out strings.Builder
	at := endpointOf(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080}, nobody)
	if err := (greeting{at: at, public: "https://parley.example/mcp", rooms: "a file"}).banner(&out); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	if !strings.Contains(text, "listens on http://127.0.0.1:8080/mcp") ||
		!strings.Contains(text, "parley https://parley.example/mcp\n") || strings.Contains(text, "not\nencrypted") {
		t.Error(text)
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

func TestBanner_startedByItsPath_namesIt(t *testing.T) {
	var out strings.Builder
	at := endpoint{listens: "here", hostport: "127.0.0.1:8080"}
	if err := (greeting{at: at, io: streams{started: "./parley"}}).banner(&out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "  with parley     ./parley connect claude-code --url ") {
		t.Errorf("%s", &out)
	}
}
