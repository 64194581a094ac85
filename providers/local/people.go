package local

import (
	"fmt"
	"slices"
)

// look is what makes one person differ from another. Colors of zero are taken from the kind's own habit.
type look struct {
	hair    string // short, long, bun, tails, curly, bald, fringe
	tone    uint32 // of hair
	cloth   uint32
	legs    uint32
	dress   string // shirt, dress, robe, armor, suit
	hat     string // a row of wearDrawings
	beard   string // short, long
	holds   string
	tall    float64
	glasses bool
}

// people are the kinds of persons that can be named.
var people = map[string]look{
	"person":    {hair: "short", tone: 0x4a3428, cloth: 0x4a6a9a, legs: 0x3a3f52, dress: "coat", tall: 430},
	"man":       {hair: "short", tone: 0x4a3428, cloth: 0x3f7a8a, legs: 0x3a3f52, dress: "shirt", tall: 470},
	"woman":     {hair: "long", tone: 0x6a3a24, cloth: 0xc8505a, dress: "dress", tall: 460},
	"girl":      {hair: "tails", tone: 0x8a4a24, cloth: 0xe8a03a, dress: "dress", tall: 390},
	"boy":       {hair: "fringe", tone: 0x5a3a24, cloth: 0xd8503a, legs: 0x3f5a8a, dress: "shirt", tall: 380},
	"old man":   {hair: "bald", tone: 0xe8e6e2, cloth: 0x6a7a4a, legs: 0x5a4a42, dress: "coat", beard: "short", tall: 440, glasses: true},
	"old woman": {hair: "bun", tone: 0xe0dee0, cloth: 0x8a5a9a, dress: "dress", tall: 420, glasses: true},
	"king":      {hair: "curly", tone: 0x7a5030, cloth: 0xa82a3a, dress: "robe", hat: "crown", beard: "short", tall: 470},
	"queen":     {hair: "long", tone: 0x5a3020, cloth: 0x6a3a9a, dress: "robe", hat: "crown", tall: 470},
	"princess":  {hair: "long", tone: 0xe8b84a, cloth: 0xf08ab8, dress: "robe", hat: "crown", tall: 440},
	"wizard":    {hair: "long", tone: 0xf0eef0, cloth: 0x3f4aa8, dress: "robe", hat: "wizard hat", beard: "long", holds: "staff", tall: 460},
	"witch":     {hair: "long", tone: 0x7a2f1e, cloth: 0x3a2a4a, dress: "robe", hat: "witch hat", holds: "broom", tall: 450},
	"knight":    {hair: "bald", cloth: 0xa8b2c0, legs: 0x8a94a4, dress: "armor", hat: "helmet", holds: "sword", tall: 470},
	"samurai":   {hair: "short", tone: 0x22202a, cloth: 0x8a2a30, legs: 0x2e2a34, dress: "armor", hat: "kabuto", holds: "katana", tall: 470},
	"astronaut": {hair: "bald", cloth: 0xf2f2f0, legs: 0xe2e4e8, dress: "suit", tall: 470},
	"fairy":     {hair: "bun", tone: 0xe8b84a, cloth: 0x7ac878, dress: "dress", holds: "wand", tall: 360},
	"pirate":    {hair: "curly", tone: 0x2a2224, cloth: 0x8a2a2e, legs: 0x2e2a34, dress: "coat", hat: "pirate hat", beard: "short", tall: 460},
	"santa":     {hair: "bald", tone: 0xffffff, cloth: 0xc8282e, legs: 0xc8282e, dress: "coat", hat: "santa hat", beard: "long", holds: "gift", tall: 460},
	"dancer":    {hair: "bun", tone: 0x4a2a20, cloth: 0xf2a0b8, dress: "tutu", tall: 440},
	"cook":      {hair: "short", tone: 0x4a3428, cloth: 0xf6f4f0, legs: 0x4a4f5a, dress: "shirt", hat: "cook hat", tall: 460},
}

const skinTone = 0xf2c6a0

