package workers

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/keys"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// crowd is a queue of which many tasks are worked on at once.
type crowd struct {
	mu    sync.Mutex
	tasks []queue.Task
}

func (c *crowd) Enqueue(_ context.Context, t queue.Task) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tasks = append(c.tasks, t)
	return nil
}

// work runs all tasks, and those that follow from them, eight at a time.
func (c *crowd) work(t *testing.T, w *Workers) {
	t.Helper()
	for {
		c.mu.Lock()
		tasks := c.tasks
		c.tasks = nil
		c.mu.Unlock()
		if len(tasks) == 0 {
			return
		}
		var g errgroup.Group
		g.SetLimit(8)
		for _, task := range tasks {
			g.Go(func() error {
				if err := w.Handlers()[task.Type](t.Context(), task.Payload); err != nil {
					t.Logf("%s: %v", task.Type, err)
				}
				return nil
			})
		}
		_ = g.Wait()
	}
}

// A hundred requests of twenty-five people come at once. Each is answered; whoever wanted to be erased is gone, with one receipt;
// whoever did not has got one copy, and all that is theirs.
func TestAHundredRequestsAtOnce(t *testing.T) {
	t.Parallel()
	l := newLeaving(t)
	l.w.Limits = providers.NewLocalLimits()
	q := &crowd{}
	l.w.Queue = q
	const people = 25
	faces, users := make([]*telegramtest.Person, people), make([]int64, people)
	for i := range people {
		faces[i] = l.somebody(fmt.Sprint("Person ", i), "en")
		p, err := l.w.Store.KnownPerson(t.Context(), faces[i].ID())
		if err != nil {
			t.Fatal(err)
		}
		users[i] = p.ID
		l.agree(p.ID)
	}
	leaves := func(i int) bool { return i%2 == 0 }
	var g errgroup.Group
	for i, user := range users {
		in := func() *incoming {
			p, err := l.w.Store.PersonByID(t.Context(), user)
			if err != nil {
				t.Error(err)
			}
			return &incoming{person: p, chat: telegram.Chat{ID: faces[i].ID(), Type: telegram.ChatPrivate}, texts: l.w.printer("en"), effect: storage.Effect{User: user}}
		}
		g.Go(func() error { return l.w.askExport(t.Context(), in(), press{query: &telegram.CallbackQuery{ID: "1"}}) })
		g.Go(func() error {
			_, err := l.w.Store.Object(t.Context(), storage.Effect{User: user}, user, storage.PurposeStatistics, false)
			return err
		})
		g.Go(func() error {
			_, _, err := l.w.Store.Restrict(t.Context(), storage.Effect{User: user}, user, nil, nil, nil)
			return ignore(err, storage.ErrConsumed) // the erasure was first
		})
		g.Go(func() error {
			if leaves(i) {
				return l.w.eraseFor(t.Context(), user)
			}
			return l.w.askAccess(t.Context(), in(), press{query: &telegram.CallbackQuery{ID: "2"}})
		})
	}
	if err := g.Wait(); err != nil && !errors.Is(err, storage.ErrRestricted) {
		t.Fatal(err)
	}
	end := time.Now().Add(3 * time.Minute) // a claim that a busy machine lost lasts as long as it lasts
	for round := 0; round < 30 || l.open(users) > 0 && time.Now().Before(end); round++ {
		if round >= 30 {
			time.Sleep(100 * time.Millisecond)
		}
		q.work(t, l.w)
		l.ahead.Add(int64(time.Minute))
		refs, err := l.w.Store.SweepRights(t.Context(), 200, true)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range refs {
			l.w.enqueue(t.Context(), queue.NewRightServeTask(r.ID, r.Epoch))
		}
		out, err := l.w.Store.SweepDeliveries(t.Context(), 200, true)
		if err != nil {
			t.Fatal(err)
		}
		l.w.post(t.Context(), out)
	}
	for i, user := range users {
		l.answered(user, leaves(i))
		copies := 0
		for _, m := range faces[i].Messages() {
			if m.FromBot() && m.Document != nil {
				copies++
			}
		}
		if want := told(faces[i], "Everything of yours is erased."); leaves(i) && (want != 1 || copies > 1) || !leaves(i) && (want != 0 || copies != 1) {
			t.Errorf("person %d, who leaves: %v, has %d receipts and %d copies", i, leaves(i), want, copies)
		}
	}
}

// open counts the requests that have not ended.
func (l *leaving) open(users []int64) (n int) {
	l.Helper()
	for _, user := range users {
		all, err := l.w.Store.Rights(l.Context(), user, 10)
		if err != nil {
			l.Fatal(err)
		}
		for _, r := range all {
			if r.Ended.IsZero() {
				n++
			}
		}
	}
	return n
}

// answered holds that no request of a person is open, and that they are gone if they left, and not else.
func (l *leaving) answered(user int64, left bool) {
	l.Helper()
	all, err := l.w.Store.Rights(l.Context(), user, 10)
	if err != nil {
		l.Error(err)
	}
	for _, r := range all {
		if r.Ended.IsZero() {
			l.Errorf("a request is open: %+v", r)
		}
	}
	p, err := l.w.Store.PersonByID(l.Context(), user)
	_, gone := l.w.Keys.Person(l.Context(), user)
	if err != nil || left != (p.TelegramID == 0) || left != errors.Is(gone, keys.ErrDestroyed) || !left && (!p.Restricted || !p.NoCount) {
		l.Errorf("left: %v; they are %+v, %v; their key: %v", left, p, err, gone)
	}
}
