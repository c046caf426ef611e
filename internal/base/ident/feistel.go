package ident

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
)

// feistelRounds is the number of rounds of every network here. Luby and Rackoff (1988) prove four enough against a
// reader who chooses both values and their images, but only while the reader sees far fewer values than the square root
// of a half's range: 181 values for a half of 15 bits, and a long room has more messages. More rounds raise that limit.
// Ten rounds are the choice of NIST SP 800-38G for FF1, whose domains are as small. An AES call takes some nanoseconds,
// so there is no reason to save rounds.
const feistelRounds = 10

// aesKeyBytes is the length of an AES-128 key.
const aesKeyBytes = 16

// feistel is a permutation of the numbers of 2*half bits: a balanced Feistel
// network with AES-128 as its round function. It is immutable and safe for
// concurrent use.
type feistel struct {
	block cipher.Block
	half  uint // bits of one half, 1 to 32
}

// newFeistel returns the permutation of key. A key serves one width only: the rounds of two widths would have related
// outputs.
func newFeistel(key [aesKeyBytes]byte, half uint) feistel {
	block, _ := aes.NewCipher(key[:]) // fails on other lengths only
	return feistel{block: block, half: half}
}

// encrypt returns the image of v, which has at most 2*half bits.
func (f feistel) encrypt(v uint64) uint64 {
	var buf [aes.BlockSize]byte // shared by all rounds, since the buffer escapes to the heap
	left, right := v>>f.half, v&f.mask()
	for i := range feistelRounds {
		left, right = right, left^f.round(buf[:], i, right)
	}
	return left<<f.half | right
}

// decrypt returns the number whose image is v.
func (f feistel) decrypt(v uint64) uint64 {
	var buf [aes.BlockSize]byte
	left, right := v>>f.half, v&f.mask()
	for i := feistelRounds - 1; i >= 0; i-- {
		left, right = right^f.round(buf[:], i, left), left
	}
	return left<<f.half | right
}

// round is the function of round i. The block contains the round's number, so that one key gives ten independent
// functions. buf is scratch space of one block.
func (f feistel) round(buf []byte, i int, half uint64) uint64 {
	binary.BigEndian.PutUint64(buf, uint64(i))
	binary.BigEndian.PutUint64(buf[8:], half)
	f.block.Encrypt(buf, buf)
	return binary.BigEndian.Uint64(buf) & f.mask()
}

func (f feistel) mask() uint64 { return 1<<f.half - 1 }
