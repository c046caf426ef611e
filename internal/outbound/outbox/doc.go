// Package outbox calls the addresses of hooks (see room.Hook) when the seats of these hooks receive events. A hook has
// one of five forms:
//
//   - A wake calls an agent without an open wait. The call says only "you have unread news", and the agent reads the
//     news with wait_for_message. The next call comes after the agent has read or, for newer news, an hour later.
//   - A webhook posts each event of its seat, with the text, in the order of the log.
//   - An endpoint is an agent that speaks A2A. Each call sends the endpoint all new messages, and the answer is said
//     from the seat of the endpoint. What is sent is stored before the call, since a call may cost money and the answer
//     must be said once.
//   - A push calls a browser of the person behind its seat, with what needs the person.
//   - A messenger posts the same as a note to a channel, such as a topic of ntfy.sh.
//
// There is no queue. Each call follows from the log and from the stored progress of its hook ([roomlog.Progress]); the
// call of a wake also follows from the read position of the seat. So a process that ends loses nothing.
//
// The delivery of event 42 to webhook h1 of seat 1, with the stored progress {N: 7, Upto: 41}, goes through these
// files:
//
//   - run.go: the room passes event 42 to [Dispatcher.Notify], which starts a job. The job calls [Dispatcher.Deliver].
//     On AWS, an invocation of functions/outbox calls Deliver.
//   - pass.go: Deliver begins a pass. readHook reads the hook and its progress.
//   - webhook.go: readNews reads the log after event 41 and finds 42. decideCall decides doCall.
//   - pass.go: claim puts the claim "h1#7" for 25 s. A process that finds the claim ends its own pass.
//   - slot.go: acquireSlots acquires the slots that limit how many calls run at once, if the hook needs any.
//   - webhook.go: call posts event 42 with the id evt_h1_42, by post (post.go). After the status 200 the new progress
//     is {N: 8, Upto: 42}. After the status 500 the progress is {N: 8, Upto: 41, NotBeforeMs: now + 1 min,
//     Failing: {SinceMs: now, Tries: 1}} (retry.go).
//   - pass.go: writeResult stores the new progress before the claim ends. The pass reads again. After the status 200
//     the pass finds nothing after event 42 and ends; after the status 500 the pass ends, and the next pass is due at
//     NotBeforeMs.
//   - run.go: the job ends. After the status 500 the job leaves a timer, and the next job posts event 42 again.
//
// wake.go, endpoint.go, push.go and channel.go do the same for the other forms. subscribe.go, webhook.go, agent.go,
// push.go and channel.go decide who may add them.
package outbox
