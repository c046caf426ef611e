package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-chat/parley/e2e/internal/process"
)

// nodeClient is a client of clients/node, pythonClient one of clients/python.
// The generation is the word that the driver knows.
func nodeClient(generation, protocol string) kind {
	return kind{"TypeScript " + generation, func(t *testing.T) { installNode(t) },
		func(t *testing.T, url string) client {
			return drive(t, nodeDriver(t, url, generation), protocol)
		}}
}

// nodeDriver and pythonDriver are the commands that start them.
func nodeDriver(t *testing.T, server, generation string) *exec.Cmd {
	t.Helper()
	return installNode(t).command("node", filepath.Join("clients", "node", "driver.cjs"), server, generation)
}

func pythonDriver(t *testing.T, server, generation string) *exec.Cmd {
	t.Helper()
	return exec.Command(installPython(t), filepath.Join("clients", "python", "driver.py"), server, generation)
}

func pythonClient(generation, protocol string) kind {
	return kind{"FastMCP " + generation, func(t *testing.T) { installPython(t) },
		func(t *testing.T, url string) client {
			return drive(t, pythonDriver(t, url, generation), protocol)
		}}
}

// driver is a client in a process of its own that takes commands as lines of JSON;
// the drivers themselves describe them.
type driver struct {
	mu    sync.Mutex
	in    io.WriteCloser
	last  int                       // id given to a call
	calls map[int]chan<- driverLine // open ones; nil once the process has ended
	posts chan posted               // what came to its receiver, if it has one
	asked chan asked                // what came to its agent, if it serves one

	callTime time.Duration // after which the client in TypeScript gives up a call by itself; 0: five minutes

	cmd    *exec.Cmd
	ended  chan struct{} // closed when the process has
	killed atomic.Bool   // it is, or is about to be: what is written to it may not arrive
}

type driverLine struct {
	Ready *struct {
		Protocol string   `json:"protocol"`
		Tools    []string `json:"tools"`
		URL      string   `json:"url"` // of what it serves
	} `json:"ready"`
	Posted *posted         `json:"posted"`
	Asked  *asked          `json:"asked"`
	ID     int             `json:"id"`
	Event  json.RawMessage `json:"event"` // of a call that goes on; else nil
	Result json.RawMessage `json:"result"`
	Error  string          `json:"error"`
	Code   int             `json:"code"` // of the error in JSON-RPC, if the client shows it
}

var errDriverGone = errors.New("the driver of the client ended")

// drive starts a driver of MCP and returns when its client is connected.
func drive(t *testing.T, cmd *exec.Cmd, protocol string) *driver {
	t.Helper()
	d, hello := startDriver(t, cmd)
	checkReady(t, hello, protocol)
	return d
}

// startPiped starts cmd, and returns its standard input and output.
func startPiped(t *testing.T, cmd *exec.Cmd) (in io.WriteCloser, out io.Reader) {
	t.Helper()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err = cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return in, out
}

// loading bounds the start of a driver, whose SDK takes seconds of a processor to load.
const loading = 6 * patience

// startDriver starts a driver and returns it when its client is connected, with what it said then.
func startDriver(t *testing.T, cmd *exec.Cmd) (*driver, driverLine) {
	t.Helper()
	complaints := &process.Output{}
	cmd.Stderr = complaints
	in, out := startPiped(t, cmd)
	d := &driver{in: in, calls: map[int]chan<- driverLine{}, posts: make(chan posted, 100),
		asked: make(chan asked, 100), cmd: cmd, ended: make(chan struct{})}
	ready := make(chan driverLine, 1)
	go func() {
		defer close(d.ended)
		d.read(out, ready)
		_ = cmd.Wait() // the complaints below say what was wrong
	}()
	t.Cleanup(func() {
		d.stop(t)
		if t.Failed() {
			t.Logf("%v said:\n%s", cmd.Args, complaints)
		}
	})
	var hello driverLine
	select {
	case hello = <-ready:
	case <-d.ended:
		t.Fatalf("%v did not connect:\n%s", cmd.Args, complaints)
	case <-time.After(loading):
		t.Fatalf("%v did not connect in %v:\n%s", cmd.Args, loading, complaints)
	}
	return d, hello
}

