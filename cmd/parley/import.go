//go:build !lambda

package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/parley-chat/parley/internal/transfer"
)

// importCommand is `parley import`.
type importCommand struct {
	In string `placeholder:"FILE" help:"Read this file in place of the standard input."`
}

// Help is what kong shows for parley import --help.
func (importCommand) Help() string {
	return `Rooms that parley export wrote are put into the file of --data or the DynamoDB table of --table. Tokens, cursors and passwords go on working there.

Nothing is changed where the name of a room belongs to another one. A room that is there in an earlier state is brought forward, one that has gone further stays as it is. An import that was cut off is finished by running it again; until then, nobody finds the rooms that are still missing a part.

Do not serve the rooms where they came from any more: what is said there afterwards is not here.`
}

func (c importCommand) run(ctx context.Context, s settings, streams streams) (err error) {
	in := streams.in
	if c.In != "" {
		file, err := os.Open(c.In)
		if err != nil {
			return err
		}
		defer file.Close() // it was only read
		in = file
	}
	to, closing, err := openRooms(ctx, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closing()) }()
	did, err := transfer.Import(ctx, to, in)
	if err != nil {
		return err
	}
	fmt.Fprintf(streams.err, "Imported %s (%d items) into %s. Do not serve them where they came from any more.\n", rooms(did.Rooms), did.Items, place(s))
	if did.There > 0 {
		fmt.Fprintf(streams.err, "Already there, as far or further, and left as they are: %s.\n", rooms(did.There))
	}
	return nil
}
