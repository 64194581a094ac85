package telegramtest

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// step is one thing a transcript says: a line that sets the scene, an action of somebody,
// or what the bot is expected to do next.
type step struct {
	line int    // of the text, from 1
	raw  string // the line as it stands
	word string
	args []string
	text string // of an action, with its lines joined
	want []wanted
}

// The words of steps. Actions have the verb of their line.
const (
	wordPerson = "person"  // name, language
	wordGroup  = "group"   // title, members…
	wordIn     = "in"      // title, or "private"
	wordAlso   = "include" // file
	wordDo     = "*"       // name
	wordSay    = "says"
	wordLook   = "looks"
	wordExpect = "<"
)

// wanted is one item the bot is expected to bring.
type wanted struct {
	line int
	item item
}

// silence is the line that wants nothing to come.
const silence = "< (silence)"

var (
	quoted1   = `"((?:[^"\\]|\\.)*)"`
	verbForms = []struct {
		word string
		form *regexp.Regexp
	}{
		{wordSay, regexp.MustCompile(`^:(.*)$`)},
		{"replies", regexp.MustCompile(`^ replies to ` + quoted1 + `:(.*)$`)},
		{"replies with", regexp.MustCompile(`^ replies to ` + quoted1 + ` with ([^:]+):?(.*)$`)},
		{"sends", regexp.MustCompile(`^ sends ([^:]+):?(.*)$`)},
		{"presses", regexp.MustCompile(`^ presses (.+?) under ` + quoted1 + `()$`)},
		{"presses", regexp.MustCompile(`^ presses (.+)()$`)},
		{"edits", regexp.MustCompile(`^ edits ` + quoted1 + `:(.*)$`)},
		{"deletes", regexp.MustCompile(`^ deletes ` + quoted1 + `()$`)},
		{"pays", regexp.MustCompile(`^ pays ` + quoted1 + `()$`)},
		{"reacts", regexp.MustCompile(`^ reacts (no more|\S+) to ` + quoted1 + `()$`)},
		{wordLook, regexp.MustCompile(`^ looks()$`)},
		{"blocks", regexp.MustCompile(`^ blocks the bot()$`)},
		{"adds", regexp.MustCompile(`^ adds the bot()$`)},
		{"removes", regexp.MustCompile(`^ removes the bot()$`)},
		{"unblocks", regexp.MustCompile(`^ unblocks the bot()$`)},
	}
)

// parser reads the lines of a script.
type parser struct {
	steps []step
	open  *string // what a line behind a bar goes on with
}

// parse reads a transcript. Errors name the line.
func parse(script string) ([]step, error) {
	var p parser
	for i, line := range strings.Split(script, "\n") {
		if err := p.line(i+1, strings.TrimRight(line, " \t\r")); err != nil {
			return nil, fmt.Errorf("%d: %w", i+1, err)
		}
	}
	return p.steps, nil
}

func (p *parser) line(n int, line string) error {
	switch {
	case line == "" || line[0] == '#':
		return nil
	case line[0] == '|':
		return p.more(line)
	case strings.HasPrefix(line, "  "):
		return p.buttons(line)
	case line[0] == '<':
		p.expect(n, line)
		return nil
	case strings.HasPrefix(line, "> "):
		return p.act(n, line[2:])
	}
	return p.scenery(n, line)
}

// more takes a line behind a bar. Lines of the bot keep their bars, as an [item] has them.
func (p *parser) more(line string) error {
	switch {
	case p.open == nil:
		return errors.New("nothing to go on with")
	case p.expecting():
		*p.open += "\n" + line
	default:
		*p.open += "\n" + strings.TrimPrefix(line[1:], " ")
	}
	return nil
}

func (p *parser) expecting() bool {
	return len(p.steps) > 0 && p.steps[len(p.steps)-1].word == wordExpect
}

func (p *parser) buttons(line string) error {
	if !p.expecting() {
		return errors.New("buttons without a message")
	}
	want := p.steps[len(p.steps)-1].want
	last := &want[len(want)-1].item
	last.keys = append(last.keys, strings.TrimSpace(line))
	return nil
}

func (p *parser) expect(n int, line string) {
	if !p.expecting() {
		p.steps = append(p.steps, step{line: n, word: wordExpect})
	}
	s := &p.steps[len(p.steps)-1]
	s.want = append(s.want, wanted{line: n, item: item{head: line}})
	p.open = &s.want[len(s.want)-1].item.head
}

// act reads what somebody does. A name may have spaces, so the verb is looked for behind
// every word.
func (p *parser) act(n int, line string) error {
	for i := 1; i < len(line); i++ {
		if line[i] != ' ' && line[i] != ':' {
			continue
		}
		for _, v := range verbForms {
			if m := v.form.FindStringSubmatch(line[i:]); m != nil {
				args, text := m[1:len(m)-1], strings.TrimPrefix(m[len(m)-1], " ")
				p.add(step{line: n, raw: "> " + line, word: v.word, args: append([]string{line[:i]}, args...), text: text})
				return nil
			}
		}
		if line[i] == ':' {
			break
		}
	}
	return errors.New("nobody can do that: " + line)
}

func (p *parser) add(s step) {
	p.steps = append(p.steps, s)
	p.open = &p.steps[len(p.steps)-1].text
}

func (p *parser) scenery(n int, line string) error {
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case wordPerson:
		name, language, _ := strings.Cut(rest, ", ")
		p.add(step{line: n, word: word, args: []string{name, language}})
	case wordGroup:
		title, members, _ := strings.Cut(rest, ": ")
		p.add(step{line: n, word: word, args: append([]string{title}, strings.Split(members, ", ")...)})
	case wordIn, wordAlso, wordDo:
		p.add(step{line: n, word: word, args: []string{rest}})
	default:
		return errors.New("not a line of a transcript: " + line)
	}
	p.open = nil
	return nil
}
