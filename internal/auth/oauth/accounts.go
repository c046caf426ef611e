package oauth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/auth"
	"github.com/parley-chat/parley/internal/auth/account"
	"github.com/parley-chat/parley/internal/auth/signin"
	"github.com/parley-chat/parley/internal/base/fault"
)

// Provider signs people in with their accounts, as that of package oidc does.
type Provider interface {
	// Name returns how people know the provider.
	Name() string
	// Address returns where the person signs in.
	Address(context.Context, account.Once) (string, error)
	// Person returns who has signed in, for the code that the provider sent back. The error is account.ErrRefused,
	// account.ErrManyGroups with the person, or an outage.
	Person(ctx context.Context, code string, once account.Once) (account.Person, error)
}

// Accounts admit people whom a provider has proven.
type Accounts struct {
	Provider Provider
	// Confirm returns the id of the account of a person who was just proven: see access.Gate.
	Confirm func(context.Context, account.Person) (id string, err error)
}

// pendingCookie keeps a program's request while the person is at the provider, in the person's browser alone: nothing
// is stored of people whom nobody has proven. Only this address can set a cookie of this name, and no page can read the
// cookie.
const pendingCookie = "__Host-parley-sign-in"

const (
	pendingLife = 10 * time.Minute
)

// errorCode matches an error code of OAuth or OpenID Connect.
var errorCode = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z_]{1,40}$`) })

// pending is the content of the cookie.
type pending struct {
	Verifier string `json:"v"`
	Request  string `json:"r"` // the query of the page's address
}

// newVerifier returns a random verifier (RFC 7636, section 4.1).
func newVerifier() string {
	var raw [32]byte
	rand.Read(raw[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

// once returns the new values of a sign-in. All come from the verifier, which only the browser has.
func (p pending) once() account.Once {
	from := func(use string) string {
		sum := sha256.Sum256([]byte(use + p.Verifier))
		return base64.RawURLEncoding.EncodeToString(sum[:])
	}
	return account.Once{State: from("state "), Nonce: from("nonce "), Verifier: p.Verifier}
}

// toProvider sends a person who allows a program to the provider, for proof of identity.
func (s *Server) toProvider(w http.ResponseWriter, r *http.Request, request string) {
	if s.o.Accounts == nil {
		answer(w, http.StatusBadRequest, view{Error: "wrong_request", Message: "This server has no accounts."})
		return
	}
	p := pending{Verifier: newVerifier(), Request: request}
	text, _ := json.Marshal(p) // strings
	value := base64.RawURLEncoding.EncodeToString(text)
	if len(value) > auth.MaxCookie {
		answer(w, http.StatusBadRequest, view{Error: "later", Message: "This program's request is too long for a " +
			"sign-in with an account. Use a key."})
		return
	}
	to, err := s.o.Accounts.Provider.Address(r.Context(), p.once())
	if err != nil {
		s.o.Logger.WarnContext(r.Context(), "the provider of accounts does not answer", "error", err)
		answer(w, http.StatusServiceUnavailable, view{Error: "provider_down"})
		return
	}
	setCookie(w, value, int(pendingLife/time.Second))
	answer(w, http.StatusOK, view{Go: to})
}

func setCookie(w http.ResponseWriter, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{Name: pendingCookie, Value: value, Path: "/", MaxAge: seconds, Secure: true,
		HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

// callback answers a person who comes back from the provider: with the way to the program, or to the page for an error.
// Each cookie works once, since the answer deletes the cookie.
func (s *Server) callback(w http.ResponseWriter, r *http.Request, address string) {
	w.Header().Set("Referrer-Policy", "no-referrer")
	q := r.URL.Query()
	p, ok := pendingOf(r)
	if !ok || subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(p.once().State)) != 1 {
		s.redirectToPage(w, "", "over") // perhaps of another tab, whose own way back still counts
		return
	}
	setCookie(w, "", -1)
	a, err := s.read(r.Context(), p.Request, address)
	if err == nil {
		if _, ok := s.check(a.query); !ok {
			err = errQuery
		}
	}
	if err != nil { // the page says why
		s.redirectToPage(w, p.Request, "")
		return
	}
	switch why := q.Get("error"); {
	case why == "access_denied":
		redirectTo(w, s.answerURL(a, url.Values{"error": {"access_denied"}}))
		return
	case why != "":
		if !errorCode().MatchString(why) {
			why = "an error without a code"
		}
		s.o.Logger.WarnContext(r.Context(), "a person could not sign in", "error", why)
		s.redirectToPage(w, p.Request, "refused")
		return
	}
	var who account.Person
	// Without the limit, a stranger could have the server call the provider with codes that the stranger made up.
	err = s.o.Guess(r.Context(), q.Get("code"), address, func() (err error) {
		who, err = s.o.Accounts.Provider.Person(r.Context(), q.Get("code"), p.once())
		if errors.Is(err, account.ErrRefused) {
			s.o.Logger.WarnContext(r.Context(), "a person could not sign in", "error", err)
			err = errors.Join(signin.ErrGrant, err)
		}
		return err
	})
	var id, to string
	if err == nil {
		id, err = s.o.Accounts.Confirm(r.Context(), who)
	}
	if err == nil {
		to, err = s.codeFor(r.Context(), id, a)
	}
	switch {
	case err == nil:
		redirectTo(w, to)
	case errors.Is(err, account.ErrNotAllowed):
		s.redirectToPage(w, p.Request, "not_allowed "+who.Label)
	case errors.Is(err, account.ErrBarred):
		s.redirectToPage(w, p.Request, "barred "+who.Label)
	case errors.Is(err, account.ErrManyGroups):
		s.redirectToPage(w, p.Request, "many_groups "+who.Label)
	case errors.Is(err, account.ErrRefused):
		s.redirectToPage(w, p.Request, "refused")
	case fault.CodeOf(err) == fault.RateLimited:
		s.redirectToPage(w, p.Request, "busy")
	case who.Subject == "":
		s.o.Logger.WarnContext(r.Context(), "a person could not sign in", "error", err)
		s.redirectToPage(w, p.Request, "provider_down")
	default: // the table fails
		s.o.Logger.WarnContext(r.Context(), "a sign-in could not be looked up", "error", err)
		s.redirectToPage(w, p.Request, "busy")
	}
}

// pendingOf reads the cookie.
func pendingOf(r *http.Request) (p pending, ok bool) {
	cookie, err := r.Cookie(pendingCookie)
	if err != nil {
		return p, false
	}
	text, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	return p, err == nil && json.Unmarshal(text, &p) == nil && p.Verifier != ""
}

// redirectToPage leads back to the page. The fragment, which browsers do not send to the server, says what the page
// shows.
func (s *Server) redirectToPage(w http.ResponseWriter, request, why string) {
	to := s.o.Public + authorizePath
	if request != "" {
		to += "?" + request
	}
	redirectTo(w, to+"#"+url.PathEscape(why))
}

func redirectTo(w http.ResponseWriter, to string) {
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
}