// dressed is a person's look, with what the prompt says about hair and clothes.
func dressed(f feature) (look, bool) {
	l, ok := people[f.name]
	if !ok {
		return look{}, false
	}
	if v, ok := tints[f.color]; ok {
		l.cloth = v
	}
	for _, w := range f.wears {
		v, said := tints[w.color]
		switch w.name {
		case "hair":
			l.tone = pick(said, v, l.tone)
			if l.hair == "bald" {
				l.hair = "short"
			}
		case "beard":
			l.beard, l.tone = "short", pick(said, v, l.tone)
		case "dress":
			l.dress, l.cloth = "dress", pick(said, v, l.cloth)
		case "coat":
			l.cloth = pick(said, v, l.cloth)
			if l.dress != "robe" {
				l.dress = "coat"
			}
		case "armor":
			l.dress, l.cloth = "armor", pick(said, v, 0xa8b2c0)
		case "glasses":
			l.glasses = true
		default:
			if _, hat := wearDrawings[w.name]; hat && w.name != "scarf" {
				l.hat = ""
			}
		}
	}
	if hold(f) != "" {
		l.holds = ""
	}
	return l, true
}

func pick(said bool, a, b uint32) uint32 {
	if said {
		return a
	}
	return b
}

// tinge is a part's path with its color before it.
func tinge(k uint32, d string) string { return fmt.Sprintf("#%06x %s", k, d) }

// personDrawing builds a person of a look: what hangs behind, the body, the head, the hair.
func personDrawing(f feature) (drawing, bool) {
	l, ok := dressed(f)
	if !ok {
		return drawing{}, false
	}
	d := drawing{
		color: l.cloth, accent: l.legs, pale: skinTone, size: l.tall,
		crown: spot{50, 15, 31}, eyes: spot{50, 29, 15}, neck: spot{50, 46, 22}, seat: spot{50, 60, 10},
	}
	raised := hold(f) != "" || l.holds != ""
	d.parts = slices.Concat(behind(l), torso(l, raised), head(l), hairOver(l), beard(l))
	if l.dress == "suit" {
		d.parts = slices.Concat(torso(l, raised), bubble())
		d.crown = spot{50, 7, 34}
	}
	return d, true
}

func behind(l look) []part {
	switch l.hair {
	case "long":
		return []part{{hue, tinge(l.tone, "M 31,26 C 29,4 71,4 69,26 C 72,40 73,54 69,62 C 60,66 40,66 31,62 C 27,54 28,40 31,26 Z")}}
	case "tails":
		return []part{{hue, tinge(l.tone, "T 11,4 31,24 21,32 19,48 22,56 X")}, {hue, "#e04a5a O 30,25 3.4,3.4 X"}}
	case "curly":
		return []part{{hue, tinge(l.tone, "W 50,27 20,20 11,0.14")}}
	case "bun":
		return []part{{hue, tinge(l.tone, "O 50,7 8,7.6")}}
	}
	return nil
}

