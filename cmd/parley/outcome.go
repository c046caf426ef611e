package main

import (
	"encoding/json"
	"fmt"

	"github.com/parley-chat/parley/internal/cli/shell"
)

// usage is the error of a wrong command, with the exit code exitUsage.
func usage(err error) error {
	if err == nil {
		return nil
	}
	return &shell.Failure{Text: shell.HarmlessLine(err.Error()), Code: exitUsage}
}

// outcome is the part of a command that reports a result.
type outcome struct {
	JSON bool `name:"json" help:"Print the result as a JSON object."`
}

// report writes the result: text for a person to standard error, or result as JSON to standard output.
func (o outcome) report(streams streams, result any, text string) error {
	if o.JSON {
		return json.NewEncoder(streams.out).Encode(result)
	}
	_, err := fmt.Fprintln(streams.err, shell.ScreenOn(streams.err).Fold(text, shell.Margin))
	return err
}
