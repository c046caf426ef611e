package oauth

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/parley-chat/parley/internal/auth/signin"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
)

// posted is what the script of the page sends.
type posted struct {
	Request string `json:"request"` // the query of the page's address
	Answer  string `json:"answer"`  // "": the script asks what to show
	Key     string `json:"key"`
}

// The answers of a person.
const (
	allow     = "allow"
	byAccount = "account" // allow, and prove by an account who you are
	cancel    = "cancel"
)

// view is what the page shows, or where the page goes.
type view struct {
	Program string `json:"program,omitempty"` // the program's name, if the name is on our own list
	Calls   string `json:"calls,omitempty"`   // else the name that the program gives itself, if it can be shown
	To      string `json:"to,omitempty"`      // the origin to which the answer goes; "": this computer
	Opens   string `json:"opens,omitempty"`   // the scheme with a colon, if a program on this computer opens the scheme
	Account string `json:"account,omitempty"` // the provider for sign-ins with an account; "": no provider
	Wrong   string `json:"wrong,omitempty"`   // why the program cannot sign in; the person may go back to the program
	Go      string `json:"go,omitempty"`      // where the page goes now
	Error   string `json:"error,omitempty"`   // unknown_program, wrong_request, wrong_key, later
	Message string `json:"message,omitempty"`
}

// authorize answers the script of the page. No answer is a redirect: the script goes where Go says, and Go is empty
// before the person has answered. Anybody can register a program with a deceptive page for answers (RFC 9700, section
// 4.11.2).
func (s *Server) authorize(w http.ResponseWriter, r *http.Request, address string) {
	// A form of another site has another origin, and a browser that says nothing is not trusted.
	if r.Header.Get("Origin") != s.o.Public || r.Header.Get("Sec-Fetch-Site") != "same-origin" {
		answer(w, http.StatusForbidden, view{Error: "wrong_request",
			Message: "Only the page of this address may answer."})
		return
	}
	var got posted
	if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
		answer(w, http.StatusBadRequest, view{Error: "wrong_request", Message: "The request is not well-formed."})
		return
	}
	a, ok := s.asked(w, r, got.Request, address)
	if !ok {
		return
	}
	bad, ok := s.check(a.query)
	switch {
	case got.Answer != allow && got.Answer != byAccount && got.Answer != cancel:
		seen := viewOf(a.client, a.redirect)
		seen.Wrong = bad.Why
		if s.o.Accounts != nil {
			seen.Account = s.o.Accounts.Provider.Name()
		}
		answer(w, http.StatusOK, seen)
	case !ok:
		answer(w, http.StatusOK,
			view{Go: s.answerURL(a, url.Values{"error": {bad.Code}, "error_description": {bad.Why}})})
	case got.Answer == cancel:
		answer(w, http.StatusOK, view{Go: s.answerURL(a, url.Values{"error": {"access_denied"}})})
	case got.Answer == byAccount:
		s.toProvider(w, r, got.Request)
	default:
		s.allow(w, r, got.Key, a)
	}
}

// asked is a program's request, whose answer goes to redirect.
type asked struct {
	query    url.Values
	client   client
	redirect string
}

// asked reads the query of the page's address. For an unknown program asked answers, and ok is false.
func (s *Server) asked(w http.ResponseWriter, r *http.Request, query, address string) (a asked, ok bool) {
	a, err := s.read(r.Context(), query, address)
	var limited *fault.Error
	switch {
	case errors.Is(err, errQuery):
		answer(w, http.StatusBadRequest, view{Error: "wrong_request",
			Message: "The address of this page is incomplete."})
	case errors.As(err, &limited):
		s.answerLater(w, limited)
	case err != nil:
		answer(w, http.StatusBadRequest, view{Error: "unknown_program"})
	}
	return a, err == nil
}

var errQuery = errors.New("the query is not well-formed")

// read is asked without the answer. The error is errQuery, errClient, or an error after which the person may try again.
func (s *Server) read(ctx context.Context, query, address string) (a asked, err error) {
	a.query, err = url.ParseQuery(query)
	if err != nil || once(a.query) != nil {
		return a, errQuery
	}
	a.client, err = s.clientOf(ctx, a.query.Get("client_id"), address)
	if err != nil {
		return a, err
	}
	a.redirect = a.query.Get("redirect_uri")
	if !redirects(a.client.redirects, a.redirect) {
		return a, errClient
	}
	return a, nil
}

