package doctor

import (
	"context"
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/cli/client"
	"github.com/parley-chat/parley/internal/cli/connect"
	"github.com/parley-chat/parley/internal/cli/wake"
)

// waking names the question whether an idle agent is woken.
const waking = "wake"

// wakes checks whether an idle agent would be woken: the agent's client needs a hook that records the seat, and a
// program must wait for the seat's messages.
func (v *visit) wakes(context.Context) {
	for _, c := range v.chosen() {
		if !c.Hooked {
			continue
		}
		v.otherNames(c)
		if c.Plugin != "" || c.Server != "" {
			v.hook(c)
		}
	}
	v.standby()
}

// otherNames finds Parley under another name: there the hook does nothing, since the hook could not know which server
// the token belongs to.
func (v *visit) otherNames(c connect.Status) {
	for _, name := range slices.Sorted(maps.Keys(c.Others)) {
		place, err := client.ParsePlace(c.Others[name])
		if err == nil && (place.Base == v.Server || strings.Contains(strings.ToLower(name), "parley")) {
			v.warn(waking, v.connectLine(c.ID)+", and remove "+name,
				"%s names the server %s %q, so the hook does nothing for it: nothing wakes its agents", c.Name, place,
				name)
		}
	}
}

// hookLine matches the command line of parley hook, with the program and the address.
var hookLine = regexp.MustCompile(`^("[^"]+"|\S+) +hook(?: --url (.+))?$`)

// hook checks the hook of a client, in the client's settings or in the plugin.
func (v *visit) hook(c connect.Status) {
	fix, idle := v.connectLine(c.ID), c.PluginIdle
	var programs []string
	own, _ := client.ParsePlace(c.Server) // the check of the client reports the error
	for _, command := range c.Hooks {
		parts := hookLine.FindStringSubmatch(command)
		if parts == nil || !strings.HasPrefix(filepath.Base(strings.Trim(parts[1], `"`)), "parley") {
			continue
		}
		programs = append(programs, strings.Trim(parts[1], `"`))
		idle = idle || slices.Contains(c.Idle, command)
		to, err := client.ParsePlace(strings.Trim(parts[2], `"`))
		if err == nil && own.Base != "" && to.Base != own.Base {
			v.fail(waking, fix, "the hook of %s shows the tokens of its agents to %s, and the client uses %s", c.Name,
				to, own)
			return
		}
	}
	if c.Plugin != "" {
		programs, fix = append(programs, "parley"), "install parley, so that it is in the PATH"
	}
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			v.fail(waking, fix, "the hook of %s names %s, which cannot be run", c.Name, program)
			return
		}
	}
	switch {
	case len(programs) == 0:
		v.warn(waking, fix, "no hook of %s wakes an agent that has gone idle", c.Name)
	case idle:
		v.warn(waking, fmt.Sprintf("start %s, choose /hooks, and trust those of Parley", c.Name),
			"%s does not run the hooks that wake its agents: you have not trusted them as they are now, or have "+
				"turned one off", c.Name)
	default:
		v.ok(waking, "the hook of %s runs %s", c.Name, programs[0])
	}
}

// standby checks whether a program waits for the idle agents.
func (v *visit) standby() {
	const fix = "make the folder writable, or set XDG_STATE_HOME; a damaged file can be removed"
	idle, err := idleSeats()
	if err != nil {
		v.fail(waking, fix, "there is no place to remember seats: %v", err)
		return
	}
	release, free, err := wake.TakeRole(wake.ForAgents)
	if err != nil {
		v.fail(waking, fix, "%v", err)
		return
	}
	if !free {
		v.ok(waking, "a program waits for the agents that have a seat: %d", idle)
		return
	}
	_ = release() // this process releases the role at the latest when it ends
	if idle == 0 {
		v.ok(waking, "no program waits yet; one starts when an agent takes a seat")
		return
	}
	v.warn(waking, "parley standby", "no program waits for the agents that have a seat: %d", idle)
}

// idleSeats returns how many seats have agents that hooks can wake.
func idleSeats() (n int, err error) {
	file, err := client.OpenTokens()
	if err != nil {
		return 0, err
	}
	all, err := file.All()
	for _, s := range all {
		if s.HasSession() {
			n++
		}
	}
	return n, err
}
