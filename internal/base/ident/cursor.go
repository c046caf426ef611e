package ident

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"strconv"
)

// A cursor is "c" and 13 characters of Alphabet, such as "c2k9w04hs7dqnm": a block of 64 bits, encrypted under a key of
// the token. From the highest bit, it has the number, ToldOthersAway, a nonce, a check of zeros, two bits for HeldAct,
// and three for HeldMessage. The characters' 65th bit is zero. An older program counts held acts in the two bits, and
// held messages in the upper two of the three.
//
// A mark in the place of the check says that the cursor also has Untold and Ahead, and so a shorter nonce. An older
// program takes such a cursor for none.
const (
	cursorPrefix = 'c'
	cursorChars  = 13
	cursorHalf   = 32 // bits

	heldBit           = 0
	heldSendsBit      = heldBit + 1
	heldActsBit       = heldSendsBit + 2
	checkBit          = heldActsBit + 2
	checkBits         = 11
	nonceBit          = checkBit + checkBits
	nonceBits         = 17
	toldOthersAwayBit = nonceBit + nonceBits
	numberBit         = toldOthersAwayBit + 1

	// With a mark in the place of the check, from the lowest bit: HeldMessage, HeldAct, Ahead, mark, Untold, nonce.
	heldActBit = 1
	aheadBit   = 2
	markBits   = 8
	mark       = 0xb5
	untoldBit  = checkBit + markBits
	shortBit   = untoldBit + 8

	// MaxAhead is the largest Cursor.Ahead.
	MaxAhead = 7
)

// Cursor is a seat's place in its room's log.
//
// The text shows no field. Two texts of one place differ, unless their nonces are the same, one time in 131,072, or one
// in 4,096 while something is untold. So no agent can tell whether its cursor moved over events that the agent may not
// see. A text is bound to the token for which it was made. The binding catches mistakes: a cursor is not a secret, and
// proves nothing.
type Cursor struct {
	N              int64 // the last event scanned for the seat, in 0..MaxMessage
	ToldOthersAway bool  // the server has told this caller once that all others are away
	HeldMessage    bool  // others have held back a message of the seat, and none has gone through since
	HeldAct        bool  // the same of a change of tasks
	// Untold has a bit for each of the seat's own last eight calls up to N and Ahead. Bit 0 is the newest. A bit that
	// is set says that the seat was not shown the answer to the call.
	Untold uint8
	Ahead  int // how many of the seat's own calls after N the cursor covers, too, in 0..MaxAhead
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
	plain := uint64(c.N)<<numberBit | bit(c.ToldOthersAway)<<toldOthersAwayBit |
		uint64(nonce&(1<<nonceBits-1))<<nonceBit
	if c.Untold != 0 || c.Ahead != 0 {
		plain = plain&^(1<<shortBit-1) | uint64(c.Untold)<<untoldBit | mark<<checkBit |
			uint64(c.Ahead&MaxAhead)<<aheadBit | bit(c.HeldAct)<<heldActBit | bit(c.HeldMessage)
	} else {
		plain |= bit(c.HeldMessage)<<heldBit | bit(c.HeldMessage)<<heldSendsBit | bit(c.HeldAct)<<heldActsBit
	}
	return spell(cursorPrefix, t.cursorBlock().encrypt(plain), cursorChars)
}

// ParseCursor parses the output of String for the same token; capitals count as small letters, and space around s is
// ignored. ok is false, and the cursor zero, for an empty or malformed s and for a cursor of another token: an invented
// cursor, or another token's, passes by chance one time in 228. Models pass an id, or another agent's cursor, so a
// call treats a cursor that is not ok as absent. The caller must check that the number is not beyond the log's head: it
// has 30 bits, so that of an invented cursor almost always is. ParseCursor is safe for concurrent use.
func (t Token) ParseCursor(s string) (c Cursor, ok bool) {
	v, ok := unspell(cursorPrefix, s, cursorChars)
	if !ok {
		return Cursor{}, false
	}
	plain := t.cursorBlock().decrypt(v)
	c = Cursor{N: int64(plain >> numberBit), ToldOthersAway: plain>>toldOthersAwayBit&1 == 1}
	switch {
	case plain>>checkBit&(1<<checkBits-1) == 0:
		c.HeldMessage, c.HeldAct = plain>>heldSendsBit&3 > 0, plain>>heldActsBit&3 > 0
	case plain>>checkBit&(1<<markBits-1) == mark:
		c.HeldMessage, c.HeldAct = plain&1 == 1, plain>>heldActBit&1 == 1
		c.Untold, c.Ahead = uint8(plain>>untoldBit), int(plain>>aheadBit&MaxAhead)
	default:
		return Cursor{}, false
	}
	return c, true
}

func bit(set bool) uint64 {
	if set {
		return 1
	}
	return 0
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