func checkReady(t *testing.T, hello driverLine, protocol string) {
	t.Helper()
	if hello.Ready == nil || hello.Ready.Protocol != protocol {
		t.Fatalf("the client negotiated %+v, want protocol %s", hello.Ready, protocol)
	}
	for _, tool := range theTools() {
		if !slices.Contains(hello.Ready.Tools, tool) {
			t.Errorf("the client does not see the tool %s, only %v", tool, hello.Ready.Tools)
		}
	}
}

// theTools are those of the contract.
func theTools() []string {
	return []string{
		"create_room", "join_room", "leave_room", "room_info", "list_rooms", "update_room", "manage_agent",
		"send_message", "wait_for_message", "message_history", "enter_queue",
	}
}

func (d *driver) stop(t *testing.T) {
	d.killed.Store(true)
	_ = d.in.Close() // asks it to end; it may have ended already
	select {
	case <-d.ended:
	case <-time.After(patience):
		t.Errorf("%v did not end when its input did", d.cmd.Args)
		d.kill()
	}
}

// kill ends the process as a power cut would.
func (d *driver) kill() {
	d.killed.Store(true)
	_ = d.cmd.Process.Kill() // it may have ended
	<-d.ended
}

// read hands the driver's lines to the calls that wait for them.
func (d *driver) read(out io.Reader, ready chan<- driverLine) {
	lines := json.NewDecoder(bufio.NewReader(out))
	for {
		var line driverLine
		if err := lines.Decode(&line); err != nil {
			break // the process has ended, or speaks something else
		}
		if line.Ready != nil {
			ready <- line
			continue
		}
		if line.Posted != nil {
			d.posts <- *line.Posted
			continue
		}
		if line.Asked != nil {
			d.asked <- *line.Asked
			continue
		}
		d.mu.Lock()
		if call, ok := d.calls[line.ID]; ok {
			call <- line
			if line.Event == nil {
				delete(d.calls, line.ID)
			}
		}
		d.mu.Unlock()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, call := range d.calls {
		close(call)
	}
	d.calls = nil
}

func (d *driver) call(ctx context.Context, tool string, arguments args) (answer, error) {
	result, err := d.ask(ctx, tool, arguments)
	if err != nil {
		return answer{}, err
	}
	return readAnswer(result)
}

// ask has the client do something, and returns what the client returned.
func (d *driver) ask(ctx context.Context, tool string, arguments args) (json.RawMessage, error) {
	id, answered, err := d.begin(tool, arguments)
	if err != nil {
		return nil, err
	}
	var line driverLine
	var ok bool
	select {
	case line, ok = <-answered:
	case <-ctx.Done():
		if err := d.write(map[string]any{"cancel": id}); err != nil {
			return nil, err
		}
		line, ok = <-answered // the client's word that it gave up, or what came first
	}
	switch {
	case !ok:
		return nil, errDriverGone
	case line.Error != "":
		return nil, errors.New(line.Error)
	}
	return line.Result, nil
}

// begin has the client do something. Its lines come one by one; the last has no event.
func (d *driver) begin(tool string, arguments args) (int, <-chan driverLine, error) {
	answered := make(chan driverLine, 100) // no test lets so much come without reading it
	d.mu.Lock()
	if d.calls == nil {
		d.mu.Unlock()
		return 0, nil, errDriverGone
	}
	d.last++
	id := d.last
	d.calls[id] = answered
	d.mu.Unlock()
	return id, answered, d.write(map[string]any{"id": id, "tool": tool, "arguments": arguments,
		"timeout": d.callTime.Milliseconds()})
}

func (d *driver) write(line map[string]any) error {
	text, err := json.Marshal(line)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	_, err = d.in.Write(append(text, '\n'))
	return err
}
