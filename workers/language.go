package workers

import (
	"context"
	"strings"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// languageCommand shows which language is spoken and offers the others; a language after the command is chosen at once.
func (w *Workers) languageCommand(ctx context.Context, in *incoming, args string) error {
	if args == "" {
		w.say(in, texts.MessageLanguage, nil, w.languageButtons(in)...)
		return w.done(ctx, in)
	}
	chosen, ok := w.Texts.Named(args)
	if !ok {
		w.say(in, texts.MessageLanguageUnknown, map[string]any{"Typed": args, "Languages": w.languageNames()}, w.languageButtons(in)...)
		return w.done(ctx, in)
	}
	in.texts = chosen
	w.say(in, texts.MessageLanguageSet, nil)
	return w.setLanguage(ctx, in)
}

// pressLanguage is the press that chooses. The message with the buttons changes into the chosen language.
func (w *Workers) pressLanguage(ctx context.Context, in *incoming, p press) error {
	chosen, ok := w.Texts.Named(p.Object)
	if !ok { // an old message, and a language that is gone
		w.answer(in, p, texts.AnswerExpired)
		return w.done(ctx, in)
	}
	in.texts = chosen
	w.answer(in, p, texts.AnswerLanguage)
	w.edit(in, p, chosen.HTML(texts.MessageLanguage, nil), w.languageButtons(in))
	return w.setLanguage(ctx, in)
}

// setLanguage commits that the person speaks the language of in.
func (w *Workers) setLanguage(ctx context.Context, in *incoming) error {
	w.oweMenu(in)
	out, err := w.Store.SetLang(ctx, in.effect, in.person.ID, in.texts.Language())
	if err == nil {
		w.post(ctx, out)
	}
	return err
}

// languageButtons offer every language by its own name, two in a row, the spoken one with a tick.
func (w *Workers) languageButtons(in *incoming) (rows [][]telegram.Button) {
	for i, lang := range w.Texts.Languages() {
		b := telegram.Button{
			Text: w.printer(lang).Plain(texts.ButtonLanguage, nil),
			Data: w.signer.Data(telegram.OpLanguage, lang, in.person.TelegramID, ""),
		}
		if lang == in.texts.Language() {
			b.Text = "✓ " + b.Text
		}
		if i%2 == 0 {
			rows = append(rows, nil)
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], b)
	}
	return rows
}

func (w *Workers) languageNames() string {
	var names []string
	for _, lang := range w.Texts.Languages() {
		names = append(names, w.printer(lang).Plain(texts.ButtonLanguage, nil))
	}
	return strings.Join(names, ", ")
}

// oweMenu asks for the chat's menu of commands in the person's language. It is renewed by /start and /help too, because a
// chat that has a menu of its own does not see the commands of a later release.
func (w *Workers) oweMenu(in *incoming) {
	in.effect.Sends = append(in.effect.Sends, storage.Send{
		User: in.person.ID, Kind: storage.SendEdit, Body: editBody{Chat: in.chat.ID, Menu: &menuBody{App: in.app(), Always: in.update.ID == 0}},
	})
}

// refreshMenu does so where the person's language is not the one of their app, or they are an operator.
func (w *Workers) refreshMenu(in *incoming) {
	if in.chat.Type == telegram.ChatPrivate && (w.role(in) != "" || in.texts.Language() != w.printer(in.app()).Language()) {
		w.oweMenu(in)
	}
}

// app is the language of the sender's app; empty if Telegram does not tell.
func (in *incoming) app() string {
	sender, _ := in.update.Sender()
	return sender.LanguageCode
}

// sendMenu gives a chat the menu in the person's language, or none of its own where the app has that already.
func (w *Workers) sendMenu(ctx context.Context, user, chat int64, m menuBody) error {
	person, err := w.Store.PersonByID(ctx, user)
	if err != nil {
		return err
	}
	p := w.printer(person.Lang)
	if crew := w.crewMenu(p, chat); len(crew) > 0 {
		return w.Telegram.SetChatCommands(ctx, chat, append(w.menu(p, false), crew...))
	}
	if !m.Always && p.Language() == w.printer(m.App).Language() {
		return w.Telegram.SetChatCommands(ctx, chat, nil)
	}
	return w.Telegram.SetChatCommands(ctx, chat, w.menu(p, false))
}
