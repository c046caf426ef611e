package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/client"
	"github.com/parley-chat/parley/internal/connect"
	"github.com/parley-chat/parley/internal/wake"
)

// waking names the question whether an idle agent is woken.
const waking = "wake"

// wakes asks whether an idle agent is woken: there must be a hook that notes its seat, a
// program that waits in its place, and a server that tells that of news.
func (v *visit) wakes(ctx context.Context) {
	for _, c := range v.chosen() {
		if file := settingsFile(v.Machine, c.ID, "settings.json", "hooks.json"); file != "" {
			v.otherNames(c)
			if plugin := pluginIn(v.Machine, c.ID) != ""; plugin || c.Server != "" {
				v.hook(c, file, plugin)
			}
		}
	}
	if !v.standby() {
		return // nothing else can work
	}
	if v.room != nil {
		v.news(ctx)
	}
	if v.Wake {
		v.wakeSessions(ctx)
	}
}

// otherNames looks for Parley under another name: the hook does nothing there, since it could
// not know to which server the token belongs.
func (v *visit) otherNames(c connect.Status) {
	for _, name := range slices.Sorted(maps.Keys(c.Others)) {
		p, err := client.ParsePlace(c.Others[name])
		if err == nil && (p.Base == v.Server || strings.Contains(strings.ToLower(name), "parley")) {
			v.warn(waking, v.connectLine(c.ID)+", and remove "+name,
				"%s names the server %s %q, so the hook does nothing for it: nothing wakes its agents", c.Name, p, name)
		}
	}
}

// hook looks at the hook of a client, which its settings have in a file, or its plugin.
func (v *visit) hook(c connect.Status, file string, plugin bool) {
	fix := v.connectLine(c.ID)
	var programs []string
	own, _ := client.ParsePlace(c.Server) // the answer about the client says what is wrong
	for _, command := range commandsIn(file) {
		program, ok := programOf(command)
		if !ok {
			continue
		}
		programs = append(programs, program)
		if to, err := client.ParsePlace(urlOf(command)); err == nil && own.Base != "" && to.Base != own.Base {
			v.fail(waking, fix, "the hook of %s shows the tokens of its agents to %s, and the "+
				"client uses %s", c.Name, to, own)
			return
		}
	}
	if plugin {
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
	case c.ID == "codex":
		v.ok(waking, "the hook of %s runs %s, once you have trusted it there (/hooks)", c.Name, programs[0])
	default:
		v.ok(waking, "the hook of %s runs %s", c.Name, programs[0])
	}
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
	return program, ok && strings.HasPrefix(name, "parley") &&
		(command == "hook" || strings.HasPrefix(command, "hook "))
}

// standby looks whether a program waits for the agents that have gone idle. It reports whether
// their seats can be remembered.
func (v *visit) standby() bool {
	idle, err := idleSeats("")
	if err != nil {
		return v.fail(waking, "make the folder writable, or set XDG_STATE_HOME; a damaged file can "+
			"be removed", "there is no place to remember seats: %v", err)
	}
	release, free, err := wake.TakeRole(wake.ForAgents)
	if err != nil {
		return v.fail(waking, "make the folder writable, or set XDG_STATE_HOME", "%v", err)
	}
	if !free {
		return v.ok(waking, "a program waits, for agents with a seat: %d", len(idle))
	}
	_ = release() // it ends with this process at the latest
	if len(idle) == 0 {
		return v.ok(waking, "no program waits; one starts when an agent takes a seat")
	}
	v.warn(waking, "parley standby", "no program waits, and there are agents with a seat: %d", len(idle))
	return true
}

// idleSeats returns the seats of the agents of a client that are woken; of all if it is "".
func idleSeats(id string) ([]client.Seat, error) {
	file, err := client.OpenTokens()
	if err != nil {
		return nil, err
	}
	all, err := file.All()
	other := func(s client.Seat) bool { return !s.HasSession() || id != "" && s.Wake.Client != id }
	return slices.DeleteFunc(all, other), err
}

// noticeTime bounds a trial, which takes a second if all is well.
const noticeTime = 30 * time.Second

// news asks whether a program that waits in the place of an idle agent hears of a message.
func (v *visit) news(ctx context.Context) {
	parent := ctx
	ctx, cancel := context.WithTimeout(ctx, noticeTime)
	defer cancel()
	const fix = "let the proxy pass /v1/wait like /mcp, with its Authorization header"
	took, err := v.room.news(ctx)
	switch {
	case parent.Err() != nil:
	case errors.Is(err, context.DeadlineExceeded):
		v.fail(waking, fix, "/v1/wait, where a program waits for idle agents, did not tell of a message "+
			"within %s", seconds(noticeTime))
	case err != nil:
		v.fail(waking, fix, "/v1/wait, where a program waits for idle agents: %v", err)
	default:
		v.tell(Result{
			Check: waking, Level: OK, Seconds: took.Round(time.Millisecond).Seconds(),
			What: "/v1/wait, where a program waits for idle agents, told of a message after " + seconds(took),
		})
	}
}

// wakeSessions wakes each session of the client that has a seat. That costs a turn each.
func (v *visit) wakeSessions(ctx context.Context) {
	idle, _ := idleSeats(v.Client) // else said before
	idle = slices.DeleteFunc(idle, func(s client.Seat) bool { return wake.SessionOver(s.Wake) })
	if len(idle) == 0 {
		v.warn(waking, "let the agent join a room", "no session of %s has a seat", v.Client)
	}
	for _, s := range idle {
		ctx, cancel := context.WithTimeout(ctx, noticeTime)
		err := wake.NotifyAgent(ctx, s.Wake, "Parley doctor tries whether this session can be woken. There is "+
			"nothing to do.")
		cancel()
		if err != nil {
			v.fail(waking, v.connectLine(v.Client)+", and restart the client", "the session in room %q cannot be "+
				"woken: %v", s.Room, err)
			continue
		}
		v.ok(waking, "the session in room %q took a notice", s.Room)
	}
}
