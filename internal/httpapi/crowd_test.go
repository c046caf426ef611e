package httpapi_test

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"

	"github.com/parley-chat/parley/internal/httpapi"
)

// Connections without a request, with a part of one, and idle ones make room for new
// ones. One whose request is being answered does not.
func TestBoundConnections_heldConnections_keepNobodyOut(t *testing.T) {
	arrived, answer := make(chan struct{}), make(chan struct{})
	s := httpapi.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			close(arrived)
			<-answer
		}
		fmt.Fprint(w, "here")
	}), slog.New(slog.DiscardHandler))
	httpapi.BoundConnections(s, 8)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.Serve(ln) }() // it returns when the server is closed
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
