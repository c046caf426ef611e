package client_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/parley-chat/parley/internal/cli/client"
)

func TestWrite_replacesTheFileAndLeavesNothingElse(t *testing.T) {
	dir := t.TempDir()
	real, link := filepath.Join(dir, "real"), filepath.Join(dir, "link")
	if err := errors.Join(os.WriteFile(real, []byte("old"), 0o644), os.Symlink(real, link)); err != nil {
		t.Fatal(err)
	}
	if err := client.WriteFile(link, []byte("new"), 0o600); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(link)
	if err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is %v, %v", info, err)
	}
	data, err := os.ReadFile(real)
	if err != nil || string(data) != "new" {
		t.Errorf("%q, %v", data, err)
	}
	if info, err := os.Stat(real); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if err := client.WriteFile(filepath.Join(dir, "none", "file"), nil, 0o600); err == nil {
		t.Error("a file in a folder that does not exist was written")
	}
	if all, err := os.ReadDir(dir); err != nil || len(all) != 2 {
		t.Errorf("the folder has %v, %v", all, err)
	}
}

func TestDir_relativePath_isIgnored(t *testing.T) {
	t.Setenv("HOME", "/home/ann")
	t.Setenv("XDG_STATE_HOME", "here")
	if dir, err := client.StateDir(); err != nil || dir != "/home/ann/.local/state/parley" {
		t.Errorf("%q, %v", dir, err)
	}
	t.Setenv("XDG_STATE_HOME", "/state")
	if dir, err := client.StateDir(); err != nil || dir != "/state/parley" {
		t.Errorf("%q, %v", dir, err)
	}
}

func TestRead_noFile_isEmpty(t *testing.T) {
	if data, err := client.ReadFile(filepath.Join(t.TempDir(), "none")); data != nil || err != nil {
		t.Errorf("%q, %v", data, err)
	}
}
