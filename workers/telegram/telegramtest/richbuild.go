package telegramtest

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of rich messages.
const (
	maxRichText    = 32_768  // characters
	maxRichSource  = 1 << 18 // bytes of markup
	maxRichBlocks  = 500
	maxRichDepth   = 16
	maxRichMedia   = 50
	maxRichColumns = 20
)

// richBuilder turns a tree into blocks and counts them.
type richBuilder struct {
	s      *Server
	c      *call
	draft  bool
	plain  bool // no links are looked for in the text
	count  int
	length int
}

// blocks builds the blocks of a list of nodes; text between them becomes paragraphs.
func (b *richBuilder) blocks(nodes []*richNode, depth int) ([]RichBlock, error) {
	if depth > maxRichDepth {
		return nil, bad("rich message has too many nested blocks")
	}
	blocks := []RichBlock{}
	var run []*richNode
	flush := func() {
		if text, ok := b.text(run); ok {
			blocks = append(blocks, RichBlock{Type: "paragraph", Text: text})
			b.count++
		}
		run = nil
	}
	for _, n := range nodes {
		if !slices.Contains(richBlockTags, n.tag) {
			run = append(run, n)
			continue
		}
		flush()
		block, err := b.block(n, depth)
		if err != nil {
			return nil, err
		}
		blocks = append(blocks, block)
		b.count++
	}
	flush()
	if b.count > maxRichBlocks {
		return nil, bad("rich message has too many blocks")
	}
	return blocks, nil
}

// textBlocks are the blocks that hold nothing but a text.
var textBlocks = map[string]RichBlock{
	"p": {Type: "paragraph"}, "footer": {Type: "footer"}, "tg-thinking": {Type: "thinking"},
	"h1": {Type: "heading", Size: 1}, "h2": {Type: "heading", Size: 2}, "h3": {Type: "heading", Size: 3},
	"h4": {Type: "heading", Size: 4}, "h5": {Type: "heading", Size: 5}, "h6": {Type: "heading", Size: 6},
}

func (b *richBuilder) block(n *richNode, depth int) (RichBlock, error) {
	if block, ok := textBlocks[n.tag]; ok {
		if n.tag == "tg-thinking" && !b.draft {
			return block, bad("the block tg-thinking can be used in drafts only")
		}
		block.Text = b.must(n.kids)
		return block, nil
	}
	switch n.tag {
	case "hr":
		return RichBlock{Type: "divider"}, nil
	case "pre":
		return b.pre(n), nil
	case "tg-math-block":
		return RichBlock{Type: "mathematical_expression", Expression: strings.TrimSpace(n.plain())}, nil
	case "ul", "ol":
		return b.list(n, depth)
	case "aside":
		return RichBlock{Type: "pullquote", Text: b.must(n.without("cite")), Credit: b.optional(n.child("cite"))}, nil
	case "table":
		return b.table(n)
	case "tg-map":
		return b.place(n)
	case "figure", "img", "video", "audio":
		return b.media(n)
	}
	return b.container(n, depth)
}

// container is a block that holds blocks.
func (b *richBuilder) container(n *richNode, depth int) (block RichBlock, err error) {
	block.Blocks, err = b.blocks(n.without("cite", "summary", "figcaption"), depth+1)
	switch n.tag {
	case "blockquote":
		block.Type, block.Credit = "blockquote", b.optional(n.child("cite"))
	case "details":
		block.Type, block.Summary = "details", b.optional(n.child("summary"))
		if block.Summary == nil {
			block.Summary = &RichText{}
		}
		_, block.IsOpen = n.attrs["open"]
	case "tg-collage", "tg-slideshow":
		block.Type, block.Caption = strings.TrimPrefix(n.tag, "tg-"), b.caption(n.child("figcaption"))
	}
	return block, err
}

func (b *richBuilder) pre(n *richNode) RichBlock {
	block := RichBlock{Type: "pre", Text: &RichText{Plain: strings.Trim(n.plain(), "\n")}}
	if code := n.child("code"); code != nil {
		block.Language = strings.TrimPrefix(code.attrs["class"], "language-")
	}
	b.length += utf8.RuneCountInString(block.Text.Plain)
	return block
}

