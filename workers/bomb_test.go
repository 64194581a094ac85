package workers

import (
	"encoding/binary"
	"strings"
)

// Headers of pictures that nobody has memory for, with next to nothing behind them, for each format that the gate knows. A liar says a
// bearable size first and another one later.

func jpegBomb(w, h uint16) []byte {
	return append(append([]byte{0xff, 0xd8}, sof(w, h)...), 0xff, 0xd9)
}

func jpegLiar(w, h uint16) []byte {
	return append(append(append([]byte{0xff, 0xd8}, sof(64, 48)...), sof(w, h)...), 0xff, 0xd9)
}

// sof is the start of a frame of three components.
func sof(w, h uint16) []byte {
	b := []byte{0xff, 0xc0, 0, 17, 8}
	b = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(b, h), w)
	return append(b, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0)
}

func gifBomb(w, h uint16) []byte {
	b := binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16([]byte("GIF89a"), w), h)
	return append(b, 0x80, 0, 0, 0, 0, 0, 255, 255, 255, ';')
}

func gifLiar(w, h uint16) []byte {
	b := append(gifBomb(64, 48)[:19:19], ',', 0, 0, 0, 0)
	b = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(b, w), h)
	return append(b, 0, 2, 1, 0, 0, ';')
}

// riff is a WebP file of these chunks: a name of four letters and the bytes.
func riff(chunks ...[2]string) []byte {
	var body strings.Builder
	body.WriteString("WEBP")
	for _, c := range chunks {
		body.WriteString(c[0])
		body.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(c[1]))))
		body.WriteString(c[1] + strings.Repeat("\x00", len(c[1])%2))
	}
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(body.Len())), body.String()...)
}

// lossy, lossless and canvas are the chunks that say how large a WebP picture is.
func lossy(w, h uint16) [2]string {
	b := []byte{0x10, 0, 0, 0x9d, 1, 0x2a}
	return [2]string{"VP8 ", string(binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(b, w), h)) + strings.Repeat("\x00", 20)}
}

func lossless(w, h uint32) [2]string {
	return [2]string{"VP8L", "\x2f" + string(binary.LittleEndian.AppendUint32(nil, w-1|(h-1)<<14)) + strings.Repeat("\x00", 20)}
}

func canvas(w, h uint32, flags byte) [2]string {
	b := binary.LittleEndian.AppendUint32(nil, w-1)[:3]
	b = append(b, binary.LittleEndian.AppendUint32(nil, h-1)[:3]...)
	return [2]string{"VP8X", string([]byte{flags, 0, 0, 0}) + string(b)}
}
