package roomlog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/files"
	"github.com/parley-chat/parley/internal/store/table"
)

// VerifyFiles reads the bytes of all files of a room and returns how many files are there. It fails with ErrDamaged,
// and names each file, if claimed bytes are missing or are not the shared bytes. The room may be in use meanwhile.
// Bytes without a claim are no damage; a missing claim is: see Verify.
func VerifyFiles(ctx context.Context, reader table.Reader, kept files.Reader, id string) (there int, err error) {
	var damage error
	seen := map[string]bool{} // by files.Key.ID: a sent draft has the file of its message
	for event, err := range carriers(ctx, reader, id) {
		if err != nil {
			return there, errors.Join(damage, err)
		}
		file := event.CarriedFile()
		if seen[file.Key] {
			continue
		}
		whole, err := verifyFile(ctx, reader, kept, id, event)
		switch {
		case errors.Is(err, ErrDamaged):
			damage = errors.Join(damage, err)
		case err != nil:
			return there, errors.Join(damage, err)
		}
		if whole {
			seen[file.Key] = true
			there++
		}
	}
	return there, damage
}

// carriers yields the events of a room that carry a file. If it fails, the last pair has an error.
func carriers(ctx context.Context, reader table.Reader, id string) iter.Seq2[room.Event, error] {
	return func(yield func(room.Event, error) bool) {
		r := table.Range{Partition: roomPrefix + id, Prefix: logPrefix, Consistency: table.Strong}
		for item, err := range table.All(ctx, reader, r) {
			var event room.Event
			if err == nil {
				event, err = decodeEvent(item)
			}
			if err != nil {
				yield(room.Event{}, err)
				return
			}
			if event.CarriedFile() != nil && !yield(event, nil) {
				return
			}
		}
	}
}

// verifyFile reads the bytes of the file that event carries. Bytes that nobody claims, as of a draft that nobody may
// send any more, and bytes removed meanwhile, count as absent.
func verifyFile(ctx context.Context, reader table.Reader, kept files.Reader, id string, event room.Event) (whole bool,
	err error) {
	key := files.Key{Room: id, ID: event.CarriedFile().Key}
	if claimed, err := exists(ctx, reader, ClaimKey(key)); err != nil || !claimed {
		return false, err
	}
	why, err := fileFault(ctx, kept, key, *event.CarriedFile())
	if err != nil || why == "" {
		return err == nil, err
	}
	if claimed, err := exists(ctx, reader, ClaimKey(key)); err != nil || !claimed {
		return false, err
	}
	return false, fmt.Errorf("%w: the file of event %d: %s", ErrDamaged, event.N, why)
}

// exists reports whether there is an item at key.
func exists(ctx context.Context, reader table.Reader, key table.Key) (bool, error) {
	_, err := reader.Get(ctx, key, table.Strong)
	if errors.Is(err, table.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// fileFault says what is wrong with the bytes at key; "" if they are those of file.
func fileFault(ctx context.Context, kept files.Reader, key files.Key, file room.File) (why string, err error) {
	r, err := kept.Open(ctx, key, 0, -1)
	hash, size := sha256.New(), int64(0)
	if err == nil {
		size, err = io.Copy(hash, r)
		err = errors.Join(err, r.Close())
	}
	switch {
	case errors.Is(err, files.ErrNotFound):
		return "its bytes are missing", nil
	case err != nil:
		return "", err
	case size != file.Size:
		return fmt.Sprintf("it has %d bytes instead of %d", size, file.Size), nil
	case hex.EncodeToString(hash.Sum(nil)) != file.Sum:
		return "its bytes are not those that were shared", nil
	}
	return "", nil
}

// ClaimOf decodes a claim from item, and returns it with the key of the bytes.
func ClaimOf(item table.Item) (c Claim, key files.Key, err error) {
	key, _ = ClaimedBy(item.Key)
	c.ID = key.ID
	return c, key, Decode(item, &c)
}

// ClaimedBy returns the key of the bytes that an item at k claims; ok is false if the item is no claim: see
// ClaimKey.
func ClaimedBy(k table.Key) (claimed files.Key, ok bool) {
	room, inRoom := strings.CutPrefix(k.Partition, roomPrefix)
	id, isClaim := strings.CutPrefix(k.Sort, claimPrefix)
	return files.Key{Room: room, ID: id}, inRoom && isClaim
}
