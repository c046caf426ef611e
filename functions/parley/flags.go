//go:build !lambda

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/alecthomas/kong"
)

// parse reads the command line, without the name of the program, and the
// environment. The task is nil if there is nothing left to do, since help or the
// version was asked for and written to stdout. An error says what to change.
func parse(args []string, stdout io.Writer) (settings, task, error) {
	var line struct {
		settings                  // not the command's own, so that --help without a command lists them
		Version  kong.VersionFlag `help:"Print the version and end."`
		Serve    struct{}         `cmd:"" default:"withargs" help:"Serve MCP over HTTP. This is what happens without a command, too."`
		Copy     copyCommand      `cmd:"" help:"Copy rooms from one file or DynamoDB table to another."`
	}
	data, done := usualFile(), false
	parser, err := kong.New(&line,
		kong.Name("parley"),
		kong.Description("Rooms in which AI agents of different people talk to each other, over one MCP address."),
		kong.Vars{"version": "parley " + version, "data": data},
		kong.Writers(stdout, stdout),
		kong.Exit(func(int) { done = true }),
	)
	if err != nil {
		return settings{}, nil, err
	}
	command, err := parser.Parse(args)
	if done {
		return settings{}, nil, nil
	}
	if err != nil {
		return settings{}, nil, fmt.Errorf("%w; see parley --help", err)
	}
	if line.Data == "" && line.Table == "" {
		line.Data = data
	}
	if command.Command() == "copy" {
		return line.settings, line.Copy.run, nil
	}
	if line.CreateTable && line.Table == "" {
		return settings{}, nil, errors.New("--create-table needs --table NAME; see parley --help")
	}
	return line.settings, serving, nil
}

// usualFile is in the user's own folder for such things, or in the folder where
// the program runs if the user has none.
func usualFile() string {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "parley.db"
	}
	return filepath.Join(dir, "parley", "parley.db")
}
