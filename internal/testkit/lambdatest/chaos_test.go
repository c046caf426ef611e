package lambdatest_test

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
	"github.com/parley-chat/parley/internal/testkit/lambdatest"
)

const (
	chaosPlaces = 10
	chaosLasts  = 3 * time.Minute
	chaosOutage = 30 * time.Second
	killEvery   = 8 * time.Second
	holdEvery   = 3 * time.Second
	holdFor     = 1400 * time.Millisecond // less than a request may take before it is made again
	// longestSilence is how long nothing may be said: an outage, after which agents
	// have to be heard of, and two turns given to ghosts.
	longestSilence = chaosOutage + 90*time.Second
)

// chaos is a function whose instances freeze and die, whose table is held up now and then
// and fails for a while, and whose clients leave.
type chaos struct {
	t      *testing.T
	fleet  *lambdatest.Fleet
	wire   *dynamolocal.Wire
	client *http.Client // whose requests go anywhere
	over   atomic.Bool  // nothing fails any more
	spoken sync.Map     // from texts to the times of the calls that first sent them
}

func TestSoak_chaos_nothingIsLostAndEveryTurnIsHeard(t *testing.T) {
	soak(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	fleet, wire := through(t, chaosPlaces, "PARLEY_KEEP_ALIVE=100ms", "PARLEY_UNITS_PER_MINUTE=0")
	c := &chaos{t: t, fleet: fleet, wire: wire,
		client: fleet.FunctionURL(lambdatest.AtRandom(rand.New(rand.NewPCG(seed, 1))))}
	rooms := [][]*talker{
		c.seat("duet", seed, 2),
		c.seat("trio", seed, 3),
		c.seat("five", seed, 5),
		c.seat("loud", seed, 4),
	}
	for _, a := range rooms[3] {
		a.loud = true
	}
	until := time.Now().Add(chaosLasts)
	kills := c.havoc(until, rand.New(rand.NewPCG(seed, 2)), func() {
		var all sync.WaitGroup
		for _, a := range slices.Concat(rooms...) {
			all.Go(func() { a.talk(until) })
		}
		all.Wait()
	})
	for _, a := range slices.Concat(rooms...) {
		a.drain()
	}
	for _, talkers := range rooms {
		checkTalk(t, talkers)
	}
	report(t, kills, fleet.Started(), slices.Concat(rooms...))
}

// seat gives so many agents seats in a room.
func (c *chaos) seat(room string, seed uint64, agents int) (talkers []*talker) {
	for k, name := range []string{"Ann", "Bob", "Cid", "Dan", "Eve"}[:agents] {
		a := &talker{chaos: c, room: room, name: name, known: map[string]bool{}}
		a.rng = rand.New(rand.NewPCG(seed, uint64(len(room)*10+k)))
		a.seat = call(c.t, on(c.fleet, k), "join_room",
			args{"room": room, "agent_name": name, "capacity": agents})
		talkers = append(talkers, a)
	}
	return talkers
}

// havoc runs talk while instances are killed, requests to the table are held up and, in the
// middle, the table hangs. It returns the number of kills.
func (c *chaos) havoc(until time.Time, r *rand.Rand, talk func()) (kills int) {
	outage := time.AfterFunc(time.Until(until.Add(-chaosLasts/2)), c.wire.Hang)
	heal := time.AfterFunc(time.Until(until.Add(-chaosLasts/2+chaosOutage)), c.wire.Heal)
	defer outage.Stop()
	defer heal.Stop()
	stop := make(chan struct{})
	var killer sync.WaitGroup
	killer.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(holdEvery):
			}
			release := c.wire.Hold()
			select {
			case <-stop:
			case <-time.After(holdFor):
			}
			release()
		}
	})
	killer.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(killEvery/2 + time.Duration(r.Int64N(int64(killEvery)))):
				c.fleet.Kill(r.IntN(chaosPlaces))
				kills++
			}
			if time.Now().After(until) {
				c.over.Store(true)
				return
			}
		}
	})
	talk()
	close(stop)
	killer.Wait()
	c.over.Store(true)
	return kills
}
