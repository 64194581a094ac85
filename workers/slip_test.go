package workers

import (
	"testing"

	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

func TestSlip(t *testing.T) {
	t.Parallel()
	for words, want := range map[string]texts.Key{
		"help": texts.MessagePromptSaid, "Hi!": texts.MessagePromptSaid, "Thank you 🙏": texts.MessagePromptSaid, "STOP.": texts.MessagePromptSaid,
		"Hilfe": texts.MessagePromptSaid, "Danke schön!": texts.MessagePromptSaid, "¡Gracias!": texts.MessagePromptSaid, "Sí": texts.MessagePromptSaid,
		"Отмена": texts.MessagePromptSaid, "спасибо)": texts.MessagePromptSaid, "İptal": texts.MessagePromptSaid, "teşekkürler": texts.MessagePromptSaid,
		"https://example.org/cat.jpg": texts.MessageUnsupportedLink, "HTTP://example.org": texts.MessageUnsupportedLink,
		"a stop sign": "", "help me paint a fox": "", "menu of a café": "", "hello kitty": "", "fox": "", "🦊": "", "лиса": "",
		"paint https://example.org/cat.jpg": "", "": "",
	} {
		if got := slip(&telegram.Message{Text: words}, words); got != want {
			t.Errorf("%q is answered with %q, want %q", words, got, want)
		}
	}
	if got := slip(&telegram.Message{Caption: "no", Photo: []telegram.PhotoSize{{}}}, "no"); got != "" {
		t.Errorf("a caption is answered with %q", got)
	}
}
