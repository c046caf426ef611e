// Package jsonschema replaces the library of the same name in the function. mcp-go imports the library to check
// arguments. Parley checks arguments itself, and the library's init takes a third of the function's start. So nothing
// here may ever be called.
package jsonschema

import "io"

const called = "jsonschema: the function is built without this library: see scripts/function-go"

type (
	Compiler        struct{}
	Schema          struct{}
	ValidationError struct {
		Causes           []*ValidationError
		InstanceLocation []string
		ErrorKind        any
	}
)

func UnmarshalJSON(io.Reader) (any, error)        { panic(called) }
func NewCompiler() *Compiler                      { panic(called) }
func (*Compiler) AddResource(string, any) error   { panic(called) }
func (*Compiler) Compile(string) (*Schema, error) { panic(called) }
func (*Schema) Validate(any) error                { panic(called) }
func (*ValidationError) Error() string            { panic(called) }
