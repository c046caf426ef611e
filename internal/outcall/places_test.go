package outcall

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestPlaces_allTaken_areWaitedFor(t *testing.T) {
	for of, most := range map[string][2]int{"of a host": {2, 9}, "together": {9, 2}} {
		synctest.Test(t, func(t *testing.T) {
			p := newPlaces(most[0], most[1])
			first, err := p.take(t.Context(), "a", time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			second, err := p.take(t.Context(), "a", time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			_, err = p.take(t.Context(), "a", 10*time.Second)
			if err != errNoPlace || time.Since(began) != 10*time.Second {
				t.Errorf("%s: %v after %v", of, err, time.Since(began))
			}
			if len(p.all) != 2 || len(p.hosts["a"].under) != 2 {
				t.Errorf("%s: %d places are taken, %d of the host", of, len(p.all), len(p.hosts["a"].under))
			}
			go func() {
				synctest.Wait() // until the third waits
				first()
			}()
			third, err := p.take(t.Context(), "a", 10*time.Second)
			if err != nil {
				t.Fatalf("%s: a place is free: %v", of, err)
			}
			second()
			third()
			if len(p.hosts) != 0 || len(p.all) != 0 {
				t.Errorf("%s: %d hosts and %d places are kept", of, len(p.hosts), len(p.all))
			}
		})
	}
}

// Those who wait for a slow host keep no place from others.
func TestPlaces_waitForASlowHost_leavesTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlaces(1, 2)
		slow, err := p.take(t.Context(), "slow", time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			go func() {
				if release, err := p.take(t.Context(), "slow", time.Minute); err == nil {
					release()
				}
			}()
		}
		synctest.Wait()
		other, err := p.take(t.Context(), "other", time.Second)
		if err != nil {
			t.Fatal(err)
		}
		other()
		slow()
	})
}
