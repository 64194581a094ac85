package providers

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"
)

// States keeps small records that all processes share. Package queue implements it over Redis.
type States interface {
	// Load returns the records of the keys, in their order, nil for one that is not there.
	Load(ctx context.Context, keys ...string) ([][]byte, error)
	// Update replaces a record by what change makes of it. Change may be called again when somebody else was faster.
	// The record is forgotten ttl after its last update.
	Update(ctx context.Context, key string, ttl time.Duration, change func(old []byte) []byte) error
}

// State is whether a route may be asked.
type State string

// The states. A closed set: they are metric labels.
const (
	StateClosed   State = "closed"    // calls pass
	StateOpen     State = "open"      // it failed too often: left alone for a while
	StateHalfOpen State = "half_open" // the while is over: one call at a time finds out
	StateRamping  State = "ramping"   // it works again: a growing share of the calls passes
	StateCooling  State = "cooling"   // it said how long to leave it alone
	StateDisabled State = "disabled"  // the key was refused: until a probe or an operator says otherwise
)

// AllStates lists the states, for metrics and tests.
func AllStates() []State {
	return []State{StateClosed, StateOpen, StateHalfOpen, StateRamping, StateCooling, StateDisabled}
}

const (
	breakAfter   = 5                // failures in a row
	breakPolls   = 5                // or failed polls in a row, of whichever calls
	breakCalls   = 10               // or more than half of at least so many calls within a minute
	firstBreak   = 5 * time.Second  // doubled by every trial that fails
	maxBreak     = time.Minute      // whatever failed
	defaultCool  = 5 * time.Second  // a rate limit that does not say how long
	maxCool      = 10 * time.Minute // whatever an answer says
	rampFor      = 30 * time.Second // from a tenth to all
	rampFloor    = 0.1
	trialTTL     = time.Minute // a trial whose caller died
	disabledTry  = 10 * time.Minute
	vainAfter    = 3               // openings without one call that worked: what probes say counts for little
	unproven     = 5 * time.Minute // how long it counts for little, if no call says otherwise
	latencyShare = 0.2             // of a new measurement in the average
	standingTTL  = 48 * time.Hour
)

// Standing is what calls told about a route or a key. It is a plain value: the clock is given to it.
type Standing struct {
	Row      int              `json:"row,omitempty"`  // failures in a row
	Polls    int              `json:"poll,omitempty"` // failed polls in a row
	Minute   int64            `json:"min,omitempty"`  // the minute the counts are of
	Good     [2]int           `json:"ok,omitempty"`   // calls in this minute and the one before
	Bad      [2]int           `json:"bad,omitempty"`
	Level    int              `json:"lvl,omitempty"`   // how often it opened since it last worked
	Vain     int              `json:"vain,omitempty"`  // how often it opened or was refused since a call worked, whatever probes say
	OpenTo   int64            `json:"open,omitempty"`  // unix ms
	CoolTo   int64            `json:"cool,omitempty"`  // unix ms
	Trial    int64            `json:"trial,omitempty"` // unix ms until which somebody tries
	Tries    string           `json:"by,omitempty"`    // who
	Ramp     int64            `json:"ramp,omitempty"`  // unix ms since when it works again
	Disabled int64            `json:"off,omitempty"`   // unix ms since when its key is refused
	Why      string           `json:"why,omitempty"`   // class of the last failure
	Latency  int64            `json:"lat,omitempty"`   // ms, moving average of good calls
	Spent    map[string]int64 `json:"usd,omitempty"`   // micro-dollars by day, today's only
}

// State at a time, and how long until that may change.
func (s Standing) State(now time.Time) (State, time.Duration) {
	ms := now.UnixMilli()
	switch {
	case s.Disabled > 0 && ms < s.Disabled+disabledTry.Milliseconds():
		return StateDisabled, millis(s.Disabled + disabledTry.Milliseconds() - ms)
	case ms < s.OpenTo:
		return StateOpen, millis(s.OpenTo - ms)
	case ms < s.CoolTo:
		return StateCooling, millis(s.CoolTo - ms)
	case s.OpenTo > 0 || s.Disabled > 0:
		return StateHalfOpen, millis(max(0, s.Trial-ms))
	case s.Ramp > 0 && ms < s.Ramp+rampFor.Milliseconds():
		return StateRamping, millis(s.Ramp + rampFor.Milliseconds() - ms)
	}
	return StateClosed, 0
}

