package picture

import (
	"slices"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"
)

// The limits of the cache of drawn pictures. A client that asks again gets the same picture, without the half second
// that a large picture takes.
const (
	mostKept  = 32
	keptBytes = 8 << 20
	keptFor   = 10 * time.Minute
)

// kept holds the pictures that were drawn last. The methods may be called concurrently.
type kept struct {
	clock clockwork.Clock

	mu  sync.Mutex
	all []outcome // the oldest first
}

// outcome is the result for a file: its picture, or the zero Picture for a file that is not shown.
type outcome struct {
	key string
	Picture
	at time.Time
}

// find returns the result for the file with a key.
func (k *kept) find(key string) (Picture, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.trim()
	at := slices.IndexFunc(k.all, func(d outcome) bool { return d.key == key })
	if at < 0 {
		return Picture{}, false
	}
	return k.all[at].Picture, true
}

// add keeps the result for a file.
func (k *kept) add(key string, p Picture) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.all = append(k.all, outcome{key, p, k.clock.Now()})
	k.trim()
}

// forget drops the result for a file.
func (k *kept) forget(key string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.all = slices.DeleteFunc(k.all, func(d outcome) bool { return d.key == key })
}

// trim drops the oldest results beyond the limits. The caller holds k.mu.
func (k *kept) trim() {
	bytes := 0
	for _, d := range k.all {
		bytes += len(d.Data)
	}
	n := 0
	for _, d := range k.all {
		if len(k.all)-n <= mostKept && bytes <= keptBytes && k.clock.Since(d.at) < keptFor {
			break
		}
		n, bytes = n+1, bytes-len(d.Data)
	}
	k.all = slices.Delete(k.all, 0, n)
}
