package dynamolocal

import (
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
)

// Wire is what lies between a program and an engine, and fails when told to. At
// first all connections pass. Many goroutines may call its methods at once.
type Wire struct {
	// Endpoint is the address of the engine through the wire.
	Endpoint string

	engine string // its address
	mu     sync.Mutex
	mode   mode
	lines  map[*line]bool
}

type mode int

const (
	passing mode = iota
	hanging
	refusing
)

// Interpose returns a wire in front of the engine at endpoint. It ends with the test.
func Interpose(t testing.TB, endpoint string) *Wire {
	t.Helper()
	engine, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &Wire{Endpoint: "http://" + listener.Addr().String(), engine: engine.Host, lines: map[*line]bool{}}
	var serving sync.WaitGroup
	serving.Go(func() { w.serve(listener, &serving) })
	t.Cleanup(func() {
		listener.Close()
		w.set(refusing)
		serving.Wait()
	})
	return w
}

// Hang keeps all connections open, new ones too, and lets nothing pass any more, as
// when the engine no longer answers.
func (w *Wire) Hang() { w.set(hanging) }

// Refuse resets all connections, new ones too.
func (w *Wire) Refuse() { w.set(refusing) }

// Drop lets nothing pass on the connections that are open, without a word to either
// side, as a router does that has forgotten them. New connections pass.
func (w *Wire) Drop() {
	w.set(hanging)
	w.set(passing)
}

// Hold lets nothing pass on every other open connection until release is called. Then it all
// passes, late. New connections pass.
func (w *Wire) Hold() (release func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	held, all := make(chan struct{}), 0
	for l := range w.lines {
		all++
		if all%2 == 1 {
			l.held.Store(&held)
		}
	}
	return sync.OnceFunc(func() { close(held) })
}

// Heal lets new connections pass. Those that hung stay dead.
func (w *Wire) Heal() { w.set(passing) }

func (w *Wire) set(m mode) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mode = m
	for l := range w.lines {
		l.suffer(m)
	}
}

// serve carries connections until the listener ends.
func (w *Wire) serve(listener net.Listener, serving *sync.WaitGroup) {
	for {
		client, err := listener.Accept()
		if err != nil {
			return
		}
		serving.Go(func() { w.carry(&line{client: client.(*net.TCPConn)}) })
	}
}

// carry carries one connection to its end.
func (w *Wire) carry(l *line) {
	defer l.client.Close()
	w.mu.Lock()
	w.lines[l] = true
	l.suffer(w.mode)
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		delete(w.lines, l)
		w.mu.Unlock()
	}()
	if l.dead.Load() {
		_, _ = io.Copy(io.Discard, l.client) // until the client ends it
		return
	}
	engine, err := net.Dial("tcp", w.engine)
	if err != nil {
		return
	}
	back := make(chan struct{})
	go func() {
		defer close(back)
		l.pump(l.client, engine)
		if !l.dead.Load() {
			l.client.Close()
		}
	}()
	l.pump(engine, l.client)
	engine.Close()
	<-back
}

// line is one connection through a wire.
type line struct {
	client *net.TCPConn
	dead   atomic.Bool                   // nothing passes
	held   atomic.Pointer[chan struct{}] // nothing passes until it is closed; nil: it is not held
}

func (l *line) suffer(m mode) {
	switch m {
	case hanging:
		l.dead.Store(true)
	case refusing:
		_ = l.client.SetLinger(0) // so that Close resets
		l.client.Close()
	}
}

// pump copies until either end fails. Bytes for a dead line are lost.
func (l *line) pump(to io.Writer, from io.Reader) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if held := l.held.Load(); held != nil {
			<-*held
		}
		if n > 0 && !l.dead.Load() {
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
