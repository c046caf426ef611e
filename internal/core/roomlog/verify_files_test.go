package roomlog

import (
	"testing"

	"github.com/parley-chat/parley/internal/store/files"
	"github.com/parley-chat/parley/internal/store/table"
)

func TestClaimedBy_onlyAClaimInARoom_isOfBytes(t *testing.T) {
	want := files.Key{Room: "abcdefg", ID: "f1"}
	if got, ok := ClaimedBy(ClaimKey(want)); got != want || !ok {
		t.Errorf("the claim of %v: %v, %v", want, got, ok)
	}
	for _, k := range []table.Key{MetaKey("abcdefg"), {Partition: HooksPartition, Sort: ClaimKey(want).Sort}} {
		if got, ok := ClaimedBy(k); ok {
			t.Errorf("%s is taken for the claim of %v", k, got)
		}
	}
}
