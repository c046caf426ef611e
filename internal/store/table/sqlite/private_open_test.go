package sqlite

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestOpen_fileThatOthersMayRead_isMadePrivateAndSaidOnce(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a file on Windows has no mode: its folder decides")
	}
	path := filepath.Join(t.TempDir(), "table.db")
	if err := open(t, path, nil).Close(); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Chmod(path, 0o644), os.Chmod(path+".lock", 0o666)); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	for range 2 {
		tab, err := Open(path, Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		put(t, tab, "p", "a", "x")
		for _, part := range []string{"", "-wal", "-shm", ".lock"} {
			if info, err := os.Stat(path + part); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: %v, %v", part, info, err)
			}
		}
		if err := tab.Close(); err != nil {
			t.Fatal(err)
		}
	}
	said := log.String()
	if strings.Count(said, "level=WARN") != 1 || !strings.Contains(said, path+" ") ||
		!strings.Contains(said, path+".lock") {
		t.Errorf("said %q", said)
	}
}
