// Package api is the storey of internal that takes calls: HTTP, the MCP protocol, the tools that a
// model sees, and A2A.
//
// The packages of api never touch the table, and never decide a rule about rooms.
//
// Read first: httpapi, where a request arrives; then mcp; then tools, which calls core/chat.
package api
