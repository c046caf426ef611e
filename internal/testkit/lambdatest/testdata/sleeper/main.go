// Command sleeper is a function that begins its answer with the id of its process,
// sleeps for the time in the body of the request, and ends it with the number of
// answers so far.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	answers := 0
	lambda.Start(func(_ context.Context,
		e *events.LambdaFunctionURLRequest) (*events.LambdaFunctionURLStreamingResponse, error) {
		d, err := time.ParseDuration(e.Body)
		if err != nil {
			return nil, err
		}
		body, pipe := io.Pipe()
		go func() {
			_, _ = fmt.Fprintln(pipe, os.Getpid())
			time.Sleep(d)
			answers++
			_, _ = fmt.Fprintln(pipe, answers)
			_ = pipe.Close()
		}()
		return &events.LambdaFunctionURLStreamingResponse{StatusCode: 200, Body: body}, nil
	})
}
