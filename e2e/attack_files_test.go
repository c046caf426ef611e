package e2e

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/e2e/internal/parts"
)

// shared is the answer to share_file, get_file and an upload.
type shared struct {
	Sent   bool
	ID     string
	Code   string
	Next   string
	Upload struct{ Line, Page string }
	File   struct {
		Name, Type string
		Size       int64
	}
	Text, Download string

	pictures []picture // beside the text
}

type picture struct{ Data, MIMEType string }

// files calls a tool about files, whose result may have pictures beside it.
func (s stranger) files(t *testing.T, tool string, arguments args) (got shared) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": "tools/call",
		"params": map[string]any{"name": tool, "arguments": arguments}})
	if err != nil {
		t.Fatal(err)
	}
	status, text, _ := s.ask(t, http.MethodPost, s.program.url, bytes.NewReader(body),
		"Content-Type", "application/json")
	var answer struct {
		Result struct {
			Content []struct{ Type, Text, Data, MIMEType string }
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
			got.pictures = append(got.pictures, picture{c.Data, c.MIMEType})
		default:
			t.Errorf("%s: a block %s", tool, c.Type)
		}
	}
	return got
}

// ask sends a request, with headers as names and values by turns.
func (s stranger) ask(t *testing.T, method, url string, body io.Reader, headers ...string) (int, []byte, http.Header) {
	t.Helper()
	status, text, header, err := s.try(t.Context(), method, url, body, headers...)
	if err != nil {
		t.Fatal(err)
	}
	return status, text, header
}

func (s stranger) try(ctx context.Context, method, url string, body io.Reader, headers ...string) (int, []byte,
	http.Header, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return 0, nil, nil, err
	}
	req.Header.Set("X-Forwarded-For", s.address)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := strangers.Do(req)
	if err != nil {
		return 0, nil, nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, text, resp.Header, err
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
	status, answer, _ := two.ann.ask(t, http.MethodPut, at, bytes.NewReader(file), "Content-Type", "text/html")
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

// hostileNames are names that do something if a shell, a client or a desktop takes them.
func hostileNames() []string {
	return []string{"CLAUDE.md", "AGENTS.md", ".mcp.json", ".bashrc", ".git/config", "../../.ssh/authorized_keys",
		"/etc/cron.d/x", `C:\Windows\x.bat`, "-o", "-K/etc/passwd", "--config=x", "@/etc/passwd", "~/.profile", ".",
		"..", "x'; touch pwned; '", `x"; touch pwned; "`, "$(touch pwned)", "`touch pwned`", "x\ntouch pwned\n",
		"x;touch pwned", "x|touch pwned", "x&touch pwned", "x>pwned", "<script>alert(1)</script>.html", "a\x00b",
		"a\x1b[2Jb", "a\u202egnp.sh", "a\u200b.png", "a\u2028b", "{a,b}", "[a-z]", "*", "?", "x#", "%2e%2e%2f", "CON",
		"desktop.ini", "x.png\r\nX-Evil: 1", "\ufeffCLAUDE.md", "CLAUDE.md.", " CLAUDE.md", strings.Repeat("x", 5000),
		strings.Repeat("日", 120), "\xff\xfe"}
}

// No command that the server writes holds a name that an agent chose: each is run, and makes one
// file with a name of the server's.
func TestAttack_files_hostileNames(t *testing.T) {
	needsCurl(t)
	p := exposed(t, "--messages-per-minute", "1000")
	two := p.pair(t, "names")
	taken, run := 0, 0
	for _, name := range hostileNames() {
		sent := two.ann.files(t, "share_file", two.hers.with(args{"name": name, "text": "echo pwned > pwned"}))
		if !sent.Sent {
			continue
		}
		taken++
		got := two.get(t, sent.ID)
		if !command.MatchString(got.Download) || len(name) > 2 && strings.Contains(got.Next, name) {
			t.Errorf("%q: the command is %s, and next %s", name, got.Download, got.Next)
			continue
		}
		if shown := got.File.Name; strings.ContainsAny(shown, "/\\\x00\x1b\r\n\u202e\u200b\u2028\ufeff") {
			t.Errorf("%q is shown as %q", name, shown)
		}
		if dir := t.TempDir(); sh(t, dir, got.Download) {
			run++
			if made := ls(t, dir); len(made) != 1 || made[0] != "parley-"+sent.ID+".txt" {
				t.Errorf("%q: the command made %q", name, made)
			}
		}
	}
	if taken == 0 || run != taken {
		t.Errorf("%d commands of %d ran", run, taken)
	}
	attacks(t, "%d names that do something in a shell or a client, %d taken: each of %d commands run saved one file "+
		"of the server's name", len(hostileNames()), taken, run)
}

func needsCurl(t *testing.T) {
	t.Helper()
	for _, name := range []string{"sh", "curl"} {
		parts.Need(t, name, "it runs the commands of files")
	}
}

// sh runs a line in a folder, as an agent does.
func sh(t *testing.T, dir, line string) bool {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", line)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v\n%s", line, err, out)
	}
	return err == nil
}

