package main

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/store/table/sqlite"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
)

// roomFile makes a file with a room "tea".
func roomFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "parley.db")
	join(t, path, "tea")
	return path
}

// join makes or joins a room in a file.
func join(t *testing.T, path, room string) {
	t.Helper()
	tab, err := sqlite.Open(path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = chat.New(tab, chat.Options{SingleProcess: true}).JoinRoom(t.Context(),
		chat.JoinRequest{Room: room, AgentName: "Ann"})
	if err := errors.Join(err, tab.Close()); err != nil {
		t.Fatal(err)
	}
}

// copyRooms runs parley copy and returns its report.
func copyRooms(t *testing.T, args ...string) (code int, says string) {
	t.Helper()
	return report(t, append([]string{"copy"}, args...)...)
}

// exists fails the test unless there is, or is not, a file.
func exists(t *testing.T, path string, want bool) {
	t.Helper()
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) == want {
		t.Errorf("%s exists: %v; want %v", path, !want, want)
	}
}

func TestCopy_toANewFile_isForItsOwnerOnly(t *testing.T) {
	from, to := roomFile(t), filepath.Join(t.TempDir(), "parley.db")
	for _, want := range []string{"Copied 1 room (", "Copied 0 rooms (0 items). 1 room already present."} {
		if code, report := copyRooms(t, "--from", from, "--to", to); code != 0 || !strings.Contains(report, want) {
			t.Errorf("code %d, %q; want %q", code, report, want)
		}
	}
	if info, err := os.Stat(to); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v; want mode 600", info, err)
	}
}

func TestCopy_toATable_createsItOnlyIfAsked(t *testing.T) {
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", dynamolocal.Start(t))
	t.Setenv("AWS_REGION", "eu-west-1")
	t.Setenv("AWS_ACCESS_KEY_ID", "local")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "local")
	from, to, back := roomFile(t), "table:copy-"+rand.Text(), filepath.Join(t.TempDir(), "back.db")
	if code, report := copyRooms(t, "--from", from, "--to", to); code != 1 || !strings.Contains(report, "--to: ") {
		t.Errorf("without --create-table: code %d, %q", code, report)
	}
	for _, args := range [][]string{{"--create-table", "--from", from, "--to", to},
		{"--room", "TEA", "--from", to, "--to", back}} {
		if code, report := copyRooms(t, args...); code != 0 || !strings.Contains(report, "Copied 1 room (") {
			t.Errorf("%s: code %d, %q", args, code, report)
		}
	}
	if code, report := copyRooms(t, "--create-table", "--from", "table:missing-"+rand.Text(), "--to",
		back); code != 1 || !strings.Contains(report, "--from: ") {
		t.Errorf("a missing source: code %d, %q", code, report)
	}
	if code, report := copyRooms(t, "--from", to, "--to", to); code != 2 || !strings.Contains(report, "are the same") {
		t.Errorf("to itself: code %d, %q", code, report)
	}
}

func TestCopy_missingSource_createsNoFile(t *testing.T) {
	from, to := filepath.Join(t.TempDir(), "missing.db"), filepath.Join(t.TempDir(), "new.db")
	if code, report := copyRooms(t, "--from", from, "--to", to); code != 1 || !strings.Contains(report, from) {
		t.Errorf("code %d, %q", code, report)
	}
	exists(t, from, false)
	exists(t, to, false)
}

func TestCopy_toItself_isRefused(t *testing.T) {
	from := roomFile(t)
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(from, link); err != nil {
		t.Skipf("SKIPPED, NOT TESTED: a link to the source: %v", err)
	}
	for _, to := range []string{from, link} {
		if code, report := copyRooms(t, "--from", from, "--to", to); code != 2 ||
			!strings.Contains(report, "are the same") {
			t.Errorf("code %d, %q", code, report)
		}
	}
}

func TestCopy_refusedRoom_isReportedBesideWhatWasCopied(t *testing.T) {
	from, to := roomFile(t), roomFile(t)
	join(t, from, "coffee")
	code, report := copyRooms(t, "--from", from, "--to", to)
	if code != 1 || !strings.Contains(report, "Copied 1 room (") ||
		!strings.Contains(report, `"tea": another room has this name`) {
		t.Errorf("code %d, %q", code, report)
	}
}

// A served file is copied from a backup.
func TestCopy_servedFile_isRefusedWithWhatToDo(t *testing.T) {
	served, _, _ := servedFile(t)
	fresh, backup := filepath.Join(t.TempDir(), "new.db"), filepath.Join(t.TempDir(), "backup.db")
	for args, want := range map[string]string{
		"--from " + served + " --to " + fresh:       "--from: " + served + " is being served. Stop the server",
		"--from " + roomFile(t) + " --to " + served: "--to: " + served + " is being served. Stop the server",
	} {
		if code, report := copyRooms(t, strings.Fields(args)...); code != 1 || !strings.Contains(report, want) {
			t.Errorf("%s: code %d, %q; want %q", args, code, report, want)
		}
	}
	exists(t, fresh, false)
	for _, args := range [][]string{{"backup", "--data", served, backup}, {"copy", "--from", backup, "--to", fresh}} {
		if code, says := report(t, args...); code != 0 || !strings.Contains(says, "1 room") {
			t.Errorf("%s: code %d, %q", args, code, says)
		}
	}
}

func TestCopy_withoutSourceOrDestination_namesTheFlag(t *testing.T) {
	for args, want := range map[string]string{"--from a.db": "--to", "--to a.db": "--from",
		"--table a --to a.db": "--table"} {
		if code, report := copyRooms(t, strings.Fields(args)...); code != 2 || !strings.Contains(report, want) {
			t.Errorf("%s: code %d, %q", args, code, report)
		}
	}
}

func TestCopy_emptySource_isLeftEmpty(t *testing.T) {
	from := filepath.Join(t.TempDir(), "empty.db")
	if err := os.WriteFile(from, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	code, says := copyRooms(t, "--from", from, "--to", filepath.Join(t.TempDir(), "new.db"))
	info, err := os.Stat(from)
	if code != 1 || !strings.Contains(says, "is empty") || err != nil || info.Size() != 0 {
		t.Errorf("code %d, %q; the source is %+v, %v", code, says, info, err)
	}
}
