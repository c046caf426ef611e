package mcp

import (
	"context"
	"encoding/base64"
	"log/slog"

	library "github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// Resources are what clients read with resources/read: each has been named to them by a [Link].
// No list has them.
type Resources struct {
	Name     string
	Template string            // of their URIs (RFC 6570)
	For      func(Client) bool // clients that learn that there are resources

	// Read returns the resource at uri. It is a [Work] otherwise, and called by many goroutines
	// at once.
	Read func(ctx context.Context, uri string, r *Record) (Resource, error)
}

// Resource is what a resource holds.
type Resource struct {
	Data  []byte
	Media string // its type
}

// resourcesRead is the method that reads a resource.
const resourcesRead = string(library.MethodResourcesRead)

// addResources gives s the resources, if there are any.
func addResources(s *server.MCPServer, hooks *server.Hooks, o Options) {
	if o.Resources == nil {
		return
	}
	of := *o.Resources
	server.WithResourceCapabilities(false, false)(s) // there is nothing to subscribe to, and the list is empty
	// Nobody keeps one for longer than the reader may read it.
	server.WithMethodCacheHints(library.MethodResourcesRead, 0, library.CacheScopePrivate)(s)
	s.AddResourceTemplate(library.NewResourceTemplate(of.Template, of.Name), of.read(o.Log))

	// Some clients give their model tools for resources as soon as a server has any.
	hide := func(ctx context.Context, c *library.ServerCapabilities) {
		if !of.For(ClientFrom(ctx)) {
			c.Resources = nil
		}
	}
	hooks.AddAfterInitialize(func(ctx context.Context, _ any, _ *library.InitializeRequest,
		r *library.InitializeResult) {
		hide(ctx, &r.Capabilities)
	})
	hooks.AddAfterDiscover(func(ctx context.Context, _ any, _ *library.DiscoverRequest, r *library.DiscoverResult) {
		hide(ctx, &r.Capabilities)
	})
}

// read serves a resources/read.
func (of Resources) read(log *slog.Logger) server.ResourceTemplateHandlerFunc {
	return func(ctx context.Context, r library.ReadResourceRequest) ([]library.ResourceContents, error) {
		uri := r.Params.URI
		o := Do(ctx, log, resourcesRead, func(ctx context.Context, r *Record) (any, error) {
			return of.Read(ctx, uri, r)
		})
		switch {
		case o.Canceled:
			return nil, context.Canceled
		case o.Failure != nil:
			return nil, o.Failure
		}
		found := o.Value.(Resource)
		return []library.ResourceContents{library.BlobResourceContents{
			URI: uri, MIMEType: found.Media, Blob: base64.StdEncoding.EncodeToString(found.Data),
		}}, nil
	}
}
