// Package sim holds the pipeline to its promises in simulated worlds. It has tests only.
//
// A world is a seed. In it run the handlers of production, over a real SQLite, with fakes in the process for everything
// that is reached through a network: Telegram with its Stars, the bucket, providers, the queue with its lanes. Time is testing/synctest's:
// it stands while anybody has something to do and jumps when nobody has.
//
// Whoever is about to have an effect (begin a transaction, make a call, enqueue) parks first, and again when it is done. One
// scheduler lets one of the parked go on at a time, drawn from the seed, and decides what happens to it: it may find its
// process dead, stalled beyond every lease, or its answer lost. What happens is drawn from the seed, the kind of effect and
// how often it was had, not from the order of things, so that a change of the order leaves the faults where they are. With
// random numbers of the seed too, a seed that fails fails again, step by step: see the flags of TestSimulation.
//
// Two people of a world talk with each other and the others have wishes. Of these one buys credits and wants Stars back, which
// Telegram's support may give back as well, one may freeze their account for a while, and one may be erased meanwhile.
//
// When all is said, the faults end, and after a while nothing may be left to do. Then a checker that shares nothing with the
// pipeline reads the database, the bucket, the transcripts and the provider's bill.
//
// What the model is not: the queue here is one page, so what asynq and Redis do is tested elsewhere (queue, and the chaos
// test over real servers); Postgres is not here, because a socket is not something that simulated time waits for.
package sim
