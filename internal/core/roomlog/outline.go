package roomlog

import (
	"bytes"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// outline reads only the fields of an event that decide visibility: number, type, seat and readers. It takes a tenth
// of the time of decodeEvent. If ok is false, decodeEvent must read the item, or say what is wrong.
func outline(item table.Item) (event room.Event, ok bool) {
	n, err := eventNumber(item.Key)
	if err != nil {
		return event, false
	}
	event.N = n
	s := scanner{rest: item.Data}
	for ok = s.skip('{'); ok; ok = s.skip(',') {
		name, value := s.field()
		switch string(name) {
		case "v":
			ok = whole(value, &event.V)
		case "t":
			event.Type = room.EventType(bytes.Trim(value, `"`))
		case "s":
			ok = whole(value, &event.Seat)
		case "to":
			event.To, ok = numbers(value)
		}
		if value == nil || !ok {
			return event, false
		}
	}
	return event, event.V == room.Version && event.Type != "" && string(s.rest) == "}"
}

// numbers reads a list of numbers.
func numbers(text []byte) (list []int, ok bool) {
	text, opens := bytes.CutPrefix(text, []byte("["))
	text, closes := bytes.CutSuffix(text, []byte("]"))
	for part := range bytes.SplitSeq(text, []byte(",")) {
		var n int
		if !whole(part, &n) {
			return nil, false
		}
		list = append(list, n)
	}
	return list, opens && closes
}

// scanner walks through JSON as Encode writes it: without spaces, and valid.
type scanner struct{ rest []byte }

// skip goes past c. It returns false if another byte follows.
func (s *scanner) skip(c byte) bool {
	if len(s.rest) == 0 || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

// field goes past a field of an object, and returns its name and value. value is nil if no field follows.
func (s *scanner) field() (name, value []byte) {
	name = s.text()
	if len(name) < 2 || !s.skip(':') {
		return nil, nil
	}
	return name[1 : len(name)-1], s.value()
}

// value goes past a value and returns the value; nil if none follows.
func (s *scanner) value() []byte {
	from, depth := s.rest, 0
	for len(s.rest) > 0 {
		switch s.rest[0] {
		case '"':
			if s.text() == nil {
				return nil
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		if depth < 0 || depth == 0 && s.rest[0] == ',' {
			break
		}
		s.rest = s.rest[1:]
	}
	return from[: len(from)-len(s.rest) : len(from)-len(s.rest)]
}

// text goes past a string and returns the string with its quotes; nil if none follows.
func (s *scanner) text() []byte {
	if len(s.rest) == 0 || s.rest[0] != '"' {
		return nil
	}
	for end := 1; ; end++ {
		quote := bytes.IndexByte(s.rest[end:], '"')
		if quote < 0 {
			return nil
		}
		end += quote
		if escaped(s.rest[:end]) {
			continue
		}
		text := s.rest[:end+1]
		s.rest = s.rest[end+1:]
		return text
	}
}

// escaped reports whether text ends with a backslash that escapes the next byte.
func escaped(text []byte) bool {
	return (len(text)-len(bytes.TrimRight(text, `\`)))%2 == 1
}
