package tools

import (
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/core/chat"
)

// Who leaves with private words unread can do nothing about them in the room any more.
func TestNext_afterLeaving_tellsOfPrivateWords(t *testing.T) {
	private := chat.Message{ID: "m9", Type: chat.EventSaid, From: chosen, To: []string{"Me"}, Text: chosen}
	removed := private
	removed.Redacted, removed.Text = true, ""
	for what, c := range map[string]struct {
		messages []chat.Message
		want     bool
	}{
		"nothing":                         {nil, false},
		"words to all":                    {[]chat.Message{said("m8"), came("m9")}, false},
		"private words":                   {[]chat.Message{private, said("m8")}, true},
		"private words that were removed": {[]chat.Message{removed}, false},
		"a note of its own user":          {[]chat.Message{noted("m8")}, false},
		"a note and private words":        {[]chat.Message{noted("m8"), private}, true},
		"words of its own user to all":    {[]chat.Message{spokenFor("m8")}, false},
	} {
		for _, more := range []bool{false, true} {
			got := nextLeft(chat.Left{Status: chat.StatusLeft, Messages: c.messages, HasMore: more})
			told := strings.Contains(got, "What is in messages was for you: tell your user.")
			if told != c.want || strings.Contains(got, "more was unread") != more || strings.Contains(got, chosen) {
				t.Errorf("%s, more %t: %s", what, more, got)
			}
		}
	}
}

func TestNext_afterALeaveThatIsHeldBack_namesWhatTheAgentMayDo(t *testing.T) {
	for silent, does := range map[bool]string{false: "call send_message", true: "tell your user"} {
		got := nextLeft(chat.Left{Status: chat.StatusUnread, Silent: silent})
		if !strings.Contains(got, does) || silent && strings.Contains(got, "send_message") {
			t.Errorf("silent %t: %s", silent, got)
		}
	}
}
