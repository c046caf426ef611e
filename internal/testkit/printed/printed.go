// Package printed prints values for failed tests: of a struct the fields that are set. A result of a call has a hundred
// fields, most of them empty.
package printed

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// Set returns a value as text, on one line. Zero fields are left out, and so are empty lists.
func Set(value any) string {
	var b strings.Builder
	write(&b, reflect.ValueOf(value))
	return b.String()
}

func write(b *strings.Builder, v reflect.Value) {
	switch {
	case !v.IsValid():
		b.WriteString("nil")
	case v.Type() == reflect.TypeFor[time.Time]() && v.CanInterface():
		b.WriteString(v.Interface().(time.Time).Format(time.RFC3339Nano))
	case v.Kind() == reflect.Pointer && !v.IsNil():
		write(b, v.Elem())
	case v.Kind() == reflect.Struct:
		writeFields(b, v)
	case v.Kind() == reflect.Slice:
		b.WriteByte('[')
		for i := range v.Len() {
			if i > 0 {
				b.WriteByte(' ')
			}
			write(b, v.Index(i))
		}
		b.WriteByte(']')
	default:
		fmt.Fprint(b, v)
	}
}

func writeFields(b *strings.Builder, v reflect.Value) {
	b.WriteByte('{')
	first := true
	for field, value := range v.Fields() {
		if value.IsZero() || value.Kind() == reflect.Slice && value.Len() == 0 {
			continue
		}
		if !first {
			b.WriteByte(' ')
		}
		first = false
		b.WriteString(field.Name + ":")
		write(b, value)
	}
	b.WriteByte('}')
}
