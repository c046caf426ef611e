package mcptools

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
)

// property is the schema of one argument or field. Nothing nests but the type of
// what an argument lists, which some clients insist on: what an array or an object
// of a result holds is told in docs/tools.md, since every model pays for the
// schemas in every conversation.
type property struct {
	Type        string   `json:"type"`
	Items       *items   `json:"items,omitempty"`
	Description string   `json:"description,omitempty"`
	Enum        []string `json:"enum,omitempty"`
	Minimum     *int64   `json:"minimum,omitempty"`
	Maximum     *int64   `json:"maximum,omitempty"`
	Default     any      `json:"default,omitempty"`
}

// items is the schema of what an argument that is a list holds.
type items struct {
	Type string `json:"type"`
}

func (a arg) property() property {
	p := property{Type: string(a.form), Description: a.about, Enum: a.among, Default: a.fallback}
	if a.form == listForm {
		p.Items = &items{string(textForm)}
	}
	if a.form == integerForm {
		if a.min > 0 { // nobody asks for less than nothing
			p.Minimum = &a.min
		}
		if a.max != noLimit {
			p.Maximum = &a.max
		}
	}
	return p
}

// inputSchema is the schema of the arguments, in their order. It leaves open
// whether there may be others, so that no client refuses what the reader forgives;
// the reader refuses what it does not know.
func inputSchema(args []arg) json.RawMessage {
	var properties object
	required := []string{}
	for _, a := range args {
		properties = append(properties, entry{a.name, a.property()})
		if a.needed {
			required = append(required, a.name)
		}
	}
	schema := object{{"type", "object"}, {"properties", properties}}
	if len(required) > 0 {
		schema = append(schema, entry{"required", required})
	}
	return compact(schema)
}

// outputSchema is the schema of a result, a struct. It requires nothing and
// forbids nothing: some clients hold an error's structured content against it,
// too.
func outputSchema(result reflect.Type) json.RawMessage {
	var properties object
	for _, f := range resultFields(result) {
		properties = append(properties, entry{f.name, property{Type: jsonType(f.Type)}})
	}
	return compact(object{{"type", "object"}, {"properties", properties}})
}

// resultField is a field of a result as it is written.
type resultField struct {
	reflect.StructField
	name     string
	optional bool // left out when empty
}

// resultFields are the fields of a struct in the order in which encoding/json
// writes them. Those of an embedded result are there only as far as that is, and
// not where the struct itself has a field of the name.
func resultFields(result reflect.Type) []resultField {
	var fields []resultField
	own := map[string]bool{}
	for f := range result.Fields() {
		name, omit, _ := strings.Cut(f.Tag.Get("json"), ",")
		own[name] = true
		fields = append(fields, resultField{f, name, omit != ""})
	}
	at := slices.IndexFunc(fields, func(f resultField) bool { return f.Anonymous })
	if at < 0 {
		return fields
	}
	var inner []resultField
	for _, f := range resultFields(fields[at].Type.Elem()) {
		if f.optional = true; !own[f.name] {
			inner = append(inner, f)
		}
	}
	return slices.Concat(fields[:at], inner, fields[at+1:])
}

// jsonType is the JSON type as which a field of a result is written.
func jsonType(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "boolean"
	case reflect.Int, reflect.Int64:
		return "integer"
	case reflect.Slice:
		return "array"
	case reflect.Struct:
		return "object"
	case reflect.Pointer:
		return jsonType(t.Elem())
	}
	return "string"
}

// object is a JSON object whose keys keep their order.
type object []entry

type entry struct {
	key   string
	value any
}

// MarshalJSON implements [json.Marshaler].
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, e := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(compact(e.key))
		b.WriteByte(':')
		b.Write(compact(e.value))
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// compact writes v as JSON without HTML escaping, which models would read as it
// is. Only types of this package come here; none of them can fail.
func compact(v any) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