func ls(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// An agent's own path stands in the command that uploads it, quoted.
func TestAttack_files_hostilePaths(t *testing.T) {
	needsCurl(t)
	p := exposed(t, "--messages-per-minute", "1000")
	two := p.pair(t, "paths")
	sent := 0
	for _, name := range []string{"x'; touch pwned; '", `x"; touch pwned; "`, "$(touch pwned)", "`touch pwned`",
		"x;touch pwned", "-o", "-Kx", "@x", "x y", "[a-z]", "{a,b}", "*", "~", "#", "x&y", "x|y", "x>pwned",
		"%41", "日本.png", "x\\y"} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), []byte("content of "+name), 0o600); err != nil {
			t.Fatal(err)
		}
		got := two.ann.files(t, "share_file", two.hers.with(args{"name": name, "size": 1000}))
		if got.Upload.Line == "" {
			t.Errorf("%q: %+v", name, got)
			continue
		}
		if sh(t, dir, got.Upload.Line) {
			sent++
		}
		if made := ls(t, dir); len(made) != 1 {
			t.Errorf("%q: the command made %q", name, made)
		}
	}
	attacks(t, "%d paths with what a shell or curl takes for something else: each command uploaded that file, "+
		"and did nothing more", sent)
}

// hostileFiles are files that are not what they say.
func hostileFiles(t *testing.T) map[string][]byte {
	t.Helper()
	m := image.NewPaletted(image.Rect(0, 0, 60, 40), color.Palette{color.Black, color.White})
	var asPNG, asJPEG, asGIF, wide bytes.Buffer
	for _, err := range []error{png.Encode(&asPNG, m), jpeg.Encode(&asJPEG, m, nil), gif.Encode(&asGIF, m, nil),
		png.Encode(&wide, image.NewGray(image.Rect(0, 0, 4000, 4000)))} {
		if err != nil {
			t.Fatal(err)
		}
	}
	cut := func(b bytes.Buffer) []byte { return bytes.Clone(b.Bytes()[:b.Len()/2]) }
	and := func(b bytes.Buffer, more string) []byte { return append(bytes.Clone(b.Bytes()), more...) }
	bomb := bytes.Clone(asPNG.Bytes())
	copy(bomb[16:], "\x00\x0f\xff\xff\x00\x0f\xff\xff")
	flipped := bytes.Clone(asPNG.Bytes())
	flipped[len(flipped)-20] ^= 1
	return map[string][]byte{
		"page.html":      []byte("<!DOCTYPE html><script>alert(1)</script>"),
		"logo.svg":       []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>`),
		"run.sh":         []byte("#!/bin/sh\ntouch pwned\n"),
		"page.png":       []byte("<html><script>alert(1)</script>"),
		"gif.js":         []byte("GIF89a/*aaaa*/=1;alert(1)//"),
		"utf16.html":     []byte("\xff\xfe<\x00s\x00c\x00r\x00i\x00p\x00t\x00>\x00"),
		"page.pdf":       []byte("%PDF-1.7\n<script>alert(1)</script>"),
		"good.html":      asPNG.Bytes(),
		"png+html.png":   and(asPNG, "<script>alert(1)</script>"),
		"jpeg+html.jpg":  and(asJPEG, "<script>alert(1)</script>"),
		"gif+html.gif":   and(asGIF, "<script>alert(1)</script>"),
		"png+zip.png":    and(asPNG, "PK\x03\x04<script>"),
		"half.png":       cut(asPNG),
		"half.jpg":       cut(asJPEG),
		"half.gif":       cut(asGIF),
		"flipped.png":    flipped,
		"bomb.png":       bomb,
		"wide.png":       wide.Bytes(),
		"header.png":     []byte("\x89PNG\r\n\x1a\n"),
		"header.jpg":     []byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00"),
		"large.png":      and(asPNG, strings.Repeat("\x00", 1<<20)),
		"elf":            []byte("\x7fELF\x02\x01\x01\x00"),
		"macro.docm":     []byte("PK\x03\x04\x14\x00"),
		"report.zip.exe": []byte("MZ\x90\x00"),
	}
}

// shows are the hostile files of which a model sees a picture.
var shows = map[string]string{"good.html": "image/png", "png+html.png": "image/png", "jpeg+html.jpg": "image/jpeg",
	"gif+html.gif": "image/gif", "png+zip.png": "image/png"}

func TestAttack_files_hostileContent(t *testing.T) {
	p := exposed(t, "--messages-per-minute", "1000")
	two := p.pair(t, "content")
	files := hostileFiles(t)
	pictures := 0
	for name, file := range files {
		sent := two.share(t, name, file)
		if !sent.Sent {
			t.Errorf("%s is not shared: %+v", name, sent)
			continue
		}
		got := two.get(t, sent.ID)
		pictures += len(got.pictures)
		checkPictures(t, name, got)
		if strings.HasPrefix(got.File.Type, "text/") && got.File.Type != "text/plain" ||
			strings.Contains(got.File.Type, "html") || strings.Contains(got.File.Type, "svg") ||
			strings.Contains(got.File.Type, "script") {
			t.Errorf("%s has the type %s", name, got.File.Type)
		}
		at := command.FindStringSubmatch(got.Download)
		if at == nil {
			t.Errorf("%s: %s", name, got.Download)
			continue
		}
		status, body, h := two.bob.ask(t, http.MethodGet, at[2], nil,
			"Accept", "text/html", "Sec-Fetch-Mode", "navigate")
		if status != http.StatusOK || !bytes.Equal(body, file) || h.Get("Content-Type") != got.File.Type ||
			!strings.HasPrefix(h.Get("Content-Disposition"), `attachment; filename="parley-m`) ||
			h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") != "no-store" ||
			!strings.Contains(h.Get("Content-Security-Policy"), "sandbox") ||
			!strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: %d, %d bytes, %v", name, status, len(body), h)
		}
	}
	attacks(t, "%d files that are not what they say: models see %d pictures, drawn by the server; a browser saves all "+
		"and runs nothing", len(files), pictures)
}

