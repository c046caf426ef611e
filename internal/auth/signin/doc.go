// Package signin keeps the sign-ins of programs that cannot send a key: who pressed Connect in which program, and the
// tokens of the program.
//
// A person with a key allows a program ([SignIns.Allow]), and the program gets a code. The program exchanges the code
// for a pair of tokens ([SignIns.Exchange]), and the refresh token of each pair for the next pair ([SignIns.Refresh]).
// The table decides each race: a code is deleted once, and each turn of a refresh token puts its number if absent. The
// table holds no secret, only hashes.
//
// [SignIns] is for the program's side. [Stored] is a sign-in as the table has it, for packages that admit by an access
// token.
package signin
