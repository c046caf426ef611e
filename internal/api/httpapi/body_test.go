package httpapi

import (
	"fmt"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/observe/meter"
)

const ping = `{"jsonrpc":"2.0","id":1,"method":"ping"}`

// awaitArriving returns when n bodies are arriving.
func (s *site) awaitArriving(n int) {
	s.t.Helper()
	bodies := &s.server.Handler.(*server).bodies
	poll(s.t, fmt.Sprintf("%d bodies under way", n), func() bool {
		bodies.mu.Lock()
		defer bodies.mu.Unlock()
		return len(bodies.of) == n
	})
}

// begin opens connections that send the first part of a body of n bytes, and returns when the server has read all
// first parts.
func (s *site) begin(connections, n int, part, more string) (open []net.Conn) {
	s.t.Helper()
	head := strings.Replace(s.head(n), "\r\n\r\n", more+"\r\n\r\n", 1)
	for range connections {
		c := s.dial()
		s.write(c, head+part)
		open = append(open, c)
	}
	s.awaitArriving(connections)
	return open
}

// refusal returns the sentence with which a body is refused for want of room.
func (s *site) refusal(c net.Conn) string {
	s.t.Helper()
	resp, body := s.answer(c)
	refused := decode(s.t, body)
	if resp.StatusCode != 503 || resp.Header.Get("Retry-After") != "2" || refused.Error.Code != codeRefused {
		s.t.Errorf("%d %v %s", resp.StatusCode, resp.Header, body)
	}
	return refused.Error.Message
}

func TestBodies_startedByMany_blockNobody(t *testing.T) {
	const places = 8 // of complete bodies
	h := newHall(t, meter.Options{MaxBodies: places << 14})
	started := h.begin(10*places, len(ping), ping[:1], "")
	if resp, body := h.do(h.request(ping, nil)); resp.StatusCode != http.StatusOK {
		t.Errorf("beside bodies that have sent a byte: %d %s", resp.StatusCode, body)
	}
	for _, c := range started {
		h.write(c, ping[1:])
		if resp, body := h.answer(c); resp.StatusCode != http.StatusOK {
			t.Errorf("who was slow: %d %s", resp.StatusCode, body)
		}
	}
	if got := h.meter.Totals(); got.RefusedBodies != 0 {
		t.Errorf("%+v", got)
	}
}

func TestBodies_large_leaveAQuarterToSmallOnes(t *testing.T) {
	const all = 512 << 10
	h := newHall(t, meter.Options{MaxBodies: all})
	half := h.begin(1, 3*all/8, strings.Repeat(" ", 3*all/8-1), "")
	poll(t, "all but the end of a body has arrived", func() bool { return h.meter.Totals().BodyBytes >= 3*all/8-1 })
	more := h.dial()
	h.write(more, h.head(all/2)+strings.Repeat(" ", all/2-1))
	if said := h.refusal(more); !strings.Contains(said, "as it can hold") || !strings.Contains(said, "2 seconds") {
		t.Error(said)
	}
	if resp, body := h.do(h.request(ping, nil)); resp.StatusCode != http.StatusOK {
		t.Errorf("a small one: %d %s", resp.StatusCode, body)
	}
	h.write(half[0], " ")
	if resp, body := h.answer(half[0]); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("the large one, which is blank: %d %s", resp.StatusCode, body)
	}
	poll(t, "no body is there", func() bool { return h.meter.Totals().BodyBytes == 0 })
}

func TestBodies_ofOneAddress_haveAShare(t *testing.T) {
	const open = 256 // as meter allows
	h := newHall(t, meter.Options{MaxBodies: 64 << 20, MaxWaitsPerAddress: 1},
		func(_ *chat.Options, o *Options) { o.TrustProxy = true })
	from := func(address string) string { return "\r\nX-Forwarded-For: " + address }
	h.begin(open, len(ping), ping[:1], from("192.0.2.1"))
	c := h.dial()
	h.write(c, strings.Replace(h.head(len(ping)), "\r\n\r\n", from("192.0.2.1")+"\r\n\r\n", 1)+ping)
	if said := h.refusal(c); !strings.Contains(said, "Your address") {
		t.Error(said)
	}
	if resp, body := h.do(h.request(ping,
		http.Header{"X-Forwarded-For": {"192.0.2.2"}})); resp.StatusCode != http.StatusOK {
		t.Errorf("another address: %d %s", resp.StatusCode, body)
	}
}

// padded returns calls that wait, each as large as a body may be, with different padding.
func padded(seat chat.Seated, blank, letters string) []string {
	call := func(tool, arguments, params string) string {
		return fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":%q,"arguments":{%s}%s}}`,
			tool, arguments, params)
	}
	cursor := fmt.Sprintf(`"cursor":%q,"wait_seconds":290`, seat.Cursor)
	wait := fmt.Sprintf(`"agent_token":%q,`, seat.Token) + cursor
	send := wait + fmt.Sprintf(`,"to":["Agent 0"],"text":%q`, letters[:32_000])
	return []string{
		blank + call("wait_for_message", wait, ""),
		call("wait_for_message", fmt.Sprintf(`"agent_token":%q,`, blank+seat.Token)+cursor, ""),
		call("wait_for_message", wait+`,"sessionId":"`+letters+`"`, ""),
		call("wait_for_message", wait, `,"_meta":{"progressToken":1,"more":"`+letters+`"}`),
		call("wait_for_message", wait, `,"_meta":{"progressToken":"`+letters+`"}`),
		blank + call("send_message", send, ""),
	}
}

func TestBodies_ofCallsThatWait_areNotKept(t *testing.T) {
	const rooms, seats, size = 3, 50, 100 << 10 // a call gives up to 50 joins at once
	h := newHall(t, meter.Options{MaxBodies: 4 << 20})
	blank, letters := strings.Repeat(" ", size), strings.Repeat("x", size)
	var waiting []chat.Seated
	for room := range rooms {
		for k := range seats {
			seat, err := h.rooms.JoinRoom(t.Context(),
				chat.JoinRequest{Room: fmt.Sprintf("crowd %d", room), AgentName: fmt.Sprintf("Agent %d", k),
					Capacity: seats})
			if err != nil {
				t.Fatal(err)
			}
			waiting = append(waiting, seat)
		}
	}
	for k, seat := range waiting {
		waiting[k] = h.looked(seat)
	}
	before, waits := heap(), int64(0)
	for k, seat := range waiting {
		if k%seats > 0 { // Agent 0 is written to
			bodies := padded(seat, blank, letters)
			body := bodies[k%len(bodies)]
			h.write(h.dial(), h.head(len(body))+body)
			waits++
			h.awaitWaits(waits)
		}
	}
	poll(t, "all have been read", func() bool { return h.meter.Totals().BodyBytes == 0 })
	const most = 40 << 10 // as the setting of the waits says
	if each := (heap() - before) / waits; each > most {
		t.Errorf("each of %d waits with a body of %d bytes keeps %d bytes; want at most %d", waits, size, each, most)
	} else {
		t.Logf("each of %d waits keeps %d bytes", waits, each)
	}
}

// heap returns how many bytes are in use.
func heap() int64 {
	runtime.GC()
	runtime.GC() // frees the memory that a pool or a finalizer held in the first
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
