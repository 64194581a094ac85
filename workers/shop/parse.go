package shop

import (
	"bytes"
	_ "embed" // the default packs
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

//go:embed packs.yaml
var defaultYAML []byte

// Telegram's limits on an invoice, and ours: what a button's data and a list of buttons hold.
const (
	maxStars   = 10_000
	maxTitle   = 32  // characters
	maxAbout   = 255 // characters
	maxCredits = 1_000_000
	maxPacks   = 12
)

// idForm is what fits into a button's data beside a wish, and into a deep link.
var idForm = regexp.MustCompile(`^[a-z0-9_]{1,16}$`)

type file struct {
	Packs []entry `yaml:"packs"`
}

type entry struct {
	ID           string            `yaml:"id"`
	Stars        int64             `yaml:"stars"`
	Credits      int64             `yaml:"credits"`
	Bonus        int64             `yaml:"bonus"`
	Title        map[string]string `yaml:"title"`
	About        map[string]string `yaml:"about"`
	Subscription bool              `yaml:"subscription"`
}

// Default are the embedded packs.
func Default() ([]Pack, error) { return Parse(defaultYAML) }

// Parse reads packs. The error joins one line for each mistake.
func Parse(text []byte) ([]Pack, error) {
	var f file
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&f); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("packs: %w", err)
	}
	var errs []error
	if n := len(f.Packs); n == 0 || n > maxPacks {
		errs = append(errs, fmt.Errorf("packs: there are %d, want 1 to %d", n, maxPacks))
	}
	var packs []Pack
	for i, e := range f.Packs {
		if err := e.check(packs); err != nil {
			errs = append(errs, fmt.Errorf("packs: pack %d (%s): %w", i+1, e.ID, err))
		}
		packs = append(packs, Pack{e.ID, e.Stars, e.Credits, e.Bonus, e.Subscription, e.Title, e.About})
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return packs, nil
}

// check holds a pack against Telegram's limits and the packs before it.
func (e entry) check(before []Pack) error {
	var errs []error
	refuse := func(wrong bool, format string, args ...any) {
		if wrong {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	refuse(!idForm.MatchString(e.ID), "id %q is not up to 16 of a-z, 0-9 and _", e.ID)
	refuse(e.Stars < 1 || e.Stars > maxStars, "stars: %d is not 1 to %d", e.Stars, maxStars)
	refuse(e.Credits < 1 || e.Credits > maxCredits, "credits: %d is not 1 to %d", e.Credits, maxCredits)
	refuse(e.Bonus < 0 || e.Bonus > maxCredits, "bonus: %d is not 0 to %d", e.Bonus, maxCredits)
	refuse(e.Title["en"] == "", "there is no English title")
	for _, lang := range slices.Sorted(maps.Keys(e.Title)) {
		n := utf8.RuneCountInString(e.Title[lang])
		refuse(n > maxTitle, "title in %s has %d characters, over %d", lang, n, maxTitle)
	}
	for _, lang := range slices.Sorted(maps.Keys(e.About)) {
		n := utf8.RuneCountInString(e.About[lang])
		refuse(n > maxAbout, "about in %s has %d characters, over %d", lang, n, maxAbout)
	}
	for _, p := range before {
		refuse(p.ID == e.ID, "the id is taken")
		refuse(p.Subscription && e.Subscription, "%s is a subscription too, and there can be one", p.ID)
	}
	return errors.Join(errs...)
}
