package site

import (
	"slices"
	"strconv"
	"strings"
)

// Prices are what people can choose and buy now. They are asked for with each request, so that a catalogue that is read again
// shows.
type Prices struct {
	Models []Model
	Packs  []Pack // none where nothing is sold
}

// Model is one that people can choose.
type Model struct {
	Name         string            // by which programs ask for it
	Title, About map[string]string // by language; English is there
	Operations   []string          // generate, edit, upscale, expand
	Rates        []Rate            // the first that fits counts; the last fits everything
}

// Rate is what one image costs, in credits, where its conditions hold. An empty condition always does.
type Rate struct {
	Operation  string // as in Model
	Quality    string // low, medium, high
	Megapixels float64
	Credits    int64
}

// Pack is something to buy. What it gives includes the bonus.
type Pack struct {
	Title                 map[string]string
	Stars, Credits, Bonus int64
	Monthly               bool
}

// span is the least and the most that a picture from words costs.
func (p Prices) span() (least, most int64) {
	first := true
	for _, m := range p.Models {
		if !slices.Contains(m.Operations, "generate") {
			continue
		}
		for _, r := range m.Rates {
			if r.Operation != "" && r.Operation != "generate" {
				continue
			}
			if first || r.Credits < least {
				least = r.Credits
			}
			most, first = max(most, r.Credits), false
		}
	}
	return least, most
}

// Priced reports whether anything costs credits.
func (v view) Priced() bool {
	_, most := v.Prices.span()
	return most > 0 || len(v.Prices.Models) == 0 && v.Price > 0
}

// Span writes what a picture costs: "1 credit", "1–28 credits".
func (v view) Span() string {
	least, most := v.Prices.span()
	if len(v.Prices.Models) == 0 {
		least, most = v.Price, v.Price
	}
	return v.span(least, most)
}

func (v view) span(least, most int64) string {
	if least == most {
		return v.Credits(most)
	}
	return v.T("page.span", "Least", least, "Count", most)
}

// Credits writes an amount.
func (v view) Credits(n int64) string {
	if n == 0 {
		return v.T("page.free")
	}
	return v.T("page.credits", "Count", n)
}

// On says when a rate counts, alone and last among others.
func (v view) On(m Model, i int) string {
	r := m.Rates[i]
	var when []string
	if r.Operation != "" {
		when = append(when, v.T("prices.on_"+r.Operation))
	}
	if r.Quality != "" {
		when = append(when, v.T("prices."+r.Quality))
	}
	if r.Megapixels > 0 {
		when = append(when, v.T("prices.upto", "Size", v.decimal(r.Megapixels)))
	}
	switch {
	case len(when) > 0:
		return strings.Join(when, ", ")
	case len(m.Rates) == 1:
		return v.T("prices.each")
	}
	return v.T("prices.otherwise")
}

// decimal writes a number as the language does.
func (v view) decimal(x float64) string {
	s := []byte(strconv.FormatFloat(x, 'f', -1, 64))
	if i := slices.Index(s, '.'); i >= 0 && v.Lang != "en" {
		s[i] = ','
	}
	return string(s)
}

// Can says what a model does.
func (v view) Can(m Model) []string {
	var all []string
	for _, op := range []struct{ name, key string }{
		{"generate", "prices.paints"}, {"edit", "prices.changes"}, {"upscale", "prices.enlarges"}, {"expand", "prices.extends"},
	} {
		if slices.Contains(m.Operations, op.name) {
			all = append(all, v.T(op.key))
		}
	}
	return all
}

// few is how many models the start page names.
const few = 5

// Programmable are the models that programs can ask for: those that paint or change pictures.
func (v view) Programmable() []Model {
	return slices.DeleteFunc(slices.Clone(v.Prices.Models), func(m Model) bool {
		return !slices.Contains(m.Operations, "generate") && !slices.Contains(m.Operations, "edit")
	})
}

// Costs writes what an image of a model costs: "9 credits", "1–28 credits".
func (v view) Costs(m Model) string {
	least, most := m.Rates[0].Credits, m.Rates[0].Credits
	for _, r := range m.Rates {
		least, most = min(least, r.Credits), max(most, r.Credits)
	}
	return v.span(least, most)
}

// Names are of the first models that paint.
func (v view) Names() string {
	var names []string
	for _, m := range v.Prices.Models {
		if slices.Contains(m.Operations, "generate") && len(names) < few {
			names = append(names, v.Spoken(m.Title))
		}
	}
	return strings.Join(names, ", ")
}
