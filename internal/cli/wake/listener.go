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

// A Listener takes the notices for a session. It runs in the Stop hook of the session, which Claude Code calls with
// asyncRewake: when the hook ends with code 2, Claude Code begins a turn.
type Listener struct {
	socket   *net.UnixListener
	path     string
	replaced bool // the socket at path belongs to a newer listener
}

// ErrReplaced means that a newer hook of the session listens now.
var ErrReplaced = errors.New("a newer hook of the session listens")

// notice is what a Listener is sent. The Listener acknowledges a notice with a line.
type notice struct {
	Text string `json:"text"` // "": a newer listener takes over
}

// Listen begins to take the notices for a session, in place of an earlier listener. Close ends it.
func Listen(ctx context.Context, session string) (l *Listener, err error) {
	path, err := socketPath(session)
	if err != nil {
		return nil, err
	}
	// Without the lock, of two listeners that begin at once the second could remove the socket of the first, which
	// would then wait for ever.
	err = client.WithLock(filepath.Join(filepath.Dir(path), "wake"), func() error {
		l, err = listenAt(ctx, path)
		return err
	})
	return l, err
}

// listenAt listens at path, in place of an earlier listener.
func listenAt(ctx context.Context, path string) (*Listener, error) {
	if err := send(ctx, path, notice{}); err != nil && !errors.Is(err, ErrDeaf) {
		return nil, err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) { // of a listener that was killed
		return nil, err
	}
	socket, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, err
	}
	socket.SetUnlinkOnClose(false)
	return &Listener{socket: socket, path: path}, nil
}

// Next returns the next notice. The error is ErrReplaced when a newer listener has taken over, or the error of ctx.
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
		told, err := readNotice(conn)
		switch {
		case err != nil: // a caller that sent no notice
		case told.Text == "":
			l.replaced = true
			return "", ErrReplaced
		default:
			return told.Text, nil
		}
	}
}

// readNotice reads and acknowledges one notice.
func readNotice(conn net.Conn) (notice, error) {
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(socketTime)); err != nil {
		return notice{}, err
	}
	var told notice
	if err := json.NewDecoder(conn).Decode(&told); err != nil {
		return notice{}, err
	}
	_, err := conn.Write([]byte("ok\n"))
	return told, err
}

// Close ends the listener.
func (l *Listener) Close() error {
	if !l.replaced {
		_ = os.Remove(l.path) // the next listener removes a socket that is left
	}
	return l.socket.Close()
}

// notifyHook sends the sentence to the listener of a session.
func notifyHook(ctx context.Context, session, text string) error {
	path, err := socketPath(session)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDeaf, err)
	}
	return send(ctx, path, notice{Text: text})
}

// send returns nil once a listener has acknowledged the notice.
func send(ctx context.Context, path string, what notice) error {
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

// longestPath is how many bytes the path of a socket may have on every system.
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
