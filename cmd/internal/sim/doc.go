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
// Whether worlds would notice is tried with mutants: the pipeline without one of its guards, compiled anew (mutants_test.go). Where
// another guard stands behind it worlds cannot, and the guard's own test has to. A path that has to be taken somewhere is in the list
// of rare_test.go: for a while nobody talked in any world, because the bot had begun to ask for a language first.
//
// That is the first tier, in which the queue is a model of one page. In the second (TestOverRedis) it is the real one: asynq's
// servers and clients, go-redis, the scripts of lanes, limits and relays' bodies, the front-end with its acknowledgements, over
// miniredis, to which a pipe in the process leads. People, handlers, faults and the checker are the same. What breaks there
// besides: connections, replies, Redis as a whole, with its scripts or without; a process is killed by cutting its connections and
// ending its goroutines at their next step, and one that stalls reads nothing from Redis, so that asynq takes it for dead too.
//
// The second tier does not come back by its seed: everybody goes on by themselves, asynq throws dice nobody can seed, and select
// chooses as it likes. A seed says there what people want and how often what breaks. It takes ten times as long as the first.
//
// What simulated time asks for: nobody may wait for it with a lock held that somebody else wants. go-redis greets a server with
// the lock of a subscription held, so greetings never fail here (wire_test.go).
//
// What the models are not: miniredis is no Redis, so persistence, eviction and clusters are not here; nor is Postgres, because a
// socket is not something that simulated time waits for. The chaos test has real servers and processes. Clocks that differ are in
// the first tier alone.
package sim
