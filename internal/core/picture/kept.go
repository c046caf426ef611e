package picture

import (
	"slices"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"
)

// What is kept of pictures that were drawn: a client that asks again gets the same, without the half second that a
// large one takes.
const (
	mostKept  = 32
	keptBytes = 8 << 20
	keptFor   = 10 * time.Minute
)

// kept holds the pictures that were drawn last. Many goroutines may use it at once.
type kept struct {
	clock clockwork.Clock

	mu  sync.Mutex
	all []outcome // the oldest first
}

// outcome is what came of a file: its picture, or that it is none that is shown.
type outcome struct {
	key string
	Picture
	at time.Time
}

// find returns what came of the file with a key.
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

// add keeps what came of a file.
func (k *kept) add(key string, p Picture) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.all = append(k.all, outcome{key, p, k.clock.Now()})
	k.trim()
}

// forget drops what came of a file.
func (k *kept) forget(key string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.all = slices.DeleteFunc(k.all, func(d outcome) bool { return d.key == key })
}

// trim drops the oldest, as far as the bounds ask for that. k.mu is held.
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
