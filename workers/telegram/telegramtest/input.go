package telegramtest

import (
	"cmp"
	"slices"
	"strings"
)

// Limits of the files of bots, in bytes unless said otherwise.
const (
	maxPhotoByURL      = 5 << 20
	maxFileByURL       = 20 << 20
	maxLivePhoto       = 10 << 20
	maxThumbnail       = 200_000
	maxThumbnailSide   = 320 // pixels
	maxStaticSticker   = 512 << 10
	maxAnimatedSticker = 64 << 10
	maxVideoSticker    = 256 << 10
	maxSeconds         = 86_400 // of a duration; more is cut
	maxPixels          = 10_000 // of a width or height; more is cut
)

// inputMedia is a file to send: an item of sendMediaGroup, what editMessageMedia puts
// in, or the parameters of sendVideo and its like.
type inputMedia struct {
	Type            MediaKind `json:"type"`
	Media           string    `json:"media"`
	Thumbnail       string    `json:"thumbnail"`
	Cover           string    `json:"cover"`
	Photo           string    `json:"photo"` // the picture of a live photo
	Caption         string    `json:"caption"`
	ParseMode       string    `json:"parse_mode"`
	CaptionEntities []Entity  `json:"caption_entities"`
	Above           bool      `json:"show_caption_above_media"`
	Spoiler         bool      `json:"has_spoiler"`
	StartTimestamp  int       `json:"start_timestamp"`
	Width           int       `json:"width"`
	Height          int       `json:"height"`
	Duration        int       `json:"duration"`
	Performer       string    `json:"performer"`
	Title           string    `json:"title"`

	emoji string // of a sticker
	part  string // the upload's name where it need not be attach://
}

// input reads the parameters of sendPhoto and its like.
func (c *call) input(kind MediaKind) (inputMedia, error) {
	side := "width"
	if kind == MediaVideoNote {
		side = "length"
	}
	in := inputMedia{
		Type: kind, part: string(kind), Media: c.str(string(kind)), Thumbnail: c.str("thumbnail"), Cover: c.str("cover"),
		Caption: c.str("caption"), ParseMode: c.str("parse_mode"), Above: c.flag("show_caption_above_media"),
		Spoiler: c.flag("has_spoiler"), StartTimestamp: int(c.num("start_timestamp")), Width: int(c.num(side)),
		Height: int(c.num("height")), Duration: int(c.num("duration")), Performer: c.str("performer"), Title: c.str("title"),
		emoji: c.str("emoji"),
	}
	if kind == MediaLivePhoto {
		in.Photo = c.str("photo")
	}
	return in, c.decode("caption_entities", "entities", &in.CaptionEntities)
}

// media turns a file to send into a message without an id.
func (s *Server) media(c *call, in inputMedia) (*Message, error) {
	m := &Message{ShowCaptionAboveMedia: in.Above, HasMediaSpoiler: in.Spoiler}
	var err error
	if m.Caption, m.CaptionEntities, err = s.format(in.Caption, in.ParseMode, in.CaptionEntities); err != nil {
		return nil, err
	}
	if utf16Len(m.Caption) > maxCaption {
		return nil, bad("message caption is too long")
	}
	if dirs[in.Type] == "" {
		return nil, bad("can't parse InputMedia: type %q is unsupported", in.Type)
	}
	if in.Type == MediaPhoto {
		m.Photo, err = s.photoFrom(c, in.part, in.Media)
		return m, err
	}
	f, err := s.fileFrom(c, in)
	if err != nil {
		return nil, err
	}
	s.attach(m, in.Type, f)
	if m.Video != nil {
		m.Video.StartTimestamp = in.StartTimestamp
		if in.Cover != "" {
			m.Video.Cover, err = s.photoFrom(c, "cover", in.Cover)
		}
	}
	return m, err
}

// noun is the kind in refusals.
func noun(kind MediaKind) string { return strings.ReplaceAll(string(kind), "_", " ") }

// fileFrom reads a file of any kind but a photo out of a call: an upload, a URL or a
// file_id, which brings along all that is known of it.
func (s *Server) fileFrom(c *call, in inputMedia) (*fileState, error) {
	u, err := c.part(in.part, in.Media)
	switch {
	case err != nil:
		return nil, err
	case u != nil:
		return s.uploaded(c, in, u)
	case in.Media == "" && in.part == "":
		return nil, bad("can't parse InputMedia: media not found")
	case in.Media == "":
		return nil, bad("there is no %s in the request", noun(in.Type))
	case isURL(in.Media):
		return s.fetched(c, in)
	}
	return s.stored(in.Media, dirs[in.Type])
}

