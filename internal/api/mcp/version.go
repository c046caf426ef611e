package mcp

import (
	"fmt"
	"net/http"
	"strings"

	library "github.com/mark3labs/mcp-go/mcp"

	"github.com/parley-chat/parley/internal/base/sanitize"
)

// negotiable returns the header of m in a form that mcp-go accepts, or the unknown version in the header. A client of
// a later version may name that version in the header of initialize. The answer to initialize decides the version
// (Lifecycle, "Version Negotiation"), so the header of initialize does not count. mcp-go would ask such a client for
// a _meta of the later version, and tells no other client which versions there are. mcp-go checks a message that
// names a version in _meta.
func negotiable(header http.Header, m *Message) (_ http.Header, unknown string) {
	meta, _ := metaFrom(m.params.meta)
	version := header.Get(library.HeaderProtocolVersion)
	switch {
	case version == "", library.IsModernProtocol(meta.version):
	case m.Method == string(library.MethodInitialize):
		header = header.Clone()
		header.Del(library.HeaderProtocolVersion)
	case !library.IsValidProtocolVersion(version):
		return nil, version
	}
	return header, ""
}

// refuseVersion answers m with an unknown version in the header. A version from 2026-07-28 on also needs a _meta and
// further headers, so with another header alone m would meet the next refusal.
func refuseVersion(w http.ResponseWriter, m *Message, version string) {
	failure := library.UnsupportedProtocolVersionError{Version: version, Supported: library.ValidProtocolVersions}.
		JSONRPCError().Error
	failure.Message = fmt.Sprintf("This server does not have version %s of the protocol. Nothing was done: send one "+
		"of these as %s: %s. Or send %s there, with the other headers and the _meta of that version.",
		sanitize.Quote(version), library.HeaderProtocolVersion, strings.Join(library.LegacyProtocolVersions(), ", "),
		library.ProtocolVersion20260728)
	respond(w, http.StatusBadRequest, m.ID, nil, &failure)
}
