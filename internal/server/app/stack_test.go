package app_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/internal/api/httpapi"
	"github.com/parley-chat/parley/internal/server/app"
)

// client is an agent on a connection of its own.
type client struct {
	net.Conn
	answers *bufio.Reader
	seat    struct {
		Token  string `json:"agent_token"`
		Cursor string `json:"cursor"`
	}
}

// ask sends a call of a tool.
func (c *client) ask(tool string, arguments map[string]any, headers string) error {
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": "tools/call",
		"params": map[string]any{"name": tool, "arguments": arguments}})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c, "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"+
		"%sContent-Length: %d\r\n\r\n%s", headers, len(body), body)
	return err
}

// join takes a seat by a call that needs much of the stack.
func (c *client) join(room string) error {
	err := c.ask("join_room", map[string]any{"room": room, "agent_name": "Ann"},
		deepHeader+": 1\r\nAccept: application/json\r\n")
	if err != nil {
		return err
	}
	r, err := http.ReadResponse(c.answers, nil)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	var got struct {
		Result struct {
			StructuredContent any `json:"structuredContent"`
		} `json:"result"`
	}
	got.Result.StructuredContent = &c.seat
	return json.NewDecoder(r.Body).Decode(&got)
}

// wait begins a call that waits: of wait_for_message, or of send_message.
func (c *client) wait(tool string) error {
	arguments := map[string]any{"agent_token": c.seat.Token, "cursor": c.seat.Cursor, "wait_seconds": 290}
	if tool == "send_message" {
		arguments["text"] = "Is anybody there?"
	}
	return c.ask(tool, arguments, "Accept: application/json, text/event-stream\r\n")
}

// deepHeader makes a call take 40 KB of the stack before Parley has it.
const deepHeader = "Deep"

func deepen(n int) byte {
	var frame [1 << 10]byte
	if n > 0 {
		frame[n] = deepen(n - 1)
	}
	return frame[n/2]
}

// waiters lets n agents wait, by calls of tool, until the test ends, each after a deep call on its connection.
func waiters(t *testing.T, n int, tool string) {
	t.Helper()
	a := onFile(t, app.Config{Settings: app.Settings{MaxWaits: 2 * n, MaxBodies: 64}})
	server := httptest.NewUnstartedServer(nil)
	server.Config = httpapi.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get(deepHeader) != "" {
			deepen(40)
		}
		a.Handler.ServeHTTP(w, r)
	}), slog.New(slog.DiscardHandler))
	server.Start()
	clients := make([]client, n)
	t.Cleanup(func() {
		a.Stop()
		for _, c := range clients {
			_ = c.Close()
		}
		server.Close()
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	var g errgroup.Group
	g.SetLimit(8)
	for i := range clients {
		c, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		clients[i] = client{Conn: c, answers: bufio.NewReader(c)}
		g.Go(func() error { return clients[i].join(fmt.Sprint("room ", i)) })
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, c := range clients {
		if err := c.wait(tool); err != nil {
			t.Fatal(err)
		}
	}
	limit := time.Now().Add(time.Minute)
	for all := make([]byte, 16<<10*(n+1)); waiting(all[:runtime.Stack(all, true)]) < n; runtime.Gosched() {
		if time.Now().After(limit) {
			t.Fatal("not all wait")
		}
	}
}

// waiting counts the calls that wait in a dump of all goroutines.
func waiting(dump []byte) int {
	return strings.Count(string(dump),
		"[select]:\ngithub.com/parley-chat/parley/internal/core/chat.reading.collectUntil(")
}

// measuresStacks makes this test program measure the stacks of waiting calls of the tool that it names, print the
// bytes, and end with a dump of all goroutines.
const measuresStacks = "PARLEY_TEST_STACKS"

// A collection halves a grown stack if less than a quarter is in use. So a slightly larger frame may cost each
// waiting agent 16 KB, for good.
func TestStack_ofAnAgentThatWaits_isSmallAgainAfterADeepCall(t *testing.T) {
	const agents = 300
	if tool := os.Getenv(measuresStacks); tool != "" {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		waiters(t, agents, tool)
		for range 8 {
			runtime.GC()
		}
		runtime.ReadMemStats(&after)
		fmt.Printf("stacks=%d\n", after.StackInuse-before.StackInuse)
		debug.SetTraceback("system")
		go panic("to see the stacks") // on this goroutine, a panic would first end the waits
		select {}
	}
	for tool, most := range map[string]int{"wait_for_message": 20 << 10, "send_message": 36 << 10} {
		self := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
		// New stacks begin at the smallest size: otherwise the size depends on earlier goroutines.
		self.Env = append(os.Environ(), measuresStacks+"="+tool, "GODEBUG=adaptivestackstart=0")
		dump, _ := self.CombinedOutput() // the program ends by a panic
		said := regexp.MustCompile(`stacks=(\d+)`).FindSubmatch(dump)
		if said == nil {
			t.Fatalf("nothing was measured:\n%.4000s", dump)
		}
		stacks, err := strconv.Atoi(string(said[1]))
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("an agent that waits by %s has %d bytes of stacks%s", tool, stacks/agents, framesOfAWait(string(dump)))
		if stacks > agents*most {
			t.Errorf("an agent that waits by %s has %d bytes of stacks, more than %d", tool, stacks/agents, most)
		}
	}
}

// framesOfAWait lists the functions on the stack of a waiting call, with the sizes of the frames.
func framesOfAWait(dump string) string {
	var list strings.Builder
	for goroutine := range strings.SplitSeq(dump, "\n\n") {
		if !strings.Contains(goroutine, ".collectUntil(") {
			continue
		}
		frame := regexp.MustCompile(`(?m)^(\S+)\(.*\n.* fp=0x([0-9a-f]+) sp=0x([0-9a-f]+) `)
		total := uint64(0)
		for _, m := range frame.FindAllStringSubmatch(goroutine, -1) {
			fp, _ := strconv.ParseUint(m[2], 16, 64)
			sp, _ := strconv.ParseUint(m[3], 16, 64)
			fmt.Fprintf(&list, "\n%6d %s", fp-sp, m[1])
			total += fp - sp
		}
		return fmt.Sprintf("; its call uses %d:%s", total, &list)
	}
	return "; the functions on it are not known"
}
