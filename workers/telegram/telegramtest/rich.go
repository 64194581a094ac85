package telegramtest

import (
	"bytes"
	"encoding/json"
	"strings"
)

// RichMessage is a message made of blocks, as an article is.
type RichMessage struct {
	Blocks []RichBlock `json:"blocks"`
	IsRTL  bool        `json:"is_rtl,omitempty"`
}

// RichBlock is one block; Type says which of the fields it has, as in the Bot API's
// RichBlock types ("paragraph", "heading", "photo", "table" and so on).
type RichBlock struct {
	Type       string            `json:"type"`
	Text       *RichText         `json:"text,omitempty"`
	Size       int               `json:"size,omitempty"` // of a heading, 1 is the largest
	Language   string            `json:"language,omitempty"`
	Expression string            `json:"expression,omitempty"`
	Name       string            `json:"name,omitempty"`
	Items      []RichListItem    `json:"items,omitempty"`
	Blocks     []RichBlock       `json:"blocks,omitempty"`
	Credit     *RichText         `json:"credit,omitempty"`
	Cells      [][]RichTableCell `json:"cells,omitempty"`
	IsBordered bool              `json:"is_bordered,omitempty"`
	IsStriped  bool              `json:"is_striped,omitempty"`
	Summary    *RichText         `json:"summary,omitempty"`
	IsOpen     bool              `json:"is_open,omitempty"`
	Location   *Location         `json:"location,omitempty"`
	Zoom       int               `json:"zoom,omitempty"`
	Width      int               `json:"width,omitempty"`
	Height     int               `json:"height,omitempty"`
	Animation  *Animation        `json:"animation,omitempty"`
	Audio      *Audio            `json:"audio,omitempty"`
	Photo      []PhotoSize       `json:"photo,omitempty"`
	Video      *Video            `json:"video,omitempty"`
	VoiceNote  *Voice            `json:"voice_note,omitempty"`
	HasSpoiler bool              `json:"has_spoiler,omitempty"`
	Caption    *RichCaption      `json:"caption,omitempty"`
}

// RichListItem is an item of a list block. Label is what stands before it.
type RichListItem struct {
	Label       string      `json:"label"`
	Blocks      []RichBlock `json:"blocks"`
	HasCheckbox bool        `json:"has_checkbox,omitempty"`
	IsChecked   bool        `json:"is_checked,omitempty"`
	Value       int         `json:"value,omitempty"`
	Type        string      `json:"type,omitempty"`
}

// RichTableCell is a cell of a table block.
type RichTableCell struct {
	Text     *RichText `json:"text,omitempty"`
	IsHeader bool      `json:"is_header,omitempty"`
	Colspan  int       `json:"colspan,omitempty"`
	Rowspan  int       `json:"rowspan,omitempty"`
	Align    string    `json:"align"`
	VAlign   string    `json:"valign"`
}

// RichCaption is the caption of a block. That of a table is a text alone.
type RichCaption struct {
	Text   RichText  `json:"text"`
	Credit *RichText `json:"credit,omitempty"`

	alone bool
}

// richCaption is RichCaption without its methods.
type richCaption RichCaption

// MarshalJSON writes an object, or for a table the text.
func (c RichCaption) MarshalJSON() ([]byte, error) {
	if c.alone {
		return json.Marshal(c.Text)
	}
	return json.Marshal(richCaption(c))
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (c *RichCaption) UnmarshalJSON(raw []byte) error {
	var kind struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(raw, &kind); err != nil || kind.Type != "" {
		c.alone = true
		return json.Unmarshal(raw, &c.Text)
	}
	return json.Unmarshal(raw, (*richCaption)(c))
}

// RichText is formatted text. Without a Type it is Plain, or its Parts one after the
// other; with one it is what the Bot API's RichText type of that name is.
type RichText struct {
	Plain string     `json:"-"`
	Parts []RichText `json:"-"`

	Type            string    `json:"type"`
	Text            *RichText `json:"text,omitempty"`
	URL             string    `json:"url,omitempty"`
	User            *User     `json:"user,omitempty"`
	EmailAddress    string    `json:"email_address,omitempty"`
	PhoneNumber     string    `json:"phone_number,omitempty"`
	Username        string    `json:"username,omitempty"`
	Hashtag         string    `json:"hashtag,omitempty"`
	BotCommand      string    `json:"bot_command,omitempty"`
	CustomEmojiID   string    `json:"custom_emoji_id,omitempty"`
	AlternativeText string    `json:"alternative_text,omitempty"`
	Expression      string    `json:"expression,omitempty"`
	Name            string    `json:"name,omitempty"`
	AnchorName      string    `json:"anchor_name,omitempty"`
	ReferenceName   string    `json:"reference_name,omitempty"`
	UnixTime        int64     `json:"unix_time,omitempty"`
	DateTimeFormat  string    `json:"date_time_format,omitempty"`
}

// richText is RichText without its methods.
type richText RichText

// MarshalJSON writes a string, an array or an object.
func (t RichText) MarshalJSON() ([]byte, error) {
	switch {
	case t.Type != "":
		return json.Marshal(richText(t))
	case t.Parts != nil:
		return json.Marshal(t.Parts)
	}
	return json.Marshal(t.Plain)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (t *RichText) UnmarshalJSON(raw []byte) error {
	switch raw = bytes.TrimSpace(raw); {
	case bytes.HasPrefix(raw, []byte(`"`)):
		return json.Unmarshal(raw, &t.Plain)
	case bytes.HasPrefix(raw, []byte(`[`)):
		return json.Unmarshal(raw, &t.Parts)
	}
	return json.Unmarshal(raw, (*richText)(t))
}

// String is the text without its formatting.
func (t RichText) String() string {
	switch {
	case t.Type != "" && t.Text != nil:
		return t.Text.String()
	case t.Type != "":
		return t.AlternativeText + t.Expression
	}
	var b strings.Builder
	b.WriteString(t.Plain)
	for _, part := range t.Parts {
		b.WriteString(part.String())
	}
	return b.String()
}
