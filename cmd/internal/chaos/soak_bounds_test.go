package chaos_test

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/imagika/imagika/queue"
)

// bound is from when on what comes in the second half is a leak, and how much more there may be at rest than at rest before.
type bound struct {
	of          string
	least       float64 // that came steadily, in the half
	share       float64 // likewise, of what is there
	restMore    float64
	restShare   float64
	unlessStorm bool // only what is at rest counts: the storm itself moves it
}

const mebi = 1 << 20

// poolsKeep is how many connections a process may have opened in a busy moment and keeps: 44 to Redis and 12 to the database, as their
// pools allow, and some to the bucket, the providers and Telegram, which end after 90 s without use. What leaks with each fault or each
// update is more than that in half an hour.
const poolsKeep = 44 + 12 + 12

// ofProcess are the bounds for each process.
var ofProcess = []bound{
	// A collection leaves what is in use; caches of prepared statements, of people's keys and of texts fill for some minutes.
	{of: ofHeap, least: 4 * mebi, share: 0.20, restMore: 8 * mebi, restShare: 0.5},
	// The runtime keeps what it once needed for some minutes, and what it needs is up to the pictures that come together.
	{of: ofResident, least: 24 * mebi, share: 0.20, restMore: 96 * mebi, restShare: 0.5},
	// A connection has up to two.
	{of: ofGoroutines, least: 60, share: 0.25, restMore: 2 * poolsKeep},
	{of: ofFiles, least: 40, share: 0.25, restMore: poolsKeep},
	// The pool has at most twelve.
	{of: ofPool, least: 6, share: 0.5, restMore: 12},
}

// ofServers are the bounds for what all processes share. Redis is emptied by some faults, so what it holds is judged at rest.
var ofServers = []bound{
	{of: ofRedisMemory, restMore: 16 * mebi, unlessStorm: true},
	{of: ofRedisClients, restMore: 4 * poolsKeep, unlessStorm: true},
	{of: ofSQLClients, least: 24, share: 0.5, restMore: 4 * 2 * 12}, // two databases, four processes, twelve each
	{of: ofSpooled, least: 8, restMore: 0},
	{of: ofData, least: 8, restMore: 0},
}

const (
	// swellShare and swellRows: what people do comes by dice, so for the same number of updates one half may have half as much more of
	// something than the other, and up to so many rows that are about the time, not the work.
	swellShare, swellRows = 0.5, 60
	// idleRows is how many rows may come to a table in a minute when nobody does anything: what is written by the clock.
	idleRows = 20
	// bytesShare and bytesLeast are the same for the database's size, which goes up by pages and down never.
	bytesShare, bytesLeast = 1.0, 16 * mebi
	// lostPuts is how many objects may lie in the bucket without a row for each fault: what was put and not yet written down, with as many
	// pictures at once as a worker makes for the people there are.
	lostPuts = 4
	// keptTasks is how many tasks may be left that were given up, for each fault: golden ones that were replayed, and those whose work was
	// done by another.
	keptTasks = 12
	// planned is how many tasks may wait for their time for each person: an erasure waits out its grace. Every other kind comes again
	// after seconds, until what it is about has ended.
	planned = 2
)

// strides are tables that get their rows for many of those of another one at once, from time to time, and at most one for each.
var strides = map[string]string{"checkpoint_marks": "transfers"}

// keyClass is a kind of key in Redis, and how many there may be when nothing is left to do. The set is closed: a key of no kind is wrong.
type keyClass struct {
	name   string
	is     func(key string) bool
	most   func(of work) int
	ending bool // each has a time at which it is gone
}

// work is what was done, as far as what is left depends on it.
type work struct {
	people, updates, faults int
	paid                    int // orders, payments and refunds: their tasks are remembered for a day
	kept                    int // tasks, in all
}

func begins(prefixes ...string) func(string) bool {
	return func(key string) bool {
		return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(key, p) })
	}
}

// Days and states of asynq for each queue: processed, failed, both in all, pending, active, lease, scheduled, retry, archived, completed, paused.
const perQueue = 14

