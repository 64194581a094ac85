package config

import (
	"fmt"
	"strings"
)

// Example is the content of .env.example: every setting with its help, what it
// accepts and its default.
func Example() string {
	var b strings.Builder
	b.WriteString(`# Imagika's settings, each at its default. "imagika run" needs none of them.
# A secret can stand in a file instead: append _FILE to its name and give the path.
# Made from cmd/internal/config; after a change there: go test ./cmd/internal/config -update
`)
	for _, s := range settings() {
		if s.section != "" {
			fmt.Fprintf(&b, "\n## %s\n", s.section)
		}
		fmt.Fprintf(&b, "\n%s#%s=%s\n", s.comment(), s.name, s.fallback)
	}
	return b.String()
}

// comment is the help of a setting and what it accepts, as lines of comment.
func (s setting) comment() string {
	text := s.help
	if want := s.want(); want != "" {
		text += " Accepts " + want + "."
	}
	if s.secret {
		text += " Secret."
	}
	return wrap(text, "# ", 100)
}

// wrap breaks text into lines of at most width bytes, each after a prefix; a
// longer word has a line of its own.
func wrap(text, prefix string, width int) string {
	var b strings.Builder
	line := prefix
	for word := range strings.FieldsSeq(text) {
		if len(line) > len(prefix) && len(line)+len(word) > width {
			b.WriteString(strings.TrimRight(line, " ") + "\n")
			line = prefix
		}
		line += word + " "
	}
	b.WriteString(strings.TrimRight(line, " ") + "\n")
	return b.String()
}
