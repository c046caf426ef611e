package spec

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// property returns the schema of one argument. Every model pays for the schemas in every conversation, so schemas
// hardly describe the content of an array or an object in a result; docs/tools.md does. Schemas have the type of the
// items of an argument, because some clients insist on the type, and the main fields of the messages of a wait, for
// models that read messages with a program.
func (a Arg) property() object {
	kind := a.kind
	if kind == bytesKind {
		kind = textKind
	}
	p := object{{"type", string(kind)}}
	switch {
	case a.kind == objectKind:
		p = objectSchema(a.fields)
	case len(a.fields) > 0:
		p = append(p, member{"items", objectSchema(a.fields)})
	case a.kind == listKind:
		p = append(p, member{"items", object{{"type", string(textKind)}}})
	}
	if about := a.described(); about != "" {
		p = append(p, member{"description", about})
	}
	if len(a.choices) > 0 {
		p = append(p, member{"enum", a.choices})
	}
	return p
}

// described returns the description for a model: the range, the default and About. The schema repeats neither range nor
// default: some clients drop them from a schema, others refuse a call by them without a sentence that says what to do.
func (a Arg) described() string {
	var said []string
	if a.kind == integerKind && a.max != NoLimit {
		said = append(said, fmt.Sprintf("%d-%d", a.min, a.max))
	}
	if a.Fallback != nil {
		said = append(said, fmt.Sprintf("default %v", a.Fallback))
	}
	if len(said) == 0 {
		return a.About
	}
	return strings.TrimSpace(strings.Join(said, ", ") + ". " + a.About)
}

// InputSchema returns the schema of the arguments, in their order. The schema does not forbid other arguments, so
// that no client refuses what Read forgives; Read refuses unknown arguments.
func InputSchema(args []Arg) json.RawMessage { return encode(objectSchema(args)) }

// objectSchema returns the schema of an object with these members.
func objectSchema(args []Arg) object {
	var properties object
	required := []string{}
	for _, a := range args {
		if a.Hidden {
			continue
		}
		properties = append(properties, member{a.Name, a.property()})
		if a.Required {
			required = append(required, a.Name)
		}
	}
	schema := object{{"type", "object"}, {"properties", properties}}
	if len(required) > 0 {
		schema = append(schema, member{"required", required})
	}
	return schema
}

// OutputSchema returns the schema of a result, a struct. The schema requires and forbids nothing, because some
// clients also check the structured content of an error. If shown is not empty, the schema lists only the fields with
// these names. A field with the tag schema:"-" is left out. The tag items names the described fields of the items of
// a list.
func OutputSchema(result reflect.Type, shown []string) json.RawMessage {
	return encode(object{{"type", "object"}, {"properties", outputs(result, shown)}})
}

func outputs(result reflect.Type, shown []string) object {
	var properties object
	for _, f := range Fields(result) {
		if len(shown) > 0 && !slices.Contains(shown, f.JSON) || f.Tag.Get("schema") == "-" {
			continue
		}
		p := object{{"type", f.Kind()}}
		if names := f.Tag.Get("items"); names != "" {
			p = append(p, member{"items", object{{"type", "object"},
				{"properties", outputs(f.Type.Elem(), strings.Split(names, ","))}}})
		}
		properties = append(properties, member{f.JSON, p})
	}
	return properties
}

// Field is a field of a result.
type Field struct {
	reflect.StructField
	JSON     string // its name in JSON
	Optional bool   // left out if empty
}

// Fields returns the fields of a struct in the order of encoding/json. A field of the outer struct hides a field of
// the embedded struct with the same name. The fields of a struct that is embedded by a pointer are optional.
func Fields(result reflect.Type) []Field {
	var fields []Field
	own := map[string]bool{}
	for f := range result.Fields() {
		if !f.IsExported() && !f.Anonymous { // encoding/json leaves it out
			continue
		}
		name, omit, _ := strings.Cut(f.Tag.Get("json"), ",")
		own[name] = true
		fields = append(fields, Field{f, name, omit != ""})
	}
	at := slices.IndexFunc(fields, func(f Field) bool { return f.Anonymous })
	if at < 0 {
		return fields
	}
	embedded, may := fields[at].Type, false
	if embedded.Kind() == reflect.Pointer {
		embedded, may = embedded.Elem(), true
	}
	var inner []Field
	for _, f := range Fields(embedded) {
		f.Optional = f.Optional || may
		if !own[f.JSON] {
			inner = append(inner, f)
		}
	}
	return slices.Concat(fields[:at], inner, fields[at+1:])
}

// Kind is the JSON type of the field.
func (f Field) Kind() string { return jsonType(f.Type) }

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
type object []member

type member struct {
	key   string
	value any
}

// encode returns a schema as JSON.
func encode(o object) json.RawMessage { return appendJSON(nil, o) }

// appendJSON appends v as encoding/json writes it. Every start makes all schemas, so objects and strings are written
// by hand.
func appendJSON(b []byte, v any) []byte {
	switch v := v.(type) {
	case object:
		b = append(b, '{')
		for i, m := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendText(b, m.key), ':')
			b = appendJSON(b, m.value)
		}
		return append(b, '}')
	case string:
		return appendText(b, v)
	}
	raw, _ := json.Marshal(v) // schemas consist of types that cannot fail
	return append(b, raw...)
}

func appendText(b []byte, s string) []byte {
	if strings.ContainsFunc(s, escaped) {
		raw, _ := json.Marshal(s)
		return append(b, raw...)
	}
	return append(append(append(b, '"'), s...), '"')
}

// escaped reports whether encoding/json may write a character in another way.
func escaped(r rune) bool { return r < ' ' || r > '~' || strings.ContainsRune(`"\<>&`, r) }
