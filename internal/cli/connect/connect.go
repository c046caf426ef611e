// Package connect writes Parley into the configuration of people's clients, and removes Parley again. A file changes
// only where it must, in one step, and only if the file can be parsed before and after. A record keeps what was
// written.
package connect

import (
	"fmt"
	"slices"
	"time"
)

// Machine says where things are on this computer.
type Machine struct {
	Home    string // the user's home folder
	Config  string // the user's folder for configuration: os.UserConfigDir
	State   string // the folder for the record
	Program string // the path of parley
	Folder  string // the current folder; "" to look at no folder
	Getenv  func(string) string
	// Sleep waits for a client that may be writing its file.
	Sleep func(time.Duration)
}

// Options are what a person wants of Connect.
type Options struct {
	Client string
	Server string // the address without /mcp
	Key    string // admits the client to the server; "" without a key
	Invite string // the code that admits the client as a guest; "" for none
	Allow  bool   // let the agent use the tools without asking
	// AskActs: the client asks before acts that strangers' words may lead to, whatever else it allows.
	AskActs bool
	Wake    bool // add the hooks that wake an idle agent, where the client has hooks
	DryRun  bool // write nothing
}

// Report says the result of Connect or Undo.
type Report struct {
	Client  string // for people
	Changes []Change
	// Asks: the client asks its person for each use of the tools.
	Asks bool
	// Missing: the client was not found on this machine before Connect wrote its files.
	Missing bool
	// Shadows say which entries of single folders take precedence over the written entry.
	Shadows []string
	// Trust: the client runs the written hooks only after its person trusts them.
	Trust bool
	// Server is, after Undo, the address that the client had, unless the client came by an invite; "" if none.
	Server string
	// Next is, after Undo, the address that the other commands use instead, if they have used Server: Server again if
	// another client has it, else the address connected last; "" if none.
	Next string
}

// Check returns why Connect refuses a client or a flag of o, whatever the server; nil if Connect does not refuse.
func (m Machine) Check(o Options) error {
	_, err := m.checked(o)
	return err
}

// Starts reports whether a client would start this program: for hooks, if wake is true, or as a server.
func (m Machine) Starts(id string, wake bool) bool {
	c, err := find(id)
	return err == nil && c.startsProgram(wake)
}

// SignIn says how the person of a client signs in to a server; "" for a client that cannot sign in.
func SignIn(id string) string {
	c, err := find(id)
	if err != nil || c.signIn == "" {
		return ""
	}
	return c.name + " signs in, so no key is written. For that, " + c.signIn + ", and paste your key on the page " +
		"that opens."
}

func (c client) startsProgram(wake bool) bool { return c.starts || wake && c.wake != nil }

// checked returns the client to connect, or why Connect refuses it.
func (m Machine) checked(o Options) (client, error) {
	c, err := find(o.Client)
	switch {
	case err != nil:
		return c, err
	case o.Allow && c.allow == nil:
		return c, fmt.Errorf("%s has no setting for --allow in a file: allow the tools when it asks", c.name)
	case o.AskActs && c.askActs == nil:
		return c, fmt.Errorf("%s has no rules that hold for --ask-acts; claude-code alone has. Run its agent in a "+
			"sandbox, or without credentials, and leave the flag out", c.name)
	}
	return c, c.refusePlugin(m)
}

// Connect adds a server to a client. If everything is there already, Connect changes nothing.
func (m Machine) Connect(o Options) (Report, error) {
	c, err := m.checked(o)
	if err != nil {
		return Report{}, err
	}
	return m.connect(c, o, func(old connection) Options {
		o.Allow, o.AskActs = o.Allow || old.Allow, o.AskActs || old.AskActs
		return o
	})
}

// connect connects a client with the options that with returns for what is written now.
func (m Machine) connect(c client, o Options, with func(old connection) Options) (Report, error) {
	report := Report{Client: c.name, Missing: !c.isInstalled(m), Shadows: c.shadows(m, o.endpoint())}
	planned := func(old connection) ([]*edit, error) {
		o = with(old)
		edits, err := plan(c.placesFor(m, o), old)
		report.Asks = !o.Allow && c.allow != nil
		if report.Changes == nil { // a later pass repeats these changes
			report.Changes = changesOf(edits)
		}
		report.Trust = c.trusts && o.Wake && len(report.Changes) > 0
		return edits, err
	}
	if o.DryRun {
		err := m.readRecord(func(r *record) error { _, err := planned(r.of(c, m)); return err })
		return report, err
	}
	err := m.withRecord(func(r *record) error {
		old := r.of(c, m)
		defer removeFolders(old.Files)
		return c.settled(m, func() (wrote bool, err error) {
			edits, err := planned(old)
			if err != nil || len(changesOf(edits)) == 0 {
				return false, err
			}
			now := connection{Client: c.id, Config: c.file(m), Server: o.Server, Guest: o.Invite != "", Allow: o.Allow,
				AskActs: o.AskActs}
			if c.startsProgram(o.Wake) {
				now.Program = m.Program
			}
			if err := r.write(now, old, edits); err != nil {
				return false, err
			}
			old = r.of(c, m)
			return true, nil
		})
	})
	return report, err
}

