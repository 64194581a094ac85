package moderation

import (
	"bytes"
	_ "embed" // the default rules
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/imagika/imagika/providers"
)

//go:embed rules.yaml
var defaultYAML []byte

// Default are the embedded rules.
func Default() (*Rules, error) { return Parse(defaultYAML) }

// file is the form of the data file; rules.yaml explains it.
type file struct {
	Lists map[string]map[string][]string `yaml:"lists"` // by name, then by language
	Rules []entry                        `yaml:"rules"`
}

type entry struct {
	Name     string             `yaml:"name"`
	Category providers.Category `yaml:"category"`
	Action   Action             `yaml:"action"`
	Any      []string           `yaml:"any"`
	All      []string           `yaml:"all"`
	Within   int                `yaml:"within"`
	Except   []string           `yaml:"except"`
	Unless   []string           `yaml:"unless"`
}

// Categories are those a rule may have.
func Categories() []providers.Category {
	return []providers.Category{
		providers.SexualMinors, providers.Sexual, providers.Violence, providers.SelfHarm, providers.Hate, providers.Harassment, providers.Illicit,
	}
}

// Parse reads rules. The error joins one line for each mistake.
func Parse(text []byte) (*Rules, error) {
	var f file
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&f); err != nil {
		return nil, fmt.Errorf("moderation rules: %w", err)
	}
	r := &Rules{index: index{exact: map[string][]int{}, stems: map[string][]int{}}}
	errs := []error{r.addLists(f.Lists)}
	if len(f.Rules) == 0 {
		errs = append(errs, errors.New("moderation rules: there are none"))
	}
	for i, e := range f.Rules {
		one, err := r.rule(e)
		if slices.Contains(r.Names(), e.Name) {
			err = errors.Join(err, errors.New("the name is taken"))
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("moderation rules: rule %d (%s): %w", i+1, e.Name, err))
		}
		r.rules = append(r.rules, one)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return r, nil
}

func (r *Rules) addLists(lists map[string]map[string][]string) error {
	var errs []error
	for name, languages := range lists {
		n := len(r.lists)
		r.lists = append(r.lists, name)
		for language, terms := range languages {
			for _, term := range terms {
				all, err := parseTerm(term)
				if err != nil {
					errs = append(errs, fmt.Errorf("moderation rules: list %s, %s: %w", name, language, err))
					continue
				}
				for _, atoms := range all {
					r.index.add(pattern{atoms, n})
				}
			}
		}
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(errs...)
}

// nameForm is what fits into a metric label.
var nameForm = regexp.MustCompile(`^[a-z][a-z0-9_]{1,39}$`)

func (r *Rules) rule(e entry) (rule, error) {
	one := rule{name: e.Name, category: e.Category, action: e.Action, within: e.Within}
	var errs []error
	if !nameForm.MatchString(e.Name) {
		errs = append(errs, errors.New("the name is not up to 40 of a-z, 0-9 and _"))
	}
	if !slices.Contains(Categories(), e.Category) {
		errs = append(errs, fmt.Errorf("category %q is none of %v", e.Category, Categories()))
	}
	if e.Action != Refuse && e.Action != Block {
		errs = append(errs, fmt.Errorf("action %q is neither refuse nor block", e.Action))
	}
	if (len(e.Any) == 0) == (len(e.All) == 0) || len(e.All) == 1 {
		errs = append(errs, errors.New("it needs either any, or all with two lists or more"))
	}
	if (len(e.All) > 0) != (e.Within > 0) {
		errs = append(errs, errors.New("all needs within, a number of words, and nothing else does"))
	}
	if e.Action == Block && len(e.Unless) > 0 {
		errs = append(errs, errors.New("what is absolute has no unless"))
	}
	for to, names := range map[*[]int][]string{&one.any: e.Any, &one.all: e.All, &one.except: e.Except, &one.unless: e.Unless} {
		for _, name := range names {
			n := slices.Index(r.lists, name)
			if n < 0 {
				errs = append(errs, fmt.Errorf("there is no list %q", name))
			}
			*to = append(*to, n)
		}
	}
	return one, errors.Join(errs...)
}
