package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/cli/client"
	"github.com/parley-chat/parley/internal/cli/connect"
	"github.com/parley-chat/parley/internal/cli/shell"
	"github.com/parley-chat/parley/internal/server/app"
)

// connectCommand is `parley connect`.
type connectCommand struct {
	Client string `arg:"" optional:"" enum:",${clients}" default:"" placeholder:"CLIENT" help:"The client: ${clients}. Without one, lists them."`
	server
	Allow   bool `help:"Let the agent use the tools without asking."`
	AskActs bool `help:"For claude-code: it asks before acts that strangers' words may lead to, such as git push (see docs/security.md)."`
	NoWake  bool `help:"Do not add the hooks that wake an idle agent."`
	DryRun  bool `help:"Show the change and write nothing."`
	Undo    bool `help:"Undo what connect has written; with --allow or --ask-acts, that alone."`
	JSON    bool `name:"json" help:"Print the list, or what has changed, as JSON."`
}

// Help returns the text of parley connect --help.
func (connectCommand) Help() string {
	return `Edits the client's own configuration, for all your projects, and shows what it changes. It keeps comments, order and format. A second run changes nothing. --undo removes exactly what was written, and keeps what you have changed since.

If the server needs a key but lets programs sign in, a client that can sign in gets only the address, unless you give a key.

The other commands then use this address, too, until --undo takes it back.

The address is asked once. If something else than Parley answers there, nothing is written; if nothing does, you are told.`
}

// again returns the command with the given flags, without a secret.
func (c *connectCommand) again() string {
	line := "parley connect " + c.Client
	if c.URL != "" {
		line += " --url " + client.Shown(c.URL)
	}
	if c.Allow {
		line += " --allow"
	}
	if c.AskActs {
		line += " --ask-acts"
	}
	if c.NoWake {
		line += " --no-wake"
	}
	if c.DryRun {
		line += " --dry-run"
	}
	return line
}

// Validate is called by kong.
func (c *connectCommand) Validate() error {
	if c.Client == "" && (c.Undo || c.Allow || c.AskActs || c.NoWake || c.DryRun) {
		return errors.New("name a client; to list them: parley connect")
	}
	return nil
}

// Run connects the client.
func (c *connectCommand) Run(ctx context.Context, streams streams) error {
	m, err := thisMachine()
	if err != nil {
		return err
	}
	m.Program = cmp.Or(streams.program, m.Program)
	switch {
	case c.Client == "":
		return c.list(streams, m.List())
	case c.Undo:
		return c.undo(m, streams)
	}
	return c.connect(ctx, m, streams)
}

func (c *connectCommand) undo(m connect.Machine, streams streams) error {
	var done connect.Report
	var err error
	if c.Allow || c.AskActs {
		done, err = m.UndoFlags(connect.Options{Client: c.Client, Allow: c.Allow, AskActs: c.AskActs, DryRun: c.DryRun})
	} else {
		done, err = m.Undo(c.Client, c.DryRun)
		if err == nil && !c.DryRun {
			err = client.ForgetServer(done.Server, done.Next)
		}
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return c.print(streams.out, "", done)
	}
	if err := show(streams.out, done.Changes); err != nil {
		return err
	}
	switch {
	case len(done.Changes) == 0:
		fmt.Fprintf(streams.out, "Nothing to undo: parley connect has not written it for %s.\n", done.Client)
	case c.DryRun:
		fmt.Fprintln(streams.out, "Nothing was written.")
	default:
		fmt.Fprintf(streams.out, "Undone. Restart %s.\n", done.Client)
	}
	return nil
}

