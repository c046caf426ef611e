package account

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// google is the issuer of all accounts of Google.
const google = "https://accounts.google.com"

// Rules say who may use the server with an account. The zero value allows nobody.
type Rules struct {
	issuer                     string
	domains, addresses, groups []string
}

// groupPrefix begins a rule that names a group.
const groupPrefix = "group:"

var (
	domain = pattern(`^([a-z0-9-]+\.)+[a-z0-9-]+$`)
	tenant = pattern(`^/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/v2\.0$`)
)

// pattern returns a pattern that is compiled at its first use: most servers have no accounts, and a start on Lambda
// should not pay for patterns.
func pattern(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

// ParseRules reads what the operator allows of an issuer. The error says what to write.
func ParseRules(issuer string, allow []string) (r Rules, err error) {
	if err := CheckIssuer(issuer); err != nil {
		return Rules{}, err
	}
	r.issuer = issuer
	for _, entry := range allow {
		entry = strings.TrimSpace(entry)
		group, isGroup := strings.CutPrefix(entry, groupPrefix)
		name := lower(entry)
		switch {
		case isGroup && group != "":
			r.groups = append(r.groups, group)
		case address().MatchString(name):
			r.addresses = append(r.addresses, name)
		case domain().MatchString(name):
			r.domains = append(r.domains, name)
		default:
			return Rules{}, fmt.Errorf("%q is neither a domain (acme.example), nor an address "+
				"(ann@acme.example), nor a group (group:NAME)", entry)
		}
	}
	switch {
	case len(allow) == 0:
		return Rules{}, fmt.Errorf("name who may sign in, separated by commas: a domain (acme.example), an address " +
			"(ann@acme.example) or a group (group:NAME)")
	case isEntra(issuer) && len(r.domains)+len(r.addresses) > 0:
		return Rules{}, fmt.Errorf("name groups by their object ids, as group:6f0c5b8e-0000-0000-0000-000000000000: " +
			"Entra ID does not prove addresses")
	case issuer == google && slices.Contains(r.domains, "gmail.com"):
		return Rules{}, fmt.Errorf("name the addresses of people at Gmail: it is not the domain of a company")
	case issuer == google && len(r.groups) > 0:
		return Rules{}, fmt.Errorf("name a domain or addresses: Google names no groups when somebody signs in")
	}
	return r, nil
}

// CheckIssuer returns an error unless an issuer can be asked, and speaks for one company or for Google.
func CheckIssuer(issuer string) error {
	u, err := url.Parse(issuer)
	local := err == nil && u.Scheme == "http" &&
		slices.Contains([]string{"127.0.0.1", "localhost", "::1"}, u.Hostname())
	switch {
	case err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil ||
		u.Scheme != "https" && !local:
		return fmt.Errorf("must be the https address of an OpenID provider, as its metadata has it, such as " + google)
	case u.Host == "login.microsoftonline.com" && !tenant().MatchString(strings.ToLower(u.Path)):
		return fmt.Errorf("must name one tenant of Entra ID, by its id: " +
			"https://login.microsoftonline.com/TENANT-ID/v2.0")
	}
	return nil
}

// NameOf returns how people know the provider of an issuer.
func NameOf(issuer string) string {
	u, err := url.Parse(issuer)
	switch {
	case issuer == google:
		return "Google"
	case isEntra(issuer):
		return "Microsoft"
	case err != nil:
		return issuer
	}
	return u.Host
}

// CanChoose reports whether an issuer lets people choose among their accounts, although its metadata does not say so.
func CanChoose(issuer string) bool { return issuer == google || isEntra(issuer) }

func isEntra(issuer string) bool {
	u, err := url.Parse(issuer)
	return err == nil && (u.Host == "login.microsoftonline.com" || u.Host == "login.microsoftonline.us" ||
		u.Host == "login.partner.microsoftonline.cn")
}

// NamesGroups reports whether a rule names a group.
func (r Rules) NamesGroups() bool { return len(r.groups) > 0 }

// Allow reports whether a person may use the server. A person whom another issuer confirmed may not.
func (r Rules) Allow(p Person) bool {
	if p.Issuer != r.issuer || r.issuer == "" {
		return false
	}
	return p.Domain != "" && slices.Contains(r.domains, p.Domain) ||
		p.Address != "" && slices.Contains(r.addresses, p.Address) ||
		slices.ContainsFunc(p.Groups, func(group string) bool { return slices.Contains(r.groups, group) })
}
