package workers

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// errCrash is what a process dies of in tests.
var errCrash = errors.New("the process died")

// talk is two people in a conversation, and everything between them but the queue.
type talk struct {
	*till
	ben    *telegramtest.Person
	bodies bodies
	raw    *sql.DB
	clock  atomic.Int64 // ahead of the real one
	// crash is after how many steps the process dies; less than zero never.
	crash int
}

type bodies map[string][]byte

func (b bodies) Put(_ context.Context, hash string, body []byte) error {
	b[hash] = slices.Clone(body)
	return nil
}

func (b bodies) Get(_ context.Context, hash string) ([]byte, error) { return b[hash], nil }

func (b bodies) Drop(_ context.Context, hashes ...string) error {
	for _, h := range hashes {
		delete(b, h)
	}
	return nil
}

func newTalk(t *testing.T) *talk {
	t.Helper()
	k := &talk{bodies: bodies{}, crash: -1}
	url := storagetest.Migrated(t, storagetest.OnSQLite)
	all := storagetest.Keys(t)
	s, err := storage.Open(t.Context(), storage.Config{URL: url, Keys: all, Now: func() time.Time { return time.Now().Add(time.Duration(k.clock.Load())) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	k.till = newTillOn(t, s)
	k.w.Keys, k.w.Queue, k.w.Bodies = all, k, k.bodies
	k.w.Step = func(string) {
		if k.crash == 0 {
			panic(errCrash)
		}
		k.crash--
	}
	raw, err := sql.Open("sqlite", url+"?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = raw.Close() })
	k.ben, k.raw = k.boss, raw
	k.meet()
	return k
}

// meet opens a conversation of the two.
func (k *talk) meet() {
	k.Helper()
	var last int64
	for i, p := range []*telegramtest.Person{k.ada, k.ben} {
		who, err := k.w.Store.PersonByTelegram(k.Context(), p.ID(), "en")
		if err != nil {
			k.Fatal(err)
		}
		last = who.ID
		if _, err := k.w.Store.Enter(k.Context(), storage.Effect{User: who.ID}, storage.Search{ID: string(rune('a' + i)), User: who.ID, Lang: "en"}, 0, nil); err != nil {
			k.Fatal(err)
		}
	}
	_, _, err := k.w.Store.Match(k.Context(), last, func(context.Context, storage.Conversation, [2]storage.Search) ([]storage.Send, error) {
		return nil, nil
	})
	if err != nil {
		k.Fatal(err)
	}
}

// Enqueue implements Enqueuer. Time passes until a task is due.
func (k *talk) Enqueue(_ context.Context, t queue.Task) error {
	k.tasks = append(k.tasks, t)
	return nil
}

// pass handles what came and runs the tasks there are, each to its end or to its crash.
func (k *talk) pass() {
	k.Helper()
	for {
		all := k.updates()
		for _, u := range all {
			k.survive(func() error { _, err := k.w.update(k.Context(), u); return err })
		}
		if len(k.tasks) == 0 && len(all) == 0 {
			return
		}
		k.runAll()
	}
}

func (k *talk) runAll() {
	k.Helper()
	for len(k.tasks) > 0 {
		task := k.tasks[0]
		k.tasks = k.tasks[1:]
		k.clock.Add(int64(task.Delay))
		if task.Delay > 0 {
			k.wait()
		}
		k.survive(func() error { return k.w.Handlers()[task.Type](k.Context(), task.Payload) })
	}
}

// wait lets the time pass that leases and pauses last.
func (k *talk) wait() {
	k.Helper()
	for _, q := range []string{`UPDATE conversation_members SET lease_until = 0, not_before = 0`, `UPDATE deliveries SET lease_until = 0, not_before = 0`} {
		if _, err := k.raw.ExecContext(k.Context(), q); err != nil {
			k.Fatal(err)
		}
	}
}

// survive runs f again after a process died in it, as long as it does; RetryAfter asks for that too.
func (k *talk) survive(f func() error) {
	k.Helper()
	for range 100 {
		err := k.once(f)
		switch {
		case err == nil, errors.Is(err, storage.ErrSeen), errors.Is(err, storage.ErrFenced):
			return
		case errors.Is(err, errCrash):
			k.sweepLanes()
		case !errors.As(err, new(*queue.RetryAfter)):
			k.Fatal(err)
		}
		k.wait()
	}
	k.Fatal("it never ends")
}

func (k *talk) once(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			if e, ok := v.(error); !ok || !errors.Is(e, errCrash) {
				panic(v)
			}
			k.crash, err = -1, errCrash
		}
	}()
	return f()
}

// sweepLanes enqueues what nobody works on.
func (k *talk) sweepLanes() {
	k.Helper()
	k.wait()
	lanes, err := k.w.Store.SweepRelays(k.Context(), 10, true)
	if err != nil {
		k.Fatal(err)
	}
	for _, l := range lanes {
		k.w.enqueueLane(k.Context(), l)
	}
	deliveries, err := k.w.Store.SweepDeliveries(k.Context(), 100, true)
	if err != nil {
		k.Fatal(err)
	}
	k.w.post(k.Context(), deliveries)
}

// send is what somebody sends; it is passed on.
func (k *talk) send(p *telegramtest.Person, o telegramtest.Outgoing) []telegramtest.Message {
	k.Helper()
	ms, err := p.Send(o)
	if err != nil {
		k.Fatal(err)
	}
	k.pass()
	return ms
}

// live are the messages somebody sees.
func live(p *telegramtest.Person) (all []telegramtest.Message) {
	for _, m := range p.Messages() {
		if !m.Deleted {
			all = append(all, m)
		}
	}
	return all
}

// lastOf is what somebody sees last.
func (k *talk) lastOf(p *telegramtest.Person) telegramtest.Message {
	k.Helper()
	all := live(p)
	return all[len(all)-1]
}

// dump is a table as text, a row each.
func (k *talk) dump(table string) (all []string) {
	k.Helper()
	rows, err := k.raw.QueryContext(k.Context(), `SELECT * FROM "`+table+`"`)
	if err != nil {
		k.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		k.Fatal(err)
	}
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		if err := rows.Scan(values...); err != nil {
			k.Fatal(err)
		}
		var row strings.Builder
		for i, v := range values {
			value := *v.(*any)
			if b, ok := value.([]byte); ok {
				value = string(b)
			}
			fmt.Fprintf(&row, "%s=%v ", columns[i], value)
		}
		all = append(all, row.String())
	}
	if err := rows.Err(); err != nil {
		k.Fatal(err)
	}
	return all
}
