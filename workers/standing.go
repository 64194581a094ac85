package workers

import (
	"time"

	"github.com/imagika/imagika/storage"
)

// What strikes come to. A refusal is one, and decays within a day; an absolute one weighs heavily and stays for long. From
// a few on, requests are taken more slowly; many are a ban that ends by itself; the second absolute one is a ban that only
// an operator ends.
const (
	slowFrom       = 3  // live strikes that cost nothing
	banFrom        = 12 // live strikes that are a ban
	longestPause   = 30 * time.Minute
	shortBan       = 24 * time.Hour
	absoluteBan    = 7 * 24 * time.Hour
	absoluteWeight = 5
	absoluteDecay  = 90 * 24 * time.Hour
)

// newStrike is what a refusal counts.
func newStrike(absolute bool, now time.Time) storage.Strike {
	if absolute {
		return storage.Strike{Cause: storage.StrikeAbsolute, Weight: absoluteWeight, Created: now, Expires: now.Add(absoluteDecay)}
	}
	return storage.Strike{Cause: storage.StrikeRule, Weight: 1, Created: now, Expires: now.Add(storage.StrikeDecay)}
}

// weigh adds up strikes.
func weigh(strikes []storage.Strike) (weight int64) {
	for _, k := range strikes {
		weight += k.Weight
	}
	return weight
}

// pause is how long a person with these live strikes waits before the next request: a minute after the first that is too
// many, and twice as long after each further one.
func pause(strikes []storage.Strike, now time.Time) time.Duration {
	over := weigh(strikes) - slowFrom
	if over <= 0 {
		return 0
	}
	wait := min(time.Minute<<min(over-1, 10), longestPause)
	return max(0, strikes[len(strikes)-1].Created.Add(wait).Sub(now))
}

// sentence is the ban that one more strike brings: until when, and why. There mostly is none.
func sentence(before []storage.Strike, one storage.Strike) (until time.Time, cause string) {
	if one.Cause == storage.StrikeAbsolute {
		for _, k := range before {
			if k.Cause == storage.StrikeAbsolute {
				return storage.Forever, storage.BanAbsolute
			}
		}
		return one.Created.Add(absoluteBan), storage.BanAbsolute
	}
	if weigh(before)+one.Weight >= banFrom {
		return one.Created.Add(shortBan), storage.BanStrikes
	}
	return time.Time{}, ""
}
