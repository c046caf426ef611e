package app

import (
	"cmp"
	"strings"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/auth/account"
	"github.com/parley-chat/parley/internal/auth/oauth"
	"github.com/parley-chat/parley/internal/auth/oidc"
)

// checkAccounts validates the settings of the provider at which people sign in: all of them, or none.
func (s Settings) checkAccounts() error {
	if s.SignInIssuer == "" {
		const needs = "needs --sign-in-issuer, the address of the OpenID provider"
		return cmp.Or(check("sign-in-client-id", s.SignInClientID, s.SignInClientID == "", needs),
			check("sign-in-allow", strings.Join(s.SignInAllow, ","), len(s.SignInAllow) == 0, needs))
	}
	if err := account.CheckIssuer(s.SignInIssuer); err != nil {
		return Invalid("sign-in-issuer", redacted(s.SignInIssuer), err.Error())
	}
	_, badRules := account.ParseRules(s.SignInIssuer, s.SignInAllow)
	reason := ""
	if badRules != nil {
		reason = badRules.Error()
	}
	return cmp.Or(
		check("sign-in-issuer", s.SignInIssuer, Config{Settings: s}.SignsIn(), "needs sign-in: callers that need "+
			"keys, and a --public-url that begins with https:// and has no path"),
		check("sign-in-client-id", s.SignInClientID, s.SignInClientID != "",
			"is missing: the provider shows it where you have registered this server"),
		check("sign-in-allow", strings.Join(s.SignInAllow, ","), badRules == nil, reason),
	)
}

// allowAccount returns a function that reports whether a person may use the server with an account; nil if nobody
// may.
func (s Settings) allowAccount() func(account.Person) bool {
	if s.SignInIssuer == "" {
		return nil
	}
	rules, _ := account.ParseRules(s.SignInIssuer, s.SignInAllow) // Validate has checked the rules
	return rules.Allow
}

// newAccounts returns the accounts with which people sign in at an address; nil: none.
func (a *App) newAccounts(c Config, at string) *oauth.Accounts {
	s := c.Settings
	if s.SignInIssuer == "" || c.ClientSecret == nil { // the outbox signs nobody in
		return nil
	}
	rules, _ := account.ParseRules(s.SignInIssuer, s.SignInAllow)
	return &oauth.Accounts{Confirm: a.gate.Confirm, Provider: oidc.New(oidc.Options{Issuer: s.SignInIssuer,
		ClientID: s.SignInClientID, Secret: c.ClientSecret, Redirect: at + oauth.CallbackPath,
		Groups: rules.NamesGroups(), Clock: clockwork.NewRealClock()})}
}