func (c *connectCommand) connect(ctx context.Context, m connect.Machine, streams streams) error {
	flags := connect.Options{Client: c.Client, Allow: c.Allow, AskActs: c.AskActs}
	if err := m.Check(flags); err != nil { // before the server is asked
		return usage(err)
	}
	switch {
	case streams.started == goRun:
		return usage(fmt.Errorf("clients start the program later, and go run leaves none behind: %s", c.again()))
	case isTemporary(m.Program) && m.Starts(c.Client, !c.NoWake):
		return usage(fmt.Errorf("clients start the program later, and %s is a temporary file that may be gone by "+
			"then: move it to a folder in your PATH first", m.Program))
	}
	if link, err := client.ParseWatchLink(c.URL); err == nil {
		return c.refusePage("the link with which a person watches an agent", link.Base)
	}
	p, err := c.place(streams.err)
	if err != nil {
		return err
	}
	p, answers, err := c.admission(ctx, p, streams.ask())
	if err != nil {
		return err
	}
	done, err := m.Connect(connect.Options{
		Client: c.Client, Server: p.Base, Key: p.Key, Invite: p.Invite, Allow: c.Allow,
		AskActs: c.AskActs, Wake: !c.NoWake, DryRun: c.DryRun,
	})
	if err != nil {
		return err
	}
	kept, err := client.KeptKey(p.Base)
	if err != nil {
		return err
	}
	if err := c.remember(p); err != nil {
		return err
	}
	to := client.Place{Base: p.Base, Invite: p.Invite}.String() // the key stands elsewhere in the file
	if c.JSON {
		return c.print(streams.out, to, done)
	}
	say := func(format string, args ...any) {
		fmt.Fprintln(streams.out, streams.folded(fmt.Sprintf(format, args...)))
	}
	if c.DryRun { // above the changes, which may fill a screen
		say("%s", answers)
	}
	if err := show(streams.out, done.Changes); err != nil {
		return err
	}
	for _, shadow := range done.Shadows {
		streams.complain("parley: " + shell.HarmlessLine(shadow))
	}
	if c.DryRun {
		if len(done.Changes) == 0 {
			say("%s is already connected to %s.", done.Client, to)
		}
		say("Nothing was written.")
		return nil
	}
	switch {
	case done.Missing:
		say("%s was not found on this machine. Its configuration for %s is written, for when you install it.",
			done.Client, to)
	case len(done.Changes) == 0:
		say("%s is already connected to %s.", done.Client, to)
	default:
		say("%s is connected to %s.", done.Client, to)
	}
	say("%s", answers)
	if p.Key != kept && p.Key != "" {
		if err := sayReturned(streams.out, p.Base); err != nil {
			return err
		}
	}
	next(streams.out, done, p)
	return nil
}

// sayReturned names the person's seats that now use the key for the server at base: without the key the server may have
// refused the seats.
func sayReturned(w io.Writer, base string) error {
	seats, err := client.OpenTokens()
	if err != nil {
		return err
	}
	all, err := seats.All()
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.Server == base && s.OfShell() && !s.Person && !s.Keyed {
			fmt.Fprintf(w, "Your seat in the room %s as %s now uses this key.\n",
				shell.HarmlessLine(s.Room), shell.HarmlessLine(s.Name))
		}
	}
	return nil
}

// refuseOther returns an error if another program than Parley has answered with err: the client would get a wrong
// address. No answer is no error: the server may not have started yet.
func (c *connectCommand) refuseOther(p client.Place, err error) error {
	if err == nil || errors.As(err, new(*fault.Error)) {
		return nil
	}
	if page := ofPage.FindStringSubmatch(p.Base); page != nil {
		return c.refusePage(p.Base+", which is a page", page[1])
	}
	lost := new(client.Unreachable)
	if errors.Is(err, context.DeadlineExceeded) || errors.As(err, &lost) && !lost.Answered() {
		return nil
	}
	return fmt.Errorf("nothing was written: %v", err) // without the exit code for an unreachable server
}

// ofPage matches an address of a page or an interface of a server, which people may paste.
var ofPage = regexp.MustCompile(`^(.*)/(?:healthz|r/[^/]*|v1/wait|a2a|\.well-known/.*)$`)

// refusePage refuses an address of something else than a server, and names the server's address.
func (c *connectCommand) refusePage(what, base string) error {
	right := *c
	right.URL = base
	return usage(fmt.Errorf("nothing was written: you gave %s; the address of its server is %s: %s", what, base,
		right.again()))
}

// admission returns p with the key for the client, and a sentence on whether the server answers. The client gets no key
// if the server wants none, or lets the client sign in. admission goes on if the server does not answer, and stops if
// the server does not admit the client.
func (c *connectCommand) admission(ctx context.Context, p client.Place, ask func(string) (string, error)) (client.Place,
	string, error) {
	keyless := client.Place{Base: p.Base, Invite: p.Invite}
	protocol, err := protocolOf(ctx, keyless)
	if err := c.refuseOther(p, err); err != nil {
		return p, "", err
	}
	if fault.CodeOf(err) != fault.KeyInvalid {
		if err == nil {
			p = keyless
		}
		return p, c.answer(p, protocol, err) + noSeat(ctx, p), nil
	}
	if p.Key == "" && p.Invite == "" {
		switch {
		case c.signsIn(ctx, p):
			return p, connect.SignIn(c.Client), nil
		case c.DryRun: // a dry run leaves nothing behind, so it asks for no secret
			return p, "The server admits only callers with a key: connect asks for yours, and writes it as well.", nil
		case ask != nil:
			p.Key, err = shell.AskForKey(ask, p)
			if err != nil {
				return p, "", err
			}
		}
	}
	if p.Key != "" {
		protocol, err = protocolOf(ctx, p)
	}
	if fault.CodeOf(err) == fault.KeyInvalid {
		return p, "", fmt.Errorf("nothing was written. %s", p.Refused())
	}
	return p, c.answer(p, protocol, err), nil
}

