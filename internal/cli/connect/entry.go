package connect

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
)

// entry is one value in a client's configuration.
type entry struct {
	// Path are the keys to the value from the top of the file.
	Path []string `json:"path"`
	// Value is the value, as JSON.
	Value json.RawMessage `json:"value"`
	// Element: the value is an element of the list at Path.
	Element bool `json:"element,omitempty"`
	// Mark is the text that still identifies a changed element; "" if nothing does.
	Mark string `json:"mark,omitempty"`
	// Made is how many objects and lists around the value were made for the entry.
	Made int `json:"made,omitempty"`
}

// decoded returns the entry's value as the formats decode it.
func (e entry) decoded() any {
	v, err := decodeJSON(e.Value)
	if err != nil {
		return nil // this package made the entry
	}
	return v
}

// isSecret reports whether the value holds a key or an invite, which others must not read.
func (e entry) isSecret() bool { return secret.Match(e.Value) }

// equal reports whether both say the same.
func (e entry) equal(other entry) bool {
	return slices.Equal(e.Path, other.Path) && e.Element == other.Element &&
		reflect.DeepEqual(e.decoded(), other.decoded())
}

// standing is how an entry stands in a file.
type standing int

const (
	absent standing = iota
	held            // as the entry says; an object may say more
	other           // the place holds another value
)

// in returns how the entry stands in a decoded file.
func (e entry) in(doc map[string]any) standing {
	found, ok := lookup(doc, e.Path)
	want := e.decoded()
	if e.Element {
		list, isList := found.([]any)
		switch {
		case !ok:
			return absent
		case !isList:
			return other
		case slices.ContainsFunc(list, func(v any) bool { return reflect.DeepEqual(v, want) }):
			return held
		}
		return absent
	}
	switch {
	case !ok:
		return absent
	case covers(found, want):
		return held
	}
	return other
}

// covers reports whether found has everything in want.
func covers(found, want any) bool {
	has, isObject := found.(map[string]any)
	wants, wantsObject := want.(map[string]any)
	if !isObject || !wantsObject {
		return reflect.DeepEqual(found, want)
	}
	for k, v := range wants {
		if got, ok := has[k]; !ok || !covers(got, v) {
			return false
		}
	}
	return true
}

// lookup returns the value at the end of the path.
func lookup(doc any, path []string) (any, bool) {
	for _, key := range path {
		object, ok := doc.(map[string]any)
		if !ok {
			return nil, false
		}
		doc, ok = object[key]
		if !ok {
			return nil, false
		}
	}
	return doc, true
}

// marks reports whether a list without the element has an element with the entry's mark.
func (e entry) marks(doc map[string]any) bool {
	list, _ := lookup(doc, e.Path)
	return e.Mark != "" && bytes.Contains(encode(list), encode(e.Mark))
}

// with returns a decoded file with the entry added.
func (e entry) with(doc any, path []string) any {
	if len(path) == 0 {
		if !e.Element {
			return e.decoded()
		}
		list, _ := doc.([]any)
		return append(slices.Clone(list), e.decoded())
	}
	object := map[string]any{}
	if old, ok := doc.(map[string]any); ok {
		object = maps.Clone(old)
	}
	object[path[0]] = e.with(object[path[0]], path[1:])
	return object
}

// without returns a decoded file with the entry removed; ok is false if the value there is not exactly the entry's
// value.
func (e entry) without(doc any, path []string) (left any, ok bool) {
	if len(path) == 0 {
		return e.withoutElement(doc)
	}
	old, _ := doc.(map[string]any)
	inner, found := old[path[0]]
	if !found {
		return nil, false
	}
	object := maps.Clone(old)
	if len(path) == 1 && !e.Element {
		delete(object, path[0])
		return object, reflect.DeepEqual(inner, e.decoded())
	}
	object[path[0]], ok = e.without(inner, path[1:])
	return object, ok
}

func (e entry) withoutElement(doc any) (any, bool) {
	list, _ := doc.([]any)
	want := e.decoded()
	i := slices.IndexFunc(list, func(v any) bool { return reflect.DeepEqual(v, want) })
	if i < 0 {
		return nil, false
	}
	return slices.Delete(slices.Clone(list), i, i+1), true
}

// dropEmpty returns a decoded file without the empty objects and lists along the path.
func dropEmpty(doc any, path []string) any {
	old, ok := doc.(map[string]any)
	if !ok || len(path) == 0 {
		return doc
	}
	object := maps.Clone(old)
	if _, found := object[path[0]]; !found {
		return object
	}
	inner := dropEmpty(object[path[0]], path[1:])
	object[path[0]] = inner
	if v := reflect.ValueOf(inner); (v.Kind() == reflect.Map || v.Kind() == reflect.Slice) && v.Len() == 0 {
		delete(object, path[0])
	}
	return object
}

// decodeJSON decodes JSON without loss.
func decodeJSON(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	return v, d.Decode(&v)
}

// encode returns a value as JSON on one line.
func encode(v any) json.RawMessage {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil // the values are texts, numbers and lists of this package
	}
	return bytes.TrimSpace(out.Bytes())
}
