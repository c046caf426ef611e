package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/parley-chat/parley/internal/cli/shell"
	"github.com/parley-chat/parley/internal/core/room"
)

// superviseCommand is `parley supervise`.
type superviseCommand struct {
	ownSeat
	Do     string   `arg:"" optional:"" enum:",pause,resume,approve,drafts,send,edit,reject,link" default:"" placeholder:"WHAT" help:"What to do: see above. By default, show how things stand."`
	Anyway bool     `help:"With send and edit: also if what the draft answers was withdrawn, has ended or was answered by others."`
	With   []string `arg:"" optional:"" placeholder:"WITH" help:"What it needs: the id of a draft, a text, on, off, or what you approve."`

	want shell.SuperviseRequest
}

// Help returns the text of parley supervise --help.
func (superviseCommand) Help() string {
	return `For the person who watches an agent (parley watch).

  parley supervise pause             the agent can say nothing, but keeps its seat
  parley supervise resume
  parley supervise approve on        each of its messages waits for you; off ends that
  parley supervise approve private,files,agreements
                                     only such messages wait: private ones, those with a file, or
                                     proposals and votes. Name one, two or all three
  parley supervise drafts            list the drafts that wait
  parley supervise send ID           send a draft
  parley supervise edit ID TEXT ...  send this instead, as you; - reads it from standard input
  parley supervise reject ID [WHY ...]  drop a draft; the agent reads why
  parley supervise link              make a link for another device of yours`
}

// Validate is called by kong.
func (c *superviseCommand) Validate() error {
	need := map[string]int{"approve": 1, "send": 1}[c.Do]
	switch c.Do {
	case "edit":
		need = max(2, len(c.With))
	case "reject":
		need = max(1, len(c.With))
	}
	if c.Anyway && c.Do != "send" && c.Do != "edit" {
		return errors.New("--anyway goes with send and edit")
	}
	if len(c.With) != need {
		takes := map[string]string{"approve": "on, off, or some of private,files,agreements",
			"send": "the id of a draft", "edit": "the id of a draft, and a text",
			"reject": "the id of a draft, and why if you like"}
		return fmt.Errorf("%s takes %s", cmp.Or(c.Do, "supervise"), cmp.Or(takes[c.Do], "nothing more"))
	}
	return c.read()
}

// read turns the arguments into a request.
func (c *superviseCommand) read() error {
	switch yes, no := true, false; c.Do {
	case "pause":
		c.want.Paused = &yes
	case "resume":
		c.want.Paused = &no
	case "approve":
		switch what := c.With[0]; what {
		case "on":
			c.want.Approve = &yes
		case "off":
			c.want.Approve = &no
		default:
			if _, err := room.SelectionOf(strings.Split(what, ",")); err != nil {
				return fmt.Errorf("approve is on, off, or some of private,files,agreements, and not %q", what)
			}
			c.want.ApproveSome = what
		}
	case "send", "edit", "reject":
		c.want.Decision, c.want.Draft = c.Do, c.With[0]
		c.want.Text = strings.Join(c.With[1:], " ")
		if c.Do == "reject" {
			c.want.Decision = string(room.RefuseDraft)
			return right(room.CheckNote("the reason", c.want.Text))
		}
		c.want.Anyway = c.Anyway
		return checkSaid(c.With[1:])
	case "link":
		c.want.NewLink = true
	}
	return nil
}

// Run makes the request.
func (c *superviseCommand) Run(ctx context.Context, io streams, s *shell.Shell) error {
	if c.want.Text == "-" {
		var err error
		c.want.Text, err = shell.ReadText(ctx, io.in)
		if err != nil {
			return err
		}
	}
	return s.Supervise(ctx, c.which(), c.want)
}
