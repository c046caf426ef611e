// Package jsonschema replaces the library of the same name in the function. mcp-go imports the library to make schemas
// of Go types. Parley makes its schemas itself, and the library's init takes a twentieth of the function's start. So
// nothing here may ever be called.
package jsonschema

import "reflect"

const called = "jsonschema-go: the function is built without this library: see scripts/function-go"

type (
	ForOptions struct{ IgnoreInvalidTypes bool }
	Schema     struct {
		Type, Description                string
		Enum                             []any
		Items, AdditionalProperties, Not *Schema
		Properties                       map[string]*Schema
		PropertyOrder, Required          []string
	}
)

func For[T any](*ForOptions) (*Schema, error)            { panic(called) }
func ForType(reflect.Type, *ForOptions) (*Schema, error) { panic(called) }
