package main

import (
	"encoding/json"
	"fmt"

	"github.com/parley-chat/parley/internal/cli/shell"
)

// usage is an error of a command that makes no sense, which ends with exitUsage.
func usage(err error) error {
	if err == nil {
		return nil
	}
	return &shell.Failure{Text: shell.HarmlessLine(err.Error()), Code: exitUsage}
}

// outcome is the part of a command that says what it did.
type outcome struct {
	JSON bool `name:"json" help:"Print the result as a JSON object."`
}

// report writes what came out: text for a person to standard error, or else result as
// JSON to standard output.
func (o outcome) report(streams streams, result any, text string) error {
	if o.JSON {
		return json.NewEncoder(streams.out).Encode(result)
	}
	_, err := fmt.Fprintln(streams.err, text)
	return err
}
