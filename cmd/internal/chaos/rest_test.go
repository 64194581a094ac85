package chaos_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/imagika/imagika/queue"
)

// unfinished are the rows that somebody still has to work on.
var unfinished = []struct{ what, query string }{
	{"generation", `SELECT id || ' ' || status || ' sweeps ' || sweeps || ' fence ' || fence || ' promoted ' || (promoted_at IS NOT NULL) ||
		' lease for ' || GREATEST(-1, lease_until / 1000000 - EXTRACT(EPOCH FROM now())::BIGINT) || ' s' FROM generations WHERE status IN ('held','generating','stored')`},
	{"delivery", `SELECT id || ' ' || kind || ' ' || status || ' sweeps ' || sweeps || ' fence ' || fence ||
		' not before ' || GREATEST(-1, not_before / 1000000 - EXTRACT(EPOCH FROM now())::BIGINT) || ' s' FROM deliveries WHERE status IN ('pending','sending')`},
	{"attempt", `SELECT id || ' ' || provider || ' ' || state FROM attempts WHERE state IN ('sending','submitted','running')`},
	{"relay", `SELECT conversation_id || ' ' || side || ' ' || seq || ' ' || kind || ' ' || status FROM relays WHERE status IN ('waiting','pending','sending')`},
	{"request", `SELECT id || ' ' || kind || ' ' || status || ' ' || step || ' sweeps ' || sweeps FROM rights WHERE status IN ('asked','running')
		AND not_before <= EXTRACT(EPOCH FROM now())::BIGINT * 1000000`},
	{"refund", `SELECT id || ' sweeps ' || sweeps FROM refunds WHERE status = 'asked'`},
	{"reconciliation", `SELECT id FROM reconciliations WHERE status = 'asked'`},
	{"album", `SELECT id FROM albums WHERE status = 'open'`},
}

// restFor is how long nothing may be left to do until it counts as rest.
const restFor = 3 * time.Second

// tellEvery is how often it is told what is still to do.
const tellEvery = 10 * time.Second

// comesToRest waits until nothing is left to do, and returns how long that took and what is left if it takes too long.
//
// A task that a killed process ran counts as active until asynq gives it to somebody else, after a minute or two, when its work
// has long been done over again. With orphans these have to come and do nothing, too.
func (w *world) comesToRest(most time.Duration, orphans bool) (took time.Duration, left []string) {
	begin := time.Now()
	quiet, told := begin, begin
	for {
		if left = w.left(orphans); len(left) > 0 {
			quiet = time.Now()
		}
		if time.Since(told) > tellEvery && len(left) > 0 {
			w.t.Logf("after %s:\n%s", time.Since(begin).Round(time.Second), describe(left))
			told = time.Now()
		}
		switch {
		case time.Since(quiet) > restFor:
			return quiet.Sub(begin), nil
		case time.Since(begin) > most:
			return time.Since(begin), left
		}
		time.Sleep(300 * time.Millisecond)
	}
}

// left is what is left to do in SQL, in the queues and at Telegram.
func (w *world) left(orphans bool) (all []string) {
	for _, u := range unfinished {
		for _, row := range w.texts(u.query + " LIMIT 10") {
			all = append(all, u.what+" "+row)
		}
	}
	if n := len(w.tg.PendingUpdates()); n > 0 {
		all = append(all, fmt.Sprintf("%d updates at Telegram", n))
	}
	queued, err := w.queued(w.t.Context(), orphans)
	if err != nil {
		return append(all, err.Error())
	}
	return append(all, queued...)
}

// queued is what waits or runs in Redis.
func (w *world) queued(ctx context.Context, orphans bool) (all []string, err error) {
	r, err := queue.Open(ctx, queue.RedisConfig{URL: w.redis.url()})
	if err != nil {
		return nil, err
	}
	defer r.Close()
	depth, err := queue.NewInspector(r).Depth(ctx)
	if err != nil {
		return nil, err
	}
	for name, d := range depth {
		if !orphans {
			d.Active = 0
		}
		if n := d.Pending + d.Active + d.Retry; n > 0 {
			all = append(all, fmt.Sprintf("queue %s: %d pending, %d active, %d to be tried again", name, d.Pending, d.Active, d.Retry))
		}
	}
	slices.Sort(all)
	return all, nil
}

// describe is a few of many lines.
func describe(all []string) string {
	const most = 30
	if len(all) > most {
		all = append(all[:most:most], fmt.Sprintf("and %d more", len(all)-most))
	}
	return strings.Join(all, "\n")
}
