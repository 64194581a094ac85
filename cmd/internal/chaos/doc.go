// Package chaos runs the real program in several processes over real servers, has people use it, and breaks whatever it stands on,
// while they do. It has tests only.
//
// A run is a seed. From it come what everybody wants and the schedule: which fault strikes what, when and for how long. The
// same seed, duration and kinds of faults make the same schedule. What meets what does not repeat: processes and servers take their
// time, so a failing seed fails again often, not always. What has to repeat to the step is in package sim.
//
// The processes are a front-end, workers and a website. Under them are redis-server, Postgres and the embedded S3 in a process
// of its own, each behind a line that can be cut, slow, or lose answers; beside them the fake Bot API and providers behind gates, which
// live in the test and therefore outlive whatever is killed. Nothing here dedupes: what is sent twice arrives twice.
//
// When the storm is over everything is mended and left alone until it is at rest: nothing open in SQL, nothing in the queues,
// nothing waiting at Telegram, for a while. A run that does not come to rest has failed. Then a checker that shares nothing
// with the program but the books' own check reads the database, the bucket, everybody's chat and the providers' bills.
//
// A soak is such a run that is long and has few faults. What it asks is not what was lost but what is left: while it goes on everything
// that could grow is looked at, and in the end it is held against bounds, each of which has its reason beside it.
package chaos
