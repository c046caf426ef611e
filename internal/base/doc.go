// Package base is the storey of internal on which all others stand, with the words and forms that the others share:
// error codes, names, tokens and cursors, text made safe to show, and the results of the tools as JSON.
//
// The packages of base never read a table or a clock, and never call anything.
//
// Read first: fault, the error that refuses a call, then ident.
package base
