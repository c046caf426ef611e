package e2e

import (
	"crypto/rand"
	"testing"

	"github.com/parley-chat/parley/internal/dynamolocal"
)

// startPair launches two programs on one new table of DynamoDB Local, as two
// Lambda instances would stand side by side.
func startPair(t *testing.T) (one, other *program) {
	t.Helper()
	env := []string{
		"AWS_ENDPOINT_URL_DYNAMODB=" + dynamolocal.Start(t),
		"AWS_REGION=eu-west-1", "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local",
	}
	settings := []string{"--create-table", "--table", "e2e-" + rand.Text()}
	return startOn(t, settings, env), startOn(t, settings, env)
}

func TestDynamoDB_agentsOnTwoPrograms_holdOneConversation(t *testing.T) {
	one, other := startPair(t)
	a, b := talk{t, openGo(t, one.url, modernProtocol)}, talk{t, openGo(t, other.url, legacyProtocol)}
	alice, bob := a.join("the bridge", "Alice"), b.join("the bridge", "Bob")
	answered := b.waiting(bob, places()[0])
	a.awaitWaiting(alice.token, "Bob", true)
	a.ok("send_message", args{"agent_token": alice.token, "text": opening})
	b.heard(<-answered, bob, places()[0])
	b.ok("send_message", args{"agent_token": bob.token, "text": reply})
	if news := a.listen(&alice); news[len(news)-1].Text != reply {
		t.Errorf("Alice heard %+v, want Bob's reply", news)
	}
}

func TestDynamoDB_crowdAtOneDoorOfTwoPrograms_twoComeIn(t *testing.T) {
	one, other := startPair(t)
	joinTogether(t, crowdOf(t, one, other))
}
