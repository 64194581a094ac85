package local

import "slices"

// alive reports whether something wears, holds and does things.
func alive(name string) bool {
	_, person := people[name]
	return person || slices.Contains(creatures, name)
}

// creatures are the animals and what else has a face.
var creatures = []string{
	"fox", "cat", "dog", "wolf", "rabbit", "bear", "deer", "owl", "horse", "unicorn", "bird", "duck", "chicken", "parrot", "penguin", "lion",
	"tiger", "elephant", "giraffe", "panda", "monkey", "zebra", "camel", "cow", "sheep", "pig", "mouse", "squirrel", "hedgehog", "frog",
	"turtle", "snake", "snail", "bee", "ladybug", "butterfly", "dragon", "dinosaur", "alien", "robot", "ghost", "fish", "shark", "dolphin",
	"flamingo", "bat", "koala", "crocodile", "hippo", "seal", "whale", "octopus", "jellyfish", "seahorse", "starfish", "crab", "snowman", "skull", "cactus",
}

// name notes a thing with what was said about it; named again it may only become more colorful or more.
func (r *reader) name(w word) {
	if r.carried(w) {
		return
	}
	count := r.count
	if count == 0 {
		count = 1
		if w.plural && !slices.Contains(pairs, w.name) {
			count = 3
		}
	}
	if w.name == "book" && count > 2 {
		w.name, count = "books", 1
	}
	i := slices.IndexFunc(r.s.features, func(f feature) bool { return f.name == w.name })
	if i < 0 {
		i = len(r.s.features)
		r.s.features = append(r.s.features, feature{name: w.name, count: count})
	}
	f := &r.s.features[i]
	f.count = max(f.count, count)
	if r.color != "" {
		f.color = r.color
	}
	if r.size != 0 {
		f.size = r.size
	}
	if r.side != "" {
		f.side = r.side
	}
	if alive(w.name) {
		r.living = i
		f.wears, r.loose = append(f.wears, r.loose...), nil
		if r.does != "" {
			f.does, r.does = r.does, ""
		}
	}
	r.related(i)
	r.color, r.count, r.size, r.side, r.strange, r.fresh, r.having = "", 0, 0, "", false, true, false
	r.last = i
}

// pairs are things whose plural is one thing to draw.
var pairs = []string{"grapes", "cherries", "bowl", "stars", "clouds", "flowers", "mountains", "hills", "forest", "field", "sea", "fireplace"}

// related closes a preposition that waited for this thing.
func (r *reader) related(i int) {
	if r.rel == "" {
		return
	}
	if r.tr {
		r.join(i, r.rel, r.from)
	} else {
		r.join(r.from, r.rel, i)
	}
	r.rel, r.from = "", -1
}

// carried gives a thing to somebody's hand where a hand is what it is for.
func (r *reader) carried(w word) bool {
	name := w.name
	if name == "balloon" {
		name = "toy balloon"
	}
	if name == "flowers" || name == "rose" || name == "sunflower" {
		name = "posy"
	}
	if _, ok := holdable[name]; !ok || r.living < 0 {
		return false
	}
	holder := r.wearer()
	asked := holder.does == "holding" || r.does == "holding" || holder.does == "playing" || holder.does == "reading" && name == "book"
	_, many := people[holder.name]
	asked = asked || r.having && (many || name != "heart" && name != "fish")
	natural := name == "umbrella" || name == "toy balloon" && w.name == "balloon" && people[holder.name].tall > 0
	if !asked && (!natural || r.rel == "under" && name != "umbrella") {
		return false
	}
	if holder.does == "holding" || holder.does == "playing" {
		holder.does = ""
	}
	holder.wears = append(holder.wears, worn{name, r.color})
	r.color, r.count, r.rel, r.from, r.fresh = "", 0, "", -1, true
	return true
}

// dress gives clothes to who was named last, or to who will be.
func (r *reader) dress(w word) {
	v := worn{w.name, r.color}
	r.color, r.fresh, r.count, r.rel, r.from = "", true, 0, "", -1
	if r.living < 0 {
		r.loose = append(r.loose, v)
		return
	}
	f := r.wearer()
	i := slices.IndexFunc(f.wears, func(have worn) bool { return have.name == v.name })
	switch {
	case i < 0:
		f.wears = append(f.wears, v)
	case v.color != "":
		f.wears[i].color = v.color
	}
	r.last = r.living
}

// act is what somebody does: who was named last, or who will be.
func (r *reader) act(w word) {
	if !r.tr {
		r.rel, r.from = "", -1
	}
	if r.living >= 0 && r.wearer().does == "" && r.fresh && !r.tr {
		r.wearer().does = w.name
		if w.name == "reading" {
			r.wearer().wears = append(r.wearer().wears, worn{"book", ""})
		}
		if w.name == "riding" {
			r.ride()
		}
		return
	}
	if w.name == "reading" {
		r.loose = append(r.loose, worn{"book", ""})
	}
	r.does = w.name
}

// ride puts who was named last on the next thing.
func (r *reader) ride() {
	if r.living >= 0 {
		r.rel, r.from = "on", r.living
	}
}

// state takes a word about the whole picture; a color before it is the picture's.
func (r *reader) state(w word) {
	s := r.s
	if r.color != "" && (w.role == hour || w.role == weather) {
		s.tint, r.color = r.color, ""
	}
	r.fresh = false
	switch w.role {
	case hour:
		s.hour = w.name
	case weather:
		s.weather = w.name
	case season:
		s.season = w.name
	case setting:
		s.setting = w.name
	}
}

// groups are words that rule out more than one thing.
var groups = map[string][]string{
	"forest": {"forest", "tree", "fir", "palm", "jungle"}, "tree": {"forest", "tree", "fir", "palm"}, "flowers": {"flowers", "sunflower", "rose"},
	"moon": {"moon", "crescent"}, "house": {"house", "village", "city"}, "city": {"city", "street"}, "lake": {"lake"}, "mountains": {"mountains"},
}

// ban rules a thing out.
func (r *reader) ban(w word) {
	s := r.s
	r.color, r.count = "", 0
	names := groups[w.name]
	if _, person := people[w.name]; person {
		for name := range people {
			names = append(names, name)
		}
		slices.Sort(names)
	}
	if len(names) == 0 {
		names = []string{w.name}
	}
	s.banned = append(s.banned, names...)
}

// without rules out what a negative prompt names.
func (s *scene) without(d *dictionary, negative string) {
	all := tokens(negative)
	other := &scene{}
	r := &reader{d: d, s: other, language: d.language(all), from: -1, last: -1, living: -1, no: true, ever: true}
	r.read(all)
	s.banned = append(s.banned, other.banned...)
}

// strike takes out what was ruled out.
func (s *scene) strike() {
	slices.Sort(s.banned)
	s.banned = slices.Compact(s.banned)
	s.features = slices.DeleteFunc(s.features, func(f feature) bool { return s.not(f.name) })
	for _, state := range []*string{&s.weather, &s.season, &s.tint, &s.hour} {
		if s.not(*state) {
			*state = ""
		}
	}
	for i := range s.features {
		f := &s.features[i]
		f.wears = slices.DeleteFunc(f.wears, func(w worn) bool { return s.not(w.name) })
		if s.not(f.to) {
			f.rel, f.to = "", ""
		}
	}
}
