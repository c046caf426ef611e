package app

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/api/httpapi"
	"github.com/parley-chat/parley/internal/auth/oauth"
	"github.com/parley-chat/parley/internal/auth/signin"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/ratelimit"
	"github.com/parley-chat/parley/internal/outbound/outcall"
	"github.com/parley-chat/parley/internal/store/table"
)

// Values of Settings.SignIn. The zero value means noSignIn.
const (
	autoSignIn = "auto"
	noSignIn   = "off"
)

// signInAt returns the origin at which programs sign in, in canonical form; "" if no program can. Sign-ins are made
// for the address of MCP at the origin.
func (c Config) signInAt() string {
	base, _ := publicURL(c.Settings.PublicURL)
	u, err := url.Parse(base)
	if c.Settings.SignIn != autoSignIn || !c.Keys() || err != nil || u.Scheme != "https" || u.Path != "" {
		return ""
	}
	return "https://" + strings.TrimSuffix(strings.ToLower(u.Host), ":443")
}

// SignsIn reports whether programs sign in.
func (c Config) SignsIn() bool { return c.signInAt() != "" }

// signInResource returns the address for which sign-ins are made; "": no sign-ins.
func (c Config) signInResource() string {
	if at := c.signInAt(); at != "" {
		return at + httpapi.MCPPath
	}
	return ""
}

func (a *App) newSignIns(t table.Table, log *slog.Logger, resource string) *signin.SignIns {
	limits := a.rooms.Limits()
	return signin.New(signin.Options{Table: limits.Table(t), Clock: clockwork.NewRealClock(), Logger: log,
		Resource: resource,
		Begin: func(ctx context.Context, key string) (context.Context, error) {
			// A program that has spent the usual budget must be able to renew its tokens, to go on waiting.
			holder := ident.WithPrincipal(ctx, ident.Principal{ID: ident.KeyPrincipal(key)})
			paid, err := limits.Begin(holder, ratelimit.Vital)
			var refused *fault.Error
			if errors.As(err, &refused) {
				err = fault.RetryLater(refused.Code, refused.RetryAfter, "Too many requests with this key. Nothing "+
					"was done: try again in %d seconds.", fault.Seconds(refused.RetryAfter))
			}
			return paid, err
		},
		Key: func(ctx context.Context, id string) (time.Time, bool, error) { return a.gate.KeyEnds(ctx, id) }})
}

// documentTime is how long the fetch of a program's document may take.
const documentTime = 5 * time.Second

// newSignIn returns the server at which programs sign in; nil if no program can.
func (a *App) newSignIn(c Config, t table.Table) *oauth.Server {
	at := c.signInAt()
	if at == "" {
		return nil
	}
	resource := c.signInResource()
	document, judge := c.newDocuments()
	return oauth.New(oauth.Options{Public: at, Resource: resource, SignIns: a.newSignIns(t, c.Logger, resource),
		Key: a.gate.Key, Guess: a.gate.Guess, Clock: clockwork.NewRealClock(), Logger: c.Logger,
		Accounts: a.newAccounts(c, at), Document: document, Judge: judge})
}

// newDocuments returns get, which fetches a program's document, from public hosts alone, and judge, which refuses an
// address that get would not fetch.
func (c Config) newDocuments() (get func(ctx context.Context, address string) ([]byte, error),
	judge func(address string) error) {
	o := c.Internet
	o.Own = []string{strings.TrimPrefix(c.signInAt(), "https://")}
	o.Time, o.Version = documentTime, Version()
	out := outcall.New(o)
	return func(ctx context.Context, address string) ([]byte, error) {
		got, err := out.Get(ctx, address, map[string]string{"Accept": "application/json"})
		if err == nil && got.Status != http.StatusOK {
			err = errNoDocument
		}
		return got.Body, err
	}, out.Check
}

var errNoDocument = errors.New("app: there is no document")
