package e2e

import (
	"io"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// opens returns what a browser gets of an address, and the text of it.
func opens(t *testing.T, client *http.Client, address string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")
	return fetched(t, client, r)
}

// calls makes a call as a page of an origin does, at a host by which the request names it.
func calls(t *testing.T, client *http.Client, address, host, origin string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address,
		strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_rooms","arguments":{}}}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Host = host
	r.Header = http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json, text/event-stream"},
		"Origin": {origin}}
	return fetched(t, client, r)
}

func fetched(t *testing.T, client *http.Client, r *http.Request) (*http.Response, string) {
	t.Helper()
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(text)
}

// whole opens a page and all that it names, and says what is missing.
func whole(t *testing.T, client *http.Client, root string) {
	t.Helper()
	resp, text := opens(t, client, root+"/r/abcdefg")
	if resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") ||
		!strings.Contains(resp.Header.Get("Content-Security-Policy"), "trusted-types worker") {
		t.Fatalf("%d %v %s", resp.StatusCode, resp.Header, text)
	}
	links := regexp.MustCompile(`(?:href|src)="\.\./(assets/[^"]+)"`).FindAllStringSubmatch(text, -1)
	if len(links) != 5 {
		t.Errorf("the page names %d assets: %s", len(links), text)
	}
	for _, m := range links {
		if resp, text := opens(t, client, root+"/"+m[1]); resp.StatusCode != http.StatusOK || text == "" ||
			!strings.Contains(resp.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %v", m[1], resp.StatusCode, resp.Header)
		}
	}
}

// networkAddress returns an address of this machine in a network; without a network, that of
// the loopback.
func networkAddress(t *testing.T) string {
	t.Helper()
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addresses {
		if at, ok := a.(*net.IPNet); ok && at.IP.IsGlobalUnicast() && at.IP.To4() != nil {
			return at.IP.String()
		}
	}
	return "127.0.0.1"
}

// An open server in a network: its page works at its address, and a name that another site
// lets point there reaches nothing.
func TestPage_ofAServerInANetwork_callsItByItsAddressOnly(t *testing.T) {
	p := &program{t: t, args: []string{"--access", "open", "--data", filepath.Join(t.TempDir(), "parley.db")}}
	p.launch(net.JoinHostPort(networkAddress(t), "0"))
	t.Cleanup(p.kill)
	root := strings.TrimSuffix(p.url, "/mcp")
	whole(t, http.DefaultClient, root)
	address := strings.TrimPrefix(root, "http://")
	if resp, text := calls(t, http.DefaultClient, p.url, address, root); resp.StatusCode != http.StatusOK ||
		!strings.Contains(text, `"rooms"`) {
		t.Errorf("its own page gets %d %s", resp.StatusCode, text)
	}
	port := address[strings.LastIndex(address, ":"):]
	for host, origin := range map[string]string{"evil.example" + port: "http://evil.example" + port,
		address: "http://evil.example" + port} {
		resp, text := calls(t, http.DefaultClient, p.url, host, origin)
		if resp.StatusCode != http.StatusForbidden || !strings.Contains(text, "--public-url") ||
			resp.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("a page of %s at %s gets %d %s", origin, host, resp.StatusCode, text)
		}
	}
}
