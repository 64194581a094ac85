package telegramtest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// scene is a stretch of a chat: how its messages were at the beginning, and how they are.
type scene struct {
	bot     int64
	base    map[int64]*Message
	now     map[int64]*Message
	touched map[int64]bool // by the bot
	notes   []item         // answers to presses, payments
}

// item is one thing the bot did, in the form of a transcript: lines of text, and lines of
// buttons without their indentation.
type item struct {
	head string
	keys []string
}

// String is the item as a transcript has it.
func (it item) String() string {
	lines := []string{it.head}
	for _, k := range it.keys {
		lines = append(lines, "  "+k)
	}
	return strings.Join(lines, "\n")
}

// next begins a new stretch.
func (sc *scene) next() {
	sc.base, sc.touched, sc.notes = maps.Clone(sc.now), nil, nil
}

// take adds what happened.
func (sc *scene) take(e Event) {
	if sc.now == nil {
		sc.now = map[int64]*Message{}
	}
	if sc.base == nil {
		sc.base = map[int64]*Message{}
	}
	if sc.touched == nil {
		sc.touched = map[int64]bool{}
	}
	switch e.Kind {
	case EventNew:
		sc.arrive(e.Message)
	case EventEdited:
		if before := sc.now[e.Message.MessageID]; e.Message.FromBot() || before != nil && sc.reactions(before) != sc.reactions(e.Message) {
			sc.touched[e.Message.MessageID] = true
		}
		sc.now[e.Message.MessageID] = e.Message
	case EventDeleted:
		sc.now[e.Message.MessageID] = e.Message
		if sc.touched[e.Message.MessageID] = e.UserID == 0; e.UserID != 0 {
			sc.base[e.Message.MessageID] = e.Message
		}
	case EventAnswered:
		sc.answer(e)
	case EventPayment:
		if e.Text != "" {
			sc.notes = append(sc.notes, item{head: "< payment failed:" + indent(e.Text)})
		}
	case EventPressed, EventAction, EventDraft, EventProfile, EventStanding, EventPaying, EventFault, EventCall:
	}
}

// reactions are those of the bot, which has at most one.
func (sc *scene) reactions(m *Message) string {
	var b strings.Builder
	for _, r := range m.reactionsOf(sc.bot) {
		b.WriteString(cmp.Or(r.Emoji, r.Type))
	}
	return b.String()
}

// arrive takes a new message. A payment is told by a message of the person, but it is the
// bot that has let it pass.
func (sc *scene) arrive(m *Message) {
	sc.now[m.MessageID] = m
	switch {
	case m.FromBot():
		sc.touched[m.MessageID] = true
	case m.SuccessfulPayment != nil:
		sc.notes = append(sc.notes, item{head: fmt.Sprintf("< paid ★%d", m.SuccessfulPayment.TotalAmount)})
	default:
		sc.base[m.MessageID] = m
	}
}

func (sc *scene) answer(e Event) {
	switch {
	case e.Text == "":
	case e.ShowAlert:
		sc.notes = append(sc.notes, item{head: "< alert:" + indent(e.Text)})
	default:
		sc.notes = append(sc.notes, item{head: "< toast:" + indent(e.Text)})
	}
}

// items lists what the bot did: the answers to presses, then the messages in the order of
// their ids. What is as it was before is left out, and an album is one item.
func (sc *scene) items() []item {
	items := slices.Clone(sc.notes)
	ids := slices.SortedFunc(maps.Keys(sc.touched), cmp.Compare)
	for i := 0; i < len(ids); i++ {
		before, after := sc.base[ids[i]], sc.now[ids[i]]
		album := []*Message{after}
		for before == nil && after.MediaGroupID != "" && i+1 < len(ids) && sc.now[ids[i+1]].MediaGroupID == after.MediaGroupID {
			i++
			album = append(album, sc.now[ids[i]])
		}
		if it, ok := sc.change(before, slices.DeleteFunc(album, func(m *Message) bool { return before == nil && m.Deleted })); ok && sc.touched[after.MessageID] {
			items = append(items, it)
		}
	}
	return items
}

