package telegramtest

import (
	"cmp"
	"mime"
	"net/http"
	"path"
	"strings"
)

// MediaKind says how a file is shown. The set is closed.
type MediaKind string

// The kinds of media, named as the fields of a [Message].
const (
	MediaPhoto     MediaKind = "photo"
	MediaVideo     MediaKind = "video"
	MediaAnimation MediaKind = "animation"
	MediaAudio     MediaKind = "audio"
	MediaDocument  MediaKind = "document"
	MediaVoice     MediaKind = "voice"
	MediaVideoNote MediaKind = "video_note"
	MediaSticker   MediaKind = "sticker"
	MediaLivePhoto MediaKind = "live_photo"
)

// dirs are the folders of the kinds in a file_path; they stand for the kinds of
// stored files.
var dirs = map[MediaKind]string{
	MediaPhoto: "photos", MediaVideo: "videos", MediaAnimation: "animations", MediaAudio: "music", MediaDocument: "documents",
	MediaVoice: "voice", MediaVideoNote: "video_notes", MediaSticker: "stickers", MediaLivePhoto: "live_photos",
}

// Media is a file and how it is shown. What is left empty is read from the content
// where it says so (pictures), or gets a plausible value.
type Media struct {
	Kind MediaKind
	Attachment
	Width, Height int    // pixels; of a video note its diameter is Width
	Duration      int    // seconds
	Performer     string // of an audio
	Title         string // of an audio
	Emoji         string // of a sticker
	Thumbnail     []byte // JPEG, at most 320 pixels wide and high
	Spoiler       bool
	Still         []byte // the picture of a live photo
}

// store keeps a file of any kind but a photo, with what its messages show.
func (s *Server) store(d Media) *fileState {
	d.MimeType = cmp.Or(d.MimeType, mime.TypeByExtension(path.Ext(d.Name)), http.DetectContentType(d.Content))
	d.MimeType, _, _ = strings.Cut(d.MimeType, ";")
	f := &fileState{
		Dir: dirs[d.Kind], Name: d.Name, MimeType: d.MimeType, Size: int64(len(d.Content)), Content: d.Content,
		Width: d.Width, Height: d.Height, Duration: d.Duration, Performer: d.Performer, Title: d.Title, Emoji: d.Emoji,
	}
	if w, h, ok := dimensions(d.Content); ok && f.Width == 0 {
		f.Width, f.Height = w, h
	}
	if d.Thumbnail != nil {
		f.Thumb = s.thumbnail(d.Thumbnail).ID
	}
	if d.Still != nil {
		sizes := s.storePhoto(d.Still)
		best := sizes[len(sizes)-1]
		f.Still = best.FileID
		f.Width, f.Height = cmp.Or(f.Width, best.Width), cmp.Or(f.Height, best.Height)
	}
	return s.newFile(f)
}

func (s *Server) thumbnail(content []byte) *fileState {
	f := &fileState{Dir: "thumbnails", MimeType: "image/jpeg", Size: int64(len(content)), Content: content}
	f.Width, f.Height, _ = dimensions(content)
	return s.newFile(f)
}

// attach gives a message the file it shows.
func (s *Server) attach(m *Message, kind MediaKind, f *fileState) {
	switch kind {
	case MediaPhoto:
		m.Photo = s.sizesOf(f)
	case MediaVideo:
		m.Video = s.video(f)
	case MediaAnimation:
		m.Animation = s.animation(f)
		m.Document = s.document(f)
	case MediaAudio:
		m.Audio = &Audio{
			FileID: f.ID, FileUniqueID: f.UniqueID, Duration: f.Duration, Performer: f.Performer, Title: f.Title,
			FileName: f.Name, MimeType: f.MimeType, FileSize: f.Size, Thumbnail: s.thumbOf(f),
		}
	case MediaDocument:
		m.Document = s.document(f)
	case MediaVoice:
		m.Voice = &Voice{FileID: f.ID, FileUniqueID: f.UniqueID, Duration: f.Duration, MimeType: f.MimeType, FileSize: f.Size}
	case MediaVideoNote:
		m.VideoNote = &VideoNote{
			FileID: f.ID, FileUniqueID: f.UniqueID, Length: cmp.Or(f.Width, 240), Duration: f.Duration, FileSize: f.Size,
			Thumbnail: s.thumbOf(f),
		}
	case MediaSticker:
		m.Sticker = s.sticker(f)
	case MediaLivePhoto:
		m.LivePhoto = s.livePhoto(f)
	}
}

func (s *Server) video(f *fileState) *Video {
	return &Video{
		FileID: f.ID, FileUniqueID: f.UniqueID, Width: f.Width, Height: f.Height, Duration: f.Duration,
		FileName: f.Name, MimeType: f.MimeType, FileSize: f.Size, Thumbnail: s.thumbOf(f),
	}
}

func (s *Server) animation(f *fileState) *Animation {
	return &Animation{
		FileID: f.ID, FileUniqueID: f.UniqueID, Width: f.Width, Height: f.Height, Duration: f.Duration,
		FileName: f.Name, MimeType: f.MimeType, FileSize: f.Size, Thumbnail: s.thumbOf(f),
	}
}

func (s *Server) document(f *fileState) *Document {
	return &Document{
		FileID: f.ID, FileUniqueID: f.UniqueID, FileName: cmp.Or(f.Name, "file"+extension(f.MimeType)), MimeType: f.MimeType,
		FileSize: f.Size, Thumbnail: s.thumbOf(f),
	}
}

func (s *Server) sticker(f *fileState) *Sticker {
	return &Sticker{
		FileID: f.ID, FileUniqueID: f.UniqueID, Type: "regular", Width: cmp.Or(f.Width, 512), Height: cmp.Or(f.Height, 512),
		IsAnimated: f.MimeType == mimeTGS, IsVideo: f.MimeType == "video/webm", Emoji: f.Emoji, FileSize: f.Size,
		Thumbnail: s.thumbOf(f),
	}
}

func (s *Server) livePhoto(f *fileState) *LivePhoto {
	p := &LivePhoto{
		FileID: f.ID, FileUniqueID: f.UniqueID, Width: f.Width, Height: f.Height, Duration: f.Duration, MimeType: f.MimeType,
		FileSize: f.Size,
	}
	if still := s.w.Files[f.Still]; still != nil {
		p.Photo = s.sizesOf(still)
	}
	return p
}

// thumbOf is the thumbnail of a file; nil if it has none.
func (s *Server) thumbOf(f *fileState) *PhotoSize {
	t := s.w.Files[f.Thumb]
	if t == nil {
		return nil
	}
	return &PhotoSize{FileID: t.ID, FileUniqueID: t.UniqueID, Width: t.Width, Height: t.Height, FileSize: t.Size}
}

// mimeTGS is the type of an animated sticker, which is packed JSON.
const mimeTGS = "application/x-tgsticker"