// checkPictures fails unless a model sees what it may: a picture that decodes, and only pixels.
func checkPictures(t *testing.T, name string, got shared) {
	t.Helper()
	want := shows[name]
	if len(got.pictures) > 1 || (len(got.pictures) == 1) != (want != "") {
		t.Errorf("%s: %d pictures", name, len(got.pictures))
		return
	}
	for _, p := range got.pictures {
		data, err := base64.StdEncoding.DecodeString(p.Data)
		if err != nil {
			t.Fatal(err)
		}
		_, format, err := image.Decode(bytes.NewReader(data))
		if err != nil || "image/"+format != want || p.MIMEType != want || bytes.Contains(data, []byte("script")) ||
			bytes.Contains(data, []byte("PK\x03\x04")) {
			t.Errorf("%s is shown as %s, which is %s: %v", name, p.MIMEType, format, err)
		}
	}
}

// offer asks for an upload, and returns its address.
func (s stranger) offer(t *testing.T, token args, size int) string {
	t.Helper()
	got := s.files(t, "share_file", token.with(args{"name": "x.bin", "size": size}))
	if got.Upload.Page == "" {
		t.Fatalf("%+v", got)
	}
	return got.Upload.Page
}

func TestAttack_files_uploadsThatNeverEnd_blockNobody(t *testing.T) {
	p := exposed(t, "--messages-per-minute", "1000")
	two := p.pair(t, "uploads")
	var addresses []string
	for n := range 16 {
		mallory := stranger{p, household(250 * n)}
		token := args{"agent_token": mallory.must(t, "create_room",
			args{"room": fmt.Sprintf("mallory %d", n), "agent_name": "Mallory"}).AgentToken}
		for range 4 {
			addresses = append(addresses, mallory.offer(t, token, 20<<20))
		}
	}
	mine := two.ann.offer(t, two.hers, 100)
	uploads := scaled(10000)
	var begun atomic.Int64
	var starting errgroup.Group
	starting.SetLimit(64)
	for n := range uploads {
		path := strings.TrimPrefix(addresses[n%len(addresses)], strings.TrimSuffix(p.url, "/mcp"))
		c := p.dial()
		starting.Go(func() error {
			_, err := fmt.Fprintf(c, "PUT %s HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: %s\r\n"+
				"Content-Length: %d\r\n\r\nx", path, household(250*(n%200)+n/200), 20<<20)
			if err == nil {
				begun.Add(1)
			}
			return nil // an error means that the program has closed the connection, as it may
		})
	}
	if err := starting.Wait(); err != nil {
		t.Fatal(err)
	}
	failed, longest := p.works(20)
	if failed > 0 {
		t.Errorf("%d of 20 calls failed", failed)
	}
	if text := two.ann.files(t, "share_file", two.hers.with(args{"name": "a.txt", "text": "short"})); !text.Sent {
		t.Errorf("a short file is not shared: %+v", text)
	}
	// An upload waits for a place: those that send nothing lose theirs, after half a minute.
	began := time.Now()
	for os.Getenv("PARLEY_ATTACK") != "" {
		status, answer, h := two.ann.ask(t, http.MethodPut, mine, strings.NewReader("mine"))
		if status == http.StatusOK {
			break
		}
		if status != http.StatusServiceUnavailable || h.Get("Retry-After") == "" || time.Since(began) > 3*time.Minute {
			t.Fatalf("an upload beside them, after %v: %d %s", time.Since(began), status, answer)
		}
		p.works(1)
	}
	attacks(t, "%d uploads of which one byte comes: %d of 20 calls failed, the longest took %d ms; a short file went "+
		"through at once, an upload after %v", begun.Load(), failed, longest.Milliseconds(),
		time.Since(began).Round(time.Second))
}

