// Package bridge connects clients that start an MCP server as a program and speak to its standard streams with a Parley
// server over HTTP (MCP, "stdio" and "Streamable HTTP").
//
// Each line of the input is one JSON-RPC message. A [Bridge] sends the message with mcp-go's client transport, and
// writes each answer as a line of the output, in any order. Messages keep all their fields, so both generations of the
// protocol work. The bridge does three more things: it answers for a server that is away (outage.go), tells the server
// the client's name (upstream.go), and records which server gave a token, for the hook that wakes the agent.
package bridge

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"
	"github.com/mark3labs/mcp-go/client/transport"
	library "github.com/mark3labs/mcp-go/mcp"

	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/client"
)

// Options of a bridge.
type Options struct {
	Server  client.Place // with the key that admits the client, if the server wants a key
	Version string       // of this program
	// Admitted is called once, when the server has admitted the key. Admitted may be nil.
	Admitted func()
	// Patience is how long after the start a request other than a tool call is repeated while
	// the server is away. Clients end their own start after 10 s and more. 0: 8 s.
	Patience time.Duration
	// Grace is how long open requests go on once the input has ended. 0: 500 ms.
	Grace time.Duration
	Clock clockwork.Clock // nil: the real one

	In       io.Reader
	Out, Err io.Writer // messages, and notes for a person
}

// Bridge is one connection of one client.
type Bridge struct {
	Options
	upstream *upstream
	patient  time.Time // until when requests are repeated

	writing sync.Mutex // of Out and Err

	mu   sync.Mutex
	open map[string]context.CancelFunc // the requests, by id as written
}

// Run passes messages on until the input or ctx ends, and returns nil in both cases.
func Run(ctx context.Context, o Options) error {
	if o.Patience == 0 {
		o.Patience = 8 * time.Second
	}
	if o.Grace == 0 {
		o.Grace = 500 * time.Millisecond
	}
	if o.Clock == nil {
		o.Clock = clockwork.NewRealClock()
	}
	b := &Bridge{Options: o, patient: o.Clock.Now().Add(o.Patience), open: map[string]context.CancelFunc{}}
	var err error
	b.upstream, err = newUpstream(o, b.notified)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	return b.forward(ctx, cancel)
}

// forward reads the input to its end, and then gives open requests the time Grace.
func (b *Bridge) forward(ctx context.Context, cancel context.CancelFunc) error {
	lines := make(chan line)
	go read(ctx, b.In, lines)
	var running sync.WaitGroup
	for reading := true; reading; {
		select {
		case l, more := <-lines:
			reading = more && l.err == nil
			if reading {
				b.accept(ctx, &running, l.text)
			} else if l.err != nil {
				b.log("cannot read the input: %v", l.err)
			}
		case <-ctx.Done():
			return nil
		}
	}
	done := make(chan struct{})
	go func() { running.Wait(); close(done) }()
	select {
	case <-done:
	case <-b.Clock.After(b.Grace):
		cancel()
	case <-ctx.Done():
	}
	return nil
}

// accept starts the work for a line.
func (b *Bridge) accept(ctx context.Context, running *sync.WaitGroup, text []byte) {
	m, err := parse(text)
	if err != nil {
		running.Go(func() { // a client that does not read must not keep the bridge from ending
			b.log("a line of the client is not a message: %v", err)
			b.fail(m.ID, library.INVALID_REQUEST, err.Error())
		})
		return
	}
	switch {
	case m.Method == "": // an answer: the server never asks
	case m.Method == string(library.MethodNotificationCancelled):
		b.cancel(m)
	case m.ID == nil:
		running.Go(func() { b.notify(ctx, m) })
	default:
		ctx, ended := b.begin(ctx, m)
		if ctx == nil {
			running.Go(func() {
				b.fail(m.ID, library.INVALID_REQUEST, "the id belongs to a request that is still open")
			})
			return
		}
		running.Go(func() {
			a := b.serve(ctx, m)
			if ended() {
				b.write(a)
			}
		})
	}
}

// begin records an open request. begin returns a nil context if the request's id is in use. The caller calls ended
// before writing the answer: after the answer the client may use the id again. ended reports whether the client still
// wants an answer.
func (b *Bridge) begin(ctx context.Context, m message) (_ context.Context, ended func() bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := string(m.ID)
	if b.open[key] != nil {
		return nil, nil
	}
	ctx, cancel := context.WithCancel(ctx)
	b.open[key] = cancel
	return ctx, func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		defer cancel()
		delete(b.open, key)
		return ctx.Err() == nil
	}
}

