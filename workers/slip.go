package workers

import (
	"slices"
	"strings"
	"sync"

	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// chatter are words that people say to somebody, or to a menu, and not of a picture, in the languages of the bot. Each is whole: with
// another word beside it, it may well be a picture.
var chatter = sync.OnceValue(func() []string {
	var all []string
	for _, line := range []string{
		"hi, hi there, hello, hello there, hey, bye, thanks, thank you, thx, ok, okay, yes, no, help, menu, start, stop, cancel, settings",
		"hallo, moin, servus, tschüss, danke, danke schön, vielen dank, ja, nein, hilfe, menü, stopp, abbrechen, abbruch, einstellungen",
		"hola, buenas, adiós, gracias, muchas gracias, sí, si, vale, ayuda, menú, empezar, para, cancelar, ajustes",
		"привет, здравствуйте, добрый день, спасибо, спасибо большое, да, нет, ок, окей, помощь, меню, старт, стоп, отмена, отменить, настройки",
		"merhaba, selam, teşekkürler, teşekkür ederim, sağ ol, evet, hayır, tamam, yardım, menü, başla, dur, iptal, ayarlar",
	} {
		for word := range strings.SplitSeq(line, ",") {
			all = append(all, fold(word))
		}
	}
	return all
})

// slip is the answer to a message that asks for no picture, though it could be painted; empty for one that asks. Nobody wants to pay for
// their thanks, and newcomers write commands without the slash. What follows a command of its own is painted all the same.
func slip(m *telegram.Message, words string) texts.Key {
	link := strings.ToLower(words)
	switch {
	case m.Kind() != telegram.KindText:
		return ""
	case slices.Contains(chatter(), fold(words)):
		return texts.MessagePromptSaid
	case len(strings.Fields(words)) == 1 && (strings.HasPrefix(link, "https://") || strings.HasPrefix(link, "http://")):
		return texts.MessageUnsupportedLink
	}
	return ""
}
