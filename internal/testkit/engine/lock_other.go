//go:build !unix

package engine

import (
	"context"
	"fmt"
)

// Lock fails: the leash that ends the engine needs Unix too.
func Lock(context.Context, string) (unlock func(), err error) {
	return nil, fmt.Errorf("%w: a Unix system", ErrMissing)
}
