package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/cli/client"
	"github.com/parley-chat/parley/internal/cli/shell"
)

// anyServer is the common part of the commands for people.
type anyServer struct {
	server
	JSON bool `help:"Print JSON: what the server said, without tokens."`
}

// ProvideShell returns the shell of a command. kong calls ProvideShell for the command's Run.
func (a anyServer) ProvideShell(io streams) (*shell.Shell, error) {
	file, err := client.OpenTokens()
	if err != nil {
		return nil, err
	}
	usual, err := a.place(io.err)
	if err != nil {
		return nil, err
	}
	s := &shell.Shell{
		Seats: file, Usual: usual, Ask: io.ask(), Confirm: shell.Confirm(io.in, io.err),
		AskHere:  shell.AskHere,
		NoPerson: shell.NoPerson,
		Clock:    clockwork.NewRealClock(),
		Out: &shell.Output{Screen: shell.ScreenOn(io.out), Notes: io.err, Progress: shell.IsTerminal(io.err),
			JSON: a.JSON},
		Program:  io.started,
		Terminal: shell.OfTerminal(os.Getenv), Typed: io.typed,
		Dial: func(p client.Place, token string) *client.Client {
			o := options(p, io.err)
			if p.Key == "" && p.Invite == "" {
				o.Bearer = token
			}
			return client.New(p.Base, o)
		},
	}
	if a.URL != "" {
		s.Base = usual.Base
	}
	return s, nil
}

// ownSeat is the part of the commands for a seat.
type ownSeat struct {
	anyServer
	Room string `placeholder:"ROOM" predictor:"room" help:"The room. By default PARLEY_ROOM. Needed if you have seats in several rooms."`
	As   string `placeholder:"NAME" predictor:"as" help:"Your name there. By default PARLEY_AS. Needed if you have several seats in one room."`
}

func (o ownSeat) which() shell.Which { return shell.Which{Room: o.Room, As: o.As} }

// command returns a command for the named seat, for a person to paste: one a line, if that can be several seats.
func (o ownSeat) command(words string) string {
	by, err := o.ProvideShell(streams{in: strings.NewReader(""), out: io.Discard, err: io.Discard})
	if err == nil {
		if all := by.Suggest(o.which(), words); all != nil {
			return "\n  " + strings.Join(all, "\n  ")
		}
	}
	flags := ""
	if o.Room != "" {
		flags += " --room " + pasted(o.Room)
	}
	if o.As != "" {
		flags += " --as " + pasted(o.As)
	}
	if o.URL != "" {
		flags += " --url " + client.Shown(o.URL)
	}
	return "parley " + shell.WithFlags(words, flags)
}

// timeOf reads a time, such as 5m. A whole number alone is a number of seconds.
func timeOf(text string) (time.Duration, error) {
	if _, err := strconv.Atoi(text); err == nil {
		text += "s"
	}
	return time.ParseDuration(text)
}

// decodeTime reads the value of a flag that is a time.
func decodeTime(ctx *kong.DecodeContext, target reflect.Value) error {
	token := ctx.Scan.Pop()
	d, err := timeOf(fmt.Sprint(token.Value))
	switch {
	case token.Type == kong.EOLToken:
		return errors.New("needs a value: a time such as 30s, 5m or 2h")
	case err != nil:
		return fmt.Errorf("write a time such as 30s, 5m or 2h, and not %q", token.Value)
	}
	target.SetInt(int64(d))
	return nil
}

// within is a flag with an optional time: --wait, --wait 30 or --wait=5m.
type within struct {
	Set bool
	For time.Duration
}

// Decode is called by kong. If the word behind the flag is no time, Decode leaves the word alone: it may be the text.
func (w *within) Decode(ctx *kong.DecodeContext) error {
	w.Set = true
	next := ctx.Scan.Peek()
	d, err := timeOf(fmt.Sprint(next.Value))
	switch {
	case next.Type == kong.EOLToken:
	case err == nil && d > 0:
		ctx.Scan.Pop()
		w.For = d
	case err == nil || next.Type == kong.FlagValueToken:
		return fmt.Errorf("write a time such as 30s, 5m or 2h, and not %q", next.Value)
	}
	return nil
}

// list is the value of a flag, with commas in between. A list is never empty: a message to nobody would go to all.
type list []string

// Decode is called by kong.
func (l *list) Decode(ctx *kong.DecodeContext) error {
	var text string
	if err := ctx.Scan.PopValueInto("list", &text); err != nil {
		return err
	}
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			return errors.New("expected names or ids with commas between them, and none that is empty")
		}
		*l = append(*l, part)
	}
	return nil
}
