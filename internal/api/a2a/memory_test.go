package a2a_test

import (
	"bufio"
	"fmt"
	"net"
	"net/url"
	"runtime"
	"strings"
	"testing"
)

// TestWaits_keepNoBody: a call may wait for hours, so nothing from its client stays in memory.
func TestWaits_keepNoBody(t *testing.T) {
	const calls, size = 20, 200 << 10
	w := newWorld(t, set{})
	bob := w.seated("Bob")
	at, err := url.Parse(w.base)
	if err != nil {
		t.Fatal(err)
	}
	body := fmt.Appendf(nil, `{"jsonrpc":"2.0","id":1,"method":"SubscribeToTask","params":{"id":%q,`+
		`"metadata":{"x":%q}}}`, bob.task, strings.Repeat("x", size))
	before := inUse()
	for range calls {
		conn, err := net.Dial("tcp", at.Host)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "POST %sa2a HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n"+
			"Content-Length: %d\r\n\r\n", at.Path, at.Host, len(body))
		if _, err := conn.Write(body); err != nil {
			t.Fatal(err)
		}
		for lines := bufio.NewScanner(conn); lines.Scan() && !strings.HasPrefix(lines.Text(), "data:"); {
		}
	}
	if more := inUse() - before; more > calls*size/4 {
		t.Errorf("%d calls that wait with %d bytes each keep %d bytes", calls, size, more)
	}
}

// inUse returns how much memory is reachable.
func inUse() int {
	var m runtime.MemStats
	for range 2 { // the second collection frees the memory of pools
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
