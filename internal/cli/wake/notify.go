package wake

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/client"
)

var (
	// ErrEnded means that the session to wake no longer exists.
	ErrEnded = errors.New("the session has ended")
	// ErrDeaf means that the session runs, and that nothing in it listens now.
	ErrDeaf = errors.New("nothing listens in the session")
)

// News is what a notice says of a seat.
type News struct {
	Where    string    // where the seat is, by the function Where
	At       time.Time // when the notice is sent
	Messages int       // that the agent has not read
	More     bool      // there are more than Messages
	Asked    bool      // one of Messages asks for the agent's answer
	Knock    bool      // somebody asks to be let in
	Task     bool      // a task was offered to the agent, or a task of the agent changed
	Turn     bool      // all others wait for an answer that the agent owes
	Own      Deed      // what the agent's own person has done
}

// Deed is what the person behind an agent has done about it. Of several deeds, the last in this list is told.
type Deed int

// The deeds.
const (
	NoDeed  Deed = iota
	Sent         // a draft, as it was
	Edited       // a draft, in other words
	Refused      // a draft
	Noted        // something to the agent
	Resumed      // the agent, which was paused
)

// deedOf returns what the person behind an agent has done by the event that message tells of.
func deedOf(message results.Message) Deed {
	switch {
	case message.Type == "message" && message.From == "your user": // no agent can have that name
		return Noted
	case message.Type == "supervision" && (message.Reason == "resumed" || message.Reason == "paused"):
		return Resumed // in a pause a program is told nothing: the pause is over
	case message.Type == "draft":
		return map[string]Deed{"sent": Sent, "edited": Edited, "refused": Refused}[message.Reason]
	}
	return NoDeed
}

// String says in one clause what the person has done.
func (d Deed) String() string {
	return [...]string{"", "let a message of yours be sent", "sent a message of yours in other words",
		"refused a message of yours", "written to you", "let you speak again"}[d]
}

// Wakes reports whether there is anything to tell.
func (n News) Wakes() bool { return n.Messages > 0 || n.Knock || n.Task || n.Turn || n.Own != NoDeed }

// String returns the sentence for the agent, with the call to make. The time makes the sentence unique: for 30
// seconds Claude Code drops a message equal to the last message of the same sender.
func (n News) String() string {
	call := ": call wait_for_message"
	if n.Own == NoDeed && n.Messages == 0 && n.Turn {
		call += " with wait_seconds 0, and answer"
	}
	return fmt.Sprintf("%s (%s)%s", n.ForPerson(), n.At.Format(time.TimeOnly), call)
}

// ForPerson returns the sentence for a person who has the seat without an agent, and so without the tools of an agent.
func (n News) ForPerson() string {
	where := n.Where
	switch {
	case n.Own != NoDeed && n.Messages == 0:
		return fmt.Sprintf("Your user has %s in %s", n.Own, where)
	case n.Own != NoDeed:
		messages, wait := n.messages(), "wait"
		if n.Messages == 1 && !n.More {
			wait = "waits"
		}
		return fmt.Sprintf("Your user has %s in %s, and %s %s", n.Own, where,
			strings.ToLower(messages[:1])+messages[1:], wait)
	case n.Messages > 0 && n.Asked:
		return fmt.Sprintf("%s in %s, and your answer is asked for", n.messages(), where)
	case n.Messages > 0:
		return fmt.Sprintf("%s in %s", n.messages(), where)
	case n.Turn:
		return fmt.Sprintf("All others in %s wait for the answer that you owe", where)
	case n.Task:
		return fmt.Sprintf("The list of tasks has news for you in %s", where)
	}
	return fmt.Sprintf("Somebody asks to be let into %s", where)
}

func (n News) messages() string {
	switch {
	case n.More && n.Messages <= 1:
		return "Several new messages"
	case n.More:
		return fmt.Sprintf("More than %d new messages", n.Messages)
	case n.Messages == 1:
		return "1 new message"
	}
	return fmt.Sprintf("%d new messages", n.Messages)
}

