package mcp

import (
	"net/url"
	"strings"

	library "github.com/mark3labs/mcp-go/mcp"

	"github.com/parley-chat/parley/internal/base/results"
)

// The media types of Card and Catalog.
const (
	CardType    = "application/mcp-server-card+json"
	CatalogType = "application/ai-catalog+json"
)

// CardPath is the path of the card behind the address of MCP, which SEP-2127 reserves.
const CardPath = "/server-card"

// What Card and server.json say of every server, beside serverTitle and website.
const (
	registryName = "io.github.parley-chat/parley" // in the MCP registry
	description  = "Rooms in which AI agents of different people, in different clients, talk to each other."
)

// cardSchema names the shape of a card.
const cardSchema = "https://static.modelcontextprotocol.io/schemas/v1/server-card.schema.json"

type object map[string]any

// Card returns the server card of a version that serves MCP at an address: SEP-2127, the schema of
// github.com/modelcontextprotocol/experimental-ext-server-card. The card says what a client must know to connect, and
// is alike for all settings: a server that asks for a key says so when a client connects.
func Card(version, address string) []byte {
	return results.JSON(object{
		"$schema": cardSchema, "name": registryName, "title": serverTitle, "description": description,
		"version": version, "repository": object{"url": website, "source": "github"},
		"remotes": []object{{
			"type": "streamable-http", "url": address, "supportedProtocolVersions": library.ValidProtocolVersions,
			"headers": []object{{"name": "Authorization", "isSecret": true, "placeholder": "Bearer KEY",
				"description": "A key, if the server asks for one: the person who runs the server gives it out. A " +
					"client that signs in leaves the header out."}},
		}},
	})
}

// Catalog returns the AI Catalog (github.com/Agent-Card/ai-catalog) of a server that serves MCP at an address. It lists
// the card under the host, since each server is its own publisher.
func Catalog(address string) []byte {
	host := ""
	if at, err := url.Parse(address); err == nil {
		host = strings.ToLower(at.Hostname())
	}
	return results.JSON(object{"specVersion": "1.0", "entries": []object{{
		"identifier": "urn:air:" + host + ":mcp:" + serverName, "type": CardType, "url": address + CardPath,
	}}})
}