// cancel ends the request that a notification names. The request gets no answer. The server sees the connection close.
func (b *Bridge) cancel(m message) {
	var params struct {
		RequestID json.RawMessage `json:"requestId"`
	}
	_ = json.Unmarshal(m.Params, &params) // a notification without an id ends nothing
	b.mu.Lock()
	defer b.mu.Unlock()
	if end := b.open[string(params.RequestID)]; end != nil {
		end()
	}
}

// serve returns the answer to a request. The answer means nothing if ctx has ended.
func (b *Bridge) serve(ctx context.Context, m message) answer {
	var a answer
	if m.Method == string(library.MethodToolsCall) {
		a = b.call(ctx, m)
	} else {
		a = b.callServer(ctx, m)
	}
	a.JSONRPC, a.ID = library.JSONRPC_VERSION, m.ID
	return a
}

// callServer sends a request that may be repeated. While the bridge is new, callServer repeats the request: the server
// may be starting, too.
func (b *Bridge) callServer(ctx context.Context, m message) answer {
	const first = 100 * time.Millisecond
	for pause := first; ; pause = min(2*pause, time.Second) {
		a, away := b.upstream.request(ctx, m)
		if away == nil || ctx.Err() != nil {
			return a
		}
		if pause == first {
			b.log("%s", away.sentence)
		}
		if !away.passes || b.Clock.Until(b.patient) < pause {
			return refused(codeAway, away.sentence)
		}
		select {
		case <-b.Clock.After(pause):
		case <-ctx.Done():
		}
	}
}

// call sends a call of a tool once. The call may have an effect, so the agent decides whether to repeat it.
func (b *Bridge) call(ctx context.Context, m message) answer {
	a, away := b.upstream.request(ctx, m)
	if ctx.Err() != nil {
		return answer{}
	}
	if away != nil {
		b.log("%s", away.sentence)
		return away.result(m)
	}
	b.recordToken(a)
	return a
}

// recordToken records that the server gave the token in an answer, if the answer has a token. The client's hook runs
// after the answer, and asks [client.TokenStore.ServerOf].
func (b *Bridge) recordToken(a answer) {
	var got struct {
		IsError bool           `json:"isError"`
		Joined  results.Joined `json:"structuredContent"`
	}
	_ = json.Unmarshal(a.Result, &got) // other tools' answers may have another shape
	if got.IsError || got.Joined.AgentToken == "" {
		return
	}
	tokens, err := client.OpenTokens()
	if err == nil {
		err = tokens.PutBridged(client.Seat{Server: b.Server.Base, Room: got.Joined.Room.Name,
			Name: got.Joined.AgentName, Token: got.Joined.AgentToken})
	}
	if err != nil {
		b.log("cannot note which server gave a token, for the hook that wakes the agent: %v", err)
	}
}

// notify sends a notification.
func (b *Bridge) notify(ctx context.Context, m message) {
	if away := b.upstream.notify(ctx, m); away != nil && ctx.Err() == nil {
		b.log("%s", away.sentence)
	}
}

// notified writes a message that the server sends while a request is open.
func (b *Bridge) notified(n library.JSONRPCNotification) {
	if len(n.Params.Meta) == 0 {
		n.Params.Meta = nil // mcp-go would write an empty Meta
	}
	b.write(n)
}

// fail answers a request with an error. With id nil it answers a line without a readable id.
func (b *Bridge) fail(id json.RawMessage, code int, why string) {
	a := refused(code, why)
	a.ID = id
	if id == nil {
		a.ID = json.RawMessage("null")
	}
	b.write(a)
}

// write writes a message as one line.
func (b *Bridge) write(message any) {
	b.writing.Lock()
	defer b.writing.Unlock()
	e := json.NewEncoder(b.Out)
	e.SetEscapeHTML(false)
	if err := e.Encode(message); err != nil {
		fmt.Fprintln(b.Err, "parley bridge: cannot write a message:", err)
	}
}

// log writes a line for a person.
func (b *Bridge) log(format string, args ...any) {
	b.writing.Lock()
	defer b.writing.Unlock()
	fmt.Fprintf(b.Err, "parley bridge: "+format+"\n", args...)
}

// answer is the answer to a request.
type answer struct {
	JSONRPC string                       `json:"jsonrpc"`
	ID      json.RawMessage              `json:"id"`
	Result  json.RawMessage              `json:"result,omitempty"`
	Error   *library.JSONRPCErrorDetails `json:"error,omitempty"`
}

func refused(code int, why string) answer {
	return answer{JSONRPC: library.JSONRPC_VERSION, Error: &library.JSONRPCErrorDetails{Code: code, Message: why}}
}

// answerOf returns the answer of the server; ok is false if r has no answer.
func answerOf(r *transport.JSONRPCResponse) (a answer, ok bool) {
	if r == nil || r.Error == nil && r.Result == nil {
		return answer{}, false
	}
	return answer{Result: r.Result, Error: r.Error}, true
}
