package workers

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// command is something people type after a slash.
type command struct {
	name    string
	text    texts.Key // in the menu and in /help; a command without is answered and not listed
	handle  func(w *Workers, ctx context.Context, in *incoming, args string) error
	group   bool // works in groups too
	consent bool // only for people who agreed to the terms
}

// commands is the table. It drives routing, /help and the menu of the client.
func commands() []command {
	return []command{
		{"imagine", texts.CommandImagine, (*Workers).imagineCommand, true, true},
		{"app", texts.CommandApp, (*Workers).appCommand, false, false},
		{"history", texts.CommandHistory, (*Workers).historyCommand, false, true},
		{"balance", texts.CommandBalance, (*Workers).balanceCommand, false, true},
		{"buy", texts.CommandBuy, (*Workers).buyCommand, false, true},
		{"subscription", texts.CommandSubscription, (*Workers).subscriptionCommand, false, true},
		{"daily", texts.CommandDaily, (*Workers).dailyCommand, false, true},
		{"invite", texts.CommandInvite, (*Workers).inviteCommand, false, true},
		{"promo", texts.CommandPromo, (*Workers).promoCommand, false, true},
		{"gift", texts.CommandGift, (*Workers).giftCommand, false, true},
		{"ledger", texts.CommandLedger, (*Workers).ledgerCommand, false, true},
		{"check", texts.CommandCheck, (*Workers).checkCommand, false, true},
		{"queue", texts.CommandQueue, (*Workers).queueCommand, false, true},
		{"cancel", texts.CommandCancel, (*Workers).cancelCommand, true, true},
		{"improve", texts.CommandImprove, (*Workers).improveCommand, true, true},
		{"describe", texts.CommandDescribe, (*Workers).describeCommand, true, true},
		{"translate", texts.CommandTranslate, (*Workers).translateCommand, true, true},
		{"chat", texts.CommandChat, (*Workers).chatCommand, false, true},
		{"next", texts.CommandNext, (*Workers).nextCommand, false, true},
		{"exit_chat", texts.CommandExitChat, (*Workers).exitChatCommand, false, false},
		{"cancel_find", texts.CommandCancelFind, (*Workers).cancelFindCommand, false, false},
		{"report", texts.CommandReport, (*Workers).reportCommand, false, false},
		{"unsend", texts.CommandUnsend, (*Workers).unsendCommand, false, false},
		{"share", texts.CommandShare, (*Workers).shareCommand, false, false},
		{"about", texts.CommandAbout, (*Workers).aboutCommand, false, false},
		{"model", texts.CommandModel, (*Workers).modelCommand, false, true},
		{"settings", texts.CommandSettings, (*Workers).settingsCommand, false, true},
		{"preset", texts.CommandPreset, (*Workers).presetCommand, false, true},
		{"api", texts.CommandAPI, (*Workers).apiCommand, false, false},
		{"providers", texts.CommandProviders, (*Workers).providersCommand, false, false},
		{"privacy", texts.CommandPrivacy, (*Workers).privacyCommand, false, false},
		{"terms", "", (*Workers).termsCommand, false, false},
		{"paysupport", texts.CommandPaysupport, (*Workers).paysupportCommand, false, false},
		{"language", texts.CommandLanguage, (*Workers).languageCommand, false, false},
		{"help", texts.CommandHelp, (*Workers).helpCommand, false, false},
		{"start", texts.CommandStart, (*Workers).startCommand, false, false},
	}
}

// chatCommands are those of conversations, which can be switched off.
var chatCommands = []string{"chat", "next", "exit_chat", "cancel_find", "report", "unsend", "share"}

// alias is the command of the table that another name stands for, or the name itself.
func alias(name string) string {
	switch name {
	case "find_chat":
		return "chat"
	case "stop":
		return "exit_chat"
	case "mydata", "rights":
		return "privacy"
	}
	return name
}

// offered is the table without commands that nobody here can serve. They are answered all the same.
func (w *Workers) offered() []command {
	return slices.DeleteFunc(commands(), func(c command) bool {
		if c.text == "" {
			return true
		}
		switch c.name {
		case "buy":
			return w.Shop == nil
		case "app":
			return w.Settings.AppURL == ""
		case "subscription":
			return !w.subscribes()
		case "api":
			return w.Settings.APIURL == ""
		}
		if !w.Settings.Conversations && slices.Contains(chatCommands, c.name) {
			return true
		}
		kind := providers.Writing(c.name)
		return kind.Known() && len(w.Router.Writers(kind, nil)) == 0
	})
}

// talk handles a message: a command, a prompt, a picture, or something the bot cannot use.
func (w *Workers) talk(ctx context.Context, in *incoming) error {
	bot, private := w.BotName, in.chat.Type == telegram.ChatPrivate
	if private {
		bot = "" // whoever is named, there is nobody else to mean
	}
	if name, args, ok := in.message.Command(bot); ok {
		return w.command(ctx, in, name, args)
	}
	if in.talking() {
		return w.relayMessage(ctx, in)
	}
	if w.collects(in) {
		return w.addEvidence(ctx, in, in.message)
	}
	if name, args, ok := in.message.Slashed(); ok && private {
		return w.command(ctx, in, name, args)
	} else if ok {
		return w.done(ctx, in) // another bot may have such a command
	}
	words, _ := in.message.Mentions(w.BotName)
	switch in.message.Kind() {
	case telegram.KindText, telegram.KindPhoto, telegram.KindDocument:
		if ok, err := w.agreed(ctx, in); err != nil || !ok {
			return err
		}
		if in.rest() && utf8.RuneCountInString(words) <= w.Settings.PromptMax {
			return w.offerRest(ctx, in, words)
		}
		if key := slip(in.message, words); key != "" {
			w.say(in, key, map[string]any{"Words": words})
			return w.done(ctx, in)
		}
		return w.prompt(ctx, in, words)
	case telegram.KindService, telegram.KindPayment, telegram.KindRefund:
		return w.done(ctx, in)
	}
	w.say(in, unsupported(in.message.Kind()), nil)
	sayOnce(in, "unsupported")
	return w.done(ctx, in)
}

