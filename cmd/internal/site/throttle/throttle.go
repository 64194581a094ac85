// Package throttle bounds how often somebody may call this process, before anything is looked up: by address, behind which there may be
// many people, or by what they show.
package throttle

import (
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/imagika/imagika/cmd/internal/site/visits"
)

// What an address may do: a call every so often, and so many at once.
const (
	AddressEvery = 20 * time.Millisecond
	AddressBurst = 300
)

// Throttle counts calls by key, in memory alone. A key is forgotten when it could call as often as ever again.
type Throttle struct {
	every time.Duration
	burst int
	mu    sync.Mutex
	due   map[string]time.Time // when the next call is due at a steady pace
	swept time.Time
}

// most is how many keys there are before the forgotten ones are looked for at once.
const most = 50_000

// New lets each key call every so often, and so many times at once.
func New(every time.Duration, burst int) *Throttle {
	return &Throttle{every: every, burst: burst, due: make(map[string]time.Time)}
}

// Take counts a call, and returns zero, or how long the next one has to wait. What has to wait is not counted, and neither is what has no
// key: it is not known whose it is.
func (t *Throttle) Take(key string, now time.Time) time.Duration {
	if key == "" {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if now.Sub(t.swept) > time.Minute || len(t.due) > most {
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
func (t *Throttle) sweep(now time.Time) {
	t.swept = now
	for key, due := range t.due {
		if due.Before(now) {
			delete(t.due, key)
		}
	}
	if len(t.due) > most {
		clear(t.due)
	}
}

// Address is where a call comes from, for a key: an IPv4 address, or the network of an IPv6 one, of which people have many. One of this
// machine or of a private network is that of a proxy which is not believed, or says nothing: who is behind it nobody knows, and
// it is empty.
func Address(r *http.Request, proxies []netip.Prefix) string {
	ip := visits.Client(r, proxies)
	if !ip.IsValid() || inside(ip) {
		return ""
	}
	bits := 32
	if ip.Is6() {
		bits = 64
	}
	prefix, _ := ip.Prefix(bits) // has that many
	return prefix.String()
}

func inside(ip netip.Addr) bool { return ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() }
