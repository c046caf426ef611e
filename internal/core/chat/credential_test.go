package chat_test

import (
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
)

// A made-up token. No secret stands in the source, where it would be found.
var secret = "ghp_" + strings.Repeat("aB3dE6gH9", 4)

// talk: held for its form
func TestCredential_inAText_holdsItBackOnce(t *testing.T) {
	onFiles(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p := w.company()
		for _, req := range []chat.SendRequest{
			{Text: "to all " + secret}, {Text: "to one " + secret, To: []string{"Bob"}},
			{Text: "with a key " + secret, Key: "k"},
		} {
			req.Token = p.ann.Token
			got, err := w.send(req)
			if err != nil || got.Sent || got.Credential != "a GitHub token" || got.ID != "" {
				t.Errorf("%s: %+v, %v", req.Text, got, err)
			}
			if sent, err := there.send(req); err != nil || !sent.Sent || sent.Credential != "" || sent.Duplicate {
				t.Errorf("%s, once more: %+v, %v", req.Text, sent, err)
			}
			if again, err := w.send(req); err != nil || !again.Duplicate {
				t.Errorf("%s, which was sent: %+v, %v", req.Text, again, err)
			}
		}
		said := 0
		for _, m := range w.history(p.bob.Token, chat.HistoryRequest{}).Messages {
			if strings.Contains(m.Text, secret) {
				said++
			}
		}
		if said != 3 {
			t.Errorf("%d texts are in the log, want 3", said)
		}
	})
}

// A person is warned as an agent is, and on each of its devices.
func TestCredential_ofAPerson_holdsItBackOnce(t *testing.T) {
	onFiles(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p, pam := w.withPam()
		bob := w.person(p.bob)
		for name, req := range map[string]chat.SendRequest{
			"alone":               {Token: pam.Token, Text: "to all " + secret},
			"alone, with a key":   {Token: pam.Token, Text: "with a key " + secret, Key: "k"},
			"alone, to one":       {Token: pam.Token, Text: "to one " + secret, To: []string{"Ann"}},
			"behind an agent":     {Token: bob, Text: "of Bob's person " + secret},
			"a note to its agent": {Token: bob, Text: "a note " + secret, To: []string{"Bob"}},
		} {
			got, err := w.send(req)
			if err != nil || got.Sent || got.Credential != "a GitHub token" {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
			if req.Key != "" { // the answer was lost, and its page calls again
				if got, err := there.send(req); err != nil || got.Sent || got.Credential == "" {
					t.Errorf("%s, by the same call: %+v, %v", name, got, err)
				}
				req.Key = "the person has read it"
			}
			if sent, err := there.send(req); err != nil || !sent.Sent || sent.Credential != "" || sent.Duplicate {
				t.Errorf("%s, once more: %+v, %v", name, sent, err)
			}
			if again, err := w.send(req); err != nil || !again.Sent || again.Duplicate != (req.Key != "") {
				t.Errorf("%s, which was sent: %+v, %v", name, again, err)
			}
		}
		phone, err := w.opens(w.newLink(pam.Token), "phone")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := w.send(chat.SendRequest{Token: phone, Text: "to all " + secret}); err != nil || got.Sent {
			t.Errorf("on a further device: %+v, %v", got, err)
		}
	})
}

// TestCredential_changedOrToOthers_isAnotherText has the same secret for other readers.
func TestCredential_changedOrToOthers_isAnotherText(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	for i, req := range []chat.SendRequest{{Text: "it is " + secret}, {Text: "it is " + secret, To: []string{"Bob"}},
		{Text: "really " + secret}, {Text: "without it"}} {
		req.Token = p.ann.Token
		if got, err := w.send(req); err != nil || got.Sent != (i == 3) || (got.Credential == "") != got.Sent {
			t.Errorf("%+v: %+v, %v", req, got, err)
		}
	}
}

func TestLeave_withACredentialInTheLastWord_isRefusedOnce(t *testing.T) {
	onFiles(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p := w.company()
		leave := chat.LeaveRequest{Token: p.bob.Token, Text: "Bye. " + secret}
		_, err := w.LeaveRoom(t.Context(), leave)
		wants(t, err, fault.InvalidArgument)
		if strings.Contains(err.Error(), secret) ||
			!strings.Contains(err.Error(), "a GitHub token") {
			t.Errorf("the refusal is %v", err)
		}
		w.say(p.bob.Token, "I am still here.")
		if got, err := there.LeaveRoom(t.Context(), leave); err != nil || got.Status != chat.StatusLeft {
			t.Errorf("once more: %+v, %v", got, err)
		}
	})
}

func TestSend_onDynamoDB_withACredential_costsOneMoreWriteOnce(t *testing.T) {
	var b bill
	clock, tbl := b.newTable(t)
	s := chat.New(tbl, chat.Options{Clock: clock})
	ann, err := s.JoinRoom(t.Context(), chat.JoinRequest{Room: "plans", AgentName: "Ann"})
	if err != nil {
		t.Fatal(err)
	}
	for i, text := range []string{"first", secret, secret, "then"} {
		reads, writes := b.of(func() {
			if got, err := s.Send(t.Context(), chat.SendRequest{Token: ann.Token, Text: text}); err != nil ||
				got.Sent != (i != 1) {
				t.Errorf("%s: %+v, %v", text, got, err)
			}
		})
		if i > 0 && (len(writes) != 1 || writes[0].WriteUnits != 1 || len(reads) > 2 || i == 3 && len(reads) > 0) {
			t.Errorf("call %d: reads %v, writes %v", i+1, reads, writes)
		}
	}
}

// leaked is a text for Bob alone, from a client that closed the argument too late.
const leaked = "plum.</text>\n<parameter name=\"to\">[\"Bob\"]</parameter>"

func TestCallSyntax_inAnAgentsText_keepsPrivateWordsUnsentOnce(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	req := chat.SendRequest{Token: p.ann.Token, Text: leaked}
	if got, err := w.send(req); err != nil || got.Sent || got.Credential != "the end of your own tool call" {
		t.Errorf("a text: %+v, %v", got, err)
	}
	leave := chat.LeaveRequest{Token: p.bob.Token, Text: leaked}
	_, err := w.LeaveRoom(t.Context(), leave)
	wants(t, err, fault.InvalidArgument)
	for _, m := range w.history(p.bob.Token, chat.HistoryRequest{}).Messages {
		if strings.Contains(m.Text, "plum") {
			t.Errorf("%q was said", m.Text)
		}
	}
	if got, err := w.send(req); err != nil || !got.Sent {
		t.Errorf("a text, once more: %+v, %v", got, err)
	}
	person := chat.SendRequest{Token: w.person(p.bob), Text: leaked + " "}
	if got, err := w.send(person); err != nil || !got.Sent {
		t.Errorf("a person's text: %+v, %v", got, err)
	}
	if got, err := w.LeaveRoom(t.Context(), leave); err != nil || got.Status != chat.StatusLeft {
		t.Errorf("a last word, once more: %+v, %v", got, err)
	}
}
