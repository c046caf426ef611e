//go:build linux

package e2e

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/e2e/internal/parts"
	"github.com/parley-chat/parley/internal/core/picture/picturetest"
)

// shared is the answer to share_file, get_file and an upload.
type shared struct {
	Sent     bool
	ID       string
	Code     string
	Upload   struct{ Line, Page string }
	Download string

	pictures int // beside the text
}

// files calls a tool about files, whose result may have pictures beside it.
func (s stranger) files(t *testing.T, tool string, arguments args) (got shared) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": "tools/call",
		"params": map[string]any{"name": tool, "arguments": arguments}})
	if err != nil {
		t.Fatal(err)
	}
	status, text := s.ask(t, http.MethodPost, s.program.url, bytes.NewReader(body))
	var answer struct {
		Result struct {
			Content []struct{ Type, Text string }
		}
	}
	if err := json.Unmarshal(text, &answer); err != nil || len(answer.Result.Content) == 0 {
		t.Fatalf("%s: %d %.300q", tool, status, text)
	}
	for i, c := range answer.Result.Content {
		switch {
		case i == 0 && strings.HasPrefix(c.Text, "{"):
			if err := json.Unmarshal([]byte(c.Text), &got); err != nil {
				t.Fatal(err)
			}
		case i == 0:
			got.Code, _, _ = strings.Cut(c.Text, ":")
		case c.Type == "image":
			got.pictures++
		default:
			t.Errorf("%s: a block %s", tool, c.Type)
		}
	}
	return got
}

// ask sends a request.
func (s stranger) ask(t *testing.T, method, url string, body io.Reader) (status int, answer []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Forwarded-For", s.address)
	req.Header.Set("Content-Type", "application/json")
	resp, err := strangers.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, text
}

// pair is two strangers in a room.
type pair struct {
	ann, bob stranger
	hers     args // Ann's token
	his      args // Bob's
}

func (p *program) pair(t *testing.T, room string) pair {
	t.Helper()
	two := pair{ann: stranger{p, "203.0.113.1"}, bob: stranger{p, "203.0.113.2"}}
	two.hers = args{"agent_token": two.ann.must(t, "create_room", args{"room": room, "agent_name": "Ann"}).AgentToken}
	two.his = args{"agent_token": two.bob.must(t, "join_room", args{"room": room, "agent_name": "Bob"}).AgentToken}
	return two
}

// with returns arguments and more.
func (a args) with(more args) args {
	all := args{}
	for _, of := range []args{a, more} {
		for k, v := range of {
			all[k] = v
		}
	}
	return all
}

// share lets Ann upload bytes under a name.
func (two pair) share(t *testing.T, name string, file []byte) (sent shared) {
	t.Helper()
	at := two.ann.files(t, "share_file", two.hers.with(args{"name": name, "size": len(file)})).Upload.Page
	status, answer := two.ann.ask(t, http.MethodPut, at, bytes.NewReader(file))
	if err := json.Unmarshal(answer, &sent); err != nil || status != http.StatusOK {
		t.Fatalf("%s: %d %s", name, status, answer)
	}
	return sent
}

// get lets Bob look at the file of a message.
func (two pair) get(t *testing.T, id string) shared {
	t.Helper()
	return two.bob.files(t, "get_file", two.his.with(args{"id": id}))
}

// command is the form of every command that downloads a file, and address the address in it.
var command = regexp.MustCompile(`^curl -fsS -o 'parley-m[0-9a-z]+(\.[a-z0-9]+)?' '(http://[0-9.:]+/v1/file/[0-9a-z]+)'$`)

// offer asks for an upload, and returns its address.
func (s stranger) offer(t *testing.T, token args, size int) string {
	t.Helper()
	got := s.files(t, "share_file", token.with(args{"name": "x.bin", "size": size}))
	if got.Upload.Page == "" {
		t.Fatalf("%+v", got)
	}
	return got.Upload.Page
}

