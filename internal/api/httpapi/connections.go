package httpapi

import (
	"container/list"
	"errors"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/api"
	"github.com/parley-chat/parley/internal/base/ident"
)

// errLines ends a connection. net/http answers with 400.
var errLines = errors.New("httpapi: a header has too many lines")

// connectionLimit limits the connections of a server. At the limit, a new connection closes the connection that has
// been without a request for the longest: a client that only holds connections keeps nobody out. In the same way, a
// header that begins closes the connection with the oldest incomplete header.
type connectionLimit struct {
	most    int  // connections; 0: any number
	proxied bool // connections come from trusted proxies, so one address may begin any number of headers

	mu              sync.Mutex
	open            int
	withoutRequest  *list.List   // of *limitedConn, the longest first: no request, or its header is incomplete
	inHeader        *list.List   // of *limitedConn, the longest first: the part of withoutRequest with a begun header
	headersOfGroups ident.Counts // of inHeader
}

// limitedConn is a connection under a connectionLimit.
type limitedConn struct {
	net.Conn
	limit          *connectionLimit
	groups         []ident.Group // of the client's address
	withoutRequest *list.Element // its places in the lists of limit; nil: none
	inHeader       *list.Element

	heading bool // the next bytes belong to a header
	again   bool // the header is not the first one of the connection
	patient bool // net/http has set the deadline by which this header must begin
	read    bool // some bytes of the header were read since the connection was idle
	lines   int  // lines of the header so far; -1: the header is complete
	blank   bool // the current line is empty so far
}

// BoundConnections lets s have at most so many open connections, 0 for any number, and few connections with an
// incomplete header. s must serve the returned listener. proxied says that all connections come from trusted proxies.
func BoundConnections(s *http.Server, ln net.Listener, most int, proxied bool) net.Listener {
	l := &connectionLimit{most: most, proxied: proxied, withoutRequest: list.New(), inHeader: list.New()}
	s.ConnState = func(conn net.Conn, state http.ConnState) { l.recordState(conn.(*limitedConn), state) }
	return limitedListener{ln, l}
}

type limitedListener struct {
	net.Listener
	limit *connectionLimit
}

// Accept implements [net.Listener].
func (l limitedListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	groups := ident.Groups(household(conn.RemoteAddr().String()))
	return &limitedConn{Conn: conn, limit: l.limit, groups: groups}, nil
}

// recordState records the state of a connection. net/http calls a connection active once its header is complete.
func (l *connectionLimit) recordState(c *limitedConn, state http.ConnState) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch state {
	case http.StateNew:
		l.open++
		if l.most > 0 && l.open > l.most && l.withoutRequest.Len() > 0 {
			l.closeConn(l.withoutRequest.Front().Value.(*limitedConn))
		}
		c.withoutRequest, c.heading = l.withoutRequest.PushBack(c), true
	case http.StateActive:
		l.remove(c)
		c.heading = false
	case http.StateIdle:
		l.remove(c)
		c.withoutRequest, c.heading, c.again = l.withoutRequest.PushBack(c), true, true
		c.patient, c.read, c.lines, c.blank = false, false, 0, false
	case http.StateClosed, http.StateHijacked:
		l.open--
		l.remove(c)
	}
}

// beginHeader counts the header of c, and closes the connection with the oldest incomplete header if too many headers
// are incomplete.
func (l *connectionLimit) beginHeader(c *limitedConn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c.withoutRequest == nil || c.inHeader != nil {
		return
	}
	c.inHeader = l.inHeader.PushBack(c)
	l.headersOfGroups.Add(c.groups, 1)
	group, over := l.headersOfGroups.Over(c.groups, 0, api.MaxHeadersBegunOfAddress)
	over = over && !l.proxied
	for e := l.inHeader.Front(); e != nil && (over || l.inHeader.Len() > api.MaxHeadersBegun); e = e.Next() {
		if oldest := e.Value.(*limitedConn); !over || slices.Contains(oldest.groups, group) {
			l.closeConn(oldest)
			return
		}
	}
}

// closeConn closes a connection. recordState hears of the end later. The caller holds l.mu.
func (l *connectionLimit) closeConn(c *limitedConn) {
	l.remove(c)
	_ = c.Conn.Close() // an error says that the connection has ended already
}

// remove removes c from the lists. The caller holds l.mu.
func (l *connectionLimit) remove(c *limitedConn) {
	if c.withoutRequest != nil {
		l.withoutRequest.Remove(c.withoutRequest)
		c.withoutRequest = nil
	}
	if c.inHeader == nil {
		return
	}
	l.inHeader.Remove(c.inHeader)
	c.inHeader = nil
	l.headersOfGroups.Add(c.groups, -1)
}

// Read implements [net.Conn].
func (c *limitedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 && c.heading {
		c.read = true
		switch lines := c.countLines(p[:n]); {
		case lines > api.MaxHeaderLines:
			return 0, errLines
		case lines >= 0: // the header is incomplete
			c.limit.beginHeader(c)
		}
	}
	return n, err
}

// countLines returns how many lines the header has with p; -1 if p completes the header.
func (c *limitedConn) countLines(p []byte) int {
	for _, b := range p {
		switch {
		case c.lines < 0 || c.lines > api.MaxHeaderLines:
			return c.lines
		case b == '\n' && c.blank:
			c.lines = -1
		case b == '\n':
			c.lines, c.blank = c.lines+1, true
		case b != '\r':
			c.blank = false
		}
	}
	return c.lines
}

// SetReadDeadline implements [net.Conn]. For each header but the first, net/http sets two deadlines: first for the
// header's begin and, once the header has begun, for its end. If the header arrived together with the end of the
// request before, there is no Read between the two, and the second deadline alone tells that the header has begun.
func (c *limitedConn) SetReadDeadline(t time.Time) error {
	if c.heading && c.again {
		if c.patient && !c.read {
			c.limit.beginHeader(c)
		}
		c.patient = true
	}
	return c.Conn.SetReadDeadline(t)
}

// CloseWrite lets a client read a refusal before its connection ends.
func (c *limitedConn) CloseWrite() error {
	if conn, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return conn.CloseWrite()
	}
	return nil
}
