// Package ident makes and checks the strings that identify things: the names of agents, rooms and queues, room ids,
// event ids, message ids, agent tokens and cursors. It also hashes passwords. The only state is the system's random
// generator.
//
// Each kind of string resists a different mistake:
//
//   - A [Name] has a form to show and a key. Two spellings with the same key are the same name (name.go). Two names
//     with like [Skeleton]s can be taken for each other (look.go).
//   - A [Token] proves who owns a seat. Its check characters reveal a typing error without a read of the table, and
//     only a hash of its secret is stored (token.go).
//   - A message id names one event of a room and hides the event's number, so that no agent can count messages that it
//     may not see (messageid.go).
//   - A [Cursor] is bound to one token and differs in every answer, so that neither a message's id nor another seat's
//     cursor passes for it, and nothing shows whether the cursor moved (cursor.go).
//   - A password hash names its own cost, so that the cost can be raised at any time (passwordhash.go).
package ident
