package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/api/httpapi"
	"github.com/parley-chat/parley/internal/auth/access"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/cli/client"
	"github.com/parley-chat/parley/internal/cli/connect"
	"github.com/parley-chat/parley/internal/cli/shell"
	"github.com/parley-chat/parley/internal/server/app"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/sqlite"
)

// keysCommand is `parley keys`.
type keysCommand struct {
	Add    keysAddCommand    `cmd:"" help:"Make a key, and print it once."`
	List   keysListCommand   `cmd:"" help:"List the keys, without their secrets."`
	Renew  keysRenewCommand  `cmd:"" help:"Make a new secret for a key, and print it once. The old one is refused within a minute."`
	Revoke keysRevokeCommand `cmd:"" help:"Revoke a key: servers refuse it within a minute, and end its waits."`
}

// keyTable is the part of a command about keys that names the table of the keys.
type keyTable struct {
	Data     string `env:"PARLEY_DATA" placeholder:"FILE" help:"The file of the server, which may be running (${data})."`
	Table    string `env:"PARLEY_TABLE" placeholder:"NAME" help:"The DynamoDB table of the servers, instead of a file."`
	LogLevel string `env:"PARLEY_LOG_LEVEL" default:"warn" enum:"debug,info,warn,error" help:"With info, write a line for the audit to standard error."`
	outcome
}

// Validate is called by kong.
func (k *keyTable) Validate() error {
	if k.Data != "" && k.Table != "" {
		return errors.New("--data and --table cannot be used together: the keys are where the rooms are")
	}
	return nil
}

// AfterApply is called by kong after the line was read.
func (k *keyTable) AfterApply() error {
	if k.Data == "" && k.Table == "" {
		k.Data = defaultFile()
	}
	return nil
}

// with calls do with the keys.
func (k *keyTable) with(ctx context.Context, streams streams, do func(*access.Keys) error) (err error) {
	return k.withTable(ctx, streams, func(t table.Table, log *slog.Logger) error {
		return do(access.NewKeys(t, clockwork.NewRealClock(), log))
	})
}

// withTable calls do with the table and a log for the audit.
func (k *keyTable) withTable(ctx context.Context, streams streams,
	do func(table.Table, *slog.Logger) error) (err error) {
	log := slog.New(app.QuietWhenFull{Handler: app.Settings{LogLevel: k.LogLevel}.Logger(streams.err).Handler()})
	t, closeTable, err := k.open(ctx, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeTable()) }()
	return do(t, log)
}

// open opens the table, which must exist: a key in a new table would open no server.
func (k *keyTable) open(ctx context.Context, log *slog.Logger) (table.Table, func() error, error) {
	if k.Table == "" {
		t, err := sqlite.OpenBeside(k.Data, sqlite.Options{Logger: log})
		if err != nil {
			return nil, nil, k.explain(err)
		}
		return t, t.Close, nil
	}
	p, err := openRooms(ctx, log, "table:"+k.Table, "", false)
	return p, p.close, err
}

// read calls do with a reader of the table. A file stays unchanged, since it may be a backup.
func (k *keyTable) read(ctx context.Context, streams streams, do func(table.Reader) error) (err error) {
	if k.Table != "" {
		return k.withTable(ctx, streams, func(t table.Table, _ *slog.Logger) error { return do(t) })
	}
	file, err := sqlite.OpenReadOnly(k.Data)
	if err != nil {
		return k.explain(err)
	}
	reader, err := sqlite.NewReader(file, clockwork.NewRealClock())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	return do(reader)
}

// where returns the flag for the table of the keys, quoted for a shell.
func (k *keyTable) where() string {
	if k.Table != "" {
		return "--table " + k.Table
	}
	return "--data " + pasted(k.Data)
}

// explain says what helps if the file is missing.
func (k *keyTable) explain(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no file %s: name that of the server with --data, or start the server first, "+
			"which creates it", k.Data)
	}
	return err
}

// keysAddCommand is `parley keys add`.
type keysAddCommand struct {
	Label string `arg:"" placeholder:"LABEL" help:"Whose key it is, such as Ann. Others see it as the owner of agents that use the key."`
	Days  *int   `placeholder:"N" help:"How many days the key is valid. By default until it is revoked."`
	newSecret
}

// newSecret is the part of a command that shows a key once, with the lines to paste.
type newSecret struct {
	PublicURL string `name:"public-url" env:"PARLEY_PUBLIC_URL" placeholder:"URL" help:"The address of the server for others, for the lines to paste."`
	keyTable
}

// Validate is called by kong.
func (c *newSecret) Validate() error {
	return cmp.Or((app.Settings{PublicURL: c.PublicURL}).CheckAddresses(), c.keyTable.Validate())
}

// mostDays bounds the lifetime of an expiring key.
const mostDays = 3650

// Validate is called by kong.
func (c *keysAddCommand) Validate() error {
	if c.Days != nil && (*c.Days < 1 || *c.Days > mostDays) {
		return fmt.Errorf("--days %d: must be from 1 to %d, or left out for a key that is valid until it is revoked",
			*c.Days, mostDays)
	}
	if c.Label == "LABEL" {
		return errors.New("put the name of the key's holder in place of LABEL, such as Ann")
	}
	return c.newSecret.Validate()
}

