package telegram

import "encoding/json"

// Keyboard is an inline keyboard: rows of buttons under a message. Nil means no keyboard, in an edit too.
type Keyboard [][]Button

// Button does exactly one thing: it opens URL or App if that is set, copies Copy if that is, else it sends Data back (1–64 bytes,
// see Signer).
type Button struct {
	// Text is what people read.
	Text string
	// Data comes back in a callback query.
	Data string
	// URL is opened by the person's app.
	URL string
	// App is the address of a Mini App, which is opened inside Telegram. Only private chats take it.
	App string `json:",omitempty"`
	// Copy is put where the person can paste it from, 1 to MaxCopy characters.
	Copy string
}

// MaxCopy is the most characters a button can copy.
const MaxCopy = 256

// Row makes a keyboard row.
func Row(buttons ...Button) []Button { return buttons }

// MarshalJSON writes the Bot API's InlineKeyboardMarkup. Empty rows are left out.
func (k Keyboard) MarshalJSON() ([]byte, error) {
	rows := make([][]wireButton, 0, len(k))
	for _, row := range k {
		if len(row) == 0 {
			continue
		}
		wire := make([]wireButton, 0, len(row))
		for _, b := range row {
			wire = append(wire, b.wire())
		}
		rows = append(rows, wire)
	}
	return json.Marshal(struct {
		Rows [][]wireButton `json:"inline_keyboard"`
	}{rows})
}

type wireButton struct {
	Text string    `json:"text"`
	URL  string    `json:"url,omitempty"`
	Data string    `json:"callback_data,omitempty"`
	Copy *wireCopy `json:"copy_text,omitempty"`
	App  *wireApp  `json:"web_app,omitempty"`
}

type wireCopy struct {
	Text string `json:"text"`
}

type wireApp struct {
	URL string `json:"url"`
}

func (b Button) wire() wireButton {
	switch {
	case b.URL != "":
		return wireButton{Text: b.Text, URL: b.URL}
	case b.App != "":
		return wireButton{Text: b.Text, App: &wireApp{b.App}}
	case b.Copy != "":
		return wireButton{Text: b.Text, Copy: &wireCopy{b.Copy}}
	}
	return wireButton{Text: b.Text, Data: b.Data}
}
