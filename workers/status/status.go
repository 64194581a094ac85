// Package status judges how the service is doing, in terms that strangers may know: which parts work, which models answer,
// how long pictures wait. It names no host, no person, no money and no error.
//
// It is a function of readings. Whoever has the databases, the queue and the providers takes them (package app); whoever
// shows the judgement (package site) needs none of these.
package status

import (
	"slices"
	"time"
)

// State is how something is doing.
type State string

// The states, the best first; each is worse than the ones before it.
const (
	Works   State = "works"
	Unknown State = "unknown" // what would say so does not answer
	Slow    State = "slow"
	Partly  State = "partly" // works for some, or some of it does
	Away    State = "away"   // does not work
)

// States lists them, the best first.
func States() []State { return []State{Works, Unknown, Slow, Partly, Away} }

// rank orders states.
func (s State) rank() int { return slices.Index(States(), s) }

// worse is the worse one of two.
func worse(a, b State) State {
	if b.rank() > a.rank() {
		return b
	}
	return a
}

// Part is something that people use, or that everything else stands on.
type Part string

// The parts, in the order in which they are shown.
const (
	Bot           Part = "bot"           // takes messages and answers them
	Images        Part = "images"        // makes pictures
	Delivery      Part = "delivery"      // sends them
	Conversations Part = "conversations" // passes on what people say to each other
	Payments      Part = "payments"
	Website       Part = "website"
	Telegram      Part = "telegram"
	Accounts      Part = "accounts" // the database
	Pictures      Part = "pictures" // the object store
	Line          Part = "line"     // the queue
)

// Parts lists them.
func Parts() []Part {
	return []Part{Bot, Images, Delivery, Conversations, Payments, Website, Telegram, Accounts, Pictures, Line}
}

// vital are the parts without which nobody gets a picture.
func vital() []Part { return []Part{Bot, Images, Delivery} }

// Board is how everything is doing at a moment.
type Board struct {
	At      time.Time
	Overall State
	Parts   []PartState
	Models  []Model
	Lines   []Wait
}

// PartState is how a part is doing.
type PartState struct {
	Part  Part
	State State
}

// Model is how one of the models is doing that people can choose.
type Model struct {
	Name     string
	Title    map[string]string // by language; "en" is there
	State    State
	Services []Service // who makes its images
	// Wait is from somebody's turn to the first call, Take from there to the image: half of the last hour's were faster than
	// the first value, 95 of 100 than the second. Zero is not known.
	Wait, Take Range
}

// Service is how a service makes the images of a model.
type Service struct {
	Title string
	State State
}

// Range is two quantiles of a duration.
type Range struct{ P50, P95 time.Duration }

// Wait is how long a line is.
type Wait struct {
	Part    Part
	Waiting int           // tasks that nobody works on yet
	Oldest  time.Duration // how long the first of them has waited
	Last    Range         // the same within the last hour
}

// With is how everything is doing given the impact of an incident that lasts.
func (b Board) With(impact string) State { return b.Overall.under(impact) }

// PartsWith are the parts, none of which is doing better than incidents that last say of it: people notice what is not measured.
func (b Board) PartsWith(open []Incident) []PartState {
	all := slices.Clone(b.Parts)
	for n := range all {
		for _, i := range open {
			if slices.Contains(i.Parts, all[n].Part) {
				all[n].State = all[n].State.under(i.Impact)
			}
		}
	}
	return all
}

// under is a state given the impact of an incident.
func (s State) under(impact string) State {
	switch impact {
	case Outage:
		return worse(s, Partly)
	case Degraded:
		return worse(s, Slow)
	}
	return s
}
