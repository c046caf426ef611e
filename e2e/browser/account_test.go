package browser

import (
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/internal/provider"
)

// signsIn does what the pages of the provider ask of a person.
func (tab *tab) signsIn(at *provider.Provider, address string) {
	tab.t.Helper()
	tab.until("the tab is at the provider", "location.origin === "+quoted(at.Issuer))
	tab.fill(css("[name=login]"), address)
	tab.fill(css("[name=password]"), "any")
	tab.press("Enter")
	tab.sees("Authorize")
	tab.click(css("[type=submit]"))
}

// A person whom a rule lets in needs nothing but its account. Any other reads whom to ask, and the program gets
// nothing.
func TestAccount_whoIsAllowed_connectsAndOthersReadWhomToAsk(t *testing.T) {
	t.Parallel()
	launched(t)
	at := provider.Start(t, "https://parley.example")
	s := signIns(t, at.Flags("acme.example")...)
	signIn := button("Sign in with " + strings.TrimPrefix(at.Issuer, "http://"))
	opens := func() *tab {
		tab := s.person().tab()
		tab.look(390, 780, "dark")
		tab.expects(at.Issuer) // what the pages of the provider load
		tab.expects("fonts.googleapis.com")
		tab.expects("a request to another server: " + claudeAnswer)
		tab.visit(s.connecting(claudeProgram, claudeAnswer))
		tab.is(field("Your key"))
		return tab
	}
	at.Stop()
	late := opens()
	late.expects("HTTP 503")
	late.click(signIn)
	late.sees("Your account's provider isn't responding. Try again in a minute, or enter a key.")
	at.Again()

	eve := opens()
	eve.isAccessible(byDay, "the ways to sign in", "document")
	eve.click(signIn)
	eve.signsIn(at, "eve@evil.example")
	eve.sees("eve@evil.example isn't allowed to use this server. Ask its operator, or sign in with another account.")
	eve.isAccessible(byDay, "who is not let in", "document")
	eve.is(field("Your key"))
	if list := s.parley("accounts", "list"); !strings.Contains(list, "Nobody") {
		t.Errorf("there are accounts: %s", list)
	}

	ann := opens()
	ann.click(signIn)
	ann.signsIn(at, "ann@acme.example")
	if told := ann.cameBack(claudeAnswer); told.Get("code") == "" || told.Has("error") {
		t.Errorf("the program hears %v", told)
	}
	if list := s.parley("accounts", "list"); !strings.Contains(list, "ann@acme.example") {
		t.Errorf("the accounts are %s", list)
	}
	ann.visit(s.root + "/oauth/callback?code=x&state=y") // as somebody who goes back
	ann.sees("This sign-in has ended or took more than ten minutes. Press Connect in your program again.")

	s.parley("accounts", "revoke", "ann@acme.example")
	barred := opens()
	barred.click(signIn)
	barred.signsIn(at, "ann@acme.example")
	barred.sees("The account ann@acme.example was revoked on this server. Ask its operator.")
	s.parley("accounts", "restore", "ann@acme.example")
	barred.click(signIn)
	if told := barred.cameBack(claudeAnswer); told.Get("code") == "" {
		t.Errorf("the program hears %v", told)
	}
}
