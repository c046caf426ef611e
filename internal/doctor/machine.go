package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/client"
	"github.com/parley-chat/parley/internal/connect"
	"github.com/parley-chat/parley/internal/wake"
)

// clients looks at what is configured: is it this server?
func (v *visit) clients(ctx context.Context) {
	found := false
	for _, c := range v.Machine.List() {
		if v.asked(c) {
			found = true
			v.client(ctx, c)
		}
	}
	if !found {
		v.warn("clients", "parley connect CLIENT --url "+v.address(), "none of the clients that parley connect knows is here")
	}
}

// address is that of the server as a line for a shell has it. Whoever has an invite knows
// what stands in its place.
func (v *visit) address() string {
	if v.Invite != "" {
		return "INVITE"
	}
	return v.Server
}

// asked reports whether a client is to be looked at.
func (v *visit) asked(c connect.Status) bool { return c.ID == v.Client || v.Client == "" && c.Found }

func (v *visit) client(ctx context.Context, c connect.Status) {
	line := "parley connect " + c.ID + " --url " + v.address()
	plugin := pluginIn(v.Machine, c.ID)
	if plugin != "" && c.Server == "" {
		c.Server, line = plugin, "give the plugin the address "+v.Server
	}
	wrong := Warning // others may be meant for another server
	if v.Client != "" {
		wrong = Failed
	}
	tell := func(level Level, what string) { v.tell(Result{Check: c.Name, Level: level, What: what, Fix: line}) }
	configured, err := client.ParsePlace(c.Server)
	if configured.Key == "" {
		configured.Key = c.Key
	}
	c.Server = client.Shown(c.Server)
	switch {
	case c.Err != nil:
		v.fail(c.Name, "correct the file", "its configuration cannot be read: %v", c.Err)
	case c.Server == "":
		tell(wrong, "it does not know the server")
	case err != nil:
		tell(Failed, "its address of the server makes no sense: "+err.Error())
	case configured.Base == v.Server && plugin == "" && !c.Elsewhere && !v.admitted(ctx, configured):
		tell(Failed, "it is configured for "+c.Server+", but "+keyOf(configured))
	case configured.Base == v.Server:
		v.ok(c.Name, "it is configured for %s", c.Server)
	case v.room == nil:
		tell(wrong, "it is configured for "+c.Server+", and this is "+v.Server)
	case v.room.isAt(ctx, configured, v.Version):
		v.ok(c.Name, "it is configured for %s, which is the same server", c.Server)
	default:
		tell(wrong, "it is configured for another server, "+c.Server)
	}
}

// admitted reports whether the server admits what a client is configured to show.
func (v *visit) admitted(ctx context.Context, p client.Place) bool {
	return !v.wire.wants || p.Invite != "" || p.Key != "" && v.wire.as(p.Key).knock(ctx) == nil
}

// keyOf says what is wrong with the key that a client shows.
func keyOf(p client.Place) string {
	if p.Key == "" {
		return "has no key"
	}
	return "the server does not admit its key " + client.ShownKey(p.Key)
}

// hooks looks at what wakes idle agents.
func (v *visit) hooks(context.Context) {
	for _, c := range v.Machine.List() {
		file := settingsFile(v.Machine, c.ID, "settings.json", "hooks.json")
		if file == "" || !v.asked(c) {
			continue
		}
		v.otherNames(c)
		if plugin := pluginIn(v.Machine, c.ID) != ""; plugin || c.Server != "" {
			v.hook(c, file, plugin)
		}
	}
}

// otherNames looks for Parley under another name: the hook does nothing there, since it could
// not know to which server the token belongs.
func (v *visit) otherNames(c connect.Status) {
	for _, name := range slices.Sorted(maps.Keys(c.Others)) {
		p, err := client.ParsePlace(c.Others[name])
		if err == nil && (p.Base == v.Server || strings.Contains(strings.ToLower(name), "parley")) {
			v.warn(c.Name+" hooks", "parley connect "+c.ID+" --url "+v.address()+", and remove "+name,
				"the server %s is named %q there, so the hook does nothing for it: nothing wakes its agents", p, name)
		}
	}
}