// uploaded stores an upload.
func (s *Server) uploaded(c *call, in inputMedia, u *upload) (*fileState, error) {
	d := in.described()
	d.Name, d.MimeType, d.Content = u.name, u.mimeType, u.content
	if err := d.checkUpload(c); err != nil {
		return nil, err
	}
	d.MimeType = d.typeOf()
	var err error
	if d.Thumbnail, err = c.thumbnail(in.Thumbnail); err != nil {
		return nil, err
	}
	f := s.store(d)
	if in.Type == MediaLivePhoto {
		err = s.addStill(c, f, in.Photo)
	}
	return f, err
}

// described is the file with what the bot says of it.
func (in inputMedia) described() Media {
	d := Media{
		Kind: in.Type, Width: cut(in.Width, maxPixels), Height: cut(in.Height, maxPixels), Duration: cut(in.Duration, maxSeconds),
		Performer: in.Performer, Title: in.Title, Emoji: in.emoji,
	}
	if d.Kind == MediaVideoNote {
		d.Height = d.Width
	}
	return d
}

func cut(n, most int) int { return min(max(n, 0), most) }

// addStill gives a live photo its picture.
func (s *Server) addStill(c *call, f *fileState, value string) error {
	sizes, err := s.photoFrom(c, "photo", value)
	if err != nil {
		return err
	}
	best := sizes[len(sizes)-1]
	f.Still, f.Width, f.Height = best.FileID, best.Width, best.Height
	return nil
}

// checkUpload holds an upload to the limits of its kind. What Telegram would send as
// something else than meant is a violation.
func (d *Media) checkUpload(c *call) error {
	size := len(d.Content)
	if size == 0 {
		return bad("file must be non-empty")
	}
	switch d.Kind {
	case MediaLivePhoto:
		if size > maxLivePhoto {
			return bad("file of size %d bytes is too big for a live photo; the maximum size is %d bytes", size, maxLivePhoto)
		}
		if d.Duration > 10 {
			c.violate("a live photo lasts at most 10 seconds")
		}
	case MediaVoice:
		if !slices.Contains(voiceTypes, sniff(d.Content)) {
			c.violate("a voice message is OGG with OPUS, MP3 or M4A; Telegram sends other files as documents")
		}
	case MediaVideoNote:
		if d.Duration > 60 {
			c.violate("a video note lasts at most a minute")
		}
	case MediaSticker:
		return d.checkSticker()
	}
	return nil
}

// voiceTypes are the contents that Telegram plays as voice messages.
var voiceTypes = []string{"audio/ogg", "audio/mpeg", "audio/mp4"}

func (d *Media) checkSticker() error {
	most := map[string]int{"image/webp": maxStaticSticker, mimeTGS: maxAnimatedSticker, "video/webm": maxVideoSticker}[sniff(d.Content)]
	switch {
	case most == 0:
		return bad("wrong file type; a sticker is a .WEBP, .TGS or .WEBM file")
	case len(d.Content) > most:
		return bad("file of size %d bytes is too big for a sticker; the maximum size is %d bytes", len(d.Content), most)
	}
	return nil
}

// typeOf is the media type that Telegram gives an upload: by its content or name, if
// that fits the kind, else the kind's own.
func (d *Media) typeOf() string {
	byName := typeByName(d.Name)
	found := cmp.Or(sniff(d.Content), byName)
	switch d.Kind {
	case MediaDocument:
		if d.MimeType == "application/octet-stream" {
			return ""
		}
		return d.MimeType
	case MediaSticker:
		return found
	case MediaVoice, MediaAudio:
		if strings.HasPrefix(found, "audio/") {
			return found
		}
	case MediaAnimation:
		if found == "image/gif" {
			return found
		}
	}
	return cmp.Or(defaults[d.Kind].MimeType, found)
}

// thumbnail reads an uploaded thumbnail; nil is none. One that Telegram would leave out
// silently is a violation.
func (c *call) thumbnail(value string) ([]byte, error) {
	u, err := c.part("thumbnail", value)
	if u == nil || err != nil {
		if value != "" && u == nil && err == nil {
			c.violate("a thumbnail has to be uploaded; Telegram ignores others")
		}
		return nil, err
	}
	w, h, ok := dimensions(u.content)
	if !ok || len(u.content) >= maxThumbnail || max(w, h) > maxThumbnailSide {
		c.violate("a thumbnail is a JPEG below 200 kB and at most 320 pixels wide and high; Telegram leaves out others")
		return nil, nil
	}
	return u.content, nil
}
