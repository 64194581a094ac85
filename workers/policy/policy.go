// Package policy holds the privacy policy and the terms of use that the program brings, in every language it speaks, and reads such
// documents: those of operators have the same form.
//
// A document is a template (text/template) over [Facts] whose result is a small part of Markdown: # and ## headings with {#id},
// paragraphs, lists with -, **bold**, *emphasis*, `code` and [links](https://…). A row of what is kept is
//
//	| category | what | why and how | for how long | ground |
//
// with a category of storage.Inventory and a ground that a line "@ground: words" above the title explains. Text is escaped when
// it is rendered, so that no document can bring markup of its own.
package policy

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"text/template"
)

// Version is of the policy that the program brings. Whoever changes what it promises raises it, and says in summary.*.txt what changed.
const Version = "2027-01"

// TermsVersion is of the terms of use that the program brings.
const TermsVersion = "2026-12"

// Fallback is the language for those whose own there is none of.
const Fallback = "en"

//go:embed policy.*.md terms.*.md summary.*.txt
var files embed.FS

// Facts are what a document can depend on.
type Facts struct {
	Name       string // of the bot
	Version    string
	Contact    string // of the operator; empty where none is set
	Playground bool   // in the place of Telegram
	Builtin    bool   // nothing goes to an image service
	Shop       bool
	Chats      bool
	PairHours  int    // for how long two operators can open who talked with whom; zero is not at all
	Services   string // image services that may get prompts, by the names people know; empty where they are not known
	// InactiveDays is after how long an unused account is erased; zero is never.
	InactiveDays int
	BookYears    int // for how many years books are kept, from the end of the year on
	RememberDays int // for how long the one line stays
	GraceHours   int // before an erasure begins
	// Operator is who runs the bot, by name; empty where nobody is named.
	Operator   string
	RefundDays int // for how long an unspent payment goes back by one tap; zero is not at all
}

// Builtin returns the policy that the program brings, by language.
func Builtin() map[string]string { return brought("policy.*.md") }

// Terms returns the terms of use that the program brings, by language.
func Terms() map[string]string { return brought("terms.*.md") }

// Summary says what Version changed of the one that the program brought before, in plain words, by language.
func Summary() map[string]string {
	all := brought("summary.*.txt")
	for lang, words := range all {
		all[lang] = strings.TrimSpace(words)
	}
	return all
}

func brought(pattern string) map[string]string {
	all := make(map[string]string)
	names, err := fs.Glob(files, pattern)
	if err != nil {
		panic(err) // the pattern is ours
	}
	for _, file := range names {
		text, err := files.ReadFile(file)
		if err != nil {
			panic(err) // they are embedded
		}
		all[strings.Split(file, ".")[1]] = string(text)
	}
	return all
}

// Digest is the hex SHA-256 of documents, which says what it was that people agreed to.
func Digest(all map[string]string) string {
	h := sha256.New()
	for _, lang := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(h, "%s %d\n%s", lang, len(all[lang]), all[lang])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Block is a part of a document.
type Block struct {
	Kind Kind
	ID   string   // of a heading, may be empty
	Text string   // of a heading or paragraph
	List []string // items
	Rows []Row
}

// Kind is what a block is.
type Kind string

// The kinds.
const (
	Title     Kind = "title"
	Heading   Kind = "heading"
	Paragraph Kind = "paragraph"
	List      Kind = "list"
	Table     Kind = "table"
)

// Row is a line of what is kept.
type Row struct{ Category, What, Why, Keep, Ground, Words string }

// Document is one in one language.
type Document struct{ Blocks []Block }

// Title is the heading of it all.
func (d Document) Title() string {
	for _, b := range d.Blocks {
		if b.Kind == Title {
			return b.Text
		}
	}
	return ""
}

var (
	headingForm = regexp.MustCompile(`^(#{1,2}) (.+?)(?: \{#([a-z-]+)\})?$`)
	groundForm  = regexp.MustCompile(`^@([a-z]+): (.+)$`)
)

// Parse executes and reads a document.
func Parse(source string, f Facts) (Document, error) {
	t, err := template.New("policy").Option("missingkey=error").Parse(source)
	if err != nil {
		return Document{}, fmt.Errorf("read the policy: %w", err)
	}
	var b strings.Builder
	if err := t.Execute(&b, f.withDefaults()); err != nil {
		return Document{}, fmt.Errorf("read the policy: %w", err)
	}
	r := reader{grounds: make(map[string]string)}
	for i, line := range strings.Split(strings.ReplaceAll(b.String(), "\r\n", "\n"), "\n") {
		if err := r.line(strings.TrimSpace(line)); err != nil {
			return Document{}, fmt.Errorf("line %d of the policy: %w", i+1, err)
		}
	}
	if len(r.blocks) == 0 || r.blocks[0].Kind != Title {
		return Document{}, errors.New("the policy has to begin with its title: # Title")
	}
	return Document{r.blocks}, nil
}

func (f Facts) withDefaults() Facts {
	if f.BookYears == 0 {
		f.BookYears = 10
	}
	if f.RememberDays == 0 {
		f.RememberDays = 365
	}
	if f.GraceHours == 0 {
		f.GraceHours = 24
	}
	return f
}

// reader collects blocks line by line.
type reader struct {
	blocks  []Block
	grounds map[string]string
	open    bool // the last block goes on
}

func (r *reader) line(s string) error {
	last := Block{}
	if r.open {
		last = r.blocks[len(r.blocks)-1]
	}
	switch ground, heading := groundForm.FindStringSubmatch(s), headingForm.FindStringSubmatch(s); {
	case s == "":
		r.open = last.Kind == Table || last.Kind == List // conditions leave empty lines between items
		return nil
	case ground != nil:
		r.grounds[ground[1]] = ground[2]
		return nil
	case heading != nil:
		kind := Title
		if heading[1] == "##" {
			kind = Heading
		}
		r.blocks, r.open = append(r.blocks, Block{Kind: kind, Text: heading[2], ID: heading[3]}), false
		return nil
	case strings.HasPrefix(s, "|"):
		return r.row(last, s)
	case strings.HasPrefix(s, "- "):
		if last.Kind != List {
			r.blocks = append(r.blocks, Block{Kind: List})
		}
		end := &r.blocks[len(r.blocks)-1]
		end.List, r.open = append(end.List, s[2:]), true
		return nil
	case last.Kind == Paragraph:
		r.blocks[len(r.blocks)-1].Text += " " + s
		return nil
	}
	r.blocks, r.open = append(r.blocks, Block{Kind: Paragraph, Text: s}), true
	return nil
}

func (r *reader) row(last Block, s string) error {
	cells := strings.Split(strings.Trim(s, "|"), "|")
	if len(cells) != 5 {
		return fmt.Errorf("a row has %d cells, and needs 5: category, what, why, how long, ground", len(cells))
	}
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	words, ok := r.grounds[cells[4]]
	if !ok {
		return fmt.Errorf("no line @%s: says what that ground is", cells[4])
	}
	if last.Kind != Table {
		r.blocks = append(r.blocks, Block{Kind: Table})
	}
	end := &r.blocks[len(r.blocks)-1]
	end.Rows, r.open = append(end.Rows, Row{cells[0], cells[1], cells[2], cells[3], cells[4], words}), true
	return nil
}
