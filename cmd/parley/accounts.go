package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"text/tabwriter"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/auth/access"
	"github.com/parley-chat/parley/internal/auth/signin"
	"github.com/parley-chat/parley/internal/cli/shell"
	"github.com/parley-chat/parley/internal/store/table"
)

// accountsCommand is `parley accounts`.
type accountsCommand struct {
	List    accountsListCommand    `cmd:"" default:"withargs" help:"List the accounts with which people have signed in."`
	Revoke  accountsRevokeCommand  `cmd:"" help:"Revoke an account: within a minute servers refuse it, and nobody can sign in with it until it is restored."`
	Restore accountsRestoreCommand `cmd:"" help:"Restore an account that was revoked."`
}

// accountsListCommand is `parley accounts list`.
type accountsListCommand struct{ keyTable }

// listedAccount is an account for parley accounts list.
type listedAccount struct {
	access.Account
	SignIns int `json:"sign_ins,omitempty"`
}

// Run lists the accounts.
func (c *accountsListCommand) Run(ctx context.Context, streams streams) error {
	list := []listedAccount{}
	err := c.read(ctx, streams, func(t table.Reader) error {
		accounts, err := access.ListAccounts(ctx, t)
		if err != nil {
			return err
		}
		counts, err := programsOf(ctx, t)
		if err != nil {
			return err
		}
		for _, a := range accounts {
			list = append(list, listedAccount{a, counts[a.ID]})
		}
		return nil
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return c.report(streams, map[string][]listedAccount{"accounts": list}, "")
	}
	return printAccounts(streams.out, list)
}

func printAccounts(to io.Writer, list []listedAccount) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(to, "Nobody has signed in with an account.")
		return err
	}
	columns := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(columns, "ID\tACCOUNT\tMADE\tCONFIRMED\tUNTIL\tLAST USED\tSIGN-INS")
	for _, a := range list {
		until, used := day(a.Expires, "ended"), "never"
		if !a.Barred.IsZero() {
			until = "revoked"
		}
		if a.Used != "" {
			used = a.Used
		}
		fmt.Fprintf(columns, "%s\t%s\t%s\t%s\t%s\t%s\t%d\n", a.ID, shell.HarmlessLine(a.Label), day(a.Made, "-"),
			day(a.Confirmed, "-"), until, used, a.SignIns)
	}
	return columns.Flush()
}

func day(at time.Time, none string) string {
	if at.IsZero() {
		return none
	}
	return at.Format(time.DateOnly)
}

// programsOf returns how many programs are signed in by each key and account, by id.
func programsOf(ctx context.Context, t table.Reader) (map[string]int, error) {
	programs, err := signin.List(ctx, t)
	counts := map[string]int{}
	for _, p := range programs {
		counts[p.Key]++
	}
	return counts, err
}

// accountsRevokeCommand is `parley accounts revoke`.
type accountsRevokeCommand struct{ accountNamed }

// accountNamed is the part of a command with an account to change.
type accountNamed struct {
	Name string `arg:"" name:"address-or-id" placeholder:"ADDRESS-OR-ID" help:"The address of the account, or its id, as parley accounts lists them."`
	keyTable
}

// change calls do with the accounts.
func (c *accountNamed) change(ctx context.Context, streams streams,
	do func(*access.Accounts) (access.Account, error), says func(access.Account) string) error {
	return c.withTable(ctx, streams, func(t table.Table, log *slog.Logger) error {
		a, err := do(access.NewAccounts(t, clockwork.NewRealClock(), log))
		if err != nil {
			return c.advise(err, "accounts: parley accounts")
		}
		return c.report(streams, a, streams.own(says(a)))
	})
}

// Help returns the text of parley accounts revoke --help.
func (accountsRevokeCommand) Help() string {
	return `The seats of the person's agents stay, and so does what they have said. An admin of a room removes an agent with manage_agent. If the person also has a key, revoke that, too.

` + invitesGoOn
}

// Run shuts somebody out.
func (c *accountsRevokeCommand) Run(ctx context.Context, streams streams) error {
	revoke := func(all *access.Accounts) (access.Account, error) { return all.Revoke(ctx, c.Name) }
	return c.change(ctx, streams, revoke,
		func(a access.Account) string {
			return fmt.Sprintf("Revoked the account %s. Within a minute servers refuse it, and the programs that "+
				"signed in with it. %s", shell.HarmlessLine(a.Label), invitesGoOn)
		})
}

// accountsRestoreCommand is `parley accounts restore`.
type accountsRestoreCommand struct{ accountNamed }

// Run lets somebody in again.
func (c *accountsRestoreCommand) Run(ctx context.Context, streams streams) error {
	restore := func(all *access.Accounts) (access.Account, error) { return all.Restore(ctx, c.Name) }
	return c.change(ctx, streams, restore,
		func(a access.Account) string {
			return fmt.Sprintf("Restored the account %s. Programs that signed in with it in the last 30 days work "+
				"again within a minute; others must sign in.", shell.HarmlessLine(a.Label))
		})
}