// keyClasses in the order in which they are asked.
var keyClasses = []keyClass{
	{"asynq: tasks", func(key string) bool { return strings.HasPrefix(key, "asynq:{") && strings.Contains(key, "}:t:") }, func(w work) int { return w.kept }, false},
	{"asynq: queues", begins("asynq:{"), func(work) int { return perQueue * len(queue.Queues()) }, false},
	// Servers write down themselves and what they run, for each pool of a process.
	{"asynq: servers", begins("asynq:servers", "asynq:workers"), func(w work) int { return 2 * 8 * (4 + w.faults) }, false},
	{"asynq: the rest", begins("asynq:"), func(work) int { return 4 }, false},
	{"updates done", func(key string) bool {
		return strings.HasPrefix(key, "upd:") || strings.HasPrefix(key, "lane:{") && strings.Contains(key, "}:done:")
	}, func(w work) int { return w.updates }, true},
	// An empty lane is its epoch, which is remembered for a day: one for each chat, and for each direction of a conversation.
	{"lanes", begins("lane:{"), func(w work) int { return 3 * w.people }, true},
	{"lanes, all", begins("lanes"), func(work) int { return 4 }, false},
	{"pools", begins("pools:"), func(work) int { return 2 }, false},
	{"limits", begins("limit:{"), func(w work) int { return 4*w.people + 40 }, true},
	{"what was said", begins("relay:{"), func(w work) int { return w.updates }, true},
}

// leftovers holds the keys at rest against their classes, and returns how many there are of each, and what is wrong.
func (p *probes) leftovers(ctx context.Context, of work) (counts map[string]int, wrong []string, err error) {
	keys, conn, err := p.keys(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer conn.Close()
	counts = map[string]int{}
	for _, key := range keys {
		i := slices.IndexFunc(keyClasses, func(c keyClass) bool { return c.is(key) })
		if i < 0 {
			wrong = append(wrong, fmt.Sprintf("redis: nobody knows the key %q", key))
			continue
		}
		c := keyClasses[i]
		counts[c.name]++
		if !c.ending {
			continue
		}
		left, err := conn.TTL(ctx, key).Result()
		if err != nil {
			return nil, nil, err
		}
		if left == -1 { // -2 says that it is gone by now
			wrong = append(wrong, fmt.Sprintf("redis: %q of %s stays for ever", key, c.name))
		}
	}
	return counts, append(wrong, beyond(counts, of)...), nil
}

// beyond are the classes with more keys than there may be.
func beyond(counts map[string]int, of work) (wrong []string) {
	for _, c := range keyClasses {
		if n, most := counts[c.name], c.most(of); n > most {
			wrong = append(wrong, fmt.Sprintf("redis: %d keys of %s, and at most %d have a reason", n, c.name, most))
		}
	}
	return wrong
}

// waiting are the tasks that are given up, done or planned, by state and the first word of their ids.
func (p *probes) waiting(ctx context.Context) (map[string]int, error) {
	_, conn, err := p.keys(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	all := map[string]int{}
	for _, name := range queue.Queues() {
		for _, state := range []string{"archived", "completed", "scheduled"} {
			ids, err := conn.ZRange(ctx, "asynq:{"+name+"}:"+state, 0, -1).Result()
			if err != nil {
				return nil, err
			}
			for _, id := range ids {
				word, _, _ := strings.Cut(id, ":")
				all[state+" "+word]++
			}
		}
	}
	return all, nil
}

// undue holds them against their bounds.
func undue(waiting map[string]int, of work) (wrong []string) {
	n := map[string]int{}
	for what, some := range waiting {
		state, _, _ := strings.Cut(what, " ")
		n[state] += some
	}
	for state, most := range map[string]int{
		"scheduled": planned * of.people,
		"completed": of.paid + planned*of.people, // of who was erased there are no rows
		"archived":  keptTasks * (1 + of.faults),
	} {
		if n[state] > most {
			wrong = append(wrong, fmt.Sprintf("redis: %d tasks are %s, and at most %d have a reason: %v", n[state], state, most, waiting))
		}
	}
	return wrong
}