func TestAttack_files_twoUploadsToOneAddress(t *testing.T) {
	p := exposed(t, "--messages-per-minute", "10000", "--units-per-minute", "1000000")
	two := p.pair(t, "races")
	rounds := scaled(400)
	again := 0
	for n := range rounds {
		at := two.ann.offer(t, two.hers, 100)
		var all sync.WaitGroup
		var ids [4]string
		statuses := map[int]int{}
		var mu sync.Mutex
		for k := range ids {
			all.Go(func() {
				status, answer, _, err := two.ann.try(t.Context(), http.MethodPut, at,
					strings.NewReader(fmt.Sprintf("round %d, upload %d", n, k/2)))
				if err != nil {
					t.Error(err)
					return
				}
				var got shared
				if err := json.Unmarshal(answer, &got); err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				statuses[status]++
				ids[k] = got.ID
			})
		}
		all.Wait()
		won := map[string]bool{}
		for k, id := range ids {
			if id != "" {
				won[fmt.Sprintf("%s of %d", id, k/2)] = true
			}
		}
		if len(won) != 1 || statuses[http.StatusOK]+statuses[http.StatusConflict] != len(ids) {
			t.Fatalf("round %d: %v, %v", n, won, statuses)
		}
		again += statuses[http.StatusOK] - 1
	}
	attacks(t, "4 uploads at once to each of %d addresses, of two contents: one message each; %d times the same bytes "+
		"got the same answer, all others 409", rounds, again)
}

// An address of an upload takes the file that was promised, whole and as it is.
func TestAttack_files_otherFilesThanPromised(t *testing.T) {
	p := exposed(t, "--messages-per-minute", "1000")
	two := p.pair(t, "promises")
	at := two.ann.offer(t, two.hers, 100)
	half := strings.Repeat("x", 50)
	tried := 0
	for what, upload := range map[string]struct {
		body   io.Reader
		header []string
		want   int
	}{
		"of a byte more":              {body: strings.NewReader(half + half + "x"), want: 413},
		"of a byte more, unannounced": {body: struct{ io.Reader }{strings.NewReader(half + half + "x")}, want: 413},
		"of far more, unannounced":    {body: io.LimitReader(zeros{}, 200<<10), want: 413},
		"of nothing":                  {body: strings.NewReader(""), want: 400},
		"that is compressed": {body: strings.NewReader(half), header: []string{"Content-Encoding", "gzip"},
			want: 415},
		"in a form": {body: strings.NewReader(half),
			header: []string{"Content-Type", "multipart/form-data; boundary=x"}, want: 415},
		"that is a part": {body: strings.NewReader(half), header: []string{"Content-Range", "bytes 50-99/100"},
			want: 415},
	} {
		status, answer, _, err := two.ann.try(t.Context(), http.MethodPut, at, upload.body, upload.header...)
		tried++
		if err != nil || status != upload.want {
			t.Errorf("a file %s: %d, want %d: %s, %v", what, status, upload.want, answer, err)
		}
	}
	if got := two.bob.must(t, "message_history", two.his.with(args{"files": true})); len(got.Messages) > 0 {
		t.Errorf("shared: %+v", got.Messages)
	}
	for what, body := range map[string]string{"another": "other", "a longer": "right, and more", "a shorter": "r"} {
		if status, answer, _ := two.ann.ask(t, http.MethodPut, at, strings.NewReader("right")); status != 200 {
			t.Fatalf("the file itself: %d %s", status, answer)
		}
		status, answer, _ := two.ann.ask(t, http.MethodPut, at, strings.NewReader(body))
		tried++
		if status != http.StatusConflict {
			t.Errorf("%s file in its place: %d %s", what, status, answer)
		}
	}
	attacks(t, "%d files that were not promised: longer, encoded, in parts, or in the place of one that is there: "+
		"none was taken", tried)
}

