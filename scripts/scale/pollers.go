package main

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// A rule says after how long a poller reads the tail of a log again whose last event has an age.
type rule func(age time.Duration) time.Duration

// poll plays one poller as presence.Room does: it starts with the first wait of its process, at
// the time opened, sleeps before each read, and ends with the last wait. The last event that it
// knows was at the time last. It returns how often it read before the next event, and when it
// finds that.
func poll(every rule, opened, last, next time.Duration) (reads int, found time.Duration) {
	found = opened
	for found < next {
		found += every(found - last)
		reads++
	}
	return max(0, reads-1), found
}

// late is how late news is, in a sample of messages.
type late []time.Duration

func (l late) mean() time.Duration {
	var sum time.Duration
	for _, d := range l {
		sum += d
	}
	return sum / time.Duration(max(1, len(l)))
}

// most returns what 99 of 100 messages keep to.
func (l late) most() time.Duration {
	slices.Sort(l)
	return l[len(l)*99/100]
}

// between returns a time from least to most: as often from 5 to 10 as from 10 to 20.
func between(random *rand.Rand, least, most time.Duration) time.Duration {
	return time.Duration(float64(least) * math.Exp(random.Float64()*math.Log(float64(most)/float64(least))))
}

// seeded returns the same numbers each time.
func seeded() *rand.Rand { return rand.New(rand.NewPCG(31, 1)) }

// watch plays one wait that is always open, in a process that hears of messages by polling only.
// gap returns the time to the next message. It returns the reads in a second.
func watch(every rule, messages int, gap func() time.Duration) (perSecond float64, delays late) {
	var last, opened, next time.Duration
	reads := 0
	for range messages {
		next = last + gap()
		before, found := poll(every, opened, last, next)
		reads += before
		if found > opened { // else the read at that time has this message, too
			reads++
		}
		delays = append(delays, found-next)
		last, opened = next, found
	}
	return float64(reads) / opened.Seconds(), delays
}

// A talk is what the agents of a room do: one speaks, one of the others answers, and so on, while
// all others wait. Each message ends all waits. Then all wait on, and end their turns.
type talk struct {
	agents, processes int // each agent calls one process; they are spread evenly
	messages          int
	least, most       time.Duration // from hearing a message to answering it
	reading           time.Duration // until an agent that does not answer waits again
	after             time.Duration // how long they wait after the last message
	call              time.Duration // the longest wait; then the agent calls again
}

// spent is what talks took.
type spent struct {
	talks  int
	reads  int           // of pollers
	waited time.Duration // by all agents
	waits  int           // calls
	lasted time.Duration
	delays late
}

// perSecond returns the reads in a second of a wait.
func (s spent) perSecond() float64 { return float64(s.reads) / s.waited.Seconds() }

// play plays a number of talks.
func (t talk) play(every rule, talks int) spent {
	random, s := seeded(), spent{talks: talks}
	for range talks {
		t.once(every, random, &s)
	}
	return s
}

// once plays a talk. Each agent is woken by the first message.
func (t talk) once(every rule, random *rand.Rand, s *spent) {
	var last time.Duration                   // the time of the last message
	speaker := 0                             // of that message
	heard := make([]time.Duration, t.agents) // when each agent heard of it
	for said := 1; said <= t.messages; said++ {
		answers, next := -1, last+t.after
		if said < t.messages {
			answers = (speaker + 1 + random.IntN(t.agents-1)) % t.agents
			next = heard[answers] + between(random, t.least, t.most)
		}
		opened := make([]time.Duration, t.agents) // when each agent begins to wait
		for a := range opened {
			if opened[a] = heard[a] + t.reading; a == speaker {
				opened[a] = last
			}
		}
		for p := range t.processes {
			t.pollIn(p, every, opened, heard, last, next, answers, s)
		}
		last, speaker = next, answers
	}
	s.lasted += last
}

// pollIn plays the poller of one process from one message to the next one.
func (t talk) pollIn(p int, every rule, opened, heard []time.Duration, last, next time.Duration, answers int,
	s *spent) {
	first := time.Duration(math.MaxInt64)
	for a := p; a < t.agents; a += t.processes {
		if a != answers {
			first = min(first, opened[a])
		}
	}
	end := next // of the waits in the process of the answer, and of all when the talk is over
	if first < next {
		reads, found := poll(every, first, last, next)
		s.reads += reads
		if answers >= 0 && answers%t.processes != p {
			end = found
			s.reads++
			s.delays = append(s.delays, found-next)
		}
	}
	for a := p; a < t.agents; a += t.processes {
		if heard[a] = next; a == answers {
			continue
		}
		heard[a] = max(end, opened[a])
		waited := heard[a] - opened[a]
		s.waited += waited
		s.waits += 1 + int(waited/t.call)
	}
}
