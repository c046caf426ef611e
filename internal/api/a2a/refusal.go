package a2a

import (
	"errors"
	"fmt"
	"strconv"

	wire "github.com/a2aproject/a2a-go/v2/a2a"

	"github.com/parley-chat/parley/internal/base"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
)

// A refusal of package chat is written for MCP, and names tools and arguments that a client of A2A does not have. So
// each refusal that such a client can meet has a sentence here, by the step of the call, the code and the rule.

// step is what a refused call did.
type step int

// The steps.
const (
	reading step = iota // a task; also: any step
	joining             // to say the first message
	saying
	sharing // a file
	leaving
)

// failed is the error of a call, with its step.
type failed struct {
	error
	step
	kept string // the contextId of a seat that the call took and keeps
}

// Unwrap returns the cause.
func (f failed) Unwrap() error { return f.error }

// why is a reason that has a sentence.
type why struct {
	step
	fault.Code
	fault.Rule
}

// words are the sentences of a refusal: what is wrong, and what to do next.
type words struct{ what, next string }

// sentences returns what clients read. A reason without a rule stands for all other rules of its code.
func sentences() map[why]words {
	const (
		read  = "Go on reading with SubscribeToTask or GetTask."
		again = "To repeat that message, send it as it was; to say something else, use another messageId."
	)
	return map[why]words{
		{joining, fault.InvalidArgument, ""}: {fmt.Sprintf("The NAME in this address (…/as/NAME/) cannot be that of "+
			"an agent: it must have 1 to %d characters, be of letters, digits, spaces and ' - _ . alone, hold no "+
			"secret, and must not pass for the server, for its operator, for a user or for somebody else.",
			base.MaxName), "Use another name there, or the address without /as/NAME/."},
		{joining, fault.NotAllowed, fault.RuleBan}: {"An admin has banned the NAME in this address (…/as/NAME/) " +
			"from the room, in any spelling.", "Do not try other names: tell your user, who can ask the people of " +
			"the room."},
		{joining, fault.NotAllowed, ""}: {"This invite gives no more seats: an admin has renewed it, or all its " +
			"seats are taken, or its time is over.", "If you have a seat, send the contextId that the answer to " +
			"your first message has. If not, ask the one who gave you the invite for a new one."},
		{joining, fault.NameTaken, ""}: {"Another agent here has this name, or one that looks like it.", "If it is " +
			"you, send the contextId that the answer to your first message has. If not, use another name in the " +
			"address (…/as/NAME/)."},
		{joining, fault.RoomFull, ""}: {"All seats of this room are taken.", "If one of them is yours, send the " +
			"contextId that the answer to your first message has. If not, try again later: those in the room see " +
			"that a seat is wanted."},
		{joining, fault.RoomClosed, ""}: {"The room of this invite has ended: it was closed, or all have left it, " +
			"or nobody has used it for long.", "Ask the one who gave you the invite for one to another room."},

		{saying, fault.InvalidArgument, fault.RuleBlank}: {"The message has no text that anybody could see.",
			"Give it a text part."},
		{saying, fault.InvalidArgument, fault.RuleControls}: {"The text holds control characters; only line breaks " +
			"and tabs are allowed.", "Take them out, and send it again."},
		{saying, fault.InvalidArgument, fault.RuleSecret}: {"The text holds a secret of this server, such as a " +
			"contextId, a taskId or a key, which lets others act as its owner.", "Take it out, and send it again."},
		{saying, fault.InvalidArgument, fault.RuleKey}: {"You have said something with this messageId already, and " +
			"it was another message.", again},
		{saying, fault.MessageTooLong, ""}: {fmt.Sprintf("The text is too long: it has at most %d bytes, or as many "+
			"as this server takes in a minute if that is less.", core.MaxText),
			"Say it shorter, in several messages, or as a file in a raw part."},
		{saying, fault.NotAllowed, fault.RuleMute}:    {"An admin has muted you in this room.", read},
		{saying, fault.NotAllowed, fault.RuleChannel}: {"Only admins speak in this room.", read},
		{saying, fault.NotAllowed, ""}: {"Your user has not let this message through, or has not decided within a day.",
			"Say something else, if anything, with another messageId."},
		{saying, fault.Paused, fault.RuleRun}: {"Agents have sent as many messages as they may in this room until a " +
			"person speaks.", "Tell your user. SubscribeToTask tells you when somebody has spoken."},
		{saying, fault.Paused, fault.RuleDrafts}: {"As many of your messages wait for your user as can.",
			"SubscribeToTask tells you what your user decides."},
		{saying, fault.Paused, ""}: {"Your user holds you in this room.", "Tell your user."},

		{sharing, fault.InvalidArgument, ""}: {"The raw part cannot be a file: it is empty, or its filename is too " +
			"long or has characters that nobody sees, or it holds a secret of this server.", "Change that, and send " +
			"it again."},
		{sharing, fault.MessageTooLong, ""}: {"The file, or the text beside it, is too long for this room, or the " +
			"room has as many files as it may.", "Send a part of it, or say where it is."},
		{sharing, fault.NotAllowed, ""}: {"This server takes no files, or your user has not let this one through.",
			"Send what matters as a text."},
		{sharing, fault.Unavailable, ""}: {"This server cannot take the file now.",
			"Send it again later with the same messageId, or send what matters as a text."},

		{leaving, fault.Paused, ""}: {"Your user holds you in this room, so you do not leave by yourself.",
			"Tell your user, who can leave for you."},

		{reading, fault.TokenInvalid, ""}: {"contextId is not one that this address gave.", "Use the one that the " +
			"answer to your first message has, or leave it out to take a seat."},
		{reading, fault.RateLimited, ""}: {"Too many requests from your key or address, or in this room.",
			"Call less often from then on, and say more in one message."},
		{reading, fault.Unavailable, ""}: {"This server cannot do this now: its store does not answer, or as many " +
			"calls wait as it can hold.", "Keep the messageId; with returnImmediately a message need not wait."},
	}
}

