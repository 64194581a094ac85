package telegramtest

import (
	"fmt"
	"strings"
)

// Transcript is the chat of p as text, one line for each message and one more for
// its keyboard, stable enough for golden files: no ids, no times.
//
//	Ann: /start
//	bot: Hello! Send me a prompt.
//	     [Try it] [Help]
//	Ann: (photo) make it blue
//	bot: (photo, edited) Here you are
//	bot: (deleted) Working on it
func (s *Server) Transcript(p *Person) string {
	var b strings.Builder
	for _, m := range p.Messages() {
		name := "bot"
		if !m.FromBot() {
			name = m.From.FirstName
		}
		fmt.Fprintf(&b, "%s: %s\n", name, strings.TrimSpace(m.marks()+" "+strings.ReplaceAll(m.Content(), "\n", "\n     ")))
		if m.ReplyMarkup == nil {
			continue
		}
		for _, row := range m.ReplyMarkup.InlineKeyboard {
			b.WriteString("    ")
			for _, button := range row {
				b.WriteString(" [" + button.Text + "]")
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

// marks says what a line of text cannot show, in brackets.
func (m Message) marks() string {
	var marks []string
	add := func(when bool, mark string) {
		if when {
			marks = append(marks, mark)
		}
	}
	add(m.Deleted, "deleted")
	add(len(m.Photo) > 0, "photo")
	add(m.Sticker != nil, "sticker")
	add(m.Voice != nil, "voice")
	add(m.Video != nil, "video")
	add(m.Location != nil, "location")
	add(m.Contact != nil, "contact")
	if m.Document != nil {
		marks = append(marks, "document "+m.Document.FileName)
	}
	if m.Invoice != nil {
		marks = append(marks, fmt.Sprintf("invoice %s, %d Stars", m.Invoice.Title, m.Invoice.TotalAmount))
	}
	if m.SuccessfulPayment != nil {
		marks = append(marks, fmt.Sprintf("paid %d Stars", m.SuccessfulPayment.TotalAmount))
	}
	if m.RefundedPayment != nil {
		marks = append(marks, fmt.Sprintf("refunded %d Stars", m.RefundedPayment.TotalAmount))
	}
	add(m.ForwardOrigin != nil, "forwarded")
	add(m.ReplyToMessage != nil, "reply")
	add(m.EditDate != 0, "edited")
	if len(marks) == 0 {
		return ""
	}
	return "(" + strings.Join(marks, ", ") + ")"
}
