package httpapi

import (
	"context"
	"io"
	"net"
	"net/http"
	"regexp"
	"sync/atomic"
	"testing"
)

// mostOnTheWire is what the first view of a page may bring, headers included, in bytes.
const mostOnTheWire = 140_000

// counted is a connection that counts the bytes that it reads.
type counted struct {
	net.Conn
	bytes *atomic.Int64
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.bytes.Add(int64(n))
	return n, err
}

// A browser without a cache loads the document of a page and everything that the document names.
func TestPages_firstView_isSmall(t *testing.T) {
	s := newSite(t)
	var bytes atomic.Int64
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network,
		addr string) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		return counted{c, &bytes}, err
	}}}
	t.Cleanup(client.CloseIdleConnections)
	load := func(path string) string {
		r := s.browser(path)
		r.Header.Set("Accept-Encoding", "gzip, deflate, br, zstd")
		resp, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		all, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d %v: %v", path, resp.StatusCode, resp.Header, err)
		}
		return string(all)
	}
	named := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?:href|src)="\.\./([^"]+)"`).FindAllStringSubmatch(load("/r/abcdefg"), -1) {
		if !named[m[1]] {
			named[m[1]] = true
			load("/" + m[1])
		}
	}
	t.Logf("%d bytes in %d answers", bytes.Load(), len(named)+1)
	if len(named) != 5 || bytes.Load() > mostOnTheWire {
		t.Errorf("the first view has %d assets and %d bytes, at most %d", len(named), bytes.Load(), mostOnTheWire)
	}
}
