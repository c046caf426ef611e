package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// pause is how often a run says what it is at.
const pause = 15 * time.Second

const module = "github.com/parley-chat/parley/"

// progress is what go test has said of a run so far, from the file of its events.
type progress struct {
	path string // of the file, which comes once the first package is compiled
	read int64
	part []byte // of a line that has not ended

	results map[[2]string]string // the last of each test by package and name: pass, fail or skip
	running []string             // packages, since the longest first
	broken  map[string]bool      // packages that failed
}

func newProgress(path string) *progress {
	return &progress{path: path, results: map[[2]string]string{}, broken: map[string]bool{}}
}

// every says all 15 s what the run is at, until stop, which may be called again.
func (p *progress) every(say func(string)) (stop func()) {
	ticker, done := time.NewTicker(pause), make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() { p.watch(time.Now(), ticker.C, done, say) })
	return sync.OnceFunc(func() {
		ticker.Stop()
		close(done)
		watching.Wait()
	})
}

// watch says at each tick what the run is at, until done is closed.
func (p *progress) watch(began time.Time, ticks <-chan time.Time, done <-chan struct{}, say func(string)) {
	for {
		select {
		case now := <-ticks:
			if err := p.load(); err != nil {
				say(fmt.Sprintf("The events of the tests cannot be read: %v", err))
				return
			}
			say(fmt.Sprintf("%d s: %s", int(now.Sub(began).Round(time.Second).Seconds()), p.at()))
		case <-done:
			return
		}
	}
}

// at says in a few words what the run is at. The last line of the run has another form: who waits for that line must
// not take this one for it.
func (p *progress) at() string {
	passed, failed, skipped := p.count()
	if passed+failed+skipped+len(p.running) == 0 {
		return "fetching gotestsum, or compiling the tests"
	}
	done := fmt.Sprintf("%d tests done, %d failed", passed+failed+skipped, failed)
	if len(p.running) == 0 {
		return done + "; compiling"
	}
	const most = 3
	names := slices.Clone(p.running[:min(most, len(p.running))])
	for i, name := range names {
		names[i] = strings.TrimPrefix(name, module)
	}
	at := done + "; running " + strings.Join(names, ", ")
	if more := len(p.running) - most; more > 0 {
		at += fmt.Sprintf(" and %d more", more)
	}
	return at
}

// result is the last line of a run. A run that failed without a failed test, such as one that was interrupted, says
// that one failed.
func (p *progress) result(code int) string {
	passed, failed, skipped := p.count()
	if code != 0 {
		failed = max(1, failed)
	}
	return fmt.Sprintf("%d passed, %d failed, %d skipped", passed, failed, skipped)
}

// count counts tests, with their subtests. A package that failed without a failed test, as one that does not compile,
// counts as one.
func (p *progress) count() (passed, failed, skipped int) {
	broken := len(p.broken)
	seen := map[string]bool{}
	for test, result := range p.results {
		switch result {
		case "pass":
			passed++
		case "skip":
			skipped++
		default:
			failed++
			if p.broken[test[0]] && !seen[test[0]] {
				seen[test[0]] = true
				broken--
			}
		}
	}
	return passed, failed + broken, skipped
}

// load takes the events that the file has got since the last load.
func (p *progress) load() error {
	file, err := os.Open(p.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	text, err := io.ReadAll(io.NewSectionReader(file, p.read, 1<<62))
	p.read += int64(len(text))
	p.part = append(p.part, text...)
	for err == nil {
		line, rest, found := bytes.Cut(p.part, []byte("\n"))
		if !found {
			break
		}
		p.part = rest
		var e struct{ Action, Package, Test string }
		err = json.Unmarshal(line, &e)
		if err != nil {
			break
		}
		p.add(e.Action, e.Package, e.Test)
	}
	return err
}

// add takes an event. A package or a test that is run once more counts as it ended then.
func (p *progress) add(action, name, test string) {
	ended := action == "pass" || action == "fail" || action == "skip"
	switch {
	case test != "" && ended:
		p.results[[2]string{name, test}] = action
	case test != "":
	case action == "start":
		p.running = append(p.running, name)
	case ended:
		p.running = slices.DeleteFunc(p.running, func(other string) bool { return other == name })
		delete(p.broken, name)
		if action == "fail" {
			p.broken[name] = true
		}
	}
}
