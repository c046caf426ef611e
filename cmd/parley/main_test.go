package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/table"
)

func TestExplain_namesOfPackages_areTrimmedWhereErrorsBegin(t *testing.T) {
	const none = "no AWS credentials; a local engine takes any"
	missing := errors.New("dynamotable: " + none)
	const odd = "the folder table: 4 files: a room: b is not the table: it is another"
	for want, err := range map[string]error{
		none:                                missing,
		"the store did not answer: " + none: fmt.Errorf("%w: %w", table.ErrUnavailable, missing),
		"reading the keys: " + none:         fmt.Errorf("reading the keys: %w", missing),
		odd:                                 errors.New(odd),
		"the store did not answer\n  reading room: 4: " + none: errors.Join(table.ErrUnavailable,
			fmt.Errorf("reading room: 4: %w", missing)),
	} {
		var says strings.Builder
		code := (streams{err: &says}).explain(err, "")
		if code != exitFailure || says.String() != "parley: "+want+"\n" {
			t.Errorf("%q became %q", err, &says)
		}
	}
}
