// Package ident makes and checks the strings that identify things: the names of
// agents, rooms and queues, room ids, event ids, agent tokens and cursors. It also
// hashes passwords. Its only state is the system's random generator.
//
// Each kind of string resists a different mistake:
//
//   - A [Name] has a form to show and a key. Two spellings with the same key are
//     the same name (name.go). [Skeleton] also merges letters that look alike.
//   - A [Token] proves who owns a seat. Its check characters reveal a typing error
//     without a read of the table, and only a hash of its secret is stored
//     (token.go).
//   - A cursor is bound to one seat, so that neither a message's number nor another
//     seat's cursor passes for it (cursor.go).
//   - A password hash names its own cost, so that the cost can be raised at any time
//     (passwordhash.go).
package ident
