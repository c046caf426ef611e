package lambdatest_test

import (
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/testkit/lambdatest"
)

const (
	firstJoins = 7
	// mostOfWarm bounds the processor time of an instance's first join, in times of the
	// next one. A first join that opens the connections takes two to ten times.
	mostOfWarm = 3
)

// initialized starts another instance and returns when its init phase is over, which
// is when it asks for the first event.
func (f *function) initialized(env ...string) *lambdatest.Instance {
	f.t.Helper()
	asked := make(chan struct{})
	p := f.program(1, env...)
	p.Idle = sync.OnceFunc(func() { close(asked) })
	i := lambdatest.Start(f.t, p)
	select {
	case <-asked:
	case <-time.After(20 * time.Second):
		f.t.Fatal("the process does not ask for events")
	}
	return i
}

// firstJoin is what the first calls of one instance took.
type firstJoin struct {
	start               time.Duration // until it asked for the first event
	wall                time.Duration // of the first join
	init, first, second time.Duration // of the processor
	opened              int64         // connections to the table, by the first join
}

// joinFirst starts an instance, and lets an agent join two rooms. throttled says that
// it had no more of the processor than Lambda gives it.
func (f *function) joinFirst(s *secured, name string, rooms [2]string) (m firstJoin, throttled bool) {
	f.t.Helper()
	i := f.initialized("SSL_CERT_FILE=" + s.roots)
	m.start, m.init = time.Since(i.Began), cpuTime(f.t, i)
	opened := s.opened.Load()
	throttled = throttle(f.t, i)
	began := time.Now()
	join(f.t, i.FunctionURL(), rooms[0], name)
	m.wall, m.first = time.Since(began), cpuTime(f.t, i)-m.init
	m.opened = s.opened.Load() - opened
	join(f.t, i.FunctionURL(), rooms[1], name)
	m.second = cpuTime(f.t, i) - m.init - m.first
	i.Signal(os.Kill)
	i.Wait()
	i.Forget()
	return m, throttled
}

// Lambda gives the init phase a whole processor and the calls a share of one, so the
// first call must find everything ready that takes long to make ready.
func TestColdStart_firstJoin_findsTheTableConnected(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector's own work would be measured")
	}
	f := deploy(t)
	s := secure(t, f.endpoint)
	f.endpoint = s.url
	builder := f.initialized("SSL_CERT_FILE=" + s.roots)
	for _, room := range []string{"old 0", "old 1"} {
		call(t, builder.FunctionURL(), "create_room",
			args{"room": room, "agent_name": "Zoe", "capacity": 1 + firstJoins})
	}
	builder.Forget()
	var old, created []firstJoin
	share := "THE WHOLE processor: no control group can be created here"
	for k := range firstJoins {
		name := fmt.Sprintf("Agent %d", k)
		m, _ := f.joinFirst(s, name, [2]string{"old 0", "old 1"})
		old = append(old, m)
		m, throttled := f.joinFirst(s, name, [2]string{name + " a", name + " b"})
		created = append(created, m)
		if throttled {
			share = "the share of 128 MB"
		}
	}
	t.Logf("the first calls of an instance get %s", share)
	// A load reads twice at once. If its next request comes before a connection is back
	// in the pool of net/http, that opens another.
	checkFirstJoin(t, "a room that exists", old, 1)
	checkFirstJoin(t, "a new room", created, 0)
}

// checkFirstJoin reports what the joins of a kind took. They must not open more than
// most connections.
func checkFirstJoin(t *testing.T, room string, all []firstJoin, most int64) {
	t.Helper()
	times := func(field func(firstJoin) time.Duration) time.Duration { return median(values(all, field)) }
	first, second := times(func(m firstJoin) time.Duration { return m.first }),
		times(func(m firstJoin) time.Duration { return m.second })
	t.Logf("%s: init phase, median %.1f ms, %.1f of the processor; first join %.1f ms, %.1f of the processor; second "+
		"join %.1f of it", room,
		ms(times(func(m firstJoin) time.Duration { return m.start })),
		ms(times(func(m firstJoin) time.Duration { return m.init })),
		ms(times(func(m firstJoin) time.Duration { return m.wall })), ms(first), ms(second))
	if first > mostOfWarm*second {
		t.Errorf("%s: the first join takes %.1f times the processor time of the second, at most %d are wanted", room,
			float64(first)/float64(second), mostOfWarm)
	}
	if opened := median(values(all, func(m firstJoin) int64 { return m.opened })); opened > most {
		t.Errorf("%s: the first join opens %d connections to the table, at most %d are wanted", room, opened, most)
	}
}

func values[T any](all []firstJoin, field func(firstJoin) T) []T {
	var found []T
	for _, m := range all {
		found = append(found, field(m))
	}
	return found
}
