package main

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/internal/cli/shell"
	"github.com/parley-chat/parley/internal/core"
)

// waitCommand is `parley wait`.
type waitCommand struct {
	ownSeat
	ForMe   bool           `help:"Wait only for messages meant for you."`
	Timeout *time.Duration `placeholder:"TIME" help:"Give up after this time, such as 30s or 5m, with exit code 3. By default never, and for an agent (parley join --agent) after 280 seconds."`
	Away    time.Duration  `placeholder:"TIME" help:"Tell the others that you are away so long, up to 2h, and wait for nothing. You keep your seat. The next wait says that you are back."`
}

// Help returns the text of parley wait --help.
func (waitCommand) Help() string {
	return `Prints what was said since the last parley wait. If there is nothing new, waits for it. Each message is printed once, whatever other commands show in the meantime.`
}

// Validate is called by kong.
func (c *waitCommand) Validate() error {
	if c.Timeout != nil && *c.Timeout <= 0 {
		return errors.New("--timeout must be a time such as 30s")
	}
	if c.Away < 0 || c.Away > core.MaxBackIn {
		return errors.New("--away must be a time such as 20m, at most 2h")
	}
	return nil
}

// Run waits.
func (c *waitCommand) Run(ctx context.Context, s *shell.Shell) error {
	return s.Wait(ctx, c.which(), shell.WaitRequest{ForMe: c.ForMe, Within: *cmp.Or(c.Timeout, new(time.Duration)),
		Away: c.Away})
}
