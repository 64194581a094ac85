package chaos_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// drawn is half an hour of points, five seconds apart.
func drawn(of func(minute float64) float64) (s series) {
	for at := time.Duration(0); at < 30*time.Minute; at += 5 * time.Second {
		s = append(s, point{at, of(at.Minutes())})
	}
	return s
}

// What leaks is seen through noise, and what is only noise, a saw, filled once, emptied now and then, or brief is not taken for a leak.
func TestTrend(t *testing.T) {
	t.Parallel()
	dice := rand.New(rand.NewPCG(1, 2))
	noise := func() float64 { return 20 * (dice.Float64() - 0.5) }
	for name, tt := range map[string]struct {
		of    func(minute float64) float64
		leaks bool
	}{
		"flat":             {func(float64) float64 { return 100 }, false},
		"noise":            {func(float64) float64 { return 100 + noise() }, false},
		"a saw":            {func(m float64) float64 { return 100 + 30*(m-math.Floor(m)) }, false},
		"filled once":      {func(m float64) float64 { return 100 + 80*min(1, math.Floor(m/22.5)) + noise() }, false},
		"filled early":     {func(m float64) float64 { return 100 + 200*min(1, m/10) + noise() }, false},
		"shrinks":          {func(m float64) float64 { return 300 - 5*m + noise() }, false},
		"one bad minute":   {func(m float64) float64 { return 100 + 900*max(0, 1-math.Abs(m-25)) + noise() }, false},
		"leaks":            {func(m float64) float64 { return 100 + 3*m }, true},
		"leaks, in noise":  {func(m float64) float64 { return 100 + 3*m + noise() }, true},
		"leaks, in a saw":  {func(m float64) float64 { return 100 + 4*m + 30*(m-math.Floor(m)) }, true},
		"leaks more":       {func(m float64) float64 { return 100 + 0.15*m*m + noise() }, true},
		"leaks, in steps":  {func(m float64) float64 { return 100 + 10*math.Floor(m/3) }, true},
		"leaks, wild ones": {func(m float64) float64 { return 100 + 3*m + 500*math.Floor(dice.Float64()*1.1) }, true},
	} {
		if s := drawn(tt.of).settled(15 * time.Minute); s.grows(20, 0.1) != tt.leaks {
			t.Errorf("%s: leaks %t by %.1f an hour, want %t", name, !tt.leaks, s.slope(), tt.leaks)
		}
	}
}

// The line is the line, whatever a quarter of the points says.
func TestSlope(t *testing.T) {
	t.Parallel()
	s := drawn(func(m float64) float64 { return 7 + 2*m })
	if got := s.slope(); math.Abs(got-120) > 0.001 {
		t.Errorf("two a minute are %f an hour", got)
	}
	for i := range s {
		if i%4 == 0 {
			s[i].Of = 1e6
		}
	}
	if got := s.slope(); math.Abs(got-120) > 20 {
		t.Errorf("with a quarter of it wild it is %f an hour", got)
	}
	if got := (series{{0, 1}}).slope(); got != 0 {
		t.Errorf("a point has the slope %f", got)
	}
}

// A life that began late counts from when it has warmed up, and one with few points does not count at all.
func TestSettled(t *testing.T) {
	t.Parallel()
	late := drawn(func(m float64) float64 { return m }).after(29 * time.Minute)
	if s := late.settled(15 * time.Minute); len(s) != 3 || s[0].At != 29*time.Minute+warmUp || s.grows(0, 0) {
		t.Errorf("%v, which grows: %t", s, s.grows(0, 0))
	}
	if s := drawn(func(m float64) float64 { return m }).settled(15 * time.Minute); len(s) != 180 || s[0].At != 15*time.Minute {
		t.Errorf("%d points from %v on", len(s), s[0].At)
	}
	if s := (series{}).settled(0); s != nil {
		t.Errorf("nothing settled to %v", s)
	}
}

func TestReturns(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		before, now float64
		want        bool
	}{{100, 100, true}, {100, 40, true}, {100, 134, true}, {100, 136, false}, {0, 10, true}, {0, 11, false}} {
		if got := returns(tt.before, tt.now, 0.25, 10); got != tt.want {
			t.Errorf("%+v: %t", tt, got)
		}
	}
}

// A table that has so many rows for each update does not swell, whatever the pace; one that has ever more does, and so does one that
// only begins to have some.
func TestSwells(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name               string
		begin, middle, end load
		want               bool
	}{
		{"three each", load{0, 10}, load{1000, 3010}, load{3000, 9010}, false},
		{"a slow second half", load{0, 10}, load{1000, 3010}, load{1100, 3310}, false},
		{"fewer", load{0, 10}, load{1000, 3010}, load{2000, 2000}, false},
		{"somewhat more", load{0, 10}, load{1000, 3010}, load{2000, 7000}, false},
		{"ever more", load{0, 0}, load{1000, 1000}, load{2000, 4000}, true},
		{"only now", load{0, 0}, load{1000, 0}, load{2000, 400}, true},
		{"a few", load{0, 0}, load{1000, 0}, load{2000, 40}, false},
		{"nobody did anything", load{5, 0}, load{5, 0}, load{5, 1000}, false},
	} {
		if got := swells(tt.begin, tt.middle, tt.end, 0.5, 50); got != tt.want {
			t.Errorf("%s: %t", tt.name, got)
		}
	}
}
