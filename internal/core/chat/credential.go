package chat

import (
	"context"
	"encoding/hex"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/sanitize"
	"github.com/parley-chat/parley/internal/core/room"
)

// confirmCredential reports whether the caller has been warned of the credential in this very message. If not, the
// caller counts as warned from now on. After a lost answer the page repeats the call with its key: nobody has read
// the lost warning, so this call confirms nothing. key is "" for other callers.
func (c *session) confirmCredential(ctx context.Context, fingerprint [16]byte, key string) (bool, error) {
	return c.reader().ConfirmCredential(ctx, hex.EncodeToString(fingerprint[:]), key)
}

// warnOfCredential holds back a text with a credential once: models paste secrets, and a sent message cannot be taken
// back. The same call again sends the text.
func (op *sendOp) warnOfCredential(ctx context.Context) (*Sent, error) {
	key := op.req.Key
	if !op.session.me.IsPerson() || op.event.File != nil || op.fileName != "" {
		key = ""
	}
	confirmed, err := op.session.confirmCredential(ctx, op.fingerprint, key)
	if err != nil {
		return nil, err
	}
	if confirmed {
		op.credential = ""
		return nil, nil
	}
	return &Sent{Credential: op.credential, Waited: op.answerUnsent(ctx, "")}, nil
}

// checkLastWord refuses a last word with a credential once.
func (c *session) checkLastWord(ctx context.Context, text string) error {
	kind := sanitize.Credential(text)
	if kind == "" {
		return nil
	}
	confirmed, err := c.confirmCredential(ctx, room.Message(text, "", nil).Fingerprint(), "")
	if err != nil || confirmed {
		return err
	}
	return fault.Refuse(fault.InvalidArgument, "text holds what looks like %s, and anyone who reads it could use it. "+
		"You have not left: take it out and call again; if others are meant to have it, repeat this call as it is.",
		kind)
}
