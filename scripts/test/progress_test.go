package main

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
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
		{"", "15 s: fetching gotestsum, or compiling the tests"},
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

// scripts/saying has the words of a command for each 15 s, and its exit code. Its sleep is none here.
func TestSaying_eachTick_saysWhat_andEndsAsTheCommand(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("SKIPPED, NOT TESTED: there is no shell")
	}
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "sleep"), []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(sh, "../saying", "compiling it", sh, "-c", "read line; exit 3")
	cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for _, want := range []string{"15 s: compiling it", "30 s: compiling it"} {
		if !lines.Scan() || lines.Text() != want {
			t.Errorf("it says %q, want %q", lines.Text(), want)
		}
	}
	_ = in.Close()
	for lines.Scan() { // until nothing more can be said
	}
	if code := cmd.Wait(); cmd.ProcessState.ExitCode() != 3 {
		t.Errorf("it ends with %v", code)
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
