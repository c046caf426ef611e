package web

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"sync"
)

//go:embed served/view.html
var roomView string

// RoomView returns the document that a client shows as a view of a room: MCP Apps, SEP-1865. It loads nothing, and asks
// its host alone.
func RoomView() string { return roomView }

// RoomViewURI returns the URI of that document. Clients keep a document by its URI, which has a hash of it.
func RoomViewURI() string { return roomViewURI() }

var roomViewURI = sync.OnceValue(func() string {
	sum := sha256.Sum256([]byte(roomView))
	return "ui://parley/room-" + hex.EncodeToString(sum[:8])
})