// Help returns the text of parley keys add --help.
func (keysAddCommand) Help() string {
	return `The key goes to standard output. Lines to paste go to standard error, without the key. Only a hash is stored, so the key cannot be shown again. Give each person a separate key: it shows whose agents are whose, and can be revoked alone.

The server can keep running, and knows the key at once.`
}

// addedKey is the output of parley keys add --json.
type addedKey struct {
	Key string `json:"key"`
	ID  string `json:"id"`
}

// Run makes a key.
func (c *keysAddCommand) Run(ctx context.Context, streams streams) error {
	return c.with(ctx, streams, func(keys *access.Keys) error {
		var lasts time.Duration // 0: until the key is revoked
		if c.Days != nil {
			lasts = time.Duration(*c.Days) * 24 * time.Hour
		}
		key, err := keys.Add(ctx, c.Label, lasts)
		if err != nil {
			return err
		}
		effects, err := c.effects(ctx, keys, key.ID)
		return errors.Join(err, c.print(streams, key, effects))
	})
}

// print writes a key, which is shown only now, what it changes for others (effects), and how clients get it.
func (c *newSecret) print(streams streams, key ident.Key, effects string) (err error) {
	if c.JSON {
		err = c.report(streams, addedKey{key.String(), key.ID}, "")
	} else {
		effects += c.toConnect(key.ID)
		_, err = fmt.Fprintln(streams.out, key)
	}
	if err != nil {
		return err
	}
	_, err = io.WriteString(streams.err, shell.ScreenOn(streams.err).Fold(streams.own(effects), ""))
	return err
}

// effects says what a new key changes for others. From the first key on, seats that were taken without one need one. A
// key with the label of another key does not replace that one: a person who has lost a key must revoke it, too, and a
// command with the label would then mean neither.
func (c *keysAddCommand) effects(ctx context.Context, keys *access.Keys, id string) (text string, err error) {
	list, err := keys.List(ctx)
	label := ""
	for _, e := range list {
		if e.ID == id {
			label = e.Label
		}
	}
	if len(list) == 1 {
		text = "Seats that were taken without a key go on once their owners return with one: a person by parley join " +
			"ROOM --as NAME, an agent by join_room with its agent_token.\n"
	}
	for _, e := range list {
		if e.ID != id && strings.EqualFold(e.Label, label) {
			text += fmt.Sprintf("%s has another key already, made on %s, which stays valid. To revoke it: parley keys "+
				"revoke %s %s\n", shell.HarmlessLine(e.Label), e.Created.Format(time.DateOnly), e.ID, c.where())
		}
	}
	return text, err
}

// toConnect says how a client gets the key, in less than twelve lines: the page of the server has lines for each
// client. No line has the key, since standard error may be the log of a script.
func (c *newSecret) toConnect(id string) string {
	base := c.base()
	one, again := connectLine("claude-code", cmp.Or(base, "URL"), true), c.reconnect(base, id)
	others := "\n" + otherClients(again) + cmp.Or(base, "URL") + "/ has the lines for others.\n"
	switch {
	case base == "":
		others += "URL is the address of the server, which --public-url names.\n"
	case c.PublicURL == "":
		others += "This is the address on this machine. If the server has another, or for other machines: " +
			"--public-url\n"
	}
	const text = "The key is shown only now. "
	if strings.Contains(again, one) {
		return text + "Each client asks for it.\n" + again + others
	}
	return text + "To connect a client with this key, which the command asks for:\n\n" + one + others + again
}

// otherClients names the clients that could stand in place of claude-code in a line, but not those that have a line of
// their own.
func otherClients(lines string) string {
	var allow, others []string
	for _, id := range connect.IDs() {
		switch {
		case id == "claude-code", strings.Contains(lines, " connect "+id+" "):
		case connect.MayAllow(id):
			allow = append(allow, id)
		default:
			others = append(others, id)
		}
	}
	var parts []string
	if len(allow) > 0 {
		parts = append(parts, strings.Join(allow, " or "))
	}
	if len(others) > 0 {
		parts = append(parts, strings.Join(others, " or ")+", without --allow")
	}
	if len(parts) == 0 {
		return ""
	}
	return "Or " + strings.Join(parts, "; or ") + ". "
}

// connectLine returns the command that connects a client to the server at base. The command asks for the key.
func connectLine(id, base string, allow bool) string {
	line := "  parley connect " + id + " --url " + base
	if allow {
		line += " --allow"
	}
	return line + "\n"
}