// signsIn reports whether the client signs in to the server at p, at the client's own address for the server.
func (c *connectCommand) signsIn(ctx context.Context, p client.Place) bool {
	if connect.SignIn(c.Client) == "" {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	server := client.New(p.Base, client.Options{Version: app.Version()})
	defer func() { _ = server.Close() }()
	is, err := server.SignIn(ctx)
	return err == nil && is.Resource == p.MCP() && server.SendsToSignIn(ctx)
}

// answerTime bounds how long connect waits for the server.
const answerTime = 3 * time.Second

// protocolOf asks the server for its version of MCP.
func protocolOf(ctx context.Context, p client.Place) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	server := client.New(p.Base, client.Options{Version: app.Version(), Bearer: p.Key, Invite: p.Invite})
	defer func() { _ = server.Close() }()
	name, _, err := server.Server(ctx)
	if err == nil && name != "parley" {
		err = fmt.Errorf("the MCP server at %s is %q, not Parley", p.Base, name)
	}
	if err != nil {
		return "", err
	}
	return server.Protocol(ctx)
}

// noSeat returns a further sentence if the invite in p gives no seat; "" if the invite may give a seat, and without an
// invite.
func noSeat(ctx context.Context, p client.Place) string {
	if p.Invite == "" {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	server := client.New(p.Base, client.Options{Version: app.Version(), Invite: p.Invite})
	defer func() { _ = server.Close() }()
	why, help := server.WhyNoSeat(ctx)
	if why == "" {
		return ""
	}
	return " But the invite gives no seat: " + why + "; " + help + "."
}

// answer says whether the server answers.
func (c *connectCommand) answer(p client.Place, protocol string, err error) string {
	switch {
	case err == nil && p.Key != "":
		return "The server admits the key " + client.ShownKey(p.Key) + ", and speaks MCP " + protocol + "."
	case err == nil:
		return "The server answers, and speaks MCP " + protocol + "."
	case client.OnThisMachine(p.Base) && client.NobodyListens(err):
		return "The server does not answer yet: " + client.StartIt
	case client.OnThisMachine(p.Base) && !errors.As(err, new(*fault.Error)):
		return "Something listens at " + p.Base + ", but does not answer as Parley does. To see why: " +
			client.DoctorLine(p.Base)
	}
	return "The server does not answer now. To see why: " + client.DoctorLine(p.Base)
}

// remember records the server, and the key, for the other commands. An invite is for one room, so it changes neither.
func (c *connectCommand) remember(p client.Place) error {
	if c.DryRun || p.Invite != "" {
		return nil
	}
	if p.Key != "" {
		if _, err := client.KeepKey(p.Base, p.Key); err != nil {
			return err
		}
	}
	return client.SaveServer(p.Base)
}

// next writes the next steps.
func next(w io.Writer, done connect.Report, p client.Place) {
	say := func(format string, args ...any) {
		fmt.Fprint(w, shell.ScreenOn(w).Fold(fmt.Sprintf(format, args...), ""))
	}
	if done.Asks {
		say("%s asks before it uses the tools, unless you run this again with --allow.\n", done.Client)
	}
	if done.Trust {
		say("%s asks once whether you trust the hooks that wake the agent: trust them, there or under "+
			"/hooks.\n", done.Client)
	}
	room := `the room "hello"`
	if p.Invite != "" {
		room = "the room"
	}
	first := "Restart " + done.Client + ", then"
	if done.Missing {
		first = "Once " + done.Client + " is there,"
	}
	say("%s tell the agent: join %s on parley and talk to the other one.\n", first, room)
	if p.Invite == "" { // else the page is behind the link, which is a secret
		say("Or open %s/ to talk with your agent yourself.\n", p.Base)
	}
}

func show(w io.Writer, changes []connect.Change) error {
	for _, c := range changes {
		if _, err := c.WriteTo(w); err != nil {
			return err
		}
	}
	return nil
}

// print writes the result as JSON. server is the client's address now.
func (c *connectCommand) print(w io.Writer, server string, done connect.Report) error {
	return json.NewEncoder(w).Encode(struct {
		Client  string           `json:"client"`
		Server  string           `json:"server,omitempty"`
		DryRun  bool             `json:"dry_run,omitempty"`
		Changes []connect.Change `json:"changes"`
	}{c.Client, server, c.DryRun, append([]connect.Change{}, done.Changes...)})
}

// list writes the state of each client, one client a line, and on the last line the clients that are not installed.
func (c *connectCommand) list(streams streams, all []connect.Status) error {
	if c.JSON {
		return listJSON(streams.out, all)
	}
	var missing []string
	for _, s := range all {
		var stands string
		switch {
		case s.Err != nil:
			stands = s.Err.Error()
		case s.Gone != "":
			stands = whatIsGone(s)
		case s.Server != "":
			stands = "connected to " + shownServer(s)
		case s.Found:
			stands = "found"
		default:
			missing = append(missing, s.ID)
			continue
		}
		if _, err := fmt.Fprintln(streams.out, streams.folded(fmt.Sprintf("%-15s %s", s.ID, stands))); err != nil {
			return err
		}
	}
	if len(missing) == 0 {
		return nil
	}
	_, err := fmt.Fprintln(streams.out, streams.folded("Not found on this machine: "+strings.Join(missing, ", ")+
		". To set one up before you install it, name it: parley connect CLIENT"))
	return err
}

// listJSON is list for programs, with all clients alike.
func listJSON(w io.Writer, all []connect.Status) error {
	for _, s := range all {
		status := map[string]any{"client": s.ID, "found": s.Found, "server": shownServer(s)}
		if s.Err != nil {
			status["error"] = s.Err.Error()
		}
		if s.Gone != "" {
			status["gone"] = s.Gone
		}
		if err := json.NewEncoder(w).Encode(status); err != nil {
			return err
		}
	}
	return nil
}

// whatIsGone says that a client starts this program at a path that no longer exists, and what helps.
func whatIsGone(s connect.Status) string {
	at := ""
	if p, err := client.ParsePlace(s.Server); err == nil {
		at = " --url " + client.Place{Base: p.Base, Invite: p.Invite}.String()
	}
	return fmt.Sprintf("%s starts %s, which is gone: parley connect %s%s", s.Name, shell.HarmlessLine(s.Gone), s.ID, at)
}

// shownServer is the address in a client's configuration, without a key or an invite.
func shownServer(s connect.Status) string {
	return strings.TrimSuffix(client.Shown(s.Server), "/mcp")
}

// thisMachine says where the clients' configuration is.
func thisMachine() (m connect.Machine, err error) {
	m.Getenv, m.Sleep = os.Getenv, time.Sleep
	m.Home, err = client.Home()
	if err != nil {
		return m, err
	}
	m.Config, err = os.UserConfigDir()
	if err != nil {
		return m, fmt.Errorf("there is no folder for settings of programs: %w", err)
	}
	m.Folder, _ = os.Getwd() // without a current folder, no folder has entries of its own
	m.State, err = client.StateDir()
	if err != nil {
		return m, err
	}
	m.Program, err = ownPath()
	return m, err
}

// ownPath returns a path of this program that outlasts an update: the path in the PATH, which may be a link to the
// current version, if it leads to this program.
func ownPath() (string, error) {
	own, err := os.Executable()
	if err != nil {
		return "", err
	}
	found, err := exec.LookPath(os.Args[0])
	if err != nil {
		return own, nil
	}
	found, err = filepath.Abs(found)
	if err != nil {
		return own, nil
	}
	a, errA := os.Stat(own)
	b, errB := os.Stat(found)
	if errA != nil || errB != nil || !os.SameFile(a, b) {
		return own, nil
	}
	return found, nil
}

// isTemporary reports whether the file at path is in a folder for temporary files, or in the cache of builds of go run.
func isTemporary(path string) bool {
	for _, folder := range []string{os.TempDir(), "/var/tmp", "/dev/shm"} {
		temp, err := filepath.EvalSymlinks(folder)
		if err != nil {
			continue // there is no such folder
		}
		within, err := filepath.Rel(temp, path)
		if err == nil && filepath.IsLocal(within) {
			return true
		}
	}
	return ofGoRun.MatchString(filepath.ToSlash(path))
}
