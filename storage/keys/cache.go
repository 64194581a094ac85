package keys

import (
	"container/list"
	"sync"
	"time"
)

// cache holds the sealers used last, each for a limited time whether used or not.
type cache struct {
	size int
	ttl  time.Duration

	mu    sync.Mutex
	epoch uint64 // counts drops
	order *list.List
	items map[int64]*list.Element
}

type cached struct {
	userID  int64
	sealer  *Sealer
	expires time.Time
}

func newCache(size int, ttl time.Duration) *cache {
	return &cache{size: size, ttl: ttl, order: list.New(), items: make(map[int64]*list.Element)}
}

// mark returns the epoch to hand to put: take it before reading the database.
func (c *cache) mark() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.epoch
}

func (c *cache) get(userID int64) (*Sealer, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.items[userID]
	if !ok {
		return nil, false
	}
	item := e.Value.(*cached)
	if !time.Now().Before(item.expires) {
		c.remove(e)
		return nil, false
	}
	c.order.MoveToFront(e)
	return item.sealer, true
}

// put adds a sealer, unless something was dropped since epoch: it might have been this one.
func (c *cache) put(userID int64, s *Sealer, epoch uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if epoch != c.epoch {
		return
	}
	if e, ok := c.items[userID]; ok {
		c.remove(e)
	}
	c.items[userID] = c.order.PushFront(&cached{userID: userID, sealer: s, expires: time.Now().Add(c.ttl)})
	if c.order.Len() > c.size {
		c.remove(c.order.Back())
	}
}

func (c *cache) drop(userID int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.epoch++
	if e, ok := c.items[userID]; ok {
		c.remove(e)
	}
}

func (c *cache) remove(e *list.Element) {
	delete(c.items, e.Value.(*cached).userID)
	c.order.Remove(e)
}
