package httpapi

import (
	"container/list"
	"context"
	"net"
	"net/http"
	"sync"
)

// crowd bounds the connections of a server. A new one beyond the bound takes the place of
// the one that has been without a request for the longest: who only holds connections
// keeps nobody out.
type crowd struct {
	most int

	mu    sync.Mutex
	open  int
	spare *list.List // those whose request, if any, has not arrived; net.Conn
	at    map[net.Conn]*list.Element
}

type connKey struct{}

// BoundConnections lets s have at most so many open connections; 0: any number. It is
// called before s serves.
func BoundConnections(s *http.Server, most int) {
	if most <= 0 {
		return
	}
	c := &crowd{most: most, spare: list.New(), at: map[net.Conn]*list.Element{}}
	h := s.Handler
	s.ConnState = c.note
	s.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		return context.WithValue(ctx, connKey{}, conn)
	}
	s.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if conn, ok := r.Context().Value(connKey{}).(net.Conn); ok {
			c.mu.Lock()
			c.drop(conn)
			c.mu.Unlock()
		}
		h.ServeHTTP(w, r)
	})
}

// note is told of each connection.
func (c *crowd) note(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch state {
	case http.StateNew:
		if c.open++; c.open > c.most && c.spare.Len() > 0 {
			oldest := c.spare.Front().Value.(net.Conn)
			c.drop(oldest)
			_ = oldest.Close() // note hears of it
		}
		c.at[conn] = c.spare.PushBack(conn)
	case http.StateIdle:
		c.drop(conn) // of a request that needed no handler
		c.at[conn] = c.spare.PushBack(conn)
	case http.StateClosed, http.StateHijacked:
		c.open--
		c.drop(conn)
	}
}

// drop takes a connection out of those that are spare. c.mu is held.
func (c *crowd) drop(conn net.Conn) {
	if e := c.at[conn]; e != nil {
		c.spare.Remove(e)
		delete(c.at, conn)
	}
}
