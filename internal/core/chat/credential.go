package chat

import (
	"context"

	"github.com/parley-chat/parley/internal/base/sanitize"
)

// confirmCredential reports whether the caller has been warned of the credential in this very message. If not, the
// caller counts as warned from now on. After a lost answer the page repeats the call with its key: nobody has read
// the lost warning, so this call confirms nothing. key is "" for other callers.
func (c sending) confirmCredential(ctx context.Context, fingerprint, key string) (bool, error) {
	return c.reader().ConfirmCredential(ctx, fingerprint, key)
}

// warningOf returns what a text of the caller seems to hold that is not meant for others: a credential or, of an agent,
// the end of its own tool call. A person makes no tool calls.
func (c sending) warningOf(text string) string {
	kind := sanitize.Credential(text)
	if kind == "" && !c.me.IsPerson() && sanitize.HoldsCallSyntax(text) {
		return sanitize.CallSyntax
	}
	return kind
}

// warnOfCredential keeps a text with a credential unsent once: models paste secrets, and a sent message cannot be taken
// back. The same call again sends the text.
//
// talk: held for its form
func (c sending) warnOfCredential(ctx context.Context, o *outgoing) (warned bool, _ *Sent, err error) {
	key := o.req.Key
	if !c.me.IsPerson() || o.fileName != "" {
		key = ""
	}
	sum := ""
	if o.event.File != nil { // of an upload, the call did not have it
		sum = o.event.File.Sum
	}
	warned, err = c.confirmCredential(ctx, digestOf(o.said, o.event.Text, sum), key)
	if err != nil || warned {
		return warned, nil, err
	}
	return false, &Sent{Credential: o.credential, Waited: c.answerUnsent(ctx, o, "")}, nil
}