// change tells what became of a message; album holds it and, if it is new, those that came
// with it.
func (sc *scene) change(before *Message, album []*Message) (item, bool) {
	if len(album) == 0 {
		return item{}, false
	}
	after := album[0]
	switch {
	case before == nil:
		return told("< ", album), true
	case after.Deleted:
		return item{head: "< deletes " + quote(before)}, !before.Deleted
	case sc.reactions(before) != sc.reactions(after):
		return item{head: "< reacts " + cmp.Or(sc.reactions(after), "no more") + " to " + quote(before)}, true
	}
	was, same := told("< ", []*Message{before}), told("< ", album)
	if was.head == same.head {
		return item{head: "< edits " + quote(before), keys: same.keys}, was.String() != same.String()
	}
	return told("< edits "+quote(before)+": ", album), true
}

// told is a message of the bot, or an album, in words.
func told(intro string, album []*Message) item {
	m := album[0]
	kind, detail := m.kind()
	if len(album) > 1 {
		kind, detail = fmt.Sprintf("album of %d %ss", len(album), kind), ""
	}
	if detail != "" {
		kind += " " + detail
	}
	if marks := m.marks(); marks != "" {
		kind += " " + marks
	}
	text := m.Content()
	for _, other := range album[1:] {
		if text == "" {
			text = other.Content()
		}
	}
	head := intro + kind
	if text != "" {
		head += ":" + indent(text)
	}
	if kind == kindText && !ambiguous(text) {
		head = intro + strings.TrimPrefix(indent(text), " ")
	}
	return item{head: head, keys: keysOf(album[len(album)-1])}
}

// The kinds of messages a transcript has more to say about than their name.
const (
	kindText     = "text"
	kindPhoto    = "photo"
	kindDocument = "document"
	kindService  = "service"
)

// kinds tells what a message is by what it has; the first that fits counts.
var kinds = []struct {
	name   string
	has    func(m *Message) bool
	detail func(m *Message) string // what tells it from others of the kind, or nil
}{
	{kindPhoto, func(m *Message) bool { return len(m.Photo) > 0 }, nil},
	{"animation", func(m *Message) bool { return m.Animation != nil }, nil},
	{kindDocument, func(m *Message) bool { return m.Document != nil }, func(m *Message) string { return m.Document.FileName }},
	{"sticker", func(m *Message) bool { return m.Sticker != nil }, func(m *Message) string { return m.Sticker.Emoji }},
	{"voice", func(m *Message) bool { return m.Voice != nil }, nil},
	{"audio", func(m *Message) bool { return m.Audio != nil }, func(m *Message) string { return m.Audio.Title }},
	{"video note", func(m *Message) bool { return m.VideoNote != nil }, nil},
	{"video", func(m *Message) bool { return m.Video != nil }, nil},
	{"live photo", func(m *Message) bool { return m.LivePhoto != nil }, nil},
	{"venue", func(m *Message) bool { return m.Venue != nil }, func(m *Message) string { return m.Venue.Title }},
	{"location", func(m *Message) bool { return m.Location != nil }, nil},
	{"contact", func(m *Message) bool { return m.Contact != nil }, nil},
	{"dice", func(m *Message) bool { return m.Dice != nil }, func(m *Message) string { return m.Dice.Emoji }},
	{"poll", func(m *Message) bool { return m.Poll != nil }, func(m *Message) string { return m.Poll.Question }},
	{"story", func(m *Message) bool { return m.Story != nil }, nil},
	{"paid media", func(m *Message) bool { return m.PaidMedia != nil }, func(m *Message) string { return fmt.Sprintf("★%d", m.PaidMedia.StarCount) }},
	{"invoice", func(m *Message) bool { return m.Invoice != nil }, func(m *Message) string { return fmt.Sprintf("%s ★%d", m.Invoice.Title, m.Invoice.TotalAmount) }},
	{"refund", func(m *Message) bool { return m.RefundedPayment != nil }, func(m *Message) string { return fmt.Sprintf("★%d", m.RefundedPayment.TotalAmount) }},
	{kindService, (*Message).serviceLine, nil},
}

