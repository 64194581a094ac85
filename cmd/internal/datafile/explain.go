package datafile

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// unread is a file that could not be read as what it should be, in words of its own.
type unread struct {
	text string
	err  error
}

func (u *unread) Error() string { return u.text }
func (u *unread) Unwrap() error { return u.err }

// explain names the file before what is wrong with it, and translates what the reader of YAML says, which speaks of Go's types, into
// line, key and what is wanted there.
func explain(path string, text []byte, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, io.EOF) {
		return &unread{path + ": the file says nothing", err}
	}
	_, said, ok := strings.Cut(err.Error(), "yaml: ")
	if !ok {
		return fmt.Errorf("%s: %w", path, err)
	}
	lines := strings.Split(string(text), "\n")
	var all []string
	for mistake := range strings.Lines(strings.TrimPrefix(said, "unmarshal errors:\n")) {
		all = append(all, path+": "+inWords(strings.TrimSpace(mistake), lines))
	}
	return &unread{strings.Join(all, "\n"), err}
}

var (
	place    = regexp.MustCompile(`^line (\d+): (.*)$`)
	key      = regexp.MustCompile(`^[\s-]*["']?([\w.-]+)["']?\s*:`)
	mismatch = regexp.MustCompile("^cannot unmarshal !!(\\w+)(?: `(.*)`)? into (\\S+)$")
	noField  = regexp.MustCompile(`^field (.+) not found in (?:type \S+|(a \w+))$`)
)

// inWords is one mistake. What goes unsaid of its line is the first one.
func inWords(mistake string, lines []string) string {
	n, said := 1, mistake
	if m := place.FindStringSubmatch(mistake); m != nil {
		n, _ = strconv.Atoi(m[1])
		said = m[2]
	}
	where := "line " + strconv.Itoa(n)
	if m := noField.FindStringSubmatch(said); m != nil {
		return fmt.Sprintf("%s: there is no key %q here", where, m[1])
	}
	if m := mismatch.FindStringSubmatch(said); m != nil {
		if n <= len(lines) {
			if k := key.FindStringSubmatch(lines[n-1]); k != nil {
				where += ", " + k[1]
			}
		}
		return where + ": " + instead(m[1], m[2], m[3])
	}
	switch {
	case strings.Contains(said, "cannot start any token"):
		said = "a tab, or another character that cannot stand there; indent by spaces"
	case strings.Contains(said, "mapping values are not allowed"):
		said = "a colon that cannot stand there; indent it as the lines around it are, and put text with a colon in quotes"
	case strings.Contains(said, "did not find expected"):
		said = "it does not fit what stands above; look at brackets, quotes, and how the lines are indented"
	}
	return where + ": " + said
}

// instead says what stands somewhere and what is wanted, given YAML's kind of the one and Go's type of the other.
func instead(kind, value, target string) string {
	is := "there is " + map[string]string{"seq": "a list", "map": "a group of keys", "null": "nothing"}[kind]
	if value != "" {
		is = strconv.Quote(value) + " stands there"
	}
	switch {
	case strings.HasPrefix(target, "[]"):
		return is + ", want a list"
	case strings.HasPrefix(target, "int"), strings.HasPrefix(target, "uint"):
		return is + ", want a whole number"
	case strings.HasPrefix(target, "float"):
		return is + ", want a number"
	case target == "bool":
		return is + ", want true or false"
	case target == "string":
		return is + ", want text"
	case target == "time.Duration":
		return is + ", want a duration such as 90s"
	case kind != "seq" && kind != "map":
		return is + ", want a group of keys"
	}
	return is + ", which cannot stand there"
}
