// Package access decides who may use a server whose callers need keys.
//
// [Keys] are the keys in the table: whoever can write the table can make and revoke them.
// A [Gate] admits callers of one process: by a key, by the invite of a room, or by the
// token of a seat that a valid key or an invite has admitted. It keeps what it reads for a
// while, and it bounds what wrong secrets cost: a made-up key costs no read, a wrong token or invite is looked up once
// in a minute, new ones wait for their turn, and none costs a write.
package access
