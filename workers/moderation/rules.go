package moderation

import (
	"cmp"
	"slices"

	"github.com/imagika/imagika/providers"
)

// Rules are the rules of a file. They do not change.
type Rules struct {
	index index
	lists []string
	rules []rule
}

// rule objects to any term of its lists, or to terms of several near one another.
type rule struct {
	name     string
	category providers.Category
	action   Action
	any      []int // lists of which one term is enough
	all      []int // lists of which each has a term, all of them within so many words
	within   int
	except   []int // lists of phrases that make a term in them harmless
	unless   []int // lists of which one term anywhere makes the text harmless; never of a Block
}

// Judge says what the rules make of a text: the first absolute objection, or else the first at all, in the order of the
// file.
func (r *Rules) Judge(text string) Verdict {
	found := r.index.find(words(text), len(r.lists))
	verdict := Verdict{Action: Pass}
	for _, one := range r.rules {
		if verdict.Action != Pass && one.action != Block {
			continue
		}
		span, ok := one.objects(found)
		if !ok {
			continue
		}
		verdict = Verdict{one.action, one.name, one.category, span}
		if one.action == Block {
			break
		}
	}
	return verdict
}

// Names lists the rules.
func (r *Rules) Names() []string {
	names := make([]string, len(r.rules))
	for i, one := range r.rules {
		names[i] = one.name
	}
	return names
}

func (r rule) objects(found [][]hit) (Span, bool) {
	for _, list := range r.unless {
		if len(found[list]) > 0 {
			return Span{}, false
		}
	}
	if hits := r.hits(found, r.any...); len(hits) > 0 {
		return hits[0].span, true
	}
	return r.near(found)
}

// hits are the terms of some lists that no exception covers.
func (r rule) hits(found [][]hit, lists ...int) (hits []hit) {
	for _, list := range lists {
		for _, h := range found[list] {
			if !r.excepted(found, h) {
				hits = append(hits, h)
			}
		}
	}
	return hits
}

func (r rule) excepted(found [][]hit, h hit) bool {
	for _, list := range r.except {
		if slices.ContainsFunc(found[list], func(e hit) bool { return e.first <= h.first && h.last <= e.last }) {
			return true
		}
	}
	return false
}

// near looks for the shortest stretch that has a term of every list.
func (r rule) near(found [][]hit) (Span, bool) {
	if len(r.all) == 0 {
		return Span{}, false
	}
	type member struct {
		hit
		list int
	}
	var all []member
	for i, list := range r.all {
		for _, h := range r.hits(found, list) {
			all = append(all, member{h, i})
		}
	}
	slices.SortStableFunc(all, func(a, b member) int { return cmp.Compare(a.first, b.first) })
	newest := make([]*hit, len(r.all))
	for i := range all {
		m := &all[i]
		newest[m.list] = &m.hit
		if slices.Contains(newest, nil) {
			continue
		}
		first := slices.MinFunc(newest, func(a, b *hit) int { return cmp.Compare(a.first, b.first) })
		if m.first-first.last <= r.within {
			return Span{first.span.Start, max(m.span.End, first.span.End)}, true
		}
	}
	return Span{}, false
}
