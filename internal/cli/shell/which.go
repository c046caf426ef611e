package shell

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/cli/client"
)

// Which says which seat a command means. Empty fields fit every seat.
type Which struct {
	Room, As   string
	Watched    bool // only seats of agents under the person's watch
	Positional bool // the command takes the room as an argument, without --room
	AnyOfRoom  bool // any one of several seats in one room will do

	byRoom, byAs string // " (PARLEY_ROOM)" and " (PARLEY_AS)" behind names that this terminal gave: see at
}

// The variables that choose the seat of a terminal. A flag of a command goes first, each for itself.
const (
	roomVariable = "PARLEY_ROOM"
	asVariable   = "PARLEY_AS"
)

// OfTerminal returns the seat that the variables of this terminal name.
func OfTerminal(env func(name string) string) Which {
	return Which{Room: env(roomVariable), As: env(asVariable)}
}

// at adds the names of the terminal to those that the command leaves open.
func (w Which) at(terminal Which) Which {
	if w.Room == "" && terminal.Room != "" {
		w.Room, w.byRoom = terminal.Room, " ("+roomVariable+")"
	}
	if w.As == "" && terminal.As != "" {
		w.As, w.byAs = terminal.As, " ("+asVariable+")"
	}
	return w
}

// fits reports whether a seat can be meant. Seats of agents are not the shell's.
func (w Which) fits(seat client.Seat) bool {
	return seat.OfShell() && (seat.Person || !w.Watched) && w.names(seat)
}

// names reports whether a seat has the names.
func (w Which) names(seat client.Seat) bool {
	return (w.Room == "" || sameName(w.Room)(seat.Room)) && (w.As == "" || sameName(w.As)(seat.Name))
}

// choose returns the seat that a command means: the only fitting seat, on the server that the person named or else on
// any server.
func (s *Shell) choose(w Which) (client.Seat, error) {
	w = w.at(s.Terminal)
	fit, err := s.fitting(w)
	if err != nil {
		return client.Seat{}, err
	}
	switch len(fit) {
	case 0:
		return client.Seat{}, s.none(w)
	case 1:
		return fit[0], nil
	}
	fit = w.distinct(fit)
	if len(fit) == 1 {
		return fit[0], nil
	}
	return client.Seat{}, fail(usage, "You have several seats, and this command needs one. Nothing was done. Choose "+
		"one, or set %s and %s in this terminal:\n%s", roomVariable, asVariable, lines(s.again(w, fit)))
}

// fitting returns the seats that w can mean. If their servers know some of them, it returns only those; if some are at
// the usual server, only those. It returns one of namesakes.
func (s *Shell) fitting(w Which) ([]client.Seat, error) {
	all, err := s.Seats.All()
	if err != nil {
		return nil, err
	}
	fit := seatsFirst(slices.DeleteFunc(all, func(seat client.Seat) bool { return !s.fits(w, seat) }))
	for _, isWorse := range []func(client.Seat) bool{
		func(seat client.Seat) bool { return !seat.UnknownAt.IsZero() },
		func(seat client.Seat) bool { return seat.Server != s.Usual.Base },
	} {
		if better := slices.DeleteFunc(slices.Clone(fit), isWorse); len(better) > 0 {
			fit = better
		}
	}
	return oneOfNamesakes(fit), nil
}

// areNamesakes reports whether two seats of the shell have the same server, room and name, and are both of the agent or
// both of its person. The server was started with other rooms in between: it knows at most one of them now.
func areNamesakes(a, b client.Seat) bool {
	return a.OfShell() && b.OfShell() && a.Person == b.Person && a.Server == b.Server &&
		Which{Room: a.Room, As: a.Name}.names(b)
}

// oneOfNamesakes returns the list with the first of all that are namesakes. Shell.newestKnown finds the right one.
func oneOfNamesakes(list []client.Seat) (one []client.Seat) {
	for _, seat := range list {
		if !slices.ContainsFunc(one, func(other client.Seat) bool { return areNamesakes(seat, other) }) {
			one = append(one, seat)
		}
	}
	return one
}

