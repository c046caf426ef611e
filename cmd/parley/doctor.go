package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/parley-chat/parley/internal/cli/doctor"
	"github.com/parley-chat/parley/internal/cli/shell"
	"github.com/parley-chat/parley/internal/server/app"
)

// doctorCommand is `parley doctor`.
type doctorCommand struct {
	server
	Client string        `enum:",${clients}" default:"" placeholder:"CLIENT" help:"Check only this client: ${clients}."`
	Wait   time.Duration `default:"60s" placeholder:"TIME" help:"How long to test a wait (${default})."`
	Long   bool          `help:"The same as --wait 300s, the time after which many clients end a call."`
	JSON   bool          `name:"json" help:"Print each result as a JSON object."`
}

// Help returns the text of parley doctor --help.
func (doctorCommand) Help() string {
	return `Asks six questions: is a Parley server there, can programs sign in to it, does it admit you, do your clients use it, does a wait last as long as those of agents, and would an idle agent be woken? It opens a room, closes it, and takes a little longer than the wait. It only reads the files of clients. Each line says ok, warning or failed, and how to fix it.

The exit code is 0 if nothing failed.`
}

// Validate is called by kong.
func (c *doctorCommand) Validate() error {
	if c.Wait < time.Second {
		return errors.New("--wait is at least 1s")
	}
	if c.Long {
		c.Wait = 300 * time.Second
	}
	return nil
}

// Run makes the checks.
func (c *doctorCommand) Run(ctx context.Context, streams streams) error {
	p, err := c.place(streams.err)
	if err != nil {
		return err
	}
	machine, err := thisMachine()
	if err != nil {
		return err
	}
	failed := doctor.Run(ctx, doctor.Options{
		Server: p.Base, Key: p.Key, Invite: p.Invite, Admitted: options(p, streams.err).Admitted,
		Version: app.Version(), Machine: machine, Client: c.Client, Wait: c.Wait,
		Waits: func(d time.Duration) {
			streams.complain("parley: waiting " + shell.Spoken(d) + ", as agents do: something on the way to the " +
				"server may end a wait.")
		},
		Tell: func(r doctor.Result) {
			r.What, r.Fix = shell.HarmlessLine(r.What), shell.HarmlessLine(r.Fix) // both may quote a server
			if c.JSON {
				_ = json.NewEncoder(streams.out).Encode(r) // nobody is there to be told
				return
			}
			r.Fix = streams.own(r.Fix)
			fmt.Fprintln(streams.out, shell.ScreenOn(streams.out).Fold(r.String(), shell.Margin))
		},
	})
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case failed > 0:
		return fmt.Errorf("%d of the checks failed", failed)
	}
	return nil
}
