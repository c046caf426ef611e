package main

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/internal/cli/shell"
)

// agreedCommand is `parley agreed`.
type agreedCommand struct {
	ownSeat
	Files []string `arg:"" optional:"" name:"file" placeholder:"FILE" predictor:"file" help:"The files. By default all that are listed."`
	Write bool     `help:"Add these files to the list, if an agreement in force is on each."`
}

// Help returns the text of parley agreed --help.
func (agreedCommand) Help() string {
	return `The list is .parley/agreed at the top of a Git repository: a digest and a path for each file, in the form of sha256sum. Commit it, and CI checks it without Parley. parley agreed asks the room as well whether the agreements are still in force.

  parley put api.json --propose      ask all to agree on a file
  parley agreed --write api.json     list it, once all have agreed
  sha256sum --strict -c .parley/agreed
  parley agreed                      is it still what is in force?

For several files, agree on the output of sha256sum at the top.

Exit code 0: all files are those in force. 3: a file is another, or a newer agreement has replaced it. 6: the room has no agreement on it. 4 and 5: there is no such seat or room, or no server.`
}

// Validate is called by kong.
func (c *agreedCommand) Validate() error {
	if c.Write && len(c.Files) == 0 {
		return errors.New("--write needs the files to list: " + c.command("agreed --write FILE"))
	}
	return nil
}

// Run compares or lists files.
func (c *agreedCommand) Run(ctx context.Context, s *shell.Shell) error {
	return s.Agreed(ctx, c.which(), c.Files, c.Write)
}
