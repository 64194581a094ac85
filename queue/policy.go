package queue

import "time"

// The table of task ids. An id names the work and an epoch (or a count), because asynq keeps the ids of archived,
// retained and lost tasks taken: work that has to be enqueued again gets the next epoch, and a successor never reuses
// the id of the task that enqueues it.
//
//	generation:<generation>:<epoch>   generation:generate   epoch in SQL, raised by the sweeper
//	prepare:<generation>:<epoch>      generation:prepare    the same epoch
//	poll:<attempt>:<k>                generation:poll       k counts the polls
//	progress:<generation>:<k>         generation:progress   k counts the looks
//	deliver:<generation>:<epoch>      delivery:send         epoch of the delivery row
//	write:<writing>:<epoch>           prompt:write          epoch in SQL, raised by the sweeper
//	album:<album>:<epoch>             album:close           epoch in SQL, raised by each item and the sweeper
//	refund:<refund>:<epoch>           payment:refund        epoch in SQL, raised by the sweeper
//	reconcile:<run>:<epoch>           payment:reconcile     likewise
//	announce:<announcement>:<epoch>   announcement:send     likewise, and by each turn
//	right:<request>:<epoch>           right:serve           likewise
//	mail:<mail>:<epoch>               mail:send             likewise
//	sign-in:<sign-in>:<epoch>         sign-in:mail          likewise
//	delete:<attempt>:<epoch>          attempt:delete        likewise
//	relay:<conversation>-<side>:<k>   relay:drain           epoch of the direction in SQL, raised whenever its claim ends
//	lane:<lane hash>:<epoch>          chat:drain            epoch in the lane's meta key
//	upd:<update hash>                 update:payment        once per update, kept for a day
//
// asynq's Unique option is not used: its lock is not extended and is left behind by an id conflict.

// The queues.
const (
	QueuePayments     = "payments"
	QueueInteractive  = "interactive"
	QueueGenerate     = "generate"
	QueueDeliver      = "deliver"
	QueueConversation = "conversation"
	QueueMaintenance  = "maintenance"
	QueueBulk         = "bulk"
)

// The pools: one asynq server each, because in a shared one a long task keeps the slot of a short one.
const (
	PoolPayments     = "payments"
	PoolInteractive  = "interactive"
	PoolGenerate     = "generate"
	PoolDeliver      = "deliver"
	PoolConversation = "conversation"
	PoolMaintenance  = "maintenance"
)

// DefaultCallTimeout is how long one provider call may take, from the request to the last image in the bucket, where
// the configuration says nothing else.
const DefaultCallTimeout = 150 * time.Second

// Largest payloads, in bytes. asynq sends the payload of every task in flight to Redis again each 5 s.
const (
	maxPayload        = 1 << 10
	maxPaymentPayload = 8 << 10
)

// Policy is how tasks of one type are run.
type Policy struct {
	Type  string
	Queue string
	// Own is the deadline a handler runs under. It ends well before Timeout, because asynq ignores the answer of a
	// handler after that.
	Own time.Duration
	// Timeout is asynq's own, in whole seconds.
	Timeout time.Duration
	// MaxRetry bounds failures that count. It is never tight: claims counted in SQL stop poison, not asynq's archive.
	MaxRetry int
	// Retention keeps the id of a finished task taken for that long.
	Retention time.Duration
	// MaxPayload is in bytes.
	MaxPayload int
	// Backoff holds the delays of the first retries, the last one stays. Empty is 2, 4, 8 s and so on up to a minute.
	Backoff []time.Duration
}

