package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/store/table/sqlite"
	"github.com/parley-chat/parley/internal/testkit/engine"
)

// On a full disk each command names the file on that disk, in one line for a person, and leaves no file where nothing
// was copied.
func TestCommands_fullDisk_nameTheFileAndLeaveNoneBehind(t *testing.T) {
	from := filepath.Join(t.TempDir(), "from.db")
	tab, err := sqlite.Open(from, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rooms := chat.New(tab, chat.Options{SingleProcess: true})
	ann, err := rooms.JoinRoom(t.Context(), chat.JoinRequest{Room: "tea", AgentName: "Ann"})
	for i := 0; i < 8 && err == nil; i++ {
		_, err = rooms.Send(t.Context(),
			chat.SendRequest{Token: ann.Token, Text: strings.Repeat(fmt.Sprint(i), 20_000)})
	}
	if err := errors.Join(err, tab.Close()); err != nil {
		t.Fatal(err)
	}
	refused := func(name, file string, args ...string) {
		t.Helper()
		want := "parley: " + file + ": the disk is full; free some space, and try again\n"
		if code, out, says := command(t, args...); code != 1 || out != "" || says != want {
			t.Errorf("%s: code %d, %q, %q; want %q", name, code, out, says, want)
		}
	}
	// Three things may not fit: the file itself, SQLite's files next to it, or the copied content.
	for _, size := range []string{"8k", "60k", "130k"} {
		disk := engine.SmallDisk(t, size)
		to := filepath.Join(disk, "to.db")
		refused("copy, "+size, to, "copy", "--from", from, "--to", to)
		refused("backup, "+size, to, "backup", "--data", from, to)
		if left, err := os.ReadDir(disk); err != nil || len(left) > 0 {
			t.Errorf("%s: left are %v, %v", size, left, err)
		}
	}
	disk := engine.SmallDisk(t, "200k")
	full := filepath.Join(disk, "full.db")
	join(t, full, "tea")
	if err := os.WriteFile(filepath.Join(disk, "other"), make([]byte, 1<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"keys", "add", "Ann", "--data"}, {"keys", "list", "--data"}, {"check"}} {
		refused(args[0], full, append(args, full)...)
	}
	if err := os.Remove(filepath.Join(disk, "other")); err != nil {
		t.Fatal(err)
	}
	served, err := sqlite.Open(full, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(disk, "other"), make([]byte, 1<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	refused("keys add, while it is served", full, "keys", "add", "Ann", "--data", full)
	if err := served.Close(); err != nil {
		t.Fatal(err)
	}
}