// serviceLine reports whether the message is a line in the middle of the chat.
func (m *Message) serviceLine() bool {
	return len(m.NewChatMembers) > 0 || m.LeftChatMember != nil || m.NewChatTitle != "" || m.PinnedMessage != nil || m.WebAppData != nil ||
		m.MigrateToChatID != 0 || m.MigrateFromChatID != 0
}

// otherWords are what a line of the bot may begin with besides a kind and a text.
var otherWords = []string{kindText, "album of", "edits", "deletes", "reacts", "toast:", "alert:", "paid", "payment", "(silence)"}

// ambiguous reports whether a text would be taken for something else if nothing stood before it.
func ambiguous(text string) bool {
	for _, k := range kinds {
		if strings.HasPrefix(text, k.name) {
			return true
		}
	}
	return text == "" || slices.ContainsFunc(otherWords, func(k string) bool { return strings.HasPrefix(text, k) })
}

// kind is what the message is, and what tells it from others of the kind.
func (m *Message) kind() (kind, detail string) {
	for _, k := range kinds {
		switch {
		case !k.has(m):
		case k.detail == nil:
			return k.name, ""
		default:
			return k.name, k.detail(m)
		}
	}
	return kindText, ""
}

// marks says in brackets what a line of text cannot show.
func (m Message) marks() string {
	var marks []string
	add := func(when bool, mark string) {
		if when {
			marks = append(marks, mark)
		}
	}
	add(m.ForwardOrigin != nil, "forwarded")
	add(m.ReplyToMessage != nil, "reply")
	add(m.HasMediaSpoiler, "spoiler")
	add(m.HasProtectedContent, "protected")
	if len(marks) == 0 {
		return ""
	}
	return "(" + strings.Join(marks, ", ") + ")"
}

// keysOf writes the buttons, a line for each row.
func keysOf(m *Message) []string {
	if m.ReplyMarkup == nil {
		return nil
	}
	var lines []string
	for _, row := range m.ReplyMarkup.InlineKeyboard {
		var keys []string
		for _, b := range row {
			keys = append(keys, "["+strings.ReplaceAll(b.Text, "]", `\]`)+signOf(b)+"]")
		}
		lines = append(lines, strings.Join(keys, " "))
	}
	return lines
}

func signOf(b Button) string {
	switch {
	case b.URL != "":
		return " ↗"
	case b.CopyText != nil:
		return " ⧉"
	case b.WebApp != nil:
		return " ▣"
	case b.Pay:
		return " ★"
	}
	return ""
}

// maxQuote is how much of a message is quoted, in characters.
const maxQuote = 32

// quote names a message by how it begins, or by its kind.
func quote(m *Message) string {
	if m == nil {
		return `"…"`
	}
	line := gist(m)
	if rs := []rune(line); len(rs) > maxQuote {
		line = string(rs[:maxQuote])
		if at := strings.LastIndexByte(line, ' '); at > 0 {
			line = line[:at]
		}
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(strings.TrimSpace(line)) + `"`
}

// gist is the first line of the message, or its kind.
func gist(m *Message) string {
	line, _, _ := strings.Cut(strings.TrimSpace(m.Content()), "\n")
	if line != "" {
		return line
	}
	kind, detail := m.kind()
	return strings.TrimSpace(kind + " " + detail)
}

// indent puts a text behind what stands before it on the line, its further lines behind bars.
func indent(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(" "+l, " \t\r")
	}
	return strings.Join(lines, "\n|")
}
