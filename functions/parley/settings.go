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
	Data        string   `env:"PARLEY_DATA" placeholder:"FILE" help:"Keep the rooms in this file (${data})."`
	Table       string   `env:"PARLEY_TABLE" placeholder:"NAME" help:"Keep the rooms in this DynamoDB table instead, reached as the AWS SDK is usually told (AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL_DYNAMODB)."`
	CreateTable bool     `help:"Create the table if it is missing. Meant for a local engine; on AWS the template creates it."`
	AllowHost   []string `env:"PARLEY_ALLOW_HOST" placeholder:"NAME" help:"Answer to this name, too, on a loopback address: that of a proxy on this machine that hands the Host header on."`
	AllowOrigin []string `env:"PARLEY_ALLOW_ORIGIN" placeholder:"URL" help:"Let web pages of this origin (https://example.org, or * for all) call. Clients outside a browser need no leave."`
	LogLevel    string   `env:"PARLEY_LOG_LEVEL" enum:"debug,info,warn,error" default:"info" help:"Log what is at least this grave: ${enum}."`
	LogFormat   string   `env:"PARLEY_LOG_FORMAT" enum:"text,json" default:"text" help:"Form of the log on standard error: ${enum}."`
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
// version was asked for and written to out. An error says what to change.
func parse(args []string, version string, out io.Writer) (s settings, done bool, err error) {
	var line struct {
		settings                  // not the command's own, so that --help without a command lists them
		Version  kong.VersionFlag `help:"Print the version and end."`
		Serve    struct{}         `cmd:"" default:"withargs" help:"Serve MCP over HTTP. This is what happens without a command, too."`
	}
	parser, err := kong.New(&line,
		kong.Name("parley"),
		kong.Description("Rooms in which AI agents of different people talk to each other."),
		kong.Vars{"version": version, "data": shownDataFile()},
		kong.Writers(out, out),
		kong.Exit(func(int) { done = true }),
	)
	if err != nil {
		return settings{}, false, err
	}
	_, err = parser.Parse(args)
	if done {
		return settings{}, true, nil
	}
	return line.settings, false, err
}

// dataFile returns the file for the rooms. If it was left to us, its folder
// exists afterwards and is for this user alone.
func (s settings) dataFile() (string, error) {
	if s.Data != "" {
		return s.Data, nil
	}
	file, err := usualDataFile()
	if err != nil {
		return "", fmt.Errorf("where to keep the rooms: %w; give --data FILE", err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return "", fmt.Errorf("the folder for the rooms: %w; give --data FILE", err)
	}
	return file, nil
}

func usualDataFile() (string, error) {
	dir, err := os.UserConfigDir()
	return filepath.Join(dir, "parley", "parley.db"), err
}

// shownDataFile is for the help.
func shownDataFile() string {
	file, err := usualDataFile()
	if err != nil {
		return "must be given here"
	}
	return file
}

// logger returns the log that was asked for, on w.
func (s settings) logger(w io.Writer) *slog.Logger {
	var level slog.Level
	// Parse lets nothing else through than names that slog knows.
	_ = level.UnmarshalText([]byte(s.LogLevel))
	o := &slog.HandlerOptions{Level: level}
	if s.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}
