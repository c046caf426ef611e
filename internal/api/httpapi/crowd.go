package httpapi

import (
	"container/list"
	"errors"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
)

// The connections whose first or next header has begun and is not complete. net/http keeps the
// bytes that it has read of it, before any limit knows the caller.
const (
	mostBegun          = 1000
	mostBegunOfAddress = 64
	// mostLines is how many lines a header has at most. A line of four bytes takes a hundred.
	mostLines = 200
)

// errLines ends a connection. Net/http answers with 400.
var errLines = errors.New("httpapi: a header has too many lines")

// crowd bounds the connections of a server. A new one beyond the bound takes the place of the one
// that has been without a request for the longest: a client that only holds connections keeps
// nobody out. In the same way a header that begins ends the oldest one that is not complete.
type crowd struct {
	most    int  // 0: any number
	proxied bool // connections come from trusted proxies, which may begin any number of headers

	mu    sync.Mutex
	open  int
	spare *list.List   // of *visitor: those whose request, if any, has not arrived
	begun *list.List   // of *visitor: those of spare whose header has begun
	of    ident.Counts // of begun
}

// visitor is a connection of a crowd.
type visitor struct {
	net.Conn
	crowd *crowd
	from  []ident.Group
	spare *list.Element // its places in the crowd; nil: none
	begun *list.Element

	heading bool // the next bytes are of a header
	again   bool // it is not the first header
	patient bool // net/http has said how long it waits for this header to begin
	read    bool // some of the header was read from the connection since it was idle
	lines   int  // of the header; -1 behind its end
	blank   bool // the line so far is empty
}

// BoundConnections lets s have at most so many open connections, 0 for any number, and few of
// them whose header is not complete. s serves the listener that it returns. proxied says that
// all connections come from proxies that are trusted.
func BoundConnections(s *http.Server, ln net.Listener, most int, proxied bool) net.Listener {
	c := &crowd{most: most, proxied: proxied, spare: list.New(), begun: list.New()}
	s.ConnState = func(conn net.Conn, state http.ConnState) { c.note(conn.(*visitor), state) }
	return crowdListener{ln, c}
}

type crowdListener struct {
	net.Listener
	crowd *crowd
}

// Accept is net.Listener's.
func (l crowdListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &visitor{Conn: conn, crowd: l.crowd, from: ident.Groups(household(conn.RemoteAddr().String()))}, nil
}

// note is told of each connection. Net/http calls it active once its header is complete.
func (c *crowd) note(v *visitor, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch state {
	case http.StateNew:
		c.open++
		if c.most > 0 && c.open > c.most && c.spare.Len() > 0 {
			c.end(c.spare.Front().Value.(*visitor))
		}
		v.spare, v.heading = c.spare.PushBack(v), true
	case http.StateActive:
		c.drop(v)
		v.heading = false
	case http.StateIdle:
		c.drop(v)
		v.spare, v.heading, v.again, v.patient, v.read, v.lines, v.blank = c.spare.PushBack(v), true, true, false,
			false, 0, false
	case http.StateClosed, http.StateHijacked:
		c.open--
		c.drop(v)
	}
}

// begin notes that the header of v has begun.
func (c *crowd) begin(v *visitor) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if v.spare == nil || v.begun != nil {
		return
	}
	v.begun = c.begun.PushBack(v)
	c.of.Add(v.from, 1)
	crowded, ofOne := c.of.Over(v.from, 0, mostBegunOfAddress)
	ofOne = ofOne && !c.proxied
	for e := c.begun.Front(); e != nil && (ofOne || c.begun.Len() > mostBegun); e = e.Next() {
		if oldest := e.Value.(*visitor); !ofOne || slices.Contains(oldest.from, crowded) {
			c.end(oldest)
			return
		}
	}
}

// end ends a connection. note hears of it later. c.mu is held.
func (c *crowd) end(v *visitor) {
	c.drop(v)
	_ = v.Conn.Close() // that it has gone by itself is as good
}

// drop takes a connection out of those without a request. c.mu is held.
func (c *crowd) drop(v *visitor) {
	if v.spare != nil {
		c.spare.Remove(v.spare)
		v.spare = nil
	}
	if v.begun == nil {
		return
	}
	c.begun.Remove(v.begun)
	v.begun = nil
	c.of.Add(v.from, -1)
}

// Read is net.Conn's.
func (v *visitor) Read(p []byte) (int, error) {
	n, err := v.Conn.Read(p)
	if n > 0 && v.heading {
		v.read = true
		switch lines := v.count(p[:n]); {
		case lines > mostLines:
			return 0, errLines
		case lines >= 0: // it is not complete yet
			v.crowd.begin(v)
		}
	}
	return n, err
}

// count returns how many lines the header has with p; -1 if that completes it.
func (v *visitor) count(p []byte) int {
	for _, b := range p {
		switch {
		case v.lines < 0 || v.lines > mostLines:
			return v.lines
		case b == '\n' && v.blank:
			v.lines = -1
		case b == '\n':
			v.lines, v.blank = v.lines+1, true
		case b != '\r':
			v.blank = false
		}
	}
	return v.lines
}

// SetReadDeadline is net.Conn's. Before a further header net/http first says how long it waits
// for it to begin, and once it has begun how long for its end. It may have come with the end of
// the request before it, and is not read then.
func (v *visitor) SetReadDeadline(t time.Time) error {
	if v.heading && v.again {
		if v.patient && !v.read {
			v.crowd.begin(v)
		}
		v.patient = true
	}
	return v.Conn.SetReadDeadline(t)
}

// CloseWrite lets a client read a refusal before its connection ends.
func (v *visitor) CloseWrite() error {
	if c, ok := v.Conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return nil
}
