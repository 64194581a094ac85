package wire

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// waitCap is more than any provider should ask for; whatever says more is taken as this.
const waitCap = time.Hour

// Wait reads how long an answer asks to be left alone: Retry-After-Ms, Retry-After in seconds or as a date, or the
// reset of a limit that is used up. Zero is not said.
func Wait(h http.Header, now time.Time) time.Duration {
	for _, name := range []string{"Retry-After-Ms", "X-Ms-Retry-After-Ms"} {
		if ms, err := strconv.ParseFloat(h.Get(name), 64); err == nil && ms > 0 {
			return capped(time.Duration(min(ms, float64(waitCap.Milliseconds())) * float64(time.Millisecond)))
		}
	}
	if v := h.Get("Retry-After"); v != "" {
		if s, err := strconv.ParseFloat(v, 64); err == nil && s > 0 {
			return capped(time.Duration(min(s, waitCap.Seconds()) * float64(time.Second)))
		}
		if t, err := http.ParseTime(v); err == nil {
			return capped(t.Sub(now))
		}
	}
	return reset(h)
}

func capped(d time.Duration) time.Duration { return max(0, min(d, waitCap)) }

// reset is the longest x-ratelimit-reset-* whose x-ratelimit-remaining-* is zero.
func reset(h http.Header) (wait time.Duration) {
	for name, values := range h {
		what, ok := strings.CutPrefix(strings.ToLower(name), "x-ratelimit-remaining-")
		if !ok || len(values) == 0 || values[0] != "0" {
			continue
		}
		v := h.Get("X-Ratelimit-Reset-" + what)
		d, err := time.ParseDuration(v)
		if s, bad := strconv.ParseFloat(v, 64); bad == nil && s < waitCap.Seconds() {
			d, err = time.Duration(s*float64(time.Second)), nil
		}
		if err == nil {
			wait = max(wait, capped(d))
		}
	}
	return wait
}
