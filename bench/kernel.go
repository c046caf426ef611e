package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// errUnmeasured means that the operating system has no /proc.
var errUnmeasured = errors.New("this operating system has no /proc")

// resident returns the bytes of memory that the process occupies (proc(5), VmRSS).
func (p *process) resident() (int64, error) { return p.memory("VmRSS:") }

// peak returns the most that it has occupied since it began.
func (p *process) peak() (int64, error) { return p.memory("VmHWM:") }

// memory returns a figure of proc(5), status, in bytes.
func (p *process) memory(name string) (int64, error) {
	text, err := p.proc("status")
	if err != nil {
		return 0, err
	}
	_, rest, _ := bytes.Cut(text, []byte(name))
	fields := bytes.Fields(rest)
	if len(fields) == 0 {
		return 0, errUnmeasured
	}
	kib, err := strconv.ParseInt(string(fields[0]), 10, 64)
	return kib << 10, err
}

// busy returns the CPU time that the threads of the process have used, in nanoseconds
// (proc(5), schedstat). Go hardly ever ends a thread, so none is missing.
func (p *process) busy() (sum time.Duration, err error) {
	files, err := filepath.Glob(filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid), "task", "*", "schedstat"))
	if err != nil || len(files) == 0 {
		return 0, errors.Join(errUnmeasured, err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if errors.Is(err, os.ErrNotExist) {
			continue // a thread that has just ended
		}
		if err != nil {
			return 0, err
		}
		used, _, _ := strings.Cut(string(text), " ")
		n, err := strconv.ParseInt(used, 10, 64)
		if err != nil {
			return 0, err
		}
		sum += time.Duration(n)
	}
	return sum, nil
}

// busyFor returns the share of one core that the process uses during d.
func (p *process) busyFor(ctx context.Context, d time.Duration) (share float64, err error) {
	before, err := p.busy()
	if err != nil {
		return 0, err
	}
	began := time.Now()
	if err := pause(ctx, d); err != nil {
		return 0, err
	}
	took := time.Since(began)
	after, err := p.busy()
	return (after - before).Seconds() / took.Seconds(), err
}

func (p *process) proc(file string) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid), file))
	if errors.Is(err, os.ErrNotExist) {
		return nil, errUnmeasured
	}
	return text, err
}

// pause returns after d, or with an error when ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
