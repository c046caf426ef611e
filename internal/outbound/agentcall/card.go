package agentcall

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/a2aproject/a2a-go/v2/a2a"

	"github.com/parley-chat/parley/internal/outbound"
)

// wellKnown is where the card of a host is (A2A 1.0, section 8.2).
const wellKnown = ".well-known/agent-card.json"

// Agent is the agent of a card, made safe to show.
type Agent struct {
	Name string
	URL  string // takes JSON-RPC; of the card's origin
}

// Refusal says why the agent of a card cannot be called. The sentence is for a person.
type Refusal struct {
	said string
	// Elsewhere says that all suitable interfaces are of another origin than the card.
	Elsewhere bool
}

// Error says what was wrong.
func (r *Refusal) Error() string { return r.said }

func refuse(format string, args ...any) *Refusal { return &Refusal{said: fmt.Sprintf(format, args...)} }

// card is the used part of an agent card. The first two fields are the fields of A2A 0.3.
type card struct {
	ProtocolVersion string                `json:"protocolVersion"`
	URL             string                `json:"url"`
	Name            string                `json:"name"`
	Interfaces      []*a2a.AgentInterface `json:"supportedInterfaces"`
	Capabilities    a2a.AgentCapabilities `json:"capabilities"`
	Security        []alternative         `json:"securityRequirements"`
}

// alternative is one way to be let in: the names of credentials that are needed together. The SDKs write the values in
// two ways.
type alternative struct {
	Schemes map[string]json.RawMessage `json:"schemes"`
}

// Card gets the card of an agent and returns the agent, if it can be called. The address is the address of the card, or
// ends with the host or a slash: then the card is at the usual place below. The error is an *outcall.Error or a
// *Refusal.
func (c *Client) Card(ctx context.Context, address string) (Agent, error) {
	if err := c.calls.Check(address); err != nil {
		return Agent{}, err
	}
	at, err := url.Parse(address)
	if err != nil {
		return Agent{}, err // Check has parsed it
	}
	if at.Path == "" || strings.HasSuffix(at.Path, "/") {
		at = at.JoinPath(wellKnown)
	}
	answer, err := c.calls.Get(ctx, at.String(), asJSON())
	if err != nil {
		return Agent{}, err
	}
	const where = "Give the address of an agent's card, which usually ends with /" + wellKnown + "."
	if answer.Status != 200 {
		return Agent{}, refuse("The address of the card answered with status %d. %s", answer.Status, where)
	}
	var found card
	if err := json.Unmarshal(answer.Body, &found); err != nil {
		return Agent{}, refuse("There is no agent's card at this address. %s", where)
	}
	if len(found.Interfaces) == 0 && found.ProtocolVersion == "" && found.URL == "" {
		return Agent{}, refuse("The card names no address at which its agent takes calls. %s", where)
	}
	return c.checkCard(found, at.String())
}

// checkCard returns the agent of a card that came from an address.
func (c *Client) checkCard(found card, from string) (Agent, error) {
	for _, extension := range found.Capabilities.Extensions {
		if extension.Required {
			return Agent{}, refuse("The agent takes only calls with an extension of A2A that Parley does not know.")
		}
	}
	if !open(found.Security) {
		return Agent{}, refuse("The agent wants a credential of those who call it, and Parley has none for it: a " +
			"call has only a signature. Let the agent take calls without one, at an address that nobody guesses.")
	}
	rpc, err := c.interfaceOf(found.Interfaces, from)
	if err != nil {
		return Agent{}, err
	}
	return Agent{line(found.Name, outbound.MaxCardName), rpc}, nil
}

// open reports whether an agent may be called without a credential.
func open(ways []alternative) bool {
	for _, way := range ways {
		if len(way.Schemes) == 0 {
			return true
		}
	}
	return len(ways) == 0
}

// interfaceOf returns the address of the first interface that can be called. The address is of the origin that has
// served the card, and so agreed to be called: else a card could have any host called.
func (c *Client) interfaceOf(all []*a2a.AgentInterface, from string) (string, error) {
	err := refuse("The agent does not speak A2A 1.0 over JSON-RPC, as Parley does: its card has no interface with " +
		"protocolBinding JSONRPC and protocolVersion 1.0. An agent of A2A 0.3 needs a newer SDK.")
	for _, i := range all {
		if i == nil || i.ProtocolBinding != a2a.TransportProtocolJSONRPC || !isOne(i.ProtocolVersion) {
			continue
		}
		why := c.calls.Check(i.URL)
		switch {
		case i.Tenant != "":
			err = refuse("The agent takes calls for a tenant, which Parley cannot name: ask for an address of its " +
				"own.")
		case why != nil:
			err = refuse("Parley does not call the address that the card names. %s", why)
		case !c.calls.SameOrigin(i.URL, from):
			err = refuse("The card names an address for calls on another host, or port, than its own, and that has " +
				"not agreed to be called. Most agents serve their card themselves: give the address at which the " +
				"agent takes calls, or have it serve its card there.")
			err.Elsewhere = true
		default:
			return i.URL, nil
		}
	}
	return "", err
}

// isOne reports whether a version of A2A is 1 with any minor number: all such versions take the same calls.
func isOne(v a2a.ProtocolVersion) bool { return v == "1" || strings.HasPrefix(string(v), "1.") }
