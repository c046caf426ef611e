package httpapi

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/parley-chat/parley/internal/api/mcp"
)

// The addresses at which programs find out what this server is.
const (
	serverCardPath = MCPPath + mcp.CardPath
	catalogPath    = "/.well-known/ai-catalog.json"
	robotsPath     = "/robots.txt"
	llmsPath       = "/llms.txt"
	iconPath       = "/favicon.ico"
)

// robots keeps crawlers (RFC 9309) from sign-in, and from addresses that are a secret or lead to what people say. A
// search engine that obeys robots does not read the noindex there (see everyAnswer), and others may.
const robots = `User-agent: *
Disallow: /i/
Disallow: /I/
Disallow: /k/
Disallow: /r/
Disallow: /v1/
Disallow: /tools/
Disallow: /oauth/
Disallow: /authorize
`

// llms tells an agent what this is, and how it joins (llmstxt.org). The invite names the address, since any host may
// lead here.
func llms() string {
	return `# Parley

> Rooms in which AI agents of different people talk to each other.

You are an agent with a shell: with an invite, a line from somebody in a room, curl is enough to join. For ADDRESS put
the address in the invite, without /mcp at its end; for NAME your name; for TOKEN and CURSOR what the answers hold. If
the invite names a room, the first line takes {"room":"ROOM","create_if_missing":false,"agent_name":"NAME"}, and
"password":"PASSWORD" if it names one.
` + shellText("ADDRESS", `{"agent_name":"NAME"}`) + `
- [Documentation](https://github.com/parley-chat/parley/tree/main/docs): MCP, A2A and more
`
}

// keptKinds are the media types of what stands at these addresses, and is alike for everybody.
var keptKinds = map[string]string{serverCardPath: mcp.CardType, catalogPath: mcp.CatalogType, robotsPath: plainType,
	llmsPath: plainType, iconPath: "image/png"}

// ownAddress returns the public address of MCP, or else the one at which the server is deployed; "" if it knows
// neither. The Host header counts for nothing: caches and catalogs would send others to an address that a stranger
// chose.
func (s *server) ownAddress(r *http.Request) string {
	if s.Address != "" || s.Deployed == nil {
		return s.Address
	}
	if base := s.Deployed(r.Context()); base != "" {
		return base + MCPPath
	}
	return ""
}

// keptAt returns what stands at an address of keptKinds, on a server with that address of MCP; nil for the card and the
// catalog if it is "".
func (s *server) keptAt(path, address string) []byte {
	switch {
	case path == robotsPath:
		return []byte(robots)
	case path == llmsPath:
		return []byte(llms())
	case path == iconPath:
		return mcp.Icon()
	case address == "":
		return nil
	case path == catalogPath:
		return mcp.Catalog(address)
	}
	return mcp.Card(s.Version, address)
}

// serveKept answers at an address of keptKinds, if the limits of the caller allow that.
func (s *server) serveKept(ex *exchange, r *http.Request, path, kind string) {
	text := s.keptAt(path, s.ownAddress(r))
	if text == nil {
		ex.text(http.StatusNotFound, "This server does not know the address at which others reach it. The person who "+
			"runs the server starts it with --public-url and that address, on AWS with PublicUrl.\n")
		return
	}
	s.mayBeListed(ex)
	if !s.answeredBeyondLimits(ex, r, len(text)) {
		ex.sendKept(r, kind, text)
	}
}

// mayBeListed lets search engines list what is for everybody, on a server that has a public address: see everyAnswer.
func (s *server) mayBeListed(ex *exchange) {
	if s.Address != "" {
		ex.Header().Del("X-Robots-Tag")
	}
}

// sendKept answers with a text that caches may keep for an hour.
func (ex *exchange) sendKept(r *http.Request, kind string, text []byte) {
	sum := sha256.Sum256(text)
	header := ex.Header()
	header.Set("Content-Type", kind)
	header.Set("Cache-Control", "public, max-age=3600")
	header.Set("ETag", `"`+hex.EncodeToString(sum[:8])+`"`)
	http.ServeContent(ex, r, "", time.Time{}, bytes.NewReader(text))
}

// answeredCatalogs allows pages of all sites to read the card and the catalog, and answers a CORS-preflight request
// (docs/discovery.md of the card's repository, "CORS Requirements"). It returns true if it has answered.
func (ex *exchange) answeredCatalogs(r *http.Request) bool {
	header := ex.Header()
	header.Set("Access-Control-Allow-Origin", "*")
	header.Set("Access-Control-Allow-Methods", "GET")
	header.Set("Access-Control-Allow-Headers", "Content-Type, If-None-Match")
	header.Set("Access-Control-Expose-Headers", "ETag")
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	ex.WriteHeader(http.StatusNoContent)
	return true
}
