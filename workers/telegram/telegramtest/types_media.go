package telegramtest

// PhotoSize is one size of a photo, smallest first in [Message.Photo].
type PhotoSize struct {
	FileID       string `json:"file_id"`
	FileUniqueID string `json:"file_unique_id"`
	Width        int    `json:"width"`
	Height       int    `json:"height"`
	FileSize     int64  `json:"file_size,omitempty"`
}

// Document is a file sent as it is. FileSize is in bytes.
type Document struct {
	FileID       string     `json:"file_id"`
	FileUniqueID string     `json:"file_unique_id"`
	FileName     string     `json:"file_name,omitempty"`
	MimeType     string     `json:"mime_type,omitempty"`
	FileSize     int64      `json:"file_size,omitempty"`
	Thumbnail    *PhotoSize `json:"thumbnail,omitempty"`
}

// Sticker is a static (WebP), animated (TGS) or video (WebM) sticker.
type Sticker struct {
	FileID        string     `json:"file_id"`
	FileUniqueID  string     `json:"file_unique_id"`
	Type          string     `json:"type"` // regular, mask, custom_emoji
	Width         int        `json:"width"`
	Height        int        `json:"height"`
	IsAnimated    bool       `json:"is_animated"`
	IsVideo       bool       `json:"is_video"`
	Thumbnail     *PhotoSize `json:"thumbnail,omitempty"`
	Emoji         string     `json:"emoji,omitempty"`
	SetName       string     `json:"set_name,omitempty"`
	CustomEmojiID string     `json:"custom_emoji_id,omitempty"`
	FileSize      int64      `json:"file_size,omitempty"`
}

// Voice is a voice message. Duration is in seconds.
type Voice struct {
	FileID       string `json:"file_id"`
	FileUniqueID string `json:"file_unique_id"`
	Duration     int    `json:"duration"`
	MimeType     string `json:"mime_type,omitempty"`
	FileSize     int64  `json:"file_size,omitempty"`
}

// Audio is music. Duration is in seconds.
type Audio struct {
	FileID       string     `json:"file_id"`
	FileUniqueID string     `json:"file_unique_id"`
	Duration     int        `json:"duration"`
	Performer    string     `json:"performer,omitempty"`
	Title        string     `json:"title,omitempty"`
	FileName     string     `json:"file_name,omitempty"`
	MimeType     string     `json:"mime_type,omitempty"`
	FileSize     int64      `json:"file_size,omitempty"`
	Thumbnail    *PhotoSize `json:"thumbnail,omitempty"`
}

// Video is a video. Duration and StartTimestamp are in seconds.
type Video struct {
	FileID         string      `json:"file_id"`
	FileUniqueID   string      `json:"file_unique_id"`
	Width          int         `json:"width"`
	Height         int         `json:"height"`
	Duration       int         `json:"duration"`
	Thumbnail      *PhotoSize  `json:"thumbnail,omitempty"`
	Cover          []PhotoSize `json:"cover,omitempty"`
	StartTimestamp int         `json:"start_timestamp,omitempty"`
	FileName       string      `json:"file_name,omitempty"`
	MimeType       string      `json:"mime_type,omitempty"`
	FileSize       int64       `json:"file_size,omitempty"`
}

// Animation is a GIF, or a video without sound. Duration is in seconds.
type Animation struct {
	FileID       string     `json:"file_id"`
	FileUniqueID string     `json:"file_unique_id"`
	Width        int        `json:"width"`
	Height       int        `json:"height"`
	Duration     int        `json:"duration"`
	Thumbnail    *PhotoSize `json:"thumbnail,omitempty"`
	FileName     string     `json:"file_name,omitempty"`
	MimeType     string     `json:"mime_type,omitempty"`
	FileSize     int64      `json:"file_size,omitempty"`
}

// VideoNote is a round video message. Length is its diameter in pixels, Duration is
// in seconds.
type VideoNote struct {
	FileID       string     `json:"file_id"`
	FileUniqueID string     `json:"file_unique_id"`
	Length       int        `json:"length"`
	Duration     int        `json:"duration"`
	Thumbnail    *PhotoSize `json:"thumbnail,omitempty"`
	FileSize     int64      `json:"file_size,omitempty"`
}

// LivePhoto is a photo with a few seconds of video; the file is the video.
type LivePhoto struct {
	Photo        []PhotoSize `json:"photo,omitempty"`
	FileID       string      `json:"file_id"`
	FileUniqueID string      `json:"file_unique_id"`
	Width        int         `json:"width"`
	Height       int         `json:"height"`
	Duration     int         `json:"duration"`
	MimeType     string      `json:"mime_type,omitempty"`
	FileSize     int64       `json:"file_size,omitempty"`
}

// Story is a forwarded story.
type Story struct {
	Chat Chat  `json:"chat"`
	ID   int64 `json:"id"`
}

