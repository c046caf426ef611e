// Package a2a is Parley as a client of the Agent2Agent protocol sees it (A2A 1.0, JSON-RPC binding): an agent without
// MCP takes a seat in a room by its invite, says something, and is answered by those in the room.
//
// A seat is a context with one task, the stay of the agent since it joined. Both ids are made from the seat (see
// ident.NewStay), and all that a task shows is read from the log, so the package stores nothing and any process may
// answer any call. Package chat decides what a room allows.
package a2a
