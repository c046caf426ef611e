package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/server/transfer"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/sqlite"
)

// report runs the program and returns its standard error.
func report(t *testing.T, args ...string) (code int, says string) {
	t.Helper()
	code, out, says := command(t, args...)
	if out != "" {
		t.Errorf("standard output has %q", out)
	}
	return code, says
}

// servedFile returns a file with a room of two messages, and keeps the file open.
func servedFile(t *testing.T) (path string, tab *sqlite.Table, room string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "parley.db")
	tab, err := sqlite.Open(path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tab.Close() })
	rooms := chat.New(tab, chat.Options{SingleProcess: true})
	ann, err := rooms.JoinRoom(t.Context(), chat.JoinRequest{Room: "tea", AgentName: "Ann"})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"one", "two"} {
		if _, err := rooms.Send(t.Context(), chat.SendRequest{Token: ann.Token, Text: text}); err != nil {
			t.Fatal(err)
		}
	}
	return path, tab, ann.Token[:7]
}

func TestBackup_ofAServedFile_saysWhatItHolds(t *testing.T) {
	path, _, _ := servedFile(t)
	backup := filepath.Join(t.TempDir(), "backup.db")
	if code, says := report(t, "backup", "--data", path, backup); code != 0 ||
		says != "Backed up 1 room with 2 messages to "+backup+".\n" {
		t.Errorf("code %d, %q", code, says)
	}
	if code, says := report(t, "check", backup); code != 0 || says != backup+" holds 1 room with 2 messages.\n" {
		t.Errorf("code %d, %q", code, says)
	}
	if code, out, says := command(t, "check", "--json", backup); code != 0 || out != `{"rooms":1,"messages":2,"files":0}`+"\n" ||
		says != "" {
		t.Errorf("code %d, %q, %q", code, out, says)
	}
	if code, says := report(t, "backup", "--data", path, backup); code != 1 ||
		!strings.Contains(says, "name a new one") {
		t.Errorf("over a backup: code %d, %q", code, says)
	}
}

// By its second name a served file lacks the content of the first name's log. Each command names the file, says what to
// do, and leaves nothing behind.
func TestFileWithAnotherName_isRefusedByEachCommand(t *testing.T) {
	path, _, _ := servedFile(t)
	folder := t.TempDir()
	name := filepath.Join(folder, "name.db")
	if err := os.Link(path, name); err != nil {
		t.Skipf("SKIPPED, NOT TESTED: a hard link to the file: %v", err)
	}
	for _, args := range [][]string{
		{"serve", "--addr", "127.0.0.1:0", "--data", name},
		{"backup", "--data", name, filepath.Join(folder, "backup.db")},
		{"keys", "add", "Ann", "--data", name},
		{"keys", "list", "--data", name},
		{"keys", "revoke", "Ann", "--data", name},
		{"copy", "--from", name, "--to", filepath.Join(folder, "copy.db")},
		{"check", name},
	} {
		code, says := report(t, args...)
		if code == 0 || strings.Count(says, name+": the file has another name, too (a hard link)") != 1 ||
			!strings.Contains(says, "nothing was changed: remove one of the names or, to use the file elsewhere, "+
				"mount its folder") {
			t.Errorf("%q: code %d, %q", args, code, says)
		}
	}
	left, err := os.ReadDir(folder)
	if err != nil || len(left) != 1 {
		t.Errorf("in the folder is %v, %v", left, err)
	}
	if code, says := report(t, "backup", "--data", path, filepath.Join(folder, "own.db")); code != 0 {
		t.Errorf("by its own name: code %d, %q", code, says)
	}
}

func TestCheck_brokenLog_isReportedBesideTheRest(t *testing.T) {
	path, tab, room := servedFile(t)
	if code, says := report(t, "check", path); code != 0 || says != path+" holds 1 room with 2 messages.\n" {
		t.Errorf("code %d, %q", code, says)
	}
	missing := table.Delete(roomlog.EventKey(room, 2), table.IfPresent)
	if err := tab.Write(t.Context(), missing); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"check", path},
		{"backup", "--data", path, filepath.Join(t.TempDir(), "backup.db")}} {
		code, says := report(t, args...)
		if code != 1 || !strings.Contains(says, `room "tea" has lost 1 of its events`) ||
			strings.Count(says, path) != map[string]int{"check": 3, "backup": 2}[args[0]] {
			t.Errorf("%s: code %d, %q", args[0], code, says)
		}
	}
}

