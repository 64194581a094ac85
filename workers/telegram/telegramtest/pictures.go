package telegramtest

import (
	"bytes"
	"encoding/binary"
	"image"
	_ "image/gif" // people and bots send these
	"image/jpeg"
	_ "image/png"
	"mime"
	"net/http"
	"path"
	"strings"
)

// Limits of an uploaded photo.
const (
	maxPhoto = 10 << 20 // bytes
	maxSides = 10_000   // width + height
	maxRatio = 20
)

// fit scales a size down until its longer side is side.
func fit(width, height, side int) (w, h int) {
	longest := max(width, height)
	return max(1, width*side/longest), max(1, height*side/longest)
}

// dimensions reads the size of a picture from its header.
func dimensions(content []byte) (width, height int, ok bool) {
	if c, _, err := image.DecodeConfig(bytes.NewReader(content)); err == nil {
		return c.Width, c.Height, true
	}
	return webpDimensions(content)
}

// webpDimensions reads the three kinds of WebP header.
func webpDimensions(b []byte) (width, height int, ok bool) {
	if len(b) < 30 || string(b[:4]) != "RIFF" || string(b[8:12]) != "WEBP" {
		return 0, 0, false
	}
	le := binary.LittleEndian
	switch string(b[12:16]) {
	case "VP8 ":
		return int(le.Uint16(b[26:]) & 0x3fff), int(le.Uint16(b[28:]) & 0x3fff), true
	case "VP8L":
		bits := le.Uint32(b[21:])
		return int(bits&0x3fff) + 1, int(bits>>14&0x3fff) + 1, true
	case "VP8X":
		return int(b[24]) + int(b[25])<<8 + int(b[26])<<16 + 1, int(b[27]) + int(b[28])<<8 + int(b[29])<<16 + 1, true
	}
	return 0, 0, false
}

// scaled is a small JPEG of a picture; one that cannot be decoded stays as it is.
func scaled(content []byte, width, height int) []byte {
	src, _, err := image.Decode(bytes.NewReader(content))
	if err != nil {
		return content
	}
	b := src.Bounds()
	dst := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			dst.Set(x, y, src.At(b.Min.X+x*b.Dx()/width, b.Min.Y+y*b.Dy()/height))
		}
	}
	var out bytes.Buffer
	if jpeg.Encode(&out, dst, nil) != nil {
		return content
	}
	return out.Bytes()
}

// checkPhoto holds an uploaded photo to Telegram's limits.
func checkPhoto(content []byte) error {
	switch {
	case len(content) == 0:
		return bad("file must be non-empty")
	case len(content) > maxPhoto:
		return bad("file of size %d bytes is too big for a photo; the maximum size is %d bytes", len(content), maxPhoto)
	}
	width, height, ok := dimensions(content)
	switch {
	case !ok:
		return bad("IMAGE_PROCESS_FAILED")
	case width+height > maxSides, min(width, height) < 1, max(width, height) > maxRatio*min(width, height):
		return bad("PHOTO_INVALID_DIMENSIONS")
	}
	return nil
}

// sniff is the media type of a content by its first bytes; empty if they say nothing.
func sniff(content []byte) string {
	if len(content) > 11 && string(content[4:8]) == "ftyp" && string(content[8:11]) == "M4A" {
		return "audio/mp4"
	}
	if len(content) > 1 && content[0] == 0xff && content[1]&0xe0 == 0xe0 && content[1] != 0xff && content[1]&0x06 != 0 {
		return "audio/mpeg"
	}
	found, _, _ := strings.Cut(http.DetectContentType(content), ";")
	switch found {
	case "application/ogg":
		return "audio/ogg"
	case "application/x-gzip":
		return mimeTGS
	case "application/octet-stream", "text/plain":
		return ""
	}
	return found
}

// typeByName is the media type that a file name's extension stands for.
func typeByName(name string) string {
	found, _, _ := strings.Cut(mime.TypeByExtension(path.Ext(name)), ";")
	return found
}