// UndoFlags takes back what Allow and AskActs of o have added to a client, and leaves the client connected.
func (m Machine) UndoFlags(o Options) (Report, error) {
	c, err := m.checked(o)
	if err != nil {
		return Report{}, err
	}
	var old connection
	err = m.readRecord(func(r *record) error { old = r.of(c, m); return nil })
	if err != nil || len(old.Files) == 0 {
		return Report{Client: c.name}, err
	}
	now := old.options(c)
	now.Allow, now.AskActs, now.DryRun = now.Allow && !o.Allow, now.AskActs && !o.AskActs, o.DryRun
	return m.as(old).connect(c, now, func(connection) Options { return now })
}

// refusePlugin returns an error if the plugin is installed. The plugin brings the same tools and hooks: the agent would
// see each tool twice.
func (c client) refusePlugin(m Machine) error {
	if c.plugin == nil {
		return nil
	}
	mark := c.plugin(m)
	e, err := open(mark.file)
	if err != nil {
		return err
	}
	doc, err := e.format.decode(e.text)
	if err != nil || mark.entry.in(doc) != held {
		return err
	}
	return fmt.Errorf("the plugin parley@parley is installed in %s, and brings the tools and the hooks; uninstall "+
		"it before you use parley connect, or keep it and use only the plugin", c.name)
}

// placesFor returns the entries for a client's files.
func (c client) placesFor(m Machine, o Options) []placed {
	all := []placed{{c.file(m), value(c.value(m, o), c.key, name)}}
	if o.Allow && c.allow != nil {
		all = append(all, c.allow(m))
	}
	if o.AskActs && c.askActs != nil {
		all = append(all, c.askActs(m)...)
	}
	if o.Wake && c.wake != nil {
		all = append(all, c.wake(m, o.Server)...)
	}
	return all
}

// write records the changes first, so that Undo can take them back even if this process ends in between, and then
// writes the files.
func (r *record) write(now, old connection, edits []*edit) error {
	for _, e := range edits {
		if len(e.wrote.Entries) > 0 {
			now.Files = append(now.Files, e.wrote)
		}
	}
	if err := r.add(now); err != nil {
		return err
	}
	return saveAll(edits, old)
}

// saveAll writes the changed files.
func saveAll(edits []*edit, old connection) error {
	for _, e := range edits {
		if !e.changed() {
			continue
		}
		if err := e.save(old.file(e.path)); err != nil {
			return err
		}
	}
	return nil
}

func changesOf(edits []*edit) []Change {
	var all []Change
	for _, e := range edits {
		if c := e.change; len(c.Added)+len(c.Removed)+len(c.Left) > 0 {
			all = append(all, c)
		}
	}
	return all
}

// Undo takes back what Connect has written for a client, to the byte. Values that have changed since then stay.
func (m Machine) Undo(id string, dryRun bool) (Report, error) {
	c, err := find(id)
	if err != nil {
		return Report{}, err
	}
	report := Report{Client: c.name}
	planned := func(old connection) (edits []*edit, err error) {
		for _, w := range old.Files {
			e, err := open(w.Path)
			if err != nil {
				return nil, err
			}
			if err := e.takeBack(w); err != nil {
				return nil, err
			}
			edits = append(edits, e)
		}
		if err := checkWritable(edits); err != nil {
			return nil, err
		}
		if report.Changes == nil { // a later pass repeats these changes
			report.Changes = changesOf(edits)
		}
		return edits, nil
	}
	if dryRun {
		err = m.readRecord(func(r *record) error { _, err := planned(r.of(c, m)); return err })
		return report, err
	}
	err = m.withRecord(func(r *record) error {
		old := r.of(c, m)
		if !old.Guest {
			report.Server, report.Next = old.Server, r.next(old)
		}
		defer removeFolders(old.Files)
		if err := c.settled(m, func() (wrote bool, err error) {
			edits, err := planned(old)
			if err != nil || !slices.ContainsFunc(edits, (*edit).changed) {
				return false, err
			}
			return true, saveAll(edits, old)
		}); err != nil || len(old.Files) == 0 {
			return err
		}
		return r.add(connection{Client: old.Client, Config: old.Config})
	})
	return report, err
}
