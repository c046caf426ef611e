package ident

import (
	"fmt"
	"testing"
)

func TestNewName_hasThirtyTwoRandomBits(t *testing.T) {
	words := map[string]bool{}
	for _, list := range [][64]string{adjectives, nouns} {
		for _, word := range list {
			if words[word] {
				t.Errorf("%q is there twice", word)
			}
			words[word] = true
		}
	}
	if len(words) != 128 { // 6 + 6 bits, and 20 of the number
		t.Fatalf("%d words", len(words))
	}
	var ones, zeros uint64
	for range 200 {
		var n uint64
		name := NewName()
		if _, err := fmt.Sscanf(name[len(name)-7:], "%d", &n); err != nil || n >= 1<<20 {
			t.Fatalf("%q: %v", name, err)
		}
		ones, zeros = ones|n, zeros|^n
	}
	if ones&zeros&(1<<20-1) != 1<<20-1 {
		t.Errorf("bits that never change: %b", ^(ones & zeros))
	}
}
