//go:build !unix

package dynamolocal

import (
	"context"
	"fmt"
)

// lock refuses: the engine is kept on a leash of Unix's making, too.
func lock(context.Context, string) (unlock func(), err error) {
	return nil, fmt.Errorf("%w: a Unix system; set %s to an engine that runs", ErrMissing, EndpointEnv)
}
