package workers

import (
	"context"
	"slices"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// The card is the page of what a person set for conversations.

// cardData fills its text.
func cardData(p texts.Printer, own storage.ChatSettings, remind bool) map[string]any {
	return map[string]any{"Language": talkName(own.Lang), "Wish": wishName(p, own.Wish), "Wide": own.Wide, "Again": own.Again, "Remind": remind}
}

// flip is the value that a switch has not.
func flip(on bool) string {
	if on {
		return "=0"
	}
	return "=1"
}

// toggle is a button that shows whether something is on.
func (w *Workers) toggle(in *incoming, key texts.Key, object string, on bool) telegram.Button {
	b := w.chatButton(in, key, object+flip(on))
	if on {
		b.Text = "✓ " + b.Text
	}
	return b
}

func (w *Workers) cardButtons(in *incoming, remind bool) [][]telegram.Button {
	own := in.person.Settings.Chat
	find := w.chatButton(in, texts.ButtonChatFind, "find")
	if in.person.Chat() != storage.ChatIdle {
		find = telegram.Button{}
	}
	return rowsOf(
		row(find),
		row(w.chatButton(in, texts.ButtonChatLanguage, "lang"), w.chatButton(in, texts.ButtonChatWish, "wish")),
		row(w.toggle(in, texts.ButtonChatWide, "wide", own.Wide), w.toggle(in, texts.ButtonChatAgain, "again", own.Again)),
		row(w.toggle(in, texts.ButtonChatReminders, "reminders", remind), w.button(in, texts.ButtonBack, telegram.OpSetting, "", "")),
	)
}

// showCard shows the card in place of the message with the button, and keeps what is set.
func (w *Workers) showCard(ctx context.Context, in *incoming, p press) error {
	v, err := w.Store.ChatStanding(ctx, in.person.ID)
	if err != nil {
		return err
	}
	w.putCard(in, p, v.Remind != "")
	return w.saveSettings(ctx, in)
}

func (w *Workers) putCard(in *incoming, p press, remind bool) {
	w.edit(in, p, in.texts.HTML(texts.MessageChatCard, cardData(in.texts, in.person.Settings.Chat, remind)), w.cardButtons(in, remind))
}

// pressCard is a press on the card. Who waits looks on as it says from then on.
func (w *Workers) pressCard(ctx context.Context, in *incoming, p press, name, value string, chosen bool) error {
	own := &in.person.Settings.Chat
	switch {
	case talkName(own.Lang) == "":
		w.answer(in, p, "")
		w.edit(in, p, in.texts.HTML(texts.MessageChatLanguage, nil), w.talkButtons(in, 0))
		return w.done(ctx, in)
	case name == "wish" && !chosen:
		w.answer(in, p, "")
		w.edit(in, p, in.texts.HTML(texts.MessageChatWish, nil), w.wishButtons(in))
		return w.done(ctx, in)
	case name == "wish" && slices.ContainsFunc(wishes(), func(one wish) bool { return one.name == value }):
		own.Wish = value
	case name == "wide":
		own.Wide = value == "1"
	case name == "again":
		own.Again = value == "1"
	case name == "reminders":
		return w.setReminders(ctx, in, p, value == "1")
	case name == "card" && in.person.Chat() == storage.ChatLobby: // the message shows the wait
		w.answer(in, p, "")
		v, err := w.Store.ChatStanding(ctx, in.person.ID)
		if err != nil {
			return err
		}
		w.say(in, texts.MessageChatCard, cardData(in.texts, *own, v.Remind != ""), w.cardButtons(in, v.Remind != "")...)
		return w.done(ctx, in)
	case name == "card":
		w.answer(in, p, "")
		return w.showCard(ctx, in, p)
	default:
		w.answer(in, p, texts.AnswerExpired)
		return w.done(ctx, in)
	}
	w.answer(in, p, texts.AnswerChatSaved)
	if in.person.Chat() != storage.ChatLobby {
		return w.showCard(ctx, in, p)
	}
	w.putCard(in, p, false)
	return w.look(ctx, in, &in.person.Settings)
}

func (w *Workers) setReminders(ctx context.Context, in *incoming, p press, on bool) error {
	w.answer(in, p, texts.AnswerChatSaved)
	w.putCard(in, p, on)
	return w.keepReminder(ctx, in, on)
}

func (w *Workers) wishButtons(in *incoming) [][]telegram.Button {
	var all []telegram.Button
	for _, one := range wishes() {
		b := w.chatButton(in, one.text, "wish="+one.name)
		if one.name == in.person.Settings.Chat.Wish {
			b.Text = "✓ " + b.Text
		}
		all = append(all, b)
	}
	return grid(all, 2)
}
