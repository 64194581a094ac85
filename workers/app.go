package workers

import (
	"context"

	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// The Mini App is the same gallery in a page that Telegram opens. It is led to from the menu button, from /app and from under
// what it shows better than a chat can; only in private chats, and only where there is one.

// appPlace is where in the Mini App a button leads.
type appPlace string

const (
	appGallery appPlace = ""
	appWallet  appPlace = "wallet"
)

// appResult shows one generation.
func appResult(generation string) appPlace { return appPlace("g_" + generation) }

// appButton opens the Mini App; no button where that is not possible.
func (w *Workers) appButton(in *incoming, key texts.Key, place appPlace) telegram.Button {
	if w.Settings.AppURL == "" || in.chat.Type != telegram.ChatPrivate {
		return telegram.Button{}
	}
	return telegram.Button{Text: in.texts.Plain(key, nil), App: w.appAddress(place)}
}

// appAddress is where the Mini App shows a place.
func (w *Workers) appAddress(place appPlace) string {
	if place == appGallery {
		return w.Settings.AppURL
	}
	return w.Settings.AppURL + "?to=" + string(place)
}

// appCommand leads to the Mini App.
func (w *Workers) appCommand(ctx context.Context, in *incoming, _ string) error {
	button := w.appButton(in, texts.ButtonApp, appGallery)
	if button.App == "" {
		w.say(in, texts.MessageAppNone, nil)
		return w.done(ctx, in)
	}
	w.say(in, texts.MessageApp, nil, rowsOf(row(button))...)
	return w.done(ctx, in)
}
