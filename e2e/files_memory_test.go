//go:build linux

package e2e

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"sync"
	"testing"
)

// peak returns the most memory that a program has occupied, in bytes (proc(5), VmHWM).
func (p *program) peak() int {
	p.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		p.t.Fatal(err)
	}
	m := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindStringSubmatch(string(text))
	if m == nil {
		p.t.Fatalf("no peak in %s", text)
	}
	kb, err := strconv.Atoi(m[1])
	if err != nil {
		p.t.Fatal(err)
	}
	return kb << 10
}

// Files pass through the program in parts, whatever their size: with 100 MB over four connections, in
// and out again, all of it takes less than 64 MB of memory.
func TestFiles_hundredMegabytesOverFourConnections_takeLittleMemory(t *testing.T) {
	const size = 25 << 20
	p := start(t)
	c := talk{t, openGo(t, p.url, modernProtocol)}
	ann := c.join("the shelf", "Ann")
	var pages []string
	for n := range 4 {
		pages = append(pages, c.ok("share_file", args{"agent_token": ann.token, "name": fmt.Sprint(n, ".bin"),
			"size": size}).Upload.Page)
	}
	each := func(pass func(n int) error) {
		t.Helper()
		var all sync.WaitGroup
		for n := range pages {
			all.Go(func() {
				if err := pass(n); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
	each(func(n int) error {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, pages[n], io.LimitReader(endless{}, size))
		if err != nil {
			return err
		}
		r.ContentLength = size
		return passed(r, nil)
	})
	there := c.files(ann.token)
	if len(there) != 4 {
		t.Fatalf("%d files are there", len(there))
	}
	var downloads []string
	for id := range there {
		downloads = append(downloads, c.address(ann.token, id))
	}
	each(func(n int) error {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, downloads[n], nil)
		if err != nil {
			return err
		}
		got := int64(0)
		if err := passed(r, &got); err != nil || got != size {
			return fmt.Errorf("%d bytes come out, %w", got, err)
		}
		return nil
	})
	if took := p.peak(); took >= 64e6 {
		t.Errorf("the program takes %d bytes", took)
	} else {
		t.Logf("the program takes %d MB", took/1e6)
	}
}

// passed makes a request, and counts the bytes of its answer.
func passed(r *http.Request, count *int64) error {
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	n, err := io.Copy(io.Discard, response.Body)
	if count != nil {
		*count = n
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("it is answered %s", response.Status)
	}
	return err
}

// endless has any number of zeros.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
