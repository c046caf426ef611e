// Package access decides who may use a server whose callers need keys.
//
// [Keys] are the keys in the table: whoever can write the table can make and revoke them. A [Gate] admits callers of
// one process: by a key, by the invite of a room, or by the token of a seat that a valid key or an invite has admitted.
// A Gate caches what it reads, and limits the cost of wrong secrets: a made-up key costs no read, a wrong token or
// invite costs one look-up a minute, new secrets wait for their turn, and no wrong secret costs a write.
package access