// Share of the calls that may pass, 0 to 1.
func (s Standing) Share(now time.Time) float64 {
	switch state, _ := s.State(now); state {
	case StateClosed:
		return 1
	case StateRamping:
		return rampFloor + (1-rampFloor)*float64(now.UnixMilli()-s.Ramp)/float64(rampFor.Milliseconds())
	case StateHalfOpen:
		if now.UnixMilli() >= s.Trial {
			return rampFloor
		}
	}
	return 0
}

func millis(ms int64) time.Duration { return time.Duration(ms) * time.Millisecond }

// failing reports that nothing works although it may be asked: it opened again and again without a call that worked in between,
// or nobody tried its key since that was refused.
func (s Standing) failing(now time.Time) bool {
	state, _ := s.State(now)
	if state == StateHalfOpen && s.Disabled > 0 {
		return true
	}
	return s.Vain >= vainAfter && (state != StateClosed || s.Row > 0 || now.UnixMilli() < s.Ramp+unproven.Milliseconds())
}

// try takes the one trial of a half-open route. It reports whether the call may be made.
func (s *Standing) try(now time.Time, who string) bool {
	switch state, _ := s.State(now); state {
	case StateClosed, StateRamping:
		return true
	case StateHalfOpen:
		if now.UnixMilli() < s.Trial && s.Tries != who {
			return false
		}
		s.Trial, s.Tries = now.Add(trialTTL).UnixMilli(), who
		return true
	}
	return false
}

// rotate moves the counts on to this minute.
func (s *Standing) rotate(now time.Time) {
	minute := now.Unix() / 60
	switch minute - s.Minute {
	case 0:
		return
	case 1:
		s.Good, s.Bad = [2]int{0, s.Good[0]}, [2]int{0, s.Bad[0]}
	default:
		s.Good, s.Bad = [2]int{}, [2]int{}
	}
	s.Minute = minute
}

// good notes a call that worked.
func (s *Standing) good(now time.Time) {
	s.well(now)
	s.Vain = 0
}

// well notes that it works, as far as one knows.
func (s *Standing) well(now time.Time) {
	s.rotate(now)
	state, _ := s.State(now)
	s.Good[0]++
	s.Row, s.Polls, s.Trial, s.Tries, s.OpenTo, s.Disabled, s.Why = 0, 0, 0, "", 0, 0, ""
	switch state {
	case StateClosed, StateCooling:
		s.Level, s.Ramp = 0, 0
	case StateRamping:
	default:
		s.Ramp = now.UnixMilli()
	}
}

// measured notes how long a call took.
func (s *Standing) measured(took time.Duration) {
	if s.Latency == 0 {
		s.Latency = took.Milliseconds()
		return
	}
	s.Latency += int64(latencyShare * float64(took.Milliseconds()-s.Latency))
}

// probed notes what a free question said. After one that worked calls may be made again, but only they show that they work; one
// that did not leaves things as they are.
func (s *Standing) probed(now time.Time, err error) {
	if err == nil {
		s.OpenTo = min(s.OpenTo, now.UnixMilli())
		s.well(now)
	}
}

// bad notes a call that failed through the provider's fault.
func (s *Standing) bad(now time.Time, class Class) {
	s.rotate(now)
	state, _ := s.State(now)
	s.Bad[0]++
	if class != NoOutput { // that may be about the prompts, unless it is most of the calls
		s.Row++
	}
	s.Trial, s.Tries, s.Why = 0, "", string(class)
	good, bad := s.Good[0]+s.Good[1], s.Bad[0]+s.Bad[1]
	if state == StateClosed && s.Row < breakAfter && (good+bad < breakCalls || bad <= good) {
		return
	}
	s.open(now)
}

