package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/dynamolocal"
	"github.com/parley-chat/parley/internal/table/dynamotable"
)

// dynamodb counts what calls cost on DynamoDB: requests and capacity units, by
// Amazon's own engine on this machine. Its speed says nothing of the service's,
// so no time is taken.
func (b *bench) dynamodb(ctx context.Context) (rows []row, err error) {
	ctx, cancel := context.WithCancel(ctx)
	endpoint, ended, err := startEngine(ctx)
	if err != nil {
		cancel()
		if !errors.Is(err, dynamolocal.ErrMissing) || os.Getenv("CI") == "true" {
			return nil, err
		}
		fmt.Fprintf(b.progress, "NOT MEASURED: %v ", err)
		return []row{{What: "calls and units on DynamoDB", Parley: "not measured", Beside: "it could not be started here"}}, nil
	}
	defer func() {
		cancel()
		err = errors.Join(err, <-ended)
	}()
	client, name := dynamolocal.Client(endpoint), "bench-"+rand.Text()
	if err := dynamotable.CreateTable(ctx, client, name); err != nil {
		return nil, err
	}
	m := &meter{}
	store := dynamotable.New(client, name, dynamotable.Options{Observe: m.observe})
	options := chat.Options{Logger: slog.New(slog.DiscardHandler)} // a poll may outlive the engine
	return billOf(ctx, m, func() *chat.Service { return chat.New(store, options) })
}

// startEngine returns the address of an engine, and where its end will be told
// after ctx has ended.
func startEngine(ctx context.Context) (endpoint string, ended <-chan error, err error) {
	end := make(chan error, 1)
	if endpoint := os.Getenv(dynamolocal.EndpointEnv); endpoint != "" {
		end <- nil
		return endpoint, end, nil
	}
	dir, err := dynamolocal.Fetch(ctx)
	if err != nil {
		return "", nil, err
	}
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		return "", nil, err
	}
	port := l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		return "", nil, err
	}
	server, err := dynamolocal.Serve(ctx, dir, port)
	if err != nil {
		return "", nil, err
	}
	go func() { end <- server.Wait(ctx) }()
	return server.Endpoint, end, nil
}

// meter keeps the calls of DynamoDB since it was last read.
type meter struct {
	mu    sync.Mutex
	calls []dynamotable.Call
}

func (m *meter) observe(_ context.Context, c dynamotable.Call) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls = append(m.calls, c)
}

// take returns what was called since it was last asked.
func (m *meter) take() bill {
	m.mu.Lock()
	defer m.mu.Unlock()
	calls := m.calls
	m.calls = nil
	return billFor(calls)
}

// bill is what a call of ours has cost.
type bill struct {
	requests      map[string]int // by DynamoDB's name for them
	reads, writes int            // of the requests
	read, write   float64        // units
}

// billFor adds up calls as the service bills them. The engine on this machine
// tells less: of a read that finds nothing, no units, where the service takes
// half a unit at least; and of a transaction the units of its sum, where the
// service rounds each item up.
func billFor(calls []dynamotable.Call) bill {
	b := bill{requests: map[string]int{}}
	for _, c := range calls {
		b.requests[c.Operation]++
		switch c.Operation {
		case "GetItem", "Query":
			b.reads++
			b.read += max(c.ReadUnits, 0.5)
		case "TransactWriteItems":
			b.writes++
			b.write += max(c.WriteUnits, 2*float64(c.Items))
		default:
			b.writes++
			b.write += c.WriteUnits
		}
	}
	return b
}

func (b bill) String() string {
	var parts []string
	for name, n := range b.requests {
		if n > 1 {
			name = fmt.Sprint(n, " ", name)
		}
		parts = append(parts, name)
	}
	slices.Sort(parts)
	if len(parts) == 0 {
		return "no request"
	}
	return strings.Join(parts, ", ")
}

func (b bill) row(what string) row {
	return row{
		What: "DynamoDB: " + what, Parley: b.String(),
		Beside: fmt.Sprintf("%g read and %g write units", b.read, b.write),
	}
}

// billOf has two agents talk, and reads the meter after each call.
func billOf(ctx context.Context, m *meter, open func() *chat.Service) (rows []row, err error) {
	const room = "bench"
	rooms, text := open(), strings.Repeat("x", 800)
	first, err := rooms.JoinRoom(ctx, chat.JoinRequest{Room: room, AgentName: "first"})
	if err != nil {
		return nil, err
	}
	rows = append(rows, m.take().row("join, making the room"))
	second, err := rooms.JoinRoom(ctx, chat.JoinRequest{Room: room, AgentName: "second"})
	if err != nil {
		return nil, err
	}
	rows = append(rows, m.take().row("join, the second agent"))
	for _, s := range []string{"presence is written with this one", text} {
		m.take()
		if _, err := rooms.Send(ctx, chat.SendRequest{Token: first.Token, Text: s}); err != nil {
			return nil, err
		}
	}
	rows = append(rows, warmRow(m.take()))
	if _, err := open().Send(ctx, chat.SendRequest{Token: second.Token, Text: text}); err != nil {
		return nil, err
	}
	rows = append(rows, coldRow(m.take()))
	waits, err := waitBills(ctx, m, rooms, second)
	return append(rows, waits...), err
}

func warmRow(b bill) row {
	r := b.row("send of 800 bytes, warm")
	r.Goal = goal("1 write of 1 unit, no read", b.reads == 0 && b.writes == 1 && b.write == 1)
	return r
}

func coldRow(b bill) row {
	r := b.row("send of 800 bytes, cold")
	r.Goal = goal("at most 2 reads, 2 writes", b.reads <= 2 && b.writes <= 2)
	return r
}

// waitBills has an agent who has read all there is look in, and wait.
func waitBills(ctx context.Context, m *meter, rooms *chat.Service, agent chat.Seated) (rows []row, err error) {
	wait := func(cursor string, d time.Duration) (string, bill, error) {
		m.take()
		got, err := rooms.Wait(ctx, chat.WaitRequest{Token: agent.Token, Cursor: cursor, Wait: d})
		return got.Cursor, m.take(), err
	}
	cursor, news, err := wait(agent.Cursor, 0)
	if err != nil {
		return nil, err
	}
	cursor, nothing, err := wait(cursor, 0)
	if err != nil {
		return nil, err
	}
	if _, _, err := wait(cursor, time.Millisecond); err != nil { // its presence is written with this one
		return nil, err
	}
	_, second, err := wait(cursor, time.Second)
	return []row{
		news.row("wait, something is there"),
		nothing.row("wait, looking in"),
		second.row("wait of a second in a lively room"),
	}, err
}
