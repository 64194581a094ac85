package queue

import (
	"context"
	"sync"

	"github.com/redis/go-redis/v9"
)

// waiter receives the hashes it waits for. The channel has room for all of them.
type waiter struct {
	told   chan string
	hashes []string
}

// acks is the process's one subscription to acknowledgements, shared by all who wait. go-redis connects again by itself;
// what is published meanwhile is found by the looks of Front.Wait.
type acks struct {
	sub  *redis.PubSub
	done chan struct{}

	mu      sync.Mutex
	waiters map[string]map[*waiter]bool // by update hash
}

func newAcks(conn redis.UniversalClient) *acks {
	a := &acks{
		sub:     conn.Subscribe(context.Background(), ackChannel),
		done:    make(chan struct{}),
		waiters: make(map[string]map[*waiter]bool),
	}
	go a.run()
	return a
}

func (a *acks) run() {
	defer close(a.done)
	for msg := range a.sub.Channel(redis.WithChannelSize(1000)) {
		a.tell(msg.Payload)
	}
}

func (a *acks) close() error {
	err := a.sub.Close()
	<-a.done
	return err
}

func (a *acks) join(hashes []string) *waiter {
	w := &waiter{told: make(chan string, len(hashes)), hashes: hashes}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, hash := range hashes {
		if a.waiters[hash] == nil {
			a.waiters[hash] = make(map[*waiter]bool)
		}
		a.waiters[hash][w] = true
	}
	return w
}

func (a *acks) leave(w *waiter) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, hash := range w.hashes {
		delete(a.waiters[hash], w)
		if len(a.waiters[hash]) == 0 {
			delete(a.waiters, hash)
		}
	}
}

// tell sends a hash to each waiter once, so that their room suffices.
func (a *acks) tell(hash string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for w := range a.waiters[hash] {
		w.told <- hash
	}
	delete(a.waiters, hash)
}
