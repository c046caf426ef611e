package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"

	"github.com/parley-chat/parley/internal/store/table/dynamotable"
)

// attemptTimeout bounds one attempt of a call of AWS; an attempt takes milliseconds. The SDK makes three attempts.
const attemptTimeout = 3 * time.Second

// How often, and for how many seconds, the Scheduler tries to hand an invocation to Lambda.
const (
	scheduleAttempts = 10
	scheduleAge      = 3600
)

// cloud calls AWS: Lambda for an invocation of the outbox, the EventBridge Scheduler for a later invocation.
type cloud struct {
	settings  settings
	lambda    *lambda.Client
	scheduler *scheduler.Client
	transport *http.Transport
}

// newCloud returns clients configured by the environment variables of Lambda. AWS_ENDPOINT_URL_LAMBDA and
// AWS_ENDPOINT_URL_SCHEDULER name other servers.
func newCloud(s settings) *cloud {
	transport := awshttp.NewBuildableClient().GetTransport()
	c := &cloud{settings: s, transport: transport}
	region, keys := os.Getenv("AWS_REGION"), dynamotable.RoleCredentials()
	client := &http.Client{Transport: transport, Timeout: attemptTimeout}
	c.lambda = lambda.New(lambda.Options{Region: region, Credentials: keys, HTTPClient: client,
		BaseEndpoint: endpoint("AWS_ENDPOINT_URL_LAMBDA")})
	c.scheduler = scheduler.New(scheduler.Options{Region: region, Credentials: keys, HTTPClient: client,
		BaseEndpoint: endpoint("AWS_ENDPOINT_URL_SCHEDULER")})
	return c
}

// endpoint returns the address in a variable; nil for AWS.
func endpoint(variable string) *string {
	if address := os.Getenv(variable); address != "" {
		return &address
	}
	return nil
}

// rest closes the connections. Lambda freezes the process between invocations, and a frozen connection may die unseen.
func (c *cloud) rest() { c.transport.CloseIdleConnections() }

// invoke starts an invocation for hooks, and does not wait for the result.
func (c *cloud) invoke(ctx context.Context, hooks []hook) error {
	payload, err := json.Marshal(event{hooks})
	if err != nil {
		return err
	}
	_, err = c.lambda.Invoke(ctx, &lambda.InvokeInput{FunctionName: &c.settings.Deliverer, Payload: payload,
		InvocationType: lambdatypes.InvocationTypeEvent})
	return err
}

// schedule has the Scheduler start an invocation for a hook at a time, or up to a minute later. A schedule for the same
// second is enough, and is no error. Schedules are deleted after their time.
func (c *cloud) schedule(ctx context.Context, h hook, at time.Time) error {
	l, ok := lambdacontext.FromContext(ctx)
	if !ok {
		return errors.New("outbox: no invocation of Lambda")
	}
	payload, err := json.Marshal(event{[]hook{h}})
	if err != nil {
		return err
	}
	at = at.Truncate(time.Millisecond).Add(time.Second - 1).Truncate(time.Second).UTC() // the table has milliseconds
	_, err = c.scheduler.CreateSchedule(ctx, &scheduler.CreateScheduleInput{
		GroupName:             &c.settings.Schedules,
		Name:                  aws.String(h.nameAt(at)),
		ScheduleExpression:    aws.String("at(" + at.Format("2006-01-02T15:04:05") + ")"), // UTC
		FlexibleTimeWindow:    &types.FlexibleTimeWindow{Mode: types.FlexibleTimeWindowModeOff},
		ActionAfterCompletion: types.ActionAfterCompletionDelete,
		Target: &types.Target{
			Arn: &l.InvokedFunctionArn, RoleArn: &c.settings.SchedulerRole, Input: aws.String(string(payload)),
			DeadLetterConfig: &types.DeadLetterConfig{Arn: &c.settings.DeadLetters},
			RetryPolicy: &types.RetryPolicy{MaximumRetryAttempts: aws.Int32(scheduleAttempts),
				MaximumEventAgeInSeconds: aws.Int32(scheduleAge)},
		},
	})
	if errors.As(err, new(*types.ConflictException)) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("scheduling another look: %w", err)
	}
	return nil
}

// nameAt returns the name of the schedule for a hook and a second. The logs of AWS show names, as they show the ids of
// hooks.
func (h hook) nameAt(at time.Time) string { return fmt.Sprintf("%s-%d", h.ID, at.Unix()) }
