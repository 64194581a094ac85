// Package moderation decides, by rules in a data file, whether a prompt may be painted.
//
// # Design
//
// It is pure: words in, a [Verdict] out; no network, no clock, no person. A text is first read as a reader would read it
// (normalize.go): compatibility forms, case, accents, invisible characters, look-alikes of other alphabets, digits and
// signs that stand for letters, letters written apart and repeated ones. What is read are words, never substrings, so that
// Scunthorpe, Essex and analysis are what they are: a rule says for each of its terms whether a word is meant, a stem with
// its endings, or a part of compounds (pattern.go).
//
// A rule finds any of its terms, or terms of several lists near one another (rules.go). Exceptions are phrases that make a
// term harmless where it stands in them, "cum laude". The rules are YAML (parse.go, rules.yaml); an operator replaces
// them as a whole, and a changed file counts without a restart (watch.go).
//
// Rules are a coarse sieve before anything is charged. Providers judge again, with more understanding; what rules refuse
// by mistake can be appealed, except for what is absolute.
package moderation

import (
	"sync/atomic"

	"github.com/imagika/imagika/providers"
)

// Action is what a rule asks for. A closed set: it is a metric label.
type Action string

// The actions.
const (
	Pass   Action = "pass"   // no rule objects
	Refuse Action = "refuse" // with a named reason, which can be appealed
	Block  Action = "block"  // absolute: never appealed, weighs heavily
)

// Span is a part of the judged text, in bytes.
type Span struct{ Start, End int }

// Verdict is what the rules say about a text.
type Verdict struct {
	Action   Action
	Rule     string             // empty for Pass
	Category providers.Category // empty for Pass
	Span     Span               // of the text that decided
}

// Judge holds the rules that count now. It is safe for concurrent use.
type Judge struct {
	rules   atomic.Pointer[Rules]
	metrics *Metrics
}

// NewJudge returns a judge by these rules. Nil metrics count nowhere.
func NewJudge(r *Rules, m *Metrics) *Judge {
	if m == nil {
		m = NewMetrics(nil)
	}
	j := &Judge{metrics: m}
	j.rules.Store(r)
	return j
}

// Use takes new rules, or the reason why there are none: then those there are stay.
func (j *Judge) Use(r *Rules, err error) {
	j.metrics.reloaded(err)
	if err == nil {
		j.rules.Store(r)
	}
}

// Prompt judges what is to be painted, and what is to be kept out of the picture: that only by what is absolute, because
// "no nudity" is a wish one would like to read.
func (j *Judge) Prompt(prompt, negative string) Verdict {
	rules := j.rules.Load()
	v := rules.Judge(prompt)
	if v.Action != Block && negative != "" {
		if other := rules.Judge(negative); other.Action == Block {
			v = other
		}
	}
	j.metrics.verdicts.WithLabelValues(v.Rule, string(v.Category), string(v.Action)).Inc()
	return v
}
