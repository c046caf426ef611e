package ident

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
)

// NewName returns a name that is easy to say and hard to guess: two words and a number, 32 random bits in all.
func NewName() string {
	var raw [8]byte
	rand.Read(raw[:])
	v := binary.BigEndian.Uint64(raw[:])
	return fmt.Sprintf("%s-%s-%07d", adjectives[v&63], nouns[v>>6&63], v>>12&(1<<20-1))
}

var adjectives = [64]string{
	"amber", "ample", "blue", "bold", "brave", "bright", "brisk", "calm",
	"clear", "clever", "cool", "crisp", "deep", "eager", "early", "easy",
	"fair", "fast", "fine", "firm", "fond", "fresh", "gentle", "glad",
	"golden", "good", "grand", "green", "happy", "honest", "keen", "kind",
	"large", "light", "lively", "loyal", "lucky", "mellow", "merry", "mild",
	"neat", "noble", "open", "plain", "proud", "quick", "quiet", "rapid",
	"ready", "rich", "royal", "sharp", "silver", "simple", "smart", "smooth",
	"soft", "solid", "steady", "sunny", "swift", "true", "warm", "wise",
}

var nouns = [64]string{
	"acorn", "anchor", "apple", "arrow", "badge", "basin", "beach", "bell",
	"bird", "boat", "book", "bridge", "brook", "cabin", "candle", "canyon",
	"castle", "cedar", "cloud", "comet", "coral", "creek", "delta", "falcon",
	"ferry", "field", "forest", "fox", "garden", "harbor", "hill", "island",
	"lake", "lantern", "leaf", "maple", "meadow", "moon", "mountain", "ocean",
	"orchard", "otter", "owl", "panda", "pearl", "pine", "planet", "pond",
	"rabbit", "river", "robin", "sail", "shore", "spring", "star", "stone",
	"summit", "table", "tiger", "tower", "valley", "village", "willow", "window",
}
