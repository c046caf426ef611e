package room

import (
	"path"
	"strings"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/sanitize"
)

// The limits on files.
const (
	MaxFileName  = 120       // characters
	MaxFiles     = 1000      // that a room keeps at once
	MaxRoomBytes = 250 << 20 // of all files of a room
	guestsPart   = 4         // of both, the guests of one invite have one part in so many
)

// File is what a message carries beside its text. Its bytes are in the store of files.
type File struct {
	Name string `json:"name"`
	Size int64  `json:"size"`
	Type string `json:"type"` // a media type of the server's own list, never what its sender said
	Key  string `json:"key"`  // files.Key.ID of its bytes
	Sum  string `json:"sum"`  // SHA-256 of its bytes, in hex; shown only in what was agreed
}

// FileName returns the name under which others see a file: the last part of the path that its
// sender gave. The name is data, and no part of any command or path of the server. The error is a
// *fault.Error.
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
	case utf8.RuneCountInString(name) > MaxFileName:
		return "", fault.Refuse(fault.InvalidArgument, "name has %d characters, at most %d are allowed. Nothing was "+
			"shared: call again with a shorter one.", utf8.RuneCountInString(name), MaxFileName)
	}
	return name, CheckSecret("name", name)
}

// CheckFileSize refuses a file of more bytes than the server takes, or than its room has left. The
// error is a *fault.Error.
func CheckFileSize(size, limit int64, used FileUsage) error {
	switch {
	case size < 1:
		return fault.Refuse(fault.InvalidArgument, "The file is empty, so there is nothing to share.")
	case size > limit:
		return fault.Refuse(fault.MessageTooLong, "A file has at most %d bytes here, and this one has more. Nothing "+
			"was shared: share a part of it, or pack it.", limit)
	case used.Files >= MaxFiles:
		return fault.Refuse(fault.MessageTooLong, "This room has %d files, the most allowed. Nothing was shared: "+
			"an admin, or the one who shared a file, can remove it with redact.", used.Files)
	case size > MaxRoomBytes-used.Bytes:
		return fault.Refuse(fault.MessageTooLong, "This room has %d bytes left for files, and this file is larger. "+
			"Nothing was shared: share a smaller file. An admin, or the one who shared a file, can remove it with "+
			"redact.",
			max(0, MaxRoomBytes-used.Bytes))
	}
	return nil
}

// CheckGuestFile is CheckFileSize for what the guests of one invite have left of their room: one of them could else
// fill it.
func CheckGuestFile(size int64, used FileUsage) error {
	const files, bytes = MaxFiles / guestsPart, MaxRoomBytes / guestsPart
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

// FileUsage is what the files of a room take.
type FileUsage struct {
	Files int
	Bytes int64
}

// CarriedFile returns the file that e, a message or a draft, carries; nil if there is none.
func (e Event) CarriedFile() *File {
	if e.Draft != nil {
		return e.Draft.File
	}
	return e.File
}
