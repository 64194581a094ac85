package chaos_test

import (
	"slices"
	"time"
)

// point is what something was at a time since the soak began.
type point struct {
	At time.Duration `json:"at"`
	Of float64       `json:"of"`
}

// series is what something was, from time to time. A process that takes another's place begins anew.
type series []point

// What makes a trend.
const (
	// warmUp is how much of a process's life does not count: it fills its pools, caches and buffers then.
	warmUp = 45 * time.Second
	// enough is how many points a trend needs: fewer are weather.
	enough = 15
	// Of fifths of the points one after the other, at least risesOf of the four steps have to bring riseOf of what came in all: what
	// leaks comes all the time, what is filled once comes in one step, or in two when it is filled in the middle of a fifth.
	fifths  = 5
	risesOf = 3
	riseOf  = 0.1
)

// after are the points from a time on.
func (s series) after(at time.Duration) series {
	i, _ := slices.BinarySearchFunc(s, at, func(p point, at time.Duration) int { return int(p.At - at) })
	return s[i:]
}

// settled are the points that count for a trend: those of the second half of the soak, and not of the beginning of a life.
func (s series) settled(half time.Duration) series {
	if len(s) == 0 {
		return nil
	}
	return s.after(max(half, s[0].At+warmUp))
}

// median of what there is in the points, and zero of none.
func (s series) median() float64 {
	all := make([]float64, len(s))
	for i, p := range s {
		all[i] = p.Of
	}
	return median(all)
}

func median(all []float64) float64 {
	slices.Sort(all)
	n := len(all)
	switch {
	case n == 0:
		return 0
	case n%2 == 1:
		return all[n/2]
	}
	return (all[n/2-1] + all[n/2]) / 2
}

// slope is the line through the points after Theil and Sen, per hour: the median of the slopes between any two of them, on which a
// third of wild points has no influence.
func (s series) slope() float64 {
	var all []float64
	for i, a := range s {
		for _, b := range s[i+1:] {
			if b.At > a.At {
				all = append(all, (b.Of-a.Of)/(b.At-a.At).Hours())
			}
		}
	}
	return median(all)
}

// grows reports whether what the points show came steadily, and is more than noise: more than least, and than a share of what was there.
func (s series) grows(least, share float64) bool {
	if len(s) < enough {
		return false
	}
	came := s.slope() * (s[len(s)-1].At - s[0].At).Hours()
	if came <= max(least, share*s.median()) {
		return false
	}
	rises := 0
	for i := 1; i < fifths; i++ {
		if s.part(i, fifths)-s.part(i-1, fifths) > riseOf*(s.part(fifths-1, fifths)-s.part(0, fifths)) {
			rises++
		}
	}
	return rises >= risesOf
}

// part is the median of one of some equal parts of the points.
func (s series) part(i, of int) float64 { return s[i*len(s)/of : (i+1)*len(s)/of].median() }

// returns reports whether something is at rest what it was at rest before, give or take: share of it, and some more.
func returns(before, now, share, more float64) bool { return now <= before*(1+share)+more }

// load is how much there is of something after so much work.
type load struct{ work, rows float64 }

// swells reports whether there is more of something for the same work in the second half than in the first one, by more than a
// share and by more rows than least.
func swells(begin, middle, end load, share, least float64) bool {
	before, since := middle.work-begin.work, end.work-middle.work
	if before <= 0 || since <= 0 {
		return false
	}
	expected := max(0, middle.rows-begin.rows) / before * since
	return end.rows-middle.rows > expected*(1+share)+least
}
