package local

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// feature is one thing of a scene.
type feature struct {
	name  string
	color string // empty is the thing's own
	count int
}

// scene is what a prompt means.
type scene struct {
	words    string // normalized: what the dice are thrown with
	features []feature
	hour     string
	weather  string
	season   string
	tint     string   // a color that belongs to no thing
	filters  []string // for edits
	unknown  int      // words without a meaning here
	known    int
}

// has returns the feature of that name.
func (s *scene) has(names ...string) (feature, bool) {
	for _, f := range s.features {
		if slices.Contains(names, f.name) {
			return f, true
		}
	}
	return feature{}, false
}

func (s *scene) with(names ...string) bool {
	_, ok := s.has(names...)
	return ok
}

// add adds a thing unless it is there.
func (s *scene) add(names ...string) {
	for _, name := range names {
		if !s.with(name) {
			s.features = append(s.features, feature{name: name, count: 1})
		}
	}
}

func (s *scene) drop(name string) {
	s.features = slices.DeleteFunc(s.features, func(f feature) bool { return f.name == name })
}

// tokens splits a prompt into lower case words.
func tokens(prompt string) []string {
	return strings.FieldsFunc(strings.ToLower(prompt), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r) && r != '-'
	})
}

// understand reads a prompt. Colors and numbers belong to the next thing that is named.
func understand(d *dictionary, prompt, negative string) *scene {
	all := tokens(prompt)
	s := &scene{words: strings.Join(all, " ")}
	color, count := "", 0
	for _, t := range all {
		w, ok := d.look(t)
		if !ok {
			if !strings.Contains(glue, " "+t+" ") {
				s.unknown++
			}
			continue
		}
		s.known++
		switch w.role {
		case thing:
			s.name(w, color, count)
			color, count = "", 0
		case colored:
			if color != "" {
				s.tint = color
			}
			color = w.name
		case amount:
			count, _ = strconv.Atoi(w.name)
		default:
			s.state(w)
		}
	}
	if color != "" {
		s.tint = color
	}
	s.without(d, negative)
	return s
}

func (s *scene) state(w word) {
	switch w.role {
	case hour:
		s.hour = w.name
	case weather:
		s.weather = w.name
	case season:
		s.season = w.name
	case filter:
		s.filters = append(s.filters, w.name)
	}
}

// name notes a thing; named again it may only become more colorful or more.
func (s *scene) name(w word, color string, count int) {
	if count == 0 {
		count = 1
		if w.plural {
			count = 3
		}
	}
	for i := range s.features {
		f := &s.features[i]
		if f.name == w.name {
			f.count = max(f.count, count)
			if color != "" {
				f.color = color
			}
			return
		}
	}
	s.features = append(s.features, feature{name: w.name, color: color, count: count})
}

// without drops what a negative prompt names.
func (s *scene) without(d *dictionary, negative string) {
	for _, t := range tokens(negative) {
		w, ok := d.look(t)
		switch {
		case !ok:
		case w.role == thing:
			s.drop(w.name)
		case w.role == weather && s.weather == w.name:
			s.weather = ""
		case w.role == colored && s.tint == w.name:
			s.tint = ""
		}
	}
}

// figures are the things that stand in the foreground, and what they stand on or in.
var figures = map[string]string{
	"fox": "land", "cat": "land", "dog": "land", "wolf": "land", "rabbit": "land", "bear": "land", "deer": "land",
	"owl": "land", "horse": "land", "person": "land", "house": "land", "castle": "land", "tree": "land",
	"boat": "water", "fish": "water", "whale": "water", "lighthouse": "shore",
}

// complete adds what a scene needs to be a picture: a place, an hour, a light.
func (s *scene) complete(d dice) {
	if s.hour == "" {
		s.hour = s.guessHour(d)
	}
	s.completePlace(d)
	if (s.weather == "snow" || s.with("mountains") && s.hour == "night" && d.odds(4)) && s.season == "" {
		s.season = "winter"
	}
	switch overcast := s.weather == "rain" || s.weather == "storm" || s.weather == "fog"; {
	case s.with("moon", "crescent", "sun", "planet"):
	case s.hour == "night":
		if !overcast {
			s.add("stars")
			s.add([]string{"moon", "moon", "crescent"}[d.IntN(3)])
		}
	case !overcast && (s.hour != "day" || d.odds(2)):
		s.add("sun")
	}
	if s.hour == "night" && s.weather == "" {
		s.add("stars")
	}
}

func (s *scene) guessHour(d dice) string {
	switch {
	case s.with("moon", "crescent", "stars", "aurora", "owl", "rocket", "planet", "wolf"):
		return "night"
	case s.with("sun", "rainbow", "butterfly", "flowers", "field"):
		return []string{"day", "day", "sunset"}[d.IntN(3)]
	case s.weather != "":
		return []string{"day", "day", "dusk"}[d.IntN(3)]
	}
	return []string{"day", "day", "sunset", "dawn", "dusk", "night"}[d.IntN(6)]
}

// completePlace makes sure there is ground or water, and something behind it.
func (s *scene) completePlace(d dice) {
	if s.with("boat", "fish", "whale", "lighthouse") && !s.with("sea", "lake") {
		s.add("sea")
	}
	if s.with("sea", "desert", "city", "lake") {
		if s.with("lake") && !s.with("mountains", "hills", "forest", "city", "sea") {
			s.add([]string{"mountains", "hills", "forest"}[d.IntN(3)])
		}
		return
	}
	if s.with("mountains", "hills", "forest", "field") {
		if s.with("mountains") && !s.with("forest", "field", "hills") {
			s.add([]string{"forest", "lake", "hills"}[d.IntN(3)])
		}
		return
	}
	switch d.IntN(4) {
	case 0:
		s.add("mountains", "forest")
	case 1:
		s.add("hills", "forest")
	case 2:
		s.add("hills", "field")
	default:
		s.add("mountains", "hills")
	}
}
