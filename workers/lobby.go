package workers

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// Finding somebody to talk to. A person chooses a language and agrees to the rules once; then /chat puts them into the lobby,
// where they are matched at once if somebody fits (lobby_match.go), or wait. What happens after is in conversation.go.

// chatRules names the rules that people agree to before their first conversation. Raising it asks everybody again.
const chatRules = "2026-11"

// wish is what a conversation is to be about.
type wish struct {
	name string // in the database and in buttons; empty is whatever comes
	text texts.Key
}

func wishes() []wish {
	return []wish{
		{"", texts.ButtonWishAny},
		{"talk", texts.ButtonWishTalk},
		{"practice", texts.ButtonWishPractice},
		{"art", texts.ButtonWishArt},
		{"advice", texts.ButtonWishAdvice},
		{"games", texts.ButtonWishGames},
	}
}

// wishName is a wish in words, empty for none.
func wishName(p texts.Printer, name string) string {
	i := slices.IndexFunc(wishes(), func(one wish) bool { return one.name == name })
	if i < 1 {
		return ""
	}
	return p.Plain(wishes()[i].text, nil)
}

// chatCommand finds somebody to talk to, or says how it stands.
func (w *Workers) chatCommand(ctx context.Context, in *incoming, _ string) error {
	switch in.person.Chat() {
	case storage.ChatConversation:
		return w.sayTalking(ctx, in)
	case storage.ChatLobby:
		return w.stillLooking(ctx, in)
	}
	own := in.person.Settings.Chat
	switch {
	case !w.Settings.Conversations:
		return w.chatOff(ctx, in)
	case talkName(own.Lang) == "":
		w.say(in, texts.MessageChatLanguage, nil, w.talkButtons(in, 0)...)
	case own.Rules != chatRules:
		w.say(in, texts.MessageChatRules, nil, w.rulesButtons(in)...)
	default:
		return w.look(ctx, in, nil)
	}
	return w.done(ctx, in)
}

func (w *Workers) chatOff(ctx context.Context, in *incoming) error {
	w.say(in, texts.MessageChatOff, nil)
	return w.done(ctx, in)
}

// chatButton is one of the buttons around conversations; they can be pressed again and again.
func (w *Workers) chatButton(in *incoming, key texts.Key, object string) telegram.Button {
	return w.button(in, key, telegram.OpChat, object, "")
}

func (w *Workers) rulesButtons(in *incoming) [][]telegram.Button {
	return rowsOf(row(w.chatButton(in, texts.ButtonChatAgree, "rules")), row(w.chatButton(in, texts.ButtonChatLanguage, "lang")))
}

// talkButtons are a page of languages.
func (w *Workers) talkButtons(in *incoming, page int) [][]telegram.Button {
	own := []string{in.person.Settings.Chat.Lang, likely(in.person.Lang), likely(in.app())}
	own = slices.Compact(slices.DeleteFunc(own, func(code string) bool { return code == "" }))
	var all []telegram.Button
	choices, more := talkChoices(own, page)
	for _, l := range choices {
		b := telegram.Button{Text: l.name, Data: w.signer.Data(telegram.OpChat, "lang="+l.code, in.person.TelegramID, "")}
		if l.code == in.person.Settings.Chat.Lang {
			b.Text = "✓ " + b.Text
		}
		all = append(all, b)
	}
	var turn []telegram.Button
	if page > 0 {
		turn = append(turn, telegram.Button{Text: "◀️", Data: w.signer.Data(telegram.OpChat, "lang-"+strconv.Itoa(page-1), in.person.TelegramID, "")})
	}
	if more {
		turn = append(turn, w.chatButton(in, texts.ButtonChatLanguages, "lang-"+strconv.Itoa(page+1)))
	}
	return append(grid(all, 2), turn)
}

