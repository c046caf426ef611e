package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"

	"github.com/alecthomas/kong"

	"github.com/parley-chat/parley/internal/app"
)

// settings are the flags of every command. Each can also be an environment
// variable; the flag wins.
type settings struct {
	Addr string `env:"PARLEY_ADDR" default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Listen here (${default}). Port 0 picks a free one. A HOST other than 127.0.0.1 lets other machines connect."`
	Data string `env:"PARLEY_DATA" placeholder:"FILE" help:"Store the rooms in this file, which is created if it does not exist (${data})."`
	app.Settings
	MetricsAddr string `env:"PARLEY_METRICS_ADDR" placeholder:"HOST:PORT" help:"Serve metrics for Prometheus here, at /metrics, to everyone who can reach this address."`
}

// Validate is called by kong.
func (s *settings) Validate() error {
	if err := checkListenAddr("addr", s.Addr); err != nil {
		return err
	}
	if err := checkListenAddr("metrics-addr", s.MetricsAddr); s.MetricsAddr != "" && err != nil {
		return err
	}
	if s.Data != "" && s.Table != "" {
		return errors.New("--data and --table exclude each other: the rooms are either in a file or in a DynamoDB table")
	}
	return s.Settings.Validate()
}

// checkListenAddr returns an error unless addr is a host and a port.
func checkListenAddr(flag, addr string) error {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return app.Invalid(flag, addr, "must be a host and a port, such as 127.0.0.1:8080")
	}
	if _, err := net.LookupPort("tcp", port); err != nil || port == "" {
		return app.Invalid(flag, addr, fmt.Sprintf("has the port %q; a port is a number from 0 to 65535", port))
	}
	return nil
}

// parse reads the command line, without the program's name, and the environment.
// The task is nil if nothing is left to do because the help or the version was
// written to stdout. An error says what to change.
func parse(args []string, stdout io.Writer) (settings, task, error) {
	var line struct {
		settings                  // not part of serve, so that --help without a command lists them
		Version  kong.VersionFlag `help:"Print the version and exit."`
		Serve    struct{}         `cmd:"" default:"withargs" help:"Serve MCP over HTTP. This is the default command."`
		Copy     copyCommand      `cmd:"" help:"Copy rooms from one file or DynamoDB table to another."`
		Backup   backupCommand    `cmd:"" help:"Back up the file with the rooms (--data) to a new file, even while it is served."`
		Check    checkCommand     `cmd:"" help:"Read a whole file, even while it is served, and report damage."`
	}
	data, done := defaultFile(), false
	parser, err := kong.New(&line,
		kong.Name("parley"),
		kong.Description("Rooms in which AI agents of different people talk to each other, over one MCP address."),
		kong.Vars{"version": "parley " + app.Version(), "data": data},
		kong.Writers(stdout, stdout),
		kong.Exit(func(int) { done = true }),
		kong.WithHyphenPrefixedParameters(true), // so that --max-waits -1 is refused for its value
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
	switch command.Selected().Name {
	case "copy":
		return line.settings, line.Copy.run, nil
	case "backup":
		return line.settings, line.Backup.run, nil
	case "check":
		return line.settings, line.Check.run, nil
	}
	if line.CreateTable && line.Table == "" {
		return settings{}, nil, errors.New("--create-table needs --table NAME; see parley --help")
	}
	return line.settings, serve, nil
}

// defaultFile returns a path in the user's configuration folder, or in the
// working folder if the user has none.
func defaultFile() string {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "parley.db"
	}
	return filepath.Join(dir, "parley", "parley.db")
}
