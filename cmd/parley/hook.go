package main

import (
	"context"
	"fmt"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/cli/client"
	"github.com/parley-chat/parley/internal/cli/wake"
	"github.com/parley-chat/parley/internal/server/app"
)

// hookCommand is `parley hook`.
type hookCommand struct {
	server
	Plugin bool `hidden:"" help:"The plugin calls it."`
}

// Help returns the text of parley hook --help.
func (hookCommand) Help() string {
	return `Claude Code and Codex run it; parley connect and the plugin set that up. It reads the hook's input and serves SessionStart (it gives an agent its seats back: see docs/waking.md), PostToolUse (it notes the seat that the agent has taken, and leaves a parley standby behind), Stop (where a session has no other way in, it waits for news and ends with status 2, which wakes the agent) and SessionEnd (it marks the seats). It ends with status 0 even if something is wrong, so that no session suffers.`
}

// Run serves one call. Run writes errors to standard error, but the status is 0: a hook must not fail a session.
func (c *hookCommand) Run(ctx context.Context, streams streams) error {
	event, text, err := c.serve(ctx, streams)
	switch {
	case err != nil:
		fmt.Fprintln(streams.err, "parley hook:", err)
	case text != "" && event == wake.SessionStarts: // the agent reads the text
		fmt.Fprint(streams.out, text)
	case text != "":
		return notified(text)
	}
	return nil
}

func (c *hookCommand) serve(ctx context.Context, streams streams) (event, text string, err error) {
	call, err := wake.ReadHook(streams.in)
	if err != nil {
		return "", "", err
	}
	if call.Event == wake.TurnOver { // it may wait for hours
		app.SmallProcess()
	}
	file, err := client.OpenTokens()
	if err != nil {
		return "", "", err
	}
	o := wake.HookOptions{
		Seats: file, Server: c.address, Plugin: c.Plugin, Start: startStandby, Clock: clockwork.NewRealClock(),
	}
	if c.Plugin && call.InCodex() { // the plugin starts parley bridge there
		o.Server = file.ServerOf
	}
	text, err = call.Serve(ctx, o)
	return call.Event, text, err
}

// address returns the address of the server whose tools the agent used.
func (c *hookCommand) address(string) (string, error) {
	p, err := c.named()
	return p.Base, err
}

// notified is the result of a hook that wakes its agent: the sentence for stderr, and a status that makes Claude Code
// read stderr.
type notified string

// Error returns the sentence.
func (n notified) Error() string { return string(n) }
