package app

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/core"
)

// Settings are what an operator can choose for the program and for the Lambda function. The tags are the only list of
// names and defaults: the program reads the tags with kong, the function with caarlos0/env. kong finds methods by
// name, so with kong the linker could drop no method from the function. The zero value limits nothing and is valid in
// code, but not for Validate.
type Settings struct {
	Table       string        `env:"PARLEY_TABLE" placeholder:"NAME" help:"Store the rooms in this DynamoDB table. The AWS SDK finds the region, the credentials and the endpoint (AWS_ENDPOINT_URL_DYNAMODB)."`
	CreateTable bool          `env:"PARLEY_CREATE_TABLE" help:"Create the DynamoDB table if it does not exist. For local use."`
	FilesBucket string        `env:"PARLEY_FILES_BUCKET" placeholder:"NAME" help:"With --table: keep the bytes of shared files in this private S3 bucket. Without it the server takes and gives no files. The AWS SDK finds the region and the credentials; AWS_ENDPOINT_URL_S3 names another server that speaks S3."`
	PublicURL   string        `name:"public-url" env:"PARLEY_PUBLIC_URL" placeholder:"URL" help:"The address that invites give, such as https://parley.example; requests for its host name are accepted. By default it is the address that the client used."`
	AllowHost   []string      `env:"PARLEY_ALLOW_HOST" placeholder:"NAME" help:"Also accept requests for this host name on a loopback address. Needed behind a proxy on this machine that passes on a Host header other than that of --public-url."`
	AllowOrigin []string      `env:"PARLEY_ALLOW_ORIGIN" placeholder:"ORIGIN" help:"Accept requests from web pages of this origin (https://example.org, or * for all). Other clients send no origin."`
	LongestWait time.Duration `env:"PARLEY_LONGEST_WAIT" default:"12h" placeholder:"TIME" help:"The longest that a call waits for a message (${default}). A call of a client that is not known waits 230s at most."`
	KeepAlive   time.Duration `env:"PARLEY_KEEP_ALIVE" default:"15s" placeholder:"TIME" help:"Send a keep-alive on an open answer this often (${default})."`

	Access string `env:"PARLEY_ACCESS" default:"auto" enum:"auto,open,keys" help:"Who may use the server: everyone who can reach it (open), or only callers with a key or an invite (keys). By default a server that others can reach needs keys, which parley keys makes, and a local one is open."`
	SignIn string `env:"PARLEY_SIGN_IN" default:"auto" enum:"auto,off" help:"Whether programs that cannot send a key may sign in, as Claude.ai and ChatGPT do when somebody presses Connect. With auto, they may where callers need keys and --public-url begins with https:// and has no path."`
	// The provider of accounts: see checkAccounts.
	SignInIssuer   string   `name:"sign-in-issuer" env:"PARLEY_SIGN_IN_ISSUER" placeholder:"URL" help:"Let people sign in with their accounts at this OpenID provider, such as https://accounts.google.com. docs/access.md has the steps."`
	SignInClientID string   `name:"sign-in-client-id" env:"PARLEY_SIGN_IN_CLIENT_ID" placeholder:"ID" help:"With --sign-in-issuer: the client id that the provider has given this server."`
	SignInAllow    []string `name:"sign-in-allow" env:"PARLEY_SIGN_IN_ALLOW" placeholder:"WHO" help:"With --sign-in-issuer: who may sign in, separated by commas: a domain (acme.example), an address (ann@acme.example) or a group (group:NAME)."`

	OpenAIChallenge string `name:"openai-challenge" env:"PARLEY_OPENAI_CHALLENGE" placeholder:"TEXT" help:"What OpenAI gave you to prove that the domain is yours. It is served at /.well-known/openai-apps-challenge, for everybody to see."`

	TrustProxy        bool  `env:"PARLEY_TRUST_PROXY" help:"Read the client's address from the end of X-Forwarded-For. Use it only behind a proxy that adds it: otherwise clients can fake their address."`
	MessagesPerMinute Limit `env:"PARLEY_MESSAGES_PER_MINUTE" default:"auto" placeholder:"NUMBER" help:"The most messages that may come from one caller, which is a key or else a client address, per minute; 0 means no limit. By default a server that others can reach has limits (here 600), and a local one has none."`
	BytesPerMinute    Limit `env:"PARLEY_BYTES_PER_MINUTE" default:"auto" placeholder:"NUMBER" help:"The most bytes of text that may come from one caller per minute; 0 means no limit. On a server that others can reach: 1048576."`
	UnitsPerMinute    Limit `env:"PARLEY_UNITS_PER_MINUTE" default:"auto" placeholder:"NUMBER" help:"The most that the calls of one caller may cost per minute, a unit being a call or a KiB written; a room may cost twice as much. 0 means no limit. On a server that others can reach: 3000."`
	RoomsPerHour      Limit `env:"PARLEY_ROOMS_PER_HOUR" default:"auto" placeholder:"NUMBER" help:"The most rooms a caller may create per hour, in all processes; 0 means no limit. On a server that others can reach: 60."`
	WaitsPerAddress   Limit `env:"PARLEY_WAITS_PER_ADDRESS" default:"auto" placeholder:"NUMBER" help:"The most calls of one caller that may wait at once; 0 means no limit. On a server that others can reach: 200."`
	MaxWaits          int   `env:"PARLEY_MAX_WAITS" default:"20000" placeholder:"NUMBER" help:"The most calls that may wait at once (${default}), but no more than three quarters of the open files that the system allows. Each takes about 40 KB. Further calls are refused with a time to retry."`
	MaxBodies         int   `env:"PARLEY_MAX_BODIES" default:"64" placeholder:"MIB" help:"The most memory for the bodies of open requests, in MiB (${default}). Further requests are refused with a time to retry."`
	FilesTotal        int   `env:"PARLEY_FILES_TOTAL" default:"5120" placeholder:"MIB" help:"The most that the shared files of all rooms may take, in MiB (${default}), unless they are in a bucket; 0 means that the server takes and gives no files. While less than 1 GiB of its disk is free, a server takes none."`

	LogLevel  string `env:"PARLEY_LOG_LEVEL" default:"warn" enum:"debug,info,warn,error" help:"Log this level and above: ${enum}."`
	LogFormat string `env:"PARLEY_LOG_FORMAT" default:"text" enum:"text,json" help:"The format of the log: ${enum}."`
}

