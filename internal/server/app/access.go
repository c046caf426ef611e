package app

import (
	"log/slog"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/auth/access"
	"github.com/parley-chat/parley/internal/auth/account"
)

// Values of Settings.Access. The zero value is openAccess.
const (
	autoAccess = "auto"
	openAccess = "open"
	keysAccess = "keys"
)

func (s Settings) checkAccess() error {
	return check("access", s.Access, s.Access == autoAccess || s.Access == openAccess || s.Access == keysAccess,
		"must be auto, open or keys")
}

// Keys reports whether callers need a key, or the invite of a room.
func (c Config) Keys() bool {
	return c.Settings.Access == keysAccess || c.Settings.Access == autoAccess && !c.Local()
}

// Local reports whether nobody but this machine can reach the server. Any other server is public: callers need keys
// and have limits, unless the settings say otherwise.
func (c Config) Local() bool {
	s := c.Settings
	return c.OnLoopback && s.PublicURL == "" && !s.TrustProxy && len(s.AllowHost) == 0
}

// Exposure returns a few sentences about who can reach and who may use the server.
func (c Config) Exposure() string {
	who := "This server is public: others can reach it."
	if c.Local() {
		who = "This server is local: only this machine can reach it."
	}
	switch {
	case c.Settings.SignInIssuer != "":
		who += " Callers sign in with " + account.NameOf(c.Settings.SignInIssuer) + ", or need a key."
	case c.Keys():
		who += " Callers need a key."
	case !c.Local():
		who += " Anyone who knows its address can use it, without a key."
	}
	return who
}

// Keys returns the keys in the table of the server. log gets a line for each new key.
func (a *App) Keys(log *slog.Logger) *access.Keys {
	return access.NewKeys(a.store.Table, clockwork.NewRealClock(), log)
}
