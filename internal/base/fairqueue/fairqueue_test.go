package fairqueue

import (
	"context"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// play makes calls of a group and a caller, such as "+plans:ann:1", and ends them by "-": the turn,
// or the wait for it. It returns the calls in the order of their turns.
func play(t *testing.T, turns *Turns[string], script string) string {
	var began []string
	ends := map[string]context.CancelFunc{}
	for _, step := range strings.Fields(script) {
		call := step[1:]
		if step[0] == '-' {
			ends[call]()
			synctest.Wait()
			continue
		}
		ctx, end := context.WithCancel(t.Context())
		ends[call] = end
		go func() {
			part := strings.Split(call, ":")
			leave, err := turns.Enter(ctx, part[0], part[1])
			switch err {
			case nil:
				began = append(began, call)
				<-ctx.Done()
				leave()
			case context.Canceled:
			default:
				t.Errorf("%s: %v", call, err)
			}
		}()
		synctest.Wait()
	}
	got := strings.Join(began, " ")
	for _, end := range ends {
		end()
	}
	synctest.Wait()
	return got
}

func TestEnter_callsThatWait_takeTurnsInTheOrder(t *testing.T) {
	byName := func(a, b *Call[string]) int { return strings.Compare(a.Caller, b.Caller) }
	for name, c := range map[string]struct {
		n, perGroup  int
		order        func(a, b *Call[string]) int
		script, want string
	}{
		"no order: the first that came is next": {2, 2, nil,
			"+a:x:1 +a:x:2 +b:y:1 +a:x:3 +b:y:2 -a:x:1 -a:x:2", "a:x:1 a:x:2 b:y:1 a:x:3"},
		"a full group keeps no turn from others": {2, 1, nil,
			"+slow:x:1 +slow:x:2 +slow:x:3 +b:y:1 +b:y:2 -b:y:1 -slow:x:1", "slow:x:1 b:y:1 b:y:2 slow:x:2"},
		"one that goes leaves its place": {1, 1, nil,
			"+a:x:1 +a:x:2 +b:y:1 -a:x:2 -a:x:1", "a:x:1 b:y:1"},
		"the order of the user": {1, 1, byName,
			"+a:x:1 +a:d:1 +b:c:1 +b:d:1 -a:x:1 -b:c:1 -a:d:1", "a:x:1 b:c:1 a:d:1 b:d:1"},
		"fair: groups take turns, whatever one has in line": {1, 1, Fair[string],
			"+a:x:1 +a:x:2 +a:x:3 +b:y:1 +b:y:2 +c:z:1 -a:x:1 -b:y:1 -c:z:1 -a:x:2 -b:y:2",
			"a:x:1 b:y:1 c:z:1 a:x:2 b:y:2 a:x:3"},
		"fair: a group that comes back is behind those that wait": {1, 1, Fair[string],
			"+a:x:1 +b:y:1 +b:y:2 -a:x:1 +a:x:2 -b:y:1 +c:z:1 -a:x:2", "a:x:1 b:y:1 a:x:2 b:y:2"},
		"fair: the group with the fewest turns is next": {4, 3, Fair[string],
			"+crowd:x:1 +crowd:x:2 +b:y:1 +b:y:2 +crowd:x:3 +late:z:1 +late:z:2 -b:y:1 -b:y:2 -crowd:x:1",
			"crowd:x:1 crowd:x:2 b:y:1 b:y:2 late:z:1 late:z:2 crowd:x:3"},
		"fair: in a group the caller with the fewest turns is next": {2, 2, Fair[string],
			"+a:x:1 +a:x:2 +a:x:3 +a:y:1 +a:y:2 -a:x:1 -a:x:2", "a:x:1 a:x:2 a:y:1 a:x:3"},
	} {
		synctest.Test(t, func(t *testing.T) {
			if got := play(t, New(c.n, c.perGroup, c.order, nil), c.script); got != c.want {
				t.Errorf("%s: the turns are %s; want %s", name, got, c.want)
			}
		})
	}
}

// pass returns when so much of a bubble's time has passed.
func pass(d time.Duration) {
	passed := make(chan struct{})
	time.AfterFunc(d, func() { close(passed) })
	<-passed
}

// Whatever calls come, end and give up at the same moments, the limits hold, no call waits that may have a turn, all
// turns are counted, and nothing is stored of ended calls.
func TestEnter_callsThatRace_keepTheBoundsAndLeaveNothing(t *testing.T) {
	const n, perGroup, calls = 5, 2, 400
	for name, order := range map[string]func(a, b *Call[string]) int{"first": nil, "fair": Fair[string]} {
		synctest.Test(t, func(t *testing.T) {
			counted := 0
			turns := New(n, perGroup, order, func(string) { counted++ })
			var mu sync.Mutex
			inside, waiting, had, gone := map[string]int{}, map[string]int{}, 0, 0
			add := func(to map[string]int, group string, by int) {
				mu.Lock()
				defer mu.Unlock()
				to[group] += by
				to[""] += by
				if inside[""] > n || inside[group] > perGroup {
					t.Errorf("%s: %v have a turn", name, inside)
				}
			}
			var all sync.WaitGroup
			for range calls {
				group, caller := string("abcdefgh"[rand.IntN(8)]), string("xyz"[rand.IntN(3)])
				comes, lasts := time.Duration(rand.IntN(250)), time.Duration(1+rand.IntN(4))
				patience := time.Duration(max(0, rand.IntN(80)-20)) // some have gone before they come
				all.Go(func() {
					pass(comes)
					ctx, cancel := context.WithTimeout(t.Context(), patience)
					defer cancel()
					add(waiting, group, 1)
					leave, err := turns.Enter(ctx, group, caller)
					add(waiting, group, -1)
					if err != nil {
						mu.Lock()
						defer mu.Unlock()
						gone++
						return
					}
					add(inside, group, 1)
					pass(lasts)
					add(inside, group, -1)
					leave()
					mu.Lock()
					defer mu.Unlock()
					had++
				})
			}
			done := make(chan struct{})
			go func() { all.Wait(); close(done) }()
			for range 400 {
				pass(1)
				synctest.Wait()
				mu.Lock()
				for group, waits := range waiting {
					if group != "" && waits > 0 && inside[""] < n && inside[group] < perGroup {
						t.Errorf("%s: a call of %s waits, and %v have a turn", name, group, inside)
					}
				}
				mu.Unlock()
				turns.mu.Lock()
				for group, g := range turns.groups {
					if len(g.callers) > g.taken {
						t.Errorf("%s: %d turns, and these callers of %s: %v", name, g.taken, group, g.callers)
					}
				}
				turns.mu.Unlock()
			}
			<-done
			if had+gone != calls || had == 0 || gone == 0 || counted < had {
				t.Errorf("%s: %d had turns, %d were counted, %d gave up", name, had, counted, gone)
			}
			if turns.taken != 0 || len(turns.groups) != 0 || len(turns.waiting) != 0 {
				t.Errorf("%s: %d turns, %d groups and %d calls are left", name, turns.taken, len(turns.groups),
					len(turns.waiting))
			}
		})
	}
}
