// Command bare is the smallest function that aws-lambda-go makes: what Parley's
// start is measured beside.
package main

import "github.com/aws/aws-lambda-go/lambda"

func main() {
	lambda.Start(func() (string, error) { return "hello", nil })
}