// pressChat is a press on one of the buttons around conversations.
func (w *Workers) pressChat(ctx context.Context, in *incoming, p press) error {
	name, value, chosen := strings.Cut(p.Object, "=")
	name, at, _ := strings.Cut(name, "-")
	if !w.Settings.Conversations && name != "reported" { // who talked before can still report it
		w.answer(in, p, "")
		return w.chatOff(ctx, in)
	}
	own := &in.person.Settings.Chat
	switch {
	case name == "lang" && chosen && talkName(value) != "":
		own.Lang = value
		return w.choseLanguage(ctx, in, p)
	case name == "lang":
		page, _ := strconv.Atoi(at)
		w.answer(in, p, "")
		w.edit(in, p, in.texts.HTML(texts.MessageChatLanguage, nil), w.talkButtons(in, page))
		return w.done(ctx, in)
	case name == "rules":
		own.Rules = chatRules
		w.answer(in, p, "")
		w.edit(in, p, "", nil)
		return w.findPartner(ctx, in, &in.person.Settings)
	case name == "find":
		w.answer(in, p, "")
		return w.findPartner(ctx, in, nil)
	case name == "cancel":
		return w.pressCancelFind(ctx, in, p)
	case name == "widen":
		return w.widen(ctx, in, p)
	case name == "keep":
		w.answer(in, p, "")
		w.edit(in, p, "", nil)
		return w.done(ctx, in)
	case name == "reported":
		w.answer(in, p, "")
		w.edit(in, p, "", nil)
		return w.stopCollecting(ctx, in)
	case name == "remind":
		return w.remind(ctx, in, p, value == "1")
	}
	return w.pressCard(ctx, in, p, name, value, chosen)
}

// choseLanguage goes on where the person was: to the rules, back into the lobby, or to what else is set.
func (w *Workers) choseLanguage(ctx context.Context, in *incoming, p press) error {
	w.answer(in, p, texts.AnswerChatSaved)
	switch {
	case in.person.Settings.Chat.Rules != chatRules:
		w.edit(in, p, in.texts.HTML(texts.MessageChatRules, nil), w.rulesButtons(in))
	case in.person.Chat() == storage.ChatLobby:
		w.edit(in, p, "", nil)
		return w.look(ctx, in, &in.person.Settings)
	default:
		return w.showCard(ctx, in, p)
	}
	return w.saveSettings(ctx, in)
}

// findPartner is look for whom the rest may be missing.
func (w *Workers) findPartner(ctx context.Context, in *incoming, own *storage.Settings) error {
	if ok, err := w.agreed(ctx, in); err != nil || !ok {
		return err
	}
	if own != nil && talkName(own.Chat.Lang) != "" && in.person.Chat() == storage.ChatIdle {
		return w.look(ctx, in, own)
	}
	if own != nil {
		return w.saveSettings(ctx, in)
	}
	return w.chatCommand(ctx, in, "")
}

// look puts the person into the lobby, and looks for somebody at once. Own, if set, is kept with it.
func (w *Workers) look(ctx context.Context, in *incoming, own *storage.Settings) error {
	if q, err := w.Store.Searching(ctx, in.person.ID); err == nil {
		id, err := w.Store.WaitMessage(ctx, q.ID)
		if err != nil {
			return err
		}
		w.unbutton(in, id)
	}
	if c := &in.person.Settings.Chat; c.Report != "" { // what comes from now on is for somebody else
		c.Report, c.Until = "", 0
		own = &in.person.Settings
	}
	if adult, err := w.adult(ctx, in.person.ID); err != nil || !adult {
		if err == nil {
			w.say(in, texts.MessageChatTooYoung, nil)
			err = w.done(ctx, in)
		}
		return err
	}
	id, err := w.Store.NewID()
	if err != nil {
		return err
	}
	return w.lookAs(ctx, in, id, own)
}

// lookAs is look in a time in the lobby that may have begun.
func (w *Workers) lookAs(ctx context.Context, in *incoming, id string, own *storage.Settings) error {
	c := in.person.Settings.Chat
	q := storage.Search{ID: id, User: in.person.ID, Lang: c.Lang, Wish: c.Wish, Wide: c.Wide, Again: c.Again, Since: time.Now()}
	message, err := w.Store.WaitMessage(ctx, id)
	if err != nil {
		return err
	}
	out, err := w.Store.Enter(ctx, in.effect, q, w.Settings.ChatAge, own)
	switch {
	case errors.Is(err, storage.ErrTalking): // just found
		return w.done(ctx, in)
	case errors.Is(err, storage.ErrTooNew):
		w.say(in, texts.MessageChatTooNew, map[string]any{"Until": w.Settings.ChatAge})
		return w.done(ctx, in)
	case errors.Is(err, storage.ErrPaused):
		return w.sayPaused(ctx, in)
	case errors.Is(err, storage.ErrRestricted):
		w.say(in, texts.MessageChatRestricted, nil)
		return w.done(ctx, in)
	}
	if err != nil {
		return err
	}
	w.post(ctx, out)
	w.Metrics.searches.Inc()
	w.tend(ctx, storage.Waiting{Search: q, Message: message})
	return nil
}

