package httpapi_test

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/api/httpapi"
)

// Connections without a request, with a part of a request, and idle connections make room for new connections. A
// connection with a request in progress does not.
func TestBoundConnections_heldConnections_keepNobodyOut(t *testing.T) {
	arrived, answer := make(chan struct{}), make(chan struct{})
	s := httpapi.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			close(arrived)
			<-answer
		}
		fmt.Fprint(w, "here")
	}), slog.New(slog.DiscardHandler))
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.Serve(httpapi.BoundConnections(s, ln, 8, false)) }() // it returns when the server is closed
	t.Cleanup(func() { _ = s.Close() })
	url := "http://" + ln.Addr().String()
	slow := make(chan string)
	go func() { slow <- get(url + "/slow") }()
	<-arrived
	var held []net.Conn
	for i := range 60 {
		conn, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		fmt.Fprint(conn, []string{"", "POST /mcp HTTP/1.1\r\nHost: x\r\n", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"}[i%3])
		held = append(held, conn)
		if i%10 == 9 {
			if got := get(url); got != "here" {
				t.Errorf("beside %d connections: %s", i+1, got)
			}
		}
	}
	if _, err := io.ReadAll(held[0]); err != nil {
		t.Errorf("the first that was held: %v", err)
	}
	close(answer)
	if got := <-slow; got != "here" {
		t.Errorf("the call that was being answered: %s", got)
	}
}

// An address may have 64 connections with a begun header, the first or a further header. Connections that are idle
// between two requests do not count, and a trusted proxy may have more.
func TestBoundConnections_begunHeaders_endTheOldest(t *testing.T) {
	for name, proxied := range map[string]bool{"an address": false, "a trusted proxy": true} {
		t.Run(name, func(t *testing.T) {
			s := httpapi.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				fmt.Fprint(w, "here")
			}), slog.New(slog.DiscardHandler))
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			// it returns when the server is closed
			go func() { _ = s.Serve(httpapi.BoundConnections(s, ln, 0, proxied)) }()
			t.Cleanup(func() { _ = s.Close() })
			const whole, part = "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\n"
			opened := func(text string, answers int) net.Conn {
				c, err := net.Dial("tcp", ln.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = c.Close() })
				if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
					t.Fatal(err)
				}
				fmt.Fprint(c, text)
				for r := bufio.NewReader(c); answers > 0; answers-- {
					resp, err := http.ReadResponse(r, nil)
					if err != nil {
						t.Fatal(err)
					}
					_, _ = io.Copy(io.Discard, resp.Body)
				}
				return c
			}
			idle := opened(whole, 1)
			var begun []net.Conn
			for i := range 80 {
				switch i % 3 {
				case 0:
					begun = append(begun, opened(part, 0))
				case 1: // the next header comes with the request before it
					begun = append(begun, opened(whole+part, 1))
				case 2:
					c := opened(whole, 1)
					fmt.Fprint(c, part)
					begun = append(begun, c)
				}
			}
			ended := make(chan int)
			for i, c := range begun {
				go func() {
					if _, err := c.Read(make([]byte, 1)); err != nil {
						ended <- i
					}
				}()
			}
			if proxied {
				fmt.Fprint(begun[0], "\r\n")
			} else {
				for range 16 {
					if i := <-ended; i >= 64 {
						t.Errorf("number %d of %d was ended", i, len(begun))
					}
				}
			}
			fmt.Fprint(idle, whole)
			if resp, err := http.ReadResponse(bufio.NewReader(idle), nil); err != nil ||
				resp.StatusCode != http.StatusOK {
				t.Errorf("the idle one: %v", err)
			}
			select {
			case i := <-ended:
				t.Errorf("number %d was ended, too", i)
			default:
			}
		})
	}
}

// household is a listener whose peers have networks of their own within one household.
type household struct {
	net.Listener
	peers int
}

func (h *household) Accept() (net.Conn, error) {
	c, err := h.Listener.Accept()
	h.peers++
	return peer{c, fmt.Sprintf("2001:db8:1:%x::1", h.peers%256)}, err
}

type peer struct {
	net.Conn
	address string
}

func (p peer) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.ParseIP(p.address), Port: 4711} }

func TestBoundConnections_begunHeadersOfAHousehold_areTwiceThoseOfAnAddress(t *testing.T) {
	s := httpapi.NewServer(http.NotFoundHandler(), slog.New(slog.DiscardHandler))
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	// it returns when the server is closed
	go func() { _ = s.Serve(httpapi.BoundConnections(s, &household{Listener: ln}, 0, false)) }()
	t.Cleanup(func() { _ = s.Close() })
	const most, more = 128, 20
	ended := make(chan struct{}, most+more)
	for range most + more {
		c, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		fmt.Fprint(c, "GET / HTTP/1.1\r\n")
		go func() {
			_, _ = c.Read(make([]byte, 1)) // fails once the connection has ended
			ended <- struct{}{}
		}()
	}
	for n := range more {
		select {
		case <-ended:
		case <-time.After(5 * time.Second): // the server waits for longer for a header
			t.Fatalf("%d of %d connections were ended, want %d", n, most+more, more)
		}
	}
	if n := len(ended); n > 0 {
		t.Errorf("%d more were ended", n)
	}
}

// Each line of a header takes many times its bytes in memory.
func TestBoundConnections_headerOfManyLines_isRefused(t *testing.T) {
	s := httpapi.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "here") }),
		slog.New(slog.DiscardHandler))
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.Serve(httpapi.BoundConnections(s, ln, 0, false)) }() // it returns when the server is closed
	t.Cleanup(func() { _ = s.Close() })
	for lines, status := range map[int]int{190: http.StatusOK, 210: http.StatusBadRequest} {
		c, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		body := strings.Repeat("\n", 300)
		fmt.Fprintf(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n%s\r\n%s", len(body),
			strings.Repeat("a:\r\n", lines), body)
		if resp, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil || resp.StatusCode != status {
			t.Errorf("%d lines: %v, %v", lines, resp, err)
		}
	}
}

// get asks for url on a connection of its own.
func get(url string) string {
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := c.Get(url)
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
