package account

import (
	"errors"
	"fmt"
	"strings"

	"github.com/parley-chat/parley/internal/auth"
	"github.com/parley-chat/parley/internal/base/ident"
)

// Person is a person as confirmed by a provider, stored as JSON.
type Person struct {
	Issuer  string   `json:"iss"`
	Subject string   `json:"sub"`
	Label   string   `json:"label"`             // others see the label as the owner of the person's agents
	Domain  string   `json:"domain,omitempty"`  // the provider vouches for the domain
	Address string   `json:"address,omitempty"` // the provider vouches for the address, in lower case
	Groups  []string `json:"groups,omitempty"`  // only where a rule names a group
}

// ID returns the id of the person's account, the same at each sign-in.
func (p Person) ID() string { return ident.AccountID(p.Issuer, p.Subject) }

// Once has the new values of a sign-in at a provider.
type Once struct {
	State    string // comes back with the code
	Nonce    string // comes back in the ID token
	Verifier string // proves that the holder of the code has asked for the code (RFC 7636)
}

// Claims are the claims of an ID token, as JSON has them.
type Claims map[string]any

// ErrRefused means that the provider did not confirm a sign-in: it refuses the code, or the ID token is invalid for the
// sign-in.
var ErrRefused = errors.New("account: the provider did not confirm the sign-in")

// The refusals of a person whom the provider has proven.
var (
	ErrNotAllowed = errors.New("account: no rule allows it")
	ErrBarred     = errors.New("account: it was revoked")
	// ErrManyGroups refuses a person with more groups than a token has room for: nobody can tell the groups.
	ErrManyGroups = errors.New("account: the provider names no groups, because there are too many")
)

var (
	// address matches an address as rules compare addresses.
	address = pattern(`^[a-z0-9_][a-z0-9._+'-]{0,63}@([a-z0-9-]+\.)+[a-z0-9-]+$`)
	// shown matches an address that may be shown: see sign-in.js. No label of a key has an @.
	shown = pattern(`^[a-z0-9][a-z0-9._+-]*@[a-z0-9.-]+$`)
)

// Read returns the person of the claims, with the groups if groups is true.
func Read(issuer string, claims Claims, groups bool) (Person, error) {
	p := Person{Issuer: issuer, Subject: claims.text("sub")}
	if p.Subject == "" || len(p.Subject) > auth.MaxSubject {
		return Person{}, errors.New("account: the token names no subject")
	}
	name := lower(claims.text("email"))
	if claims.isTrue("email_verified") && address().MatchString(name) {
		p.Address = name
		_, p.Domain, _ = strings.Cut(name, "@")
	}
	switch {
	case issuer == google:
		// Google vouches for addresses of Google and of Workspaces. Other addresses were verified once.
		hosted := lower(claims.text("hd"))
		if hosted == "" && p.Domain != "gmail.com" {
			p.Address = ""
		}
		p.Domain = hosted
	case isEntra(issuer):
		// Entra ID verifies no address, but the administrator gives this name; elsewhere people may choose it.
		name = lower(claims.text("preferred_username"))
	case p.Address == "":
		name = ""
	}
	p.Label = p.ID()
	if shown().MatchString(name) && address().MatchString(name) && len(name) <= auth.MaxLabel &&
		ident.SecretIn(name) == "" {
		p.Label = name
	}
	if !groups {
		return p, nil
	}
	var err error
	p.Groups, err = claims.groups()
	return p, err
}

// groups returns the groups of the person.
func (c Claims) groups() (list []string, err error) {
	// Entra ID then says where to ask for the groups: "groups overage claim" in its reference of ID tokens.
	if names, ok := c["_claim_names"].(map[string]any); ok && names["groups"] != nil || c.isTrue("hasgroups") {
		return nil, ErrManyGroups
	}
	for _, name := range []string{"groups", "cognito:groups"} {
		switch is := c[name].(type) {
		case string:
			list = append(list, is)
		case []any:
			for _, one := range is {
				text, ok := one.(string)
				if !ok {
					return nil, fmt.Errorf("account: the claim %s is no list of names", name)
				}
				list = append(list, text)
			}
		}
	}
	if len(list) > auth.MaxGroups {
		return nil, ErrManyGroups
	}
	for _, one := range list {
		if len(one) > auth.MaxGroupName {
			return nil, errors.New("account: the name of a group is too long")
		}
	}
	return list, nil
}

// lower returns a text in lower case. A text beyond ASCII stays as it is, and is no address: Unicode makes an i of İ,
// and so the domain of somebody else.
func lower(text string) string {
	if !ident.IsASCII(text) {
		return text
	}
	return strings.ToLower(text)
}

func (c Claims) text(name string) string {
	text, _ := c[name].(string)
	return text
}

// isTrue reports whether a claim is true. Some providers write "true" as a text.
func (c Claims) isTrue(name string) bool { return c[name] == true || c[name] == "true" }