// Validate returns an error for the first setting that is impossible or can never
// take effect. The error names the flag and the variable, and says what to write.
func (s Settings) Validate() error {
	return cmp.Or(
		check("longest-wait", s.LongestWait, s.LongestWait >= time.Second && s.LongestWait <= core.MaxWait,
			fmt.Sprintf("must be from 1s to %v", core.MaxWait)),
		check("keep-alive", s.KeepAlive, s.KeepAlive >= shortestKeepAlive && s.KeepAlive <= longestKeepAlive,
			fmt.Sprintf("must be from %v to %v; 15s suits most proxies and clients", shortestKeepAlive,
				longestKeepAlive)),
		check("max-waits", s.MaxWaits, s.MaxWaits >= 1, "must be 1 or more"),
		check("max-bodies", s.MaxBodies, s.MaxBodies >= 1, "must be 1 or more"),
		check("files-total", s.FilesTotal, s.FilesTotal >= 0 && s.FilesTotal <= mostFiles,
			fmt.Sprintf("must be from 0 to %d", mostFiles)),
		check("files-bucket", s.FilesBucket, s.FilesBucket == "" || s.Table != "",
			"needs --table: a server with a file keeps the bytes of shared files there"),
		s.checkAccess(),
		check("sign-in", s.SignIn, s.SignIn == autoSignIn || s.SignIn == noSignIn, "must be auto or off"),
		check("openai-challenge", s.OpenAIChallenge, isPlainLine(s.OpenAIChallenge),
			"must be one line of letters, digits and signs, as OpenAI shows it"),
		s.checkLimits(),
		check("log-level", s.LogLevel, new(slog.Level).UnmarshalText([]byte(s.LogLevel)) == nil,
			"must be debug, info, warn or error"),
		check("log-format", s.LogFormat, s.LogFormat == "text" || s.LogFormat == "json", "must be text or json"),
		s.CheckAddresses(),
		s.checkAccounts(),
	)
}

// isPlainLine reports whether a text has only visible characters of ASCII.
func isPlainLine(text string) bool {
	return !strings.ContainsFunc(text, func(c rune) bool { return c <= ' ' || c > '~' })
}

const noLimit = "must be a positive number, or 0 for no limit"

// check returns an error about a setting unless ok holds.
func check(flag string, value any, ok bool, rule string) error {
	if ok {
		return nil
	}
	return Invalid(flag, value, rule)
}

// Invalid returns the error for a setting whose value breaks a rule. flag is the
// setting's name without dashes in front.
func Invalid(flag string, value any, rule string) error {
	variable := "PARLEY_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
	if text, ok := value.(string); ok {
		value = fmt.Sprintf("%q", text)
	}
	return fmt.Errorf("--%s (%s) %v: %s", flag, variable, value, rule)
}

// FilesBytes returns how many bytes the shared files of all rooms may take.
func (s Settings) FilesBytes() int64 { return int64(s.FilesTotal) << 20 }

// maxWaits returns how many calls may wait at once; 0 means any number. Each
// wait has a connection. A quarter of the connections that the system allows
// stays free for the requests that have to be refused.
func (s Settings) maxWaits() int64 {
	waits := int64(s.MaxWaits)
	if files := descriptors(); waits > 0 && files > 0 {
		return min(waits, files-files/4)
	}
	return waits
}

// MaxConnections returns how many connections a server may have open beside a few files; 0 means any number.
func MaxConnections() int {
	files := descriptors()
	return int(files - files/16)
}

// Logger returns a log on w in the level and format of the settings.
func (s Settings) Logger(w io.Writer) *slog.Logger {
	level := slog.LevelWarn
	_ = level.UnmarshalText([]byte(s.LogLevel)) // Validate has checked the level
	o := &slog.HandlerOptions{Level: level}
	if s.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}
