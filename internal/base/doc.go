// Package base is the storey of internal on which all others stand: the words and forms that they
// share. Error codes, names, tokens and cursors, text made safe to show, and the results of the tools
// as JSON are here.
//
// The packages of base never know a table, a room, a network or a clock.
//
// Read first: fault, which says how a call is refused, then ident.
package base
