package openaitest

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"slices"
	"strconv"
)

// job is a call that was found in order.
type job struct {
	model, prompt, quality, format string
	width, height, count, pictures int
	seed                           int64
}

// file is a picture that was made.
type file struct {
	mediaType string
	bytes     []byte
}

func (f file) base64() string { return base64.StdEncoding.EncodeToString(f.bytes) }

// frame is what pictures that look alike have in common.
type frame struct {
	width, height int
	format        string
}

// paint makes the i-th picture of a job: a square on a ground, with its words and its seed in a comment of the file, so
// that only what was made from the same is the same. Drawing is done once a frame.
func (s *Server) paint(j job, i int) file {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := frame{j.width, j.height, j.format}
	blank, ok := s.blanks[at]
	if !ok {
		blank = at.draw()
		s.blanks[at] = blank
	}
	words := j.prompt + strconv.FormatInt(j.seed+int64(i), 10)
	if j.format == "jpeg" {
		return file{"image/jpeg", slices.Insert(slices.Clone(blank), 2, jpegComment(words)...)}
	}
	return file{"image/png", slices.Insert(slices.Clone(blank), 33, pngComment(words)...)}
}

// draw fills the second quarter of both sides. Gray is quick.
func (f frame) draw() []byte {
	img := image.NewGray(image.Rect(0, 0, f.width, f.height))
	for y := f.height / 4; y < f.height/2; y++ {
		row := img.Pix[y*img.Stride:][:img.Stride]
		for x := f.width / 4; x < f.width/2; x++ {
			row[x] = 200
		}
	}
	var out bytes.Buffer // writing to it does not fail, and the sizes were checked
	if f.format == "jpeg" {
		_ = jpeg.Encode(&out, img, nil)
		return out.Bytes()
	}
	fast := png.Encoder{CompressionLevel: png.BestSpeed}
	_ = fast.Encode(&out, img)
	return out.Bytes()
}

// pngComment is a tEXt chunk; it stands behind the header of 33 bytes.
func pngComment(words string) []byte {
	body := "tEXtComment\x00" + words
	b := binary.BigEndian.AppendUint32(nil, uint32(len(body)-4))
	b = append(b, body...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE([]byte(body)))
}

// jpegComment is a COM segment; it stands behind the first marker.
func jpegComment(words string) []byte {
	b := binary.BigEndian.AppendUint16([]byte{0xff, 0xfe}, uint16(len(words)+2))
	return append(b, words...)
}
