// Package core is the storey of internal with the rules of Parley: what a room is, and what each call
// may do there.
//
// The packages of core never know HTTP, MCP or AWS.
//
// Read first: room, the state and the pure rules on it; then roomlog, which stores rooms as logs; then
// chat, the rules as calls.
package core
