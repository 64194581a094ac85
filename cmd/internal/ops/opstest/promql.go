package opstest

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Selector is a metric that an expression asks for.
type Selector struct {
	Metric string
	Match  map[string]string // labels it is asked for, and the values as they are written
	Range  bool              // asked for over time
	In     string            // the function around it, if it is directly inside one
}

// Expression is what an expression is about.
type Expression struct {
	Selectors []Selector
	Labels    []string // that it groups, joins or makes
	Made      []string // labels that label_replace makes
}

var (
	// token is one of PromQL: a string, a name, a number or a duration, or a sign.
	token     = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|[a-zA-Z_:][a-zA-Z0-9_:]*|[0-9][0-9a-zA-Z.]*|[=!]~|[=!<>]=|\S`)
	name      = regexp.MustCompile(`^[a-zA-Z_:]`)
	functions = strings.Fields(`abs absent avg avg_over_time ceil changes clamp_max clamp_min count count_over_time delta floor group
		histogram_quantile increase irate label_replace last_over_time max max_over_time min min_over_time quantile rate round scalar sort_desc sum time topk vector`)
	groupings = strings.Fields("by without on ignoring group_left group_right")
	keywords  = strings.Fields("and or unless bool offset")
)

// Parse takes an expression apart, as far as is needed to say whether what it asks for exists. Whether it is PromQL is for
// Prometheus to say; a function that is not in the list above is an error, so that no metric hides behind one.
func Parse(expr string) (Expression, error) {
	p := parser{tokens: token.FindAllString(expr, -1)}
	for p.at < len(p.tokens) {
		if err := p.next(); err != nil {
			return Expression{}, fmt.Errorf("%w in %s", err, expr)
		}
	}
	return p.Expression, nil
}

type parser struct {
	Expression

	tokens []string
	at     int
	calls  []string // what is open around this place; "" is a mere parenthesis
}

func (p *parser) peek(ahead int) string {
	if p.at+ahead >= len(p.tokens) {
		return ""
	}
	return p.tokens[p.at+ahead]
}

// next takes one thing.
func (p *parser) next() error {
	t := p.peek(0)
	switch {
	case t == "(":
		p.calls = append(p.calls, "")
	case t == ")":
		if len(p.calls) == 0 {
			return errors.New("a parenthesis too many")
		}
		p.calls = p.calls[:len(p.calls)-1]
	case slices.Contains(groupings, t):
		p.at++
		return p.group()
	case slices.Contains(functions, t):
		p.at++
		return p.call(t)
	case slices.Contains(keywords, t), !name.MatchString(t):
	default:
		return p.selector()
	}
	p.at++
	return nil
}

// group takes the labels of by (…) and its like.
func (p *parser) group() error {
	if p.peek(0) != "(" {
		return nil // group_left alone
	}
	for p.at++; p.peek(0) != ")"; p.at++ {
		switch t := p.peek(0); {
		case t == "":
			return errors.New("labels that do not end")
		case name.MatchString(t):
			p.Labels = append(p.Labels, t)
		}
	}
	p.at++
	return nil
}

// call opens a function, whose labels may stand before its parenthesis.
func (p *parser) call(function string) error {
	if slices.Contains(groupings, p.peek(0)) {
		p.at++
		if err := p.group(); err != nil {
			return err
		}
	}
	if p.peek(0) != "(" {
		return fmt.Errorf("no parenthesis after %s", function)
	}
	p.calls = append(p.calls, function)
	p.at++
	if function == "label_replace" {
		p.made()
	}
	return nil
}

// made notes the label that label_replace makes: its first string.
func (p *parser) made() {
	for _, t := range p.tokens[p.at:] {
		if strings.HasPrefix(t, `"`) {
			p.Made = append(p.Made, strings.Trim(t, `"`))
			return
		}
	}
}

// selector takes a metric with its matchers and its range.
func (p *parser) selector() error {
	s := Selector{Metric: p.peek(0), Match: make(map[string]string)}
	if len(p.calls) > 0 {
		s.In = p.calls[len(p.calls)-1]
	}
	p.at++
	if p.peek(0) == "{" {
		for p.at++; p.peek(0) != "}"; p.at++ {
			switch t := p.peek(0); {
			case t == "":
				return errors.New("matchers that do not end")
			case name.MatchString(t):
				s.Match[t] = strings.Trim(p.peek(2), `"`)
			}
		}
		p.at++
	}
	if p.peek(0) == "[" {
		s.Range = true
		for p.peek(0) != "]" && p.peek(0) != "" {
			p.at++
		}
		p.at++
	}
	p.Selectors = append(p.Selectors, s)
	return nil
}
