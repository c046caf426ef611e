// Package base is the storey of internal on which all others stand: the words and forms that they
// share. Error codes, names, tokens and cursors, text made safe to show, and the results of the tools
// as JSON are here.
//
// The packages of base never read a table or a clock, and never call anything.
//
// Read first: fault, the error that refuses a call, then ident.
package base
