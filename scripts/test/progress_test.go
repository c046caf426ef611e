package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// What a run says while it runs is one short line each time, and none of these lines has the form of the last one.
func TestProgress_whileTestsRun_saysWhatTheRunIsAt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.json")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	began := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	ticks, done, said := make(chan time.Time), make(chan struct{}), make(chan string)
	p := newProgress(path)
	ended := make(chan struct{})
	go func() {
		p.watch(began, ticks, done, func(line string) { said <- line })
		close(ended)
	}()
	result := regexp.MustCompile(`^(\S+: )?\d+ passed, \d+ failed`)
	event := func(action, name, test string) string {
		return `{"Action":"` + action + `","Package":"` + module + name + `","Test":"` + test + `"}` + "\n"
	}
	for n, step := range []struct{ events, want string }{
		{"", "15 s: 0 tests done, 0 failed; compiling"},
		{event("start", "e2e", "") + event("pass", "e2e", "TestA/b") + event("pass", "e2e", "TestA") +
			`{"Action":"pa`, "30 s: 2 tests done, 0 failed; running e2e"},
		{`ss","Package":"x","Test":"TestX"}` + "\n" + event("fail", "e2e", "TestC") + event("skip", "e2e", "TestD") +
			event("start", "a", "") + event("start", "b", "") + event("start", "c", "") + event("start", "d", ""),
			"45 s: 5 tests done, 1 failed; running e2e, a, b and 2 more"},
		{event("fail", "e2e", "") + event("fail", "a", "") + event("pass", "b", "") + event("pass", "c", ""),
			"60 s: 6 tests done, 2 failed; running d"},
	} {
		if _, err := file.WriteString(step.events); err != nil {
			t.Fatal(err)
		}
		ticks <- began.Add(time.Duration(n+1) * pause)
		if got := <-said; got != step.want || result.MatchString(got) {
			t.Errorf("it says %q, want %q", got, step.want)
		}
	}
	close(done)
	<-ended
	if got := p.result(1); got != "3 passed, 2 failed, 1 skipped" || !result.MatchString(got) {
		t.Errorf("it ends with %q", got)
	}

	// Those that failed run once more.
	if _, err := file.WriteString(event("start", "e2e", "") + event("pass", "e2e", "TestC") + event("pass", "e2e", "") +
		event("pass", "a", "")); err != nil {
		t.Fatal(err)
	}
	if err := p.load(); err != nil {
		t.Fatal(err)
	}
	if got := p.result(0); got != "4 passed, 0 failed, 1 skipped" {
		t.Errorf("after a second run it ends with %q", got)
	}
	if got := p.result(2); got != "4 passed, 1 failed, 1 skipped" {
		t.Errorf("interrupted it ends with %q", got)
	}
}

func TestRows_lineBetween_standsAlone(t *testing.T) {
	var out bytes.Buffer
	r := &rows{to: &out}
	for _, text := range []string{"✓  a\n✓  b", "\n"} {
		if _, err := r.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	r.say("15 s: it runs")
	if want := "✓ a  ✓ b  \n15 s: it runs\n"; out.String() != want {
		t.Errorf("it prints %s", strings.TrimSpace(out.String()))
	}
}
