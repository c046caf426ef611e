// Package start spares a program that is over at once the collection of garbage. The tables that packages make when the
// program starts take 6 MiB, which all stay, and Go collects from 4 MiB on, again and again.
//
// Go initializes packages in the order of their import paths, after what they import (Go specification, Program
// initialization). So this package imports little, and is initialized before the libraries with the largest tables.
package start

import (
	"os"
	"runtime/debug"
	"time"
)

const (
	// short is how long a program may run before it collects as usual.
	short = time.Second
	// firstPercent puts the first collection at 16 MiB.
	firstPercent = 400
	// usualPercent is Go's default.
	usualPercent = 100
)

var _ = tune()

// tune puts the first collection off for a while. The variable GOGC takes precedence.
func tune() *time.Timer {
	if os.Getenv("GOGC") != "" {
		return nil
	}
	debug.SetGCPercent(firstPercent)
	return time.AfterFunc(short, over)
}

// over makes the program collect garbage as usual, unless the program has set its own percentage since.
func over() {
	if own := debug.SetGCPercent(usualPercent); own != firstPercent {
		debug.SetGCPercent(own)
	}
}
