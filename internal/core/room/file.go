package room

import (
	"path"
	"strings"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/sanitize"
	"github.com/parley-chat/parley/internal/core"
)

// File is the file of a message. The bytes are in the store of files.
type File struct {
	Name string `json:"name"`
	Size int64  `json:"size"`
	Type string `json:"type"` // a media type of the server's own list, never the sender's
	Key  string `json:"key"`  // files.Key.ID of the bytes
	Sum  string `json:"sum"`  // SHA-256 of the bytes, in hex; shown only in agreements

	// Width and Height are the size of a picture in pixels: see picture.SizeOf. Files of before have none.

	Width  int `json:"w,omitempty"`
	Height int `json:"h,omitempty"`
}

// FileName returns the name under which others see a file: the last part of the sender's path. The name is data, never
// part of a command or path of the server. The error is a *fault.Error.
func FileName(given string) (string, error) {
	name := strings.TrimRight(strings.ReplaceAll(given, `\`, "/"), "/ ")
	name = strings.TrimSpace(path.Base(name))
	switch {
	case !utf8.ValidString(name), sanitize.Escape(name, "") != name:
		return "", fault.Refuse(fault.InvalidArgument, "name has invisible characters, or is not UTF-8. Nothing "+
			"was shared: call again with a plain name, such as report.pdf.")
	case !strings.ContainsFunc(name, visible), name == ".", name == "..", name == "/":
		return "", fault.Refuse(fault.InvalidArgument, "name is missing: give the file's name or its path, such as "+
			"report.pdf. Nothing was shared.")
	case utf8.RuneCountInString(name) > core.MaxFileName:
		return "", fault.Refuse(fault.InvalidArgument, "name has %d characters, at most %d are allowed. Nothing was "+
			"shared: call again with a shorter one.", utf8.RuneCountInString(name), core.MaxFileName)
	}
	return name, CheckSecret("name", name)
}

// CheckFileSize refuses an empty file, and a file beyond the limits of the server or of its room. The error is a
// *fault.Error.
func CheckFileSize(size, limit int64, used FileUsage) error {
	switch {
	case size < 1:
		return fault.Refuse(fault.InvalidArgument, "The file is empty, so there is nothing to share.")
	case size > limit:
		return fault.Refuse(fault.MessageTooLong, "A file has at most %d bytes here, and this one has more. Nothing "+
			"was shared: share a part of it, or pack it.", limit)
	case used.Files >= core.MaxFiles:
		return fault.Refuse(fault.MessageTooLong, "This room has %d files, the most allowed. Nothing was shared: "+
			"an admin, or the one who shared a file, can remove it with redact.", used.Files)
	case size > core.MaxRoomBytes-used.Bytes:
		return fault.Refuse(fault.MessageTooLong, "This room has %d bytes left for files, and this file is larger. "+
			"Nothing was shared: share a smaller file. An admin, or the one who shared a file, can remove it with "+
			"redact.",
			max(0, core.MaxRoomBytes-used.Bytes))
	}
	return nil
}

// CheckGuestFile is CheckFileSize for the part of a room that the guests of one invite may fill. Without the bound, one
// guest could fill the room.
func CheckGuestFile(size int64, used FileUsage) error {
	const files, bytes = core.MaxFiles / core.GuestsPart, core.MaxRoomBytes / core.GuestsPart
	switch {
	case used.Files >= files:
		return fault.Refuse(fault.MessageTooLong, "The guests of one invite share at most %d files in a room, and "+
			"they have. Nothing was shared: an admin, or the one who shared a file, can remove it.", files)
	case size > bytes-used.Bytes:
		return fault.Refuse(fault.MessageTooLong, "The guests of one invite have %d bytes left for files in this "+
			"room, and this file is larger. Nothing was shared: share a smaller file. An admin, or the one who shared "+
			"one, can remove it.", max(0, bytes-used.Bytes))
	}
	return nil
}

// FileUsage is the number and size of a room's files.
type FileUsage struct {
	Files int
	Bytes int64
}

// CarriedFile returns the file of e, a message or a draft; nil for none.
func (e Event) CarriedFile() *File {
	if e.Draft != nil {
		return e.Draft.File
	}
	return e.File
}
