package wake_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/cli/client"
	"github.com/parley-chat/parley/internal/cli/wake"
)

func TestListener_newestOfASession_getsTheNotice(t *testing.T) {
	home(t)
	w := &client.Wake{Client: wake.ClaudeCode, Session: "s1", Mode: "bypassPermissions", Socket: "/nowhere"}
	if err := wake.NotifyAgent(t.Context(), w, "Wake up"); !errors.Is(err, wake.ErrDeaf) {
		t.Errorf("before anything listens: %v", err)
	}
	_, older := listen(t, "s1")
	_, other := listen(t, "s2")
	_, newer := listen(t, "s1")
	if got := <-older; !errors.Is(got.err, wake.ErrReplaced) {
		t.Errorf("the older one got %+v", got)
	}
	if err := wake.NotifyAgent(t.Context(), w, "Wake up"); err != nil {
		t.Error(err)
	}
	if got := <-newer; got.text != "Wake up" || got.err != nil {
		t.Errorf("the newer one got %+v", got)
	}
	if err := wake.NotifyAgent(t.Context(), w, "Wake up"); !errors.Is(err, wake.ErrDeaf) {
		t.Errorf("after it has ended: %v", err)
	}
	if len(other) != 0 {
		t.Errorf("another session got %+v", <-other)
	}
}

// Two settings files with the same hook make two begin at once.
func TestListen_manyAtOnce_oneIsLeftAndGetsTheNotice(t *testing.T) {
	home(t)
	const hooks = 16
	got, failed := make(chan next, hooks), make(chan error, hooks)
	for range hooks {
		go func() {
			l, err := wake.Listen(t.Context(), "s1")
			failed <- err
			if err != nil {
				return
			}
			text, err := l.Next(t.Context())
			got <- next{text, errors.Join(err, l.Close())}
		}()
	}
	for range hooks {
		if err := <-failed; err != nil {
			t.Fatal(err)
		}
	}
	for range hooks - 1 {
		select {
		case one := <-got:
			if !errors.Is(one.err, wake.ErrReplaced) {
				t.Errorf("%+v", one)
			}
		case <-time.After(patience):
			t.Fatal("a hook still waits that nobody can reach")
		}
	}
	w := &client.Wake{Client: wake.ClaudeCode, Session: "s1", Mode: "bypassPermissions"}
	if err := wake.NotifyAgent(t.Context(), w, "Wake up"); err != nil {
		t.Fatal(err)
	}
	if one := <-got; one.text != "Wake up" {
		t.Errorf("%+v", one)
	}
}

// A hook that is killed leaves its socket behind.
func TestListen_socketOfAKilledHook_isReplaced(t *testing.T) {
	home(t)
	_, first := listen(t, "s1")
	files, err := filepath.Glob(filepath.Join(os.Getenv("XDG_STATE_HOME"), "parley", "wake-*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	w := &client.Wake{Client: wake.ClaudeCode, Session: "s1"}
	if err := wake.NotifyAgent(t.Context(), w, "Wake up"); err != nil {
		t.Fatal(err)
	}
	<-first
	stale, err := net.ListenUnix("unix", &net.UnixAddr{Name: files[0], Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	stale.SetUnlinkOnClose(false)
	if err := stale.Close(); err != nil {
		t.Fatal(err)
	}
	_, second := listen(t, "s1")
	if err := wake.NotifyAgent(t.Context(), w, "Wake up"); err != nil {
		t.Error(err)
	}
	if got := <-second; got.text != "Wake up" {
		t.Errorf("%+v", got)
	}
}

func TestListener_contextEnds_returns(t *testing.T) {
	home(t)
	l, err := wake.Listen(t.Context(), "s1")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if text, err := l.Next(ctx); text != "" || !errors.Is(err, context.Canceled) {
		t.Errorf("%q, %v", text, err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}
