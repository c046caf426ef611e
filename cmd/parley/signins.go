package main

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/auth/access"
	"github.com/parley-chat/parley/internal/auth/signin"
	"github.com/parley-chat/parley/internal/cli/shell"
	"github.com/parley-chat/parley/internal/store/table"
)

// signInsCommand is `parley sign-ins`.
type signInsCommand struct {
	List   signInsListCommand   `cmd:"" default:"withargs" help:"List the programs that are signed in, and by whose key or account."`
	Revoke signInsRevokeCommand `cmd:"" help:"End a sign-in: servers refuse the program within a minute, and end its waits."`
}

// signedIn is a sign-in for parley sign-ins.
type signedIn struct {
	ID      string    `json:"id"`
	Program string    `json:"program"`
	Key     string    `json:"key"`             // the id of the key or the account
	Label   string    `json:"label,omitempty"` // of the key or the account; empty if the key or account is gone
	Made    time.Time `json:"made"`
	Renewed time.Time `json:"renewed"` // when the program last got tokens
	Expires time.Time `json:"expires"`
}

// signInsOf returns the sign-ins in t, each with the label of its key or account.
func signInsOf(ctx context.Context, t table.Reader) (list []signedIn, err error) {
	keys, err := access.List(ctx, t)
	if err != nil {
		return nil, err
	}
	accounts, err := access.ListAccounts(ctx, t)
	if err != nil {
		return nil, err
	}
	stored, err := signin.List(ctx, t)
	if err != nil {
		return nil, err
	}
	labels := map[string]string{}
	for _, k := range keys {
		labels[k.ID] = k.Label
	}
	for _, a := range accounts {
		if a.Barred.IsZero() {
			labels[a.ID] = a.Label
		}
	}
	for _, s := range stored {
		list = append(list, signedIn{s.ID, s.Name, s.Key, labels[s.Key], s.Made, s.Turned, s.Expires})
	}
	return list, nil
}

// signInsListCommand is `parley sign-ins list`.
type signInsListCommand struct{ keyTable }

// Run lists the sign-ins.
func (c *signInsListCommand) Run(ctx context.Context, streams streams) error {
	var list []signedIn
	err := c.read(ctx, streams, func(t table.Reader) (err error) {
		list, err = signInsOf(ctx, t)
		return err
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return c.report(streams, map[string][]signedIn{"sign_ins": append([]signedIn{}, list...)}, "")
	}
	if len(list) == 0 {
		_, err := fmt.Fprintln(streams.out, "No program is signed in.")
		return err
	}
	columns := tabwriter.NewWriter(streams.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(columns, "ID\tPROGRAM\tOF\tMADE\tRENEWED\tEXPIRES")
	for _, s := range list {
		of, until := s.Label, s.Expires.Format(time.DateOnly)
		if of == "" {
			of, until = s.Key, "ended with its key or account"
		}
		fmt.Fprintf(columns, "%s\t%s\t%s\t%s\t%s\t%s\n", s.ID, shell.HarmlessLine(s.Program), shell.HarmlessLine(of),
			s.Made.Format(time.DateOnly), s.Renewed.Format(time.DateOnly), until)
	}
	return columns.Flush()
}

// signInsRevokeCommand is `parley sign-ins revoke`.
type signInsRevokeCommand struct {
	ID string `arg:"" placeholder:"ID" help:"The id of the sign-in, as parley sign-ins lists it."`
	keyTable
}

// Run ends a sign-in.
func (c *signInsRevokeCommand) Run(ctx context.Context, streams streams) error {
	return c.withTable(ctx, streams, func(t table.Table, log *slog.Logger) error {
		list, err := signInsOf(ctx, t)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(s signedIn) bool { return s.ID == c.ID })
		if i < 0 {
			return fmt.Errorf("there is no sign-in with the id %q, so none was ended. To list them: "+
				"parley sign-ins list %s", c.ID, c.where())
		}
		s := list[i]
		ends := signin.New(signin.Options{Table: t, Clock: clockwork.NewRealClock(), Logger: log})
		if err := ends.End(ctx, s.Key, s.ID); err != nil {
			return err
		}
		says := "Ended the sign-in of " + shell.HarmlessLine(s.Program) + ". Servers refuse it within a minute."
		if s.Label != "" {
			says += " The key or the account of " + shell.HarmlessLine(s.Label) + " is still good."
		}
		return c.report(streams, s, says)
	})
}