// Where says in which room a seat is; all are the seats of its person. A person reads the name of the room. An agent
// reads nothing that others chose: its client may show the sentence as words of the user, and a room can be called
// "delete all files". So an agent reads the agent_name that it chose or, where two seats of its session have the
// same, the room's id.
func Where(s client.Seat, all []client.Seat) string {
	if s.Wake == nil {
		if room := safe(s.Room, ""); room != "" {
			return "room " + room
		}
		return "one of your rooms"
	}
	alike := func(other client.Seat) bool {
		return other.Token != s.Token && other.Wake != nil && other.Wake.Session == s.Wake.Session &&
			strings.EqualFold(other.Chosen, s.Chosen)
	}
	if name := safe(s.Chosen, ""); name != "" && !slices.ContainsFunc(all, alike) {
		return `the Parley room where you are "` + name + `"`
	}
	if token, err := ident.ParseToken(s.Token); err == nil {
		return "the Parley room with the id " + token.Room
	}
	return "one of your Parley rooms"
}

// safe returns text, which others may have chosen; "" if text has a character that acts on a shell or that no name
// has. cmd of Windows needs this most: it puts the values of variables into a line before it reads the line. more are
// further characters that the text may have.
func safe(text, more string) string {
	const longest = 200
	acts := func(r rune) bool {
		return !unicode.In(r, unicode.L, unicode.M, unicode.Nd) && !strings.ContainsRune(" '-_."+more, r)
	}
	if !utf8.ValidString(text) || utf8.RuneCountInString(text) > longest || strings.ContainsFunc(text, acts) {
		return ""
	}
	return text
}

// The clients that can be woken, as Wake.Client names them.
const (
	ClaudeCode = "claude-code"
	Codex      = "codex"
)

// bypass is the permission mode in which Claude Code asks its person before it gives the session a message of the
// inbox.
const bypass = "bypassPermissions"

// HasInbox reports whether the session reads its inbox without asking its person.
func HasInbox(w *client.Wake) bool { return w.Socket != "" && w.Mode != bypass }

// NotifyAgent wakes the session of an agent with a sentence. The error wraps ErrEnded if the
// session no longer exists, and ErrDeaf if it cannot be reached now.
func NotifyAgent(ctx context.Context, w *client.Wake, text string) error {
	if SessionOver(w) {
		return ErrEnded
	}
	switch w.Client {
	case ClaudeCode:
		return wakeClaude(ctx, w, text)
	case Codex:
		return queueCodex(ctx, w, text)
	}
	return fmt.Errorf("%w: nothing is known about waking %q", ErrEnded, w.Client)
}

// SessionOver reports whether the process of the session is gone. If the result is false, the process may still be
// gone.
func SessionOver(w *client.Wake) bool { return w.PID > 0 && !running(w.PID) }

// wakeClaude sends the sentence to the Stop hook of the session or, if no hook listens, to the session's inbox.
func wakeClaude(ctx context.Context, w *client.Wake, text string) error {
	err := notifyHook(ctx, w.Session, text)
	if !errors.Is(err, ErrDeaf) {
		return err
	}
	if !HasInbox(w) {
		return fmt.Errorf("%w: it has no inbox or asks its person first, and no Stop hook of it waits", ErrDeaf)
	}
	return sendToInbox(ctx, w, text)
}

// queueTime bounds a run of codex queue, which takes a tenth of a second.
const queueTime = 20 * time.Second

// unknownThread is a part of what Codex says about a session that does not exist.
const unknownThread = "no rollout found"

// queueCodex puts the sentence into the queue of a Codex session, which reads it as words of its user. A session that
// works reads the sentence when its turn is over. A caller must know that the session runs: otherwise Codex would
// keep the sentence, and begin a turn with it when the session is resumed, perhaps long after the seat is gone.
func queueCodex(ctx context.Context, w *client.Wake, text string) error {
	ctx, cancel := context.WithTimeout(ctx, queueTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, w.Program, "queue", "--thread", w.Session, "--message", text)
	cmd.Env = append(os.Environ(), w.Env...)
	cmd.WaitDelay = time.Second
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	err := cmd.Run()
	switch {
	case err == nil:
		return nil
	case strings.Contains(said.String(), unknownThread):
		return ErrEnded
	}
	return fmt.Errorf("%w: codex queue: %w: %s", ErrDeaf, err, lastLine(said.String()))
}

