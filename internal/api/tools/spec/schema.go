package spec

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// property returns the schema of one argument. Every model pays for the schemas
// in every conversation, so they hardly describe what an array or an object of a
// result holds; docs/tools.md does. The type of the items of an argument is there,
// because some clients insist on it, and so are the main fields of the messages that a
// wait returns, for models that read them with a program.
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
	if a.kind == integerKind && a.min > 0 { // nobody asks for less than nothing
		p = append(p, member{"minimum", a.min})
	}
	// A client must not refuse what counts as the maximum.
	if a.kind == integerKind && a.max != NoLimit && !a.Clamped {
		p = append(p, member{"maximum", a.max})
	}
	if a.Fallback != nil {
		p = append(p, member{"default", a.Fallback})
	}
	return p
}

// described is the description for a model: the range and the default, which some clients
// drop from the schemas that they show, and what the argument is about.
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

// InputSchema is the schema of the arguments, in their order. It does not say
// whether there may be others, so that no client refuses what Read forgives; Read
// refuses what it does not know.
func InputSchema(args []Arg) json.RawMessage { return encode(objectSchema(args)) }

// objectSchema is the schema of an object with these members.
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

// OutputSchema is the schema of a result, a struct. It requires nothing and forbids
// nothing, because some clients check the structured content of an error against it
// too. If shown is not empty, it lists only the fields with these names. A field with the
// tag schema:"-" is left out. The tag items lists which fields of the items of a list
// are described.
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

// Fields returns the fields of a struct in the order in which encoding/json writes
// them. Those of an embedded struct are hidden by fields of the outer one with the same
// name, and optional if it is embedded by its pointer.
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

// appendJSON appends v as encoding/json writes it. Every start makes all schemas, so what they
// mostly consist of is written by hand.
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
