//go:build linux

package e2e

import (
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/e2e/internal/parts"
	"github.com/parley-chat/parley/e2e/internal/plain"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
)

// What docs/cost.md takes a machine to need, by which its sums choose one. Each agent waits by TLS, in a room that
// nobody else of the machine waits in, so each room is read for one agent alone.
func TestCaddy_agentsThatWaitOnATable_needNoMoreThanTheSumsSay(t *testing.T) {
	const agents, reads = 500, 4000
	page, err := os.ReadFile("../docs/cost.md")
	if err != nil {
		t.Fatal(err)
	}
	says := regexp.MustCompile(`at most (\d+) MB, ([\d.]+) MB more for each agent that waits, and ([\d.]+) ms of a ` +
		`processor`).FindSubmatch(page)
	if says == nil {
		t.Fatal("docs/cost.md does not say what Parley and Caddy take")
	}
	var most [3]float64
	for i := range most {
		most[i], err = strconv.ParseFloat(string(says[i+1]), 64)
		if err != nil {
			t.Fatal(err)
		}
	}

	parts.Caddy.In(t)
	p := startOn(t, []string{"--create-table", "--table", "e2e-" + rand.Text(), "--access", "open",
		"--units-per-minute", "0", "--messages-per-minute", "0", "--bytes-per-minute", "0", "--rooms-per-hour", "0",
		"--waits-per-address", "0", "--metrics-addr", "127.0.0.1:0"},
		append(unitSettings(t), "AWS_ENDPOINT_URL_DYNAMODB="+dynamolocal.Start(t), "AWS_REGION=eu-west-1",
			"AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local"))
	s := startSite(t, p)
	for _, x := range p.alone(agents) {
		s.waits(x)
	}
	awaitLonger(t, time.Minute, "all wait", func() bool { return p.metric("parley_open_waits") == agents })

	asked, busy := p.metric("parley_dynamodb_requests_total"), spent(t, p.cmd.Process.Pid)+spent(t, s.pid)
	awaitLonger(t, time.Minute, "the rooms are read", func() bool {
		return p.metric("parley_dynamodb_requests_total") >= asked+reads
	})
	busy = spent(t, p.cmd.Process.Pid) + spent(t, s.pid) - busy
	each := 1000 * busy.Seconds() / (p.metric("parley_dynamodb_requests_total") - asked)
	program, proxy := float64(resident(t, p.cmd.Process.Pid))/1e6, float64(resident(t, s.pid))/1e6
	t.Logf("Parley has %.0f MB, Caddy %.0f MB; a read takes %.2f ms of a processor", program, proxy, each)
	if program+proxy > most[0]+agents*most[1] || each > most[2] {
		t.Errorf("docs/cost.md says that they take at most %v MB, %v MB for each of %d agents, and %v ms a read",
			most[0], most[1], agents, most[2])
	}
}

// alone returns the seats of agents, each in a room of its own with another agent that does not wait.
func (p *program) alone(agents int) []seat {
	p.t.Helper()
	const clients = 16
	seats := make([]seat, agents)
	var g errgroup.Group
	for from := range clients {
		c := talk{p.t, openGo(p.t, p.url, modernProtocol)}
		g.Go(func() error {
			for n := from; n < agents; n += clients {
				room := fmt.Sprint("room ", n)
				c.join(room, "Alice")
				seats[n] = c.join(room, "Bob")
			}
			return nil
		})
	}
	_ = g.Wait() // a join that fails ends the test
	return seats
}

// waits begins a wait by TLS, and reads its signs of life until the test ends.
func (s *site) waits(x seat) {
	s.t.Helper()
	conn, err := tls.Dial("tcp", s.addr,
		&tls.Config{RootCAs: s.cert, ServerName: strings.TrimPrefix(publicURL, "https://")})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	r, err := plain.Request(s.t.Context(), publicURL+"/mcp", "wait_for_message", waitArgs(x, 230))
	if err != nil {
		s.t.Fatal(err)
	}
	if err := r.Write(conn); err != nil {
		s.t.Fatal(err)
	}
	go func() { _, _ = io.Copy(io.Discard, conn) }()
}
