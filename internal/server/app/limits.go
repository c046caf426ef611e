package app

import (
	"cmp"
	"encoding"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/parley-chat/parley/internal/core/ratelimit"
)

// Limit is a limit in a setting: a number, 0 for none, or Usual.
type Limit int

// Usual is the limit without a number in the settings: none on a local server, and more than two busy agents need on
// a public server.
const Usual Limit = math.MinInt

// usualWord is Usual in a setting.
const usualWord = "auto"

var _ encoding.TextUnmarshaler = (*Limit)(nil)

// UnmarshalText reads the value of a setting.
func (l *Limit) UnmarshalText(text []byte) error {
	if string(text) == usualWord || len(text) == 0 {
		*l = Usual
		return nil
	}
	n, err := strconv.Atoi(string(text))
	if err != nil {
		return fmt.Errorf("%q %s, or %s", text, noLimit, usualWord)
	}
	*l = Limit(n)
	return nil
}

// Signs of life must not be frequent, since each is a write to every waiting client, and not rare, since many clients
// and proxies end a call after a silent minute.
const (
	shortestKeepAlive = 100 * time.Millisecond
	longestKeepAlive  = time.Minute
)

// mostFiles is the largest FilesTotal, in MiB: 1 PiB.
const mostFiles = 1 << 30

// The usual limits of one caller on a public server. A busy agent sends 20 messages a minute and costs some 90 units,
// so thirty busy agents can share an address. On DynamoDB, 3000 units a minute cost 11 cents an hour, and a hundred
// of a table's writes a second have room for two such callers.
const (
	usualMessages = 600
	usualBytes    = 1 << 20
	usualUnits    = 3000
	usualRooms    = 60
	usualWaits    = 200
	usualFilesIn  = 100 << 20 // bytes an hour
	usualFilesOut = 1 << 30
)

// number returns the limit in numbers; 0 for none.
func (l Limit) number(local bool, usual int) int {
	switch {
	case l != Usual:
		return int(l)
	case local:
		return 0
	}
	return usual
}

// check returns an error unless l can take effect.
func (l Limit) check(flag string) error {
	return check(flag, int(l), l >= 0 || l == Usual, noLimit)
}

func (s Settings) checkLimits() error {
	return cmp.Or(
		s.MessagesPerMinute.check("messages-per-minute"),
		s.BytesPerMinute.check("bytes-per-minute"),
		s.UnitsPerMinute.check("units-per-minute"),
		s.RoomsPerHour.check("rooms-per-hour"),
		s.WaitsPerAddress.check("waits-per-address"),
		check("waits-per-address", int(s.WaitsPerAddress), int(s.WaitsPerAddress) <= s.MaxWaits,
			fmt.Sprintf("cannot be above --max-waits, which is %d: no caller could reach it", s.MaxWaits)),
	)
}

// limits returns the rate limits.
func (c Config) limits() ratelimit.Limits {
	s, local := c.Settings, c.Local()
	return ratelimit.Limits{
		Messages: s.MessagesPerMinute.number(local, usualMessages), Bytes: s.BytesPerMinute.number(local, usualBytes),
		Units: s.UnitsPerMinute.number(local, usualUnits), Rooms: s.RoomsPerHour.number(local, usualRooms),
		FilesIn: int64(Usual.number(local, usualFilesIn)), FilesOut: int64(Usual.number(local, usualFilesOut)),
		AllFilesOut: c.FilesOut,
	}
}

func (c Config) waitsPerAddress() int {
	return c.Settings.WaitsPerAddress.number(c.Local(), usualWaits)
}
