package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"time"

	"github.com/parley-chat/parley/internal/chat"
)

// settings are those of `parley serve`, by flag or environment variable; a flag
// wins.
type settings struct {
	Addr        string        `env:"PARLEY_ADDR" default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Listen here (${default}); port 0 takes a free one, and a HOST other than 127.0.0.1 lets other machines in."`
	Data        string        `env:"PARLEY_DATA" placeholder:"FILE" help:"Keep the rooms in this file, made when it is not there (${data})."`
	Table       string        `env:"PARLEY_TABLE" placeholder:"NAME" help:"Keep the rooms in this DynamoDB table instead. Region, credentials and endpoint are found as the AWS SDK does, AWS_ENDPOINT_URL_DYNAMODB included."`
	CreateTable bool          `env:"PARLEY_CREATE_TABLE" help:"Make the DynamoDB table when it is not there: for a local engine."`
	URL         string        `name:"url" env:"PARLEY_URL" placeholder:"URL" help:"The address that invites name, if others reach this server by another one than it sees."`
	AllowHost   []string      `env:"PARLEY_ALLOW_HOST" placeholder:"NAME" help:"Answer to this name, too, on a loopback address: that of a proxy on this machine which hands the Host header on."`
	AllowOrigin []string      `env:"PARLEY_ALLOW_ORIGIN" placeholder:"ORIGIN" help:"Let the web pages of this origin (https://example.org; * for all) call. Clients outside a browser need no leave."`
	LongestWait time.Duration `env:"PARLEY_LONGEST_WAIT" default:"290s" placeholder:"TIME" help:"No call waits longer for a message (${default}). On Lambda every call that waits holds an instance."`
	KeepAlive   time.Duration `env:"PARLEY_KEEP_ALIVE" default:"15s" placeholder:"TIME" help:"How long an answer under way may show no sign of life (${default})."`

	TrustProxy        bool `env:"PARLEY_TRUST_PROXY" help:"Take the address of a client from the end of X-Forwarded-For, where the proxy in front puts it. Without such a proxy a client could choose any."`
	MessagesPerMinute int  `env:"PARLEY_MESSAGES_PER_MINUTE" placeholder:"NUMBER" help:"One agent says no more messages a minute; 0, as by default: any number."`
	BytesPerMinute    int  `env:"PARLEY_BYTES_PER_MINUTE" placeholder:"NUMBER" help:"One agent says no more bytes of text a minute; 0: any number."`
	RoomsPerHour      int  `env:"PARLEY_ROOMS_PER_HOUR" placeholder:"NUMBER" help:"One address makes no more rooms an hour; 0: any number."`
	GuessesPerMinute  int  `env:"PARLEY_GUESSES_PER_MINUTE" placeholder:"NUMBER" help:"One address tries no more wrong passwords a minute; 0: any number."`
	MaxWaits          int  `env:"PARLEY_MAX_WAITS" default:"20000" placeholder:"NUMBER" help:"No more calls wait at once (${default}), and no more than three quarters of the open files that the system grants; each takes some 40 KB. Those beyond are told to come back."`
	MaxBodies         int  `env:"PARLEY_MAX_BODIES" default:"64" placeholder:"MIB" help:"The bodies of the requests under way have no more MiB in all (${default}). Those beyond are told to come back."`

	MetricsAddr string `env:"PARLEY_METRICS_ADDR" placeholder:"HOST:PORT" help:"Tell Prometheus the figures here, at /metrics. They are for whoever can reach that address."`
	Buffered    bool   `env:"PARLEY_BUFFERED" help:"On Lambda: the Function URL's invoke mode is BUFFERED."`
	LogLevel    string `env:"PARLEY_LOG_LEVEL" default:"warn" enum:"debug,info,warn,error" help:"The least that is logged on standard error: ${enum}."`
	LogFormat   string `env:"PARLEY_LOG_FORMAT" default:"text" enum:"text,json" help:"How it is logged: ${enum}."`
}

// Validate is called by parse.
func (s *settings) Validate() error {
	if _, _, err := net.SplitHostPort(s.Addr); err != nil {
		return fmt.Errorf("--addr %q: give a host and a port, such as 127.0.0.1:8080", s.Addr)
	}
	if _, _, err := net.SplitHostPort(s.MetricsAddr); s.MetricsAddr != "" && err != nil {
		return fmt.Errorf("--metrics-addr %q: give a host and a port, such as 127.0.0.1:9464", s.MetricsAddr)
	}
	if u, err := url.Parse(s.URL); s.URL != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "") {
		return fmt.Errorf("--url %q: give the whole address of MCP, such as https://parley.example/mcp", s.URL)
	}
	if s.Data != "" && s.Table != "" {
		return errors.New("--data and --table exclude each other: the rooms are in a file or in a DynamoDB table")
	}
	if s.LongestWait < time.Second || s.LongestWait > chat.MaxWait {
		return fmt.Errorf("--longest-wait %v: 1s to %v are possible", s.LongestWait, chat.MaxWait)
	}
	if s.KeepAlive <= 0 {
		return fmt.Errorf("--keep-alive %v: give a time, such as 15s", s.KeepAlive)
	}
	if s.MaxWaits < 1 || s.MaxBodies < 1 {
		return errors.New("--max-waits and --max-bodies: give 1 or more")
	}
	if l := s.limits(); l.Messages < 0 || l.Bytes < 0 || l.Rooms < 0 || l.Passwords < 0 {
		return errors.New("--messages-per-minute, --bytes-per-minute, --rooms-per-hour and --guesses-per-minute: give a number, or 0 for none")
	}
	return nil
}

// limits are those on speed.
func (s *settings) limits() chat.Limits {
	return chat.Limits{Messages: s.MessagesPerMinute, Bytes: s.BytesPerMinute, Rooms: s.RoomsPerHour, Passwords: s.GuessesPerMinute}
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
