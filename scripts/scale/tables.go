package main

import (
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/roomlog"
)

// polled is the rule of the code.
var polled rule = roomlog.PollEvery

// before is the rule that it replaced.
func before(age time.Duration) time.Duration {
	switch {
	case age < time.Minute:
		return 100 * time.Millisecond
	case age < 10*time.Minute:
		return 250 * time.Millisecond
	}
	return time.Second
}

// always is a rule without an age.
func always(d time.Duration) rule { return func(time.Duration) time.Duration { return d } }

// until is a rule up to an age, and another time from then on.
func until(age time.Duration, young rule, old time.Duration) rule {
	return func(d time.Duration) time.Duration {
		if d >= age {
			return old
		}
		return young(d)
	}
}

// part is a rule that reads again after a part of the age.
func part(of int, most time.Duration) rule {
	return func(age time.Duration) time.Duration {
		return min(max(age/time.Duration(of), 100*time.Millisecond), most)
	}
}

const page, costs = "docs/scale.md", "docs/cost.md"

// written returns the files of the tree at root that this command writes.
func written(root string) (map[string]string, error) {
	text, err := os.ReadFile(filepath.Join(root, page))
	if err != nil {
		return nil, err
	}
	priced, err := os.ReadFile(filepath.Join(root, costs))
	if err != nil {
		return nil, err
	}
	var m model
	if m.assumed, err = tableOf(string(text), "| what | figure |"); err != nil {
		return nil, err
	}
	if m.prices, err = tableOf(string(priced), "| what | price |"); err != nil {
		return nil, err
	}
	filled := string(text)
	for name, table := range map[string]string{"costs": m.costs(), "limits": m.limits(), "rules": m.rules(),
		"savings": m.savings(), "processes": m.spread()} {
		begin, end := "<!-- "+name+": written by `go run ./scripts/scale` -->\n\n", "\n<!-- end of "+name+" -->"
		head, rest, ok := strings.Cut(filled, begin)
		_, tail, closed := strings.Cut(rest, end)
		if !ok || !closed {
			return nil, fmt.Errorf("%s has no place for %s", page, name)
		}
		filled = head + begin + table + end + tail
	}
	if missing := slices.Concat(m.assumed.missing, m.prices.missing); len(missing) > 0 {
		return nil, fmt.Errorf("no row of %s or %s says: %s", page, costs, strings.Join(missing, "; "))
	}
	reads, news := curves()
	return map[string]string{page: filled, "docs/images/scale-reads.svg": reads.svg(),
		"docs/images/scale-delay.svg": news.svg()}, nil
}

// costs says what agents cost.
func (m model) costs() string {
	rows := [][]string{{"agents", "wait at once", "messages a second", "one machine, a file",
		"several machines, one table", "Lambda"}}
	for _, agents := range []float64{1e3, 1e5, 1e7} {
		file, table, lambda := m.onFile(agents), m.onTable(agents, polled, anyHow), m.onLambda(agents)
		one := "**" + round(file.dollars) + "**; one machine"
		if file.instances > 1 {
			one = "no: it would have to be " + round(file.instances) + " machines"
		}
		d := file.day
		rows = append(rows, []string{round(agents), round(agents * d.waiting()), round(agents * d.sends * d.rush), one,
			fmt.Sprintf("**%s**; %s machines, %s read units a second", round(table.dollars), round(table.instances),
				round(table.reads)),
			fmt.Sprintf("**%s**; %s instances, %s read units a second", round(lambda.dollars), round(lambda.instances),
				round(lambda.reads))})
	}
	return grid(rows)
}

