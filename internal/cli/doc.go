// Package cli is the storey of internal that runs on a person's machine: the client of a server, the
// commands of a shell, and what connects and wakes the person's agents.
//
// The packages of cli never use the code of the server: they know a server by its tools and its
// addresses.
//
// Read first: client, then shell.
package cli