// RefuseWord refuses a command line in which a word names a room of the person: w has the word as its room, and s.Typed
// lacks the word. The refusal has the whole command for each seat in that room. RefuseWord returns nil if the person
// has no seat there.
func (s *Shell) RefuseWord(w Which, why string) error {
	fit, err := s.fitting(w)
	if err != nil || len(fit) == 0 {
		return err
	}
	return fail(usage, "%s is a room of yours, and this command takes a room as --room. Nothing was done.%s To mean "+
		"the room:\n%s", w.Room, why, lines(s.again(Which{}, fit)))
}

// seatsFirst returns the list without the watched seats that the person also has in the shell: the person opened the
// link to watch a seat of the shell, and goes on speaking as that seat.
func seatsFirst(list []client.Seat) (first []client.Seat) {
	for _, seat := range list {
		if !isOwn(list, seat) {
			first = append(first, seat)
		}
	}
	return first
}

// isOwn reports whether the person watches the seat and has it in the shell, too. If the server knows the watched seat
// and not that of the shell, the two only have one name.
func isOwn(list []client.Seat, seat client.Seat) bool {
	return seat.Person && slices.ContainsFunc(list, func(own client.Seat) bool {
		return own.OfShell() && !own.Person && own.Server == seat.Server &&
			(own.UnknownAt.IsZero() || !seat.UnknownAt.IsZero()) && Which{Room: own.Room, As: own.Name}.names(seat)
	})
}

// fits reports whether w can mean a seat, on the server that the person named or else on any.
func (s *Shell) fits(w Which, seat client.Seat) bool {
	return w.fits(seat) && (s.Base == "" || seat.Server == s.Base)
}

// none says that w can mean no seat. To a person who only watches it offers no move: a move shows the other server the
// secrets of all seats, and a link to watch names its own server.
func (s *Shell) none(w Which) error {
	all, err := s.Seats.All()
	if err != nil {
		return err
	}
	at := ""
	if s.Base != "" {
		at = " at " + s.Base
	}
	own := slices.IndexFunc(all, func(seat client.Seat) bool { return w.fits(seat) && !seat.Person })
	watched := slices.IndexFunc(all, func(seat client.Seat) bool { return w.fits(seat) && seat.Person })
	switch {
	case own >= 0:
		return fail(gone, "You have no seat%s%s, but you have one at %s. If both are one server, take your seats "+
			"along: %s; else take a seat with: %s", w, at, all[own].Server, s.moving(all[own].Server, s.Base),
			s.joining(client.Seat{Room: w.Room, Name: w.As}))
	case watched >= 0:
		return fail(gone, "You watch no agent%s%s, but you watch one at %s: give that address with --url.", w, at,
			all[watched].Server)
	case w.Watched:
		return fail(gone, "You watch no agent%s%s. Ask your agent for its watch link, and open it with: %s",
			w, at, s.command("watch"))
	}
	return fail(gone, "You have no seat%s%s.%s For a new one: %s", w, at, s.seatsOf(all),
		s.joining(client.Seat{Room: w.Room, Name: w.As}))
}

