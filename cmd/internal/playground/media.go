package playground

import (
	"cmp"

	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// mediaView is what a message carries besides its text: one of the pointers, or none.
// Lengths are in seconds.
type mediaView struct {
	Photo    *photoView                `json:"photo,omitempty"`
	Video    *videoView                `json:"video,omitempty"`
	Document *documentView             `json:"document,omitempty"`
	Sticker  *stickerView              `json:"sticker,omitempty"`
	Voice    *soundView                `json:"voice,omitempty"`
	Audio    *soundView                `json:"audio,omitempty"`
	Place    *placeView                `json:"place,omitempty"`
	Contact  *contactView              `json:"contact,omitempty"`
	Poll     *pollView                 `json:"poll,omitempty"`
	Dice     *telegramtest.Dice        `json:"dice,omitempty"`
	Invoice  *invoiceView              `json:"invoice,omitempty"`
	Paid     *paidView                 `json:"paid,omitempty"`
	Rich     *telegramtest.RichMessage `json:"rich,omitempty"`
	Other    string                    `json:"other,omitempty"` // named rather than drawn
}

type (
	photoView struct {
		File    string `json:"file"`
		Width   int    `json:"width"`
		Height  int    `json:"height"`
		Spoiler bool   `json:"spoiler,omitempty"`
	}

	videoView struct {
		Kind     string `json:"kind"` // video, animation, round, live
		File     string `json:"file"`
		Name     string `json:"name,omitempty"`
		Mime     string `json:"mime,omitempty"`
		Width    int    `json:"width"`
		Height   int    `json:"height"`
		Duration int    `json:"duration"`
		Thumb    string `json:"thumb,omitempty"`
		Spoiler  bool   `json:"spoiler,omitempty"`
		Locked   bool   `json:"locked,omitempty"`
	}

	documentView struct {
		File  string `json:"file"`
		Name  string `json:"name"`
		Size  int64  `json:"size"`
		Thumb string `json:"thumb,omitempty"`
	}

	// stickerView is drawn when browsers know its format, else its emoji stands for it.
	stickerView struct {
		File   string `json:"file"`
		Emoji  string `json:"emoji,omitempty"`
		Drawn  bool   `json:"drawn"`
		Width  int    `json:"width"`
		Height int    `json:"height"`
	}

	// soundView is a voice message, or music with a title.
	soundView struct {
		File      string `json:"file"`
		Duration  int    `json:"duration"`
		Size      int64  `json:"size,omitempty"`
		Name      string `json:"name,omitempty"`
		Title     string `json:"title,omitempty"`
		Performer string `json:"performer,omitempty"`
		Thumb     string `json:"thumb,omitempty"`
	}

	placeView struct {
		Latitude  float64 `json:"latitude"`
		Longitude float64 `json:"longitude"`
		Title     string  `json:"title,omitempty"` // of a venue
		Address   string  `json:"address,omitempty"`
	}

	contactView struct {
		Name  string `json:"name"`
		Phone string `json:"phone"`
		User  int64  `json:"user,omitempty"`
	}

	pollView struct {
		Question    string                `json:"question"`
		Entities    []telegramtest.Entity `json:"entities,omitempty"`
		Options     []choiceView          `json:"options"`
		Voters      int                   `json:"voters"`
		Closed      bool                  `json:"closed,omitempty"`
		Anonymous   bool                  `json:"anonymous,omitempty"`
		Quiz        bool                  `json:"quiz,omitempty"`
		Multiple    bool                  `json:"multiple,omitempty"`
		Correct     []int                 `json:"correct,omitempty"`
		Explanation string                `json:"explanation,omitempty"`
		Votes       map[int64][]int       `json:"votes,omitempty"` // by person
	}

	choiceView struct {
		Text  string `json:"text"`
		Votes int    `json:"votes"`
	}

	invoiceView struct {
		Title       string `json:"title"`
		Description string `json:"description"`
		Currency    string `json:"currency"`
		Amount      int    `json:"amount"`
		Period      int    `json:"period,omitempty"` // of a subscription, in seconds
	}

	// paidView is media for Stars. Bought says who sees it; the others see a veil.
	paidView struct {
		Stars  int         `json:"stars"`
		Bought []int64     `json:"bought,omitempty"`
		Items  []mediaView `json:"items"`
	}
)

func viewMedia(m telegramtest.Message) mediaView {
	switch {
	case len(m.Photo) > 0:
		return mediaView{Photo: viewPhoto(m.Photo, m.HasMediaSpoiler)}
	case m.Animation != nil: // it has a document too
		a := m.Animation
		return mediaView{Video: &videoView{
			Kind: "animation", File: a.FileID, Name: a.FileName, Mime: a.MimeType, Width: a.Width, Height: a.Height, Duration: a.Duration,
			Thumb: thumb(a.Thumbnail), Spoiler: m.HasMediaSpoiler, Locked: m.HasProtectedContent,
		}}
	case m.Video != nil:
		return mediaView{Video: viewVideo(m.Video, m)}
	case m.VideoNote != nil:
		n := m.VideoNote
		return mediaView{Video: &videoView{Kind: "round", File: n.FileID, Width: n.Length, Height: n.Length, Duration: n.Duration, Thumb: thumb(n.Thumbnail)}}
	case m.Document != nil:
		d := m.Document
		return mediaView{Document: &documentView{File: d.FileID, Name: d.FileName, Size: d.FileSize, Thumb: thumb(d.Thumbnail)}}
	case m.Sticker != nil:
		return mediaView{Sticker: viewSticker(m.Sticker)}
	case m.PaidMedia != nil:
		return mediaView{Paid: viewPaid(m)}
	case m.Invoice != nil:
		i := m.Invoice
		return mediaView{Invoice: &invoiceView{Title: i.Title, Description: i.Description, Currency: i.Currency, Amount: i.TotalAmount}}
	case m.RichMessage != nil:
		return mediaView{Rich: m.RichMessage}
	}
	return viewThing(m)
}

// viewThing is what needs no file of its own, and sound.
func viewThing(m telegramtest.Message) mediaView {
	switch {
	case m.Voice != nil:
		return mediaView{Voice: &soundView{File: m.Voice.FileID, Duration: m.Voice.Duration, Size: m.Voice.FileSize}}
	case m.Audio != nil:
		a := m.Audio
		return mediaView{Audio: &soundView{
			File: a.FileID, Duration: a.Duration, Size: a.FileSize, Name: a.FileName, Title: a.Title, Performer: a.Performer, Thumb: thumb(a.Thumbnail),
		}}
	case m.Venue != nil: // it has a location too
		at := m.Venue.Location
		return mediaView{Place: &placeView{Latitude: at.Latitude, Longitude: at.Longitude, Title: m.Venue.Title, Address: m.Venue.Address}}
	case m.Location != nil:
		return mediaView{Place: &placeView{Latitude: m.Location.Latitude, Longitude: m.Location.Longitude}}
	case m.Contact != nil:
		c := m.Contact
		return mediaView{Contact: &contactView{Name: fullName(&telegramtest.User{FirstName: c.FirstName, LastName: c.LastName}), Phone: c.PhoneNumber, User: c.UserID}}
	case m.Poll != nil:
		return mediaView{Poll: viewPoll(m.Poll)}
	case m.Dice != nil:
		return mediaView{Dice: m.Dice}
	case m.Story != nil:
		return mediaView{Other: "Story of " + cmp.Or(m.Story.Chat.Title, m.Story.Chat.FirstName)}
	case m.LivePhoto != nil:
		l := m.LivePhoto
		return mediaView{Video: &videoView{Kind: "live", File: l.FileID, Mime: l.MimeType, Width: l.Width, Height: l.Height, Duration: l.Duration}}
	}
	return mediaView{}
}

func viewPhoto(sizes []telegramtest.PhotoSize, spoiler bool) *photoView {
	best := sizes[len(sizes)-1]
	return &photoView{File: best.FileID, Width: best.Width, Height: best.Height, Spoiler: spoiler}
}

func viewVideo(v *telegramtest.Video, m telegramtest.Message) *videoView {
	return &videoView{
		Kind: "video", File: v.FileID, Name: v.FileName, Mime: v.MimeType, Width: v.Width, Height: v.Height, Duration: v.Duration,
		Thumb: thumb(v.Thumbnail), Spoiler: m.HasMediaSpoiler, Locked: m.HasProtectedContent,
	}
}

func viewSticker(s *telegramtest.Sticker) *stickerView {
	return &stickerView{File: s.FileID, Emoji: s.Emoji, Drawn: !s.IsAnimated && !s.IsVideo, Width: s.Width, Height: s.Height}
}

func viewPaid(m telegramtest.Message) *paidView {
	v := &paidView{Stars: m.PaidMedia.StarCount, Bought: m.BoughtBy, Items: []mediaView{}}
	for _, item := range m.PaidMedia.PaidMedia {
		switch {
		case len(item.Photo) > 0:
			v.Items = append(v.Items, mediaView{Photo: viewPhoto(item.Photo, false)})
		case item.Video != nil:
			v.Items = append(v.Items, mediaView{Video: viewVideo(item.Video, m)})
		}
	}
	return v
}

func viewPoll(p *telegramtest.Poll) *pollView {
	v := &pollView{
		Question: p.Question, Entities: p.QuestionEntities, Voters: p.TotalVoterCount, Closed: p.IsClosed, Anonymous: p.IsAnonymous,
		Quiz: p.Type == "quiz", Multiple: p.AllowsMultipleAnswers, Correct: p.CorrectOptionIDs, Explanation: p.Explanation,
	}
	for _, o := range p.Options {
		v.Options = append(v.Options, choiceView{Text: o.Text, Votes: o.VoterCount})
	}
	return v
}

func thumb(size *telegramtest.PhotoSize) string {
	if size == nil {
		return ""
	}
	return size.FileID
}

// contentName names what a message without text shows, for a line about it.
func contentName(m telegramtest.Message) string {
	switch {
	case len(m.Photo) > 0:
		return "Photo"
	case m.Animation != nil:
		return "GIF"
	case m.Video != nil, m.VideoNote != nil, m.LivePhoto != nil:
		return "Video"
	case m.Document != nil:
		return m.Document.FileName
	case m.Sticker != nil:
		return m.Sticker.Emoji + " Sticker"
	case m.Voice != nil:
		return "Voice message"
	case m.Audio != nil:
		return cmp.Or(m.Audio.Title, m.Audio.FileName, "Audio")
	case m.Poll != nil:
		return "📊 " + m.Poll.Question
	case m.Invoice != nil:
		return m.Invoice.Title
	case m.Location != nil:
		return "Location"
	case m.Contact != nil:
		return "Contact"
	case m.Dice != nil:
		return m.Dice.Emoji
	}
	return "Message"
}
