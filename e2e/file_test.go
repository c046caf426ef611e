//go:build linux

package e2e

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/parley-chat/parley/e2e/internal/process"
)

// roomsFile is what a file holds after a conversation.
func roomsFile(t *testing.T) []byte {
	t.Helper()
	at := aFile(t)
	p := startOn(t, at.args, nil)
	c := talk{t, openGo(t, p.url, modernProtocol)}
	alice := c.join("the archive", "Alice")
	for n := range 20 {
		c.ok("send_message", args{"agent_token": alice.token,
			"text": fmt.Sprintf("page %d %s", n, strings.Repeat("x", 3000))})
	}
	p.terminate()
	content, err := os.ReadFile(at.args[1])
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// refusesFile fails unless the program ends at once with an error that names the
// file and says what to do, and leaves the file as it is.
func refusesFile(t *testing.T, content []byte, mode os.FileMode, as *syscall.Credential, says ...string) {
	t.Helper()
	path := filepath.Join(openFolder(t), "parley.db")
	if err := os.WriteFile(path, content, mode); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Getenv(process.BinaryEnv), "serve", "--addr", "127.0.0.1:0", "--data", path)
	cmd.Env = process.Environment()
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	out, err := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != 1 {
		t.Errorf("of %d bytes: the program ended with code %d, %v, want 1\n%s", len(content), code, err, out)
	}
	for _, want := range append(says, path) {
		if !strings.Contains(string(out), want) {
			t.Errorf("of %d bytes: the program said %q, want %q in it", len(content), out, want)
		}
	}
	if bytes.Count(out, []byte("\n")) != 1 {
		t.Errorf("of %d bytes: the program said %q, want one line", len(content), out)
	}
	if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, content) {
		t.Errorf("of %d bytes: the file was changed, %v", len(content), err)
	}
	for _, part := range []string{"-wal", "-shm", "-journal", ".new"} {
		if _, err := os.Lstat(path + part); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("of %d bytes: the program left %s, %v", len(content), path+part, err)
		}
	}
}

// openFolder is a folder in which every user of the machine may make files.
func openFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "parley-e2e-file-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestFile_foreign_isRefusedAndUnchanged(t *testing.T) {
	noise := make([]byte, 40_000)
	rand.Read(noise)
	for name, content := range map[string][]byte{
		"text":         []byte(strings.Repeat("Dear diary,\n", 3000)),
		"short":        []byte("x"),
		"SQLite":       withHeader(roomsFile(t), applicationAt, 0), // as of a program that sets none
		"SQLite alone": append([]byte("SQLite format 3\x00"), make([]byte, 40_000)...),
		"zeros":        make([]byte, 40_000),
		"noise":        noise,
	} {
		t.Run(name, func(t *testing.T) {
			refusesFile(t, content, 0o600, nil, "not Parley's", "--data")
		})
	}
}

// The sizes of a page and of the header of a SQLite file, and where numbers are in
// the header (https://www.sqlite.org/fileformat.html, 1.3).
const (
	pageBytes     = 4096
	headerBytes   = 100
	versionAt     = 60
	applicationAt = 68
)

// withHeader returns a copy of a SQLite file with another number in its header.
func withHeader(file []byte, at int, number uint32) []byte {
	file = bytes.Clone(file)
	binary.BigEndian.PutUint32(file[at:], number)
	return file
}

func TestFile_ofANewerVersion_isRefusedAndUnchanged(t *testing.T) {
	refusesFile(t, withHeader(roomsFile(t), versionAt, 99), 0o600, nil, "newer version of Parley")
}

func TestFile_cutOff_isRefusedAndUnchanged(t *testing.T) {
	whole := roomsFile(t)
	for range 5 {
		refusesFile(t, whole[:headerBytes+mathrand.IntN(len(whole)-pageBytes-headerBytes)], 0o600, nil, "damaged",
			"parley check")
	}
}

// SQLite itself takes the part of a last page that is missing for zeros.
func TestFile_lastPageCutOff_isRefusedAndUnchanged(t *testing.T) {
	whole := roomsFile(t)
	refusesFile(t, whole[:len(whole)-1-mathrand.IntN(pageBytes-1)], 0o600, nil, "damaged", "parley check")
}

func TestFile_readOnly_isRefusedAndUnchanged(t *testing.T) {
	whole := roomsFile(t)
	if os.Geteuid() != 0 {
		refusesFile(t, whole, 0o400, nil, "permission denied")
		return
	}
	// Root may write everything, so somebody else tries.
	binary := filepath.Join(openFolder(t), "parley")
	program, err := os.ReadFile(os.Getenv(process.BinaryEnv))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(binary, program, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv(process.BinaryEnv, binary)
	const nobody = 65534
	refusesFile(t, whole, 0o444, &syscall.Credential{Uid: nobody, Gid: nobody}, "permission denied")
}

func TestFile_openInAnotherProcess_isRefusedByEveryNameAndServedOn(t *testing.T) {
	t.Parallel()
	at := aFile(t)
	p := startOn(t, at.args, nil)
	c := talk{t, openGo(t, p.url, modernProtocol)}
	alice, bob := c.meet("the first come")
	links := t.TempDir()
	for link, target := range map[string]string{"file": at.name, "folder": filepath.Dir(at.name)} {
		if err := os.Symlink(target, filepath.Join(links, link)); err != nil {
			t.Fatal(err)
		}
	}
	for name, path := range map[string]string{
		"its own":            at.name,
		"a link to the file": filepath.Join(links, "file"),
		"through a folder":   filepath.Join(links, "folder", filepath.Base(at.name)),
	} {
		t.Run(name, func(t *testing.T) {
			out, code := parley(t, "serve", "--addr", "127.0.0.1:0", "--data", path)
			if code != 1 || strings.Count(out, "\n") != 1 {
				t.Errorf("the second program ended with code %d and said %q, want 1 and one line", code, out)
			}
			for _, want := range []string{"another process has the file open", "--data", at.name} {
				if !strings.Contains(out, want) {
					t.Errorf("the second program said %q, want %q in it", out, want)
				}
			}
		})
	}
	c.hearsNext(alice, bob)
}
