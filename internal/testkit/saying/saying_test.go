package saying

import (
	"testing"
	"time"
)

func TestWatch_eachTick_saysWhatTheProgramIsAtThen(t *testing.T) {
	began := time.Unix(0, 0)
	ticks, done, said := make(chan time.Time), make(chan struct{}), make(chan string)
	ended := make(chan struct{})
	now := ""
	go func() {
		watch(began, ticks, done, func() string { return now }, func(line string) { said <- line })
		close(ended)
	}()
	for n, want := range []string{"15 s: fetching", "30 s: compiling"} {
		now = []string{"fetching", "compiling"}[n]
		ticks <- began.Add(time.Duration(n+1) * pause)
		if got := <-said; got != want {
			t.Errorf("it says %q, want %q", got, want)
		}
	}
	close(done)
	<-ended
}
