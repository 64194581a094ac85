package local

import "slices"

// object is one thing of a finished picture: its name, its color as it was asked for, and the pixels it covers.
type object struct {
	name, color    string
	x0, y0, x1, y1 int
}

// note remembers where a thing was drawn.
func (p *painting) note(f feature, paths [][]pt) {
	x0, y0, x1, y1 := p.bounds(paths)
	if x0 < x1 && y0 < y1 {
		p.found = append(p.found, object{f.name, f.color, x0, y0, x1, y1})
	}
}

// The worlds a picture can show. Landscape is where everything goes that belongs to no other.
const (
	worldAbstract   = "abstract"
	worldPortrait   = "portrait"
	worldUnderwater = "underwater"
	worldSpace      = "space"
	worldRoom       = "room"
	worldTable      = "table"
	worldLandscape  = "landscape"
)

// depict paints what the scene is about, in the world it belongs to.
func (p *painting) depict() {
	s := p.scene
	world := s.world()
	if world == worldAbstract {
		p.pal = s.light(p.abstractHour())
		p.abstract()
		return
	}
	if s.unknown > 0 && len(s.features) == 0 {
		s.imagine(p.dice("imagine"))
	}
	if world != worldLandscape {
		p.indoors(world)
		return
	}
	s.complete(p.dice("scene"))
	p.pal = s.light(p.dice("palette"))
	p.compose()
	p.landscape()
}

// indoors paints the worlds that have a light of their own.
func (p *painting) indoors(world string) {
	s := p.scene
	if s.hour == "" {
		s.hour = []string{"day", "day", "dusk", "sunset", "night"}[p.dice("hour").IntN(5)]
		if s.with("lamp", "candle", "fireplace", "lantern", "moon", "stars") {
			s.hour = "night"
		}
	}
	p.orb.x = -1
	switch world {
	case worldPortrait:
		p.pal = s.light(p.dice("palette"))
		p.portrait()
	case worldUnderwater:
		p.underwater()
	case worldSpace:
		p.space()
	case worldRoom:
		p.room()
	case worldTable:
		p.table()
	}
}

// What makes a world of a scene.
var (
	roomThings  = []string{"room", "kitchen", "library", "cafe", "window", "fireplace", "bookshelf", "armchair", "sofa", "bed", "stove", "piano", "plant", "lamp", "chair"}
	spaceThings = []string{"space", "galaxy", "comet", "satellite"}
	spaceFolk   = []string{"astronaut", "rocket", "spaceship", "ufo", "alien", "planet"}
	belowThings = []string{"underwater", "coral", "octopus", "jellyfish", "seahorse", "submarine", "shark"}
	tableThings = []string{
		"vase", "bowl", "apple", "pear", "lemon", "orange fruit", "grapes", "strawberry", "cherries", "pumpkin", "cake", "pizza", "ice cream",
		"donut", "cup", "teapot", "candle", "book", "books", "guitar", "clock", "crystal ball", "gift", "lantern", "umbrella", "heart", "skull", "table",
		"rose",
	}
	places = []string{
		"sea", "lake", "beach", "island", "desert", "canyon", "city", "street", "village", "market", "mountains", "hills", "field", "forest", "jungle",
		"volcano", "waterfall", "iceberg",
	}
)

// world says where a scene plays.
func (s *scene) world() string {
	outside := s.with(places...)
	switch {
	case s.setting == "abstract":
		return worldAbstract
	case s.setting == "still life":
		return worldTable
	case s.setting == "portrait" && s.hero() >= 0:
		return worldPortrait
	case s.with(belowThings...) && !s.with("beach", "island", "city"):
		return worldUnderwater
	case s.with("fish", "dolphin", "turtle") && !s.with("boat", "ship", "lake", "island", "beach") && s.with("sea", "fish") && !s.standsWith("fish"):
		return worldUnderwater
	case s.with(spaceThings...) && !outside, s.with(spaceFolk...) && !outside && !s.with(roomThings...):
		return worldSpace
	case s.with(roomThings...) && !outside:
		return worldRoom
	case s.with(tableThings...) && !outside && s.hero() < 0 && !s.with(backdrops...) && s.weather == "":
		return worldTable
	}
	return worldLandscape
}

// hero is the first somebody, or -1.
func (s *scene) hero() int {
	return slices.IndexFunc(s.features, func(f feature) bool { return alive(f.name) })
}

// standsWith reports whether somebody is there that breathes air.
func (s *scene) standsWith(but string) bool {
	return slices.ContainsFunc(s.features, func(f feature) bool {
		return f.name != but && alive(f.name) && !slices.Contains([]string{"dolphin", "turtle", "whale", "crab", "starfish"}, f.name)
	})
}

// imagine gives words the painter does not know a place to be in: their hash chooses a view with something to look at.
func (s *scene) imagine(d dice) {
	views := [][]string{
		{"tree", "hills", "field"},
		{"boat", "sea"},
		{"balloon", "mountains", "lake"},
		{"lighthouse", "sea"},
		{"house", "mountains", "lake"},
		{"castle", "hills", "forest"},
		{"windmill", "field", "flowers"},
		{"tree", "mountains", "lake"},
		{"bird", "sea", "island"},
		{"tent", "forest", "mountains"},
	}
	view := views[d.IntN(len(views))]
	if slices.ContainsFunc(view, s.not) {
		view = []string{"mountains", "lake"}
	}
	s.add(view...)
}
