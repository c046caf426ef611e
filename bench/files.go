package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	sharers      = 4                    // connections that share files
	reads        = 5                    // of a file in a round: one takes a tenth of a second, too short for a tail
	talkers      = 8                    // clients that send messages meanwhile
	talkersPause = 5 * time.Millisecond // between two messages of one of them
)

// The goals, in MB a second, in milliseconds and in MB.
const (
	filesInGoal     = 60
	filesOutGoal    = 200
	filesSendGoal   = 60
	filesMemoryGoal = 64
)

// measureFiles has some connections share large files at once and read them, while others send messages.
func measureFiles(ctx context.Context, b *bench) (rows []row, err error) {
	dir, err := os.MkdirTemp(b.dir, "files-")
	if err != nil {
		return nil, err
	}
	p, err := startServer(ctx, "-file", filepath.Join(dir, "data"), "-local")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	data := make([]byte, b.fileBytes)
	rand.Read(data)
	sharing, err := newSharing(ctx, p, data)
	if err != nil {
		return nil, err
	}
	if _, err := sharing.put(ctx); err != nil {
		return nil, err
	}
	if _, err := sharing.get(ctx); err != nil {
		return nil, err
	}
	quiet, err := p.peak()
	if err != nil && !errors.Is(err, errUnmeasured) {
		return nil, err
	}
	talk, err := sendTrial(ctx, p, talkers)
	if err != nil {
		return nil, err
	}
	alone, err := beside(ctx, talk.calls, func() error { return pause(ctx, time.Duration(b.rounds)*b.slice) })
	if err != nil {
		return nil, err
	}
	var in, out, floor []float64 // MB a second
	var atIn, atOut []float64    // times of sends
	for range b.fileRounds {
		rate, err := plainly(filepath.Join(dir, "plain"), data)
		if err != nil {
			return nil, err
		}
		floor = append(floor, rate)
		var more time.Duration
		times, err := beside(ctx, talk.calls, func() (err error) { more, err = sharing.put(ctx); return err })
		if err != nil {
			return nil, err
		}
		in, atIn = append(in, sharing.rate(more)), append(atIn, times...)
		times, err = beside(ctx, talk.calls, func() (err error) { more, err = sharing.get(ctx); return err })
		if err != nil {
			return nil, err
		}
		out, atOut = append(out, sharing.rate(more)), append(atOut, times...)
	}
	what := fmt.Sprintf("%d files of %s at once, ", sharers, megabytes(b.fileBytes))
	send := func(when string, times []float64) row {
		late := quantile(times, 0.99)
		return row{What: what + when + ", a send of others, 99 of 100", Parley: duration(time.Duration(late)),
			Beside: duration(time.Duration(quantile(alone, 0.99))) + ", without files",
			Ratio:  ratio(late / quantile(alone, 0.99)),
			Goal:   goal("at most 60.00 ms", late <= float64(filesSendGoal*time.Millisecond))}
	}
	memory := row{What: what + "in and out, memory (RSS) of the server at its highest", Parley: notMeasured}
	if quiet > 0 {
		loud, err := p.peak()
		if err != nil {
			return nil, err
		}
		memory.Parley, memory.Beside = megabytes(quiet), megabytes(loud)+", while others send"
		memory.Goal = goal("less than 64.0 MB", quiet < filesMemoryGoal*1e6)
	}
	return []row{
		{What: what + "in", Parley: perSecondMB(median(in)),
			Beside: perSecondMB(median(floor)) + ", a plain file with an fsync for each MB",
			Ratio:  ratio(median(in) / median(floor)), Goal: goal("at least 60 MB/s", median(in) >= filesInGoal)},
		{What: what + "out", Parley: perSecondMB(median(out)),
			Beside: fmt.Sprintf("median of %d rounds", len(out)),
			Goal:   goal("at least 200 MB/s", median(out) >= filesOutGoal)},
		send("in", atIn), send("out", atOut), memory,
	}, nil
}

func perSecondMB(rate float64) string { return fmt.Sprintf("%.0f MB/s", rate) }

