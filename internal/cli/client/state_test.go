package client_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
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

// Go's error names the call and a temporary file, and does not say what helps.
func TestFiles_homeThatCannotBeUsed_isSaidInPlainWords(t *testing.T) {
	const moves = "; name a file, or move the folder away"
	const aside = "; move the file away that stands in place of a folder"
	const helps = ", or set XDG_STATE_HOME to another folder"
	aFolder, aFile := syscall.EISDIR.Error(), syscall.ENOTDIR.Error()
	for _, c := range []struct{ inTheWay, cannot string }{
		{"%/seats.json/", "read %/seats.json: " + aFolder + moves},
		{"%/seats.json.lock/", "lock %/seats.json: " + aFolder + moves},
		{"%/keys.json/", "read %/keys.json: " + aFolder + moves},
		{"%/keys.json.lock/", "lock %/keys.json: " + aFolder + moves},
		{"%/server/", "read %/server: " + aFolder + moves},
		{"%", "read %/seats.json: " + aFile + aside},
		{"%", "read %/keys.json: " + aFile + aside},
		{"%", "read %/server: " + aFile + aside},
		{"%", "make the folder %: " + aFile + aside},
	} {
		dir := t.TempDir()
		t.Setenv("XDG_STATE_HOME", dir)
		t.Setenv("PARLEY_URL", "")
		in := func(text string) string { return strings.ReplaceAll(text, "%", filepath.Join(dir, "parley")) }
		var err error
		if folder, ok := strings.CutSuffix(in(c.inTheWay), "/"); ok {
			err = os.MkdirAll(folder, 0o700)
		} else {
			err = os.WriteFile(in(c.inTheWay), nil, 0o600)
		}
		seats, errOpen := client.OpenTokens()
		if err := errors.Join(err, errOpen); err != nil {
			t.Fatal(err)
		}
		_, all := seats.All()
		_, kept := client.KeptKey("https://a.example")
		_, own := client.Server()
		_, keep := client.KeepKey("https://a.example", "pk")
		found := false
		for _, err := range []error{all, kept, own, seats.Put(client.Seat{Token: "t1"}),
			keep, client.SaveServer("https://a.example")} {
			if err == nil {
				continue
			}
			found = found || err.Error() == "cannot "+in(c.cannot)+helps
			if !strings.HasPrefix(err.Error(), "cannot ") || !strings.HasSuffix(err.Error(), helps) {
				t.Errorf("%s: %v", c.inTheWay, err)
			}
		}
		if !found {
			t.Errorf("%s: nothing says that it cannot %s", c.inTheWay, c.cannot)
		}
	}
	if _, err := client.ReadFile(t.TempDir()); err == nil || strings.Contains(err.Error(), "XDG_STATE_HOME") ||
		!strings.HasPrefix(err.Error(), "cannot read ") {
		t.Errorf("outside of that folder: %v", err)
	}
	t.Setenv("XDG_STATE_HOME", "")
	t.Setenv("HOME", "")
	if _, err := client.OpenTokens(); err == nil || !strings.HasPrefix(err.Error(),
		"there is no home folder: set HOME, or XDG_STATE_HOME to a folder ") {
		t.Errorf("without a home: %v", err)
	}
}
