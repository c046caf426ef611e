package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// process is a server under measurement. It has a process of its own, so that
// its memory and its time on the CPU can be told from those of the load.
type process struct {
	announcement
	cmd   *exec.Cmd
	leash io.Closer // the process ends when it is closed
}

// startEmpty starts the empty tool.
func (b *bench) startEmpty(ctx context.Context) (*process, error) { return startServer(ctx) }

// startKeeping starts the empty tool that waits for the disk.
func (b *bench) startKeeping(ctx context.Context) (*process, error) {
	return startServer(ctx, "-page", filepath.Join(b.dir, "page"))
}

// startParley starts the program on a new file, with rooms of so many events.
func (b *bench) startParley(ctx context.Context, rooms string) (*process, error) {
	dir, err := os.MkdirTemp(b.dir, "data-")
	if err != nil {
		return nil, err
	}
	return startServer(ctx, "-data", filepath.Join(dir, "parley.db"), "-fill", rooms)
}

// startBoth starts the empty tool and the program on a new file. stop ends both.
func (b *bench) startBoth(ctx context.Context) (empty, parley *process, stop func() error, err error) {
	if empty, err = b.startEmpty(ctx); err != nil {
		return nil, nil, nil, err
	}
	if parley, err = b.startParley(ctx, ""); err != nil {
		return nil, nil, nil, errors.Join(err, empty.stop())
	}
	return empty, parley, func() error { return errors.Join(parley.stop(), empty.stop()) }, nil
}

// startServer starts this program as a server and returns when it is ready.
func startServer(ctx context.Context, args ...string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{cmd: exec.CommandContext(ctx, self, append([]string{serveCommand}, args...)...)}
	p.cmd.Stderr = os.Stderr
	if p.leash, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	if err := json.NewDecoder(out).Decode(&p.announcement); err != nil {
		return nil, errors.Join(fmt.Errorf("a server did not start: %w", err), p.stop())
	}
	return p, nil
}

// stop ends the process and waits for its end.
func (p *process) stop() error { return errors.Join(p.leash.Close(), p.cmd.Wait()) }

// figures asks the server for its own, after a collection of garbage if collect.
func (p *process) figures(ctx context.Context, collect bool) (f figures, err error) {
	query := ""
	if collect {
		query = "collect"
	}
	text, err := p.control(ctx, "/figures", query)
	if err != nil {
		return f, err
	}
	return f, json.Unmarshal(text, &f)
}

// profile keeps a profile of net/http/pprof in a file.
func (p *process) profile(ctx context.Context, name, query, file string) error {
	text, err := p.control(ctx, "/debug/pprof/"+name, query)
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o644)
}

func (p *process) control(ctx context.Context, path, query string) ([]byte, error) {
	u := url.URL{Scheme: "http", Host: p.Control, Path: path, RawQuery: query}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %s", path, response.Status, text)
	}
	return text, err
}

// settle returns the server's figures when its goroutines have stood still for
// so long, and are at least so many.
func (p *process) settle(ctx context.Context, still time.Duration, goroutines int) (figures, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	tick := time.NewTicker(still / 5)
	defer tick.Stop()
	last, since := figures{}, time.Now()
	for {
		f, err := p.figures(ctx, false)
		if err != nil {
			return f, fmt.Errorf("a server with %d goroutines did not come to rest: %w", last.Goroutines, err)
		}
		if f.Goroutines != last.Goroutines {
			since = time.Now()
		}
		if last = f; f.Goroutines >= goroutines && time.Since(since) >= still {
			return f, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// errUnmeasured says that this system does not tell what is asked for.
var errUnmeasured = errors.New("this system has no /proc to tell it")

// resident is the memory that the process holds, in bytes (proc(5), VmRSS).
func (p *process) resident() (int64, error) {
	text, err := p.proc("status")
	if err != nil {
		return 0, err
	}
	_, rest, _ := bytes.Cut(text, []byte("VmRSS:"))
	fields := bytes.Fields(rest)
	if len(fields) == 0 {
		return 0, errUnmeasured
	}
	kib, err := strconv.ParseInt(string(fields[0]), 10, 64)
	return kib << 10, err
}

// busy is the time that the process has had on the CPUs (proc(5), utime and
// stime), in steps of ten milliseconds.
func (p *process) busy() (time.Duration, error) {
	text, err := p.proc("stat")
	if err != nil {
		return 0, err
	}
	_, rest, _ := bytes.Cut(text, []byte(") ")) // behind the name, which may have spaces
	fields := bytes.Fields(rest)
	const user, system = 14 - 3, 15 - 3
	if len(fields) <= system {
		return 0, errUnmeasured
	}
	var ticks int64
	for _, field := range [][]byte{fields[user], fields[system]} {
		n, err := strconv.ParseInt(string(field), 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond, nil
}

func (p *process) proc(file string) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid), file))
	if errors.Is(err, os.ErrNotExist) {
		return nil, errUnmeasured
	}
	return text, err
}
