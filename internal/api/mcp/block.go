package mcp

import (
	"encoding/base64"

	library "github.com/mark3labs/mcp-go/mcp"

	"github.com/parley-chat/parley/internal/base/results"
)

// Illustrated is a result whose answer has blocks behind the JSON, in their order.
//
// An answer with blocks has no structured content, because Codex 0.169 would show its model the structured content
// alone. A tool with such results has no Output: clients expect structured content that fits the schema.
type Illustrated interface{ Blocks() []Block }

// Block is a part of an answer: see [Image] and [Link].
type Block struct {
	image []byte
	link  *library.ResourceLink
	media string
}

// Image is a picture that the client shows its model. Every program must be able to decode the picture: a broken
// picture ends the session of some clients for good.
func Image(data []byte, media string) Block { return Block{image: data, media: media} }

// Link is a resource of this server for the client to read (see [Options]). size is in bytes.
func Link(uri, name, media string, size int64) Block {
	return Block{link: &library.ResourceLink{Type: library.ContentTypeLink, URI: uri, Name: name, MIMEType: media,
		Size: &size}}
}

// blocks returns the blocks of o.
func (o Outcome) blocks() []Block {
	if v, ok := o.Value.(Illustrated); ok {
		return v.Blocks()
	}
	return nil
}

// roomFor returns about how many bytes the blocks take in an answer.
func roomFor(blocks []Block) (n int) {
	for _, b := range blocks {
		n += 512 + base64.StdEncoding.EncodedLen(len(b.image))
	}
	return n
}

// append appends the block to a list of blocks in JSON that is not empty.
func (k Block) append(b []byte) []byte {
	b = append(b, ',')
	if k.link != nil {
		return append(b, results.JSON(k.link)...)
	}
	b = append(b, `{"type":"image","data":"`...)
	b = base64.StdEncoding.AppendEncode(b, k.image)
	b = append(b, `","mimeType":`...)
	return append(append(b, results.JSON(k.media)...), '}')
}
