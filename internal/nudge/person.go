package nudge

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"time"

	"github.com/parley-chat/parley/internal/client"
)

// The most time that programs get which tell a person.
const (
	desktopTime = 20 * time.Second
	commandTime = time.Minute
)

// title stands above a notification.
const title = "Parley"

// Desktop shows the sentence on the person's screen, with the system's own program.
func Desktop(ctx context.Context, text string) error {
	args := []string{"notify-send", "--app-name", title, "--", title, text}
	switch runtime.GOOS {
	case "darwin":
		args = []string{"osascript", "-e", "on run argv", "-e", "display notification (item 1 of argv) with title (item 2 of argv)", "-e", "end run", text, title}
	case "windows":
		args = []string{"powershell", "-NoProfile", "-NonInteractive", "-Command", toast}
	}
	return run(ctx, desktopTime, []string{"PARLEY_TITLE=" + title, "PARLEY_NUDGE=" + text}, args)
}

// toast shows a notification of Windows, in the name of PowerShell, since only installed
// applications have one. The texts come from the environment and are no part of the script.
const toast = `$m = [Windows.UI.Notifications.ToastNotificationManager, Windows.UI.Notifications, ContentType = WindowsRuntime]; ` +
	`$x = $m::GetTemplateContent('ToastText02'); $t = $x.GetElementsByTagName('text'); ` +
	`$null = $t.Item(0).AppendChild($x.CreateTextNode($env:PARLEY_TITLE)); $null = $t.Item(1).AppendChild($x.CreateTextNode($env:PARLEY_NUDGE)); ` +
	`$m::CreateToastNotifier('{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}\WindowsPowerShell\v1.0\powershell.exe').Show([Windows.UI.Notifications.ToastNotification]::new($x))`

// Exec runs a command line of the person in a shell, which finds in its environment what
// there is to tell: PARLEY_ROOM, PARLEY_NAME (of the person's own agent), PARLEY_MESSAGES
// (how many), PARLEY_NUDGE (the sentence) and PARLEY_URL (the server). What could act on
// that shell is left empty.
func Exec(ctx context.Context, line string, s client.Seat, n News) error {
	shell := []string{"sh", "-c", line}
	if runtime.GOOS == "windows" {
		shell = []string{"cmd", "/c", line}
	}
	return run(ctx, commandTime, []string{
		"PARLEY_ROOM=" + inert(s.Room, ""), "PARLEY_NAME=" + inert(s.Name, ""), "PARLEY_MESSAGES=" + strconv.Itoa(n.Messages),
		"PARLEY_NUDGE=" + n.String(), "PARLEY_URL=" + inert(s.Server, ":/[]~"),
	}, shell)
}

// run runs a program with additions to its environment, for so long at most.
func run(ctx context.Context, most time.Duration, env, args []string) error {
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
