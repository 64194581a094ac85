package telegramtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The begins of files, enough for what is told by them.
var (
	oggVoice = []byte("OggS\x00\x02 OpusHead voice")
	mp3Audio = []byte("ID3\x03\x00\x00\x00 audio")
	mp4Video = []byte("\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom video")
	webmClip = []byte("\x1a\x45\xdf\xa3\x00\x00\x00\x00webm")
	webpFile = append([]byte("RIFF\x24\x00\x00\x00WEBPVP8 \x18\x00\x00\x00\x30\x01\x00\x9d\x01\x2a\x00\x02\x00\x02"), make([]byte, 8)...)
)

// jpegOf is a JPEG thumbnail.
func jpegOf(t *testing.T, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, width, height)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestSendEveryKind uploads a file of every kind, and sends it again by its file_id:
// what is known of the file comes along.
func TestSendEveryKind(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	for _, tt := range []struct {
		kind    MediaKind
		method  string
		content []byte
		values  map[string]string
		want    Message
	}{
		{MediaVideo, "sendVideo", mp4Video, map[string]string{"width": "640", "height": "360", "duration": "7", "caption": "a *fox*", "parse_mode": "MarkdownV2", "has_spoiler": "true"}, Message{
			Video:   &Video{Width: 640, Height: 360, Duration: 7, FileName: "video.png", MimeType: "video/mp4"},
			Caption: "a fox", CaptionEntities: []Entity{{Type: "bold", Offset: 2, Length: 3}}, HasMediaSpoiler: true,
		}},
		{MediaAnimation, "sendAnimation", []byte("GIF89a\x10\x00\x08\x00\x00\x00\x00;"), map[string]string{"duration": "2"}, Message{
			Animation: &Animation{Width: 16, Height: 8, Duration: 2, FileName: "animation.png", MimeType: "image/gif"},
			Document:  &Document{FileName: "animation.png", MimeType: "image/gif"},
		}},
		{MediaAudio, "sendAudio", mp3Audio, map[string]string{"performer": "The Foxes", "title": "Blue", "duration": "90"}, Message{
			Audio: &Audio{Duration: 90, Performer: "The Foxes", Title: "Blue", FileName: "audio.png", MimeType: "audio/mpeg"},
		}},
		{MediaVoice, "sendVoice", oggVoice, map[string]string{"duration": "3"}, Message{Voice: &Voice{Duration: 3, MimeType: "audio/ogg"}}},
		{MediaVideoNote, "sendVideoNote", mp4Video, map[string]string{"length": "240", "duration": "4"}, Message{VideoNote: &VideoNote{Length: 240, Duration: 4}}},
		{MediaSticker, "sendSticker", webpFile, map[string]string{"emoji": "🦊"}, Message{Sticker: &Sticker{Type: "regular", Width: 512, Height: 512, Emoji: "🦊"}}},
		{MediaDocument, "sendDocument", []byte("text"), map[string]string{"caption": "read"}, Message{
			Document: &Document{FileName: "document.png", MimeType: "image/png"}, Caption: "read",
		}},
	} {
		t.Run(tt.method, func(t *testing.T) {
			values := map[string]string{"chat_id": itoa(ann.ID())}
			maps.Copy(values, tt.values)
			ct, body := form(t, values, map[string][]byte{string(tt.kind): tt.content})
			m := post(t, s, tt.method, ct, body).message(t)
			if diff := cmp.Diff(tt.want, m, unstable); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
			id := m.FileIDs()[0]
			if _, content, ok := s.File(id); !ok || !bytes.Equal(content, tt.content) {
				t.Errorf("the file is %q, %v", content, ok)
			}
			again := do(t, s, tt.method, params{"chat_id": ann.ID(), string(tt.kind): id}).message(t)
			if got := again.FileIDs()[0]; got != id {
				t.Errorf("sent again it has the file_id %s, want %s", got, id)
			}
			if tt.kind == MediaVideo && again.Video.Duration != 7 {
				t.Errorf("sent again it lasts %d s", again.Video.Duration)
			}
		})
	}
}

// unstable ignores what of a message depends on when and where it was sent.
var unstable = cmp.FilterPath(func(p cmp.Path) bool {
	switch p.Last().String() {
	case ".FileID", ".FileUniqueID", ".FileSize", ".MessageID", ".Date", ".From", ".Chat":
		return true
	}
	return false
}, cmp.Ignore())

func TestLivePhoto(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	ct, body := form(t, map[string]string{"chat_id": itoa(ann.ID()), "live_photo": "attach://clip", "photo": "attach://still"},
		map[string][]byte{"clip": mp4Video, "still": picture(t, 40, 30)})
	a := post(t, s, "sendLivePhoto", ct, body)
	if !a.OK {
		t.Fatal(a.Description)
	}
	m := a.message(t)
	if m.LivePhoto == nil || len(m.LivePhoto.Photo) == 0 || m.LivePhoto.Width != 40 {
		t.Errorf("sent %+v", m.LivePhoto)
	}
}

