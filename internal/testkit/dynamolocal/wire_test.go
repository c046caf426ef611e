package dynamolocal

import (
	"bufio"
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// echo starts an engine that answers each line with itself.
func echo(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				for lines := bufio.NewScanner(c); lines.Scan(); {
					if _, err := c.Write([]byte(lines.Text() + "\n")); err != nil {
						return
					}
				}
			}()
		}
	}()
	return "http://" + listener.Addr().String()
}

// dial returns a connection through the wire.
func dial(w *Wire) (net.Conn, error) {
	return net.Dial("tcp", strings.TrimPrefix(w.Endpoint, "http://"))
}

// askAnew is ask on a connection of its own.
func askAnew(t *testing.T, w *Wire, patience time.Duration) error {
	t.Helper()
	c, err := dial(w)
	if err != nil {
		return err
	}
	defer c.Close()
	return ask(t, c, patience)
}

// ask sends a line and returns why there was no answer.
func ask(t *testing.T, c net.Conn, patience time.Duration) error {
	t.Helper()
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Write([]byte("hello\n")); err != nil {
		return err
	}
	answer, err := bufio.NewReader(c).ReadString('\n')
	if err == nil && answer != "hello\n" {
		t.Errorf("the answer is %q", answer)
	}
	return err
}

func TestWire_faults_meetOpenAndNewConnections(t *testing.T) {
	const silence, answer = 50 * time.Millisecond, 10 * time.Second
	hangs := func(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }
	resets := func(err error) bool { return err != nil && !hangs(err) }
	passes := func(err error) bool { return err == nil }
	for name, c := range map[string]struct {
		fault     func(*Wire)
		onOpen    time.Duration // how long to wait for an answer
		onNew     time.Duration
		open, new func(error) bool
	}{
		"none":   {func(*Wire) {}, answer, answer, passes, passes},
		"hang":   {(*Wire).Hang, silence, silence, hangs, hangs},
		"refuse": {(*Wire).Refuse, answer, answer, resets, resets},
		"drop":   {(*Wire).Drop, silence, answer, hangs, passes},
	} {
		t.Run(name, func(t *testing.T) {
			w := Interpose(t, echo(t))
			open, err := dial(w)
			if err != nil {
				t.Fatal(err)
			}
			defer open.Close()
			if err := ask(t, open, answer); err != nil {
				t.Fatal(err)
			}
			c.fault(w)
			if err := ask(t, open, c.onOpen); !c.open(err) {
				t.Errorf("the open connection: %v", err)
			}
			if err := askAnew(t, w, c.onNew); !c.new(err) {
				t.Errorf("a new connection: %v", err)
			}
			w.Heal()
			if err := askAnew(t, w, answer); err != nil {
				t.Errorf("after healing: %v", err)
			}
			if err := ask(t, open, c.onOpen); !c.open(err) {
				t.Errorf("the open connection, after healing: %v", err)
			}
		})
	}
}