// nothing returns what a refused call has not done.
func (s step) nothing() string {
	switch s {
	case joining, saying, sharing:
		return "Nothing was said. "
	case leaving:
		return "You have not left. "
	}
	return ""
}

// unclear returns what nobody knows about a call that may have taken effect.
func (f failed) unclear() string {
	const what = "The store of this server did not answer in time, so it is not known whether "
	switch f.step {
	case joining, saying, sharing:
		and := ""
		if f.kept != "" {
			and = " and the contextId " + f.kept
		}
		return what + "your message was said. Send it again with the same messageId" + and + ": it is said once."
	case leaving:
		return what + "you have left. Call CancelTask again."
	}
	return "The store of this server did not answer in time. Call again."
}

// errorOf returns a refusal as an error of A2A. The kind of error depends on the ids that the caller gave.
func errorOf(f *results.Failure, at failed, given ids) error {
	refused := &fault.Error{Code: fault.Code(f.Code)}
	if inside := new(fault.Error); errors.As(at.error, &inside) && inside.Code == refused.Code {
		refused = inside
	}
	kind := kindOf(refused.Code, at.step, given)
	info := map[string]string{"code": f.Code}
	if kind == wire.ErrServerError && f.RetryAfterSeconds > 0 {
		info["retryAfterSeconds"] = strconv.FormatInt(f.RetryAfterSeconds, 10)
	}
	if at.kept != "" {
		info["contextId"] = at.kept
	}
	return wire.NewError(kind, at.sentence(f, refused, given)).WithErrorInfoMeta(info)
}

// kindOf returns the error of A2A for a refusal.
func kindOf(code fault.Code, at step, given ids) error {
	switch code {
	case fault.Removed, fault.RoomClosed:
		return wire.ErrUnsupportedOperation
	case fault.TokenInvalid, fault.RoomNotFound:
		if given.byTask {
			return wire.ErrTaskNotFound
		}
	case fault.RateLimited, fault.Unavailable:
		return wire.ErrServerError
	case fault.Internal:
		return wire.ErrInternalError
	}
	if at == leaving {
		return wire.ErrTaskNotCancelable
	}
	return wire.ErrInvalidParams
}

// sentence returns what a client reads.
func (f failed) sentence(shown *results.Failure, refused *fault.Error, given ids) string {
	switch code := refused.Code; {
	case refused.Unclear:
		return f.unclear()
	case code == fault.Removed, code == fault.RoomClosed && f.step != joining:
		why := room.Reason(refused.Reason)
		if code == fault.RoomClosed {
			why = room.ReasonClosed
		}
		_, said := endedBy(why)
		return f.nothing() + said
	case given.byTask && (code == fault.TokenInvalid || code == fault.RoomNotFound):
		return noTask
	case code == fault.RoomNotFound:
		refused = fault.Refuse(fault.TokenInvalid, "")
	}
	said, ok := f.find(refused.Code, refused.Rule)
	if !ok { // such as an internal failure, whose sentence has an id
		return shown.Message
	}
	again := ""
	if n := shown.RetryAfterSeconds; n > 0 && kindOf(refused.Code, f.step, given) == wire.ErrServerError {
		again = fmt.Sprintf("Try again in %d seconds. ", n)
	}
	return said.what + " " + f.nothing() + again + said.next
}

// find returns the sentence of the nearest reason.
func (f failed) find(code fault.Code, rule fault.Rule) (words, bool) {
	all, steps := sentences(), []step{f.step, reading}
	if f.step == sharing { // which is a message, too
		steps = []step{sharing, saying, reading}
	}
	for _, r := range []fault.Rule{rule, ""} {
		for _, s := range steps {
			if said, ok := all[why{s, code, r}]; ok {
				return said, true
			}
		}
	}
	return words{}, false
}

// checkText refuses a text as package room does.
func checkText(text string) error {
	if err := room.CheckText(text); err != nil {
		return failed{error: err, step: saying}
	}
	return nil
}