// Policies is the table of task types, for the given longest provider call (zero: DefaultCallTimeout).
func Policies(call time.Duration) []Policy {
	call = callTimeout(call)
	const s = time.Second
	slow := []time.Duration{5 * s, 20 * s, 60 * s}
	return []Policy{
		// A drain hands over after 5 s; its last head may take 20 s more.
		{TypeChatDrain, QueueInteractive, 30 * s, 60 * s, 25, 0, maxPayload, nil},
		// Pre-checkout queries are given 8 s by their handler, counted from the arrival of the update.
		{TypeUpdatePayment, QueuePayments, 15 * s, 30 * s, 25, 24 * time.Hour, maxPaymentPayload, nil},
		{TypeGenerationPrepare, QueueDeliver, 60 * s, 120 * s, 10, 0, maxPayload, nil},
		{TypeGenerationGenerate, QueueGenerate, call, wholeSeconds(2 * call), 10, 0, maxPayload, slow},
		{TypeGenerationPoll, QueueGenerate, 60 * s, 120 * s, 10, 0, maxPayload, slow},
		{TypeGenerationProgress, QueueDeliver, 15 * s, 30 * s, 5, 0, maxPayload, nil},
		{TypeDeliverySend, QueueDeliver, 60 * s, 120 * s, 10, 0, maxPayload, nil},
		{TypePromptWrite, QueueGenerate, 60 * s, 120 * s, 10, 0, maxPayload, slow},
		{TypeAlbumClose, QueueInteractive, 20 * s, 60 * s, 10, 0, maxPayload, nil},
		{TypePaymentRefund, QueueDeliver, 50 * s, 120 * s, 10, 0, maxPayload, nil},
		{TypeRelayDrain, QueueConversation, 30 * s, 60 * s, 10, 0, maxPayload, nil},
		// Many pages, one call after the other; what was done before a deadline is not done again.
		{TypePaymentReconcile, QueueMaintenance, 15 * time.Minute, 30 * time.Minute, 5, 0, maxPayload, slow},
		// Steps, one after the other; what was done before a deadline is not done again.
		{TypeRightServe, QueueMaintenance, 15 * time.Minute, 30 * time.Minute, 10, 0, maxPayload, slow},
		{TypeMailSend, QueueMaintenance, 90 * s, 180 * s, 10, 0, maxPayload, slow},
		{TypeSignInMail, QueueDeliver, 20 * s, 60 * s, 10, 0, maxPayload, nil},
		{TypeAttemptDelete, QueueBulk, 25 * s, 60 * s, 10, 0, maxPayload, slow},
		// A turn is 5 s; its last call may take 15 s more.
		{TypeAnnouncementSend, QueueBulk, 25 * s, 60 * s, 25, 0, maxPayload, slow},
	}
}

// Pool is one asynq server.
type Pool struct {
	Name   string
	Queues []Weighted
	// Concurrency is how many handlers run at once; --pools changes it.
	Concurrency int
	// Check is how often an idle pool looks for tasks: it decides the pickup latency.
	Check time.Duration
	// Delayed is how often tasks that have become due are moved to the pending ones.
	Delayed time.Duration
	// Shutdown is how long handlers in flight are waited for.
	Shutdown time.Duration
	// CrashCounts says whether a crash in mid-task burns a retry. It does not where claims are counted in SQL or heads
	// in a lane.
	CrashCounts bool
}

// Weighted is a queue and its share of the dispatches of a pool.
type Weighted struct {
	Queue  string
	Weight int
}

// Pools is the table of pools, for the given longest provider call (zero: DefaultCallTimeout). An embedded Redis is
// asked less often, because it shares the processor with everything else.
func Pools(call time.Duration, embedded bool) []Pool {
	call = callTimeout(call)
	const s, ms = time.Second, time.Millisecond
	pools := []Pool{
		{PoolPayments, []Weighted{{QueuePayments, 1}}, 16, 20 * ms, 500 * ms, 20 * s, true},
		{PoolInteractive, []Weighted{{QueueInteractive, 1}}, 32, 20 * ms, 200 * ms, 35 * s, false},
		{PoolGenerate, []Weighted{{QueueGenerate, 1}}, 64, 50 * ms, 200 * ms, max(call, 60*s) + 15*s, false},
		{PoolDeliver, []Weighted{{QueueDeliver, 1}}, 64, 20 * ms, 200 * ms, 65 * s, false},
		{PoolConversation, []Weighted{{QueueConversation, 1}}, 32, 20 * ms, 200 * ms, 35 * s, false},
		{PoolMaintenance, []Weighted{{QueueMaintenance, 4}, {QueueBulk, 1}}, 4, 500 * ms, 5 * s, 30 * s, true},
	}
	if embedded {
		for i := range pools {
			if pools[i].Name != PoolPayments {
				pools[i].Check = max(pools[i].Check, 50*ms)
			}
		}
	}
	return pools
}

// Queues lists every queue of the pools.
func Queues() []string {
	var names []string
	for _, p := range Pools(0, false) {
		for _, q := range p.Queues {
			names = append(names, q.Queue)
		}
	}
	return names
}

// policyTable is the table by type.
func policyTable(call time.Duration) map[string]Policy {
	m := make(map[string]Policy)
	for _, p := range Policies(call) {
		m[p.Type] = p
	}
	return m
}

func callTimeout(call time.Duration) time.Duration {
	if call <= 0 {
		return DefaultCallTimeout
	}
	return call
}

// wholeSeconds rounds up, and to 10 s at least, so that our own deadline is never within 5 s of asynq's.
func wholeSeconds(d time.Duration) time.Duration {
	if r := d % time.Second; r != 0 {
		d += time.Second - r
	}
	return max(d, 10*time.Second)
}
