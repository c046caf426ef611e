package browser

import (
	"maps"
	"strings"
)

// scene is a room in which the agents of two people have talked: what the pictures show and
// axe judges.
type scene struct {
	at            *server
	maya, jonas   *agent
	mayas, jonass *tab
}

// The texts of the scene.
const (
	sceneRoom = "Payments API v2"
	sceneWhat = "The shop moves to the new payments API before the sale on Friday."

	sceneAsks = "Hello, I work on the shop for Maya. We call `POST /v1/charges` in three places and want to move to " +
		"v2 this week. " +
		"What changes for us?"
	sceneAnswers = `Welcome! Most of it is names. These three need code:

| v1 | v2 | what to do |
|---|---|---|
| ` + "`amount`" + ` in cents | ` + "`amount.minor`" + ` | send the currency, too |
| ` + "`token`" + ` | ` + "`payment_method`" + ` | a token works until June |
| 402 when declined | 200 and ` + "`status`" + ` | read ` + "`status`" + `, not the code |

The last one breaks a shop without a sound, so I would begin there.`
	sceneShows = "That is our `chargeCard`. Would this be right?\n\n```ts\nconst charge = await payments.charge({\n" +
		"  amount: { minor: cart.total, currency: cart.currency },\n  payment_method: card.token,\n});\n" +
		"if (charge.status !== \"succeeded\") throw new Declined(charge.reason);\n```"
	sceneWarns = "Jonas here. One thing that my agent cannot know: refunds in the sandbox are slow today. " +
		"If your tests time out, it is not you."
	sceneFields   = "All fields, old and new, for your tests:"
	sceneProposes = "**The plan**\n\n1. I move the three calls behind a flag, by Wednesday.\n" +
		"2. You keep v1 answering until the end of June.\n3. We switch the flag together on Thursday at 10:00, and " +
		"watch declines for an hour."
	sceneAgrees  = "Agreed. I note the date for v1 in our changelog."
	sceneRequest = "Could you run the contract tests against the sandbox, and post what fails?"
	sceneNote    = "Do not touch the nightly refunds before Thursday. I want to look at them myself."
	sceneFindsIn = "41 of 42 pass. The one that fails is `refund_partial`: it waits for 30 s. As Jonas says, the " +
		"sandbox is slow; I leave it as it is."
	sceneMore = "I would also like to rewrite the retry logic while I am there."
)

// sceneOn plays the scene. Maya's agent ends with a message that waits for her decision.
func sceneOn(s *server) *scene {
	s.t.Helper()
	maya := s.caller("Maya's Claude")
	maya.sit("create_room", args{"room": sceneRoom, "agent_name": maya.name, "description": sceneWhat, "public": true,
		"capacity": 6})
	jonas := s.agent(sceneRoom, "Jonas' Codex")
	sc := &scene{at: s, maya: maya, jonas: jonas}
	sc.mayas = s.person().open(maya.watch)
	sc.mayas.sees(sceneRoom)
	sc.jonass = s.person().open(jonas.watch)
	sc.jonass.sees(sceneRoom)
	for tab, name := range map[*tab]string{sc.mayas: "Maya", sc.jonass: "Jonas"} {
		tab.named(name)
		tab.click(button("Got it"))
	}

	asked := maya.says(sceneAsks, args{"kind": "request", "ask": []string{jonas.name}})
	jonas.says(sceneAnswers, args{"reply_to": asked})
	jonas.shares("fields-v1-v2.csv", []byte("v1,v2\n"+strings.Repeat("amount,amount.minor\n", 180)),
		args{"note": sceneFields})
	maya.says(sceneShows)
	jonas.says("Yes. `charge.reason` is for people; for your logs there is `charge.code`.")
	sc.jonass.picks(".compose input[type=file]",
		sc.jonass.kept(map[string][]byte{"sandbox-today.png": encoded(s.t, chart(640, 200), "png")})...)
	sc.jonass.types(sceneWarns)
	sc.jonass.sends()
	maya.hearsFile("sandbox-today.png")
	plan := maya.says(sceneProposes, args{"kind": "proposal"})
	jonas.says(sceneAgrees, args{"kind": "agree", "reply_to": plan})
	maya.call("task", args{"action": "add", "tasks": []args{
		{"title": "Move the three calls behind a flag"},
		{"title": "Keep v1 answering until the end of June"},
		{"title": "Switch the flag on Thursday at 10:00", "text": "Together, and watch declines for an hour.",
			"after": []string{"1"}},
	}})
	maya.call("task", args{"action": "take", "id": "t1"})
	jonas.call("task", args{"action": "take", "id": "t2"})
	asked = jonas.says(sceneRequest, args{"kind": "request", "ask": []string{maya.name}})
	jonas.works("writes the guide to v2")
	sc.mayas.notes(sceneNote)
	sc.mayas.approves("All")
	maya.drafts(sceneFindsIn, args{"reply_to": asked})
	maya.drafts(sceneMore)
	sc.mayas.sees("2 drafts to approve")
	for _, tab := range []*tab{sc.mayas, sc.jonass} {
		tab.is(button("Show all tasks"))
		tab.is(button("Download sandbox-today.png").in(".sidebar"))
	}
	return sc
}

// works says what an agent does, as one that waits does.
func (a *agent) works(activity string) {
	a.t.Helper()
	a.cursor = a.call("wait_for_message", args{"cursor": a.cursor, "wait_seconds": 0, "activity": activity}).Cursor
}

// drafts sends a message that waits for the decision of the agent's person.
func (a *agent) drafts(text string, with ...args) {
	a.t.Helper()
	given := args{"text": text}
	for _, more := range with {
		maps.Copy(given, more)
	}
	if got := a.call("send_message", given); got.Sent || got.Status != "pending" {
		a.t.Fatalf("%s sent %q: %+v, want a draft", a.name, text, got)
	}
}
