package e2e

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// household returns one of 250 times 250 addresses.
func household(n int) string { return fmt.Sprintf("10.66.%d.%d", n/250, n%250+1) }

// network returns an address in one of the 256 networks of one household.
func network(n int) string { return fmt.Sprintf("2001:db8:1:1%02x::1", n%256) }

// victim is a caller with an address that no attack uses.
func (p *program) victim() stranger { return stranger{p, "192.0.2.77"} }

// posts returns a raw POST of a body to a program from an address.
func (p *program) posts(address, body, more string) string {
	return fmt.Sprintf("POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAccept: "+
		"application/json, text/event-stream\r\nX-Forwarded-For: %s\r\n%sContent-Length: %d\r\n\r\n", address, more,
		len(body)) + body
}

// dial opens a connection to the program that the test closes.
func (p *program) dial() net.Conn {
	p.t.Helper()
	c, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(p.url, "http://"), "/mcp"))
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = c.Close() }) // the program may have
	if err := c.SetDeadline(time.Now().Add(6 * patience)); err != nil {
		p.t.Fatal(err)
	}
	return c
}

// metric returns a figure of the program's metrics.
func (p *program) metric(name string) float64 {
	p.t.Helper()
	m := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` (\S+)$`).FindStringSubmatch(p.metrics())
	if m == nil {
		p.t.Fatalf("there is no metric %s", name)
	}
	n, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		p.t.Fatal(err)
	}
	return n
}

// works makes so many calls as a victim and returns how many failed, and the longest.
func (p *program) works(calls int) (failed int, longest time.Duration) {
	p.t.Helper()
	for range calls {
		began := time.Now()
		if _, err := p.victim().call(p.t.Context(), "list_rooms", nil); err != nil {
			failed++
		}
		longest = max(longest, time.Since(began))
	}
	return failed, longest
}

func TestAttack_startedBodies_blockNobody(t *testing.T) {
	connections := scaled(4200)
	p := exposed(t, "--max-bodies", fmt.Sprint(scaled(64)))
	body := strings.Repeat(" ", 200)
	var started errgroup.Group
	started.SetLimit(64)
	for n := range connections {
		c := p.dial()
		started.Go(func() error { // the program says that it reads the body; then comes a byte of it
			head := strings.TrimSuffix(p.posts(household(n/100), body, "Expect: 100-continue\r\n"), body)
			if _, err := io.WriteString(c, head); err != nil {
				return err
			}
			said, err := bufio.NewReader(c).ReadString('\n')
			if err != nil || !strings.Contains(said, " 100 ") {
				return fmt.Errorf("%q %w", said, err)
			}
			_, err = c.Write([]byte(" "))
			return err
		})
	}
	if err := started.Wait(); err != nil {
		t.Error(err)
	}
	failed, longest := p.works(20)
	if failed > 0 {
		t.Errorf("%d of 20 calls failed", failed)
	}
	attacks(t, "beside %d connections that sent a byte of a body, %d of 20 calls failed; the longest took %d ms",
		connections, failed, longest.Milliseconds())
}

// waitAlone has so many agents join a room each, from addresses of their own, and returns their seats.
func (p *program) waitAlone(n int) []seat {
	p.t.Helper()
	seats := make([]seat, n)
	var joining errgroup.Group
	joining.SetLimit(16)
	for k := range n {
		joining.Go(func() error {
			got, err := stranger{p, household(k)}.call(p.t.Context(), "join_room",
				args{"room": fmt.Sprintf("alone %d", k), "agent_name": "Ann"})
			seats[k] = seat{got.AgentToken, got.Cursor}
			if err == nil && got.AgentToken == "" {
				err = errors.New(got.Message)
			}
			return err
		})
	}
	if err := joining.Wait(); err != nil {
		p.t.Fatal(err)
	}
	return seats
}