// limits says how many agents reach which limit.
func (m model) limits() string {
	file, table, lambda := m.onFile(1), m.onTable(1e5, polled, anyHow), m.onLambda(1)
	memory, processors := m.machines(1, file.day, 0)
	keys := (lambda.day.sends + 2*lambda.day.waits) * lambda.day.rush
	// After each message of the others.
	called := lambda.day.sends * (m.assumed.of("agents in a room") - 1) * lambda.day.rush
	row := func(where, limit string, most, each float64) []string {
		n := most / each
		scale := math.Pow(10, math.Floor(math.Log10(n))-1)
		return []string{where, limit, round(scale * math.Floor(n/scale))}
	}
	return grid([][]string{
		{"where", "what is used up", "agents"},
		row("one machine, a file", "the 20,000 waits that a server allows by default (`--max-waits`)",
			20_000, file.day.waiting()),
		row("", "half of its two processors", 1, processors),
		row("", "three quarters of its memory", 1, memory),
		row("several machines, one table", "12,000 read units a second, at a new table", 12_000, table.reads/1e5),
		row("", "40,000 read units a second: the quota of a table", 40_000, table.reads/1e5),
		row("", "40,000 write units a second: the quota of a table", 40_000, table.day.writes*table.day.rush),
		row("Lambda", "the 100 instances that `make deploy` reserves", 100, lambda.instances),
		row("", "the 600 read units a second of a new stack", 600, lambda.reads),
		row("", "1,000 instances: the quota of an account", 1000, lambda.instances),
		row("", "the 20 instances of the outbox, if all agents are called and none waits",
			20, called*m.assumed.of("instance of the outbox for a call, in seconds")),
		row("", "40,000 read units a second: the quota of a table", 40_000, lambda.reads),
		row("", "3,000 read units a second of one partition: the keys", 3000, keys),
		row("", "50,000 instances, if the quota is raised: AWS speaks of tens of thousands", 50_000, lambda.instances),
		row("", "3,000 read units a second of one partition: `HOOKS`, if all agents are called and none waits",
			3000, called*m.assumed.of("read units of `HOOKS` for a call")),
	})
}

// rules compares rules of polling: in talks, for programs that answer within two seconds, and in a
// room where half an hour or more passes between two messages.
func (m model) rules() string {
	rows := [][]string{{"a poller reads again after", "reads a second in a talk", "in a silent room",
		"news is late in a talk", "99 of 100", "after a quick answer", "in a silent room"}}
	ten := 10 * time.Minute
	for _, c := range []struct {
		name  string
		every rule
	}{
		{"100 ms; from a minute 250 ms; from ten 1 s (before)", before},
		{"250 ms; from ten minutes 1 s", until(ten, always(250*time.Millisecond), time.Second)},
		{"500 ms; from ten minutes 1 s", until(ten, always(500*time.Millisecond), time.Second)},
		{"a twentieth of the silence, at most 500 ms; from ten minutes 1 s",
			until(ten, part(20, 500*time.Millisecond), time.Second)},
		{"**a tenth of the silence, at most 500 ms; from ten minutes 1 s (now)**", polled},
		{"a tenth of the silence, at most 1 s", part(10, time.Second)},
		{"as now; from ten minutes 2 s", until(ten, polled, 2*time.Second)},
		{"as now; from ten minutes 5 s", until(ten, polled, 5*time.Second)},
		{"5 s, beside hints between processes", always(5 * time.Second)},
	} {
		inTalk := m.talk(anyHow)
		inTalk.after = 0
		t := inTalk.play(c.every, talks)
		random := seeded()
		_, quick := watch(c.every, 4000, func() time.Duration { return between(random, time.Second/10, 2*time.Second) })
		idle, slow := watch(c.every, 1000, func() time.Duration { return between(random, 3*ten, 6*ten) })
		row := []string{c.name, decimal(t.perSecond()), decimal(idle)}
		for _, d := range []time.Duration{t.delays.mean(), t.delays.most(), quick.mean(), slow.mean()} {
			row = append(row, fmt.Sprintf("%d ms", d.Round(10*time.Millisecond).Milliseconds()))
		}
		if strings.Contains(c.name, "hints") {
			row = append(row[:3], "some ms", "some ms", "some ms", "some ms")
		}
		rows = append(rows, row)
	}
	return grid(rows)
}

// savings says what other ways would make of several machines.
func (m model) savings() string {
	rows := [][]string{{"100,000 agents on several machines", "dollars a month", "machines", "read units a second"}}
	for _, c := range []struct {
		name   string
		every  rule
		spread int
	}{
		{"with the rule of before", before, anyHow},
		{"**now**", polled, anyHow},
		{"as now, and all agents of a room call one machine", polled, 1},
		{"hints between processes, and a poll every 5 s", always(5 * time.Second), anyHow},
	} {
		b := m.onTable(1e5, c.every, c.spread)
		rows = append(rows, []string{c.name, round(b.dollars), round(b.instances), round(b.reads)})
	}
	return grid(rows)
}

