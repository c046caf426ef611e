package main

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// The colors can be read on white and on black.
const (
	grey   = "#7d8792"
	orange = "#d9730d"
	blue   = "#2f81f7"
)

// plot is a drawing whose x is a time from a second to an hour, in decades.
type plot struct {
	title string
	high  float64 // the end of y
	ticks map[float64]string
	left  bool // the names of the lines stand on the left
	lines []line
}

// line is one curve of a plot.
type line struct {
	name, color string
	dashed      bool
	at          []time.Duration
	y           []float64
}

// Where the plot is in its picture.
const (
	width, height            = 720, 340
	above, below, west, east = 44, 290, 70, 700
)

func across(t time.Duration) float64 { return west + (east-west)*math.Log(t.Seconds())/math.Log(3600) }

func (p plot) up(y float64) float64 { return below - (below-above)*min(y, p.high)/p.high }

// svg draws p.
func (p plot) svg() string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-label="%s" `+
		`font-family="system-ui, sans-serif" font-size="13" fill="%s">`+"\n", width, height, p.title, grey)
	text := func(x, y float64, anchor, words string) {
		fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" text-anchor="%s">%s</text>`+"\n", x, y, anchor, words)
	}
	rule := func(x1, y1, x2, y2 float64, more string) {
		fmt.Fprintf(&b, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" %s/>`+"\n", x1, y1, x2, y2, more)
	}
	fmt.Fprintf(&b, `<text x="%d" y="22" font-size="15" font-weight="600">%s</text>`+"\n", west, p.title)
	faint := fmt.Sprintf(`stroke="%s" stroke-opacity="0.35"`, grey)
	for _, y := range sorted(p.ticks) {
		rule(west, p.up(y), east, p.up(y), faint)
		text(west-8, p.up(y)+4, "end", p.ticks[y])
	}
	for _, tick := range []struct {
		at   time.Duration
		name string
	}{{time.Second, "1 s"}, {10 * time.Second, "10 s"}, {time.Minute, "1 min"}, {10 * time.Minute, "10 min"},
		{time.Hour, "1 h"}} {
		rule(across(tick.at), above, across(tick.at), below, faint)
		text(across(tick.at), below+18, "middle", tick.name)
	}
	text((west+east)/2, below+38, "middle", "from one message of the room to the next, on average")
	for i, l := range p.lines {
		stroke := fmt.Sprintf(`stroke="%s" stroke-width="2.5" fill="none"`, l.color)
		if l.dashed {
			stroke += ` stroke-dasharray="7 5"`
		}
		var points []string
		for k, t := range l.at {
			points = append(points, fmt.Sprintf("%.1f,%.1f", across(t), p.up(l.y[k])))
		}
		fmt.Fprintf(&b, `<polyline points="%s" %s/>`+"\n", strings.Join(points, " "), stroke)
		x, y := float64(east-250), float64(above+20+20*i)
		if p.left {
			x = west + 16
		}
		rule(x, y-4, x+30, y-4, stroke)
		text(x+38, y, "start", l.name)
	}
	b.WriteString("</svg>\n")
	return b.String()
}