func TestAttack_paddedWaits_holdNoBodies(t *testing.T) {
	waits := scaled(264)
	p := exposed(t, "--max-bodies", fmt.Sprint(scaled(64)), "--metrics-addr", "127.0.0.1:0")
	pad := strings.Repeat(" ", 250<<10)
	for k, his := range p.waitAlone(waits) {
		body := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wait_for_message","arguments":{"agent_token":"%s","cursor":"%s","wait_seconds":50}}}%s`, his.token, his.cursor, pad)
		c := p.dial()
		if _, err := io.WriteString(c, p.posts(household(k/100), body, "")); err != nil {
			t.Fatal(err)
		}
		await(t, "it waits or is refused", func() bool {
			return p.metric("parley_open_waits")+p.metric(`parley_refused_total{of="bodies"}`) >= float64(k+1)
		})
	}
	held, refused := p.metric("parley_body_bytes"), p.metric(`parley_refused_total{of="bodies"}`)
	failed, longest := p.works(20)
	if held > 0 || refused > 0 || failed > 0 {
		t.Errorf("%v bytes are held, %v waits were refused, %d of 20 calls failed", held, refused, failed)
	}
	attacks(t, "%d waits with bodies of 250 KiB hold %.0f KiB of bodies; %.0f were refused, %d of 20 other calls "+
		"failed, the longest took %d ms",
		waits, held/1024, refused, failed, longest.Milliseconds())
}

// waits has the agents of the tokens wait, all from one address, and returns how many
// were refused at once. The others go on waiting.
func (p *program) waits(address string, seats []seat) (refused int) {
	p.t.Helper()
	var no atomic.Int64
	before := p.metric("parley_open_waits")
	for _, his := range seats {
		go func() {
			r, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet,
				strings.TrimSuffix(p.url, "mcp")+"v1/wait", nil)
			if err != nil {
				return
			}
			r.Header.Set("Authorization", "Bearer "+his.token)
			r.Header.Set("X-Forwarded-For", address)
			resp, err := strangers.Do(r)
			if err != nil {
				return // the test has ended
			}
			defer resp.Body.Close()
			if resp.StatusCode == http.StatusServiceUnavailable && resp.Header.Get("Retry-After") == "10" {
				no.Add(1)
			}
		}()
	}
	await(p.t, "all wait or are refused", func() bool {
		return p.metric("parley_open_waits")-before+float64(no.Load()) >= float64(len(seats))
	})
	return int(no.Load())
}

func TestAttack_waitsOfAFewAddresses_leaveRoomForOthers(t *testing.T) {
	each, all := scaled(200), scaled(600)
	p := exposed(t, "--waits-per-address", fmt.Sprint(each), "--max-waits", fmt.Sprint(all), "--metrics-addr",
		"127.0.0.1:0")
	seats := p.waitAlone(4*2*each + 1)
	refused := 0
	for n := range 4 {
		refused += p.waits(household(n), seats[n*2*each:(n+1)*2*each])
	}
	held := p.metric("parley_open_waits")
	if most := float64(all - all/10 + max(1, each/20)); held > most {
		t.Errorf("four addresses hold %v waits, want at most %v", held, most)
	}
	if no := p.waits(p.victim().address, seats[len(seats)-1:]); no > 0 {
		t.Error("another address gets no wait")
	}
	attacks(t, "4 addresses asked for %d waits and hold %.0f of %d; %d were refused, and another address got in",
		4*2*each, held, all, refused)
}

// Many connections, each from an address of its own, give wrong passwords all the time.
func TestAttack_passwords_doNotDelayTheRightOne(t *testing.T) {
	connections := scaled(200)
	p := exposed(t)
	ann := p.victim()
	ann.must(t, "create_room", args{"room": "vault", "password": "right", "agent_name": "Ann"})
	right := func() time.Duration {
		began := time.Now()
		ann.must(t, "room_info", args{"room": "vault", "password": "right"})
		return time.Since(began)
	}
	quiet := right()
	ctx, stop := context.WithCancel(t.Context())
	var calls, compared atomic.Int64
	var running sync.WaitGroup
	for n := range connections {
		running.Go(func() {
			for ctx.Err() == nil {
				got, err := stranger{p, household(n)}.call(ctx, "room_info", args{"room": "vault", "password": "wrong"})
				calls.Add(1)
				switch {
				case ctx.Err() != nil || got.Code == "rate_limited", got.Code == "unavailable":
				case err != nil || got.Code != "wrong_password":
					t.Errorf("%v %+v", err, got)
				default:
					compared.Add(1)
				}
			}
		})
	}
	await(t, "all are asking", func() bool { return calls.Load() >= int64(connections) })
	beside := right()
	stop()
	running.Wait()
	if beside > max(30*quiet, 1500*time.Millisecond) { // one is measured, and a busy machine is slow
		t.Errorf("the right password took %v beside %d connections, and %v alone", beside, connections, quiet)
	}
	attacks(t, "beside %d connections, of whose %d passwords %d were compared, the right password took %d ms instead "+
		"of %d", connections, calls.Load(), compared.Load(), beside.Milliseconds(), quiet.Milliseconds())
}
