package nudge

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"time"

	"github.com/parley-chat/parley/internal/client"
)

// socketTime bounds an exchange over a local socket.
const socketTime = 3 * time.Second

// putIntoInbox sends the sentence to the inbox of a Claude Code session: lines of JSON
// over the socket that its child processes find in CLAUDE_CODE_MESSAGING_SOCKET. Claude
// Code gives no answer. It shows the sentence as the message of another session, and
// begins a turn if it is idle.
func putIntoInbox(ctx context.Context, w *client.Wake, text string) error {
	conn, err := dial(ctx, w.Socket)
	if err != nil {
		return fmt.Errorf("%w: no program has its inbox open: %w", ErrEnded, err)
	}
	defer conn.Close()
	lines := json.NewEncoder(conn)
	if w.SocketToken != "" {
		if err := lines.Encode(map[string]string{"type": "auth", "token": w.SocketToken}); err != nil {
			return fmt.Errorf("%w: %w", ErrDeaf, err)
		}
	}
	message := map[string]any{"type": "user", "message": map[string]string{"role": "user", "content": text}}
	if err := lines.Encode(message); err != nil {
		return fmt.Errorf("%w: %w", ErrDeaf, err)
	}
	return nil
}

// dial connects to a socket in the file system.
func dial(ctx context.Context, path string) (net.Conn, error) {
	d := net.Dialer{Timeout: socketTime}
	conn, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	return conn, conn.SetDeadline(time.Now().Add(socketTime))
}
