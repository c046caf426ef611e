// Package lambdaenv reads the environment of a Lambda function, for all functions.
package lambdaenv

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/caarlos0/env/v11"
)

// Parse reads the environment into settings, a struct with the tags of caarlos0/env. An error names the
// variable to change.
func Parse[T any]() (T, error) {
	s, err := env.ParseAsWithOptions[T](env.Options{DefaultValueTagName: "default"})
	var bad env.ParseError
	if !errors.As(err, &bad) {
		return s, err
	}
	// The parser names the field of Go.
	field, _ := reflect.TypeFor[T]().FieldByName(bad.Name)
	return s, fmt.Errorf("%s: %w", field.Tag.Get("env"), bad.Err)
}
