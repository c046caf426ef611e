package main

import (
	"context"
	"errors"
	"net/url"
	"os"
	"time"

	"github.com/parley-chat/parley/internal/observe/meter"
	"github.com/parley-chat/parley/internal/server/app"
	"github.com/parley-chat/parley/internal/server/lambdaenv"
	"github.com/parley-chat/parley/internal/store/files/bucket"
	"github.com/parley-chat/parley/internal/store/table/dynamotable"
)

// settings are the settings in the environment of the function.
type settings struct {
	app.Settings
	// Buffered says that the invoke mode of the Function URL is BUFFERED, which no event shows.
	Buffered bool `env:"PARLEY_BUFFERED"`
	// Memory is the function's memory in MiB. Lambda sets Memory.
	Memory int64 `env:"AWS_LAMBDA_FUNCTION_MEMORY_SIZE"`
	// OriginSecret is the secret in [secretHeader] from CloudFront; a request without the secret is refused. If
	// OriginSecret is empty, everybody is served.
	OriginSecret string `env:"PARLEY_ORIGIN_SECRET"`
	// ClientSecret is the name of a secret in AWS Secrets Manager: see clientSecret.
	ClientSecret string `env:"PARLEY_SIGN_IN_CLIENT_SECRET"`
}

// usualWait is the default of the longest wait: each waiting call occupies an instance.
const usualWait = 50 * time.Second

// usualUnits is the default of what one caller's calls may cost a minute. Each instance counts separately, and serves
// one call at a time: three busy agents fit into an instance, and a caller needs ten instances to cost as much as on a
// server.
const usualUnits = 300

// fileLimit is the most bytes of a shared file: uploads and answers pass the function, and an event has at most 6 MB,
// in which base64 takes a third more ("Lambda quotas", invocation payload).
const fileLimit = 4 << 20

// filesOut is how many bytes of files an instance sends in an hour, to all callers. AWS bills outgoing bytes: without a
// bound an instance could send for hundreds of dollars a day. docs/cost.md has the sum.
const filesOut = 1 << 30

// parse reads the environment. An error names the variable to change.
func parse() (settings, error) {
	s, err := lambdaenv.Parse[settings]()
	if err != nil {
		return s, err
	}
	if os.Getenv("PARLEY_LONGEST_WAIT") == "" {
		s.LongestWait = usualWait
	}
	if s.UnitsPerMinute == app.Usual {
		s.UnitsPerMinute = usualUnits
	}
	if s.Table == "" {
		return s, errors.New("PARLEY_TABLE is missing: the function needs the name of a DynamoDB table")
	}
	if s.SignInIssuer != "" && s.ClientSecret == "" {
		return s, errors.New("PARLEY_SIGN_IN_CLIENT_SECRET is missing: PARLEY_SIGN_IN_ISSUER needs the name of a " +
			"secret in AWS Secrets Manager, whose text is the client secret")
	}
	return s, s.Validate()
}

// publicHost returns the host of the public address; "" for none.
func (s settings) publicHost() string {
	u, err := url.Parse(s.PublicURL)
	if err != nil {
		return "" // never: parse has checked the address
	}
	return u.Host
}

// open opens the table, but does not ask whether the table exists: a function answers calls that need no table (see
// warm).
func (s settings) open(ctx context.Context, m *meter.Meter) (app.Store, error) {
	client, err := dynamotable.NewLambdaClient()
	if err != nil {
		return app.Store{}, err
	}
	t := dynamotable.New(client, s.Table, app.Charge(m))
	if s.CreateTable {
		if err := t.Create(ctx, s.Logger(os.Stderr)); err != nil {
			return app.Store{}, err
		}
	}
	store := app.Store{Table: t, FileLimit: fileLimit}
	if s.FilesBucket == "" || s.FilesTotal == 0 {
		return store, nil
	}
	store.Files, err = bucket.New(bucket.Options{Name: s.FilesBucket, Region: os.Getenv("AWS_REGION"),
		Credentials: dynamotable.RoleCredentials(), Endpoint: os.Getenv(bucket.EndpointEnv)})
	return store, err
}
