package workers

import (
	"testing"

	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// A button that opens the Mini App is there only where it leads somewhere, and where Telegram takes one.
func TestAppButton(t *testing.T) {
	t.Parallel()
	w := boardKit(t, nil)("", 0).w
	for name, test := range map[string]struct {
		app   string
		chat  telegram.ChatType
		place appPlace
		want  string
	}{
		"private":       {"https://example.org/app/", telegram.ChatPrivate, appGallery, "https://example.org/app/"},
		"a place in it": {"https://example.org/app/", telegram.ChatPrivate, appWallet, "https://example.org/app/?to=wallet"},
		"a group":       {"https://example.org/app/", "supergroup", appGallery, ""},
		"no Mini App":   {"", telegram.ChatPrivate, appGallery, ""},
	} {
		w.Settings.AppURL = test.app
		in := &incoming{chat: telegram.Chat{ID: 7, Type: test.chat}, texts: w.printer("de")}
		b := w.appButton(in, texts.ButtonApp, test.place)
		if b.App != test.want || (b.Text != "") != (test.want != "") {
			t.Errorf("%s: %+v, want %q", name, b, test.want)
		}
		offered := false
		for _, c := range w.offered() {
			offered = offered || c.name == "app"
		}
		if offered != (test.app != "") {
			t.Errorf("%s: /app is in the menu: %v", name, offered)
		}
	}
}
