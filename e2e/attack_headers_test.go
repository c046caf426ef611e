//go:build linux

package e2e

import (
	"fmt"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// resident returns how many MB of memory the program has.
func (p *program) resident() int {
	p.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		p.t.Fatal(err)
	}
	m := regexp.MustCompile(`VmRSS:\s+(\d+) kB`).FindStringSubmatch(string(text))
	if m == nil {
		p.t.Fatal("the system does not say how much memory it has")
	}
	kb, err := strconv.Atoi(m[1])
	if err != nil {
		p.t.Fatal(err)
	}
	return kb / 1024
}

// Thousands of connections send a header of tiny lines that never ends, from one address and from
// many.
func TestAttack_headersOfTinyLines_takeLittleMemory(t *testing.T) {
	var lines strings.Builder
	for n := range 5000 {
		fmt.Fprintf(&lines, "%c%c:\n", "abcdefghijklmnopqrstuvwxyz0123456789"[n%36],
			"abcdefghijklmnopqrstuvwxyz0123456789"[n/36%36])
	}
	for name, addresses := range map[string]int{"one address": 1, "many addresses": 200} {
		t.Run(name, func(t *testing.T) {
			p := start(t, "--access", "keys")
			idle, most, n := p.resident(), 0, scaled(3000)
			at := strings.TrimSuffix(strings.TrimPrefix(p.url, "http://"), "/mcp")
			for i := range n {
				from := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(i%addresses+1))}}
				c, err := from.DialContext(t.Context(), "tcp", at)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = c.Close() })
				// Half of them stop within the bound on lines, since what is refused is not kept.
				part := lines.String()
				if i%2 == 0 {
					part = part[:760]
				}
				_, _ = fmt.Fprint(c, "GET / HTTP/1.1\r\nHost: localhost\r\n"+part) // the program may have ended it
				if i%50 == 0 {
					most = max(most, p.resident())
				}
			}
			most = max(most, p.resident())
			if most-idle > 200 {
				t.Errorf("it takes %d MB more", most-idle)
			}
			if got := p.health(); addresses > 1 && got != 200 {
				t.Errorf("another client gets %d", got)
			}
			attacks(t, "%d connections from %s with thousands of header lines and no end take %d MB over the %d of "+
				"an idle program", n, name, most-idle, idle)
		})
	}
}
