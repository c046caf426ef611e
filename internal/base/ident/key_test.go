package ident

import (
	"testing"
)

// scripts/sam/key.py computes the same mark.
func TestKey_mark_isThatOfItsTable(t *testing.T) {
	key := Key{ID: "abcdefgh", Secret: "0123456789abcdefghjkmnpq"}.Marked("a secret of a table")
	if key.Secret != "0123456789abcdef9v2zqvhe" {
		t.Errorf("the secret is %s", key.Secret)
	}
	if read, ok := ParseKey(key.String()); !ok || !read.IsMarked("a secret of a table") {
		t.Errorf("%+v has lost its mark", read)
	}
	other, made := key, key
	other.ID, made.Secret = "abcdefgj", "1"+key.Secret[1:]
	if key.IsMarked("a secret of another") || other.IsMarked("a secret of a table") ||
		made.IsMarked("a secret of a table") || NewKey().IsMarked("a secret of a table") {
		t.Error("a mark is good for another table, or another key")
	}
}