// torso is legs, clothes and arms.
func torso(l look, raised bool) []part {
	shoes := part{hue, "#4a3430 R 36,95 13,6 3,0 X"}
	arms := []part{{body, "T 9,7 36,54 29,64 27,74"}, {pale, "O 27,77 4,4"}}
	right := []part{{body, "T 9,7 64,54 71,64 73,74"}, {pale, "O 73,77 4,4"}}
	if raised {
		right = []part{{body, "T 9,7 64,55 73,63 80,57"}, {pale, "O 82,55 4,4"}}
	}
	arms = append(arms, right...)
	var trunk []part
	switch l.dress {
	case "dress":
		trunk = []part{{pale, "R 41,86 6.6,12 3,0 X"}, shoes, {body, "M 50,46 C 59,46 63,51 64,58 C 67,68 73,82 76,90 C 66,95 34,95 24,90 C 27,82 33,68 36,58 C 37,51 41,46 50,46 Z"}, {near, "M 34,64 C 44,68 56,68 66,64 L 67,68 C 56,72 44,72 33,68 Z"}}
	case "tutu":
		trunk = []part{{pale, "R 42,78 5.6,20 3,0 X"}, {hue, "#e88aa8 R 40,95 10,6 3,0 X"}, {near, "W 50,74 27,8 11,0.2"}, {body, "M 50,46 C 58,46 62,51 62,58 L 60,74 L 40,74 L 38,58 C 38,51 42,46 50,46 Z W 50,72 23,6 11,0.2"}}
	case "robe":
		trunk = []part{{body, "M 50,45 C 60,45 65,51 67,60 C 71,74 76,90 78,100 L 22,100 C 24,90 29,74 33,60 C 35,51 40,45 50,45 Z"}, {far, "M 46,50 L 54,50 L 60,100 L 40,100 Z"}, {hue, "#f0c84a R 36,66 28,4 1,0"}, {near, "M 24,95 L 76,95 L 78,100 L 22,100 Z"}}
	case "coat":
		trunk = []part{{accent, "R 38,82 11,16 2,0 X"}, shoes, {body, "M 50,46 C 61,46 65,51 66,60 L 70,88 C 60,91 40,91 30,88 L 34,60 C 35,51 39,46 50,46 Z"}, {far, "R 49.4,50 1.2,39 0,0"}, {hue, "#f0dca8 O 53.6,60 1.3,1.3 O 53.6,68 1.3,1.3 O 53.6,76 1.3,1.3"}}
	case "armor":
		trunk = []part{{accent, "R 37,76 12,21 3,0 X"}, {far, "R 36,84 14,4 2,0 X"}, shoes, {body, "M 50,46 C 62,46 67,51 67,60 L 65,80 C 58,84 42,84 35,80 L 33,60 C 33,51 38,46 50,46 Z"}, {near, "M 50,50 L 62,55 L 50,72 L 38,55 Z"}, {far, "R 35,74 30,5 1,0"}, {body, "O 33,54 8,7 X"}}
	case "suit":
		return slices.Concat([]part{{far, "R 28,48 44,34 8,0"}, {accent, "R 35,76 13,21 5,0 X"}, {hue, "#8a94a4 R 33,93 17,7 3,0 X"}, {body, "M 50,44 C 64,44 68,51 68,60 L 67,82 C 58,86 42,86 33,82 L 32,60 C 32,51 36,44 50,44 Z"}, {hue, "#5a8ac8 R 40,62 20,10 2,0"}, {hue, "#d8483a O 45,67 2,2"}, {hue, "#f0c84a O 51,67 2,2"}}, arms, []part{{hue, "#8a94a4 O 27,77 4.6,4.6"}})
	default:
		trunk = []part{{accent, "R 37,74 12,24 3,0 X"}, shoes, {body, "M 50,46 C 61,46 65,51 66,60 L 66,80 C 58,83 42,83 34,80 L 34,60 C 35,51 39,46 50,46 Z"}, {near, "M 43,46 C 46,51 54,51 57,46 L 55,45 L 45,45 Z"}}
	}
	return slices.Concat(trunk, arms)
}

