package dynamotable_test

import (
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/dynamotable"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
)

// road passes connections on to an engine, until the road forgets the existing connections: from then on nothing comes
// through them, and nothing reports that. A function sees the same after it was frozen for longer than a gateway
// remembers its connections.
type road struct {
	engine string

	mu    sync.Mutex
	conns []*atomic.Bool // whether each is forgotten
}

// openRoad returns a road to DynamoDB Local, and its address.
func openRoad(t *testing.T) (*road, string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	r := &road{engine: strings.TrimPrefix(dynamolocal.Start(t), "http://")}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go r.pass(conn)
		}
	}()
	t.Cleanup(func() { _ = listener.Close() })
	return r, "http://" + listener.Addr().String()
}

// pass carries bytes between two ends until one end hangs up.
func (r *road) pass(near net.Conn) {
	defer near.Close()
	far, err := net.Dial("tcp", r.engine)
	if err != nil {
		return
	}
	defer far.Close()
	forgotten := new(atomic.Bool)
	r.mu.Lock()
	r.conns = append(r.conns, forgotten)
	r.mu.Unlock()
	go func() { // ends with far
		_, _ = io.Copy(unless{near, forgotten}, far)
	}()
	_, _ = io.Copy(unless{far, forgotten}, near)
}

// forget makes all existing connections dead.
func (r *road) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.conns {
		c.Store(true)
	}
}

// count returns how many connections there have been.
func (r *road) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.conns)
}

// unless writes to w, or to nowhere if the connection is forgotten.
type unless struct {
	w         io.Writer
	forgotten *atomic.Bool
}

func (u unless) Write(p []byte) (int, error) {
	if u.forgotten.Load() {
		return len(p), nil
	}
	return u.w.Write(p)
}

func TestCall_connectionsDiedWhileFrozen_oneAttemptIsLost(t *testing.T) {
	_, name := dynamolocal.NewTable(t, dynamotable.Options{})
	r, address := openRoad(t)
	calls := make(chan dynamotable.Call, 64)
	tbl := dynamotable.New(dynamolocal.Client(address), name,
		dynamotable.Options{Observe: func(_ context.Context, c dynamotable.Call) { calls <- c }})
	tbl.SetLimits(time.Minute, time.Minute)
	const atOnce = 3
	for r.count() < atOnce { // until so many connections are idle
		var reads sync.WaitGroup
		for range atOnce {
			reads.Go(func() { wantData(t, tbl, "a", "") })
		}
		reads.Wait()
	}
	for len(calls) > 0 {
		<-calls
	}
	r.forget()
	tbl.SetReusedLimit(200 * time.Millisecond)
	must(t, tbl.Write(t.Context(), table.Put(item("a", "mine"), table.IfAbsent)))
	if c := <-calls; c.Attempts != 2 {
		t.Errorf("%d attempts; the second must be made on a new connection", c.Attempts)
	}
	wantData(t, tbl, "a", "mine")
}
