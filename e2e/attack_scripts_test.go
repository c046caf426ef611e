package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"
)

// Somebody without a key fetches the script of the page all the time, and does not say that it
// takes gzip.
func TestAttack_scripts_costTheirCallerAndLittleElse(t *testing.T) {
	p := start(t, "--trust-proxy", "--access", "keys")
	fetch := func(address, path string) (*http.Response, string, error) {
		c := p.dial()
		defer c.Close()
		if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\nX-Forwarded-For: "+
			"%s\r\nConnection: close\r\n\r\n", path, address); err != nil {
			return nil, "", err
		}
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			return nil, "", err
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		return resp, string(text), err
	}
	_, page := opens(t, strangers, strings.TrimSuffix(p.url, "/mcp")+"/r/abcdefg")
	link := regexp.MustCompile(`src="\.\.(/assets/[^"]+/main\.js)"`).FindStringSubmatch(page)
	if link == nil {
		t.Fatal(page)
	}
	n := max(300, scaled(1500))
	var got, bytes atomic.Int64
	var fetches errgroup.Group
	fetches.SetLimit(16)
	for range n {
		fetches.Go(func() error {
			resp, text, err := fetch("198.51.100.66", link[1])
			if err == nil && resp.StatusCode == http.StatusOK {
				got.Add(1)
			}
			bytes.Add(int64(len(text)))
			return err
		})
	}
	if err := fetches.Wait(); err != nil {
		t.Fatal(err)
	}
	if got.Load() > 200 || bytes.Load() > 200*120_000 {
		t.Errorf("%d of %d fetches got %d bytes", got.Load(), n, bytes.Load())
	}
	if resp, _, err := fetch(p.victim().address, link[1]); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("another address: %v, %v", resp, err)
	}
	attacks(t, "%d of %d fetches of the script got it from one address, with %d KB in all; another address is served",
		got.Load(), n, bytes.Load()/1000)
}
