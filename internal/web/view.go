package web

import (
	"compress/gzip"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"io"
	"strings"
	"sync"
)

//go:embed served/view.html.gz
var packedView string

// RoomView returns the document that a client shows as a view of a room: MCP Apps, SEP-1865. It loads nothing, and asks
// its host alone.
func RoomView() string { return roomView() }

// roomView unpacks the document: the Lambda function has it packed, as it has the assets of the page. It does not read
// served, which the function without a page would then hold, too.
var roomView = sync.OnceValue(func() string {
	unpacked, _ := gzip.NewReader(strings.NewReader(packedView)) // it is whole: TestView_* read it
	text, _ := io.ReadAll(unpacked)
	return string(text)
})

// RoomViewURI returns the URI of that document. Clients keep a document by its URI, which has a hash of it.
func RoomViewURI() string { return roomViewURI() }

var roomViewURI = sync.OnceValue(func() string {
	sum := sha256.Sum256([]byte(RoomView()))
	return "ui://parley/room-" + hex.EncodeToString(sum[:8])
})
