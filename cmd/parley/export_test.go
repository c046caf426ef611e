//go:build !lambda

package main

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/table/bolttable"
)

// roomFile makes a file with a room in it.
func roomFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "parley.db")
	tab, err := bolttable.Open(path, bolttable.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = chat.New(tab, chat.Options{Alone: true}).JoinRoom(t.Context(), chat.JoinRequest{Room: "tea", AgentName: "Ann"})
	if err := errors.Join(err, tab.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// command runs the program and returns what it writes.
func command(t *testing.T, in io.Reader, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	alone(t)
	var out, err bytes.Buffer
	code = run(t.Context(), args, streams{in, &out, &err})
	return code, out.String(), err.String()
}

func TestExport_throughAPipe_isImported(t *testing.T) {
	from, to := roomFile(t), filepath.Join(t.TempDir(), "new", "parley.db")
	code, export, says := command(t, nil, "export", "--data", from)
	if code != 0 || !strings.HasPrefix(export, `{"parley":{"format":1}}`+"\n") || !strings.Contains(says, "Exported 1 room (") {
		t.Fatalf("code %d, %q\n%s", code, says, export)
	}
	for _, want := range []string{"Imported 1 room (", "left as they are: 1 room."} {
		if code, _, says := command(t, strings.NewReader(export), "import", "--data", to); code != 0 || !strings.Contains(says, want) {
			t.Errorf("code %d, %q; want %q", code, says, want)
		}
	}
	if code, again, _ := command(t, nil, "export", "--room", "TEA", "--data", to); code != 0 || again != export {
		t.Errorf("code %d, and exported again it is\n%s\nand was\n%s", code, again, export)
	}
}

func TestExport_toAFile_isForItsOwnerAlone(t *testing.T) {
	from, to := roomFile(t), filepath.Join(t.TempDir(), "rooms.jsonl")
	if code, out, says := command(t, nil, "export", "--data", from, "--out", to); code != 0 || out != "" {
		t.Fatalf("code %d, %q, %q", code, out, says)
	}
	if info, err := os.Stat(to); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v; want mode 600", info, err)
	}
	if code, _, says := command(t, nil, "export", "--data", from, "--out", to); code != 1 || !strings.Contains(says, to) {
		t.Errorf("over a file that is there: code %d, %q", code, says)
	}
	if code, _, says := command(t, nil, "import", "--data", filepath.Join(t.TempDir(), "new.db"), "--in", to); code != 0 {
		t.Errorf("code %d, %q", code, says)
	}
}

func TestExport_thatFails_leavesNoFile(t *testing.T) {
	to := filepath.Join(t.TempDir(), "rooms.jsonl")
	code, _, says := command(t, nil, "export", "--data", roomFile(t), "--room", "coffee", "--out", to)
	if code != 1 || !strings.Contains(says, `there is no such room: "coffee"`) {
		t.Errorf("code %d, %q", code, says)
	}
	if _, err := os.Stat(to); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("there is a file: %v", err)
	}
}

func TestExport_withoutAFileOfRooms_makesNone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "parley.db")
	if code, _, says := command(t, nil, "export", "--data", path); code != 1 || !strings.Contains(says, path) || !strings.Contains(says, "--data") {
		t.Errorf("code %d, %q", code, says)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("there is a file: %v", err)
	}
}

func TestExport_servedFile_saysWhoHasIt(t *testing.T) {
	path := roomFile(t)
	tab, err := bolttable.Open(path, bolttable.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer tab.Close()
	if code, _, says := command(t, nil, "export", "--data", path); code != 1 || !strings.Contains(says, "another process has the file open") {
		t.Errorf("code %d, %q", code, says)
	}
}

func TestImport_whatIsNoExport_saysSo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "parley.db")
	for text, want := range map[string]string{
		"hello":                     "this is no export of parley",
		`{"parley":{"format":1}}`:   "cut off",
		`{"parley":{"format":900}}`: "newer parley",
	} {
		if code, _, says := command(t, strings.NewReader(text), "import", "--data", path); code != 1 || !strings.Contains(says, want) {
			t.Errorf("%s: code %d, %q; want %q", text, code, says, want)
		}
	}
	if code, _, says := command(t, nil, "import", "--data", path, "--in", path+".not"); code != 1 || !strings.Contains(says, path+".not") {
		t.Errorf("code %d, %q", code, says)
	}
}
