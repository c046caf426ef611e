//go:build linux

package e2e

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

// roomsFile is what a file holds after a conversation.
func roomsFile(t *testing.T) []byte {
	t.Helper()
	at := aFile(t)
	p := startOn(t, at.args, nil)
	c := talk{t, openGo(t, p.url, modernProtocol)}
	alice := c.join("the archive", "Alice")
	for n := range 20 {
		c.ok("send_message", args{"agent_token": alice.token, "text": fmt.Sprintf("page %d %s", n, strings.Repeat("x", 3000))})
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
	cmd := exec.CommandContext(ctx, os.Getenv(binaryEnv), "serve", "--addr", "127.0.0.1:0", "--data", path)
	cmd.Env = cleanEnv()
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
}

// openFolder is a folder that every user of the machine may enter.
func openFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "parley-e2e-file-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestFile_foreign_isRefusedAndUnchanged(t *testing.T) {
	noise := make([]byte, 40_000)
	rand.Read(noise)
	for name, content := range map[string][]byte{
		"text":   []byte(strings.Repeat("Dear diary,\n", 3000)),
		"short":  []byte("x"),
		"SQLite": append([]byte("SQLite format 3\x00"), make([]byte, 40_000)...),
		"zeros":  make([]byte, 40_000),
		"noise":  noise,
	} {
		t.Run(name, func(t *testing.T) {
			refusesFile(t, content, 0o600, nil, "not Parley's", "--data")
		})
	}
}

func TestFile_cutOff_isRefusedAndUnchanged(t *testing.T) {
	whole := roomsFile(t)
	used := bytes.LastIndexByte(whole, 'x') // the file is longer than what is in it
	for range 20 {
		refusesFile(t, whole[:4096+mathrand.IntN(used-8192)], 0o600, nil, "damaged", "--data")
	}
}

func TestFile_readOnly_isRefusedAndUnchanged(t *testing.T) {
	whole := roomsFile(t)
	if os.Geteuid() != 0 {
		refusesFile(t, whole, 0o400, nil, "permission denied")
		return
	}
	// Root may write everything, so somebody else tries.
	binary := filepath.Join(openFolder(t), "parley")
	program, err := os.ReadFile(os.Getenv(binaryEnv))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(binary, program, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv(binaryEnv, binary)
	const nobody = 65534
	refusesFile(t, whole, 0o444, &syscall.Credential{Uid: nobody, Gid: nobody}, "permission denied")
}

// The disk is full for the program alone: it may not make its file longer.
func TestFile_fullDisk_isUnavailableAndLosesNothing(t *testing.T) {
	at := aFile(t)
	p := startOn(t, at.args, nil)
	limit(t, p, 1<<20)
	c := talk{t, openGo(t, p.url, modernProtocol)}
	alice := c.join("the attic", "Alice")
	bob := c.join("the attic", "Bob")
	var said []string
	for {
		text := fmt.Sprintf("box %d %s", len(said), strings.Repeat("x", 30_000))
		a := c.tool("send_message", args{"agent_token": alice.token, "text": text})
		if a.Code == "unavailable" {
			break
		}
		if said = append(said, text[:8]); a.Code != "" || len(said) > 100 {
			t.Fatalf("message %d was answered %+v, want unavailable before", len(said), a)
		}
	}
	c.ok("room_info", args{"agent_token": bob.token}) // who only reads is served
	if code := p.terminate(); code != 0 {
		t.Errorf("the program ended with code %d", code)
	}
	p.again() // without the limit
	c = talk{t, openGo(t, p.url, modernProtocol)}
	c.ok("send_message", args{"agent_token": alice.token, "text": "There is room again."})
	var heard []string
	for len(heard) <= len(said) {
		for _, m := range c.listen(&bob) {
			heard = append(heard, m.Text[:8])
		}
	}
	if want := append(said, "There is"); fmt.Sprint(heard) != fmt.Sprint(want) {
		t.Errorf("Bob heard %q, want %q", heard, want)
	}
}

// limit lets no file of a running program grow beyond so many bytes: then writing
// fails as on a full disk (prlimit(2)).
func limit(t *testing.T, p *program, bytes uint64) {
	t.Helper()
	want := syscall.Rlimit{Cur: bytes, Max: ^uint64(0)}
	_, _, failed := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, uintptr(p.cmd.Process.Pid), syscall.RLIMIT_FSIZE, uintptr(unsafe.Pointer(&want)), 0, 0, 0)
	if failed != 0 {
		t.Fatal(failed)
	}
}
