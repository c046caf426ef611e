package wake

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/parley-chat/parley/internal/cli/client"
)

// A Listener takes the notices for a session in a hook that the client started when a turn
// ended. Claude Code calls such a hook with asyncRewake, and begins a turn when it ends
// with code 2.
type Listener struct {
	socket   *net.UnixListener
	path     string
	replaced bool // the socket at path is that of a newer listener
}

// ErrReplaced means that a newer hook of the session listens now.
var ErrReplaced = errors.New("a newer hook of the session listens")

// call is what a Listener is told, and acknowledges with a line.
type call struct {
	Text string `json:"text"` // "": a newer listener takes over
}

// Listen takes the notices for a session from now on, in place of an earlier listener.
func Listen(ctx context.Context, session string) (l *Listener, err error) {
	path, err := socketPath(session)
	if err != nil {
		return nil, err
	}
	// If two begin at once, neither may remove the socket of the other unheard.
	err = client.WithLock(filepath.Join(filepath.Dir(path), "wake"), func() error {
		l, err = listenAt(ctx, path)
		return err
	})
	return l, err
}

// listenAt listens at path, in place of an earlier listener.
func listenAt(ctx context.Context, path string) (*Listener, error) {
	if err := tell(ctx, path, call{}); err != nil && !errors.Is(err, ErrDeaf) {
		return nil, err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) { // of one that was killed
		return nil, err
	}
	socket, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, err
	}
	socket.SetUnlinkOnClose(false)
	return &Listener{socket: socket, path: path}, nil
}

// Next returns the next notice; ErrReplaced when a newer listener has taken over; or the
// error of ctx.
func (l *Listener) Next(ctx context.Context) (string, error) {
	stop := context.AfterFunc(ctx, func() { _ = l.socket.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	for {
		conn, err := l.socket.Accept()
		switch {
		case ctx.Err() != nil:
			return "", ctx.Err()
		case err != nil:
			return "", err
		}
		told, err := answer(conn)
		switch {
		case err != nil: // one that called and said nothing
		case told.Text == "":
			l.replaced = true
			return "", ErrReplaced
		default:
			return told.Text, nil
		}
	}
}

// answer reads and acknowledges one call.
func answer(conn net.Conn) (call, error) {
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(socketTime)); err != nil {
		return call{}, err
	}
	var told call
	if err := json.NewDecoder(conn).Decode(&told); err != nil {
		return call{}, err
	}
	_, err := conn.Write([]byte("ok\n"))
	return told, err
}

// Close ends the listener.
func (l *Listener) Close() error {
	if !l.replaced {
		_ = os.Remove(l.path) // what is left is removed by the next listener
	}
	return l.socket.Close()
}

// tellHook gives the sentence to the listener of a session.
func tellHook(ctx context.Context, session, text string) error {
	path, err := socketPath(session)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDeaf, err)
	}
	return tell(ctx, path, call{Text: text})
}

// tell returns nil once a listener has acknowledged what it is told.
func tell(ctx context.Context, path string, what call) error {
	conn, err := dial(ctx, path)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDeaf, err)
	}
	defer conn.Close()
	if err := json.NewEncoder(conn).Encode(what); err != nil {
		return fmt.Errorf("%w: %w", ErrDeaf, err)
	}
	if _, err := bufio.NewReader(conn).ReadString('\n'); err != nil {
		return fmt.Errorf("%w: %w", ErrDeaf, err)
	}
	return nil
}

// longestPath is how long the path of a socket may be on every system.
const longestPath = 103

// socketPath returns where the hook of a session listens.
func socketPath(session string) (string, error) {
	sum := sha256.Sum256([]byte(session))
	path, err := client.StatePath("wake-" + hex.EncodeToString(sum[:6]))
	if err == nil && len(path) > longestPath {
		err = fmt.Errorf("%s is too long for a socket; set XDG_STATE_HOME to a shorter path", path)
	}
	return path, err
}
