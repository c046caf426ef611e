//go:build !lambda

package main

import (
	"io"

	"github.com/parley-chat/parley/internal/meter"
)

func newMetrics(s settings, _ io.Writer) *metrics {
	return &metrics{meter: meter.New(held(s))}
}
