// Package saying tells a person who waits what a program is at.
package saying

import (
	"fmt"
	"sync"
	"time"
)

// pause is how often a program says what it is at.
const pause = 15 * time.Second

// While says every 15 s on the standard output what the program is at, until over is called.
func While(what string) (over func()) {
	return Every(func() string { return what }, func(line string) { fmt.Println(line) })
}

// Every says every 15 s what the program is at then, until stop, which may be called again.
func Every(at func() string, say func(line string)) (stop func()) {
	ticker, done := time.NewTicker(pause), make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() { watch(time.Now(), ticker.C, done, at, say) })
	return sync.OnceFunc(func() {
		ticker.Stop()
		close(done)
		watching.Wait()
	})
}

// watch says at each tick what the program is at, and for how long, until done is closed.
func watch(began time.Time, ticks <-chan time.Time, done <-chan struct{}, at func() string, say func(string)) {
	for {
		select {
		case now := <-ticks:
			say(fmt.Sprintf("%d s: %s", int(now.Sub(began).Round(time.Second).Seconds()), at()))
		case <-done:
			return
		}
	}
}
