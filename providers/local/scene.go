package local

import "slices"

// feature is one thing of a scene.
type feature struct {
	name  string
	color string // empty is the thing's own
	count int
	size  int    // 1 for a big one, -1 for a little one
	side  string // left, right, center, top or bottom, if it was said
	rel   string // on, under, behind, before, beside or above another thing
	to    string // that other thing
	does  string // sleeping, flying, running, …
	wears []worn
}

// scene is what a prompt means.
type scene struct {
	words    string // normalized: what the dice are thrown with
	features []feature
	hour     string
	weather  string
	season   string
	tint     string   // a color that belongs to no thing
	setting  string   // abstract or portrait, if it was asked for
	banned   []string // what must not be there
	unknown  int      // words without a meaning here
	known    int
}

// not reports whether a thing was ruled out.
func (s *scene) not(name string) bool { return slices.Contains(s.banned, name) }

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
		if !s.with(name) && !s.not(name) {
			s.features = append(s.features, feature{name: name, count: 1})
		}
	}
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
	case s.with("moon", "crescent", "stars", "aurora", "owl", "rocket", "planet", "wolf", "campfire", "ghost", "ufo", "lantern", "galaxy", "comet", "space"):
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
	s.implied()
	if s.with("sea", "desert", "city", "lake", "street", "canyon", "village", "jungle") {
		if s.with("lake") && !s.with("mountains", "hills", "forest", "city", "sea") {
			s.add([]string{"mountains", "hills", "forest"}[d.IntN(3)])
		}
		return
	}
	if s.with("mountains", "hills", "forest", "field", "volcano", "waterfall") {
		if s.with("mountains") && !s.with("forest", "field", "hills") {
			s.add([]string{"forest", "lake", "hills"}[d.IntN(3)])
		}
		if s.with("volcano") {
			s.add("hills")
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

// implied adds the place that a thing belongs to.
func (s *scene) implied() {
	places := []struct {
		place  string
		things []string
	}{
		{"sea", []string{"beach", "island", "iceberg", "whale", "dolphin", "ship", "crab", "pirate"}},
		{"desert", []string{"camel", "pyramid", "cactus"}},
		{"field", []string{"cow", "sheep", "pig", "chicken", "tractor", "windmill", "elephant", "giraffe", "lion", "zebra", "flowers", "sunflower", "rose"}},
		{"jungle", []string{"tiger", "monkey", "parrot"}},
		{"street", []string{"market", "streetlamp", "bus"}},
		{"city", []string{"eiffel"}},
		{"lake", []string{"waterfall", "bridge", "frog"}},
	}
	placed := s.with("sea", "desert", "city", "lake", "street", "canyon", "village", "jungle", "mountains", "hills", "forest", "field")
	for _, p := range places {
		if s.with(p.things...) && (!placed || p.place == "sea" && s.with("beach", "island", "iceberg")) {
			s.add(p.place)
			placed = true
		}
	}
	if s.with("galaxy", "space") {
		s.features = append(s.features, feature{name: "stars", count: 3})
	}
	if s.with("desert") && s.subject() == "" && len(s.features) < 3 {
		s.add("cactus")
	}
	if s.with("boat", "fish", "lighthouse") && !s.with("sea", "lake") {
		s.add("sea")
	}
	if s.with("penguin", "iceberg", "snowman", "santa") && s.season == "" {
		s.season = "winter"
	}
}