func TestThumbnails(t *testing.T) {
	t.Parallel()
	s := lenient(t, Options{})
	ann := s.Person(PersonConfig{})
	ann.Start("")
	send := func(thumb []byte) Message {
		ct, body := form(t, map[string]string{"chat_id": itoa(ann.ID()), "thumbnail": "attach://small"},
			map[string][]byte{"video": mp4Video, "small": thumb})
		return post(t, s, "sendVideo", ct, body).message(t)
	}
	if th := send(jpegOf(t, 320, 180)).Video.Thumbnail; th == nil || th.Width != 320 || th.Height != 180 {
		t.Errorf("thumbnail %+v", th)
	}
	if n := len(s.Violations()); n != 0 {
		t.Errorf("%d violations for a good thumbnail", n)
	}
	for _, wrong := range [][]byte{jpegOf(t, 321, 10), []byte("no picture"), make([]byte, maxThumbnail)} {
		if th := send(wrong).Video.Thumbnail; th != nil {
			t.Errorf("a thumbnail that Telegram leaves out is shown: %+v", th)
		}
	}
	if n := len(s.Violations()); n != 3 {
		t.Errorf("%d violations for three bad thumbnails", n)
	}
}

func TestFetch(t *testing.T) {
	t.Parallel()
	served := map[string]struct {
		mediaType string
		content   []byte
	}{
		"fox.png": {"image/png", picture(t, 40, 30)}, "fox.gif": {"image/gif", []byte("GIF89a\x10\x00\x08\x00\x00\x00\x00;")},
		"page.html": {"text/html; charset=utf-8", []byte("<html>")}, "empty.png": {"image/png", nil},
		"big.png": {"image/png", make([]byte, maxPhotoByURL+1)}, "book.pdf": {"application/pdf", []byte("%PDF-")},
		"clip.mp4": {"video/mp4", mp4Video}, "broken.png": {"image/png", []byte("no picture")}, "big.zip": {"application/zip", make([]byte, maxFileByURL+1)},
		"text.txt": {"text/plain", []byte("text")},
	}
	s := NewTest(t, Options{Fetch: func(_ context.Context, url string) (string, []byte, error) {
		f, ok := served[strings.TrimPrefix(url, "https://example.com/")]
		if !ok {
			return "", nil, errors.New("no such host")
		}
		return f.mediaType, f.content, nil
	}})
	ann := s.Person(PersonConfig{})
	ann.Start("")
	const gone, wrong = "failed to get HTTP URL content", "wrong type of the web page content"
	for _, tt := range []struct{ method, part, file, want string }{
		{"sendPhoto", "photo", "fox.png", ""},
		{"sendPhoto", "photo", "big.png", gone},
		{"sendPhoto", "photo", "none.png", gone},
		{"sendPhoto", "photo", "page.html", wrong},
		{"sendPhoto", "photo", "empty.png", wrong},
		{"sendPhoto", "photo", "broken.png", "IMAGE_PROCESS_FAILED"},
		{"sendDocument", "document", "book.pdf", ""},
		{"sendDocument", "document", "fox.gif", ""},
		{"sendDocument", "document", "text.txt", wrong},
		{"sendDocument", "document", "fox.png", wrong},
		{"sendDocument", "document", "big.zip", gone},
		{"sendVideo", "video", "clip.mp4", ""},
		{"sendVideo", "video", "fox.png", wrong},
		{"sendAnimation", "animation", "fox.gif", ""},
		{"sendVideoNote", "video_note", "clip.mp4", "wrong file identifier/HTTP URL specified"},
	} {
		a := do(t, s, tt.method, params{"chat_id": ann.ID(), tt.part: "https://example.com/" + tt.file})
		if tt.want == "" && !a.OK || tt.want != "" && a.Description != "Bad Request: "+tt.want {
			t.Errorf("%s of %s answered %q, want %q", tt.method, tt.file, a.Description, tt.want)
		}
	}
	a := do(t, s, "sendMediaGroup", params{"chat_id": ann.ID(), "media": []params{
		{"type": "photo", "media": "https://example.com/fox.png"}, {"type": "photo", "media": "https://example.com/none.png"},
	}})
	if want := `Bad Request: failed to send message #2 with the error message "WEBPAGE_CURL_FAILED"`; a.Description != want {
		t.Errorf("an album answered %q, want %q", a.Description, want)
	}
	quiet, bob := started(t)
	if a := do(t, quiet, "sendPhoto", params{"chat_id": bob.ID(), "photo": "https://example.com/fox.png"}); a.Description != "Bad Request: "+gone {
		t.Errorf("without Fetch a URL answered %q, want %q", a.Description, gone)
	}
}

