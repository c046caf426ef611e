package httpapi

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/observe/meter"
)

// dial opens a connection to the site over which a test sends any bytes.
func (s *site) dial() net.Conn {
	s.t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = c.Close() }) // the test may have
	return c
}

// write writes text to c.
func (s *site) write(c net.Conn, text string) {
	s.t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		s.t.Fatal(err)
	}
}

// head returns the head of a POST with a body of n bytes.
func (s *site) head(n int) string {
	return fmt.Sprintf("POST /mcp HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nAccept: "+
		"application/json, text/event-stream\r\nContent-Length: %d\r\n\r\n",
		strings.TrimPrefix(s.url, "http://"), n)
}

// answer reads an answer from c, and its body.
func (s *site) answer(c net.Conn) (*http.Response, string) {
	s.t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		s.t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp, string(body)
}

// seats gives so many agents seats in a room of its own.
func (h *hall) seats(n int) []chat.Seated {
	h.t.Helper()
	seats := make([]chat.Seated, n)
	for k := range seats {
		var err error
		seats[k], err = h.rooms.JoinRoom(h.t.Context(),
			chat.JoinRequest{Room: "crowd", AgentName: fmt.Sprintf("Agent %d", k), Capacity: n})
		if err != nil {
			h.t.Fatal(err)
		}
	}
	return seats
}

func TestOverload_tooManyWaits_areRefusedUntilOneEnds(t *testing.T) {
	const inside = 20
	h := newHall(t, meter.Options{MaxWaits: inside})
	seats := h.seats(inside)
	cursor := "?cursor=" + seats[inside-1].Cursor // of another seat, so it is ignored
	var waits []<-chan *http.Response
	for k, seat := range seats {
		waits = append(waits, h.send(h.standby(seat.Token, "?cursor="+h.looked(seat).Cursor)))
		h.awaitWaits(int64(k + 1))
	}
	for range 3 {
		resp := await(t, h.send(h.standby(h.bob.Token, cursor)))
		h.check(resp, http.StatusServiceUnavailable,
			map[string]string{"code": "unavailable", "retry_after_seconds": "10"})
		if resp.Header.Get("Retry-After") != "10" {
			t.Errorf("%v", resp.Header)
		}
	}
	h.say(seats[0], "time to go")
	for _, w := range waits[1:] {
		h.check(await(t, w), http.StatusOK, map[string]string{"messages": "time to go"})
	}
	h.awaitWaits(1) // the wait of the agent that spoke
	answer := h.send(h.standby(h.bob.Token, ""))
	h.awaitWaits(2)
	h.say(h.ann, "there is room")
	h.check(await(t, answer), http.StatusOK, map[string]string{"messages": "there is room"})
	if got := h.meter.Totals().RefusedWaits; got != 3 {
		t.Errorf("%d refusals were counted", got)
	}
}

// held counts what a process may leak.
func held(t *testing.T) (goroutines, descriptors int) {
	t.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("SKIPPED, NOT TESTED: this system does not list the descriptors of a process: ", err)
	}
	return runtime.NumGoroutine(), len(open)
}

func TestOverload_clientsThatVanish_leaveNothingBehind(t *testing.T) {
	h := newHall(t, meter.Options{})
	seats := h.seats(40)
	var conns []net.Conn
	before, files := held(t)
	wait := func(seat chat.Seated) string {
		return fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wait_for_message","arguments":{"agent_token":%q,"cursor":%q},"_meta":{"progressToken":1}}}`, seat.Token, seat.Cursor)
	}
	for k, seat := range seats {
		c := h.dial()
		conns = append(conns, c)
		if k%4 > 1 {
			seat = h.looked(seat)
		}
		switch body := wait(seat); k % 4 {
		case 0: // in the middle of the head
			h.write(c, h.head(len(body))[:20])
		case 1: // in the middle of the body
			h.write(c, h.head(len(body))+body[:30])
		case 2: // in the middle of a wait; half of the waits become streams
			h.write(c, h.head(len(body))+body)
		case 3: // in the middle of a wait without MCP
			h.write(c, fmt.Sprintf("GET %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n", StandbyPath,
				strings.TrimPrefix(h.url, "http://"), seat.Token))
		}
	}
	h.awaitWaits(20)
	h.awaitArriving(10)
	h.clock.Advance(DefaultKeepAlive) // the streams begin
	for k, c := range conns {
		if k%8 < 4 { // as after a loss of power
			if err := c.(*net.TCPConn).SetLinger(0); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	h.restsAt(before, files)
}

// looked reads everything for a seat, so that the next wait waits, also one without a cursor. It returns the seat with
// its new cursor.
func (h *hall) looked(seat chat.Seated) chat.Seated {
	h.t.Helper()
	for range 2 { // the second acknowledges the first
		got, err := h.rooms.Wait(h.t.Context(), chat.WaitRequest{Token: seat.Token, Cursor: seat.Cursor})
		if err != nil {
			h.t.Fatal(err)
		}
		seat.Cursor = got.Cursor
	}
	return seat
}

// restsAt returns when the process has no more goroutines and descriptors than before,
// and the server no waits and bodies.
func (h *hall) restsAt(goroutines, descriptors int) {
	h.t.Helper()
	poll(h.t, fmt.Sprintf("%d goroutines and %d descriptors, as before", goroutines, descriptors), func() bool {
		g, d := held(h.t)
		total := h.meter.Totals()
		return g <= goroutines && d <= descriptors && total.OpenWaits == 0 && total.BodyBytes == 0
	})
}

func TestOverload_clientsThatDoNotRead_areGivenUp(t *testing.T) {
	h := newHall(t, meter.Options{})
	h.server.Handler.(*server).writeTimeout = time.Second
	before, files := held(t)
	const list = `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`
	const readers = 4
	for range readers {
		c := h.dial()
		if err := c.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
			t.Fatal(err)
		}
		go func() { // more answers than all buffers in between hold
			request := h.head(len(list)) + list
			for range 4000 {
				if _, err := io.WriteString(c, request); err != nil {
					return // the server has given up
				}
			}
		}()
	}
	poll(t, "all are being answered", func() bool { g, _ := held(t); return g > before+readers })
	h.restsAt(before, files+readers) // this end of the connections is still open
}

func TestShutdown_bodyThatDoesNotCome_delaysItASecond(t *testing.T) {
	h := newHall(t, meter.Options{})
	c := h.dial()
	h.write(c, h.head(100)+"{")
	h.awaitArriving(1)
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := h.server.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	if resp, body := h.answer(c); resp.StatusCode != http.StatusRequestTimeout {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	if took := time.Since(began); took > 5*lastBody {
		t.Errorf("the server took %v to end", took)
	}
}
