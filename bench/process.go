package main

import (
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
	"time"
)

// process is a server under measurement. A process of its own separates its
// memory and CPU time from those of the load.
type process struct {
	announcement
	cmd   *exec.Cmd
	leash io.Closer // closing it ends the process
}

// startEmpty starts the empty tool.
func (b *bench) startEmpty(ctx context.Context) (*process, error) { return startServer(ctx) }

// startPage starts the empty tool that writes a page.
func (b *bench) startPage(ctx context.Context) (*process, error) {
	return startServer(ctx, "-page", filepath.Join(b.dir, "page"))
}

// startParley starts Parley on a new file.
func (b *bench) startParley(ctx context.Context) (*process, error) { return b.startOn(ctx, "-file") }

// startOn starts the side that a flag selects, on a new file in a folder of its own.
func (b *bench) startOn(ctx context.Context, flag string) (*process, error) {
	dir, err := os.MkdirTemp(b.dir, "data-")
	if err != nil {
		return nil, err
	}
	return startServer(ctx, flag, filepath.Join(dir, "data"))
}

// startBoth starts the empty tool, and Parley on a new file. stop ends both.
func (b *bench) startBoth(ctx context.Context) (empty, parley *process, stop func() error, err error) {
	empty, err = b.startEmpty(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	parley, err = b.startParley(ctx)
	if err != nil {
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
	p.leash, err = p.cmd.StdinPipe()
	if err != nil {
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
		return nil, errors.Join(fmt.Errorf("starting a server: %w", err), p.stop())
	}
	return p, nil
}

// stop ends the process and waits until it has exited.
func (p *process) stop() error { return errors.Join(p.leash.Close(), p.cmd.Wait()) }

// figures returns what the server knows about itself now.
func (p *process) figures(ctx context.Context) (figures, error) { return p.ask(ctx, "") }

// collected returns the figures after a garbage collection.
func (p *process) collected(ctx context.Context) (figures, error) { return p.ask(ctx, "collect") }

func (p *process) ask(ctx context.Context, query string) (f figures, err error) {
	text, err := p.control(ctx, "/figures", query)
	if err != nil {
		return f, err
	}
	return f, json.Unmarshal(text, &f)
}

// profile writes a profile of net/http/pprof to a file.
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

// settle waits until the server has at least so many goroutines, and as many as before for the
// given time. It returns how long after began their number last changed.
func (p *process) settle(ctx context.Context, still time.Duration, goroutines int, began time.Time) (time.Duration,
	error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	tick := time.NewTicker(still / 50)
	defer tick.Stop()
	last, since := 0, began
	for {
		f, err := p.figures(ctx)
		if err != nil {
			return 0, fmt.Errorf("waiting for a server with %d goroutines to settle: %w", last, err)
		}
		if f.Goroutines != last {
			last, since = f.Goroutines, time.Now()
		}
		if last >= goroutines && time.Since(since) >= still {
			return since.Sub(began), nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}