func TestMediaRefusals(t *testing.T) {
	t.Parallel()
	s := lenient(t, Options{})
	ann := s.Person(PersonConfig{})
	ann.Start("")
	id := ann.ID()
	voice := ann.Voice().FileIDs()[0]
	photo := ann.Photo(picture(t, 40, 30), "").FileIDs()[0]
	text := do(t, s, "sendMessage", params{"chat_id": id, "text": "x"}).message(t).MessageID
	item := func(kind, file string) params { return params{"type": kind, "media": file} }
	for _, tt := range []struct {
		method string
		p      params
		want   string
	}{
		{"sendVideo", params{}, "there is no video in the request"},
		{"sendAnimation", params{}, "there is no animation in the request"},
		{"sendAudio", params{}, "there is no audio in the request"},
		{"sendVoice", params{}, "there is no voice in the request"},
		{"sendVideoNote", params{}, "there is no video note in the request"},
		{"sendSticker", params{}, "there is no sticker in the request"},
		{"sendVideo", params{"video": voice}, "can't use file of type VoiceNote as Video"},
		{"sendPhoto", params{"photo": voice}, "can't use file of type VoiceNote as Photo"},
		{"sendAudio", params{"audio": photo}, "can't use file of type Photo as Audio"},
		{"sendVoice", params{"voice": voice, "caption": strings.Repeat("x", 1025)}, "message caption is too long"},
		{"sendMediaGroup", params{"media": []params{item("photo", photo), item("audio", voice)}}, "audio can't be mixed with other media types"},
		{"sendMediaGroup", params{"media": []params{item("animation", voice), item("photo", photo)}}, `can't parse InputMedia: type "animation" can't be used in sendMediaGroup`},
		{"sendMediaGroup", params{"media": []params{item("photo", photo), item("poll", voice)}}, `can't parse InputMedia: type "poll" is unsupported`},
		{"sendMediaGroup", params{"media": []params{item("photo", photo), item("photo", "")}}, "can't parse InputMedia: media not found"},
		{"sendMediaGroup", params{"media": []params{item("photo", photo), {"type": "photo", "media": photo, "show_caption_above_media": true}}}, "parameter show_caption_above_media must be the same for all messages"},
		{"editMessageMedia", params{"message_id": text, "media": item("sticker", voice)}, `can't parse InputMedia: type "sticker" is unsupported`},
		{"editMessageMedia", params{"message_id": text}, `parameter "media" is required`},
		{"editMessageText", params{"message_id": text, "text": "y", "reply_markup": params{"remove_keyboard": true}}, "inline keyboard expected"},
		{"sendLocation", params{"longitude": 1}, "latitude is empty"},
		{"sendLocation", params{"latitude": 1}, "longitude is empty"},
		{"sendLocation", params{"latitude": 91, "longitude": 1}, "invalid location specified"},
		{"sendLocation", params{"latitude": 1, "longitude": 1, "live_period": 30}, "wrong live location period specified"},
		{"sendLocation", params{"latitude": 1, "longitude": 1, "heading": 361}, "wrong live location heading specified"},
		{"sendVenue", params{"latitude": 1, "longitude": 1, "title": "x"}, `parameter "address" is required`},
		{"sendContact", params{"first_name": "Ann"}, `parameter "phone_number" is required`},
		{"sendContact", params{"first_name": "Ann", "phone_number": "1", "vcard": strings.Repeat("x", 2049)}, "VCARD_TOO_LONG"},
		{"sendDice", params{"emoji": "🦊"}, "EMOTICON_INVALID"},
		{"sendPaidMedia", params{"star_count": 5}, `parameter "media" is required`},
		{"sendPaidMedia", params{"star_count": 0, "media": []params{item("photo", photo)}}, "STARS_AMOUNT_INVALID"},
		{"sendPaidMedia", params{"star_count": 5, "media": []params{}}, "paid media must be non-empty"},
		{"sendPaidMedia", params{"star_count": 5, "media": []params{item("audio", voice)}}, "can't parse InputPaidMedia: invalid type specified"},
		{"sendPaidMedia", params{"star_count": 5, "media": make([]params, 11)}, "too many paid media specified"},
		{"sendPaidMedia", params{"star_count": 5, "media": []params{item("photo", photo)}, "payload": strings.Repeat("x", 129)}, "payload is too long"},
		{"sendMessageDraft", params{"text": "x"}, "draft identifier must be non-zero"},
		{"sendMessageDraft", params{"draft_id": 1, "text": strings.Repeat("x", 4097)}, "message is too long"},
		{"pinChatMessage", params{"message_id": 999}, "message to pin not found"},
		{"unpinChatMessage", params{}, "message to unpin not found"},
	} {
		p := params{"chat_id": id}
		maps.Copy(p, tt.p)
		if a := do(t, s, tt.method, p); a.Description != "Bad Request: "+tt.want {
			t.Errorf("%s %v answered %q, want %q", tt.method, tt.p, a.Description, tt.want)
		}
	}
}

