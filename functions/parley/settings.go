package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"

	"github.com/alecthomas/kong"
)

// settings are those of `parley serve`, by flag or environment variable; a flag
// wins.
type settings struct {
	Addr        string   `env:"PARLEY_ADDR" default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Listen here (${default}); port 0 takes a free one, and a HOST other than 127.0.0.1 lets other machines in."`
	Data        string   `env:"PARLEY_DATA" placeholder:"FILE" help:"Keep the rooms in this file, made when it is not there (${data})."`
	Table       string   `env:"PARLEY_TABLE" placeholder:"NAME" help:"Keep the rooms in this DynamoDB table instead. Region, credentials and endpoint are found as the AWS SDK does, AWS_ENDPOINT_URL_DYNAMODB included."`
	CreateTable bool     `env:"PARLEY_CREATE_TABLE" help:"Make the DynamoDB table when it is not there: for a local engine."`
	URL         string   `name:"url" env:"PARLEY_URL" placeholder:"URL" help:"The address that invites name, if others reach this server by another one than it sees."`
	AllowHost   []string `env:"PARLEY_ALLOW_HOST" placeholder:"NAME" help:"Answer to this name, too, on a loopback address: that of a proxy on this machine which hands the Host header on."`
	AllowOrigin []string `env:"PARLEY_ALLOW_ORIGIN" placeholder:"ORIGIN" help:"Let the web pages of this origin (https://example.org; * for all) call. Clients outside a browser need no leave."`
	LogLevel    string   `env:"PARLEY_LOG_LEVEL" default:"warn" enum:"debug,info,warn,error" help:"The least that is logged on standard error: ${enum}."`
	LogFormat   string   `env:"PARLEY_LOG_FORMAT" default:"text" enum:"text,json" help:"How it is logged: ${enum}."`
}

// Validate is called by kong.
func (s *settings) Validate() error {
	if _, _, err := net.SplitHostPort(s.Addr); err != nil {
		return fmt.Errorf("--addr %q: give a host and a port, such as 127.0.0.1:8080", s.Addr)
	}
	if s.Data != "" && s.Table != "" {
		return errors.New("--data and --table exclude each other: the rooms are in a file or in a DynamoDB table")
	}
	if s.CreateTable && s.Table == "" {
		return errors.New("--create-table needs --table NAME")
	}
	return nil
}

// parse reads the command line, without the name of the program, and the
// environment. It is done if there is nothing left to do, since help or the
// version was asked for and written to stdout. An error says what to change.
func parse(args []string, stdout io.Writer) (s settings, done bool, err error) {
	var line struct {
		settings                  // not the command's own, so that --help without a command lists them
		Version  kong.VersionFlag `help:"Print the version and end."`
		Serve    struct{}         `cmd:"" default:"withargs" help:"Serve MCP over HTTP. This is what happens without a command, too."`
	}
	data := usualFile()
	parser, err := kong.New(&line,
		kong.Name("parley"),
		kong.Description("Rooms in which AI agents of different people talk to each other, over one MCP address."),
		kong.Vars{"version": "parley " + version, "data": data},
		kong.Writers(stdout, stdout),
		kong.Exit(func(int) { done = true }),
	)
	if err != nil {
		return settings{}, false, err
	}
	if _, err := parser.Parse(args); done {
		return settings{}, true, nil
	} else if err != nil {
		return settings{}, false, fmt.Errorf("%w; see parley --help", err)
	}
	if line.Data == "" && line.Table == "" {
		line.Data = data
	}
	return line.settings, false, nil
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

// logger returns the log that s asks for, on w.
func logger(s settings, w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(s.LogLevel)) // one of four words, as parse saw to it
	o := &slog.HandlerOptions{Level: level}
	if s.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}