func (w *Workers) command(ctx context.Context, in *incoming, name, args string) error {
	private := in.chat.Type == telegram.ChatPrivate
	for _, c := range commands() {
		if c.name != alias(name) {
			continue
		}
		if !private && !c.group {
			w.say(in, texts.MessageGroupPrivate, map[string]any{"Bot": w.BotName})
			return w.done(ctx, in)
		}
		if c.consent {
			if ok, err := w.agreed(ctx, in); err != nil || !ok {
				return err
			}
		}
		return c.handle(w, ctx, in, args)
	}
	if c, ok := w.crewCommand(in, name); ok {
		return c.handle(w, ctx, in, args)
	}
	if private {
		w.say(in, texts.MessageUnknownCommand, map[string]any{"Command": name, "Meant": w.meantCommand(name)})
	}
	return w.done(ctx, in)
}

// meantCommand is the offered command whose name was not written to its end, or misspelled; empty if none is close.
func (w *Workers) meantCommand(name string) string {
	var names []string
	for _, c := range w.offered() {
		if len(name) > 2 && strings.HasPrefix(c.name, name) {
			return c.name
		}
		names = append(names, c.name)
	}
	best := closest(name, names)
	if edits(name, best) > min(len(best)/3, 2) {
		return ""
	}
	return best
}

// helpText lists the commands of the table.
func (w *Workers) helpText(p texts.Printer) texts.Markup {
	lines := make([]string, 0, len(commands()))
	for _, c := range w.offered() {
		lines = append(lines, "/"+c.name+" – "+p.Plain(c.text, nil))
	}
	return texts.Markup(strings.Join(lines, "\n")) //nolint:gosec // our own texts, no markup in them
}

// helpCommand lists what can be done: around a conversation that only, unless all is asked for.
func (w *Workers) helpCommand(ctx context.Context, in *incoming, args string) error {
	if key := chatHelp(in.person.Chat()); key != "" && in.chat.Type == telegram.ChatPrivate && args != "all" {
		w.say(in, key, nil)
		return w.done(ctx, in)
	}
	w.say(in, texts.MessageHelp, map[string]any{"Commands": w.helpText(in.texts)})
	w.refreshMenu(in)
	return w.done(ctx, in)
}

// unsupported is what to say about a kind of message the bot cannot use.
func unsupported(k telegram.Kind) texts.Key {
	switch k {
	case telegram.KindSticker:
		return texts.MessageUnsupportedSticker
	case telegram.KindVoice:
		return texts.MessageUnsupportedVoice
	case telegram.KindVideo, telegram.KindVideoNote:
		return texts.MessageUnsupportedVideo
	case telegram.KindAnimation:
		return texts.MessageUnsupportedAnimation
	case telegram.KindAudio:
		return texts.MessageUnsupportedAudio
	case telegram.KindLocation, telegram.KindVenue:
		return texts.MessageUnsupportedLocation
	case telegram.KindContact:
		return texts.MessageUnsupportedContact
	case telegram.KindPoll:
		return texts.MessageUnsupportedPoll
	case telegram.KindDice:
		return texts.MessageUnsupportedDice
	case telegram.KindStory:
		return texts.MessageUnsupportedStory
	}
	return texts.MessageUnsupported
}

// menu is the table in a language, as an app shows it, in groups without what is answered in private only.
func (w *Workers) menu(p texts.Printer, group bool) []telegram.BotCommand {
	lines := make([]telegram.BotCommand, 0, len(commands()))
	for _, c := range w.offered() {
		if c.group || !group {
			lines = append(lines, telegram.BotCommand{Name: c.name, Description: p.Plain(c.text, nil)})
		}
	}
	return lines
}

// SetProfile writes the menus of commands and the bot's description, in every language of the catalogue, and what the button
// beside the writing line opens.
func (w *Workers) SetProfile(ctx context.Context) error {
	for i, lang := range w.Texts.Languages() {
		p := w.printer(lang)
		if i == 0 {
			lang = "" // the default, for everybody without a language of their own
		}
		if err := w.Telegram.SetMyCommands(ctx, lang, w.menu(p, false)); err != nil {
			return err
		}
		if err := w.Telegram.SetGroupCommands(ctx, lang, w.menu(p, true)); err != nil {
			return err
		}
		if err := w.Telegram.SetMyDescription(ctx, lang, p.Plain(texts.AboutBot, nil)); err != nil {
			return err
		}
		if err := w.Telegram.SetMyShortDescription(ctx, lang, p.Plain(texts.TaglineBot, nil)); err != nil {
			return err
		}
	}
	if err := w.Telegram.SetMenuButton(ctx, w.Settings.Facts.Name, w.Settings.AppURL); err != nil {
		return err
	}
	return w.setCrewMenus(ctx)
}
