package apptest

import (
	"bytes"
	"image"
	"image/png"
	"regexp"
	"slices"

	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// What people say to each other in tests begins with a number, "#17", by which it is known on both sides.

var spokenNumber = regexp.MustCompile(`^#\d+\b`)

// NumberIn is the number that words begin with, or "".
func NumberIn(words string) string { return spokenNumber.FindString(words) }

// NumberOf is that of a message.
func NumberOf(m telegramtest.Message) string { return NumberIn(m.Content()) }

// Numbered is what a chat shows of the bot or of the person that has a number.
func Numbered(p *telegramtest.Person, bot bool) []telegramtest.Message {
	return slices.DeleteFunc(p.Messages(), func(m telegramtest.Message) bool { return m.FromBot() != bot || m.Deleted || NumberOf(m) == "" })
}

// TinyPicture is a picture to send.
func TinyPicture() []byte {
	var b bytes.Buffer
	_ = png.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8))) // a buffer takes everything
	return b.Bytes()
}