// sayPaused tells somebody until when they are kept out of conversations, and how they appeal.
func (w *Workers) sayPaused(ctx context.Context, in *incoming) error {
	v, err := w.Store.ChatStanding(ctx, in.person.ID)
	if err != nil {
		return err
	}
	c, err := w.Store.Case(ctx, v.Case)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	w.say(in, texts.MessageChatPaused, map[string]any{"When": endOf(storage.Ban{Until: v.Paused})}, rowsOf(w.appealButton(in, c))...)
	return w.done(ctx, in)
}

// stillLooking shows somebody in the lobby how it stands, in a new message.
func (w *Workers) stillLooking(ctx context.Context, in *incoming) error {
	q, err := w.Store.Searching(ctx, in.person.ID)
	if errors.Is(err, storage.ErrNotFound) { // just found
		return w.done(ctx, in)
	}
	if err != nil {
		return err
	}
	v, err := w.wait(ctx, q)
	if err != nil {
		return err
	}
	w.say(in, texts.MessageChatLooking, v.data, w.waitButtons(in.texts, in.person)...)
	return w.done(ctx, in)
}

// cancelFindCommand leaves the lobby.
func (w *Workers) cancelFindCommand(ctx context.Context, in *incoming, _ string) error {
	switch in.person.Chat() {
	case storage.ChatConversation:
		return w.sayTalking(ctx, in)
	case storage.ChatIdle:
		return w.sayFind(ctx, in, texts.MessageChatNotLooking)
	}
	q, err := w.Store.Searching(ctx, in.person.ID)
	if err != nil {
		return w.leave(ctx, in, err)
	}
	id, err := w.Store.WaitMessage(ctx, q.ID)
	if err != nil {
		return err
	}
	w.unbutton(in, id)
	return w.leave(ctx, in, nil)
}

// unbutton takes the buttons off a message of the person's chat, if it is out.
func (w *Workers) unbutton(in *incoming, message int64) {
	if message != 0 {
		in.effect.Sends = append(in.effect.Sends, editSend(in.person, message))
	}
}

// editSend takes the buttons off a message.
func editSend(p storage.Person, message int64) storage.Send {
	return storage.Send{User: p.ID, Kind: storage.SendEdit, Body: editBody{Chat: p.TelegramID, Message: message}}
}

func (w *Workers) pressCancelFind(ctx context.Context, in *incoming, p press) error {
	w.answer(in, p, "")
	w.edit(in, p, "", nil)
	return w.leave(ctx, in, nil)
}

// leave takes the person out of the lobby, unless somebody was found just now: that was said.
func (w *Workers) leave(ctx context.Context, in *incoming, err error) error {
	said := len(in.effect.Sends)
	if err == nil {
		w.say(in, texts.MessageChatCanceled, nil, row(w.chatButton(in, texts.ButtonChatFind, "find")))
		var out storage.Outbox
		if out, err = w.Store.Leave(ctx, in.effect, in.person.ID); err == nil {
			w.Metrics.gaveUp.WithLabelValues("canceled").Inc()
			w.post(ctx, out)
			return nil
		}
	}
	if !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	in.effect.Sends = in.effect.Sends[:said]
	return w.done(ctx, in)
}

// widen lets somebody who waits meet people of other languages, from now on.
func (w *Workers) widen(ctx context.Context, in *incoming, p press) error {
	w.answer(in, p, texts.AnswerChatSaved)
	w.edit(in, p, "", nil)
	in.person.Settings.Chat.Wide = true
	q, err := w.Store.Searching(ctx, in.person.ID)
	if errors.Is(err, storage.ErrNotFound) {
		return w.saveSettings(ctx, in)
	}
	if err != nil {
		return err
	}
	return w.lookAs(ctx, in, q.ID, &in.person.Settings)
}

// remind has the person told when somebody looks for a partner in their language, or not any more.
func (w *Workers) remind(ctx context.Context, in *incoming, p press, on bool) error {
	w.answer(in, p, texts.AnswerChatSaved)
	w.edit(in, p, "", nil)
	return w.keepReminder(ctx, in, on)
}

func (w *Workers) keepReminder(ctx context.Context, in *incoming, on bool) error {
	lang := ""
	if on {
		lang = in.person.Settings.Chat.Lang
	}
	out, err := w.Store.Remind(ctx, in.effect, in.person.ID, lang, time.Now())
	if err == nil {
		w.post(ctx, out)
	}
	return err
}
