package main

import (
	"context"
	"fmt"

	"github.com/parley-chat/parley/internal/cli/bridge"
	"github.com/parley-chat/parley/internal/cli/client"
	"github.com/parley-chat/parley/internal/server/app"
)

// bridgeCommand is `parley bridge`.
type bridgeCommand struct {
	server
}

// Help returns the text of parley bridge --help.
func (bridgeCommand) Help() string {
	return `A client that cannot use an MCP server over HTTP, such as Claude Desktop, starts this as its MCP server. It passes messages between the client and the server.

While the server is away, calls are answered with the error "unavailable".`
}

// Run passes messages on until the input ends.
func (c bridgeCommand) Run(ctx context.Context, streams streams) error {
	app.SmallProcess()
	p, err := c.place(streams.err)
	if err != nil {
		return err
	}
	if why := client.KeyElsewhere(p.Base); why != "" && p.Key == "" && p.Invite == "" {
		fmt.Fprintln(streams.err, "parley bridge: "+why)
	}
	return bridge.Run(ctx, bridge.Options{
		Server: p, Admitted: options(p, streams.err).Admitted, Version: app.Version(), In: streams.in, Out: streams.out,
		Err: streams.err,
	})
}