func (b *richBuilder) list(n *richNode, depth int) (RichBlock, error) {
	block := RichBlock{Type: "list", Items: []RichListItem{}}
	number := 1
	if start, err := strconv.Atoi(n.attrs["start"]); err == nil {
		number = start
	}
	for _, kid := range n.kids {
		if kid.tag != "li" {
			continue
		}
		item := RichListItem{Label: "•"}
		if n.tag == "ol" {
			item.Label, item.Value, item.Type = strconv.Itoa(number)+".", number, n.attrs["type"]
			number++
		}
		if box := kid.child("input"); box != nil {
			item.HasCheckbox = true
			_, item.IsChecked = box.attrs["checked"]
		}
		var err error
		if item.Blocks, err = b.blocks(kid.without("input"), depth+1); err != nil {
			return block, err
		}
		block.Items = append(block.Items, item)
	}
	return block, nil
}

func (b *richBuilder) table(n *richNode) (RichBlock, error) {
	block := RichBlock{Type: "table", Cells: [][]RichTableCell{}}
	_, block.IsBordered = n.attrs["bordered"]
	_, block.IsStriped = n.attrs["striped"]
	if caption := n.child("caption"); caption != nil {
		block.Caption = &RichCaption{Text: *b.must(caption.kids), alone: true}
	}
	wide := false
	n.all(func(row *richNode) {
		if row.tag != "tr" {
			return
		}
		var cells []RichTableCell
		for _, kid := range row.kids {
			if kid.tag == "td" || kid.tag == "th" {
				cells = append(cells, b.cell(kid))
			}
		}
		wide = wide || len(cells) > maxRichColumns
		block.Cells = append(block.Cells, cells)
	})
	if wide {
		return block, bad("rich message has a table with too many columns")
	}
	return block, nil
}

func (b *richBuilder) cell(n *richNode) RichTableCell {
	cell := RichTableCell{Text: b.optional(n), IsHeader: n.tag == "th", Align: "left", VAlign: "top"}
	if a := n.attrs["align"]; a == "center" || a == "right" {
		cell.Align = a
	}
	if v := n.attrs["valign"]; v == "middle" || v == "bottom" {
		cell.VAlign = v
	}
	cell.Colspan, _ = strconv.Atoi(n.attrs["colspan"])
	cell.Rowspan, _ = strconv.Atoi(n.attrs["rowspan"])
	return cell
}

// place is a map.
func (b *richBuilder) place(n *richNode) (RichBlock, error) {
	latitude, err := strconv.ParseFloat(n.attrs["lat"], 64)
	longitude, err2 := strconv.ParseFloat(n.attrs["long"], 64)
	if err != nil || err2 != nil {
		return RichBlock{}, bad("invalid location specified")
	}
	zoom, err := strconv.Atoi(n.attrs["zoom"])
	if err != nil {
		zoom = 15
	}
	return RichBlock{
		Type: "map", Location: &Location{Latitude: latitude, Longitude: longitude}, Zoom: min(max(zoom, 13), 20),
		Width: 600, Height: 300, Caption: b.caption(n.child("figcaption")),
	}, nil
}

// media is a picture, a video or a sound, alone or in a figure with a caption.
func (b *richBuilder) media(n *richNode) (RichBlock, error) {
	file := n
	for _, tag := range []string{"img", "video", "audio"} {
		if kid := n.child(tag); n.tag == "figure" && kid != nil {
			file = kid
		}
	}
	if file.tag == "figure" {
		return RichBlock{}, bad("rich message has a figure without media")
	}
	in := richInput(file, b.c)
	m, err := b.s.media(b.c, in)
	if err != nil {
		return RichBlock{}, err
	}
	_, spoiler := file.attrs["tg-spoiler"]
	block := RichBlock{
		Type: string(in.Type), Photo: m.Photo, Video: m.Video, Animation: m.Animation, Audio: m.Audio, VoiceNote: m.Voice,
		HasSpoiler: spoiler, Caption: b.caption(n.child("figcaption")),
	}
	if m.Voice != nil {
		block.Type = "voice_note"
	}
	return block, nil
}

// richInput is the file of a media element. What a video or audio element turns out to
// be depends on what its URL serves.
func richInput(n *richNode, c *call) inputMedia {
	in := inputMedia{Media: n.attrs["src"], Type: map[string]MediaKind{"img": MediaPhoto, "video": MediaVideo, "audio": MediaAudio}[n.tag]}
	switch served := c.web[in.Media].mediaType; {
	case n.tag == "video" && served == "image/gif":
		in.Type = MediaAnimation
	case n.tag == "audio" && served == "audio/ogg":
		in.Type = MediaVoice
	}
	return in
}

func (b *richBuilder) caption(n *richNode) *RichCaption {
	if n == nil {
		return nil
	}
	return &RichCaption{Text: *b.must(n.without("cite")), Credit: b.optional(n.child("cite"))}
}
