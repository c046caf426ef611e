// Package auth is the storey of internal that says who may use a server: keys, invites, company
// accounts, and the sign-in of programs that cannot send a key.
//
// The packages of auth never decide what a caller may do in a room: core does.
//
// Read first: access.
package auth
