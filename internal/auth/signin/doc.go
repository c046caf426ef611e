// Package signin keeps the sign-ins of programs that cannot send a key: who pressed Connect in which
// program, and the tokens that the program has for it.
//
// A person allows a program with a key ([SignIns.Allow]), and the program gets a code. It exchanges
// the code for a pair of tokens ([SignIns.Exchange]), and gets further pairs for the refresh token of the
// last one ([SignIns.Refresh]). The table decides each race: a code is deleted once, and a turn of
// a refresh token puts its number if it is absent. It holds no secret, only hashes.
//
// [SignIns] is for the program's side. [Stored] is a sign-in as the table has it, for those who
// admit by an access token.
package signin