func (v *visit) hook(c connect.Status, file string, plugin bool) {
	check, line := c.Name+" hooks", "parley connect "+c.ID+" --url "+v.address()
	var programs []string
	own, _ := client.ParsePlace(c.Server) // its own check says what is wrong
	for _, command := range commandsIn(file) {
		program, ok := programOf(command)
		if !ok {
			continue
		}
		programs = append(programs, program)
		if to, err := client.ParsePlace(urlOf(command)); err == nil && own.Base != "" && to.Base != own.Base {
			v.fail(check, line, "the hook that wakes idle agents shows their tokens to %s, and the client uses %s", to, own)
			return
		}
	}
	if plugin {
		programs, line = append(programs, "parley"), "install parley, so that it is in the PATH"
	}
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			v.fail(check, line, "the hook that wakes idle agents names %s, which cannot be run", program)
			return
		}
	}
	if len(programs) == 0 {
		v.warn(check, line, "no hook wakes an agent that has gone idle")
		return
	}
	trusted := ""
	if c.ID == "codex" {
		trusted = ", once you have trusted it there (/hooks)"
	}
	v.ok(check, "the hook that wakes idle agents runs %s%s", programs[0], trusted)
}

// commandsIn returns the commands of all hooks in a file; none if it cannot be read.
func commandsIn(file string) (all []string) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	var content struct {
		Hooks map[string][]struct {
			Hooks []struct {
				Command string `json:"command"`
			} `json:"hooks"`
		} `json:"hooks"`
	}
	if err := json.Unmarshal(text, &content); err != nil {
		return nil
	}
	for _, groups := range content.Hooks {
		for _, g := range groups {
			for _, h := range g.Hooks {
				all = append(all, h.Command)
			}
		}
	}
	return all
}

// urlOf returns the address in a command line that is parley hook; "" if it has none.
func urlOf(command string) string {
	_, url, _ := strings.Cut(command, " --url ")
	return strings.Trim(strings.TrimSpace(url), `"`)
}

// programOf returns the program of a command line that is parley hook.
func programOf(command string) (program string, ok bool) {
	if quoted, isQuoted := strings.CutPrefix(command, `"`); isQuoted {
		program, command, ok = strings.Cut(quoted, `"`)
	} else {
		program, command, ok = strings.Cut(command, " ")
	}
	command = strings.TrimSpace(command)
	name := strings.TrimSuffix(filepath.Base(program), ".exe")
	return program, ok && strings.HasPrefix(name, "parley") && (command == "hook" || strings.HasPrefix(command, "hook "))
}

// seats looks at the file of the seats.
func (v *visit) seats(context.Context) {
	const check = "seats"
	file, err := client.OpenTokens()
	if err != nil {
		v.fail(check, "make the folder writable, or set XDG_STATE_HOME", "there is no place to remember seats: %v", err)
		return
	}
	info, err := os.Stat(file.Path())
	if err != nil {
		v.ok(check, "no seats are remembered yet")
		return
	}
	const others = fs.FileMode(0o077)
	if runtime.GOOS != "windows" && info.Mode()&others != 0 {
		v.fail(check, "chmod 600 "+file.Path(), "others can read the tokens in %s", file.Path())
		return
	}
	all, err := file.All()
	if err != nil {
		v.fail(check, "rm "+file.Path(), "%v", err)
		return
	}
	v.ok(check, "%s remembered in %s, for you alone", counted(len(all)), file.Path())
}

// standby looks whether a program waits for agents that have gone idle.
func (v *visit) standby(context.Context) {
	const check = "standby"
	waiting := 0
	if file, err := client.OpenTokens(); err == nil {
		all, _ := file.All() // its own check says what is wrong
		for _, s := range all {
			if s.Wake != nil {
				waiting++
			}
		}
	}
	release, free, err := wake.TakeRole(wake.ForAgents)
	switch {
	case err != nil:
		v.fail(check, "make the folder writable, or set XDG_STATE_HOME", "%v", err)
		return
	case !free:
		v.ok(check, "a program waits; remembered for it: %s", counted(waiting))
		return
	}
	_ = release() // it ends with this process at the latest
	if waiting > 0 {
		v.warn(check, "parley standby", "no program waits to wake your agents; remembered for it: %s", counted(waiting))
		return
	}
	v.ok(check, "none runs; it starts when an agent takes a seat")
}

// counted writes how many seats there are.
func counted(n int) string {
	if n == 1 {
		return "1 seat"
	}
	return fmt.Sprintf("%d seats", n)
}