// spread says what it costs that the agents of a room are at several processes.
func (m model) spread() string {
	rows := [][]string{{"a talk of 16 agents, at so many processes", "reads a second, in all", "for each waiting agent",
		"read units in 50 s of a wait"}}
	for _, processes := range []int{1, 2, 4, 8, 16} {
		t := m.talk(1)
		t.agents, t.processes, t.after = 16, processes, 0
		s := t.play(polled, talks)
		rows = append(rows, []string{round(float64(processes)), decimal(float64(s.reads) / s.lasted.Seconds()),
			decimal(s.perSecond()), decimal(s.perSecond() * 50 / 2)})
	}
	return grid(rows)
}

// grid returns a table in Markdown.
func grid(rows [][]string) string {
	var b strings.Builder
	for i, row := range rows {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
		if i == 0 {
			b.WriteString(strings.Repeat("|---", len(row)) + "|\n")
		}
	}
	return b.String()
}

// round returns a number as people say it: with two digits that count, or more if it is below a hundred.
func round(n float64) string {
	if n >= 1e6 {
		return strings.TrimSuffix(fmt.Sprintf("%.1f", n/1e6), ".0") + " million"
	}
	if n >= 100 {
		scale := math.Pow(10, math.Floor(math.Log10(n))-1)
		n = math.Round(n/scale) * scale
	}
	text := fmt.Sprintf("%.0f", n)
	if len(text) > 3 {
		text = text[:len(text)-3] + "," + text[len(text)-3:]
	}
	return text
}

func decimal(n float64) string { return fmt.Sprintf("%.2g", n) }

func sorted(m map[float64]string) []float64 { return slices.Sorted(maps.Keys(m)) }

// curves draws how often a wait that is always open reads, and how late news is, by the time from
// one message to the next.
func curves() (reads, news plot) {
	reads = plot{title: "Reads of a wait in a second", high: 10,
		ticks: map[float64]string{0: "0", 2: "2", 4: "4", 6: "6", 8: "8", 10: "10"}}
	news = plot{title: "How late news from another process is", high: 1, left: true,
		ticks: map[float64]string{0: "0", 0.25: "250 ms", 0.5: "500 ms", 0.75: "750 ms", 1: "1 s"}}
	for _, r := range []struct {
		name, color string
		every       rule
	}{{"before", orange, before}, {"now", blue, polled}} {
		steady := line{name: r.name + ", messages at random", color: r.color}
		talks := line{name: r.name + ", talks with pauses", color: r.color, dashed: true}
		mean := line{name: r.name + ", on average", color: r.color}
		most := line{name: r.name + ", 99 of 100", color: r.color, dashed: true}
		for step := range 37 {
			apart := time.Duration(math.Exp(float64(step)/36*math.Log(3600)) * float64(time.Second))
			perSecond, delays := watch(r.every, 4000, atRandom(apart))
			steady.add(apart, perSecond)
			mean.add(apart, delays.mean().Seconds())
			most.add(apart, delays.most().Seconds())
			if gap := inTalks(apart); gap != nil {
				perSecond, _ := watch(r.every, 4000, gap)
				talks.add(apart, perSecond)
			}
		}
		reads.lines, news.lines = append(reads.lines, steady, talks), append(news.lines, mean, most)
	}
	return reads, news
}

func (l *line) add(at time.Duration, y float64) { l.at, l.y = append(l.at, at), append(l.y, y) }

// atRandom is the time between messages that know nothing of each other (a Poisson process).
func atRandom(apart time.Duration) func() time.Duration {
	random := seeded()
	return func() time.Duration { return time.Duration(random.ExpFloat64() * float64(apart)) }
}

// inTalks is the time between the messages of talks of twenty, with answers after 5 to 60 seconds
// and a pause after each talk. It is nil if the messages come closer than answers do.
func inTalks(apart time.Duration) func() time.Duration {
	const of = 20
	answer := 55 / math.Log(12) // seconds, the mean of between
	pause := of*apart.Seconds() - (of-1)*answer
	if pause < answer {
		return nil
	}
	random, said := seeded(), 0
	return func() time.Duration {
		if said++; said%of == 0 {
			return time.Duration(random.ExpFloat64() * pause * float64(time.Second))
		}
		return between(random, 5*time.Second, time.Minute)
	}
}
