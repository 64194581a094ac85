// Package queue is the transport between the bot front-end and the workers: tasks over asynq, and lanes, which keep the
// updates of one chat in order. It is the only package that speaks to Redis, and every Lua script lives here.
//
// # What it promises, and what it does not
//
// SQL is the truth, the queue is transport. Everything here is at least once: a task may run twice, and two copies may
// run at the same time (a shutdown, a time-out, a frozen process). Handlers are fenced and keyed in SQL. Whatever Redis
// loses, a sweeper finds in SQL and enqueues again, under the next epoch of its id: see the table of ids in policy.go.
//
// asynq gives pools, retries and delays. Four of its properties shape this package:
//
//   - It ignores what a handler returns once the task's own context is done, so handlers run under a shorter deadline
//     of ours ([Policy.Own]).
//   - A task that ends while Redis is away is run again, so workers speak to Redis through a client of ours that
//     retries for about 25 s.
//   - Its recovery after a crash takes one to two minutes, so lanes carry leases of their own and [Lanes.Sweep] resumes
//     them within 15 s.
//   - Ids of archived or lost tasks stay taken, so ids carry an epoch and a successor never reuses one. A conflict on
//     an id of our own means that the task is there: it is success.
//
// # Lanes
//
// A lane is the list of sealed updates of one chat. [Front.Push] appends an update and enqueues a drain whose id holds
// the lane's epoch. [Lanes.Drain] takes the lane's lease, handles the head, removes it after its effect is in SQL, and
// goes on; when the list is empty the same script that finds it empty raises the epoch and drops the lease. A push
// before that is seen by the drain, a push after it has a fresh id: there is no moment in which a wake-up gets lost.
// Every step of a drain compares the lease's owner token, so a drain that woke up late learns that it lost.
//
// # Traces
//
// The trace of an update is named by the update's hash ([Traces]), so it needs no carrying through lanes and survives
// what Redis loses; a task links to who enqueued it by a header.
//
// # Privacy
//
// Updates are sealed before they enter Redis, and ids in keys are keyed hashes ([Keys]): neither the task monitor nor
// the append-only file shows a text or a Telegram id. Payloads carry ids and a version only. Error texts pass a
// redaction hook before asynq stores them.
package queue
