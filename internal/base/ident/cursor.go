package ident

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"strconv"
)

// A cursor is "c" and 13 characters of Alphabet, such as "c2k9w04hs7dqnm": a block
// of 64 bits, encrypted under a key of the token. From the highest bit, it has the number,
// ToldOthersAway, a nonce, a check of zeros, HeldActs, HeldSends and Held. The characters'
// 65th bit is zero. A program from before the two counts has zeros in their place: it reads a
// cursor without counts, and takes one with a count for none.
const (
	cursorPrefix = 'c'
	cursorChars  = 13
	cursorHalf   = 32 // bits

	heldBit           = 0
	heldSendsBit      = heldBit + 1
	countBits         = 2
	maxCount          = 1<<countBits - 1
	heldActsBit       = heldSendsBit + countBits
	checkBit          = heldActsBit + countBits
	checkBits         = 11
	nonceBit          = checkBit + checkBits
	nonceBits         = 17
	toldOthersAwayBit = nonceBit + nonceBits
	numberBit         = toldOthersAwayBit + 1
)

// Cursor is a seat's place in its room's log.
//
// The text shows no field. Two texts of one place differ, unless their nonces are the same, one time in 131,072. So no
// agent can tell whether its cursor moved over events that the agent may not see. A text is bound to the token for
// which it was made. The binding catches mistakes: a cursor is not a secret, and proves nothing.
type Cursor struct {
	N              int64 // the last event scanned for the seat, in 0..MaxMessage
	ToldOthersAway bool  // the server has told this caller once that all others are away
	Held           bool  // a send was held back by what came up to here
	HeldSends      int   // how many sends were held back in a row, in 0..3
	HeldActs       int   // the same for changes of tasks
}

// String returns a new text of c for the owner of t, in lower case, different for each call. For a c.N outside
// 0..[MaxMessage] the text is empty, and ParseCursor refuses it. String is safe for concurrent use.
func (c Cursor) String(t Token) string {
	var nonce [4]byte
	rand.Read(nonce[:]) // never fails
	return c.seal(t, binary.BigEndian.Uint32(nonce[:]))
}

// seal is String with the low 17 bits of a given nonce.
func (c Cursor) seal(t Token, nonce uint32) string {
	if c.N < 0 || c.N > MaxMessage {
		return ""
	}
	plain := uint64(c.N)<<numberBit | uint64(nonce&(1<<nonceBits-1))<<nonceBit
	if c.ToldOthersAway {
		plain |= 1 << toldOthersAwayBit
	}
	if c.Held {
		plain |= 1 << heldBit
	}
	plain |= uint64(c.HeldSends&maxCount)<<heldSendsBit | uint64(c.HeldActs&maxCount)<<heldActsBit
	return spell(cursorPrefix, t.cursorBlock().encrypt(plain), cursorChars)
}

// ParseCursor parses the output of String for the same token; capitals count as small letters, and space around s is
// ignored. ok is false, and the cursor zero, for an empty or malformed s and for a cursor of another token: an invented
// cursor, or another token's, passes by chance one time in 2,048. Models pass an id, or another agent's cursor, so a
// call treats a cursor that is not ok as absent. The caller must check that the number is not beyond the log's head: it
// has 30 bits, so that of an invented cursor almost always is. ParseCursor is safe for concurrent use.
func (t Token) ParseCursor(s string) (c Cursor, ok bool) {
	v, ok := unspell(cursorPrefix, s, cursorChars)
	if !ok {
		return Cursor{}, false
	}
	plain := t.cursorBlock().decrypt(v)
	if plain>>checkBit&(1<<checkBits-1) != 0 {
		return Cursor{}, false
	}
	return Cursor{N: int64(plain >> numberBit), ToldOthersAway: plain>>toldOthersAwayBit&1 == 1,
		Held: plain>>heldBit&1 == 1, HeldSends: int(plain >> heldSendsBit & maxCount),
		HeldActs: int(plain >> heldActsBit & maxCount)}, true
}

// cursorBlock returns the cipher of t's cursors. The key is a hash of the whole token, so that a seat's new token ends
// the old cursors. The label tells the hash from others of the same token, and the slashes separate the parts, since a
// token contains no slash.
func (t Token) cursorBlock() feistel {
	text := make([]byte, 0, 64)
	text = append(text, "parley cursor/"...)
	text = append(text, t.Room...)
	text = append(text, '/')
	text = strconv.AppendInt(text, int64(t.Seat), 10)
	text = append(text, '/')
	text = append(text, t.Secret...)
	sum := sha256.Sum256(text)
	return newFeistel([aesKeyBytes]byte(sum[:aesKeyBytes]), cursorHalf)
}
