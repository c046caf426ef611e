//go:build lambda

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// parse reads the environment; a function has no command line. It goes by the
// same tags as kong, which is left out of the function: looking methods up by
// name, it would keep the linker from dropping what nobody calls, a quarter of
// the program.
func parse(_ []string, _ io.Writer) (settings, task, error) {
	var s settings
	v := reflect.ValueOf(&s).Elem()
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag
		text, set := os.LookupEnv(tag.Get("env"))
		if !set {
			text = tag.Get("default")
		}
		if text == "" {
			continue
		}
		if err := assign(v.Field(i), text, tag.Get("enum")); err != nil {
			return settings{}, nil, fmt.Errorf("%s: %w", tag.Get("env"), err)
		}
	}
	if s.Table == "" {
		return settings{}, nil, errors.New("PARLEY_TABLE is missing: a function keeps its rooms in a DynamoDB table")
	}
	return s, serving, s.Validate()
}

// assign sets a field of settings. enum lists the words that are possible; where
// it is empty all are.
func assign(field reflect.Value, text, enum string) error {
	if enum != "" && !strings.Contains(","+enum+",", ","+text+",") {
		return fmt.Errorf("%q is none of %s", text, enum)
	}
	switch p := field.Addr().Interface().(type) {
	case *string:
		*p = text
	case *[]string:
		*p = strings.Split(text, ",")
	case *int:
		n, err := strconv.Atoi(text)
		*p = n
		return err
	case *bool:
		yes, err := strconv.ParseBool(text)
		*p = yes
		return err
	case *time.Duration:
		d, err := time.ParseDuration(text)
		*p = d
		return err
	default:
		return fmt.Errorf("a setting of type %s cannot be read", field.Type())
	}
	return nil
}