// answerURL returns where the answer goes.
func (s *Server) answerURL(a asked, more url.Values) string {
	more.Set("iss", s.issuer())
	if state := a.query.Get("state"); state != "" {
		more.Set("state", state)
	}
	return withParameters(a.redirect, more)
}

// check refuses a wrong request of the program.
func (s *Server) check(q url.Values) (bad refusal, ok bool) {
	mode, resource := q.Get("response_mode"), q.Get("resource")
	switch {
	case q.Get("response_type") != "code":
		return refusal{"unsupported_response_type", "The response_type must be code."}, false
	case q.Get("code_challenge_method") != "S256" || !signin.IsChallenge(q.Get("code_challenge")):
		return refusal{"invalid_request", "A code_challenge with code_challenge_method S256 is needed."}, false
	case mode != "" && mode != "query":
		return refusal{"invalid_request", "The response_mode must be query."}, false
	case q.Has("request") || q.Has("request_uri"):
		return refusal{"request_not_supported", "Send the request as parameters."}, false
	case resource != "" && s.plain(resource) != s.o.Resource:
		return refusal{"invalid_target", "This server signs in for " + s.o.Resource + " only."}, false
	}
	return refusal{}, true
}

// viewOf returns what a person sees of a program.
func viewOf(c client, redirect string) view {
	u, _ := url.Parse(redirect) // it was checked
	if scheme := nativeScheme(redirect); scheme != "" {
		return view{Calls: c.name, Opens: scheme + ":"} // a known name proves nothing there
	}
	v := view{Program: programAt(redirect)}
	if !isLoopback(u) {
		v.To = u.Scheme + "://" + u.Host
	}
	switch {
	case v.Program != "":
	case c.known:
		v.Program = c.name
	default:
		v.Calls = c.name
	}
	return v
}

// allow makes a code for the program, if the person has a key.
func (s *Server) allow(w http.ResponseWriter, r *http.Request, key string, a asked) {
	asker, err := s.o.Key(r.Context(), key)
	if fault.CodeOf(err) == fault.KeyInvalid {
		answer(w, http.StatusOK, view{Error: "wrong_key"})
		return
	}
	var to string
	if err == nil {
		to, err = s.codeFor(r.Context(), ident.KeyOf(asker.ID), a)
	}
	if err != nil {
		s.answerFailure(w, r, err)
		return
	}
	answer(w, http.StatusOK, view{Go: to})
}

// codeFor makes a code with which the program signs in as the holder of a key or an account, and returns where the code
// goes.
func (s *Server) codeFor(ctx context.Context, id string, a asked) (string, error) {
	g := signin.Grant{Client: a.client.id, Name: viewOf(a.client, a.redirect).listedName(), Resource: s.o.Resource}
	code, err := s.o.SignIns.Allow(ctx, id, g, a.redirect, a.query.Get("code_challenge"))
	if err != nil {
		return "", err
	}
	return s.answerURL(a, url.Values{"code": {code}}), nil
}

// listedName returns how a sign-in is listed. Only the name that a program gives itself stands in parentheses.
func (v view) listedName() string {
	if v.Program != "" {
		return v.Program
	}
	name := cmp.Or(v.To, "a program")
	if v.Opens != "" {
		name += " that opens " + v.Opens
	}
	if v.Calls != "" {
		name += " (" + v.Calls + ")"
	}
	return name
}

// answerFailure answers with an error that is not the person's fault.
func (s *Server) answerFailure(w http.ResponseWriter, r *http.Request, err error) {
	var refused *fault.Error
	if errors.As(err, &refused) {
		s.answerLater(w, refused)
		return
	}
	s.failed(w, r, err)
}

// answerLater answers that the person may try again soon.
func (s *Server) answerLater(w http.ResponseWriter, refused *fault.Error) {
	status := http.StatusServiceUnavailable
	if refused.Code == fault.RateLimited {
		status = http.StatusTooManyRequests
	}
	w.Header().Set("Retry-After", strconv.Itoa(max(1, fault.Seconds(refused.RetryAfter))))
	answer(w, status, view{Error: "later", Message: refused.Message})
}
