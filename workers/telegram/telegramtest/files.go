package telegramtest

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/http"
	"strings"
	"time"
)

const (
	maxDownload = 20 << 20  // bytes
	linkLife    = time.Hour // of a file_path
)

// fileState is a stored file. A scaled size of a photo has no content of its own: it
// is made from Of, to fit Side, when it is asked for.
type fileState struct {
	ID       string `json:"id"`
	UniqueID string `json:"unique_id"`
	Dir      string `json:"dir"` // photos, documents, ...: also the kind
	Path     string `json:"path"`
	MimeType string `json:"mime_type"`
	Size     int64  `json:"size"`
	Content  []byte `json:"content,omitempty"`
	Of       string `json:"of,omitempty"`
	Side     int    `json:"side,omitempty"`
	Width    int    `json:"width,omitempty"`
	Height   int    `json:"height,omitempty"`
	Link     int64  `json:"link,omitempty"` // valid until, in Unix milliseconds

	Name      string `json:"name,omitempty"`
	Duration  int    `json:"duration,omitempty"`
	Performer string `json:"performer,omitempty"`
	Title     string `json:"title,omitempty"`
	Emoji     string `json:"emoji,omitempty"`
	Thumb     string `json:"thumb,omitempty"` // file_id of the thumbnail
	Still     string `json:"still,omitempty"` // file_id of a live photo's picture
}

// fileKinds are the names Telegram has for the kinds of files.
var fileKinds = map[string]string{
	"photos": "Photo", "documents": "Document", "stickers": "Sticker", "voice": "VoiceNote", "videos": "Video",
	"animations": "Animation", "music": "Audio", "video_notes": "VideoNote", "live_photos": "Video", "thumbnails": "Thumbnail",
}

// File returns what a file_id stands for; ok is false when there is no such file, or
// not any more.
func (s *Server) File(fileID string) (mediaType string, content []byte, ok bool) {
	s.mu.Lock()
	f := s.w.Files[fileID]
	var src *fileState
	if f != nil {
		if src = f; f.Of != "" {
			src = s.w.Files[f.Of]
		}
	}
	s.mu.Unlock()
	if src == nil {
		return "", nil, false
	}
	if f.Side == 0 {
		return f.MimeType, src.Content, true
	}
	return "image/jpeg", scaled(src.Content, f.Width, f.Height), true
}

// newFile registers a file under a new id; the oldest ones go when there are too many.
func (s *Server) newFile(f *fileState) *fileState {
	n := s.w.newID()
	f.ID = "AgAC" + token(s.opts.Bot.ID, n)
	f.UniqueID = "AQAD" + token(n)
	f.Path = fmt.Sprintf("%s/file_%d%s", f.Dir, n, extension(f.MimeType))
	s.w.Files[f.ID] = f
	s.w.FileOrder = append(s.w.FileOrder, f.ID)
	s.w.FileBytes += int64(len(f.Content))
	for s.w.FileBytes > maxFileBytes && len(s.w.FileOrder) > 1 {
		oldest := s.w.FileOrder[0]
		s.w.FileBytes -= int64(len(s.w.Files[oldest].Content))
		delete(s.w.Files, oldest)
		s.w.FileOrder = s.w.FileOrder[1:]
	}
	return f
}