func head(l look) []part {
	parts := []part{
		{hue, "#e4b08a R 46,40 8,8 3,0"},
		{pale, "O 33.4,29 3,3.8 X"},
		{pale, "M 50,11 C 62,11 68,19 67.4,29 C 67,39 59,44.4 50,44.4 C 41,44.4 33,39 32.6,29 C 32,19 38,11 50,11 Z"},
		{line, "O 42.6,29.4 2,2.6 X"},
		{eye, "O 43.3,28.5 0.8,0.9 O 58.1,28.5 0.8,0.9"},
		{hue, "#f09a88 O 38,35 3.2,2 X"},
		{hue, "#d89a78 T 1.2,1 50,31 51.4,34 49.4,34.4"},
		{hue, "#a8403e T 1.3,1.3 45.4,38 50,40.4 54.6,38"},
	}
	if l.hair == "long" || l.hair == "tails" || l.hair == "bun" && l.beard == "" {
		parts = append(parts, part{line, "T 0.9,0.5 41,27.6 38.6,26 T 0.9,0.5 40.8,29 38.2,28.4 X"})
	}
	brows := tinge(max(l.tone/2&0x7f7f7f, 0x201818), "T 1.3,1 40,24.4 42.6,23.4 45.4,24.2 X")
	parts = append(parts, part{hue, brows})
	if l.glasses {
		parts = append(parts, part{line, "M 42.6,23.6 C 46.6,23.6 49,26.4 49,29.6 C 49,33 46.6,35.6 42.6,35.6 C 38.6,35.6 36,33 36,29.6 C 36,26.4 38.6,23.6 42.6,23.6 L 42.6,24.8 C 39.4,24.8 37.2,27 37.2,29.6 C 37.2,32.4 39.4,34.4 42.6,34.4 C 45.8,34.4 47.8,32.4 47.8,29.6 C 47.8,27 45.8,24.8 42.6,24.8 Z T 1,1 48.6,29 51.4,29 M 57.4,23.6 C 61.4,23.6 64,26.4 64,29.6 C 64,33 61.4,35.6 57.4,35.6 C 53.4,35.6 51,33 51,29.6 C 51,26.4 53.4,23.6 57.4,23.6 L 57.4,24.8 C 54.2,24.8 52.2,27 52.2,29.6 C 52.2,32.4 54.2,34.4 57.4,34.4 C 60.6,34.4 62.8,32.4 62.8,29.6 C 62.8,27 60.6,24.8 57.4,24.8 Z"})
	}
	return parts
}

func hairOver(l look) []part {
	switch l.hair {
	case "short", "curly":
		return []part{{hue, tinge(l.tone, "M 32,29 C 29,6 44,6 52,7 C 66,6 70,16 68,29 C 66,24 65,20 62,18 C 54,21 44,20 38,18 C 35,20 34,24 32,29 Z")}}
	case "fringe":
		return []part{{hue, tinge(l.tone, "M 31,30 C 27,8 42,4 54,6 C 68,7 72,18 69,30 C 67,26 66,23 64,20 L 58,22 L 56,19 L 49,23 L 46,19 L 39,24 L 37,20 C 34,23 33,26 31,30 Z")}}
	case "bald":
		if l.tone == 0 {
			return nil
		}
		return []part{{hue, tinge(l.tone, "O 33,25 3.4,5 X")}}
	}
	return []part{{hue, tinge(l.tone, "M 31,32 C 28,8 42,6 50,6 C 58,6 72,8 69,32 C 66,26 64,21 58,16 C 52,22 40,22 36,20 C 34,24 33,28 31,32 Z")}}
}

func beard(l look) []part {
	switch l.beard {
	case "short":
		return []part{{hue, tinge(l.tone, "M 32.6,30 C 34,46 42,51 50,51 C 58,51 66,46 67.4,30 C 64,35 61,36 57,35.6 C 53,35 52,36 50,36.4 C 48,36 47,35 43,35.6 C 39,36 36,35 32.6,30 Z")}, {hue, "#a8403e T 1.6,1.6 46.6,40 50,41.6 53.4,40"}}
	case "long":
		return []part{{hue, tinge(l.tone, "M 32.6,30 C 32,50 40,66 50,74 C 60,66 68,50 67.4,30 C 64,35 61,36 57,35.6 C 53,35 52,36 50,36.4 C 48,36 47,35 43,35.6 C 39,36 36,35 32.6,30 Z")}, {hue, "#a8403e T 1.6,1.6 46.6,40 50,41.6 53.4,40"}}
	}
	return nil
}

// bubble is an astronaut's helmet with the face behind glass.
func bubble() []part {
	return []part{
		{near, "O 50,27 24,22"}, {hue, "#2a3a5a O 50,28 19,17"}, {pale, "O 50,30 13,12.6"}, {line, "O 45,30 1.8,2.3 X"}, {eye, "O 45.6,29.2 0.7,0.7 O 55.6,29.2 0.7,0.7"}, {hue, "#a8403e T 1.2,1.2 46.6,36 50,37.8 53.4,36"}, {hue, "#f09a88 O 41.4,34.6 2.4,1.5 X"}, {hue, "#9ac4ec P 39,20 3,6 40,0"}, {eye, "O 37,25 1.2,1.4"}, {accent, "R 24,24 4,8 2,0 X"},
	}
}
