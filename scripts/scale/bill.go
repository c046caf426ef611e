package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// figures are the numbers of a table, by the first cell of their row.
type figures struct {
	rows    map[string]float64
	missing []string // what was asked for, and no row says
}

// tableOf reads a table of a page, whose header begins so: what a row is about, and its number.
func tableOf(page, header string) (*figures, error) {
	_, text, found := strings.Cut(page, "\n"+header)
	if !found {
		return nil, fmt.Errorf("no table begins with %q", header)
	}
	all := &figures{rows: map[string]float64{}}
	for _, line := range strings.Split(text, "\n")[2:] {
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		if len(cells) < 2 {
			break
		}
		n, err := strconv.ParseFloat(strings.ReplaceAll(cells[1], ",", ""), 64)
		if err != nil {
			return nil, fmt.Errorf("%q has no number: %w", cells[0], err)
		}
		all.rows[cells[0]] = n
	}
	return all, nil
}

// of returns a figure. If no row has it, it notes that, and returns one with which sums go on.
func (f *figures) of(what string) float64 {
	n, found := f.rows[what]
	if found {
		return n
	}
	if !slices.Contains(f.missing, what) {
		f.missing = append(f.missing, what)
	}
	return 2
}

func (f *figures) seconds(what string) time.Duration {
	return time.Duration(f.of(what) * float64(time.Second))
}

const (
	days    = 30  // of a month
	talks   = 400 // that are played for a figure
	anyHow  = 1e9 // processes: each agent has its own
	inHalf  = 0.5 // of the processor is used, so that a busy moment finds some
	inMost  = 0.75
	storing = 0.55e-6 // GB that a message takes: docs/cost.md
)

// model is what the pages assume, and what things cost.
type model struct{ assumed, prices *figures }

// talk returns the talk that the page assumes.
func (m model) talk(processes int) talk {
	a := m.assumed
	agents := int(a.of("agents in a room"))
	return talk{
		agents: agents, processes: min(processes, agents), messages: int(a.of("messages in a talk")),
		least:   a.seconds("shortest time to an answer, in seconds"),
		most:    a.seconds("longest time to an answer, in seconds"),
		reading: a.seconds("time to read what calls for no answer, in seconds"),
		after:   60 * a.seconds("wait after the last message, in minutes"),
		call:    a.seconds("longest call, in seconds"),
	}
}

// day is what one agent takes on a day, on average.
type day struct {
	waited              float64 // seconds
	polls, sends, waits float64
	reads, writes       float64 // units of DynamoDB
	rush                float64 // how much of a day's work falls into a second of a working day
}

// day returns the day of an agent whose room is spread over so many processes. strange says that
// each call meets an instance that does not know the room, as with many instances on Lambda.
func (m model) day(every rule, processes int, strange bool) day {
	a, t := m.assumed, m.talk(processes)
	s := t.play(every, talks)
	daily := a.of("talks of a room on a day")
	share := daily / talks / float64(t.agents)
	d := day{
		waited: s.waited.Seconds() * share, polls: float64(s.reads) * share, waits: float64(s.waits) * share,
		sends: daily * float64(t.messages) / float64(t.agents),
		rush:  1 / (3600 * a.of("hours of a working day")),
	}
	d.reads = d.polls/2 + d.waits*a.of("read units of a wait, without its polls")
	d.writes = d.waits + d.sends
	if strange {
		d.reads += d.calls() * a.of("read units more, at an instance that does not know the room")
		d.writes += d.sends
	}
	return d
}

func (d day) calls() float64 { return d.sends + d.waits }

// waiting is the share of agents that wait at a time of the working day.
func (d day) waiting() float64 { return d.waited * d.rush }

// machines returns how many machines so many agents fill, by their memory and by their processors.
func (m model) machines(agents float64, d day, polls float64) (memory, processors float64) {
	a := m.assumed
	memory = d.waiting() * a.of("memory of a waiting agent, in KB") /
		(inMost * 1e6 * a.of("memory of a machine, in GB"))
	processors = d.rush * (d.calls()*a.of("processor of a call, in ms") + polls*a.of("processor of a poll, in ms")) /
		(inHalf * 1000 * a.of("processors of a machine"))
	return agents * memory, agents * processors
}

// A bill is what a month costs, and what it takes at a time of the working day.
type bill struct {
	dollars   float64
	instances float64 // machines, or instances of the function
	reads     float64 // units a second
	day       day
}

// onFile is one machine with a file, or how many it would have to be.
func (m model) onFile(agents float64) bill {
	d := m.day(polled, 1, false)
	memory, processors := m.machines(agents, d, 0)
	n := math.Ceil(max(memory, processors))
	return bill{n*m.machine() + m.traffic(agents, d) +
		days*agents*d.sends*storing*m.assumed.of("a GB of disk for a month, in dollars"), n, 0, d}
}

// onTable is several machines with one table. The agents of a room are at most at so many of them.
func (m model) onTable(agents float64, every rule, spread int) bill {
	for n := 2.0; ; {
		d := m.day(every, min(spread, int(n)), false)
		memory, processors := m.machines(agents, d, d.polls)
		if need := math.Ceil(max(memory, processors)); need > n {
			n = need
			continue
		}
		return bill{n*m.machine() + m.units(agents, d) + m.traffic(agents, d), n, agents * d.reads * d.rush, d}
	}
}

// onLambda is the function with 128 MB. A message takes it a tenth of a second.
func (m model) onLambda(agents float64) bill {
	d, p := m.day(polled, anyHow, true), m.prices
	busy := d.waited + d.sends/10
	logged := (d.calls()*0.7 + busy/60*0.4) / 1e6
	return bill{m.units(agents, d) + m.traffic(agents, d) + days*agents*(busy/8*p.of("Lambda on arm64, a GB-second")+
		d.calls()/1e6*p.of("Lambda, a million requests")+logged*p.of("CloudWatch, a GB of log")),
		agents * busy * d.rush, agents * d.reads * d.rush, d}
}

func (m model) machine() float64 { return days * m.assumed.of("a machine for a day, in dollars") }

// units returns what the units and the storage of a month cost.
func (m model) units(agents float64, d day) float64 {
	p := m.prices
	return days * agents * (d.reads/1e6*p.of("DynamoDB on demand, a million read units") +
		d.writes/1e6*p.of("DynamoDB on demand, a million write units") + d.sends*storing*
		p.of("DynamoDB, a GB stored for a month (0.25), with point-in-time recovery (0.20)"))
}

// traffic returns what the answers of a month cost.
func (m model) traffic(agents float64, d day) float64 {
	return days * agents * d.calls() * m.assumed.of("an answer with its headers, in KB") / 1e6 *
		m.prices.of("traffic to the internet, a GB")
}
