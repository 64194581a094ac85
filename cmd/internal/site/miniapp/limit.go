package miniapp

import (
	"context"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/imagika/imagika/cmd/internal/site/visits"
)

// class is what a call costs us. Each is limited apart, so that somebody who leafs can still cancel.
type class string

// The classes.
const (
	classEnter class = "enter" // signs in
	classRead  class = "read"
	classWrite class = "write"
	classSpend class = "spend" // credits, or work that takes its time
)

// rate is one call every so often, and so many at once.
type rate struct {
	every time.Duration
	burst int
}

// rates are those of a person.
func rates(c class) rate {
	switch c {
	case classRead:
		return rate{50 * time.Millisecond, 100}
	case classWrite:
		return rate{500 * time.Millisecond, 40}
	case classSpend:
		return rate{3 * time.Second, 10}
	default:
		return rate{3 * time.Second, 20}
	}
}

// What this process counts itself, before anything is looked up: by address, behind which there may be many people, and by token.
var (
	addressRate = rate{20 * time.Millisecond, 300}
	tokenRate   = rate{25 * time.Millisecond, 150}
	// askRate is for mails that somebody from an address has sent, to whomever.
	askRate = rate{time.Minute, 10}
)

// limitWait is how long Redis may take to say whether a call is one too many.
const limitWait = 500 * time.Millisecond

// admitAddress refuses an address that calls too often.
func (a *app) admitAddress(r *http.Request) error {
	from := a.address(r)
	if !from.IsValid() {
		return nil
	}
	if wait := a.addresses.take(from.String(), a.Now()); wait > 0 {
		return tooMany(wait)
	}
	return nil
}

// admitPerson refuses a person who calls too often, on whichever process.
func (a *app) admitPerson(ctx context.Context, c class, id int64) error {
	if a.Limits == nil {
		return nil
	}
	asked, cancel := context.WithTimeout(ctx, limitWait)
	defer cancel()
	most := rates(c)
	wait, ok, err := a.Limits.Reserve(asked, "app "+string(c)+" "+a.Keys.Code("app person", strconv.FormatInt(id, 10)), most.every, most.burst, 0)
	if err != nil {
		if ctx.Err() == nil {
			a.Log.WarnContext(ctx, "calls of the mini app are not counted", "error", err)
		}
		return nil
	}
	if !ok {
		return tooMany(wait)
	}
	return nil
}

// address is where a call comes from: an IPv4 address, or the network of an IPv6 one, of which people have many. One of this
// machine or of a private network is that of a proxy which is not believed, or says nothing: who is behind it nobody knows, and
// the zero value is returned.
func (a *app) address(r *http.Request) netip.Prefix {
	ip := visits.Client(r, a.Proxies)
	if !ip.IsValid() || inside(ip) {
		return netip.Prefix{}
	}
	bits := 32
	if ip.Is6() {
		bits = 64
	}
	prefix, _ := ip.Prefix(bits) // has that many
	return prefix
}

func inside(ip netip.Addr) bool { return ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() }

// throttle counts calls by key, in memory alone. A key is forgotten when it could call as often as ever again.
type throttle struct {
	rate
	mu    sync.Mutex
	due   map[string]time.Time // when the next call is due at a steady pace
	swept time.Time
}

// throttleKeys are the keys after which the forgotten ones are looked for at once.
const throttleKeys = 50_000

func newThrottle(r rate) *throttle { return &throttle{rate: r, due: make(map[string]time.Time)} }

// take counts a call, and returns zero, or how long the next one has to wait. What has to wait is not counted.
func (t *throttle) take(key string, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now.Sub(t.swept) > time.Minute || len(t.due) > throttleKeys {
		t.sweep(now)
	}
	due := t.due[key]
	if due.Before(now) {
		due = now
	}
	if wait := due.Sub(now) - time.Duration(t.burst-1)*t.every; wait > 0 {
		return wait
	}
	t.due[key] = due.Add(t.every)
	return 0
}

// sweep forgets. Should there be too many left, it forgets all: somebody has more addresses than we have memory.
func (t *throttle) sweep(now time.Time) {
	t.swept = now
	for key, due := range t.due {
		if due.Before(now) {
			delete(t.due, key)
		}
	}
	if len(t.due) > throttleKeys {
		clear(t.due)
	}
}