// Location is a point on the map, in degrees; a live one has a LivePeriod in seconds.
type Location struct {
	Latitude             float64 `json:"latitude"`
	Longitude            float64 `json:"longitude"`
	HorizontalAccuracy   float64 `json:"horizontal_accuracy,omitempty"` // meters
	LivePeriod           int     `json:"live_period,omitempty"`
	Heading              int     `json:"heading,omitempty"`                // degrees
	ProximityAlertRadius int     `json:"proximity_alert_radius,omitempty"` // meters
}

// Venue is a place with a name.
type Venue struct {
	Location        Location `json:"location"`
	Title           string   `json:"title"`
	Address         string   `json:"address"`
	FoursquareID    string   `json:"foursquare_id,omitempty"`
	FoursquareType  string   `json:"foursquare_type,omitempty"`
	GooglePlaceID   string   `json:"google_place_id,omitempty"`
	GooglePlaceType string   `json:"google_place_type,omitempty"`
}

// Contact is a phone contact.
type Contact struct {
	PhoneNumber string `json:"phone_number"`
	FirstName   string `json:"first_name"`
	LastName    string `json:"last_name,omitempty"`
	UserID      int64  `json:"user_id,omitempty"`
	VCard       string `json:"vcard,omitempty"`
}

// Dice is an animated emoji that shows a chance value, from 1.
type Dice struct {
	Emoji string `json:"emoji"`
	Value int    `json:"value"`
}

// Poll is a poll or a quiz with its results so far.
type Poll struct {
	ID                    string       `json:"id"`
	Question              string       `json:"question"`
	QuestionEntities      []Entity     `json:"question_entities,omitempty"`
	Options               []PollOption `json:"options"`
	TotalVoterCount       int          `json:"total_voter_count"`
	IsClosed              bool         `json:"is_closed"`
	IsAnonymous           bool         `json:"is_anonymous"`
	Type                  string       `json:"type"` // regular, quiz
	AllowsMultipleAnswers bool         `json:"allows_multiple_answers"`
	AllowsRevoting        bool         `json:"allows_revoting"`
	MembersOnly           bool         `json:"members_only"`
	CorrectOptionIDs      []int        `json:"correct_option_ids,omitempty"`
	Explanation           string       `json:"explanation,omitempty"`
	ExplanationEntities   []Entity     `json:"explanation_entities,omitempty"`
	OpenPeriod            int          `json:"open_period,omitempty"` // seconds
	CloseDate             int64        `json:"close_date,omitempty"`  // Unix seconds
	Description           string       `json:"description,omitempty"`
	DescriptionEntities   []Entity     `json:"description_entities,omitempty"`
}

// PollOption is one answer of a poll. PersistentID names it whatever its place is.
type PollOption struct {
	PersistentID string   `json:"persistent_id"`
	Text         string   `json:"text"`
	TextEntities []Entity `json:"text_entities,omitempty"`
	VoterCount   int      `json:"voter_count"`
}

// PollAnswer tells how somebody voted in a poll that is not anonymous; no options
// mean that the vote was taken back.
type PollAnswer struct {
	PollID              string   `json:"poll_id"`
	User                *User    `json:"user,omitempty"`
	OptionIDs           []int    `json:"option_ids"`
	OptionPersistentIDs []string `json:"option_persistent_ids"`
}

// PaidMediaInfo is media that people pay for. StarCount is the price.
type PaidMediaInfo struct {
	StarCount int         `json:"star_count"`
	PaidMedia []PaidMedia `json:"paid_media"`
}

// PaidMedia is one item of paid media: "photo", "video" or "live_photo". The bot and
// observers see it whole, paid or not; [Message.BoughtBy] says who else does.
type PaidMedia struct {
	Type      string      `json:"type"`
	Photo     []PhotoSize `json:"photo,omitempty"`
	Video     *Video      `json:"video,omitempty"`
	LivePhoto *LivePhoto  `json:"live_photo,omitempty"`
}

// FileIDs lists the files of the message: of a photo its largest size only.
func (m Message) FileIDs() []string {
	switch {
	case len(m.Photo) > 0:
		return []string{m.Photo[len(m.Photo)-1].FileID}
	case m.Document != nil: // an animation is one too
		return []string{m.Document.FileID}
	case m.Sticker != nil:
		return []string{m.Sticker.FileID}
	case m.Voice != nil:
		return []string{m.Voice.FileID}
	case m.Video != nil:
		return []string{m.Video.FileID}
	case m.Audio != nil:
		return []string{m.Audio.FileID}
	case m.VideoNote != nil:
		return []string{m.VideoNote.FileID}
	case m.LivePhoto != nil:
		return []string{m.LivePhoto.FileID}
	case m.PaidMedia != nil:
		return m.PaidMedia.fileIDs()
	}
	return nil
}

func (p *PaidMediaInfo) fileIDs() (ids []string) {
	for _, item := range p.PaidMedia {
		ids = append(ids, Message{Photo: item.Photo, Video: item.Video, LivePhoto: item.LivePhoto}.FileIDs()...)
	}
	return ids
}