// zeros is a file without an end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestAttack_files_addressesForOthers(t *testing.T) {
	p := exposed(t, "--messages-per-minute", "1000")
	two := p.pair(t, "addresses")
	first := two.share(t, "1.txt", []byte("one"))
	second := two.share(t, "2.txt", []byte("two"))
	if !first.Sent || !second.Sent {
		t.Fatalf("%+v %+v", first, second)
	}
	at := command.FindStringSubmatch(two.get(t, first.ID).Download)[2]
	other := command.FindStringSubmatch(two.get(t, second.ID).Download)[2]

	// A ticket with any character changed, and one that is made of two.
	forged, let := 0, 0
	try := func(url string) {
		forged++
		if status, body, _ := two.bob.ask(t, http.MethodGet, url, nil); status == http.StatusOK {
			let++
			t.Errorf("%s: %q", url, body)
		}
	}
	from := strings.LastIndexByte(at, '/') + 1
	for i := from; i < len(at); i++ {
		for _, c := range "0az9" {
			if url := at[:i] + string(c) + at[i+1:]; url != at {
				try(url)
			}
		}
		if url := at[:i] + other[i:]; url != at && url != other {
			try(url)
		}
	}
	for _, url := range []string{at + "0", at + "/x", at[:from], strings.Replace(at, "/v1/file/", "/v1/upload/", 1)} {
		try(url)
	}

	// What was removed, and who was, is out at once.
	if status, body, _ := two.bob.ask(t, http.MethodGet, at, nil); status != http.StatusOK || string(body) != "one" {
		t.Fatalf("%d %q", status, body)
	}
	two.ann.must(t, "update_room", two.hers.with(args{"redact": first.ID}))
	try(at)
	upload := two.bob.offer(t, two.his, 100)
	two.ann.must(t, "manage_agent", two.hers.with(args{"action": "kick", "agent_name": "Bob"}))
	try(other)
	if status, body, _ := two.bob.ask(t, http.MethodPut, upload, strings.NewReader("late")); status == http.StatusOK {
		let++
		t.Errorf("an upload of an agent that was kicked: %s", body)
	}
	attacks(t, "%d addresses of downloads that were changed, put together, or whose file or agent is gone: %d let in",
		forged, let)
}

func TestAttack_files_ranges(t *testing.T) {
	p := exposed(t)
	two := p.pair(t, "ranges")
	file := bytes.Repeat([]byte("0123456789"), 1000)
	at := command.FindStringSubmatch(two.get(t, two.share(t, "x.bin", file).ID).Download)[2]
	ranges := []string{"bytes=0-0", "bytes=9999-", "bytes=-1", "bytes=-99999999999", "bytes=5-2", "bytes=10000-",
		"bytes=0-99999999",
		"bytes=-0", "bytes=", "bytes=-", "bytes=a-b", "bytes=0-0,1-1", "bytes=9223372036854775807-9223372036854775807",
		"bytes=99999999999999999999-", "bytes=0--1", "bytes= 0-1", "chars=0-1", "bytes=0-1;q=1",
		"bytes=" + strings.Repeat("0-,", 1000) + "0-"}
	for _, asked := range ranges {
		status, body, h := two.bob.ask(t, http.MethodGet, at, nil, "Range", asked)
		ok := false
		switch status {
		case http.StatusOK:
			ok = bytes.Equal(body, file)
		case http.StatusPartialContent:
			var begin, end, size int
			n, err := fmt.Sscanf(h.Get("Content-Range"), "bytes %d-%d/%d", &begin, &end, &size)
			ok = n == 3 && err == nil && size == len(file) && 0 <= begin && begin <= end && end < size &&
				bytes.Equal(body, file[begin:end+1])
		case http.StatusRequestedRangeNotSatisfiable:
			ok = len(body) < 1000
		}
		if !ok {
			t.Errorf("%.60s: %d with %d bytes, %v", asked, status, len(body), h)
		}
	}
	attacks(t, "%d ranges, most of them absurd: each got its part, the whole, or a refusal, never more", len(ranges))
}