func TestBackup_refused_leavesEveryFile(t *testing.T) {
	path, _, _ := servedFile(t)
	diary := filepath.Join(t.TempDir(), "diary")
	if err := os.WriteFile(diary, []byte("Dear diary,"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{diary, path} {
		if code, says := report(t, "backup", "--data", path, name); code != 1 || !strings.Contains(says, name) ||
			!strings.Contains(says, "exists") {
			t.Errorf("code %d, %q; want that %s exists", code, says, name)
		}
	}
	if text, err := os.ReadFile(diary); err != nil || string(text) != "Dear diary," {
		t.Errorf("now the file holds %q, %v", text, err)
	}
	if code, says := report(t, "check", path); code != 0 || !strings.Contains(says, "1 room with 2 messages") {
		t.Errorf("of the served file check says %q, %d", says, code)
	}
	none, backup := filepath.Join(t.TempDir(), "none.db"), filepath.Join(t.TempDir(), "backup.db")
	if code, says := report(t, "backup", "--data", none, backup); code != 1 || !strings.Contains(says, none) {
		t.Errorf("of no file: code %d, %q", code, says)
	}
	exists(t, none, false)
	exists(t, backup, false)
}

func TestBackup_andCheck_withoutAFile_sayWhatToName(t *testing.T) {
	for args, want := range map[string]string{
		"backup":                      "<file>",
		"backup --table rooms x.db":   "--table",
		"check --table rooms":         "--table",
		"check /nowhere/parley.db":    "/nowhere",
		"backup --data /nowhere/p.db": "<file>",
	} {
		if code, says := report(t, strings.Fields(args)...); code == 0 || !strings.Contains(says, want) {
			t.Errorf("%s: code %d, %q; want %q", args, code, says, want)
		}
	}
	if _, err := os.Stat("x.db"); !errors.Is(err, os.ErrNotExist) {
		t.Error("a refused backup left a file")
	}
}

func TestCheck_backupThatOthersMayRead_saysSo(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a file on Windows has no mode: its folder decides")
	}
	path, _, _ := servedFile(t)
	backup := filepath.Join(t.TempDir(), "backup.db")
	if code, says := report(t, "backup", "--data", path, backup); code != 0 {
		t.Fatal(says)
	}
	if err := os.Chmod(backup, 0o640); err != nil {
		t.Fatal(err)
	}
	if code, says := report(t, "check", backup); code != 0 ||
		!strings.Contains(says, "Other users may open "+backup+": chmod go= '"+backup+"'\n") {
		t.Errorf("code %d, %q", code, says)
	}
}

func TestDamagedFile_isSaidOnceWithWhatToDo(t *testing.T) {
	path, tab, _ := servedFile(t)
	whole := filepath.Join(t.TempDir(), "whole.db")
	if code, says := report(t, "backup", "--data", path, whole); code != 0 {
		t.Fatal(says)
	}
	if err := tab.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	noise := bytes.Repeat([]byte{0xff}, 16<<10)
	at := filepath.Join(t.TempDir(), "it's here.db")
	quoted := pasted(at)
	advice := "Stop the server, replace the file with the newest backup, and delete the old -wal and -shm files. " +
		"Without a backup, copy what can be read: parley copy --from " + quoted + " --to NEW\n"
	damaged := " To see which rooms are: parley check " + quoted + ". " + advice
	if own := (streams{started: "./pa"}).own(damaged); strings.Contains(own, "parley") {
		t.Errorf("started as ./pa: %s", own)
	}
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"cut off": {content[:10000], fmt.Sprintf("the file is damaged (it has 10000 of %d bytes).", len(content)) +
			damaged},
		"pages overwritten": {slices.Concat(content[:8192], noise, content[8192+len(noise):]),
			"the file is damaged." + damaged},
		"schema overwritten": {slices.Concat(content[:110], noise[:300], content[410:]), "the file is damaged." +
			damaged},
		"header overwritten": {slices.Concat(content[:18], noise[:4], content[22:]), "the file is damaged." + damaged},
		"of another program": {[]byte("Dear diary"), "the file is not Parley's, and stays as it is; choose another " +
			"file%s\n"},
	} {
		for _, args := range [][]string{{"serve", "--addr", "127.0.0.1:0", "--data", at}, {"check", at},
			{"backup", "--data", at, filepath.Join(t.TempDir(), "backup.db")},
			{"keys", "list", "--data", at}, {"copy", "--from", at, "--to", filepath.Join(t.TempDir(), "new.db")}} {
			if err := os.WriteFile(at, c.content, 0o600); err != nil {
				t.Fatal(err)
			}
			flag := map[bool]string{true: " with --data"}[slices.Contains(args, "--data")]
			want := "parley: " + at + ": " + strings.ReplaceAll(c.want, "%s", flag)
			code, says := report(t, args...)
			if beginsWith := "parley: " + at + " is damaged"; strings.HasSuffix(want, damaged) &&
				strings.Contains("\n"+says, "\n"+beginsWith) { // the message also says what is lost
				lost, _, copied := strings.Cut(says, advice)
				want = map[string]string{"check": lost + advice, "backup": lost + advice, "copy": says}[args[0]]
				if args[0] != "copy" && !copied {
					want = beginsWith + "\n  " + transfer.LostAll + "\n  " + useBackup + "\n"
				}
			}
			if code != 1 || says != want {
				t.Errorf("%s: parley %s: code %d, %q", name, args[0], code, says)
			}
			if now, err := os.ReadFile(at); err != nil ||
				!bytes.Equal(now, c.content) && strings.HasPrefix(name, "of an") {
				t.Errorf("%s: parley %s changed the file; %v", name, args[0], err)
			}
		}
	}
}