// reconnect returns the lines that give the key with an id to those clients of this machine that need it: they were
// connected without a key, or with an older secret of this key, to the server at base or at another address of this
// machine. The lines also move seats from such an address, unless base is "".
func (c *newSecret) reconnect(base, id string) (lines string) {
	m, err := thisMachine()
	if err != nil {
		return "" // the user of a service, for example, has no clients
	}
	var moves []string
	for _, s := range m.List() {
		at, err := client.ParsePlace(s.Server)
		has, _ := ident.ParseKey(s.Key)
		if err != nil || at.Invite != "" || s.Key != "" && has.ID != id || s.Elsewhere ||
			at.Base != base && !client.OnThisMachine(at.Base) {
			continue
		}
		if lines == "" {
			lines = "\nThese clients on this machine do not have this key yet. If they are for this server, " +
				"connect them again:\n\n"
		}
		lines += connectLine(s.ID, cmp.Or(base, at.Base), m.Check(connect.Options{Client: s.ID, Allow: true}) == nil)
		move := "  parley move " + at.Base + " " + base + "\n"
		if base != "" && at.Base != base && !slices.Contains(moves, move) {
			moves = append(moves, move)
		}
	}
	return lines + strings.Join(moves, "")
}

// base is the address of the server, for the lines to paste; "" if nobody has named one.
func (c *newSecret) base() string {
	at := (app.Settings{PublicURL: c.PublicURL}).PublicAddress()
	return cmp.Or(strings.TrimSuffix(at, httpapi.MCPPath), client.OwnServer())
}

// keysListCommand is `parley keys list`.
type keysListCommand struct{ keyTable }

// listedKey is a key for parley keys list.
type listedKey struct {
	access.Entry
	SignIns int `json:"sign_ins,omitempty"` // the number of programs signed in by the key
}

// Run lists the keys.
func (c *keysListCommand) Run(ctx context.Context, streams streams) error {
	var list []listedKey
	err := c.read(ctx, streams, func(t table.Reader) error {
		keys, err := access.List(ctx, t)
		if err != nil {
			return err
		}
		counts, err := programsOf(ctx, t)
		if err != nil {
			return err
		}
		for _, k := range keys {
			list = append(list, listedKey{k, counts[k.ID]})
		}
		return nil
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return c.report(streams, map[string][]listedKey{"keys": append([]listedKey{}, list...)}, "")
	}
	return showKeys(streams.out, list)
}

// showKeys writes a table of keys for a person.
func showKeys(w io.Writer, list []listedKey) error {
	columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(columns, "ID\tLABEL\tMADE\tEXPIRES\tLAST USED\tSIGN-INS")
	for _, e := range list {
		expires, used := "never", "never"
		if !e.Expires.IsZero() {
			expires = e.Expires.Format(time.DateOnly)
		}
		if e.Used != "" {
			used = e.Used
		}
		fmt.Fprintf(columns, "%s\t%s\t%s\t%s\t%s\t%d\n", e.ID, shell.HarmlessLine(e.Label),
			e.Created.Format(time.DateOnly), expires, used, e.SignIns)
	}
	return columns.Flush()
}

// keysRenewCommand is `parley keys renew`.
type keysRenewCommand struct {
	Name string `arg:"" name:"label-or-id" placeholder:"LABEL-OR-ID" help:"The label of the key, or its id."`
	newSecret
}

// Help returns the text of parley keys renew --help.
func (keysRenewCommand) Help() string {
	return `Use this if a person has lost the key, since only its hash is stored. It stays the same key: the person's agents keep their seats and names, and programs stay signed in. Clients need the new secret instead of the old one. Servers accept it within a minute. If somebody else has the key, revoke it: that also ends the sign-ins that used it.`
}

// Run makes a new secret for a key.
func (c *keysRenewCommand) Run(ctx context.Context, streams streams) error {
	return c.with(ctx, streams, func(keys *access.Keys) error {
		key, err := keys.Renew(ctx, c.Name)
		if err != nil {
			return c.advise(err, "keys: parley keys list")
		}
		return c.print(streams, key, "The old secret of this key is refused within a minute.\n")
	})
}

// advise adds to a refusal how to list the existing items, such as "keys: parley keys list".
func (k *keyTable) advise(err error, list string) error {
	var refused *fault.Error
	if errors.As(err, &refused) {
		return fmt.Errorf("%s To list the %s %s", refused.Message, list, k.where())
	}
	return err
}

// keysRevokeCommand is `parley keys revoke`.
type keysRevokeCommand struct {
	Name string `arg:"" name:"label-or-id" placeholder:"LABEL-OR-ID" help:"The label of the key, or its id."`
	keyTable
}

// Help returns the text of parley keys revoke --help.
func (keysRevokeCommand) Help() string {
	return `The seats of its agents stay, and so does what they have said. An admin of a room removes an agent with manage_agent.

` + invitesGoOn
}

// invitesGoOn is what a person must know before revoking a key.
const invitesGoOn = "Invites that its agents gave out still admit guests, until an admin of each room makes a new " +
	"one: parley invite --new --room ROOM"

// Run revokes a key.
func (c *keysRevokeCommand) Run(ctx context.Context, streams streams) error {
	return c.with(ctx, streams, func(keys *access.Keys) error {
		e, err := keys.Revoke(ctx, c.Name)
		if err != nil {
			return c.advise(err, "keys: parley keys list")
		}
		return c.report(streams, e, streams.own(fmt.Sprintf("Revoked the key %s of %s. Within a minute servers "+
			"refuse it, and the programs that signed in with it. %s", e.ID, shell.HarmlessLine(e.Label), invitesGoOn)))
	})
}
