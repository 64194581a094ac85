package telegramtest

import (
	"bytes"
	"errors"
	"fmt"
	"hash/fnv"
	"image"
	"image/color"
	"image/png"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// act does what one line says somebody does.
func (pl *player) act(st step) error {
	p := pl.people[st.args[0]]
	if p == nil {
		return fmt.Errorf("nobody is called %q: a line \"person %s\" is missing", st.args[0], st.args[0])
	}
	if pl.group != nil {
		p = p.In(pl.group)
	}
	pl.chat = p.ChatID()
	pl.said = st.raw
	switch st.word {
	case wordSay:
		_, err := p.Send(Outgoing{Text: st.text})
		return err
	case "sends":
		return pl.send(p, st.args[1], Outgoing{Caption: st.text})
	case wordLook: // what came stands below
	case "blocks":
		p.Block()
	case "unblocks":
		p.Unblock()
	case "adds", "removes":
		return pl.move(p, st.word == "adds")
	case "presses":
		return pl.press(p, st.args[1:])
	default:
		return pl.toMessage(p, st)
	}
	return nil
}

// move adds the bot to the group that people are in, or removes it.
func (pl *player) move(p *Person, in bool) error {
	switch {
	case pl.group == nil:
		return errors.New("that takes a group")
	case in:
		pl.group.AddBot(p)
	default:
		pl.group.RemoveBot(p)
	}
	return nil
}

// toMessage does what is done to a message that is there.
func (pl *player) toMessage(p *Person, st step) error {
	words := st.args[1]
	if st.word == "reacts" {
		words = st.args[2]
	}
	m, err := pl.find(words)
	if err != nil {
		return err
	}
	switch st.word {
	case "replies":
		_, err = p.Reply(m.MessageID, st.text)
	case "replies with":
		err = pl.send(p, st.args[2], Outgoing{Caption: st.text, ReplyTo: m.MessageID})
	case "edits":
		_, err = p.Edit(m.MessageID, st.text)
	case "deletes":
		err = p.Delete(m.MessageID)
	case "pays":
		_, err = p.Pay(m.MessageID)
	case "reacts":
		err = p.React(m.MessageID, emojiOf(st.args[1])...)
	}
	return err
}

// emojiOf is what somebody reacts with: one sign, or none.
func emojiOf(word string) []string {
	if word == "no more" {
		return nil
	}
	return []string{word}
}

// find is the latest message of the chat that begins with these words.
func (pl *player) find(words string) (Message, error) {
	words = strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(words)
	for _, m := range slices.Backward(pl.s.messages(pl.chat)) {
		if !m.Deleted && (like(words+"…", gist(&m)) || m.Invoice != nil && like(words, m.Invoice.Title)) {
			return m, nil
		}
	}
	return Message{}, fmt.Errorf("no message begins with %q", words)
}

// press presses the latest button with the label, or the one under a message.
func (pl *player) press(p *Person, args []string) error {
	label := args[0]
	ms := pl.s.messages(pl.chat)
	if len(args) > 1 {
		m, err := pl.find(args[1])
		if err != nil {
			return err
		}
		ms = []Message{m}
	}
	for _, m := range slices.Backward(ms) {
		if _, ok := m.Button(label); ok && !m.Deleted {
			_, err := p.Press(m.MessageID, label)
			return err
		}
	}
	return fmt.Errorf("no message has the button %q", label)
}

// send sends what is named: "photo a.png", "documents a.txt, b.txt", "sticker".
func (pl *player) send(p *Person, things string, o Outgoing) error {
	kind, list, _ := strings.Cut(things, " ")
	names := strings.Split(list, ", ")
	if photos := strings.TrimSuffix(kind, "s") == kindPhoto; photos || strings.TrimSuffix(kind, "s") == kindDocument {
		for _, name := range names {
			content, err := pl.content(name, photos)
			if err != nil {
				return err
			}
			if photos {
				o.Photos = append(o.Photos, content)
			} else {
				o.Documents = append(o.Documents, Attachment{Name: name, Content: content})
			}
		}
		_, err := p.Send(o)
		return err
	}
	do := simple[things]
	if do == nil || o.ReplyTo != 0 {
		return fmt.Errorf("a script cannot send %q", things)
	}
	do(p, o.Caption)
	return nil
}

// simple sends what needs no more than its name, and perhaps a caption.
var simple = map[string]func(p *Person, caption string){
	"sticker":    func(p *Person, _ string) { p.Sticker() },
	"voice":      func(p *Person, _ string) { p.Voice() },
	"video":      func(p *Person, caption string) { p.Video(caption) },
	"video note": func(p *Person, _ string) { p.VideoNote() },
	"animation":  func(p *Person, caption string) { p.Animation(caption) },
	"audio":      func(p *Person, caption string) { p.Audio(caption) },
	"location":   func(p *Person, _ string) { p.Location() },
	"venue":      func(p *Person, _ string) { p.Venue() },
	"contact":    func(p *Person, _ string) { p.Contact() },
	"dice":       func(p *Person, _ string) { p.Dice() },
	"story":      func(p *Person, _ string) { p.Story() },
}

// content is the file of the name, or one made up.
func (pl *player) content(name string, photo bool) ([]byte, error) {
	if pl.script.Files != nil {
		content, err := fs.ReadFile(pl.script.Files, name)
		if !errors.Is(err, fs.ErrNotExist) {
			return content, err
		}
	}
	if !photo && !strings.HasSuffix(name, ".png") {
		return []byte("This is " + name + ".\n"), nil
	}
	return drawing(name)
}

// drawing is a picture that is the same for the same name.
func drawing(name string) ([]byte, error) {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name)) // a hash takes everything
	seed := h.Sum32()
	const side = 320
	img := image.NewRGBA(image.Rect(0, 0, side, side*3/4))
	for y := range side * 3 / 4 {
		for x := range side {
			img.SetRGBA(x, y, color.RGBA{uint8(x) + uint8(seed), uint8(y) + uint8(seed>>8), uint8(x+y) + uint8(seed>>16), 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return nil, fmt.Errorf("telegramtest: %s: %w", strconv.Quote(name), err)
	}
	return b.Bytes(), nil
}