// seatsOf names the seats on this server, each name once, even if the person also watches the seat: the name in the
// command may be mistyped. It returns "" without seats.
func (s *Shell) seatsOf(seats []client.Seat) string {
	var names []string
	for _, seat := range seats {
		if name := seat.Room + " as " + seat.Name; s.fits(Which{}, seat) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if names == nil {
		return ""
	}
	return " You have one in " + strings.Join(names, ", ") + "."
}

// String says where a seat was looked for.
func (w Which) String() string {
	text := ""
	if w.Room != "" {
		text += " in the room " + shownRoom(w.Room) + w.byRoom
	}
	if w.As != "" {
		text += " as " + w.As + w.byAs
	}
	return text
}

// distinct returns the seats among which the command has to choose.
func (w Which) distinct(list []client.Seat) []client.Seat {
	if !w.AnyOfRoom {
		return list
	}
	var rooms []client.Seat
	for _, seat := range list {
		if !slices.ContainsFunc(rooms, func(other client.Seat) bool {
			return other.Server == seat.Server && sameName(other.Room)(seat.Room)
		}) {
			rooms = append(rooms, seat)
		}
	}
	return rooms
}

// again returns the typed command once for each of these seats, with the flags that name the seat.
func (s *Shell) again(w Which, list []client.Seat) string {
	var commands []string
	for _, seat := range list {
		more := ""
		if w.Positional && (w.Room == "" || w.byRoom != "") {
			more += " " + argument(seat.Room, "ROOM")
		}
		if !w.Positional && !s.typed("--room") {
			more += flagFor("--room", seat.Room)
		}
		if !s.typed("--as") {
			more += flagFor("--as", seat.Name)
		}
		if slices.ContainsFunc(list, func(other client.Seat) bool { return other.Server != seat.Server }) {
			more += flagFor("--url", seat.Server)
		}
		words := slices.Clone(s.Typed)
		if more != "" {
			words = slices.Insert(words, s.endOfFlags(), more[1:])
		}
		commands = append(commands, "  "+cmp.Or(s.Program, "parley")+" "+strings.Join(words, " "))
	}
	return strings.Join(commands, "\n")
}

// endOfFlags returns how many words of the command line may be flags.
func (s *Shell) endOfFlags() int {
	if end := slices.Index(s.Typed, "--"); end >= 0 {
		return end
	}
	return len(s.Typed)
}

// typed reports whether the command line has a flag.
func (s *Shell) typed(flag string) bool {
	return slices.ContainsFunc(s.Typed[:s.endOfFlags()], func(word string) bool {
		return word == flag || strings.HasPrefix(word, flag+"=")
	})
}

// command returns a command of this program, with its arguments, as the person runs it. It names the server if the
// person has named a server and the command takes one: the link of watch names its own server.
func (s *Shell) command(words string) string {
	if s.Base != "" && !strings.HasPrefix(words, "watch") {
		words = WithFlags(words, flagFor("--url", s.Base))
	}
	return cmp.Or(s.Program, "parley") + " " + words
}

// WithFlags returns the words of a command with flags behind them, but before what the program does not read.
func WithFlags(words, flags string) string {
	own, others, ends := strings.Cut(words, " -- ")
	if !ends {
		return words + flags
	}
	return own + flags + " -- " + others
}

// command returns a command of this program, with its arguments, as the person runs it for this seat. The command names
// the seat, so it means this seat in each terminal, and also when the person has taken another one. For an agent the
// command names the seat only where there are others.
func (s *session) command(words string) string {
	if strings.HasPrefix(words, "join") { // the room is an argument
		seat := s.seat
		if words != "join" {
			seat.Name = ""
		}
		return s.by.joining(seat)
	}
	all, err := s.file.All()
	others := func(seat client.Seat) bool { return seat.OfShell() && seat.Token != s.seat.Token }
	if s.isAgents() && err == nil && !slices.ContainsFunc(all, others) {
		return cmp.Or(s.by.Program, "parley") + " " + words
	}
	which := Which{Room: s.seat.Room, As: s.seat.Name}
	flags := flagFor("--room", which.Room) + flagFor("--as", which.As)
	if err == nil && slices.ContainsFunc(all, func(other client.Seat) bool {
		return other.Server != s.seat.Server && which.fits(other)
	}) {
		flags += flagFor("--url", s.seat.Server)
	}
	return cmp.Or(s.by.Program, "parley") + " " + WithFlags(words, flags)
}

// Suggest returns a command with these words for each seat that w can mean, if there are several: the command names the
// seat. It returns nil for one seat or none, since a command means the only seat without its name.
func (s *Shell) Suggest(w Which, words string) (lines []string) {
	fit, err := s.fitting(w.at(s.Terminal))
	if err != nil || len(fit) < 2 {
		return nil
	}
	for _, seat := range fit {
		lines = append(lines, s.commandAt(seat, words))
	}
	return lines
}

// commandAt is command for a seat.
func (s *Shell) commandAt(seat client.Seat, words string) string {
	return (&session{seat: seat, file: s.Seats, by: s}).command(words)
}

// commandOf returns how to write commands about the room of a join. They name the person's seat there: the seat under
// req.As, else any. Without a seat they name only the room, for an admin to run.
func (s *Shell) commandOf(base string, req JoinRequest) func(words string) string {
	all, _ := s.Seats.All() // without the file, a command names no seat
	all = slices.DeleteFunc(all, func(seat client.Seat) bool {
		there := req.Room != "" && Which{Room: req.Room}.names(seat) || req.Invite != "" && leadsTo(req.Invite, seat)
		return !seat.OfShell() || seat.Person || seat.Server != base || !there
	})
	return func(words string) string {
		named := slices.IndexFunc(all, Which{As: req.As}.names)
		switch {
		case len(all) > 0:
			return s.commandAt(all[max(named, 0)], words)
		case req.Room != "":
			words += flagFor("--room", req.Room)
		}
		return s.command(words)
	}
}

// joining returns the command that takes a seat. The person fills in empty fields.
func (s *Shell) joining(seat client.Seat) string {
	at := *s
	if seat.Server != "" && seat.Server != s.Usual.Base {
		at.Base = seat.Server
	}
	name := cmp.Or(flagFor("--as", seat.Name), " --as NAME")
	if seat.Agent {
		name += " --agent"
	}
	to := argument(shownRoom(seat.Room), "ROOM")
	if seat.Guest {
		to = "LINK"
	}
	return at.command("join " + to + name)
}

// shownRoom returns what a person gave as a room, for a refusal: LINK for an invite, which is a secret.
func shownRoom(given string) string {
	if _, invite := ident.InviteIn(given); invite {
		return "LINK"
	}
	return given
}

// quoted writes a name as a POSIX shell reads it: the shell makes the name of it, and nothing else.
func quoted(name string) string {
	name = HarmlessLine(name)
	if plainWord.MatchString(name) {
		return name
	}
	return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
}

// plainWord matches a word that no shell changes.
var plainWord = regexp.MustCompile(`^[\pL\pM\pN_.:/@+-]+$`)

// flagFor returns a flag with a name, which a server may have chosen, behind a blank; "" if quotes are not enough: the
// name is empty, has hidden characters, or has the quotes around a command.
func flagFor(is, name string) string {
	switch {
	case name == "" || HarmlessLine(name) != name || strings.ContainsAny(name, "“”"):
		return ""
	case strings.HasPrefix(name, "-"): // else it would be a flag
		return " " + is + "=" + quoted(name)
	}
	return " " + is + " " + quoted(name)
}

// argument is quoted for a name that stands without a flag; it returns instead if the name cannot stand there.
func argument(name, instead string) string {
	if strings.HasPrefix(name, "-") || flagFor("", name) == "" {
		return instead
	}
	return quoted(name)
}

// RoomNames returns the completions of --room.
func RoomNames(file *client.TokenStore) []string {
	return namesOf(file, func(s client.Seat) string { return s.Room })
}

// AgentNames returns the completions of --as: the names of the person's seats.
func AgentNames(file *client.TokenStore) []string {
	return namesOf(file, func(s client.Seat) string { return s.Name })
}

func namesOf(file *client.TokenStore, name func(client.Seat) string) []string {
	all, err := file.All()
	if err != nil {
		return nil // there is nobody to tell
	}
	var list []string
	for _, seat := range all {
		if seat.OfShell() {
			list = append(list, HarmlessLine(name(seat)))
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
