package workers

import (
	"slices"
	"strings"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/texts"
)

// style is a look people choose by name. Its words go to whoever paints; what the person wrote stays as it is everywhere
// else. The built-in painter knows the words too, as far as it has a way to paint so.
type style struct {
	name  string
	title texts.Key
	words string
}

// noStyle is the choice of no style, for one picture, by somebody who has set one.
const noStyle = "none"

// styles is the table, in the order in which people see it.
func styles() []style {
	return []style{
		{noStyle, texts.ButtonStyleNone, ""},
		{"photo", texts.ButtonStylePhoto, "realistic photograph, natural light, sharp detail"},
		{"cinematic", texts.ButtonStyleCinematic, "cinematic film still, dramatic light, wide shot"},
		{"anime", texts.ButtonStyleAnime, "anime, clean lines, vivid colors"},
		{"comic", texts.ButtonStyleComic, "comic book, bold outlines, flat colors"},
		{"watercolor", texts.ButtonStyleWatercolor, "watercolor, soft washes, visible grain"},
		{"oil", texts.ButtonStyleOil, "oil painting, visible brushwork, impasto"},
		{"ink", texts.ButtonStyleInk, "ink drawing, fine lines, hatching"},
		{"pixel", texts.ButtonStylePixel, "pixel art, 16-bit, limited palette"},
		{"3d", texts.ButtonStyle3D, "3D render, smooth materials, global illumination"},
		{"isometric", texts.ButtonStyleIsometric, "isometric low poly illustration, clean geometry"},
		{"poster", texts.ButtonStylePoster, "vintage poster, screen print, bold shapes"},
		{"clay", texts.ButtonStyleClay, "claymation, plasticine, handmade miniature"},
	}
}

// styled is a prompt with the words of its style.
func styled(prompt, name string) string {
	i := slices.IndexFunc(styles(), func(s style) bool { return s.name == name })
	if i < 0 || styles()[i].words == "" {
		return prompt
	}
	return strings.TrimRight(prompt, " .,;\n") + ", " + styles()[i].words
}

// worded is what a model is told: the person's words, those of the style, and what is to be left out, said in words where
// the model has no other ear for it.
func worded(g storage.Generation, m providers.Model) (prompt, negative string) {
	prompt = styled(g.Request.Prompt, g.Params.Style)
	if m.Negative || g.Request.Negative == "" {
		return prompt, g.Request.Negative
	}
	return prompt + "\n\nLeave out: " + g.Request.Negative, ""
}