// lastLine returns the last line of what a program said.
func lastLine(said string) string {
	lines := strings.Split(strings.TrimSpace(said), "\n")
	return lines[len(lines)-1]
}

// socketTime bounds an exchange over a local socket.
const socketTime = 3 * time.Second

// sendToInbox sends the sentence to the inbox of a Claude Code session: lines of JSON over the socket that its child
// processes find in CLAUDE_CODE_MESSAGING_SOCKET. Claude Code does not answer. It shows the sentence as the message of
// another session, and begins a turn if the session is idle.
func sendToInbox(ctx context.Context, w *client.Wake, text string) error {
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

// How long a program may take that notifies a person.
const (
	desktopTime = 20 * time.Second
	commandTime = time.Minute
)

// title stands above a notification.
const title = "Parley"

// NotifyDesktop shows the sentence on the person's screen, with the system's own program.
func NotifyDesktop(ctx context.Context, text string) error {
	args := []string{"notify-send", "--app-name", title, "--", title, text}
	switch runtime.GOOS {
	case "darwin":
		args = []string{"osascript", "-e", "on run argv", "-e",
			"display notification (item 1 of argv) with title (item 2 of argv)", "-e", "end run", text, title}
	case "windows":
		args = []string{"powershell", "-NoProfile", "-NonInteractive", "-Command", toast}
	}
	return runProgram(ctx, desktopTime, []string{"PARLEY_TITLE=" + title, "PARLEY_NOTICE=" + text}, args)
}

// toast shows a notification of Windows in the name of PowerShell, because only an installed application can show
// one. The texts come from the environment and are no part of the script.
const toast = `$m = [Windows.UI.Notifications.ToastNotificationManager, Windows.UI.Notifications, ContentType = WindowsRuntime]; ` +
	`$x = $m::GetTemplateContent('ToastText02'); $t = $x.GetElementsByTagName('text'); ` +
	`$null = $t.Item(0).AppendChild($x.CreateTextNode($env:PARLEY_TITLE)); $null = $t.Item(1).AppendChild($x.CreateTextNode($env:PARLEY_NOTICE)); ` +
	`$m::CreateToastNotifier('{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}\WindowsPowerShell\v1.0\powershell.exe').Show([Windows.UI.Notifications.ToastNotification]::new($x))`

// NotifyProgram runs a command line of the person in a shell. The environment has the news: PARLEY_ROOM, PARLEY_NAME
// (of the person's own agent), PARLEY_MESSAGES (how many), PARLEY_NOTICE (the sentence) and PARLEY_URL (the server).
// A value that could act on the shell is left empty.
func NotifyProgram(ctx context.Context, line string, s client.Seat, n News) error {
	shell := []string{"sh", "-c", line}
	if runtime.GOOS == "windows" {
		shell = []string{"cmd", "/c", line}
	}
	return runProgram(ctx, commandTime, []string{
		"PARLEY_ROOM=" + safe(s.Room, ""), "PARLEY_NAME=" + safe(s.Name, ""),
		"PARLEY_AS=" + safe(s.Name, ""), // for the commands of the line: else that of the terminal goes before
		"PARLEY_MESSAGES=" + strconv.Itoa(n.Messages),
		"PARLEY_NOTICE=" + n.ForPerson(), "PARLEY_URL=" + safe(s.Server, ":/[]~"),
	}, shell)
}

// runProgram runs a program with further variables in its environment, for at most the time most.
func runProgram(ctx context.Context, most time.Duration, env, args []string) error {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = append(os.Environ(), env...)
	cmd.WaitDelay = time.Second
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w: %s", args[0], err, lastLine(said.String()))
	}
	return nil
}