// beside makes the calls, each again after a pause, while work is done, and returns the time of each.
func beside(ctx context.Context, calls []func() error, work func() error) (times []float64, err error) {
	var talking errgroup.Group
	done := make(chan struct{})
	var mu sync.Mutex
	for _, call := range calls {
		talking.Go(func() error {
			for {
				began := time.Now()
				if err := call(); err != nil {
					return err
				}
				took := float64(time.Since(began))
				mu.Lock()
				times = append(times, took)
				mu.Unlock()
				select {
				case <-done:
					return nil
				default:
				}
				if err := pause(ctx, talkersPause); err != nil {
					return err
				}
			}
		})
	}
	err = work()
	close(done)
	return times, errors.Join(err, talking.Wait())
}

// plainly writes data to a new file, with an fsync for each MB, and returns how many MB a second.
func plainly(path string, data []byte) (rate float64, err error) {
	f, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(path)) }()
	began := time.Now()
	for rest := data; len(rest) > 0; {
		n := min(len(rest), 1<<20)
		if _, err := f.Write(rest[:n]); err != nil {
			return 0, err
		}
		if err := f.Sync(); err != nil {
			return 0, err
		}
		rest = rest[n:]
	}
	return float64(len(data)) / 1e6 / time.Since(began).Seconds(), nil
}

// sharing is some agents, each in a room of its own, that share files at once.
type sharing struct {
	data   []byte
	agents []*sharer
}

type sharer struct {
	client *client
	http   *http.Client // with one connection
	token  string
	last   string // the message with the last file
}

func newSharing(ctx context.Context, p *process, data []byte) (*sharing, error) {
	clients, err := dialAll(ctx, p, sharers)
	if err != nil {
		return nil, err
	}
	s := &sharing{data: data}
	for i, c := range clients {
		got, err := c.ask(joinTool, map[string]any{"room": fmt.Sprint("files ", i), "agent_name": "Ann"})
		if err != nil {
			return nil, err
		}
		s.agents = append(s.agents, &sharer{client: c, token: got.AgentToken,
			http: &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}}})
	}
	return s, nil
}

// rate returns how many MB a second it was if all took so long.
func (s *sharing) rate(took time.Duration) float64 {
	return float64(len(s.data)*len(s.agents)) / 1e6 / took.Seconds()
}

// put shares a file of each agent, and returns how long all took together.
func (s *sharing) put(ctx context.Context) (time.Duration, error) {
	return s.each(func(a *sharer) error { return a.put(ctx, s.data) })
}

// get has each agent read its last file a few times, and returns how long all took to read it once.
func (s *sharing) get(ctx context.Context) (time.Duration, error) {
	took, err := s.each(func(a *sharer) error {
		for range reads {
			if err := a.get(ctx, int64(len(s.data))); err != nil {
				return err
			}
		}
		return nil
	})
	return took / reads, err
}

func (s *sharing) each(do func(*sharer) error) (time.Duration, error) {
	began := time.Now()
	var all errgroup.Group
	for _, a := range s.agents {
		all.Go(func() error { return do(a) })
	}
	err := all.Wait()
	return time.Since(began), err
}

func (a *sharer) put(ctx context.Context, data []byte) error {
	got, err := a.client.ask(shareTool, map[string]any{"agent_token": a.token, "name": "data.bin", "size": len(data)})
	if err != nil {
		return err
	}
	text, err := a.call(ctx, http.MethodPut, got.Upload.Page, bytes.NewReader(data))
	if err != nil {
		return err
	}
	_, rest, _ := strings.Cut(string(text), `"id":"`)
	a.last, _, _ = strings.Cut(rest, `"`)
	return nil
}

func (a *sharer) get(ctx context.Context, size int64) error {
	got, err := a.client.ask(getFileTool, map[string]any{"agent_token": a.token, "id": a.last})
	if err != nil {
		return err
	}
	parts := strings.Split(got.Download, "'")
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, parts[max(0, len(parts)-2)], nil)
	if err != nil {
		return err
	}
	response, err := a.http.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if n, err := io.Copy(io.Discard, response.Body); err != nil || n != size {
		return fmt.Errorf("a download of %d bytes: %s, %d came: %w", size, response.Status, n, err)
	}
	return nil
}

func (a *sharer) call(ctx context.Context, method, url string, body io.Reader) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return nil, err
	}
	response, err := a.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s was answered %s: %s", method, response.Status, text)
	}
	return text, err
}
