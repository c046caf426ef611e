package mcp

import (
	"fmt"
	"net/http"
	"strings"

	library "github.com/mark3labs/mcp-go/mcp"
)

// negotiable returns the header of m as mcp-go takes it, or else the version that it names and that this server does
// not have. A client that knows a later version may name it in the header of initialize, whose answer settles the
// version (Lifecycle, "Version Negotiation"), so the header has no say there. mcp-go would ask such a client for a
// _meta of the later version, and tells nobody else which versions there are. It judges itself what names one in
// its _meta.
func negotiable(h http.Header, m *Message) (_ http.Header, unknown string) {
	meta, _ := metaFrom(m.params.meta)
	version := h.Get(library.HeaderProtocolVersion)
	switch {
	case version == "", library.IsModernProtocol(meta.version):
	case m.Method == string(library.MethodInitialize):
		h = h.Clone()
		h.Del(library.HeaderProtocolVersion)
	case !library.IsValidProtocolVersion(version):
		return nil, version
	}
	return h, ""
}

// refuseVersion answers m, which names a version in its header that this server does not have. A version from
// 2026-07-28 on needs its _meta and further headers, so the header alone would only meet the next refusal.
func refuseVersion(w http.ResponseWriter, m *Message, version string) {
	failure := library.UnsupportedProtocolVersionError{Version: version, Supported: library.ValidProtocolVersions}.
		JSONRPCError().Error
	failure.Message = fmt.Sprintf("This server does not have version %s of the protocol. Nothing was done: send one "+
		"of these as %s: %s. Or send %s there, with the other headers and the _meta of that version.", shown(version),
		library.HeaderProtocolVersion, strings.Join(library.LegacyProtocolVersions(), ", "),
		library.ProtocolVersion20260728)
	respond(w, http.StatusBadRequest, m.ID, nil, &failure)
}
