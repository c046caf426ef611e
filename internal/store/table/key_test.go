package table_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/store/table"
)

func TestKey_asText_showsKindsAndNumbersAndHidesUserInput(t *testing.T) {
	for want, k := range map[string]table.Key{
		"NAME#cf2c3c37/-":                    {Partition: "NAME#secret garden", Sort: "-"},
		"NAME#d0cd7f34/-":                    {Partition: "NAME#0000000000000004", Sort: "-"},
		"LISTED/cf2c3c37":                    {Partition: "LISTED", Sort: "secret garden"},
		"ROOM#7d1a5412/META":                 {Partition: "ROOM#abcdefg", Sort: "META"},
		"ROOM#7d1a5412/LOG#0000000000000004": {Partition: "ROOM#abcdefg", Sort: "LOG#0000000000000004"},
		"ROOM#7d1a5412/SENT#00001#cf2c3c37":  {Partition: "ROOM#abcdefg", Sort: "SENT#00001#secret garden"},
		"QUEUE#cf2c3c37/MATCH#cf2c3c37":      {Partition: "QUEUE#secret garden", Sort: "MATCH#secret garden"},
		"QUEUE#cf2c3c37/TICKET#0000000123#cf2c3c37": {Partition: "QUEUE#secret garden",
			Sort: "TICKET#0000000123#secret garden"},
	} {
		if got := k.String(); got != want {
			t.Errorf("%s; want %s", got, want)
		}
	}
}

func TestCheckRange_invalidRange_errorHidesUserInput(t *testing.T) {
	for _, r := range []table.Range{
		{Partition: "NAME#secret garden"},
		{Partition: "LISTED", After: "secret garden", Prefix: "x", Limit: 1},
		{Partition: "LISTED", Prefix: "secret garden", After: "x", Limit: 1},
		{Partition: "NAME#secret garden\x00", Limit: 1},
	} {
		if err := r.Check(); !errors.Is(err, table.ErrInvalid) || strings.Contains(err.Error(), "garden") {
			t.Errorf("%+v: %v", r, err)
		}
	}
}
