//go:build !unix

package dynamolocal

import (
	"context"
	"fmt"
)

// lock fails: the leash that ends the engine needs Unix too.
func lock(context.Context, string) (unlock func(), err error) {
	return nil, fmt.Errorf("%w: a Unix system; set %s to a running engine", ErrMissing, EndpointEnv)
}
