// Package oidc signs people in at an OpenID provider, by the code flow with PKCE (OpenID Connect Core 1.0, section
// 3.1). The tokens of the provider are dropped after they are read: nobody acts at the provider for the person.
package oidc

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/jonboulle/clockwork"
	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"

	"github.com/parley-chat/parley/internal/auth/account"
)

const (
	// callTime is how long a call to the provider may take.
	callTime = 10 * time.Second
	// clocksDiffer is by how much the clock of the provider may be behind.
	clocksDiffer = time.Minute
)

// Options of a Provider. All are required but Groups and Transport.
type Options struct {
	Issuer   string
	ClientID string
	// Secret returns the secret of the client. It is called for each code.
	Secret func(context.Context) (string, error)
	// Redirect is the address that the operator has registered at the provider.
	Redirect string
	// Groups has the provider name the groups of people.
	Groups    bool
	Clock     clockwork.Clock
	Transport http.RoundTripper // nil: the usual one
}

// Provider signs people in. The first sign-in makes the first call to the provider. The methods may be called
// concurrently.
type Provider struct {
	o      Options
	client *http.Client

	reads singleflight.Group
	mu    sync.Mutex
	found *oidc.Provider
}

// New returns a Provider.
func New(o Options) *Provider {
	return &Provider{o: o, client: &http.Client{Timeout: callTime, Transport: o.Transport}}
}

// Name returns how people know the provider.
func (p *Provider) Name() string { return account.NameOf(p.o.Issuer) }

// Address returns where the person signs in.
func (p *Provider) Address(ctx context.Context, once account.Once) (string, error) {
	config, found, err := p.config(ctx)
	if err != nil {
		return "", err
	}
	with := []oauth2.AuthCodeOption{oidc.Nonce(once.Nonce), oauth2.S256ChallengeOption(once.Verifier)}
	var can struct {
		Prompts []string `json:"prompt_values_supported"`
		Scopes  []string `json:"scopes_supported"`
	}
	if err := found.Claims(&can); err != nil {
		return "", fmt.Errorf("oidc: reading the metadata of the provider: %w", err)
	}
	// Without the prompt, a person with two accounts could not choose the second.
	const choose = "select_account"
	if account.CanChoose(p.o.Issuer) || slices.Contains(can.Prompts, choose) {
		with = append(with, oauth2.SetAuthURLParam("prompt", choose))
	}
	if p.o.Groups && slices.Contains(can.Scopes, "groups") { // other providers name groups without the scope
		config.Scopes = append(config.Scopes, "groups")
	}
	return config.AuthCodeURL(once.State, with...), nil
}

// Person returns who has signed in, for the code that the provider sent back. With account.ErrManyGroups, Person
// returns the person, too. Every error but that and account.ErrRefused is an outage.
func (p *Provider) Person(ctx context.Context, code string, once account.Once) (account.Person, error) {
	config, found, err := p.config(ctx)
	if err != nil {
		return account.Person{}, err
	}
	config.ClientSecret, err = p.o.Secret(ctx)
	if err != nil {
		return account.Person{}, fmt.Errorf("oidc: reading the client secret: %w", err)
	}
	ctx = oidc.ClientContext(ctx, p.client)
	tokens, err := config.Exchange(ctx, code, oauth2.VerifierOption(once.Verifier))
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) {
		// The text of the error has the whole answer, which the log must not have.
		why := fmt.Errorf("the provider answers a code with %d %s", refused.Response.StatusCode, refused.ErrorCode)
		if refused.Response.StatusCode >= http.StatusInternalServerError {
			return account.Person{}, why
		}
		return account.Person{}, fmt.Errorf("%w: %w", account.ErrRefused, why)
	}
	if err != nil {
		return account.Person{}, fmt.Errorf("oidc: exchanging the code: %w", err)
	}
	raw, _ := tokens.Extra("id_token").(string)
	token, err := found.Verifier(&oidc.Config{ClientID: p.o.ClientID,
		Now: func() time.Time { return p.o.Clock.Now().Add(-clocksDiffer) }}).Verify(ctx, raw)
	if err != nil {
		return account.Person{}, fmt.Errorf("%w: %w", account.ErrRefused, err)
	}
	if subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(once.Nonce)) != 1 {
		return account.Person{}, fmt.Errorf("%w: the ID token is for another sign-in", account.ErrRefused)
	}
	var claims account.Claims
	if err := token.Claims(&claims); err != nil {
		return account.Person{}, fmt.Errorf("%w: %w", account.ErrRefused, err)
	}
	who, err := account.Read(p.o.Issuer, claims, p.o.Groups)
	if err != nil && !errors.Is(err, account.ErrManyGroups) {
		err = fmt.Errorf("%w: %w", account.ErrRefused, err)
	}
	return who, err
}

// config returns the configuration of OAuth and the provider, whose metadata config reads once.
func (p *Provider) config(ctx context.Context) (*oauth2.Config, *oidc.Provider, error) {
	p.mu.Lock()
	found := p.found
	p.mu.Unlock()
	if found == nil {
		_, err, _ := p.reads.Do("", func() (_ any, err error) {
			// The result serves later calls, so it must not end with this call.
			found, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), p.client), p.o.Issuer)
			if err == nil {
				p.mu.Lock()
				defer p.mu.Unlock()
				p.found = found
			}
			return nil, err
		})
		if err != nil {
			return nil, nil, fmt.Errorf("oidc: reading the metadata of the provider: %w", err)
		}
		return p.config(ctx)
	}
	return &oauth2.Config{ClientID: p.o.ClientID, RedirectURL: p.o.Redirect, Endpoint: found.Endpoint(),
		Scopes: []string{oidc.ScopeOpenID, "email", "profile"}}, found, nil
}
