package chat

import (
	"context"
	"encoding/hex"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/presence"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/sanitize"
)

// confirms reports whether the caller has been warned of the credential in this very
// message. If not, it counts as warned from now on.
func confirms(ctx context.Context, c *caller, fingerprint [16]byte) (bool, error) {
	p, err := c.positions().Load(ctx)
	if err != nil {
		return false, err
	}
	mark := hex.EncodeToString(fingerprint[:])
	if p.Credential == mark {
		return true, nil
	}
	p.Credential = mark
	return false, c.positions().Write(ctx, p)
}

// warnOfCredential holds a text with a credential back once.
func (op *sendOp) warnOfCredential(ctx context.Context) (*Sent, error) {
	c := op.caller
	confirmed, err := confirms(ctx, c, op.fingerprint)
	if err != nil {
		return nil, err
	}
	if confirmed {
		op.credential = ""
		return nil, nil
	}
	c.attendance().Note(ctx, presence.Call{Fresh: presence.SendFresh})
	return &Sent{Credential: op.credential, Waited: Waited{Cursor: op.req.Cursor, Others: c.room.log.Known().Others(c.agent.Seat)}}, nil
}

// checkLastWord refuses a last word with a credential once.
func checkLastWord(ctx context.Context, c *caller, text string) error {
	kind := sanitize.Credential(text)
	if kind == "" {
		return nil
	}
	confirmed, err := confirms(ctx, c, room.Fingerprint(room.Event{Text: text}))
	if err != nil || confirmed {
		return err
	}
	return fault.Refuse(fault.InvalidArgument, "text holds what looks like %s, and whoever reads it could use it. You have not left: take it out and call again; if others are meant to have it, repeat this call as it is.", kind)
}
