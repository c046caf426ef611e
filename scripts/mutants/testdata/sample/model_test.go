package sample

import "testing"

func TestPut_keepsTheOrder(t *testing.T) {
	var b Box
	b.Put(1)
	b.Put(2)
	if b.items[1] != 2 {
		t.Error(b.items)
	}
}
