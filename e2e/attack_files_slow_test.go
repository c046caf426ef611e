//go:build linux

package e2e

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/internal/picture/picturetest"
)

// stays begins a request, over a connection from which next to nothing is read. status waits for the
// status of the answer; it is "" if there is none before the test ends.
func (p *program) stays(begin string) (status func() string) {
	p.t.Helper()
	small := net.Dialer{Control: func(_, _ string, c syscall.RawConn) (failed error) {
		err := c.Control(func(fd uintptr) { // else the system takes megabytes of an answer that nobody reads
			failed = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_MAXSEG, 536)
			if failed == nil {
				failed = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4096)
			}
		})
		if err != nil {
			return err
		}
		return failed
	}}
	c, err := small.DialContext(p.t.Context(), "tcp", strings.TrimSuffix(strings.TrimPrefix(p.url, "http://"), "/mcp"))
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = c.Close() })
	if _, err := io.WriteString(c, begin); err != nil {
		p.t.Fatal(err)
	}
	return func() string {
		head := make([]byte, len("HTTP/1.1 200"))
		if _, err := io.ReadFull(c, head); err != nil {
			return ""
		}
		return string(head[len("HTTP/1.1 "):])
	}
}

// Files stay on their way: uploads that never end, and downloads that nobody reads. They come from
// eight addresses, or from the networks of one household.
func TestAttack_files_thatStayOnTheirWay_keepNobodyOut(t *testing.T) {
	for from, of := range map[string]func(n int) string{
		"eight addresses": func(n int) string { return household(250 * (n % 8)) },
		"a household":     network,
	} {
		t.Run(from, func(t *testing.T) {
			p := exposed(t, "--messages-per-minute", "1000", "--units-per-minute", "100000")
			two, theirs := p.pair(t, "mine"), p.pair(t, "theirs")
			large := theirs.share(t, "large.bin", make([]byte, 4<<20))
			download := command.FindStringSubmatch(theirs.get(t, large.ID).Download)
			small := two.share(t, "small.bin", []byte("\x00\x01small"))
			mine := command.FindStringSubmatch(two.get(t, small.ID).Download)
			if download == nil || mine == nil {
				t.Fatal("there is no command for a download")
			}
			path := func(url string) string { return strings.TrimPrefix(url, strings.TrimSuffix(p.url, "/mcp")) }
			upload := theirs.ann.offer(t, theirs.hers, 1<<20)
			var refused, kept [2]atomic.Int64
			asked := [2]int{200, 600}
			for kind, begin := range []string{
				"PUT " + path(upload) + " HTTP/1.1\r\nContent-Length: 1000000",
				"GET " + path(download[2]) + " HTTP/1.1",
			} {
				for n := range asked[kind] {
					status := p.stays(begin + "\r\nHost: localhost\r\nX-Forwarded-For: " + of(n) + "\r\n\r\n")
					go func() {
						switch status() {
						case "503":
							refused[kind].Add(1)
						case "200":
							kept[kind].Add(1)
						}
					}()
				}
			}
			await(t, "all have a place or are refused", func() bool {
				return refused[0].Load() >= 200-64 && refused[1].Load()+kept[1].Load() == 600
			})
			began := time.Now()
			status, got, _ := two.bob.ask(t, http.MethodGet, mine[2], nil)
			if status != http.StatusOK || !bytes.Equal(got, []byte("\x00\x01small")) {
				t.Errorf("a download of another address: %d %.100q", status, got)
			}
			if status, answer, _ := two.ann.ask(t, http.MethodPut, two.ann.offer(t, two.hers, 100),
				strings.NewReader("mine")); status != http.StatusOK {
				t.Errorf("an upload of another address: %d %s", status, answer)
			}
			attacks(t, "%s began %d uploads and %d downloads that stay: %d and %d were refused, and a download and an "+
				"upload of others took %d ms", from, asked[0], asked[1], refused[0].Load(), refused[1].Load(),
				time.Since(began).Milliseconds())
		})
	}
}

// Agents at eight addresses look at pictures that take as much memory and time as they can, in a
// program that keeps to what a function with 128 MB has.
func TestAttack_files_heavyPictures_stopNobody(t *testing.T) {
	p := startOn(t, []string{"--data", filepath.Join(t.TempDir(), "parley.db"), "--trust-proxy", "--access", "open",
		"--units-per-minute", "100000"}, []string{"GOMEMLIMIT=80MiB"})
	two, theirs := p.pair(t, "mine"), p.pair(t, "theirs")
	small := two.share(t, "good.png", hostileFiles(t)["good.html"])
	var pictures []string
	for _, bits := range []int{16, 8} {
		pictures = append(pictures, theirs.share(t, "heavy.png", picturetest.Heavy(t, 2000, bits)).ID)
	}
	look := func() time.Duration {
		began := time.Now()
		if got := two.get(t, small.ID); len(got.pictures) != 1 {
			t.Errorf("a picture is not shown: %+v", got)
		}
		return time.Since(began)
	}
	quiet := look()
	var looks errgroup.Group
	n := scaled(160)
	var longest time.Duration
	var both sync.WaitGroup
	both.Go(func() {
		for range 1 + n/40 {
			longest = max(longest, look())
		}
	})
	for i := range n {
		mallory := stranger{p, household(250 * (i % 8))}
		looks.Go(func() error {
			_, err := mallory.call(t.Context(), "get_file", theirs.his.with(args{"id": pictures[i%2]}))
			return err
		})
	}
	if err := looks.Wait(); err != nil {
		t.Error(err)
	}
	both.Wait()
	took := p.peak()
	if took > 128e6 {
		t.Errorf("the program takes %d MB", took/1e6)
	}
	attacks(t, "%d looks at pictures of 2,000 by 2,000 with 16 bits and 8, from eight addresses: the program takes %d "+
		"MB at most, and a small picture of another caller %d ms instead of %d", n, took/1e6,
		longest.Milliseconds(), quiet.Milliseconds())
}
