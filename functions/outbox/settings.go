package main

import (
	"context"
	"fmt"

	"github.com/parley-chat/parley/internal/observe/meter"
	"github.com/parley-chat/parley/internal/server/app"
	"github.com/parley-chat/parley/internal/server/lambdaenv"
	"github.com/parley-chat/parley/internal/store/table/dynamotable"
)

// settings are the choices of a function's environment.
type settings struct {
	app.Settings
	// Memory is the memory of the function in MiB. Lambda sets Memory.
	Memory int64 `env:"AWS_LAMBDA_FUNCTION_MEMORY_SIZE"`
	// Deliverer is the ARN of the outbox, in the function of the stream, which needs no other setting; "" in the
	// outbox.
	Deliverer string `env:"PARLEY_OUTBOX"`
	// Places is how many instances make calls at once, where nothing else bounds the instances; 0: any number.
	Places int `env:"PARLEY_OUTBOX_PLACES"`
	// Schedules is the name of the group of schedules.
	Schedules string `env:"PARLEY_OUTBOX_SCHEDULES"`
	// SchedulerRole is the ARN of the role with which a schedule invokes the outbox.
	SchedulerRole string `env:"PARLEY_OUTBOX_SCHEDULER_ROLE"`
	// DeadLetters is the ARN of the queue that takes a schedule after a failed invocation.
	DeadLetters string `env:"PARLEY_OUTBOX_DEAD_LETTERS"`
}

// parse reads the environment. An error names the variable to change.
func parse() (settings, error) {
	s, err := lambdaenv.Parse[settings]()
	if err != nil {
		return s, err
	}
	if s.Deliverer != "" {
		return s, nil
	}
	for name, value := range map[string]string{
		"PARLEY_TABLE": s.Table, "PARLEY_PUBLIC_URL": s.PublicURL, "PARLEY_OUTBOX_SCHEDULES": s.Schedules,
		"PARLEY_OUTBOX_SCHEDULER_ROLE": s.SchedulerRole, "PARLEY_OUTBOX_DEAD_LETTERS": s.DeadLetters,
	} {
		if value == "" {
			return s, fmt.Errorf("%s is missing: template.yaml shows what the function needs", name)
		}
	}
	return s, s.Validate()
}

// open opens the table, without the files: calls have none.
func (s settings) open(_ context.Context, m *meter.Meter) (app.Store, error) {
	client, err := dynamotable.NewLambdaClient()
	if err != nil {
		return app.Store{}, err
	}
	return app.Store{Table: dynamotable.New(client, s.Table, app.Charge(m))}, nil
}