// token makes an opaque word of numbers.
func token(ns ...int64) string {
	var b []byte
	for _, n := range ns {
		b = binary.BigEndian.AppendUint64(b, uint64(n)*0x9E3779B97F4A7C15)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func extension(mimeType string) string {
	switch mimeType {
	case "image/jpeg":
		return ".jpg"
	case "application/octet-stream", "":
		return ""
	}
	if _, kind, ok := strings.Cut(mimeType, "/"); ok && !strings.ContainsAny(kind, ".+; ") {
		return "." + kind
	}
	return ""
}

// storePhoto stores a picture and its smaller sizes. What people send is not judged:
// a picture that cannot be read passes as 1280 by 720.
func (s *Server) storePhoto(content []byte) []PhotoSize {
	width, height, ok := dimensions(content)
	if !ok {
		width, height = 1280, 720
	}
	full := s.store(Media{Kind: MediaPhoto, Attachment: Attachment{Content: content}, Width: width, Height: height})
	var sizes []PhotoSize
	for _, side := range []int{90, 320, 800} {
		if max(width, height) <= side || !ok {
			break
		}
		w, h := fit(width, height, side)
		f := s.newFile(&fileState{Dir: "photos", MimeType: "image/jpeg", Of: full.ID, Side: side, Width: w, Height: h})
		sizes = append(sizes, PhotoSize{FileID: f.ID, FileUniqueID: f.UniqueID, Width: w, Height: h})
	}
	return append(sizes, PhotoSize{
		FileID: full.ID, FileUniqueID: full.UniqueID, Width: width, Height: height, FileSize: full.Size,
	})
}

// part finds the upload that a file parameter means, marking it used: the part of
// that name, or the one behind attach://. It is nil when the value is a file_id.
func (c *call) part(name, value string) (*upload, error) {
	if at, ok := strings.CutPrefix(value, attach); ok {
		u := c.files[at]
		if u == nil {
			return nil, bad("wrong file identifier/HTTP URL specified")
		}
		u.used = true
		return u, nil
	}
	if u := c.files[name]; u != nil && value == "" && name != "" {
		u.used = true
		return u, nil
	}
	return nil, nil
}

// stored finds the file of a file_id and holds it to its kind.
func (s *Server) stored(id, dir string) (*fileState, error) {
	f := s.w.Files[id]
	switch {
	case f == nil:
		return nil, bad("wrong file identifier/HTTP URL specified")
	case f.Dir != dir:
		return nil, bad("can't use file of type %s as %s", fileKinds[f.Dir], fileKinds[dir])
	}
	return f, nil
}

// photoFrom reads a photo out of a call: an upload or a URL, checked, or a file_id.
func (s *Server) photoFrom(c *call, name, value string) ([]PhotoSize, error) {
	u, err := c.part(name, value)
	switch {
	case err != nil:
		return nil, err
	case u != nil:
		if err := checkPhoto(u.content); err != nil {
			return nil, err
		}
		return s.storePhoto(u.content), nil
	case value == "" && name == "":
		return nil, bad("can't parse InputMedia: media not found")
	case value == "":
		return nil, bad("there is no photo in the request")
	case isURL(value):
		return s.fetchedPhoto(c, value)
	}
	f, err := s.stored(value, "photos")
	if err != nil {
		return nil, err
	}
	return s.sizesOf(f), nil
}

func (s *Server) fetchedPhoto(c *call, address string) ([]PhotoSize, error) {
	mediaType, content, err := c.get(address, maxPhotoByURL)
	if err == nil && !strings.HasPrefix(mediaType, "image/") {
		err = bad("wrong type of the web page content")
	}
	if err == nil {
		err = checkPhoto(content)
	}
	if err != nil {
		return nil, err
	}
	return s.storePhoto(content), nil
}

// sizesOf lists the sizes of the photo a file belongs to.
func (s *Server) sizesOf(f *fileState) []PhotoSize {
	full := cmp.Or(f.Of, f.ID)
	var sizes []PhotoSize
	for _, id := range s.w.FileOrder {
		if other := s.w.Files[id]; other != nil && other.Of == full {
			sizes = append(sizes, PhotoSize{FileID: id, FileUniqueID: other.UniqueID, Width: other.Width, Height: other.Height})
		}
	}
	if whole := s.w.Files[full]; whole != nil {
		sizes = append(sizes, PhotoSize{
			FileID: full, FileUniqueID: whole.UniqueID, Width: whole.Width, Height: whole.Height, FileSize: whole.Size,
		})
	}
	return sizes
}

func (s *Server) getFile(c *call) (any, error) {
	id := c.str("file_id")
	if id == "" {
		return nil, bad("file_id not specified")
	}
	f := s.w.Files[id]
	if f == nil {
		return nil, bad("invalid file_id")
	}
	if f.Size > maxDownload {
		return nil, bad("file is too big")
	}
	f.Link = s.until(linkLife)
	return struct {
		FileID       string `json:"file_id"`
		FileUniqueID string `json:"file_unique_id"`
		FileSize     int64  `json:"file_size,omitempty"`
		FilePath     string `json:"file_path"`
	}{f.ID, f.UniqueID, f.Size, f.Path}, nil
}

// serveFile answers /file/bot<token>/<path>: the bytes, while the link is valid.
func (s *Server) serveFile(w http.ResponseWriter, r *http.Request, at string) {
	s.mu.Lock()
	id := ""
	for _, f := range s.w.Files {
		if f.Path == at && !s.past(f.Link) {
			id = f.ID
		}
	}
	s.mu.Unlock()
	mediaType, content, ok := s.File(id)
	if !ok {
		refuse(w, &apiError{Code: http.StatusNotFound, Description: "Not Found"})
		return
	}
	c := &call{ctx: r.Context(), method: "download", started: time.Now(), values: map[string]string{"path": at}}
	if f := s.strike(c, true); f != nil {
		if !s.breakAnswer(w, r, f) {
			return
		}
		if f.Kind == Refuse {
			refuse(w, f.refusal())
			return
		}
	}
	w.Header().Set("Content-Type", cmp.Or(mediaType, "application/octet-stream"))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}
