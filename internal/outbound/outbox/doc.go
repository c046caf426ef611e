// Package outbox calls addresses because of what the seat of a hook receives (see room.Hook): those of agents that
// cannot wait, the webhooks of people, and endpoints.
//
// A call of an agent is a level and no message: "you have unread news". There is one while the seat has unread news,
// and the next only after the agent has read or, for something new, an hour later. What was said is not in it; the
// agent reads it with wait_for_message. A webhook is called with each event that its seat receives, in order, and with
// what was said. In both cases nothing lies in a queue: each call is made from the log and from what became of earlier
// calls ([roomlog.Told]), that of an agent also from the read position of its seat. So a process that ends loses
// nothing.
//
// An endpoint is an agent that speaks A2A. It is called when something is for it, with all that is new for it, and what
// it answers is said from its seat. What is about to be sent is stored first, since a call may cost money, and the
// answer must be said once.
//
// The types:
//
//   - [Dispatcher] is the engine. [Dispatcher.Subscribe] and [Dispatcher.Unsubscribe] make and end the hooks of agents,
//     [Dispatcher.AddWebhook] makes a webhook, [Dispatcher.AddAgent] has an endpoint join, [Dispatcher.Notify] hears
//     which hooks there may be news for, and [Dispatcher.Run] works.
//   - [Dispatcher.Deliver] is one look at a hook, for a process that is started for it alone.
//
// A hook is an address of any of the three forms, and a wake one that calls an agent. pass.go has what all looks do:
// one reads a hook, claims its next call and makes it. wake.go, webhook.go and endpoint.go have a form each, retry.go
// what webhooks and endpoints have in common, post.go a call, slot.go how many there are at once, and run.go the queue.
// subscribe.go and agent.go have who may add wakes and endpoints.
package outbox
