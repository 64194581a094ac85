package providertest

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"hash/fnv"
	"image"
	"image/color"
	"image/png"
	"strconv"

	"github.com/imagika/imagika/providers"
)

// Paint makes what a fake answers with: a picture whose words and seed make it what it is, so that only what was made
// from the same is the same. The format is "png" or "jpeg".
func Paint(format string, size providers.Size, words string, seed int64) File {
	h := fnv.New64a()
	_, _ = h.Write([]byte(words + "/" + strconv.FormatInt(seed, 10)))
	if format == "jpeg" {
		return File{MediaType: "image/jpeg", Bytes: JPEG(size, int64(h.Sum64()))}
	}
	return File{MediaType: "image/png", Bytes: PNG(size, int64(h.Sum64()))}
}

// orSmall is a size, or 64 by 64 if there is none.
func orSmall(s providers.Size) providers.Size {
	if s.Width <= 0 || s.Height <= 0 {
		return providers.Size{Width: 64, Height: 64}
	}
	return s
}

// PNG is a small file of a picture of that size, whose palette is the seed's. A size of zero is 64 by 64. Written by hand, of
// a bit for a pixel, since a suite makes thousands of megapixels.
func PNG(size providers.Size, seed int64) []byte {
	size = orSmall(size)
	head := binary.BigEndian.AppendUint32(nil, uint32(size.Width))
	head = binary.BigEndian.AppendUint32(head, uint32(size.Height))
	head = append(head, 1, 3, 0, 0, 0) // a bit for a pixel, of a palette
	colors := make([]byte, 6)          // the second one is not used
	for i := range colors {
		colors[i] = uint8(seed >> (8 * i))
	}
	var rows bytes.Buffer
	z, _ := zlib.NewWriterLevel(&rows, zlib.BestSpeed) // writing to memory does not fail
	_, _ = z.Write(make([]byte, (1+(size.Width+7)/8)*size.Height))
	_ = z.Close()
	file := pngChunk([]byte("\x89PNG\r\n\x1a\n"), "IHDR", head)
	file = pngChunk(file, "PLTE", colors)
	file = pngChunk(file, "IDAT", rows.Bytes())
	return pngChunk(file, "IEND", nil)
}

func pngChunk(file []byte, kind string, data []byte) []byte {
	file = binary.BigEndian.AppendUint32(file, uint32(len(data)))
	at := len(file)
	file = append(append(file, kind...), data...)
	return binary.BigEndian.AppendUint32(file, crc32.ChecksumIEEE(file[at:]))
}

// JPEG is a small file of a gray picture of that size, with the seed in what makes no difference. Written by hand for the same reason:
// the two codes that a plain picture needs are one bit long each, and zero.
func JPEG(size providers.Size, seed int64) []byte {
	size = orSmall(size)
	var table [64]byte // by which zeros are multiplied
	for i := range table {
		table[i] = 1 + uint8(seed>>(4*(i%16)))&15
	}
	h, w := uint16(size.Height), uint16(size.Width)
	file := jpegSegment([]byte{0xff, 0xd8}, 0xdb, append([]byte{0}, table[:]...))
	file = jpegSegment(file, 0xc0, []byte{8, byte(h >> 8), byte(h), byte(w >> 8), byte(w), 1, 1, 0x11, 0})
	oneCode := append([]byte{1}, make([]byte, 16)...) // of one bit, meaning zero
	file = jpegSegment(file, 0xc4, append([]byte{0x00}, oneCode...))
	file = jpegSegment(file, 0xc4, append([]byte{0x10}, oneCode...))
	file = jpegSegment(file, 0xda, []byte{1, 1, 0, 0, 63, 0})
	blocks := (size.Width + 7) / 8 * ((size.Height + 7) / 8)
	file = append(file, make([]byte, (2*blocks+7)/8)...)
	return append(file, 0xff, 0xd9)
}

func jpegSegment(file []byte, marker byte, data []byte) []byte {
	file = binary.BigEndian.AppendUint16(append(file, 0xff, marker), uint16(len(data)+2))
	return append(file, data...)
}

// pictureSize is that of Picture.
var pictureSize = providers.Size{Width: 96, Height: 64}

// Picture is a reference: a small gradient.
func Picture() providers.Reference {
	img := image.NewRGBA(image.Rect(0, 0, pictureSize.Width, pictureSize.Height))
	for y := range pictureSize.Height {
		for x := range pictureSize.Width {
			img.SetRGBA(x, y, color.RGBA{R: uint8(2 * x), G: uint8(3 * y), B: uint8(x ^ y), A: 255})
		}
	}
	var file bytes.Buffer
	// Writing to a buffer does not fail and the size is within what a PNG can hold.
	_ = png.Encode(&file, img)
	return ReferenceOf("image/png", file.Bytes())
}