// open leaves the route alone for a while.
func (s *Standing) open(now time.Time) {
	s.Polls, s.Ramp, s.Disabled = 0, 0, 0
	s.OpenTo = now.Add(min(maxBreak, firstBreak<<min(s.Level, 10))).UnixMilli()
	s.Level++
	s.Vain++
}

// unanswered notes a question about a call in flight that failed. It weighs less than a call: there are many to a call, and
// one call that its provider chokes on must not keep others away. It does not count in the rate of failures, and opens
// only a route that is closed; of any other a trial decides.
func (s *Standing) unanswered(now time.Time, class Class) {
	if state, _ := s.State(now); state != StateClosed {
		return
	}
	if s.Polls++; s.Polls >= breakPolls {
		s.Why = string(class)
		s.open(now)
	}
}

// answered notes a question that worked, which says nothing about calls.
func (s *Standing) answered() { s.Polls = 0 }

// refused notes that the key is no good.
func (s *Standing) refused(now time.Time) {
	if s.Disabled == 0 { // else it is known
		s.Vain++
	}
	s.Disabled, s.OpenTo, s.Ramp, s.Trial, s.Tries, s.Why = now.UnixMilli(), 0, 0, 0, "", string(Auth)
}

// cool notes that the provider asked to be left alone. A cooldown is only ever made longer.
func (s *Standing) cool(now time.Time, wait time.Duration) {
	if wait <= 0 {
		wait = defaultCool
	}
	s.CoolTo = max(s.CoolTo, now.Add(min(wait, maxCool)).UnixMilli())
	s.Why = string(RateLimited)
}

// tried notes the end of somebody's trial. Of one that said nothing about the provider nothing is left: the next may try.
func (s *Standing) tried(who string) {
	if who != "" && s.Tries == who {
		s.Trial, s.Tries = 0, ""
	}
}

// spend adds to today's bill.
func (s *Standing) spend(now time.Time, cost int64) {
	if cost > 0 {
		today := now.UTC().Format(time.DateOnly)
		s.Spent = map[string]int64{today: s.Spent[today] + cost}
	}
}

// today is what was spent since midnight UTC.
func (s Standing) today(now time.Time) int64 { return s.Spent[now.UTC().Format(time.DateOnly)] }

// standings reads and changes Standing records.
type standings struct{ states States }

func (s standings) load(ctx context.Context, keys ...string) ([]Standing, error) {
	raw, err := s.states.Load(ctx, keys...)
	if err != nil {
		return nil, fmt.Errorf("load standings: %w", err)
	}
	all := make([]Standing, len(keys))
	for i, text := range raw {
		all[i] = decodeStanding(text)
	}
	return all, nil
}

// decodeStanding takes an unreadable record, of a later release say, for none: it is rebuilt within minutes.
func decodeStanding(text []byte) (s Standing) {
	if json.Unmarshal(text, &s) != nil {
		return Standing{}
	}
	return s
}

func (s standings) change(ctx context.Context, key string, change func(*Standing)) error {
	return s.states.Update(ctx, key, standingTTL, func(old []byte) []byte {
		now := decodeStanding(old)
		change(&now)
		text, _ := json.Marshal(now) // plain fields always marshal
		return text
	})
}

// LocalStates are the States of a single process.
type LocalStates struct {
	mu  sync.Mutex
	all map[string][]byte
}

var _ States = (*LocalStates)(nil)

// NewLocalStates returns empty states. They forget nothing: there are as many as routes.
func NewLocalStates() *LocalStates { return &LocalStates{all: make(map[string][]byte)} }

// Load implements States.
func (l *LocalStates) Load(_ context.Context, keys ...string) ([][]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([][]byte, len(keys))
	for i, k := range keys {
		all[i] = l.all[k]
	}
	return all, nil
}

// Update implements States.
func (l *LocalStates) Update(_ context.Context, key string, _ time.Duration, change func([]byte) []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all[key] = change(l.all[key])
	return nil
}