// An agent's own path stands in the command that uploads a file, and nothing that an agent chose in the one that
// downloads it. Real shells and a real curl run both.
func TestAttack_files_hostileNames(t *testing.T) {
	parts.Need(t, "curl", "the commands of files call it")
	shell := parts.Need(t, "sh", "it runs the commands of files")
	p := exposed(t, "--messages-per-minute", "1000")
	two := p.pair(t, "names")
	names := []string{"CLAUDE.md", "x'; touch pwned; '", `x"; touch pwned; "`, "$(touch pwned)", "`touch pwned`", "-Kx",
		"@x", "[a-z]{a,b}", "~", "#", "x&y|x>pwned", "%41", "日本.png", "x\\y"}
	var ids []string
	for _, name := range names {
		dir, content := t.TempDir(), "content of "+name
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		sh := func(line string) []byte {
			t.Helper()
			cmd := exec.CommandContext(t.Context(), shell, "-c", line)
			cmd.Dir = dir
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			return out
		}
		var sent shared
		upload := two.ann.files(t, "share_file", two.hers.with(args{"name": name, "size": len(content)})).Upload.Line
		if err := json.Unmarshal(sh(upload), &sent); err != nil || !sent.Sent {
			t.Fatalf("%q: %+v, %v", name, sent, err)
		}
		got := two.get(t, sent.ID)
		if !command.MatchString(got.Download) {
			t.Fatalf("%q: the command is %s", name, got.Download)
		}
		sh(got.Download)
		ids = append(ids, sent.ID)
		saved, err := os.ReadFile(filepath.Join(dir, savedAs(sent.ID, name)))
		if made, _ := os.ReadDir(dir); err != nil || string(saved) != content || len(made) != 2 {
			t.Errorf("%q: %q is saved, %v; the folder has %v", name, saved, err, made)
		}
	}

	// All of them come by one command, which fails if one is gone.
	all := two.bob.files(t, "get_file", two.his.with(args{"id": ids})).Download
	get := func() (dir string, err error) {
		cmd := exec.CommandContext(t.Context(), shell, "-c", all)
		cmd.Dir = t.TempDir()
		return cmd.Dir, cmd.Run()
	}
	dir, err := get()
	if err != nil {
		t.Fatalf("%s: %v", all, err)
	}
	for i, name := range names {
		saved, err := os.ReadFile(filepath.Join(dir, savedAs(ids[i], name)))
		if err != nil || string(saved) != "content of "+name {
			t.Errorf("%q, with the others: %q, %v", name, saved, err)
		}
	}
	if made, _ := os.ReadDir(dir); len(made) != len(names) {
		t.Errorf("the folder has %v", made)
	}
	two.ann.must(t, "update_room", two.hers.with(args{"redact": ids[0]}))
	if _, err := get(); err == nil {
		t.Error("the command ends well although a file is gone")
	}
	attacks(t, "%d names that do something in a shell or curl: each command uploaded that file, or saved one of the "+
		"server's name", len(names))
}

// savedAs is the name under which a command saves a text.
func savedAs(id, name string) string {
	if filepath.Ext(name) == ".md" {
		return "parley-" + id + ".md"
	}
	return "parley-" + id + ".txt"
}

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
			status, got := two.bob.ask(t, http.MethodGet, mine[2], nil)
			if status != http.StatusOK || !bytes.Equal(got, []byte("\x00\x01small")) {
				t.Errorf("a download of another address: %d %.100q", status, got)
			}
			if status, answer := two.ann.ask(t, http.MethodPut, two.ann.offer(t, two.hers, 100),
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
	var tiny bytes.Buffer
	if err := png.Encode(&tiny, image.NewGray(image.Rect(0, 0, 60, 40))); err != nil {
		t.Fatal(err)
	}
	n := scaled(160)
	var small []string // one for each look, since what was drawn is kept
	for range 2 + n/40 {
		small = append(small, two.share(t, "good.png", tiny.Bytes()).ID)
	}
	var pictures []string
	for _, bits := range []int{16, 8} {
		heavy := picturetest.Heavy(t, 2000, bits)
		for range 20 { // more than are kept once they were drawn
			pictures = append(pictures, theirs.share(t, "heavy.png", heavy).ID)
		}
	}
	look := func(id string) time.Duration {
		began := time.Now()
		if got := two.get(t, id); got.pictures != 1 {
			t.Errorf("a picture is not shown: %+v", got)
		}
		return time.Since(began)
	}
	quiet := look(small[0])
	var looks errgroup.Group
	var longest time.Duration
	var both sync.WaitGroup
	both.Go(func() {
		for _, id := range small[1:] {
			longest = max(longest, look(id))
		}
	})
	for i := range n {
		mallory := stranger{p, household(250 * (i % 8))}
		looks.Go(func() error {
			_, err := mallory.call(t.Context(), "get_file", theirs.his.with(args{"id": pictures[i*21%len(pictures)]}))
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

	began := time.Now()
	for range 50 {
		theirs.get(t, pictures[len(pictures)-1])
	}
	again := time.Since(began)
	if again > 5*time.Second { // each takes half a second to draw
		t.Errorf("50 looks at one of them take %v", again)
	}
	attacks(t, "50 further looks at one of them take %d ms", again.Milliseconds())
}
