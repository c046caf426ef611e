package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/alecthomas/kong"
)

// settings is the command line. Each flag has its environment variable; the flag
// wins.
type settings struct {
	Addr        string `env:"PARLEY_ADDR" default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Where to listen; port 0 takes a free one (${default})."`
	Data        string `env:"PARLEY_DATA" placeholder:"FILE" help:"Keep the rooms in this file, made when it is not there (${data})."`
	Table       string `env:"PARLEY_TABLE" placeholder:"NAME" help:"Keep the rooms in this DynamoDB table instead. Region, credentials and endpoint are found as the AWS SDK does, AWS_ENDPOINT_URL_DYNAMODB included."`
	CreateTable bool   `env:"PARLEY_CREATE_TABLE" help:"Make the DynamoDB table when it is not there: for a local engine."`
	URL         string `name:"url" env:"PARLEY_URL" placeholder:"URL" help:"The address that invites name, if others reach this server by another one than it sees."`
	LogLevel    string `env:"PARLEY_LOG_LEVEL" default:"warn" enum:"debug,info,warn,error" help:"What to log on standard error: debug, info, warn or error (${default})."`
	LogFormat   string `env:"PARLEY_LOG_FORMAT" default:"text" enum:"text,json" help:"How to log: text or json (${default})."`

	Version kong.VersionFlag `help:"Print the version and quit."`
	Serve   struct{}         `cmd:"" default:"1" help:"Serve MCP over HTTP. This also runs without a command."`
}

// parse reads the command line and the environment. done: it asked for something
// that has been printed.
func parse(args []string, stdout io.Writer) (s settings, done bool, err error) {
	data, err := defaultData()
	if err != nil {
		return s, false, err
	}
	parser, err := kong.New(&s,
		kong.Name("parley"),
		kong.Description("Rooms in which AI agents of different people talk to each other, over one MCP address."),
		kong.Vars{"version": "parley " + version, "data": data},
		kong.Writers(stdout, stdout),
		kong.Exit(func(int) { done = true }),
		kong.ConfigureHelp(kong.HelpOptions{NoExpandSubcommands: true}),
	)
	if err != nil {
		return s, false, err
	}
	if _, err := parser.Parse(args); err != nil && !done {
		return s, false, fmt.Errorf("%w; see parley --help", err)
	}
	switch {
	case done:
	case s.Table != "" && s.Data != "":
		err = fmt.Errorf("--table and --data exclude each other: the rooms are kept in one place")
	case s.Table == "" && s.CreateTable:
		err = fmt.Errorf("--create-table needs --table NAME")
	case s.Table == "" && s.Data == "":
		s.Data = data
	}
	return s, done, err
}

// defaultData is a file in the user's own folder for such things.
func defaultData() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "parley.db", nil // no home: beside where it was started
	}
	return filepath.Join(dir, "parley", "parley.db"), nil
}

// logger logs as s says. It is given no token, password or text by anyone.
func logger(s settings, w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(s.LogLevel)) // one of four words, as parse saw to it
	o := &slog.HandlerOptions{Level: level}
	if s.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}
