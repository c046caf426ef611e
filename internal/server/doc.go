// Package server is the storey of internal that assembles a server from the storeys below: the wiring, the Lambda
// runtime, and copies of all data between tables.
//
// The packages of server never decide anything about a call, beyond its default limits.
//
// Read first: app, the only wiring.
package server
