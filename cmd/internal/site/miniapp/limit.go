package miniapp

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/imagika/imagika/cmd/internal/site/throttle"
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
func byAddress() *throttle.Throttle {
	return throttle.New(throttle.AddressEvery, throttle.AddressBurst)
}

func byToken() *throttle.Throttle { return throttle.New(25*time.Millisecond, 150) }

// byAsker is for mails that somebody from an address has sent, to whomever.
func byAsker() *throttle.Throttle { return throttle.New(time.Minute, 10) }

// byShower is for codes that somebody from an address shows, made up or not.
func byShower() *throttle.Throttle { return throttle.New(3*time.Second, 10) }

// limitWait is how long Redis may take to say whether a call is one too many.
const limitWait = 500 * time.Millisecond

// admitAddress refuses an address that calls too often.
func (a *app) admitAddress(r *http.Request) error {
	return admit(a.addresses, throttle.Address(r, a.Proxies), a.Now())
}

// admit refuses a key that comes too often; an empty one is nobody's.
func admit(t *throttle.Throttle, key string, now time.Time) error {
	if wait := t.Take(key, now); wait > 0 {
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
