package site

import (
	"embed"
	"fmt"
)

//go:embed pictures/*.jpg
var pictureFiles embed.FS

// picture is an example: what somebody wrote, and what the built-in painter made of it.
type picture struct {
	file   string // in the folder pictures, without its ending
	Lang   string // of the prompt
	Prompt string
	seed   int64
	// Pixels, as shown.
	Width, Height int

	Path string // of the page's copy
}

// cardSize is that of the picture which others show with a link.
const cardWidth, cardHeight = 1200, 630

// opening is the picture on the easel, card the one for links, and gallery the others. TestPictures paints them.
func opening() picture {
	return picture{file: "fox", Lang: "en", Prompt: "a red fox under a full moon", seed: 7, Width: 720, Height: 810}
}

func card() picture {
	return picture{file: "card", Lang: "en", Prompt: "a red fox under a full moon, mountains", seed: 7, Width: cardWidth, Height: cardHeight}
}

func gallery() []picture {
	square := func(file, lang, prompt string, seed int64) picture {
		return picture{file: file, Lang: lang, Prompt: prompt, seed: seed, Width: 480, Height: 480}
	}
	return []picture{
		square("hedgehog", "ru", "ёжик в лесу, акварель", 56),
		square("whale", "tr", "deniz altında bir balina", 14),
		square("castle", "de", "eine Burg auf einem Hügel, Aquarell", 19),
		square("town", "es", "un pueblo junto al mar", 55),
		square("dragon", "en", "a dragon and a castle, stained glass", 7),
		square("windmill", "tr", "gün batımında bir yel değirmeni, poster", 45),
		square("astronaut", "ru", "космонавт и планета с кольцами", 4),
		square("lighthouse", "de", "Leuchtturm im Sturm, Holzschnitt", 5),
		square("balloons", "en", "hot air balloons over mountains at sunrise", 20),
		square("deer", "es", "un bosque en otoño con un ciervo, acuarela", 3),
		square("library", "en", "library with an armchair and a fireplace", 57),
		square("owl", "en", "an owl with a scarf reading a book", 18),
	}
}

// hung are all pictures with their addresses.
type hung struct {
	Opening, Card picture
	Gallery       []picture
	pages         []page
}

// hang gives each picture its page.
func hang() (hung, error) {
	h := hung{Opening: opening(), Card: card(), Gallery: gallery()}
	all := []*picture{&h.Opening, &h.Card}
	for i := range h.Gallery {
		all = append(all, &h.Gallery[i])
	}
	for _, one := range all {
		body, err := pictureFiles.ReadFile("pictures/" + one.file + ".jpg")
		if err != nil {
			return h, fmt.Errorf("picture: %w", err)
		}
		p := newPage("/assets/"+one.file, ".jpg", "image/jpeg", cacheAsset, body)
		one.Path = p.path
		h.pages = append(h.pages, p)
	}
	return h, nil
}
