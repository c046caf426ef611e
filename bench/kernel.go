package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// errUnmeasured means that the operating system has no /proc.
var errUnmeasured = errors.New("this operating system has no /proc")

// resident returns the bytes of memory that the process occupies (proc(5), VmRSS).
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

// busy returns the CPU time that the process has used (proc(5), utime and stime),
// in steps of ten milliseconds.
func (p *process) busy() (time.Duration, error) {
	text, err := p.proc("stat")
	if err != nil {
		return 0, err
	}
	_, rest, _ := bytes.Cut(text, []byte(") ")) // the name before it may contain spaces
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
