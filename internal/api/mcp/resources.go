package mcp

import (
	"context"
	"encoding/base64"
	"log/slog"
	"net/http"
	"sync"

	library "github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/parley-chat/parley/internal/api"
)

// Resources are read by clients with resources/read, by the URI of a [Link]. No list has the resources.
type Resources struct {
	Name     string
	Template string            // of their URIs (RFC 6570)
	For      func(Client) bool // the clients that see the resources

	// Read is a [Work] that returns the resource at uri. Many goroutines call Read at once.
	Read func(ctx context.Context, uri string, r *Record) (Resource, error)
}

// Resource is the content of a resource.
type Resource struct {
	Data  []byte
	Media string // its type
}

// resourcesRead is the method that reads a resource.
const resourcesRead = string(library.MethodResourcesRead)

// readers serves the clients that read resources. Other clients see no resources, because some clients give their model
// tools for resources as soon as a server has any.
type readers struct {
	of      func(Client) bool
	library func() http.Handler // mcp-go, made for the first such client
	reading chan struct{}       // an element for each resource that is being read
}

func newReaders(o Options) *readers {
	return &readers{o.Resources.For, sync.OnceValue(func() http.Handler { return newLibraryOfReaders(o) }),
		make(chan struct{}, api.MaxResourceReads)}
}

// newLibraryOfReaders returns mcp-go with the tools, prompts and resources of o.
func newLibraryOfReaders(o Options) http.Handler {
	all := *o.Resources
	s := newLibrary(o)
	server.WithResourceCapabilities(false, false)(s) // there is nothing to subscribe to, and the list is empty
	// No client keeps a resource for longer than the caller may read it.
	server.WithMethodCacheHints(library.MethodResourcesRead, 0, library.CacheScopePrivate)(s)
	s.AddResourceTemplate(library.NewResourceTemplate(all.Template, all.Name), all.read(o.Log))
	return libraryHandler(s, o.Log)
}

// serve answers a request of a client that reads resources.
func (rs *readers) serve(w http.ResponseWriter, r *http.Request, method string) {
	if method == resourcesRead {
		select {
		case rs.reading <- struct{}{}:
			defer func() { <-rs.reading }()
		case <-r.Context().Done():
			return
		}
	}
	rs.library().ServeHTTP(w, r)
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