func TestUploadedKinds(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		method, part string
		content      []byte
		refusal      string
		violation    string
	}{
		{"sendSticker", "sticker", webpFile, "", ""},
		{"sendSticker", "sticker", webmClip, "", ""},
		{"sendSticker", "sticker", []byte("\x1f\x8b\x08 packed"), "", ""},
		{"sendSticker", "sticker", []byte("no sticker"), "wrong file type; a sticker is a .WEBP, .TGS or .WEBM file", ""},
		{"sendSticker", "sticker", append(slices.Clip(webpFile), make([]byte, maxStaticSticker)...), fmt.Sprintf("file of size %d bytes is too big for a sticker; the maximum size is 524288 bytes", maxStaticSticker+len(webpFile)), ""},
		{"sendVoice", "voice", oggVoice, "", ""},
		{"sendVoice", "voice", []byte("\xff\xfb\x90\x00 mpeg"), "", ""},
		{"sendVoice", "voice", []byte("\x00\x00\x00\x18ftypM4A \x00"), "", ""},
		{"sendVoice", "voice", mp4Video, "", "a voice message is OGG with OPUS, MP3 or M4A; Telegram sends other files as documents"},
		{"sendVideo", "video", nil, "file must be non-empty", ""},
	} {
		r := &recorder{}
		s := NewTest(r)
		ann := s.Person(PersonConfig{})
		ann.Start("")
		ct, body := form(t, map[string]string{"chat_id": itoa(ann.ID())}, map[string][]byte{tt.part: tt.content})
		a := post(t, s, tt.method, ct, body)
		if strings.TrimPrefix(a.Description, "Bad Request: ") != tt.refusal {
			t.Errorf("%s of %.12q answered %q, want %q", tt.method, tt.content, a.Description, tt.refusal)
		}
		got := strings.TrimPrefix(strings.Join(r.errors, "; "), "telegramtest: "+tt.method+": ")
		if got != tt.violation {
			t.Errorf("%s of %.12q: violations %q, want %q", tt.method, tt.content, got, tt.violation)
		}
		s.Close()
	}
}

// TestPlacesAndContacts sends what is neither text nor file.
func TestPlacesAndContacts(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	at := params{"chat_id": ann.ID(), "latitude": 52.5, "longitude": 13.4, "live_period": 60, "heading": 90, "horizontal_accuracy": 3}
	l := do(t, s, "sendLocation", at).message(t).Location
	if diff := cmp.Diff(&Location{Latitude: 52.5, Longitude: 13.4, LivePeriod: 60, Heading: 90, HorizontalAccuracy: 3}, l); diff != "" {
		t.Errorf("location (-want +got):\n%s", diff)
	}
	v := do(t, s, "sendVenue", params{"chat_id": ann.ID(), "latitude": 1, "longitude": 2, "title": "Gate", "address": "Square", "foursquare_id": "f"}).message(t)
	if v.Venue == nil || v.Venue.Title != "Gate" || v.Venue.FoursquareID != "f" || v.Location == nil || v.Location.Latitude != 1 {
		t.Errorf("venue %+v", v)
	}
	c := do(t, s, "sendContact", params{"chat_id": ann.ID(), "phone_number": "+1", "first_name": "Ann", "last_name": "Fox"}).message(t).Contact
	if diff := cmp.Diff(&Contact{PhoneNumber: "+1", FirstName: "Ann", LastName: "Fox"}, c); diff != "" {
		t.Errorf("contact (-want +got):\n%s", diff)
	}
}

func TestWebPDimensions(t *testing.T) {
	t.Parallel()
	for kind, body := range map[string]string{
		"VP8 ": "\x00\x00\x00\x00\x30\x01\x00\x9d\x01\x2a\x40\x01\xf0\x00", "VP8L": "\x00\x00\x00\x00\x2f\x3f\xc1\x3b\x00\x00\x00\x00\x00\x00",
		"VP8X": "\x00\x00\x00\x00\x00\x00\x00\x00\x3f\x01\x00\xef\x00\x00",
	} {
		w, h, ok := dimensions([]byte("RIFF\x00\x00\x00\x00WEBP" + kind + body + "    "))
		if !ok || w != 320 || h != 240 {
			t.Errorf("%s is %d by %d, %v, want 320 by 240", kind, w, h, ok)
		}
	}
}
