package telegram

import (
	"encoding/json"
	"fmt"
)

// Content is what a message says, where a copy made by Telegram is not enough: for an edit, for an album that replies to
// something, and for a place that moves. Formatting stays as Telegram wrote it down; this program does not look into it.
type Content struct {
	Date            int64           `json:"date,omitempty"` // Unix seconds
	Text            string          `json:"text,omitempty"`
	Entities        json.RawMessage `json:"entities,omitempty"`
	Preview         json.RawMessage `json:"link_preview_options,omitempty"`
	Caption         string          `json:"caption,omitempty"`
	CaptionEntities json.RawMessage `json:"caption_entities,omitempty"`
	AboveMedia      bool            `json:"show_caption_above_media,omitempty"`
	Spoiler         bool            `json:"has_media_spoiler,omitempty"`
	// Quote is the part of the message replied to that this one answers.
	Quote *Quote `json:"quote,omitempty"`
	// Effect is shown when the message arrives.
	Effect   string    `json:"effect_id,omitempty"`
	Location *Location `json:"location,omitempty"`

	Photo     []PhotoSize `json:"photo,omitempty"`
	Animation *fileID     `json:"animation,omitempty"`
	Document  *fileID     `json:"document,omitempty"`
	Audio     *fileID     `json:"audio,omitempty"`
	Video     *videoID    `json:"video,omitempty"`
	LivePhoto *livePhoto  `json:"live_photo,omitempty"`
	Voice     *fileID     `json:"voice,omitempty"`
}

// Quote is a part of a message.
type Quote struct {
	Text     string          `json:"text"`
	Entities json.RawMessage `json:"entities,omitempty"`
	Position int             `json:"position"`
}

// Location is a point on the map, in degrees.
type Location struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	Accuracy  float64 `json:"horizontal_accuracy,omitempty"` // meters
	// LivePeriod is how long it moves, in seconds after the message; zero for one that does not.
	LivePeriod int64 `json:"live_period,omitempty"`
	Heading    int   `json:"heading,omitempty"`                // degrees
	Alert      int   `json:"proximity_alert_radius,omitempty"` // meters
}

type fileID struct {
	FileID string `json:"file_id"`
}

type videoID struct {
	FileID string      `json:"file_id"`
	Cover  []PhotoSize `json:"cover,omitempty"`
	Start  int         `json:"start_timestamp,omitempty"`
}

type livePhoto struct {
	FileID string      `json:"file_id"`
	Photo  []PhotoSize `json:"photo,omitempty"`
}

// ParseContent reads the content of the message that an update tells of, or tells the change of.
func ParseContent(raw []byte) (Content, error) {
	var u struct {
		Message *Content `json:"message"`
		Edited  *Content `json:"edited_message"`
	}
	if err := json.Unmarshal(raw, &u); err != nil {
		return Content{}, fmt.Errorf("telegram: content of %d bytes is not readable: %w", len(raw), jsonFailure(err))
	}
	switch {
	case u.Message != nil:
		return *u.Message, nil
	case u.Edited != nil:
		return *u.Edited, nil
	}
	return Content{}, nil
}

// inputContent is media that Telegram has already, on its way to another chat.
type inputContent struct {
	Type       string          `json:"type"`
	Media      string          `json:"media"`
	Still      string          `json:"photo,omitempty"`
	Caption    string          `json:"caption,omitempty"`
	Entities   json.RawMessage `json:"caption_entities,omitempty"`
	AboveMedia bool            `json:"show_caption_above_media,omitempty"`
	Spoiler    bool            `json:"has_spoiler,omitempty"`
	Cover      string          `json:"cover,omitempty"`
	Start      int             `json:"start_timestamp,omitempty"`
}

// input is the content as media, and false for what Telegram does not take as such.
func (c Content) input() (i inputContent, ok bool) {
	i = inputContent{Caption: c.Caption, Entities: c.CaptionEntities, AboveMedia: c.AboveMedia, Spoiler: c.Spoiler}
	switch {
	case c.LivePhoto != nil: // looks like a photo too
		i.Type, i.Media, i.Still = "live_photo", c.LivePhoto.FileID, largest(c.LivePhoto.Photo)
	case len(c.Photo) > 0:
		i.Type, i.Media = "photo", largest(c.Photo)
	case c.Video != nil:
		i.Type, i.Media, i.Cover, i.Start = "video", c.Video.FileID, largest(c.Video.Cover), c.Video.Start
	case c.Animation != nil: // looks like a document too
		i.Type, i.Media = "animation", c.Animation.FileID
	case c.Audio != nil:
		i.Type, i.Media, i.AboveMedia, i.Spoiler = "audio", c.Audio.FileID, false, false
	case c.Document != nil:
		i.Type, i.Media, i.AboveMedia, i.Spoiler = "document", c.Document.FileID, false, false
	default:
		return i, false
	}
	return i, i.Media != ""
}

func largest(sizes []PhotoSize) string {
	p, _ := (&Message{Photo: sizes}).LargestPhoto()
	return p.FileID
}
