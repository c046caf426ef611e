package main

import (
	"net"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/app"
)

func TestBanner_everyLine_namesThePort(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var out strings.Builder
	if err := banner(&out, l.Addr(), "/home/ann/parley.db"); err != nil {
		t.Fatal(err)
	}
	url := "http://" + l.Addr().String() + "/mcp"
	for _, line := range []string{
		"Parley " + app.Version + " listens on " + url + "\n",
		"/home/ann/parley.db\n",
		"claude mcp add --transport http parley " + url + "\n",
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

func TestAddress_unspecifiedHost_isLoopback(t *testing.T) {
	for _, c := range []struct {
		ip   string
		want string
		open bool
	}{
		{"127.0.0.1", "http://127.0.0.1:8080/mcp", false},
		{"::1", "http://[::1]:8080/mcp", false},
		{"0.0.0.0", "http://127.0.0.1:8080/mcp", true},
		{"::", "http://127.0.0.1:8080/mcp", true},
		{"192.0.2.7", "http://192.0.2.7:8080/mcp", true},
	} {
		if url, open := address(&net.TCPAddr{IP: net.ParseIP(c.ip), Port: 8080}); url != c.want || open != c.open {
			t.Errorf("%s: %s, open %v", c.ip, url, open)
		}
	}
}

func TestBanner_reachableByOthers_warnsThatNothingIsEncrypted(t *testing.T) {
	var out strings.Builder
	if err := banner(&out, &net.TCPAddr{IP: net.IPv4zero, Port: 8080}, "DynamoDB table rooms"); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "not encrypted") {
		t.Error(out.String())
	}
}
