package account_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/auth/account"
)

// The claims are as the providers document them: "Validate an ID token" of Google, "ID token claims reference" of
// Microsoft, "ID token payload" of Okta, "Understanding the identity token" of Amazon Cognito.
func TestAllow_isWhatTheProviderVouchesFor(t *testing.T) {
	const (
		google  = "https://accounts.google.com"
		entra   = "https://login.microsoftonline.com/8c9fd1a2-0b5e-4c11-9d0f-5f3d2c1b0a99/v2.0"
		okta    = "https://acme.okta.com"
		cognito = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI"
		group   = "6f0c5b8e-91d4-4a53-8a3e-2f5a3c6c1d20"
	)
	for name, c := range map[string]struct {
		issuer, allow, claims string
		is                    bool
		label                 string // "": any
	}{
		"Google, a company's account": {google, "acme.example",
			`{"sub":"1","email":"Ann@acme.example","email_verified":true,"hd":"acme.example"}`, true, "ann@acme.example"},
		"Google, a private account with an address of the company": {google, "acme.example",
			`{"sub":"1","email":"ann@acme.example","email_verified":true}`, false, ""},
		"Google, an address that is named": {google, "Ann@gmail.com",
			`{"sub":"1","email":"ann@gmail.com","email_verified":true}`, true, "ann@gmail.com"},
		"Google, an address that Google does not have": {google, "ann@acme.example",
			`{"sub":"1","email":"ann@acme.example","email_verified":true}`, false, "ann@acme.example"},
		"Google, an address that is named, of a company": {google, "ann@acme.example",
			`{"sub":"1","email":"ann@acme.example","email_verified":true,"hd":"acme.example"}`, true, ""},
		"Google, the domain of another company": {google, "acme.example",
			`{"sub":"1","email":"eve@evil.example","email_verified":true,"hd":"evil.example"}`, false, ""},
		"Entra, in a group": {entra, "group:" + group,
			`{"sub":"1","preferred_username":"ann@acme.example","groups":["x","` + group + `"]}`, true, "ann@acme.example"},
		"Entra, in no group": {entra, "group:" + group, `{"sub":"1","email":"ann@acme.example"}`, false, ""},
		"Okta, in a group by its name": {okta, "group:Agent people",
			`{"sub":"1","email":"ann@acme.example","email_verified":true,"groups":["Everyone","Agent people"]}`, true, ""},
		"Okta, a group of which the name is the beginning": {okta, "group:Agent people",
			`{"sub":"1","groups":["Agent people of the past"]}`, false, ""},
		"Okta, a verified address": {okta, "acme.example",
			`{"sub":"1","email":"ann@acme.example","email_verified":true}`, true, ""},
		"Okta, an address that is not": {okta, "acme.example",
			`{"sub":"1","email":"ann@acme.example","email_verified":false}`, false, ""},
		"Cognito, in a group": {cognito, "group:agents",
			`{"sub":"1","email":"ann@acme.example","email_verified":true,"cognito:groups":["agents"]}`, true, ""},
		"Cognito, a name that the person has chosen": {cognito, "group:agents",
			`{"sub":"1","email":"boss@acme.example","email_verified":false,"preferred_username":"boss@acme.example",
			"cognito:groups":["agents"]}`, true, "dw5y9fcz9afbbrw2"},
		"Cognito, a text that says true": {cognito, "acme.example",
			`{"sub":"1","email":"ann@acme.example","email_verified":"true"}`, true, ""},
		"Cognito, an address without a word about it": {cognito, "acme.example",
			`{"sub":"1","email":"ann@acme.example"}`, false, ""},
		"an address with an apostrophe, which is not shown": {okta, "acme.example",
			`{"sub":"1","email":"o'brien@acme.example","email_verified":true}`, true, "h4cksat5xjyftwwb"},
		"a domain below": {okta, "acme.example",
			`{"sub":"1","email":"ann@evil.acme.example","email_verified":true}`, false, ""},
		"an address with two hosts": {okta, "acme.example",
			`{"sub":"1","email":"ann@evil.example@acme.example","email_verified":true}`, false, ""},
		"an address that looks like one": {okta, "ann@acme.example",
			`{"sub":"1","email":"аnn@acme.example","email_verified":true}`, false, ""},
		"a domain that only Unicode makes the same, by İ": {okta, "acme-inc.example",
			`{"sub":"1","email":"eve@acme-İnc.example","email_verified":true}`, false, "h4cksat5xjyftwwb"},
		"an address that only Unicode makes the same, by the Kelvin sign": {okta, "kim@acme.example",
			"{\"sub\":\"1\",\"email\":\"\u212aim@acme.example\",\"email_verified\":true}", false, "h4cksat5xjyftwwb"},
		"no address, and so the id": {okta, "group:a",
			`{"sub":"1","groups":["a"],"preferred_username":"not an address"}`, true, "h4cksat5xjyftwwb"},
	} {
		rules, err := account.ParseRules(c.issuer, strings.Split(c.allow, ","))
		var claims account.Claims
		if err := errors.Join(err, json.Unmarshal([]byte(c.claims), &claims)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		p, err := account.Read(c.issuer, claims, rules.NamesGroups())
		if err != nil || rules.Allow(p) != c.is {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
		if c.label != "" && p.Label != c.label {
			t.Errorf("%s: others see %q", name, p.Label)
		}
		p.Issuer = "https://other.example"
		if rules.Allow(p) {
			t.Errorf("%s: another issuer vouches for it, too", name)
		}
	}
}

// A setting that lets in nobody, or others than it says, is refused with what to write.
func TestParseRules_wrongSettings_sayWhatToWrite(t *testing.T) {
	const entra = "https://login.microsoftonline.com/8c9fd1a2-0b5e-4c11-9d0f-5f3d2c1b0a99/v2.0"
	for _, c := range []struct{ issuer, allow, says string }{
		{"https://id.example", "", "name who may sign in"},
		{"https://id.example", "*", "neither a domain (acme.example)"},
		{"https://id.example", "@acme.example", "neither a domain (acme.example)"},
		{"https://id.example", "group:", "nor a group (group:NAME)"},
		{"http://id.example", "acme.example", "https address of an OpenID provider"},
		{"id.example", "acme.example", "https address of an OpenID provider"},
		{"https://accounts.google.com", "group:a", "name a domain or addresses"},
		{"https://accounts.google.com", "gmail.com", "name the addresses"},
		{entra, "acme.example", "group:6f0c5b8e-0000-0000-0000-000000000000"},
		{"https://login.microsoftonline.com/common/v2.0", "group:a",
			"https://login.microsoftonline.com/TENANT-ID/v2.0"},
		{"https://login.microsoftonline.com/organizations/v2.0", "group:a", "one tenant"},
	} {
		var allow []string
		if c.allow != "" {
			allow = strings.Split(c.allow, ",")
		}
		_, err := account.ParseRules(c.issuer, allow)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s, %q: %v", c.issuer, c.allow, err)
		}
	}
}
